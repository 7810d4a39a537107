import type { Knex } from 'knex';
import type { MediaId, MessageId, SessionId, TenantId } from '../../core/ids.ts';
import type { Direction, MediaView, MessageStatus } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { type DialectName, locking } from '../../db/dialect.ts';
import type { Database } from '../../db/open.ts';
import { type TenantStore, tenantStore } from '../../db/tenant-store.ts';
import type { Tx } from '../../db/tx.ts';
import type { StoredMedia } from './media.ts';

interface MediaRow {
  id: MediaId;
  tenant_id: TenantId;
  session_id: SessionId | null;
  message_id: MessageId | null;
  direction: Direction;
  status: MediaView['status'];
  sha256: string | null;
  size: number | null;
  mimetype: string;
  filename: string | null;
  url: string | null;
  attempts: number;
  due_at: Milliseconds | null;
  error: string | null;
  created_at: Milliseconds;
}

const toMedia = (row: MediaRow): StoredMedia => ({
  id: row.id,
  tenantId: row.tenant_id,
  sessionId: row.session_id,
  messageId: row.message_id,
  direction: row.direction,
  status: row.status,
  sha256: row.sha256,
  size: row.size,
  mimetype: row.mimetype,
  filename: row.filename,
  url: row.url,
  attempts: row.attempts,
  dueAt: row.due_at,
  error: row.error === null ? null : JSON.parse(row.error),
  createdAt: row.created_at,
});

/** The columns that change after the row was made. */
const changing = (media: StoredMedia) => ({
  status: media.status,
  sha256: media.sha256,
  size: media.size,
  mimetype: media.mimetype,
  filename: media.filename,
  url: media.url,
  attempts: media.attempts,
  due_at: media.dueAt,
  error: media.error && JSON.stringify(media.error),
});

const toRow = (media: StoredMedia): MediaRow => ({
  ...changing(media),
  id: media.id,
  tenant_id: media.tenantId,
  session_id: media.sessionId,
  message_id: media.messageId,
  direction: media.direction,
  created_at: media.createdAt,
});

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
    const row = await this.#media().where({ id }).first();
    return row && toMedia(row);
  }

  async byIds(ids: readonly MediaId[]): Promise<StoredMedia[]> {
    return (await this.#media().whereIn('id', ids)).map(toMedia);
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
    return this.#sql<MediaRow>('media').where({ tenant_id: this.#tenantId });
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
    await this.#sql('media').insert(toRow(media));
  }

  async byId(id: MediaId): Promise<StoredMedia | undefined> {
    const row: MediaRow | undefined = await locking(this.#media().where({ id }).first(), this.#dialect);
    return row && toMedia(row);
  }

  async save(media: StoredMedia): Promise<void> {
    await this.#media().where({ id: media.id }).update(changing(media));
  }

  /** Received ones whose bytes are to be fetched now, those that wait longest first. */
  async due(sessionId: SessionId, now: Milliseconds, limit: number): Promise<StoredMedia[]> {
    const query = this.#media().where({ session_id: sessionId }).where('due_at', '<=', now).orderBy('due_at').limit(limit);
    return (await query).map(toMedia);
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
    const rows: Pick<MediaRow, 'sha256'>[] = await this.#media().whereIn('message_id', messageIds).select('sha256');
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
      .limit(limit);
    return (await query).map(toMedia);
  }

  #media() {
    return this.#sql<MediaRow>('media').where({ tenant_id: this.#tenantId });
  }
}

export type MediaStore = TenantStore<MediaReader, MediaTransactor>;

export const mediaStore = (db: Database): MediaStore => tenantStore(db, { Reader: MediaReader, Transactor: MediaTransactor });
