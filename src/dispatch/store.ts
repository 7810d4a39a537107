import type { TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Columns } from '../db/columns.ts';
import type { Database } from '../db/open.ts';
import { list, listed, rowsOf } from '../db/rows.ts';
import { type SetBack, setBackInstants } from '../db/set-back.ts';
import type { Tx } from '../db/tx.ts';
import type { LaneKind, LaneWork } from './lanes.ts';

export interface LaneRow {
  key: string;
  kind: LaneKind;
  tenantId: TenantId;
  dueAt: Milliseconds | null;
  /** 1 when the head has failed before. */
  retry: 0 | 1;
}

const COLUMNS = {
  key: 'key',
  kind: 'kind',
  tenantId: 'tenant_id',
  dueAt: 'due_at',
  retry: 'retry',
} as const satisfies Columns<LaneRow>;

export interface Overdue {
  kind: LaneKind;
  due: number;
  /** Null when what is due is so without a time. */
  oldestDueAt: Milliseconds | null;
}

const COUNTED = 10_000;
const NOTED = { key: 'text', kind: 'text', tenant_id: 'text', token: 'text', due_at: 'bigint', retry: 'integer' } as const;

export class LaneStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** One process works all lanes here, so at its start it takes them all: what an older owner still writes comes to nothing. */
  async takeAll(token: string): Promise<void> {
    await this.#db.write(async (tx) => {
      await tx.sql('lanes').update({ token });
    });
  }

  /**
   * Makes the lanes that are new and brings `due_at` forward where the work is due earlier; with `behind` only where
   * nothing waited. Returns the keys of the lanes that it changed, each locked until the transaction ends, changed or not.
   */
  async schedule(
    tx: Tx,
    work: readonly LaneWork[],
    { tokenOf, behind }: { tokenOf: (work: LaneWork) => string; behind: boolean },
  ): Promise<Set<string>> {
    if (work.length === 0) return new Set();
    const rows = work.map((item) => [item.key, item.kind, item.tenantId, tokenOf(item), item.dueAt, item.retry ? 1 : 0]);
    // `WHERE true` keeps SQLite from taking the ON of the conflict for that of a join (https://sqlite.org/lang_upsert.html, 2.2).
    const touched = await rowsOf<{ key: string }>(
      tx.sql,
      `INSERT INTO lanes (key, kind, tenant_id, token, due_at, retry)
       SELECT key, kind, tenant_id, token, due_at, retry FROM ${listed(NOTED, tx.dialect)} AS noted WHERE true
       ON CONFLICT (key) DO UPDATE SET due_at = excluded.due_at
       WHERE lanes.due_at IS NULL ${behind ? '' : 'OR lanes.due_at > excluded.due_at'}
       RETURNING key`,
      [list(rows)],
    );
    return new Set(touched.map(({ key }) => key));
  }

  /** Locks the row until the transaction ends; `taken` when another owner has it by now, `gone` when it was removed. */
  async hold(tx: Tx, key: string, token: string): Promise<'held' | 'taken' | 'gone'> {
    const hold = 'UPDATE lanes SET due_at = NULL WHERE key = ? AND token = ? RETURNING key';
    if ((await rowsOf(tx.sql, hold, [key, token])).length === 1) return 'held';
    return (await rowsOf(tx.sql, 'SELECT key FROM lanes WHERE key = ?', [key])).length === 1 ? 'taken' : 'gone';
  }

  /** Writes the row as it is: whether the database takes anything. */
  async touch(tx: Tx, key: string): Promise<void> {
    await rowsOf(tx.sql, 'UPDATE lanes SET retry = retry WHERE key = ?', [key]);
  }

  /** How many lanes of each kind are due, and since when the first of them is. Those due first are counted, up to a bound. */
  async overdue(now: Milliseconds): Promise<Overdue[]> {
    return rowsOf(
      this.#db.sql,
      `SELECT kind, count(*) AS "due", min(NULLIF(due_at, 0)) AS "oldestDueAt"
       FROM (SELECT kind, due_at FROM lanes WHERE due_at <= ? ORDER BY due_at LIMIT ?) AS due GROUP BY kind`,
      [now, COUNTED],
    );
  }

  async setDue(tx: Tx, key: string, { dueAt, retry }: { dueAt: Milliseconds; retry: 0 | 1 }): Promise<void> {
    await rowsOf(tx.sql, 'UPDATE lanes SET due_at = ?, retry = ? WHERE key = ?', [dueAt, retry, key]);
  }

  async retire(tx: Tx, prefix: string): Promise<void> {
    // Neither LIKE (`_` stands in every id and would match any letter) nor a range (Postgres compares by its locale).
    await tx.sql('lanes').whereRaw('substr(key, 1, ?) = ?', [prefix.length, prefix]).delete();
  }

  async forget(tx: Tx, keys: readonly string[]): Promise<void> {
    await tx.sql('lanes').whereIn('key', keys).delete();
  }

  /** Lanes that wait for a time that somebody asked for are moved along: their pump finds nothing, and says when they are due. */
  async setBack(back: SetBack): Promise<void> {
    await setBackInstants(this.#db, { table: 'lanes', key: 'key', order: ['due_at', 'key'], column: 'due_at' }, back);
  }

  /** Whose these lanes are; null for those of a node that is gone. To be called behind `schedule`, which has locked them. */
  async tokens(tx: Tx, keys: readonly string[]): Promise<Map<string, string | null>> {
    if (keys.length === 0) return new Map();
    const rows = await rowsOf<{ key: string; token: string | null }>(
      tx.sql,
      `SELECT lanes.key, nodes.id AS token FROM ${listed({ key: 'text' }, tx.dialect)} AS noted
       JOIN lanes ON lanes.key = noted.key LEFT JOIN nodes ON nodes.id = lanes.token`,
      [list(keys.map((key) => [key]))],
    );
    return new Map(rows.map(({ key, token }) => [key, token]));
  }

  /** Has other nodes work these lanes, of which `from` is the owner; null: a node that is gone. Resolves with those that were so. */
  async give(tx: Tx, keys: readonly string[], from: string | null, to: string): Promise<string[]> {
    const lanes = tx.sql('lanes').whereIn('key', keys);
    if (from === null) lanes.whereNotIn('token', tx.sql('nodes').select('id'));
    else lanes.where({ token: from });
    const given: { key: string }[] = await lanes.update({ token: to }).returning('key');
    return given.map(({ key }) => key);
  }

  /** In which something waits, so that others take them. */
  async giveUp(token: string): Promise<void> {
    await this.#db.write(async (tx) => {
      const given = await tx.sql('lanes').where({ token }).whereNotNull('due_at').update({ token: '' });
      if (given > 0) tx.tell('leases', '');
    });
  }

  /** Those of these lanes that are the node's, and in which something waits. */
  async rows(keys: readonly string[], token: string): Promise<LaneRow[]> {
    return this.#db.sql('lanes').whereIn('key', keys).where({ token }).whereNotNull('due_at').select(COLUMNS);
  }

  /**
   * A page of the lanes with waiting work, those due first in front: the first one, or the one behind `after`, whatever became of what was before.
   * `of`: of this node, or of those that are gone; of all where there is one hub.
   */
  async waiting(
    before: Milliseconds,
    { limit, after, of }: { limit: number; after: LaneRow | undefined; of?: { token: string } | 'nobody' },
  ): Promise<LaneRow[]> {
    const query = this.#db.sql('lanes').where('due_at', '<=', before).orderBy(['due_at', 'key']).limit(limit).select(COLUMNS);
    if (of === 'nobody') query.whereNotIn('token', this.#db.sql('nodes').select('id'));
    else if (of) query.where({ token: of.token });
    return after ? query.whereRaw('(due_at, key) > (?, ?)', [after.dueAt, after.key]) : query;
  }
}
