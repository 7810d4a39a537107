import { HooklineError, hasCode } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import type { LinkPages } from '../link-pages/link-pages.ts';
import type { PasskeyTokens } from '../link-pages/passkey-tokens.ts';
import type { ApiKeys, Principal } from '../tenants/api-keys.ts';
import { isOfHub } from '../tenants/scopes.ts';
import type { SignIns } from '../tenants/sign-ins.ts';
import type { Tenants } from '../tenants/tenants.ts';
import { cookieIn, needOwnPage } from './own-page.ts';
import { type Access, type ApiRequest, type Guest, type GuestAccess, heldBy, type Route } from './route.ts';

export interface Authority {
  keys: Pick<ApiKeys, 'authenticate'>;
  tenants: Pick<Tenants, 'named'>;
  signIns?: Pick<SignIns, 'authenticate'>;
  linkPages?: Pick<LinkPages, 'find' | 'enter'>;
  passkeyTokens?: Pick<PasskeyTokens, 'find'>;
}

export interface Caller {
  principal: Principal;
  tenantId: TenantId;
}

/** Of whom signed in on the dashboard. */
export const SIGN_IN_COOKIE = 'hookline_sign_in';
/** Of the browser that opened a link page; it is sent to that page alone. */
export const LINK_PAGE_COOKIE = 'hookline_link_page';

type Wrong = () => Promise<void>;

type Header = (name: string) => string | undefined;

/**
 * `Authorization: Bearer KEY` or `X-Api-Key: KEY`; `Sec-WebSocket-Protocol: hookline, hookline.bearer.KEY` from the
 * WebSocket of a browser, which can set no other header. Never from the URL: URLs end up in logs. What clients of another
 * product show elsewhere comes as `X-Api-Key` (see `keyInDialect`).
 */
export function presentedKey(header: Header): string | null {
  const bearer = /^Bearer +(\S+)$/i.exec(header('authorization') ?? '');
  const offered = /(?:^|[\s,])hookline\.bearer\.([^\s,]+)/.exec(header('sec-websocket-protocol') ?? '');
  return bearer?.[1] ?? header('x-api-key') ?? offered?.[1] ?? null;
}

/**
 * Who calls, or 401: by a key, else by the cookie of whom signed in, for the pages of the hub. `wrong` is told of a key that is not
 * known; what it rejects with is the answer then.
 */
export async function authenticate({ keys, signIns }: Authority, method: string, header: Header, wrong: Wrong): Promise<Principal> {
  const key = presentedKey(header);
  const cookie = cookieIn(header, SIGN_IN_COOKIE);
  if (!key && cookie !== undefined && signIns) {
    needOwnPage(method, header);
    const principal = await signIns.authenticate(cookie);
    if (principal) return principal;
    throw new HooklineError('unauthorized', 'You are signed out: your time here is over, or the key was revoked. Sign in again.');
  }
  if (!key) throw new HooklineError('unauthorized', 'Send your API key as "Authorization: Bearer KEY" or "X-Api-Key: KEY".');
  const principal = await keys.authenticate(key);
  if (principal) return principal;
  await wrong();
  throw new HooklineError('unauthorized', 'This key is not known here, or it was revoked.');
}

/** Whoever holds the token in the path and, for what is done on a link page, is the browser that opened it. */
export async function admitGuest(
  authority: Authority,
  { method, access, token }: { method: string; access: GuestAccess; token: string },
  header: Header,
  wrong: Wrong,
): Promise<{ principal: Guest; tenantId: TenantId }> {
  const principal = await guestOf(authority, { method, access, token }, header).catch(async (error) => {
    if (hasCode(error, 'not-found')) await wrong();
    throw error;
  });
  return { principal, tenantId: heldBy(principal).tenantId };
}

async function guestOf(
  { linkPages, passkeyTokens }: Authority,
  { method, access, token }: { method: string; access: GuestAccess; token: string },
  header: Header,
): Promise<Guest> {
  if (!linkPages || !passkeyTokens) throw new HooklineError('not-found', 'There are no link pages here.');
  // No cookie goes with it, so that it does not matter who makes a browser ask.
  if (access === 'passkey-token') return { kind: access, passkey: await passkeyTokens.find(token) };
  needOwnPage(method, header);
  const page = access === 'link-token' ? linkPages.find(token) : linkPages.enter(token, cookieIn(header, LINK_PAGE_COOKIE));
  return { kind: 'link-page', page: await page };
}

/** Whose resources are meant, or 403 where the key lacks the right. */
export async function permit(
  { tenants }: Authority,
  { access, acrossTenants }: { access: Exclude<Access, 'public' | GuestAccess>; acrossTenants: boolean },
  principal: Principal,
  header: Header,
): Promise<Caller> {
  if (principal.kind === 'admin') return { principal, tenantId: await namedTenant(tenants, { access, acrossTenants }, header) };
  if (access === 'admin') throw new HooklineError('forbidden', "Only the operator's key may do this.");
  if (access === 'any-key' && principal.scopes.every(isOfHub)) throw new HooklineError('forbidden', 'This key is for the metrics alone.');
  if (access !== 'any-key' && !principal.scopes.includes(access)) {
    throw new HooklineError('forbidden', `This key lacks the scope "${access}". It has: ${principal.scopes.join(', ') || 'none'}.`);
  }
  return { principal, tenantId: principal.tenantId };
}

/**
 * Finds what a route is about, for whoever calls. A key of one session may do something there alone: what else there is, it may not even find out.
 * Rejects with `forbidden`, and as `find` does.
 */
export async function targetFor<Target>(
  { principal }: Pick<ApiRequest, 'principal'>,
  { narrows = false }: Pick<Route, 'narrows'>,
  find: () => Promise<Target> | undefined,
): Promise<Target | undefined> {
  if (principal?.kind !== 'tenant' || principal.sessionId === null) return find();
  const target = await find()?.catch((error) => {
    if (hasCode(error, 'not-found')) return undefined;
    throw error;
  });
  const isItsOwn = (target as { id?: unknown } | null | undefined)?.id === principal.sessionId;
  if (!isItsOwn && !narrows) throw new HooklineError('forbidden', `This key is for the session ${principal.sessionId} alone.`);
  return target;
}

async function namedTenant(
  tenants: Authority['tenants'],
  { access, acrossTenants }: { access: Access; acrossTenants: boolean },
  header: Header,
): Promise<TenantId> {
  const named = header('x-tenant-id');
  if (access === 'admin' || isOfHub(access)) return (named ?? '') as TenantId;
  if (named === undefined && acrossTenants) return '' as TenantId;
  if (!named) throw new HooklineError('bad-request', "With the operator's key, say whose resources are meant: send X-Tenant-Id.");
  return tenants.named(Buffer.from(named, 'latin1').toString('utf8'));
}
