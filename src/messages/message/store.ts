import type { Knex } from 'knex';
import type { MessageId, SessionId, TenantId } from '../../core/ids.ts';
import type { AckLevel, ChatId, Direction, MessageStatus } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { type Columns, fromRow, selected, toRow, valuesOf } from '../../db/columns.ts';
import { type DialectName, locking } from '../../db/dialect.ts';
import type { Database } from '../../db/open.ts';
import { rowsOf } from '../../db/rows.ts';
import { type TenantStore, tenantStore } from '../../db/tenant-store.ts';
import type { Tx } from '../../db/tx.ts';
import { type HeadWaits, SendHeads } from '../lane/heads-store.ts';
import type { Pace } from '../lane/pacing.ts';
import { QUARTER, type QuarterCount } from './counts.ts';
import { canMove } from './status.ts';
import type { StoredMessage } from './stored.ts';

const COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  sessionId: 'session_id',
  direction: 'direction',
  type: 'type',
  status: 'status',
  chatId: 'chat_id',
  engineId: 'engine_id',
  content: 'content',
  aftermath: 'aftermath',
  history: 'history',
  error: 'error',
  reference: 'reference',
  priority: 'priority',
  attempts: 'attempts',
  repeats: 'repeats',
  idempotencyKey: 'idempotency_key',
  fingerprint: 'fingerprint',
  sendAt: 'send_at',
  expiresAt: 'expires_at',
  notBefore: 'not_before',
  pace: 'pace',
  wakesAt: 'wakes_at',
  at: 'at',
  createdAt: 'created_at',
} as const satisfies Columns<StoredMessage>;

/** With the order in which they were accepted. */
const IN_ORDER = { ...COLUMNS, ordinal: 'ordinal' };
/** With the time of the pace, by which the last one is found. */
const WRITTEN = { ...COLUMNS, pacedAt: 'paced_at' };

const parsed = fromRow<StoredMessage>(COLUMNS, 'content', 'aftermath', 'history', 'error', 'pace');

function toMessage(row: object): StoredMessage {
  const message = parsed(row);
  return { ...message, aftermath: message.aftermath ?? {} };
}

/** Set as the message is handed over. Not by what comes of that: it may have been set back with the clock meanwhile. */
const pacing = ({ pace }: StoredMessage) => ({ pace, pacedAt: pace?.at ?? null });

/** What changes after the message was stored. */
const changes = ({ status, engineId, history, error, attempts, repeats, expiresAt, notBefore, wakesAt }: StoredMessage) => ({
  ...{ status, engineId, history, error, attempts, repeats, expiresAt, notBefore, wakesAt },
});

/** What is not the lane's: what the message says, and what others made of it; null where they made nothing. */
const content = ({ type, content, aftermath }: StoredMessage) => ({
  ...{ type, content, aftermath: Object.keys(aftermath).length > 0 ? aftermath : null },
});

/** How far a message has come with one person of its group. */
export interface Receipt {
  participant: ChatId;
  status: Exclude<AckLevel, 'failed'>;
  at: Milliseconds;
}

export interface MessageFilter {
  /** Of one conversation: the names under which its messages are stored. */
  chats?: readonly ChatId[];
  direction?: Direction;
  status?: MessageStatus;
  reference?: string;
  /** Written at this time or later. */
  since?: Milliseconds;
}

const ROWS_PER_INSERT = 32;
const ONE_ROW = `(${Object.keys(WRITTEN)
  .map(() => '?')
  .join(', ')})`;
const INSERT = `INSERT INTO messages (${Object.values(WRITTEN).join(', ')}) VALUES`;

/** In this very text, or SQLite does not see that the partial index has all of them. */
const RARE = ['scheduled', 'failed', 'expired', 'canceled', 'unknown'] satisfies MessageStatus[];
export const IS_RARE = `status IN (${RARE.map((status) => `'${status}'`).join(', ')})`;

type Query = Knex.QueryBuilder;

