import type { QuarantineId } from '../core/ids.ts';
import { Mentions, type Person } from '../core/person.ts';
import type { Database } from '../db/open.ts';
import { rowsOf } from '../db/rows.ts';
import type { Tx } from '../db/tx.ts';

/** What was set aside and names a person. */
export class NamingItems {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Of the next `limit` of the session behind `after`; `last`: where to go on, null at the end. */
  async page(person: Person, after: string, limit: number): Promise<{ ids: QuarantineId[]; last: string | null }> {
    const { sessionId, tenantId, at } = person;
    const [end] = await rowsOf<{ last: string | null; count: number | string }>(
      this.#db.sql,
      `SELECT max(id) AS last, count(*) AS count FROM (SELECT id FROM quarantine WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?) AS page`,
      [tenantId, after, limit],
    );
    if (!end || end.last === null) return { ids: [], last: null };
    const { likes } = new Mentions(person);
    const columns = ['raw', 'engine_id', 'error'];
    const likely = columns.flatMap((column) => likes.map(() => `${column} LIKE ?`)).join(' OR ');
    const rows = await rowsOf<{ id: QuarantineId }>(
      this.#db.sql,
      `SELECT id FROM quarantine WHERE tenant_id = ? AND id > ? AND id <= ? AND session_id = ? AND at <= ? AND (${likely})`,
      [tenantId, after, end.last, sessionId, at, ...columns.flatMap(() => likes)],
    );
    return { ids: rows.map(({ id }) => id), last: Number(end.count) === limit ? end.last : null };
  }

  async remove(tx: Tx, ids: readonly QuarantineId[]): Promise<number> {
    return tx.sql('quarantine').whereIn('id', ids).delete();
  }
}
