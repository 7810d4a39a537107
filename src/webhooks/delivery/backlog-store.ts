import type { Milliseconds } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import { rowsOf } from '../../db/rows.ts';

/** Rows that are counted: more cost too much to be counted at every scrape, and say no more. */
const COUNTED = 100_000;
/** Lanes whose head is looked at. */
const LANES = 10_000;

export interface Backlog {
  pending: number;
  dead: number;
  /** When the oldest of those that are tried was owed; null when there is none. Not of endpoints that are disabled. */
  oldestPendingAt: Milliseconds | null;
}

/** What is owed to endpoints, whoever the tenant is. Each number comes from a partial index and is cut at a bound. */
export class SystemBacklogStore {
  readonly #db: Pick<Database, 'sql'>;

  constructor(db: Pick<Database, 'sql'>) {
    this.#db = db;
  }

  async backlog(): Promise<Backlog> {
    const [pending, dead, oldest] = await Promise.all([
      this.pending(),
      this.#count(`status = 'dead'`),
      rowsOf<{ oldest: Milliseconds | null }>(this.#db.sql, OLDEST, [LANES]),
    ]);
    return { pending, dead, oldestPendingAt: oldest[0]?.oldest ?? null };
  }

  pending(): Promise<number> {
    return this.#count('due_at IS NOT NULL');
  }

  async #count(where: string): Promise<number> {
    const query = `SELECT count(*) AS n FROM (SELECT 1 FROM webhook_deliveries WHERE ${where} LIMIT ?) AS counted`;
    return (await rowsOf<{ n: number }>(this.#db.sql, query, [COUNTED]))[0]?.n ?? 0;
  }
}

/** A lane is in order, so its head is its oldest. */
const OLDEST = `
  SELECT min((
    SELECT d.created_at FROM webhook_deliveries d WHERE d.lane = l.key AND d.due_at IS NOT NULL ORDER BY d.event_position LIMIT 1
  )) AS oldest
  FROM (SELECT key FROM lanes WHERE kind = 'webhook' AND due_at IS NOT NULL LIMIT ?) AS l`;
