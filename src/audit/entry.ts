import type { AuditId, KeyId, LinkPageId, PasskeyTokenId, TenantId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import type { Milliseconds } from '../core/runtime.ts';

/** Who did it: a tenant's key, the operator's key, whoever was sent a link page, who signs for one with a passkey, or somebody at the command line of the hub's machine. */
export type Actor =
  | { kind: 'key'; keyId: KeyId; name: string }
  | { kind: 'operator' }
  /** The browser that a link page was opened in. */
  | { kind: 'link-page'; name: LinkPageId }
  /** The browser that has the passkey of an account. */
  | { kind: 'passkey-token'; name: PasskeyTokenId }
  /** `name`: of the user of the machine, where it has one. */
  | { kind: 'cli'; name: string | null };

export interface Resource {
  /** `session`, `endpoint`… */
  type: string;
  /** Its id; of what has none (a flow, a secret) its name. Null where the request named or made none. */
  id: string | null;
}

/** One thing that was asked for, done or refused. Neither what was sent nor what was answered: both may hold secrets. */
export interface AuditDraft {
  /** Null for what concerns the hub itself. */
  tenantId: TenantId | null;
  actor: Actor;
  /** `sessions.connect`, see `/openapi.json`. */
  action: string;
  resource: Resource | null;
  /** Where the request came from; null at the command line. */
  address: string | null;
  /** As HTTP answers it. */
  status: number;
  /** Of the problem; null for what was done. */
  code: string | null;
}

export interface AuditEntry extends AuditDraft {
  id: AuditId;
  at: Milliseconds;
}

export interface AuditView extends Omit<AuditDraft, 'actor'> {
  id: AuditId;
  at: string;
  actor: { kind: Actor['kind']; keyId: KeyId | null; name: string | null };
}

export function auditView({ id, at, actor, ...entry }: AuditEntry): AuditView {
  const { kind } = actor;
  const shown = { kind, keyId: kind === 'key' ? actor.keyId : null, name: kind === 'operator' ? null : actor.name };
  return { id, at: iso(at), actor: shown, ...entry };
}

/** What an id of the hub names. */
const TYPES: Record<string, string> = {
  tnt: 'tenant',
  key: 'key',
  ses: 'session',
  msg: 'message',
  med: 'media',
  whk: 'endpoint',
  dlv: 'delivery',
  run: 'run',
  rpl: 'replay',
  qrt: 'quarantine',
  ers: 'erasure',
  lnk: 'link-page',
  pkt: 'passkey-token',
  nod: 'node',
};

/** Undefined for what is no id of the hub. */
export function resourceOf(id: unknown): Resource | undefined {
  const [, prefix = ''] = /^([a-z]{3})_[0-9a-z]{26}$/.exec(typeof id === 'string' ? id : '') ?? [];
  const type = TYPES[prefix];
  return type === undefined ? undefined : { type, id: id as string };
}
