import { HooklineError, hasCode } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import type { ApiKeys, Principal } from '../tenants/api-keys.ts';
import type { Tenants } from '../tenants/tenants.ts';
import type { Access } from './route.ts';

export interface Authority {
  keys: Pick<ApiKeys, 'authenticate'>;
  tenants: Pick<Tenants, 'get'> & Partial<Pick<Tenants, 'idOf'>>;
}

export interface Caller {
  principal: Principal;
  tenantId: TenantId;
}

type Header = (name: string) => string | undefined;

/**
 * `Authorization: Bearer KEY` or `X-Api-Key: KEY`; `Sec-WebSocket-Protocol: hookline, hookline.bearer.KEY` from the
 * WebSocket of a browser, which can set no other header. Never from the URL: URLs end up in logs.
 */
function presentedKey(header: Header): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(header('authorization') ?? '');
  const offered = /(?:^|[\s,])hookline\.bearer\.([^\s,]+)/.exec(header('sec-websocket-protocol') ?? '');
  return bearer?.[1] ?? header('x-api-key') ?? offered?.[1] ?? null;
}

/** Who calls, or 401. `wrong` is told of a key that is not known; what it rejects with is the answer then. */
export async function authenticate({ keys }: Authority, header: Header, wrong: () => Promise<void>): Promise<Principal> {
  const key = presentedKey(header);
  if (!key) throw new HooklineError('unauthorized', 'Send your API key as "Authorization: Bearer KEY" or "X-Api-Key: KEY".');
  const principal = await keys.authenticate(key);
  if (principal) return principal;
  await wrong();
  throw new HooklineError('unauthorized', 'This key is not known here, or it was revoked.');
}

/** Whose resources are meant, or 403 where the key lacks the right. */
export async function permit(
  { tenants }: Authority,
  { access, acrossTenants }: { access: Exclude<Access, 'public'>; acrossTenants: boolean },
  principal: Principal,
  header: Header,
): Promise<Caller> {
  if (principal.kind === 'admin') return { principal, tenantId: await namedTenant(tenants, { access, acrossTenants }, header) };
  if (access === 'admin') throw new HooklineError('forbidden', "Only the operator's key may do this.");
  if (access !== 'any-key' && !principal.scopes.includes(access)) {
    throw new HooklineError('forbidden', `This key lacks the scope "${access}". It has: ${principal.scopes.join(', ') || 'none'}.`);
  }
  return { principal, tenantId: principal.tenantId };
}

async function namedTenant(
  tenants: Authority['tenants'],
  { access, acrossTenants }: { access: Access; acrossTenants: boolean },
  header: Header,
): Promise<TenantId> {
  const named = header('x-tenant-id');
  if (access === 'admin') return (named ?? '') as TenantId;
  if (named === undefined && acrossTenants) return '' as TenantId;
  if (!named) throw new HooklineError('bad-request', "With the operator's key, say whose resources are meant: send X-Tenant-Id.");
  try {
    return (await tenants.get(named)).id;
  } catch (error) {
    const id = hasCode(error, 'not-found') ? await tenants.idOf?.(named) : null;
    if (!id) throw error;
    throw new HooklineError('not-found', `There is no tenant with the id "${named}". The one of that name has the id ${id}: send that.`);
  }
}
