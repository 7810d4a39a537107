import type { Knex } from 'knex';
import type { AuditId, KeyId, LinkPageId, PasskeyTokenId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Database } from '../db/open.ts';
import { list, listed, rowsOf } from '../db/rows.ts';
import type { Actor, AuditEntry } from './entry.ts';

interface AuditRow {
  id: AuditId;
  tenant_id: TenantId | null;
  at: Milliseconds;
  actor: Actor['kind'];
  key_id: KeyId | null;
  actor_name: string | null;
  action: string;
  resource_type: string | null;
  resource_id: string | null;
  address: string | null;
  status: number;
  code: string | null;
}

const COLUMNS = {
  id: 'text',
  tenant_id: 'text',
  at: 'bigint',
  actor: 'text',
  key_id: 'text',
  actor_name: 'text',
  action: 'text',
  resource_type: 'text',
  resource_id: 'text',
  address: 'text',
  status: 'integer',
  code: 'text',
} as const satisfies Record<keyof AuditRow, string>;
const NAMES = Object.keys(COLUMNS) as (keyof AuditRow)[];

function toRow({ id, tenantId, at, actor, action, resource, address, status, code }: AuditEntry): AuditRow {
  return {
    ...{ id, tenant_id: tenantId, at, actor: actor.kind, action, address, status, code },
    key_id: actor.kind === 'key' ? actor.keyId : null,
    actor_name: actor.kind === 'operator' ? null : actor.name,
    resource_type: resource?.type ?? null,
    resource_id: resource?.id ?? null,
  };
}

function actorOf({ actor, key_id, actor_name }: AuditRow): Actor {
  if (actor === 'key') return { kind: actor, keyId: key_id as KeyId, name: actor_name ?? '' };
  if (actor === 'link-page') return { kind: actor, name: actor_name as LinkPageId };
  if (actor === 'passkey-token') return { kind: actor, name: actor_name as PasskeyTokenId };
  return actor === 'cli' ? { kind: actor, name: actor_name } : { kind: actor };
}

const toEntry = (row: AuditRow): AuditEntry => ({
  ...{ id: row.id, tenantId: row.tenant_id, at: row.at, action: row.action, address: row.address, status: row.status, code: row.code },
  actor: actorOf(row),
  resource: row.resource_type === null ? null : { type: row.resource_type, id: row.resource_id },
});

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
    const table = listed(COLUMNS, db.dialect);
    this.#insert = `INSERT INTO audit_entries (${NAMES.join(', ')}) SELECT ${NAMES.join(', ')} FROM ${table} AS entries WHERE true ON CONFLICT (id) DO NOTHING`;
  }

  /** In one statement, whose text does not depend on how many there are. One that is there already is left as it is. */
  async insert(entries: readonly AuditEntry[]): Promise<void> {
    const values = list(entries.map(toRow).map((row) => NAMES.map((name) => row[name])));
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
    return (await query).map(toEntry);
  }

  /** Whose entries there are, one after another: first null, which is the hub itself. Undefined at the end. */
  async ownerAfter(owner: TenantId | null): Promise<TenantId | undefined> {
    const query = this.#entries().whereNotNull('tenant_id').orderBy('tenant_id').first('tenant_id');
    const row = await (owner === null ? query : query.where('tenant_id', '>', owner));
    return (row as { tenant_id: TenantId } | undefined)?.tenant_id;
  }

  /** The oldest of those before `before`, at most `limit`. Returns how many there were. */
  async remove(owner: TenantId | null, before: string, limit: number): Promise<number> {
    const old = this.#entries().where({ tenant_id: owner }).where('id', '<', before).orderBy('id').limit(limit);
    const ids = (await old.select('id')).map((row: Pick<AuditRow, 'id'>) => row.id);
    if (ids.length > 0) await this.#db.write((tx) => tx.sql('audit_entries').whereIn('id', ids).delete());
    return ids.length;
  }

  #entries(): Knex.QueryBuilder {
    return this.#db.sql('audit_entries');
  }
}
