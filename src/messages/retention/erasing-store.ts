import type { MessageId, SessionId, TenantId } from '../../core/ids.ts';
import type { ChatId, MessageStatus } from '../../core/message.ts';
import { Mentions, type Person } from '../../core/person.ts';
import type { Database } from '../../db/open.ts';
import { rowsOf } from '../../db/rows.ts';
import type { Tx } from '../../db/tx.ts';

export interface NamingMessage {
  ordinal: number;
  id: MessageId;
  status: MessageStatus;
  chatId: ChatId;
  content: string;
  aftermath: string | null;
  history: string;
  error: string | null;
  reference: string | null;
}

/** `receipts`: messages that the person has told to have received. */
export interface NamingPage {
  messages: NamingMessage[];
  receipts: MessageId[];
}

/** What names a person among messages and addresses. */
export class NamingMessages {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Of the next `limit` messages of the session behind `after`; `last`: where to go on, null at the end. */
  async page(person: Person, after: number, limit: number): Promise<NamingPage & { last: number | null }> {
    const { sessionId, names, at } = person;
    const [end] = await rowsOf<{ last: number | null; count: number | string }>(
      this.#db.sql,
      `SELECT max(ordinal) AS last, count(*) AS count
       FROM (SELECT ordinal FROM messages WHERE session_id = ? AND ordinal > ? ORDER BY ordinal LIMIT ?) AS page`,
      [sessionId, after, limit],
    );
    if (!end || end.last === null) return { messages: [], receipts: [], last: null };
    const { likes } = new Mentions(person);
    const columns = ['content', 'aftermath', 'history', 'error', 'reference'];
    const likely = [...names.map(() => 'chat_id = ?'), ...columns.flatMap((column) => likes.map(() => `${column} LIKE ?`))].join(' OR ');
    const messages = await rowsOf<NamingMessage>(
      this.#db.sql,
      `SELECT ordinal, id, status, chat_id AS "chatId", content, aftermath, history, error, reference FROM messages
       WHERE session_id = ? AND ordinal > ? AND ordinal <= ? AND created_at <= ? AND (${likely}) ORDER BY ordinal`,
      [sessionId, after, end.last, at, ...names, ...columns.flatMap(() => likes)],
    );
    const receipts = await rowsOf<{ id: MessageId }>(
      this.#db.sql,
      `SELECT m.id FROM messages m JOIN message_receipts r ON r.message_id = m.id
       WHERE m.session_id = ? AND m.ordinal > ? AND m.ordinal <= ? AND r.participant IN (${names.map(() => '?').join(', ')})`,
      [sessionId, after, end.last, ...names],
    );
    return { messages, receipts: receipts.map(({ id }) => id), last: Number(end.count) === limit ? end.last : null };
  }

  async removeReceipts(tx: Tx, ids: readonly MessageId[], participants: readonly ChatId[]): Promise<number> {
    return tx.sql('message_receipts').whereIn('message_id', ids).whereIn('participant', participants).delete();
  }

  /** Those whose end is known. Answers which went. */
  async remove(tx: Tx, ids: readonly MessageId[], open: readonly MessageStatus[]): Promise<MessageId[]> {
    const rows: { id: MessageId }[] = await tx.sql('messages').whereIn('id', ids).whereNotIn('status', open).select('id');
    const gone = rows.map(({ id }) => id);
    await tx.sql('messages').whereIn('id', gone).delete();
    return gone;
  }

  /** False, and nothing is written, where it has changed since it was read. */
  async rewrite(
    tx: Tx,
    { id, content, aftermath, history }: NamingMessage,
    said: Pick<NamingMessage, 'content' | 'aftermath' | 'history' | 'error' | 'reference'>,
  ): Promise<boolean> {
    return (await tx.sql('messages').where({ id, content, aftermath, history }).update(said)) === 1;
  }

  /** What is known of the addresses of a person: nothing refers to it any more in another session of the tenant. */
  async removeNames(tx: Tx, tenantId: TenantId, names: readonly ChatId[], phones: readonly string[]): Promise<number> {
    const of = { tenant_id: tenantId };
    const answers = await tx
      .sql('addresses')
      .where(of)
      .where((any) => any.whereIn('address', names).orWhereIn('chat_id', names))
      .delete();
    const pairs = await tx
      .sql('identities')
      .where(of)
      .where((any) => any.whereIn('lid', names).orWhereIn('phone', phones))
      .delete();
    return answers + pairs;
  }

  /** Whether a session of the tenant has messages in a chat with them. */
  async isKnown(tx: Tx, tenantId: TenantId, names: readonly ChatId[]): Promise<boolean> {
    const sessions: { id: SessionId }[] = await tx.sql('whatsapp_instances').where({ tenant_id: tenantId }).select('id');
    const row = await tx
      .sql('messages')
      .whereIn(
        'session_id',
        sessions.map(({ id }) => id),
      )
      .whereIn('chat_id', names)
      .first('id');
    return row !== undefined;
  }
}
