import type { Knex } from 'knex';
import type { KeyId, LinkPageId, PasskeyTokenId, TenantId } from '../core/ids.ts';
import { type Columns, valuesOf } from '../db/columns.ts';
import type { Database } from '../db/open.ts';
import { list, listed, rowsOf } from '../db/rows.ts';
import type { Actor, AuditEntry } from './entry.ts';

/** An entry whose actor and resource lie open. */
interface Row extends Omit<AuditEntry, 'actor' | 'resource'> {
  actor: Actor['kind'];
  keyId: KeyId | null;
  actorName: string | null;
  resourceType: string | null;
  resourceId: string | null;
}

const COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  at: 'at',
  actor: 'actor',
  keyId: 'key_id',
  actorName: 'actor_name',
  action: 'action',
  resourceType: 'resource_type',
  resourceId: 'resource_id',
  address: 'address',
  status: 'status',
  code: 'code',
} as const satisfies Columns<Row>;

/** Those that are no text. */
const NUMBERS = { at: 'bigint', status: 'integer' } as const;

const flat = ({ actor, resource, ...entry }: AuditEntry): Row => ({
  ...entry,
  actor: actor.kind,
  keyId: actor.kind === 'key' ? actor.keyId : null,
  actorName: actor.kind === 'operator' ? null : actor.name,
  resourceType: resource?.type ?? null,
  resourceId: resource?.id ?? null,
});

function actorOf({ actor, keyId, actorName }: Row): Actor {
  if (actor === 'key') return { kind: actor, keyId: keyId as KeyId, name: actorName ?? '' };
  if (actor === 'link-page') return { kind: actor, name: actorName as LinkPageId };
  if (actor === 'passkey-token') return { kind: actor, name: actorName as PasskeyTokenId };
  return actor === 'cli' ? { kind: actor, name: actorName } : { kind: actor };
}

function toEntry(row: Row): AuditEntry {
  const { actor: _, keyId: _keyId, actorName: _actorName, resourceType: type, resourceId: id, ...entry } = row;
  return { ...entry, actor: actorOf(row), resource: type === null ? null : { type, id } };
}

export interface AuditFilter {
  action?: string | undefined;
  keyId?: string | undefined;
  /** The id, or the name, of what it was done to. */
  resource?: string | undefined;
  /** Ids from here on, and before there. */
  from?: string | undefined;
  before?: string | undefined;
}

/** Entries of all tenants and of the hub itself; whose they are is asked for with each call. */
export class SystemAuditStore {
  readonly #db: Database;
  readonly #insert: string;

  constructor(db: Database) {
    this.#db = db;
    const names = Object.values(COLUMNS);
    const types = Object.fromEntries(names.map((name) => [name, 'text' as const]));
    const table = listed({ ...types, ...NUMBERS }, db.dialect);
    this.#insert = `INSERT INTO audit_entries (${names.join(', ')}) SELECT ${names.join(', ')} FROM ${table} AS entries WHERE true ON CONFLICT (id) DO NOTHING`;
  }

  /** In one statement, whose text does not depend on how many there are. One that is there already is left as it is. */
  async insert(entries: readonly AuditEntry[]): Promise<void> {
    const values = list(entries.map((entry) => valuesOf(COLUMNS, flat(entry))));
    await this.#db.write((tx) => rowsOf(tx.sql, this.#insert, [values]), { waited: 0 });
  }

  /** Newest first. `tenantId`: undefined for those of all. */
  async page(tenantId: TenantId | undefined, { action, keyId, resource, from, before }: AuditFilter, limit: number): Promise<AuditEntry[]> {
    const query = this.#entries().orderBy('id', 'desc').limit(limit);
    if (tenantId !== undefined) query.where({ tenant_id: tenantId });
    if (action !== undefined) query.where({ action });
    if (keyId !== undefined) query.where({ key_id: keyId });
    if (resource !== undefined) query.where({ resource_id: resource });
    if (from !== undefined) query.where('id', '>=', from);
    if (before !== undefined) query.where('id', '<', before);
    return (await query.select(COLUMNS)).map(toEntry);
  }

  /** Whose entries there are, one after another: first null, which is the hub itself. Undefined at the end. */
  async ownerAfter(owner: TenantId | null): Promise<TenantId | undefined> {
    const query = this.#entries().whereNotNull('tenant_id').orderBy('tenant_id').first({ owner: 'tenant_id' });
    const row = await (owner === null ? query : query.where('tenant_id', '>', owner));
    return (row as { owner: TenantId } | undefined)?.owner;
  }

  /** The oldest of those before `before`, at most `limit`. Returns how many there were. */
  async remove(owner: TenantId | null, before: string, limit: number): Promise<number> {
    const old = this.#entries().where({ tenant_id: owner }).where('id', '<', before).orderBy('id').limit(limit);
    const ids = (await old.select('id')).map((row: Pick<Row, 'id'>) => row.id);
    if (ids.length > 0) await this.#db.write((tx) => tx.sql('audit_entries').whereIn('id', ids).delete());
    return ids.length;
  }

  #entries(): Knex.QueryBuilder {
    return this.#db.sql('audit_entries');
  }
}
