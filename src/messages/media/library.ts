import { Readable } from 'node:stream';
import type { BlobStore, ByteRange } from '../../blobs/blob-store.ts';
import { type ErrorCode, HooklineError, messageOf } from '../../core/errors.ts';
import { type MediaId, type MessageId, newId, type SessionId, type TenantId } from '../../core/ids.ts';
import type { KeptFile, MediaSource, MediaType, MediaView, OutgoingMedia } from '../../core/message.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import { failedBefore } from '../../core/send-stage.ts';
import type { SessionRef } from '../../core/session.ts';
import { SingleFlight } from '../../core/single-flight.ts';
import { Tally } from '../../core/tally.ts';
import { isCommitUnknown } from '../../db/dialect.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { StoredMessage } from '../message/stored.ts';
import { Arrivals } from './arrivals.ts';
import { Blobs } from './blobs.ts';
import { filenameOf, foundName, usualName } from './filename.ts';
import { FileIntake } from './intake.ts';
import { type MediaDetail, mediaDetailOf, mediaViewOf, type StoredMedia } from './media.ts';
import { type MediaStore, mediaStore } from './media-store.ts';
import { checkCarries, hintOf, UNKNOWN } from './mimetype.ts';
import type { MediaPorts } from './ports.ts';
import { MediaRetention } from './retention.ts';
import { decodeBase64, openUrl, refuseSource } from './source.ts';

/** What accepting a send with media needs besides its row; made by `prepare`, used up by `note`. */
export type PreparedMedia = { filename: string | null } & ({ kept: KeptFile } | { url: string; mimetype: string });

export interface MediaOptions extends Runtime {
  /** Where the files are. */
  store: BlobStore;
  /** Whether other hubs keep theirs there, too; false when not given. */
  isShared?: boolean;
  /** How many share a tenant's limit; 1 when not given. */
  nodes?: () => number;
  /** Of one download, from its first to its last byte, and for nothing coming at all. */
  deadline: Milliseconds;
  idle: Milliseconds;
}

/** A file that somebody sends, as it comes. */
export interface Upload {
  chunks: AsyncIterable<Uint8Array>;
  filename?: string | undefined;
  /** What the sender says that it is; the bytes decide. */
  mimetype?: string | undefined;
  /** Bytes that are to come, as far as the sender says. */
  announced?: number | undefined;
}

/** No later try can change these answers. */
const FINAL: ErrorCode[] = ['not-found', 'media-too-large', 'media-invalid', 'url-forbidden'];

/** The files of messages: what is to be sent, what came in, and what was uploaded for later. */
export class MediaLibrary {
  readonly #store: MediaStore;
  readonly #blobs: Blobs;
  readonly #keeper: FileIntake;
  readonly #arrivals: Arrivals;
  readonly #retention: MediaRetention;
  readonly #ports: MediaPorts;
  readonly #options: MediaOptions;
  readonly #used: Tally;
  readonly #stopping = new AbortController();
  readonly #fetching = new SingleFlight<StoredMedia>();

  constructor(db: Database, ports: MediaPorts, options: MediaOptions) {
    this.#store = mediaStore(db);
    this.#blobs = new Blobs(options.store, options.clock, options);
    this.#used = new Tally((tenantId) => this.#store.read(tenantId, (media) => media.usedBytes()), options.clock, options.nodes);
    this.#keeper = new FileIntake(this.#blobs, this.#used, ports.settingsOf, options.clock);
    const stopping = this.#stopping.signal;
    this.#arrivals = new Arrivals(db, { ...ports, keeper: this.#keeper }, { ...options, stopping });
    this.#retention = new MediaRetention(this.#store, this.#blobs, ports.settingsOf, options);
    this.#ports = ports;
    this.#options = options;
  }

  /** Before any other call. */
  start(): Promise<void> {
    return this.#blobs.start();
  }

  /** At the end of the hub. Breaks off what is being fetched; the next start takes it up again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#retention.stop();
  }

  /** Since when the store of files does not answer; null while it does. */
  get awaySince(): Milliseconds | null {
    return this.#options.store.awaySince;
  }

  /** Removes what is old, again and again. */
  get periodic(): MediaRetention['periodic'] {
    return this.#retention.periodic;
  }

