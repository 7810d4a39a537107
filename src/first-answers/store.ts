import type { Knex } from 'knex';
import type { NodeId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Place, Reseal } from '../core/seal.ts';
import { type Columns, toRow } from '../db/columns.ts';
import type { Tx } from '../db/tx.ts';

/** A request that makes something, by its Idempotency-Key. */
export interface FirstAnswer {
  /** Whose key it is: a tenant; empty for the operator's own. */
  owner: TenantId | '';
  key: string;
  tenantId: TenantId | null;
  fingerprint: string;
  /** Sealed; null until it is given. */
  answer: string | null;
  /** The node of a cluster that handles the request. */
  nodeId: NodeId | null;
  createdAt: Milliseconds;
}

const COLUMNS = {
  owner: 'owner',
  key: 'key',
  tenantId: 'tenant_id',
  fingerprint: 'fingerprint',
  answer: 'answer',
  nodeId: 'node_id',
  createdAt: 'created_at',
} as const satisfies Columns<FirstAnswer>;

const TABLE = 'first_answers';

type Name = Pick<FirstAnswer, 'owner' | 'key'>;

export const answerPlace = ({ owner, key }: Name): Place => ({ tenantId: owner as TenantId, purpose: 'first-answer', of: [key] });

/** Whoever the tenant is; whose key it is is asked for with each call. */
export class SystemFirstAnswerStore {
  readonly #sql: Knex;

  constructor(sql: Knex) {
    this.#sql = sql;
  }

  /** `isOfNode`: the node that handles it is there. */
  async find({ owner, key }: Name): Promise<(FirstAnswer & { isOfNode: boolean }) | undefined> {
    const row: FirstAnswer | undefined = await this.#sql(TABLE).where({ owner, key }).first(COLUMNS);
    if (!row) return undefined;
    return { ...row, isOfNode: row.nodeId !== null && (await this.#sql('nodes').where({ id: row.nodeId }).first('id')) !== undefined };
  }

  /** False when the key is taken. */
  async claim(claim: FirstAnswer): Promise<boolean> {
    const claimed = await this.#sql(TABLE).insert(toRow(COLUMNS, claim)).onConflict(['owner', 'key']).ignore().returning('key');
    return claimed.length === 1;
  }

  async keep({ owner, key, answer }: Name & { answer: string }): Promise<void> {
    await this.#sql(TABLE).where({ owner, key }).update({ answer });
  }

  async remove({ owner, key }: Name): Promise<void> {
    await this.#sql(TABLE).where({ owner, key }).delete();
  }

  /** At most `limit` of those from before. Returns how many there were. */
  async removeOld(before: Milliseconds, limit: number): Promise<number> {
    const old = this.#sql(TABLE).where('created_at', '<=', before).limit(limit).select('owner', 'key');
    return this.#sql(TABLE).whereIn(['owner', 'key'], old).delete();
  }
}

/** Seals every answer again, in the caller's transaction; see webhooks/endpoints/reseal-store.ts. Resolves with how many there are. */
export async function resealFirstAnswers({ sql }: Pick<Tx, 'sql'>, again: Reseal): Promise<number> {
  const rows: (Name & { answer: string })[] = await sql(TABLE).whereNotNull('answer').select('owner', 'key', 'answer');
  for (const { answer, ...name } of rows)
    await sql(TABLE)
      .where(name)
      .update({ answer: again(answer, answerPlace(name)) });
  return rows.length;
}
