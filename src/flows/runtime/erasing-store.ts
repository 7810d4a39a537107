import type { ChatId } from '../../core/message.ts';
import { Mentions, type Person } from '../../core/person.ts';
import type { Database } from '../../db/open.ts';
import { rowsOf } from '../../db/rows.ts';
import type { Tx } from '../../db/tx.ts';

export interface NamingRun {
  id: string;
  chatId: ChatId;
  state: string;
  trace: string;
  error: string | null;
}

export interface NamingChat {
  chatId: ChatId;
  remembered: string;
}

/** What flows keep that names a person. */
export class NamingRuns {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Of the next `limit` runs of the tenant behind `after`, those of the session; `last`: where to go on, null at the end. */
  async page(person: Person, after: string, limit: number): Promise<{ runs: NamingRun[]; last: string | null }> {
    const { tenantId, sessionId, names, at } = person;
    const [end] = await rowsOf<{ last: string | null; count: number | string }>(
      this.#db.sql,
      'SELECT max(id) AS last, count(*) AS count FROM (SELECT id FROM flow_runs WHERE tenant_id = ? AND id > ? ORDER BY id LIMIT ?) AS page',
      [tenantId, after, limit],
    );
    if (!end || end.last === null) return { runs: [], last: null };
    const { likes } = new Mentions(person);
    const columns = ['state', 'trace', 'error'];
    const likely = [...names.map(() => 'chat_id = ?'), ...columns.flatMap((column) => likes.map(() => `${column} LIKE ?`))].join(' OR ');
    const runs = await rowsOf<NamingRun>(
      this.#db.sql,
      `SELECT id, chat_id AS "chatId", state, trace, error FROM flow_runs
       WHERE tenant_id = ? AND id > ? AND id <= ? AND session_id = ? AND started_at <= ? AND (${likely})`,
      [tenantId, after, end.last, sessionId, at, ...names, ...columns.flatMap(() => likes)],
    );
    return { runs, last: Number(end.count) === limit ? end.last : null };
  }

  /** Chats of others of which flows remember something that names the person. */
  async chats(person: Person): Promise<NamingChat[]> {
    const { sessionId, names } = person;
    const { likes } = new Mentions(person);
    return rowsOf(
      this.#db.sql,
      `SELECT chat_id AS "chatId", remembered FROM flow_chats WHERE session_id = ? AND remembered <> '{}'
       AND chat_id NOT IN (${names.map(() => '?').join(', ')}) AND (${likes.map(() => 'remembered LIKE ?').join(' OR ')})`,
      [sessionId, ...names, ...likes],
    );
  }

  async removeRuns(tx: Tx, ids: readonly string[]): Promise<void> {
    await tx.sql('flow_runs').whereIn('id', ids).delete();
  }

  /** False, and nothing is written, where it has moved since it was read. */
  async rewriteRun(tx: Tx, { id, state, trace }: NamingRun, to: Pick<NamingRun, 'state' | 'trace' | 'error'>): Promise<boolean> {
    return (await tx.sql('flow_runs').where({ id, state, trace }).update(to)) === 1;
  }

  async rewriteChat(tx: Tx, { sessionId }: Person, { chatId, remembered }: NamingChat, to: string): Promise<boolean> {
    return (await tx.sql('flow_chats').where({ session_id: sessionId, chat_id: chatId, remembered }).update({ remembered: to })) === 1;
  }

  /** The rows of the chats with the person, and what waits anywhere and names them. */
  async removeChats(tx: Tx, person: Person): Promise<number> {
    const { sessionId, names } = person;
    const of = (table: string) => tx.sql(table).where({ session_id: sessionId });
    let count = 0;
    for (const table of ['flow_chats', 'flow_handoffs', 'flow_starts', 'flow_inbox'])
      count += await of(table).whereIn('chat_id', names).delete();
    count += await of('flow_inbox')
      .where((any) => {
        for (const like of new Mentions(person).likes) any.orWhere('message', 'like', like);
      })
      .delete();
    count += await tx.sql('flow_opt_outs').where('tenant_id', person.tenantId).whereIn('chat_id', names).delete();
    return count;
  }
}