/** With what the last message under pacing was handed over; null when there was none. */
async function lastPace(messages: Query, where: { session_id: SessionId; chat_id?: ChatId }): Promise<Pace | null> {
  const query = messages.where(where).whereNotNull('paced_at').orderBy('paced_at', 'desc');
  const row = await query.first('pace');
  return row ? JSON.parse(row.pace) : null;
}

/** What holds all messages of a session that is connected: the network that WhatsApp Web reports, or answers that do not come. */
export interface Hold {
  /** Empty: nothing any more, but no message was sent since. */
  waits: '' | 'network' | 'answer';
  until: Milliseconds | null;
  /** How often in a row it was held for this. */
  times: number;
  /** Whether the tenant was told that sends fail. */
  told: boolean;
}

async function holdOf(sql: Knex, sessionId: SessionId): Promise<Hold | null> {
  const [row] = await rowsOf<Omit<Hold, 'told'> & { told: number }>(
    sql,
    'SELECT waits, until, times, told FROM send_holds WHERE session_id = ?',
    [sessionId],
  );
  return row ? { ...row, told: row.told === 1 } : null;
}

/** The id in `true|false_<chat>_<id>[_<author>]`, in the very words of the index on it. */
const KEY_ID = {
  postgres: "split_part(engine_id, '_', 3)",
  sqlite: (() => {
    const behind = (text: string): string => `substr(${text}, instr(${text}, '_') + 1)`;
    const rest = behind(behind('engine_id'));
    return `substr(${rest}, 1, instr(${rest} || '_', '_') - 1)`;
  })(),
} as const satisfies Record<DialectName, string>;

