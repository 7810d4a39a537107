import type { Knex } from 'knex';
import type { KeyId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { type DialectName, locking } from '../db/dialect.ts';
import type { Database } from '../db/open.ts';
import { rowsOf } from '../db/rows.ts';
import type { Tx } from '../db/tx.ts';
import type { Scope } from './scopes.ts';
import { patched, type SettingsPatch, type TenantSettings } from './settings.ts';

export interface TenantRow {
  id: TenantId;
  name: string;
  settings: TenantSettings;
  created_at: Milliseconds;
  updated_at: Milliseconds;
}

export interface KeyRow {
  id: KeyId;
  tenant_id: TenantId;
  name: string;
  hash: string;
  hint: string;
  scopes: Scope[];
  created_at: Milliseconds;
  revoked_at: Milliseconds | null;
}

/** The keys of one tenant. */
export class KeyReader {
  protected readonly sql: Knex;
  protected readonly tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId, _dialect?: DialectName) {
    this.sql = sql;
    this.tenantId = tenantId;
  }

  async list(): Promise<KeyRow[]> {
    const rows = await this.sql('api_keys').where({ tenant_id: this.tenantId }).orderBy('id');
    return rows.map(toKey);
  }
}

export class KeyTransactor extends KeyReader {
  constructor(tx: Tx, tenantId: TenantId) {
    super(tx.sql, tenantId);
  }

  async insert(key: Omit<KeyRow, 'tenant_id' | 'revoked_at'>): Promise<void> {
    await this.sql('api_keys').insert({ ...key, scopes: JSON.stringify(key.scopes), tenant_id: this.tenantId, revoked_at: null });
  }

  /** False when the tenant has no such key. Revoking twice is revoking once. */
  async revoke(id: string, now: Milliseconds): Promise<boolean> {
    const mine = { tenant_id: this.tenantId, id };
    await this.sql('api_keys').where(mine).whereNull('revoked_at').update({ revoked_at: now });
    return (await this.sql('api_keys').where(mine).first('id')) !== undefined;
  }
}

/** The operator's view across tenants. */
export class SystemTenantStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async insert(tx: Tx, tenant: TenantRow): Promise<void> {
    await tx.sql('tenants').insert({ ...tenant, settings: JSON.stringify(tenant.settings) });
  }

  /** False when there is no such tenant. */
  async update(id: string, { name, settings }: { name?: string; settings?: SettingsPatch }, now: Milliseconds): Promise<boolean> {
    const change = async (tx: Tx): Promise<boolean> => {
      const row = await locking(tx.sql('tenants').where({ id }).first(), tx.dialect);
      if (!row) return false;
      const after = settings && JSON.stringify(patched(JSON.parse(row.settings), settings));
      await tx
        .sql('tenants')
        .where({ id })
        .update({ name: name ?? row.name, settings: after ?? row.settings, updated_at: now });
      return true;
    };
    return this.#db.write(change, { waited: 0 });
  }

  /** Its rows in every other table go with it. */
  async remove(id: string): Promise<void> {
    await this.#db.write(async (tx) => {
      await tx.sql('tenants').where({ id }).delete();
    });
  }

  async get(id: string): Promise<TenantRow | undefined> {
    const [row] = await rowsOf<Record<string, unknown>>(this.#db.sql, 'SELECT * FROM tenants WHERE id = ?', [id]);
    return row && toTenant(row);
  }

  async byName(name: string): Promise<TenantRow | undefined> {
    const row = await this.#db.sql('tenants').where({ name }).first();
    return row && toTenant(row);
  }

  async list(after: string, limit: number): Promise<TenantRow[]> {
    return (await this.#db.sql('tenants').where('id', '>', after).orderBy('id').limit(limit)).map(toTenant);
  }

  async liveKey(hash: string): Promise<KeyRow | undefined> {
    const row = await this.#db.sql('api_keys').where({ hash }).whereNull('revoked_at').first();
    return row && toKey(row);
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

const toTenant = (row: Record<string, unknown>): TenantRow => ({
  ...(row as unknown as TenantRow),
  settings: JSON.parse(row.settings as string),
});

export const toKey = (row: Record<string, unknown>): KeyRow => ({
  ...(row as unknown as KeyRow),
  scopes: JSON.parse(row.scopes as string),
});
