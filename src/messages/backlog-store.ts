import type { Database } from '../db/open.ts';
import { rowsOf } from '../db/rows.ts';

/** Rows that are counted: more cost too much to be counted at every scrape, and say no more. */
const COUNTED = 100_000;

/** What waits to be sent, whoever the tenant is. */
export class SystemQueueStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** From the index of what is queued, which holds nothing else. */
  async queued(): Promise<number> {
    const query = `SELECT count(*) AS n FROM (SELECT 1 FROM messages WHERE status = 'queued' LIMIT ?) AS counted`;
    return (await rowsOf<{ n: number }>(this.#db.sql, query, [COUNTED]))[0]?.n ?? 0;
  }
}