class MessageReader {
  readonly #sql: Knex;
  readonly #dialect: DialectName;
  readonly #tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId, dialect: DialectName) {
    this.#sql = sql;
    this.#dialect = dialect;
    this.#tenantId = tenantId;
  }

  async byId(id: MessageId): Promise<StoredMessage | undefined> {
    const row = await this.#messages().where({ id }).first(COLUMNS);
    return row && toMessage(row);
  }

  /** By the hub's id, by WhatsApp's, or by that without the chat and the author around it, as other products know it. */
  async called(sessionId: SessionId, id: string): Promise<StoredMessage | undefined> {
    const all = this.#messages().where({ session_id: sessionId });
    const query = id.startsWith('msg_')
      ? all.where({ id })
      : id.includes('_')
        ? all.where({ engine_id: id })
        : all.whereRaw(`${KEY_ID[this.#dialect]} = ?`, [id]).orderBy('ordinal', 'desc');
    const row = await query.first(COLUMNS);
    return row && toMessage(row);
  }

  /** Newest first; `before`: the last message of the page before, undefined comes back when there is no such one. */
  async page(
    sessionId: SessionId,
    { chats, direction, status, reference, since }: MessageFilter,
    { limit, before }: { limit: number; before?: MessageId },
  ): Promise<StoredMessage[] | undefined> {
    const every = this.#messages().where({ session_id: sessionId }).select(IN_ORDER);
    if (before !== undefined) {
      const last = await this.#messages().where({ id: before, session_id: sessionId }).first('ordinal');
      if (!last) return undefined;
      every.where('ordinal', '<', last.ordinal);
    }
    if (direction !== undefined) every.where({ direction });
    if (status !== undefined) every.where({ status });
    if (RARE.some((rare) => rare === status)) every.whereRaw(IS_RARE);
    if (reference !== undefined) every.where({ reference });
    if (since !== undefined) every.where('at', '>=', since);
    const newest = (query: Query) => query.orderBy('ordinal', 'desc').limit(limit);
    // A page of each name, from the end of its index. Of "chat_id IN (…)" SQLite would read the whole session, and of the
    // names without their own limits Postgres would sort all that they have.
    const pages = chats?.map((chat): Query => this.#sql.from(newest(every.clone().where({ chat_id: chat })).as('page'))) ?? [];
    const [query = every, ...others] = pages;
    return (await newest(query.unionAll(others))).map(toMessage);
  }

  /** How many `page` would lead through. */
  async total(sessionId: SessionId, { chats, direction }: Pick<MessageFilter, 'chats' | 'direction'>): Promise<number> {
    const counted = this.#messages().where({ session_id: sessionId });
    if (chats !== undefined) counted.whereIn('chat_id', chats);
    if (direction !== undefined) counted.where({ direction });
    const [row] = await counted.count({ count: '*' });
    return Number(row?.count ?? 0);
  }

  /** From `since` to `until`, by the quarter of an hour. The index has all that this reads. */
  async counts({ since, until, sessionId }: { since: Milliseconds; until: Milliseconds; sessionId?: SessionId | undefined }) {
    const rows = await rowsOf<{ quarter: number | string; direction: Direction; count: number | string }>(
      this.#sql,
      `SELECT messages.created_at / ${QUARTER} AS quarter, messages.direction, count(*) AS count
       FROM whatsapp_instances AS sessions
       JOIN messages ON messages.session_id = sessions.id AND messages.created_at >= ? AND messages.created_at <= ?
       WHERE sessions.tenant_id = ?${sessionId === undefined ? '' : ' AND sessions.id = ?'}
       GROUP BY messages.created_at / ${QUARTER}, messages.direction`,
      [since, until, this.#tenantId, ...(sessionId === undefined ? [] : [sessionId])],
    );
    return rows.map(({ quarter, direction, count }): QuarterCount => ({ at: Number(quarter) * QUARTER, direction, count: Number(count) }));
  }

  /** As `MessageTransactor.lastPace`. */
  lastPace(sessionId: SessionId, chatId?: ChatId): Promise<Pace | null> {
    return lastPace(this.#messages(), { session_id: sessionId, ...(chatId !== undefined && { chat_id: chatId }) });
  }

  hold(sessionId: SessionId): Promise<Hold | null> {
    return holdOf(this.#sql, sessionId);
  }

  /** How a queued message stands in its chat: whether it is the next one to leave it, and what the next one waits for. */
  async place({ id, sessionId, chatId }: StoredMessage): Promise<{ isHead: boolean; waits: HeadWaits; until: Milliseconds | null }> {
    const head = await new SendHeads(this.#sql, this.#dialect).of(sessionId, chatId);
    const own = await this.#messages().where({ id }).first('ordinal');
    // Few in the session, where there may be many in the chat.
    const sending = await this.#messages().where({ session_id: sessionId }).whereRaw(`status = 'sending'`).select({ chatId: 'chat_id' });
    const isHead = !sending.some((before) => before.chatId === chatId) && (head === undefined || head.ordinal === own?.ordinal);
    return { isHead, waits: head?.waits ?? '', until: head?.dueAt ?? null };
  }

  /** Whom of its group a message has reached, in the order in which they reported it. */
  async receipts(messageId: MessageId): Promise<Receipt[]> {
    const query = this.#sql('message_receipts as r').join('messages as m', 'm.id', 'r.message_id');
    return query
      .where({ 'm.tenant_id': this.#tenantId, 'm.id': messageId })
      .orderBy(['r.at', 'r.participant'])
      .select('r.participant', 'r.status', 'r.at');
  }

  #messages() {
    return this.#sql('messages').where({ tenant_id: this.#tenantId });
  }
}

/** Messages of one tenant in a write transaction. What is read here stays as it is until the end of it. */
export class MessageTransactor {
  readonly #sql: Knex;
  readonly #dialect: DialectName;
  readonly #tenantId: TenantId;
  readonly heads: SendHeads;

  constructor(tx: Tx, tenantId: TenantId) {
    this.#sql = tx.sql;
    this.#dialect = tx.dialect;
    this.#tenantId = tenantId;
    this.heads = new SendHeads(tx.sql, tx.dialect);
  }

  /** False when the session has a message with this engine id, or the tenant one with this key. */
  async insert(message: StoredMessage): Promise<boolean> {
    return (await this.#insert([message])).length === 1;
  }

  /** As `insert`, in this order; those that were stored, by their ids. What is queued is `heads.queue`'s to know. */
  async insertAll(messages: readonly StoredMessage[]): Promise<Map<string, number>> {
    const stored = new Map<string, number>();
    for (let start = 0; start < messages.length; ) {
      // In powers of two, so that there are few different statements to prepare.
      const rows = Math.min(ROWS_PER_INSERT, 2 ** Math.floor(Math.log2(messages.length - start)));
      for (const { id, ordinal } of await this.#insert(messages.slice(start, start + rows))) stored.set(id, ordinal);
      start += rows;
    }
    return stored;
  }

  byId(id: MessageId): Promise<StoredMessage | undefined> {
    return this.#first({ id });
  }

  byKey(idempotencyKey: string): Promise<StoredMessage | undefined> {
    return this.#first({ idempotency_key: idempotencyKey });
  }

  byEngineId(sessionId: SessionId, engineId: string): Promise<StoredMessage | undefined> {
    return this.#first({ session_id: sessionId, engine_id: engineId });
  }

  /** Frees the key for another message. */
  async dropKey(id: MessageId): Promise<void> {
    await this.#messages().where({ id }).update({ idempotency_key: null, fingerprint: null });
  }

  /** False, and nothing is written, when the message is no longer in the status `from`. */
  async save(message: StoredMessage, from: MessageStatus): Promise<boolean> {
    const changed = { ...changes(message), ...(message.status === 'sending' && pacing(message)) };
    const touched = await this.#messages().where({ id: message.id, status: from }).update(toRow(WRITTEN, changed));
    if (touched === 1 && (from === 'queued' || message.status === 'queued')) await this.heads.renew(message.sessionId, message.chatId);
    return touched === 1;
  }

  /** What it says and what others made of it, and nothing of how far it is. */
  async saveSaid(message: StoredMessage): Promise<void> {
    await this.#messages()
      .where({ id: message.id })
      .update(toRow(COLUMNS, content(message)));
  }

  /** The message of a session that is meant by the hub's id or by WhatsApp's. */
  async referred(sessionId: SessionId, reference: string): Promise<StoredMessage | undefined> {
    if (!reference.startsWith('msg_')) return this.byEngineId(sessionId, reference);
    const message = await this.byId(reference as MessageId);
    return message?.sessionId === sessionId ? message : undefined;
  }

  /** Those that are being handed over, and what a crash left so. */
  async sending(sessionId: SessionId): Promise<StoredMessage[]> {
    return (await this.#messages().where({ session_id: sessionId }).whereRaw(`status = 'sending'`).select(COLUMNS)).map(toMessage);
  }

  /** Queued messages by their place in the order of acceptance. */
  async queued(ordinals: readonly number[]): Promise<Map<number, StoredMessage>> {
    if (ordinals.length === 0) return new Map();
    // Found by the ordinals alone: SQLite takes an index of the tenant or of what is queued for better, and walks through all of it.
    const own = `(tenant_id = ?) IS TRUE AND (status = 'queued') IS TRUE`;
    const query = `SELECT ${selected(IN_ORDER)} FROM messages WHERE ordinal IN (${ordinals.map(() => '?').join(', ')}) AND ${own}`;
    const rows = await rowsOf<{ ordinal: number }>(this.#sql, query, [...ordinals, this.#tenantId]);
    return new Map(rows.map((row) => [row.ordinal, toMessage(row)]));
  }

  /** With what the last message under pacing was handed over in this session, or in this chat of it. */
  lastPace(sessionId: SessionId, chatId?: ChatId): Promise<Pace | null> {
    return lastPace(this.#messages(), { session_id: sessionId, ...(chatId !== undefined && { chat_id: chatId }) });
  }

  /** Messages whose own time has come, earliest first. */
  async waking(sessionId: SessionId, now: Milliseconds, limit: number): Promise<StoredMessage[]> {
    const query = this.#messages().where({ session_id: sessionId }).where('wakes_at', '<=', now).orderBy('wakes_at').limit(limit);
    return (await locking(query.select(COLUMNS), this.#dialect)).map(toMessage);
  }

  /** When the first message of the session needs its lane by itself, and when the first head of a chat is free again by itself. */
  async alarms(sessionId: SessionId): Promise<{ wakesAt: Milliseconds | null; dueAt: Milliseconds | null }> {
    const [alarms] = await rowsOf<{ wakesAt: Milliseconds | null; dueAt: Milliseconds | null }>(
      this.#sql,
      `SELECT (SELECT wakes_at FROM messages WHERE session_id = ? AND wakes_at IS NOT NULL ORDER BY wakes_at LIMIT 1) AS "wakesAt",
       (SELECT due_at FROM send_heads WHERE session_id = ? AND due_at IS NOT NULL ORDER BY due_at LIMIT 1) AS "dueAt"`,
      [sessionId, sessionId],
    );
    return alarms ?? { wakesAt: null, dueAt: null };
  }

  hold(sessionId: SessionId): Promise<Hold | null> {
    return holdOf(this.#sql, sessionId);
  }

  /** Null: nothing goes badly any more. */
  async setHold(sessionId: SessionId, hold: Hold | null): Promise<void> {
    if (!hold) {
      await rowsOf(this.#sql, 'DELETE FROM send_holds WHERE session_id = ?', [sessionId]);
      return;
    }
    const { waits, until, times, told } = hold;
    await rowsOf(
      this.#sql,
      `INSERT INTO send_holds (session_id, waits, until, times, told) VALUES (?, ?, ?, ?, ?) ON CONFLICT (session_id)
       DO UPDATE SET waits = excluded.waits, until = excluded.until, times = excluded.times, told = excluded.told`,
      [sessionId, waits, until, times, told ? 1 : 0],
    );
  }

  /** After a connection: what waited for another try is due at once, what is unknown is asked about. False: there is nothing to do. */
  async release(sessionId: SessionId, now: Milliseconds): Promise<boolean> {
    await this.#messages().where({ session_id: sessionId }).whereNotNull('not_before').update({ not_before: null });
    await this.heads.freeAll(sessionId, 'retry');
    await this.setHold(sessionId, null);
    const unknown = await this.#messages().where({ session_id: sessionId }).whereRaw(`status = 'unknown'`).update({ wakes_at: now });
    return unknown > 0 || (await this.heads.any(sessionId)) || (await this.sending(sessionId)).length > 0;
  }

  /** Notes how far a message has come with one person of its group, which is never taken back. */
  async receipt(messageId: MessageId, { participant, status, at }: Receipt): Promise<void> {
    const known = await this.#sql('message_receipts').where({ message_id: messageId, participant }).first('status');
    if (known && !canMove(known.status, status)) return;
    const row = { message_id: messageId, participant, status, at };
    await this.#sql('message_receipts').insert(row).onConflict(['message_id', 'participant']).merge(['status', 'at']);
  }

  /** Outbound messages of which nobody was told an end yet, in the order in which they were accepted. */
  async open(sessionId: SessionId): Promise<StoredMessage[]> {
    const query = this.#messages().where({ session_id: sessionId }).whereIn('status', ['scheduled', 'queued', 'sending']);
    return (await locking(query.orderBy('ordinal').select(COLUMNS), this.#dialect)).map(toMessage);
  }

  async #first(where: Readonly<Record<string, string>>): Promise<StoredMessage | undefined> {
    const row: object | undefined = await locking(this.#messages().where(where).first(COLUMNS), this.#dialect);
    return row && toMessage(row);
  }

  #insert(messages: readonly StoredMessage[]): Promise<{ id: string; ordinal: number }[]> {
    const values = messages.flatMap((message) => valuesOf(WRITTEN, { ...message, ...content(message), ...pacing(message) }));
    const rows = messages.map(() => ONE_ROW).join(', ');
    return rowsOf(this.#sql, `${INSERT} ${rows} ON CONFLICT DO NOTHING RETURNING id, ordinal`, values);
  }

  #messages() {
    return this.#sql('messages').where({ tenant_id: this.#tenantId });
  }
}

export type MessageStore = TenantStore<MessageReader, MessageTransactor>;

export const messageStore = (db: Database): MessageStore => tenantStore(db, { Reader: MessageReader, Transactor: MessageTransactor });
