import type { TenantId } from '../core/ids.ts';
import { Mentions, type Person } from '../core/person.ts';
import type { Database } from '../db/open.ts';
import { rowsOf } from '../db/rows.ts';
import type { Tx } from '../db/tx.ts';
import { noteRemoved } from './store.ts';

export interface Named {
  position: number;
  type: string;
  at: number;
  data: string;
  subject: string | null;
}

/** Events that name a person. */
export class NamingEvents {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Those among the next `limit` of the session behind `after`; `last`: where to go on, null at the end. */
  async page(person: Person, after: number, limit: number): Promise<{ rows: Named[]; last: number | null }> {
    const { sessionId, names } = person;
    const [end] = await rowsOf<{ last: number | null; count: number | string }>(
      this.#db.sql,
      `SELECT max(position) AS last, count(*) AS count
       FROM (SELECT position FROM events WHERE session_id = ? AND position > ? ORDER BY position LIMIT ?) AS page`,
      [sessionId, after, limit],
    );
    if (!end || end.last === null) return { rows: [], last: null };
    const { likes } = new Mentions(person);
    const likely = [...likes.map(() => 'data LIKE ?'), ...names.map(() => 'subject = ?')].join(' OR ');
    const rows = await rowsOf<Named>(
      this.#db.sql,
      `SELECT position, type, at, data, subject FROM events WHERE session_id = ? AND position > ? AND position <= ? AND (${likely})`,
      [sessionId, after, end.last, ...likes, ...names],
    );
    return { rows, last: Number(end.count) === limit ? end.last : null };
  }

  async remove(tx: Tx, tenantId: TenantId, events: readonly Named[]): Promise<void> {
    const positions = events.map(({ position }) => position);
    await tx.sql('events').whereIn('position', positions).delete();
    await noteRemoved(tx, tenantId, events);
  }

  async rewrite(tx: Tx, position: number, data: string): Promise<void> {
    await tx.sql('events').where({ position }).update({ data });
  }
}