  /**
   * Everything about a source that takes time, before the transaction that accepts the send. `type`: of the message that is to
   * carry it, where that is known. Rejects with `invalid-body`, `url-forbidden`, `media-too-large`, `media-invalid`,
   * `media-unavailable`, `limit-reached`, `storage-full`, and then has left nothing behind.
   */
  async prepare(tenantId: TenantId, source: MediaSource, type?: MediaType): Promise<PreparedMedia> {
    const filename = filenameOf(source.filename) ?? null;
    if ('url' in source) {
      await this.#ports.egress.check(tenantId, source.url, 'media.url');
      return { url: source.url, mimetype: hintOf(source.mimetype) ?? UNKNOWN, filename };
    }
    const prepared = await this.#kept(tenantId, source, filename);
    try {
      if (type !== undefined) checkCarries(type, prepared.kept.mimetype);
    } catch (error) {
      await this.drop(tenantId, prepared.kept);
      throw error;
    }
    return { ...prepared, filename: prepared.filename ?? nameOf(type, prepared.kept) };
  }

  async #kept(
    tenantId: TenantId,
    source: Exclude<MediaSource, { url: string }>,
    filename: string | null,
  ): Promise<Extract<PreparedMedia, { kept: KeptFile }>> {
    if ('kept' in source) return { kept: source.kept, filename };
    if ('base64' in source) {
      const { bytes, mimetype } = decodeBase64(source.base64);
      return {
        kept: await this.#keeper.store(tenantId, [bytes], { hint: source.mimetype ?? mimetype, announced: bytes.length }),
        filename,
      };
    }
    const media = await this.#store.read(tenantId, (stored) => stored.byId(source.mediaId as MediaId));
    if (!media) refuseSource('media.mediaId', 'There is no such media. Upload it first, or give the id of media that came in.');
    const blob = await this.#blobs.pin(tenantId, { sha256: this.#sha256Of(media), size: media.size ?? 0 });
    if (!blob) throw missing(media.id);
    return { kept: { ...blob, mimetype: media.mimetype }, filename: filename ?? media.filename };
  }

  /**
   * The row, in the transaction that accepts the send; the bytes of a `url` are still to come. `message`: the send. Without it
   * nothing keeps the bytes of a send that is scheduled for a later time than the tenant's retention.
   */
  async note(
    tx: Tx,
    tenantId: TenantId,
    prepared: PreparedMedia,
    message: Pick<StoredMessage, 'id' | 'sessionId'> | null = null,
  ): Promise<MediaView & { id: MediaId }> {
    const blank = this.#blank(tenantId, {
      filename: prepared.filename,
      messageId: message?.id ?? null,
      sessionId: message?.sessionId ?? null,
    });
    const media: StoredMedia =
      'kept' in prepared ? here(blank, prepared.kept) : { ...blank, url: prepared.url, mimetype: prepared.mimetype };
    await this.#store.within(tx, tenantId).insert(media);
    if ('kept' in prepared) tx.afterCommit(prepared.kept.release);
    return mediaViewOf(media);
  }

  /** Stores a file as it comes. Until it has a row it is the caller's: `add`, `note` or `drop` it. Rejects as `Keeper.keep`. */
  keep(tenantId: TenantId, { chunks, mimetype, announced }: Omit<Upload, 'filename'>): Promise<KeptFile> {
    return this.#keeper.store(tenantId, chunks, { hint: mimetype, announced });
  }

  /** Gives a file a row of its own, for a send to come. */
  add(tenantId: TenantId, kept: KeptFile, filename: string | undefined): Promise<MediaView & { id: MediaId }> {
    return this.#store.transact(tenantId, (_, tx) => this.note(tx, tenantId, { kept, filename: filenameOf(filename) ?? null }));
  }

  /** What the hub itself has made of a session; it goes with the session. Rejects as `keep`. */
  async addOf(
    { tenantId, id }: SessionRef,
    bytes: Uint8Array,
    { mimetype, filename }: { mimetype: string; filename: string },
  ): Promise<MediaId> {
    const kept = await this.keep(tenantId, { chunks: Readable.from([bytes]), mimetype, announced: bytes.length });
    const media = here(this.#blank(tenantId, { filename, messageId: null, sessionId: id }), kept);
    await this.#store.transact(tenantId, async (stored, tx) => {
      await stored.insert(media);
      tx.afterCommit(kept.release);
    });
    return media.id;
  }

  /**
   * What came to nothing, for this reason: its bytes go, unless a row has them. Where nobody knows, a row may come yet, and they are left to the sweep.
   * Never rejects; what could not be removed is swept up later.
   */
  async drop(tenantId: TenantId, { sha256, release }: KeptFile, why?: unknown): Promise<void> {
    if (isCommitUnknown(why)) return;
    release();
    await this.#retention
      .release(tenantId, [sha256])
      .catch((error) => this.#options.log.debug('A file could not be removed', { error: messageOf(error) }));
  }

  /**
   * The whole file of a send, fetched first where it is still at its URL. What rejects says by its stage that it may work later or
   * never will (`refused`), such as `media-invalid` for what a message of this type cannot carry.
   */
  async file(tenantId: TenantId, mediaId: MediaId, type: MediaType): Promise<OutgoingMedia> {
    try {
      const media = await this.#store.read(tenantId, (stored) => stored.byId(mediaId));
      if (!media) throw missing(mediaId);
      const whole = media.url !== null && (media.status === 'pending' || media.status === 'failed') ? await this.#fetchOnce(media) : media;
      const sha256 = this.#sha256Of(whole);
      const { mimetype, size } = whole;
      checkCarries(type, mimetype);
      const path = await this.#blobs.local(tenantId, sha256);
      if (path === null) throw missing(mediaId);
      const filename = whole.filename ?? nameOf(type, whole);
      return { path, mimetype, ...(filename !== null && { filename }), size: size ?? 0, sha256 };
    } catch (error) {
      throw forSend(error);
    }
  }

  /** The media of a message that came in: its row, and a wake-up for whoever fetches it. In the transaction that stores the message. */
  expect(tx: Tx, session: SessionRef, message: StoredMessage): Promise<MediaView & { id: MediaId }> {
    return this.#arrivals.expect(tx, session, message);
  }

  /** How they are now, by their ids; those that are not there are left out. */
  async views(tenantId: TenantId, ids: readonly MediaId[]): Promise<Map<MediaId, MediaView>> {
    if (ids.length === 0) return new Map();
    const found = await this.#store.read(tenantId, (stored) => stored.byIds(ids));
    return new Map(found.map((media) => [media.id, mediaViewOf(media)]));
  }

  /** Rejects with `not-found`. */
  async get(tenantId: TenantId, mediaId: MediaId): Promise<MediaDetail> {
    return mediaDetailOf(await this.#known(tenantId, mediaId));
  }

  /** What is needed to give it out. Rejects with `not-found` and, while or because the bytes are not here, `media-unavailable`. */
  async open(tenantId: TenantId, mediaId: MediaId) {
    const media = await this.#known(tenantId, mediaId);
    const sha256 = this.#sha256Of(media);
    if (!(await this.#blobs.has(tenantId, sha256))) throw missing(mediaId);
    const { mimetype, filename, size } = media;
    const name = filename ?? usualName(mimetype);
    const read = async (range?: ByteRange): Promise<Readable> => {
      const bytes = await this.#blobs.read(tenantId, sha256, range);
      if (!bytes) throw missing(mediaId);
      return bytes;
    };
    return { sha256, mimetype, filename: name, size: size ?? 0, read };
  }

  /** Rejects with `not-found`. The message stays; the bytes go with the last row that has them. */
  async remove(tenantId: TenantId, mediaId: MediaId): Promise<void> {
    const sha256 = await this.#store.transact(tenantId, async (stored) => {
      const media = await stored.byId(mediaId);
      if (!media || media.status === 'removed') throw new HooklineError('not-found', `There is no media ${mediaId} here (any more).`);
      await stored.remove(media);
      return media.sha256;
    });
    if (sha256 !== null) await this.#retention.release(tenantId, [sha256]);
  }

  /** In the transaction that removes messages; the bytes go with the last row that has them. Answers how many rows went. */
  async removeOf(tx: Tx, tenantId: TenantId, messageIds: readonly MessageId[]): Promise<number> {
    const { count, sha256s } = await this.#store.within(tx, tenantId).removeOf(messageIds);
    if (sha256s.length > 0) tx.afterCommit(() => void this.#retention.releaseSoon(tenantId, sha256s));
    return count;
  }

  /** Registered with the dispatcher for lanes of the kind `media`. */
  get pump(): Arrivals['pump'] {
    return this.#arrivals.pump;
  }

  /** Follows the ledger: what waited for a session to be connected is fetched. */
  get follow(): Arrivals['follow'] {
    return this.#arrivals.follow;
  }

  /** Removes all that is old now. */
  prune(): Promise<void> {
    return this.#retention.prune();
  }

  /** In the transaction that removes a session with its rows; the files follow. */
  async onDestroy(tx: Tx, { id, tenantId }: SessionRef): Promise<void> {
    await this.#arrivals.retire(tx, id);
    tx.afterCommit(() => void this.#retention.sweepSoon(tenantId));
  }

  /** Bytes that the files of a tenant take. */
  usedBytes(tenantId: TenantId): Promise<number> {
    return this.#used.used(tenantId);
  }

  /** Removes the files of a tenant that is about to be removed. */
  forget(tenantId: TenantId): Promise<void> {
    this.#used.forget(tenantId);
    return this.#blobs.removeAll(tenantId);
  }

  async #known(tenantId: TenantId, mediaId: MediaId): Promise<StoredMedia> {
    const media = await this.#store.read(tenantId, (stored) => stored.byId(mediaId));
    if (!media) throw new HooklineError('not-found', `There is no media ${mediaId} here.`);
    return media;
  }

  #blank(tenantId: TenantId, of: Pick<StoredMedia, 'filename' | 'messageId'> & { sessionId: SessionId | null }): StoredMedia {
    const now = this.#options.clock.now();
    return {
      ...{ id: newId('med', now), tenantId, direction: 'outbound', status: 'pending', mimetype: UNKNOWN, createdAt: now },
      ...{ sha256: null, size: null, url: null, attempts: 0, dueAt: null, error: null },
      ...of,
    };
  }

  /** Throws `media-unavailable` (or `not-found`, when it was here) with why there are no bytes. */
  #sha256Of({ id, status, sha256, error }: StoredMedia): string {
    if (sha256 !== null) return sha256;
    if (status === 'removed') throw new HooklineError('not-found', `The media ${id} was here and has been removed, on request or by age.`);
    if (status === 'pending') {
      throw new HooklineError('media-unavailable', `The media ${id} is not here yet. Try again shortly.`, { retryAfter: 5 });
    }
    throw new HooklineError('media-unavailable', `The media ${id} could not be had: ${error?.message ?? 'nobody knows why.'}`, {
      stage: 'refused',
    });
  }

  /** Two tries of one message share a download. */
  #fetchOnce(media: StoredMedia): Promise<StoredMedia> {
    return this.#fetching.do(media.id, () => this.#fetch(media));
  }

  async #fetch({ id, tenantId, url, mimetype }: StoredMedia): Promise<StoredMedia> {
    const { deadline, idle } = this.#options;
    try {
      const opened = await openUrl(this.#ports.egress, tenantId, url ?? '', { deadline, idle, signal: this.#stopping.signal });
      const hint = mimetype === UNKNOWN ? opened.mimetype : mimetype;
      const kept = await this.#keeper.store(tenantId, opened.chunks, { hint, announced: opened.announced });
      const named = (media: StoredMedia): StoredMedia => ({
        ...media,
        filename: media.filename ?? foundName(opened.filename, kept.mimetype) ?? null,
      });
      return await this.#settle(tenantId, id, (media) => here(named(media), kept), kept.release);
    } catch (thrown) {
      const error = forSend(thrown);
      if (error.stage === 'refused') {
        await this.#settle(tenantId, id, (media) => ({ ...media, status: 'failed', error: { code: error.code, message: error.message } }));
      }
      throw error;
    }
  }

  /** Throws `media-unavailable` when it was removed meanwhile. */
  async #settle(
    tenantId: TenantId,
    id: MediaId,
    change: (media: StoredMedia) => StoredMedia,
    settled: () => void = () => undefined,
  ): Promise<StoredMedia> {
    return this.#store.transact(tenantId, async (stored, tx) => {
      tx.afterCommit(settled);
      const media = await stored.byId(id);
      if (!media || media.status === 'removed') throw missing(id);
      const changed = { ...change(media), attempts: media.attempts + 1 };
      await stored.save(changed);
      return changed;
    });
  }
}

/** Of a document people see the name, so it has one; of all else nobody does. */
const nameOf = (type: MediaType | undefined, { mimetype }: { mimetype: string }): string | null =>
  type === 'document' ? usualName(mimetype, type) : null;

/** The row once its bytes are on disk. Where they came from is forgotten: such a URL is often a key. */
const here = (media: StoredMedia, { sha256, size, mimetype }: KeptFile): StoredMedia => ({
  ...media,
  ...{ status: 'ready', sha256, size, mimetype, url: null, dueAt: null, error: null },
});

const missing = (id: MediaId): HooklineError =>
  new HooklineError('media-unavailable', `The file of media ${id} is gone from the hub.`, { stage: 'refused' });

/** Whatever went wrong, in the terms of a send that waits for the file. */
const forSend = (thrown: unknown): HooklineError => failedBefore(thrown, { final: FINAL, unforeseen: 'internal' });
