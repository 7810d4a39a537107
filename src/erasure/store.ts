import type { Knex } from 'knex';
import type { ErasureId, SessionId, TenantId } from '../core/ids.ts';
import type { Person } from '../core/person.ts';
import type { Milliseconds } from '../core/runtime.ts';
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

interface ErasureRow {
  id: ErasureId;
  tenant_id: TenantId;
  session_id: SessionId;
  work: string | null;
  erased: string;
  owed: string;
  created_at: Milliseconds;
  finished_at: Milliseconds | null;
}

const toErasure = (row: ErasureRow): Erasure => ({
  ...{ id: row.id, tenantId: row.tenant_id, sessionId: row.session_id, createdAt: row.created_at, finishedAt: row.finished_at },
  work: row.work === null ? null : JSON.parse(row.work),
  erased: JSON.parse(row.erased),
  owed: JSON.parse(row.owed),
});

const changing = ({ work, erased, owed, finishedAt }: Erasure) => ({
  work: work && JSON.stringify(work),
  erased: JSON.stringify(erased),
  owed: JSON.stringify(owed),
  finished_at: finishedAt,
});

/** People whose data is to go, whoever the tenant is; whose it is is asked for with each call. */
export class SystemErasureStore {
  readonly #sql: Knex;

  constructor(sql: Knex) {
    this.#sql = sql;
  }

  async byId(tenantId: TenantId, id: ErasureId): Promise<Erasure | undefined> {
    const row = await this.#rows().where({ tenant_id: tenantId, id }).first();
    return row && toErasure(row);
  }

  /** Those of a session that are not finished. */
  async open(sessionId: SessionId): Promise<Erasure[]> {
    return (await this.#rows().where({ session_id: sessionId }).whereNull('finished_at').orderBy('id')).map(toErasure);
  }

  async insert(tx: Tx, erasure: Erasure): Promise<void> {
    const { id, tenantId, sessionId, createdAt } = erasure;
    await tx.sql('erasures').insert({ id, tenant_id: tenantId, session_id: sessionId, created_at: createdAt, ...changing(erasure) });
  }

  async save(tx: Tx, erasure: Erasure): Promise<void> {
    await tx.sql('erasures').where({ id: erasure.id }).update(changing(erasure));
  }

  #rows() {
    return this.#sql<ErasureRow>('erasures');
  }
}
