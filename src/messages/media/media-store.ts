import type { Knex } from 'knex';
import type { MediaId, MessageId, SessionId, TenantId } from '../../core/ids.ts';
import type { MessageStatus } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { type Columns, fromRow, toRow } from '../../db/columns.ts';
import { type DialectName, locking } from '../../db/dialect.ts';
import type { Database } from '../../db/open.ts';
import { type TenantStore, tenantStore } from '../../db/tenant-store.ts';
import type { Tx } from '../../db/tx.ts';
import type { StoredMedia } from './media.ts';

const COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  sessionId: 'session_id',
  messageId: 'message_id',
  direction: 'direction',
  status: 'status',
  sha256: 'sha256',
  size: 'size',
  mimetype: 'mimetype',
  filename: 'filename',
  url: 'url',
  attempts: 'attempts',
  dueAt: 'due_at',
  error: 'error',
  createdAt: 'created_at',
} as const satisfies Columns<StoredMedia>;

const toMedia = fromRow<StoredMedia>(COLUMNS, 'error');

/** The columns that change after the row was made. */
const changing = ({ status, sha256, size, mimetype, filename, url, attempts, dueAt, error }: StoredMedia) =>
  toRow(COLUMNS, { status, sha256, size, mimetype, filename, url, attempts, dueAt, error });

/** A send in these needs its file yet. */
const WAITING: readonly MessageStatus[] = ['scheduled', 'queued', 'sending'];

class MediaReader {
  readonly #sql: Knex;
  readonly #tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId) {
    this.#sql = sql;
    this.#tenantId = tenantId;
  }

  async byId(id: MediaId): Promise<StoredMedia | undefined> {
    const row = await this.#media().where({ id }).first(COLUMNS);
    return row && toMedia(row);
  }

  async byIds(ids: readonly MediaId[]): Promise<StoredMedia[]> {
    return (await this.#media().whereIn('id', ids).select(COLUMNS)).map(toMedia);
  }

  /** Bytes on disk: the same content counts once. */
  async usedBytes(): Promise<number> {
    const files = this.#media().whereNotNull('sha256').distinct('sha256', 'size').as('files');
    const row = await this.#sql.from(files).sum<{ used: number | string | null }>('size as used').first();
    return Number(row?.used ?? 0);
  }

  /** Which of these files a row has. */
  async living(sha256s: readonly string[]): Promise<Set<string>> {
    const rows = await this.#media().whereIn('sha256', sha256s).distinct<{ sha256: string }[]>('sha256');
    return new Set(rows.map(({ sha256 }) => sha256));
  }

  #media() {
    return this.#sql('media').where({ tenant_id: this.#tenantId });
  }
}

/** Media of one tenant in a write transaction. What is read here stays as it is until the end of it. */
class MediaTransactor {
  readonly #sql: Knex;
  readonly #dialect: DialectName;
  readonly #tenantId: TenantId;

  constructor(tx: Tx, tenantId: TenantId) {
    this.#sql = tx.sql;
    this.#dialect = tx.dialect;
    this.#tenantId = tenantId;
  }

  async insert(media: StoredMedia): Promise<void> {
    await this.#sql('media').insert(toRow(COLUMNS, media));
  }

  async byId(id: MediaId): Promise<StoredMedia | undefined> {
    const row: object | undefined = await locking(this.#media().where({ id }).first(COLUMNS), this.#dialect);
    return row && toMedia(row);
  }

  async save(media: StoredMedia): Promise<void> {
    await this.#media().where({ id: media.id }).update(changing(media));
  }

  /** Received ones whose bytes are to be fetched now, those that wait longest first. */
  async due(sessionId: SessionId, now: Milliseconds, limit: number): Promise<StoredMedia[]> {
    const query = this.#media().where({ session_id: sessionId }).where('due_at', '<=', now).orderBy('due_at').limit(limit);
    return (await query.select(COLUMNS)).map(toMedia);
  }

  async nextDue(sessionId: SessionId): Promise<Milliseconds | null> {
    const row = await this.#media().where({ session_id: sessionId }).min<{ next: number | null }>('due_at as next').first();
    return row?.next ?? null;
  }

  /** What waits is due at once. Counts it. */
  async hasten(sessionId: SessionId, now: Milliseconds): Promise<number> {
    return this.#media().where({ session_id: sessionId }).where('due_at', '>', now).update({ due_at: now });
  }

  /** The row of a message stays and says so; an upload that no message took up goes whole. */
  async remove({ id, messageId }: Pick<StoredMedia, 'id' | 'messageId'>): Promise<void> {
    if (messageId === null) await this.#media().where({ id }).delete();
    else await this.#media().where({ id }).update({ status: 'removed', sha256: null, url: null, due_at: null });
  }

  /** Those of messages that go. Answers how many there were, and the files that lost a row. */
  async removeOf(messageIds: readonly MessageId[]): Promise<{ count: number; sha256s: string[] }> {
    const rows: Pick<StoredMedia, 'sha256'>[] = await this.#media().whereIn('message_id', messageIds).select('sha256');
    if (rows.length > 0) await this.#media().whereIn('message_id', messageIds).delete();
    return { count: rows.length, sha256s: rows.flatMap(({ sha256 }) => sha256 ?? []) };
  }

  /** Those made before `before` whose bytes no send waits for; oldest first. */
  async old(before: Milliseconds, limit: number): Promise<StoredMedia[]> {
    const waiting = this.#sql('messages').whereRaw('messages.id = media.message_id').whereIn('messages.status', WAITING);
    const query = this.#media()
      .whereIn('status', ['ready', 'pending'])
      .where('created_at', '<', before)
      .whereNotExists(waiting)
      .orderBy('created_at')
      .limit(limit)
      .select(COLUMNS);
    return (await query).map(toMedia);
  }

  #media() {
    return this.#sql('media').where({ tenant_id: this.#tenantId });
  }
}

export type MediaStore = TenantStore<MediaReader, MediaTransactor>;

export const mediaStore = (db: Database): MediaStore => tenantStore(db, { Reader: MediaReader, Transactor: MediaTransactor });
