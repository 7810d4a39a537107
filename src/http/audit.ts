import type { Middleware } from 'koa';
import type { AuditLog } from '../audit/audit.ts';
import { type Actor, type Resource, resourceOf } from '../audit/entry.ts';
import type { Counts } from '../core/counts.ts';
import type { TenantId } from '../core/ids.ts';
import type { Principal } from '../tenants/api-keys.ts';
import { type Guest, heldBy, isGuest, Reply, type Route } from './route.ts';

/** What is known of a request while it is handled; `ctx.state.asked`, from when its key is known to be good. */
export interface Asked {
  route: Route;
  principal: Principal | Guest;
  /** Once it is allowed; empty for the operator's own routes. */
  tenantId?: TenantId;
  params: Record<string, string>;
  target?: unknown;
  /** What the handler answered. */
  made?: unknown;
}

/** What changes something is recorded, and so is what it takes the right to change something to read, which is a key to an account. */
const isRecorded = ({ method, access }: Route): boolean => method !== 'GET' || /:(?:write|send)$/.test(access);

/** Of one key in a minute. */
const MOST_REFUSALS = 600;

/** As the paths say it; an id of the hub says by itself what it names. */
const TYPES: Record<string, string> = { webhooks: 'endpoint', deliveries: 'delivery', media: 'media' };

/** What a method does where the path does not say it by a word of its own. */
const VERBS: Partial<Record<Route['method'], string>> = { PUT: 'put', PATCH: 'update', DELETE: 'delete' };

/**
 * The stable word for what a route does: its path without ids, and what is done with it. `POST /api/sessions` is
 * `sessions.create`, `POST /api/sessions/{id}/connect` is `sessions.connect`. Null for what is not recorded.
 */
export function actionOf(route: Route): string | null {
  if (!isRecorded(route)) return null;
  const words = route.path.split('/').filter((part) => part !== '' && part !== 'api' && !part.startsWith(':'));
  const verb = VERBS[route.method] ?? (route.status === 201 ? 'create' : undefined);
  return [...words, ...(verb === undefined ? [] : [verb])].join('.');
}

/**
 * Puts on record who asked for what and how it was answered, before it is. What was done is on disk then; what was refused,
 * and what says of itself that it is `frequent`, follows within 100 ms. Unknown keys, requests over a limit, and refusals of
 * one key past so many a minute are not recorded: the disk could be filled with them.
 */
export function recordRequests(audit: Pick<AuditLog, 'record'>, refusals: Counts): Middleware {
  const isOneTooMany = async (who: string): Promise<boolean> => (await refusals.add(who, { most: MOST_REFUSALS })).used > MOST_REFUSALS;
  return async (ctx, next) => {
    await next();
    const asked: Asked | undefined = ctx.state.asked;
    const action = asked && actionOf(asked.route);
    if (!asked || !action || ctx.status === 401 || ctx.status === 429) return;
    const { principal } = asked;
    const actor = actorOf(principal);
    const code: string | null = ctx.state.code ?? null;
    if (code !== null && (await isOneTooMany(nameOf(actor)))) return;
    const resource = resourceFor(asked, code === null);
    const entry = {
      tenantId: tenantFor(asked, resource, code === null),
      actor,
      action,
      resource,
      address: ctx.ip,
      status: ctx.status,
      code,
    };
    await audit.record(entry, { later: code !== null || asked.route.frequent === true });
  };
}

function actorOf(principal: Asked['principal']): Actor {
  switch (principal.kind) {
    case 'admin':
      return { kind: 'operator' };
    case 'tenant':
      return { kind: 'key', keyId: principal.keyId, name: principal.name };
    case 'link-page':
      return { kind: 'link-page', name: principal.page.id };
    case 'passkey-token':
      return { kind: 'passkey-token', name: principal.passkey.id };
  }
}

/** Under which its refusals are counted. */
const nameOf = (actor: Actor): string => (actor.kind === 'key' ? actor.keyId : (actor.kind !== 'operator' && actor.name) || actor.kind);

function tenantFor({ route, principal, tenantId, target }: Asked, resource: Resource, done: boolean): TenantId | null {
  if (principal.kind === 'tenant') return principal.tenantId;
  if (isGuest(principal)) return heldBy(principal).tenantId;
  if (route.access !== 'admin') return tenantId ?? null;
  if (typeof target === 'string') return target as TenantId;
  // Of one that was not found nobody knows whether it ever was.
  return done && resource.type === 'tenant' ? (resource.id as TenantId) : null;
}

/** What it made, else what the path names: by its id where it was found. A chat, contact or group is named by its session. */
function resourceFor({ route, principal, params, target, made }: Asked, done: boolean): Resource {
  if (isGuest(principal)) return { type: 'session', id: heldBy(principal).sessionId };
  const answered = made instanceof Reply ? made.body : made;
  const named = params.keyId ?? (typeof target === 'string' ? target : idOf(target)) ?? params.id ?? params.name;
  const [, kind = ''] = /^\/api\/([\w-]+)/.exec(route.path) ?? [];
  const type = params.keyId === undefined ? (TYPES[kind] ?? kind.replace(/s$/, '')) : 'key';
  const mayBeNamed = isName(named) && (done || type !== 'flow-secret');
  return resourceOf(idOf(answered)) ?? resourceOf(named) ?? { type, id: mayBeNamed ? named : null };
}

const idOf = (value: unknown): string | undefined => (value as { id?: string } | null | undefined)?.id;

/** What stands in the place of an id may be anything that somebody typed there, a phone number or a key among it. */
const isName = (text: string | undefined): text is string =>
  text !== undefined && /^[a-z][\w-]{0,63}$/i.test(text) && !/^(?:hlk|adm|whsec|whsk|whpk)_|\d{7}/.test(text);
