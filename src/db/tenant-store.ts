import type { Knex } from 'knex';
import { HooklineError } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { type DialectName, isOrphan } from './dialect.ts';
import type { Database } from './open.ts';
import type { Tx } from './tx.ts';

/**
 * The only way from a room to a tenant's rows: what `read` and `transact` hand over is bound to the tenant, so that the
 * tenant filter cannot be forgotten. Workers of the system use a separately named store.
 */
export interface TenantStore<Reader, Transactor> {
  read<T>(tenantId: TenantId, work: (reader: Reader) => Promise<T>): Promise<T>;
  /**
   * As `Database.write` for a caller: one transaction, which may be run again; `transactor` must not be used after it. Rejects with
   * `not-found` when what a new row belongs to was deleted after it had been looked up.
   */
  transact<T>(tenantId: TenantId, work: (transactor: Transactor, tx: Tx) => Promise<T>, waited?: Milliseconds): Promise<T>;
  /** The same handle inside a transaction that another room opened. */
  within(tx: Tx, tenantId: TenantId): Transactor;
}

export function tenantStore<Reader, Transactor>(
  db: Database,
  Handles: {
    Reader: new (sql: Knex, tenantId: TenantId, dialect: DialectName) => Reader;
    Transactor: new (tx: Tx, tenantId: TenantId) => Transactor;
  },
): TenantStore<Reader, Transactor> {
  const within = (tx: Tx, tenantId: TenantId): Transactor => new Handles.Transactor(tx, tenantId);
  return {
    read: (tenantId, work) => work(new Handles.Reader(db.sql, tenantId, db.dialect)),
    transact: (tenantId, work, waited = 0) =>
      db.write((tx) => work(within(tx, tenantId), tx), { for: tenantId, waited }).catch(explainOrphan),
    within,
  };
}

function explainOrphan(error: unknown): never {
  if (!isOrphan(error)) throw error;
  throw new HooklineError('not-found', 'What this belongs to was deleted meanwhile. Nothing was stored.', { cause: error });
}
