import type { Knex } from 'knex';
import type { KeyId, SessionId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { type Columns, fromRow, selected, toRow } from '../db/columns.ts';
import { type DialectName, locking } from '../db/dialect.ts';
import type { Database } from '../db/open.ts';
import { rowsOf } from '../db/rows.ts';
import type { Tx } from '../db/tx.ts';
import type { Scope } from './scopes.ts';
import { patched, type SettingsPatch, type TenantSettings } from './settings.ts';

/** A row of `tenants`. */
export interface StoredTenant {
  id: TenantId;
  name: string;
  settings: TenantSettings;
  createdAt: Milliseconds;
  updatedAt: Milliseconds;
}

const COLUMNS = {
  id: 'id',
  name: 'name',
  settings: 'settings',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const satisfies Columns<StoredTenant>;

const toTenant = fromRow<StoredTenant>(COLUMNS, 'settings');

/** A row of `api_keys`. */
export interface StoredKey {
  id: KeyId;
  tenantId: TenantId;
  name: string;
  hash: string;
  hint: string;
  scopes: Scope[];
  /** The one session that it is for; null: all of the tenant. */
  sessionId: SessionId | null;
  createdAt: Milliseconds;
  revokedAt: Milliseconds | null;
  /** To the minute; null: never. */
  lastUsedAt: Milliseconds | null;
}

export const KEY_COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  name: 'name',
  hash: 'hash',
  hint: 'hint',
  scopes: 'scopes',
  sessionId: 'session_id',
  createdAt: 'created_at',
  revokedAt: 'revoked_at',
  lastUsedAt: 'last_used_at',
} as const satisfies Columns<StoredKey>;

export const toKey = fromRow<StoredKey>(KEY_COLUMNS, 'scopes');

/** The keys of one tenant. */
export class KeyReader {
  protected readonly sql: Knex;
  protected readonly tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId, _dialect?: DialectName) {
    this.sql = sql;
    this.tenantId = tenantId;
  }

  async list(): Promise<StoredKey[]> {
    const rows = await this.sql('api_keys').where({ tenant_id: this.tenantId }).orderBy('id').select(KEY_COLUMNS);
    return rows.map(toKey);
  }
}

export class KeyTransactor extends KeyReader {
  constructor(tx: Tx, tenantId: TenantId) {
    super(tx.sql, tenantId);
  }

  async insert(key: Omit<StoredKey, 'tenantId' | 'lastUsedAt'>): Promise<void> {
    await this.sql('api_keys').insert(toRow(KEY_COLUMNS, { ...key, tenantId: this.tenantId }));
  }

  /** False when the tenant has no such key. Revoking twice is revoking once. */
  async revoke(id: string, now: Milliseconds): Promise<boolean> {
    const mine = { tenant_id: this.tenantId, id };
    await this.sql('api_keys').where(mine).whereNull('revoked_at').update({ revoked_at: now });
    return (await this.sql('api_keys').where(mine).first('id')) !== undefined;
  }

  /** Those that the hub has made, or that were for a session that has ended, leave no row. Returns how many there were. */
  async remove(which: { id: string } | { session_id: SessionId }): Promise<number> {
    return this.sql('api_keys')
      .where({ tenant_id: this.tenantId, ...which })
      .delete();
  }
}

/** The operator's view across tenants. */
export class SystemTenantStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async insert(tx: Tx, tenant: StoredTenant): Promise<void> {
    await tx.sql('tenants').insert(toRow(COLUMNS, tenant));
  }

  /** False when there is no such tenant. */
  async update(id: string, { name, settings }: { name?: string; settings?: SettingsPatch }, now: Milliseconds): Promise<boolean> {
    const change = async (tx: Tx): Promise<boolean> => {
      const row: object | undefined = await locking(tx.sql('tenants').where({ id }).first(COLUMNS), tx.dialect);
      if (!row) return false;
      const tenant = toTenant(row);
      const after = { name: name ?? tenant.name, settings: settings ? patched(tenant.settings, settings) : tenant.settings };
      await tx
        .sql('tenants')
        .where({ id })
        .update(toRow(COLUMNS, { ...after, updatedAt: now }));
      tx.tell('tenants', id);
      return true;
    };
    return this.#db.write(change, { waited: 0 });
  }

  /** Its rows in every other table go with it. */
  async remove(id: string): Promise<void> {
    await this.#db.write(async (tx) => {
      await tx.sql('tenants').where({ id }).delete();
      tx.tell('keys', '');
    });
  }

  async get(id: string): Promise<StoredTenant | undefined> {
    const [row] = await rowsOf<object>(this.#db.sql, `SELECT ${selected(COLUMNS)} FROM tenants WHERE id = ?`, [id]);
    return row && toTenant(row);
  }

  async byName(name: string): Promise<StoredTenant | undefined> {
    const row = await this.#db.sql('tenants').where({ name }).first(COLUMNS);
    return row && toTenant(row);
  }

  async list(after: string, limit: number): Promise<StoredTenant[]> {
    return (await this.#db.sql('tenants').where('id', '>', after).orderBy('id').limit(limit).select(COLUMNS)).map(toTenant);
  }

  async liveKey(hash: string): Promise<StoredKey | undefined> {
    const row = await this.#db.sql('api_keys').where({ hash }).whereNull('revoked_at').first(KEY_COLUMNS);
    return row && toKey(row);
  }

  async ownerOfKey(id: string): Promise<TenantId | undefined> {
    return (await this.#db.sql('api_keys').where({ id }).first('tenant_id'))?.tenant_id;
  }

  async noteUse(uses: ReadonlyMap<KeyId, Milliseconds>): Promise<void> {
    await this.#db.write(async ({ sql }) => {
      for (const [id, at] of uses) await sql('api_keys').where({ id }).update({ last_used_at: at });
    });
  }

  async setting(name: string): Promise<string | undefined> {
    return (await this.#db.sql('hub_settings').where({ name }).first('value'))?.value;
  }

  async setSetting(name: string, value: string): Promise<void> {
    await this.#db.write(async (tx) => {
      await tx.sql('hub_settings').insert({ name, value }).onConflict('name').merge();
    });
  }
}
