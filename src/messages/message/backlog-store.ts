import type { TenantId } from '../../core/ids.ts';
import type { Database } from '../../db/open.ts';
import { rowsOf } from '../../db/rows.ts';
import { IS_RARE } from './store.ts';

/** Rows that are counted: more cost too much to be counted at every scrape, and say no more. */
const COUNTED = 100_000;

/** What waits to be sent, whoever the tenant is. */
export class SystemQueueStore {
  readonly #db: Pick<Database, 'sql'>;

  constructor(db: Pick<Database, 'sql'>) {
    this.#db = db;
  }

  /** From the index of what is queued, which holds nothing else. */
  async queued(): Promise<number> {
    const query = `SELECT count(*) AS n FROM (SELECT 1 FROM messages WHERE status = 'queued' LIMIT ?) AS counted`;
    return (await rowsOf<{ n: number }>(this.#db.sql, query, [COUNTED]))[0]?.n ?? 0;
  }
}

/** How many messages of a tenant wait to be sent, now or at their time. From two indexes that hold little else. */
export async function waitingSends(db: Database, tenantId: TenantId): Promise<number> {
  const own = 'session_id IN (SELECT id FROM whatsapp_instances WHERE tenant_id = ?)';
  const count = `SELECT (SELECT count(*) FROM messages WHERE ${own} AND status = 'queued')
    + (SELECT count(*) FROM messages WHERE ${own} AND ${IS_RARE} AND status = 'scheduled') AS n`;
  return Number((await rowsOf<{ n: number | string }>(db.sql, count, [tenantId, tenantId]))[0]?.n ?? 0);
}
