import type { Knex } from 'knex';
import type { SessionId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { DialectName } from '../../db/dialect.ts';
import { list, listed, rowsOf } from '../../db/rows.ts';

/**
 * What the head of a chat waits for, which holds only this chat: its file, another try of its own, the rate of the chat, or
 * the answer to the message before it. Empty: nothing.
 */
export type HeadWaits = '' | 'media' | 'retry' | 'chat-rate' | 'answer';

/** Of the queued messages of a chat the one that leaves next. */
export interface Head {
  chatId: ChatId;
  /** The message. */
  ordinal: number;
}

export interface Placed {
  sessionId: SessionId;
  chatId: ChatId;
  priority: number;
  ordinal: number;
}

/** Heads that become free in one go at the most. */
const FREED_AT_ONCE = 1_000;
const PLACED = { session_id: 'text', chat_id: 'text', priority: 'integer', ordinal: 'bigint' } as const;
const SET = 'SET priority = excluded.priority, ordinal = excluded.ordinal, waits = excluded.waits, due_at = excluded.due_at';

/** Which of two messages of a chat goes first; negative when it is `a`. */
const order = (a: Placed, b: Placed): number => b.priority - a.priority || a.ordinal - b.ordinal;

/**
 * The heads of the chats of a session, which follow from its queued messages: each write that queues a message or takes one
 * out of the queue says so here. So the next one is found without walking past those that cannot leave, however many they are.
 */
export class SendHeads {
  readonly #sql: Knex;
  readonly #dialect: DialectName;

  constructor(sql: Knex, dialect: DialectName) {
    this.#sql = sql;
    this.#dialect = dialect;
  }

  /** New messages at the end of their chats, past those of a lower priority. */
  async queue(messages: readonly Placed[]): Promise<void> {
    const first = new Map<string, Placed>();
    for (const message of messages) {
      const key = `${message.sessionId} ${message.chatId}`;
      const known = first.get(key);
      if (!known || order(message, known) < 0) first.set(key, message);
    }
    if (first.size === 0) return;
    // In one order everywhere: two transactions that write the same chats must not wait for each other.
    const sorted = [...first].sort(([a], [b]) => (a < b ? -1 : 1));
    await rowsOf(
      this.#sql,
      `INSERT INTO send_heads (session_id, chat_id, priority, ordinal, waits, due_at)
       SELECT session_id, chat_id, priority, ordinal, '', NULL FROM ${listed(PLACED, this.#dialect)} AS placed WHERE true
       ON CONFLICT (session_id, chat_id) DO UPDATE ${SET}
       WHERE excluded.priority > send_heads.priority OR (excluded.priority = send_heads.priority AND excluded.ordinal < send_heads.ordinal)`,
      [list(sorted.map(([, { sessionId, chatId, priority, ordinal }]) => [sessionId, chatId, priority, ordinal]))],
    );
  }

  /** After a message of the chat has entered or left the queue, or waits for another try: its head anew. */
  async renew(sessionId: SessionId, chatId: ChatId): Promise<void> {
    const there = await rowsOf(
      this.#sql,
      `INSERT INTO send_heads (session_id, chat_id, priority, ordinal, waits, due_at)
       SELECT session_id, chat_id, priority, ordinal, CASE WHEN not_before IS NULL THEN '' ELSE 'retry' END, not_before FROM messages
       WHERE session_id = ? AND chat_id = ? AND status = 'queued' ORDER BY priority DESC, ordinal LIMIT 1
       ON CONFLICT (session_id, chat_id) DO UPDATE ${SET} RETURNING ordinal`,
      [sessionId, chatId],
    );
    if (there.length === 0) await rowsOf(this.#sql, 'DELETE FROM send_heads WHERE session_id = ? AND chat_id = ?', [sessionId, chatId]);
  }

  /** Those that wait for this, in the order in which they leave. */
  async first(sessionId: SessionId, waits: HeadWaits, limit: number): Promise<Head[]> {
    return rowsOf(
      this.#sql,
      `SELECT chat_id AS "chatId", ordinal FROM send_heads WHERE session_id = ? AND waits = ? ORDER BY priority DESC, ordinal LIMIT ?`,
      [sessionId, waits, limit],
    );
  }

  async of(sessionId: SessionId, chatId: ChatId): Promise<{ ordinal: number; waits: HeadWaits; dueAt: Milliseconds | null } | undefined> {
    const query = 'SELECT ordinal, waits, due_at AS "dueAt" FROM send_heads WHERE session_id = ? AND chat_id = ?';
    const [head] = await rowsOf<{ ordinal: number; waits: HeadWaits; dueAt: Milliseconds | null }>(this.#sql, query, [sessionId, chatId]);
    return head;
  }

  /** `until`: when it is free again by itself. */
  async hold(sessionId: SessionId, { chatId, ordinal }: Head, waits: HeadWaits, until: Milliseconds | null): Promise<void> {
    const query = 'UPDATE send_heads SET waits = ?, due_at = ? WHERE session_id = ? AND chat_id = ? AND ordinal = ?';
    await rowsOf(this.#sql, query, [waits, until, sessionId, chatId, ordinal]);
  }

  /** What the head of this chat waited for is over. */
  async free(sessionId: SessionId, chatId: ChatId, waits: HeadWaits): Promise<void> {
    const query = `UPDATE send_heads SET waits = '', due_at = NULL WHERE session_id = ? AND chat_id = ? AND waits = ?`;
    await rowsOf(this.#sql, query, [sessionId, chatId, waits]);
  }

  /** The same for all chats of the session. */
  async freeAll(sessionId: SessionId, waits: HeadWaits): Promise<void> {
    await rowsOf(this.#sql, `UPDATE send_heads SET waits = '', due_at = NULL WHERE session_id = ? AND waits = ?`, [sessionId, waits]);
  }

  /** Those whose time has come. */
  async freeDue(sessionId: SessionId, now: Milliseconds): Promise<void> {
    await rowsOf(
      this.#sql,
      `UPDATE send_heads SET waits = '', due_at = NULL WHERE session_id = ? AND chat_id IN
       (SELECT chat_id FROM send_heads WHERE session_id = ? AND due_at <= ? ORDER BY due_at LIMIT ?)`,
      [sessionId, sessionId, now, FREED_AT_ONCE],
    );
  }

  async any(sessionId: SessionId): Promise<boolean> {
    return (await rowsOf(this.#sql, 'SELECT 1 FROM send_heads WHERE session_id = ? LIMIT 1', [sessionId])).length > 0;
  }
}
