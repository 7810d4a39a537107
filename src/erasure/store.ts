import type { Knex } from 'knex';
import type { ErasureId, SessionId, TenantId } from '../core/ids.ts';
import type { Person } from '../core/person.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { type Columns, fromRow, toRow } from '../db/columns.ts';
import type { Tx } from '../db/tx.ts';

/** How far it has come. */
export interface Work {
  person: Omit<Person, 'tenantId' | 'sessionId'>;
  /** Which of the rooms is looked through, and up to where. */
  stage: number;
  cursor: string | null;
  /** Over all rooms, after which something was owed. */
  passes: number;
}

export interface Erasure {
  id: ErasureId;
  tenantId: TenantId;
  sessionId: SessionId;
  /** Null once it is finished. */
  work: Work | null;
  erased: Record<string, number>;
  owed: Record<string, number>;
  createdAt: Milliseconds;
  finishedAt: Milliseconds | null;
}

const COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  sessionId: 'session_id',
  work: 'work',
  erased: 'erased',
  owed: 'owed',
  createdAt: 'created_at',
  finishedAt: 'finished_at',
} as const satisfies Columns<Erasure>;

const toErasure = fromRow<Erasure>(COLUMNS, 'work', 'erased', 'owed');

/** People whose data is to go, whoever the tenant is; whose it is is asked for with each call. */
export class SystemErasureStore {
  readonly #sql: Knex;

  constructor(sql: Knex) {
    this.#sql = sql;
  }

  async byId(tenantId: TenantId, id: ErasureId): Promise<Erasure | undefined> {
    const row = await this.#sql('erasures').where({ tenant_id: tenantId, id }).first(COLUMNS);
    return row && toErasure(row);
  }

  /** Those of a session that are not finished. */
  async open(sessionId: SessionId): Promise<Erasure[]> {
    const open = this.#sql('erasures').where({ session_id: sessionId }).whereNull('finished_at').orderBy('id');
    return (await open.select(COLUMNS)).map(toErasure);
  }

  async insert(tx: Tx, erasure: Erasure): Promise<void> {
    await tx.sql('erasures').insert(toRow(COLUMNS, erasure));
  }

  async save(tx: Tx, { id, work, erased, owed, finishedAt }: Erasure): Promise<void> {
    await tx.sql('erasures').where({ id }).update(toRow(COLUMNS, { work, erased, owed, finishedAt }));
  }
}
