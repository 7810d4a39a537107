import type { Knex } from 'knex';
import type { MessageId, SessionId, TenantId } from '../core/ids.ts';
import type { AckLevel, ChatId, Direction, MessageStatus } from '../core/message.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { type DialectName, locking } from '../db/dialect.ts';
import type { Database, Tx } from '../db/open.ts';
import { rowsOf } from '../db/rows.ts';
import { type TenantStore, tenantStore } from '../db/tenant-store.ts';
import type { Pace, Paces } from './pacing.ts';
import { canMove } from './status.ts';
import type { StoredMessage } from './stored.ts';

interface MessageRow {
  id: MessageId;
  tenant_id: TenantId;
  session_id: SessionId;
  direction: Direction;
  type: string;
  status: MessageStatus;
  chat_id: ChatId;
  engine_id: string | null;
  content: string;
  aftermath: string | null;
  history: string;
  error: string | null;
  reference: string | null;
  priority: number;
  attempts: number;
  idempotency_key: string | null;
  fingerprint: string | null;
  send_at: Milliseconds | null;
  expires_at: Milliseconds | null;
  not_before: Milliseconds | null;
  paced_at: Milliseconds | null;
  pace: string | null;
  wakes_at: Milliseconds | null;
  at: Milliseconds;
  created_at: Milliseconds;
}

const toMessage = (row: MessageRow): StoredMessage => ({
  id: row.id,
  tenantId: row.tenant_id,
  sessionId: row.session_id,
  direction: row.direction,
  type: row.type,
  status: row.status,
  chatId: row.chat_id,
  engineId: row.engine_id,
  content: JSON.parse(row.content),
  aftermath: row.aftermath === null ? {} : JSON.parse(row.aftermath),
  history: JSON.parse(row.history),
  error: row.error === null ? null : JSON.parse(row.error),
  reference: row.reference,
  priority: row.priority,
  attempts: row.attempts,
  idempotencyKey: row.idempotency_key,
  fingerprint: row.fingerprint,
  sendAt: row.send_at,
  expiresAt: row.expires_at,
  notBefore: row.not_before,
  pace: row.pace === null ? null : JSON.parse(row.pace),
  wakesAt: row.wakes_at,
  at: row.at,
  createdAt: row.created_at,
});

/** Set as the message is handed over. Not by what comes of that: it may have been set back with the clock meanwhile. */
const paced = ({ pace }: StoredMessage) => ({ paced_at: pace?.at ?? null, pace: pace && JSON.stringify(pace) });

/** The columns that change after the message was stored. */
const changing = (message: StoredMessage) => ({
  status: message.status,
  engine_id: message.engineId,
  history: JSON.stringify(message.history),
  error: message.error && JSON.stringify(message.error),
  attempts: message.attempts,
  expires_at: message.expiresAt,
  not_before: message.notBefore,
  wakes_at: message.wakesAt,
});

/** What is not the lane's: what the message says, and what others made of it. */
const said = ({ content, aftermath }: StoredMessage) => ({
  content: JSON.stringify(content),
  aftermath: Object.keys(aftermath).length > 0 ? JSON.stringify(aftermath) : null,
});

const toRow = (message: StoredMessage): MessageRow => ({
  ...changing(message),
  ...paced(message),
  ...said(message),
  id: message.id,
  tenant_id: message.tenantId,
  session_id: message.sessionId,
  direction: message.direction,
  type: message.type,
  chat_id: message.chatId,
  reference: message.reference,
  priority: message.priority,
  idempotency_key: message.idempotencyKey,
  fingerprint: message.fingerprint,
  send_at: message.sendAt,
  at: message.at,
  created_at: message.createdAt,
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
const COLUMNS = [
  'id',
  'tenant_id',
  'session_id',
  'direction',
  'type',
  'status',
  'chat_id',
  'engine_id',
  'content',
  'aftermath',
  'history',
  'error',
  'reference',
  'priority',
  'attempts',
  'idempotency_key',
  'fingerprint',
  'send_at',
  'expires_at',
  'not_before',
  'paced_at',
  'pace',
  'wakes_at',
  'at',
  'created_at',
] as const satisfies (keyof MessageRow)[];
const ONE_ROW = `(${COLUMNS.map(() => '?').join(', ')})`;

/** In this very text, or SQLite does not see that the partial index has all of them. */
const RARE = ['scheduled', 'failed', 'expired', 'canceled', 'unknown'] satisfies MessageStatus[];
export const IS_RARE = `status IN (${RARE.map((status) => `'${status}'`).join(', ')})`;

type Query = Knex.QueryBuilder<MessageRow, MessageRow[]>;

/**
 * What leaves the session next. The status stands in the text, not in a parameter: only so may SQLite use the partial
 * index of the queue.
 */
const nextOf = (messages: Query, sessionId: SessionId) =>
  messages
    .where({ session_id: sessionId })
    .whereRaw(`status = 'queued'`)
    .orderBy([{ column: 'priority', order: 'desc' }, 'ordinal'])
    .first();

async function pacesOf(messages: () => Query, sessionId: SessionId, chatId: ChatId): Promise<Paces> {
  const last = async (where: Partial<MessageRow>): Promise<Pace | null> => {
    const query = messages().where(where).whereNotNull('paced_at').orderBy('paced_at', 'desc');
    const row = await query.first<{ pace: string } | undefined>('pace');
    return row ? JSON.parse(row.pace) : null;
  };
  return { session: await last({ session_id: sessionId }), chat: await last({ session_id: sessionId, chat_id: chatId }) };
}

class MessageReader {
  readonly #sql: Knex;
  readonly #tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId) {
    this.#sql = sql;
    this.#tenantId = tenantId;
  }

  async byId(id: MessageId): Promise<StoredMessage | undefined> {
    const row = await this.#messages().where({ id }).first();
    return row && toMessage(row);
  }

  /** Newest first; `before`: the last message of the page before, undefined comes back when there is no such one. */
  async page(
    sessionId: SessionId,
    { chats, direction, status, reference, since }: MessageFilter,
    { limit, before }: { limit: number; before?: MessageId },
  ): Promise<StoredMessage[] | undefined> {
    const every = this.#messages().where({ session_id: sessionId });
    if (before !== undefined) {
      const last = await this.#messages().where({ id: before, session_id: sessionId }).first<{ ordinal: number }>('ordinal');
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

  async head(sessionId: SessionId): Promise<StoredMessage | undefined> {
    const row = await nextOf(this.#messages(), sessionId);
    return row && toMessage(row);
  }

  paces(sessionId: SessionId, chatId: ChatId): Promise<Paces> {
    return pacesOf(() => this.#messages(), sessionId, chatId);
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
    return this.#sql<MessageRow>('messages').where({ tenant_id: this.#tenantId });
  }
}

/** Messages of one tenant in a write transaction. What is read here stays as it is until the end of it. */
export class MessageTransactor {
  readonly #sql: Knex;
  readonly #dialect: DialectName;
  readonly #tenantId: TenantId;

  constructor(tx: Tx, tenantId: TenantId) {
    this.#sql = tx.sql;
    this.#dialect = tx.dialect;
    this.#tenantId = tenantId;
  }

  /** False when the session has a message with this engine id, or the tenant one with this key. */
  async insert(message: StoredMessage): Promise<boolean> {
    return (await this.#insert([message])).length === 1;
  }

  /** As `insert`, in this order. The ids of those that were stored. */
  async insertAll(messages: readonly StoredMessage[]): Promise<Set<string>> {
    const stored = new Set<string>();
    for (let start = 0; start < messages.length; ) {
      // In powers of two, so that there are few different statements to prepare.
      const rows = Math.min(ROWS_PER_INSERT, 2 ** Math.floor(Math.log2(messages.length - start)));
      for (const { id } of await this.#insert(messages.slice(start, start + rows))) stored.add(id);
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
    const changed = { ...changing(message), ...(message.status === 'sending' && paced(message)) };
    const touched = await this.#messages().where({ id: message.id, status: from }).update(changed);
    return touched === 1;
  }

  /** What it says and what others made of it, and nothing of how far it is. */
  async saveSaid(message: StoredMessage): Promise<void> {
    await this.#messages().where({ id: message.id }).update(said(message));
  }

  /** The message of a session that is meant by the hub's id or by WhatsApp's. */
  async referred(sessionId: SessionId, reference: string): Promise<StoredMessage | undefined> {
    if (!reference.startsWith('msg_')) return this.byEngineId(sessionId, reference);
    const message = await this.byId(reference as MessageId);
    return message?.sessionId === sessionId ? message : undefined;
  }

  /** Those that are being handed over: at most one, and what a crash left so. */
  async inFlight(sessionId: SessionId, now: Milliseconds): Promise<StoredMessage[]> {
    const rows = await this.#messages().where({ session_id: sessionId, status: 'sending' }).where('wakes_at', '<=', now);
    return rows.map(toMessage);
  }

  /** The message that leaves the session next, due or not. */
  async head(sessionId: SessionId): Promise<StoredMessage | undefined> {
    const row: MessageRow | undefined = await locking(nextOf(this.#messages(), sessionId), this.#dialect);
    return row && toMessage(row);
  }

  /** With what the last message under pacing was handed over in this session, and in this chat of it. */
  paces(sessionId: SessionId, chatId: ChatId): Promise<Paces> {
    return pacesOf(() => this.#messages(), sessionId, chatId);
  }

  /** Messages whose own time has come, earliest first. */
  async waking(sessionId: SessionId, now: Milliseconds, limit: number): Promise<StoredMessage[]> {
    const query = this.#messages().where({ session_id: sessionId }).where('wakes_at', '<=', now).orderBy('wakes_at').limit(limit);
    return (await locking(query, this.#dialect)).map(toMessage);
  }

  async nextWake(sessionId: SessionId): Promise<Milliseconds | null> {
    const query = this.#messages().where({ session_id: sessionId }).whereNotNull('wakes_at').orderBy('wakes_at');
    const row = await query.first<{ wakes_at: number } | undefined>('wakes_at');
    return row?.wakes_at ?? null;
  }

  /** After a connection: what waited for another try is due at once, what is unknown is asked about. False: there is nothing to do. */
  async release(sessionId: SessionId, now: Milliseconds): Promise<boolean> {
    await this.#messages().where({ session_id: sessionId }).whereNotNull('not_before').update({ not_before: null });
    const unknown = await this.#messages().where({ session_id: sessionId }).whereRaw(`status = 'unknown'`).update({ wakes_at: now });
    return unknown > 0 || (await nextOf(this.#messages(), sessionId)) !== undefined;
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
    return (await locking(query.orderBy('ordinal'), this.#dialect)).map(toMessage);
  }

  async #first(where: Partial<MessageRow>): Promise<StoredMessage | undefined> {
    const row: MessageRow | undefined = await locking(this.#messages().where(where).first(), this.#dialect);
    return row && toMessage(row);
  }

  #insert(messages: readonly StoredMessage[]): Promise<{ id: string }[]> {
    const insert = `INSERT INTO messages (${COLUMNS.join(', ')}) VALUES ${messages.map(() => ONE_ROW).join(', ')}`;
    const values = messages.map(toRow).flatMap((row) => COLUMNS.map((column) => row[column]));
    return rowsOf(this.#sql, `${insert} ON CONFLICT DO NOTHING RETURNING id`, values);
  }

  #messages() {
    return this.#sql<MessageRow>('messages').where({ tenant_id: this.#tenantId });
  }
}

export type MessageStore = TenantStore<MessageReader, MessageTransactor>;

export const messageStore = (db: Database): MessageStore => tenantStore(db, { Reader: MessageReader, Transactor: MessageTransactor });
