import { fullJitter } from '../../core/backoff.ts';
import { type ErrorCode, HooklineError, hasCode, messageOf } from '../../core/errors.ts';
import type { EventDraft, LedgerEvent } from '../../core/events.ts';
import { type MediaId, type MessageId, newId, type SessionId } from '../../core/ids.ts';
import { chatKind, type KeptFile, type MediaView } from '../../core/message.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import { type MessageStore, messageStore } from '../message/store.ts';
import type { StoredMessage } from '../message/stored.ts';
import type { Lane } from '../ports.ts';
import { filenameOf } from './filename.ts';
import type { FileIntake } from './intake.ts';
import { mediaViewOf, type StoredMedia } from './media.ts';
import { type MediaStore, mediaStore } from './media-store.ts';
import { hintOf, UNKNOWN } from './mimetype.ts';
import type { MediaPorts } from './ports.ts';
import { withIdleTimeout } from './with-idle-timeout.ts';

/** Between two tries of the same media: 2 s, doubled up to 5 minutes. */
const RETRY = { base: 2_000, cap: 5 * 60_000, floor: 500 };
/** After this long without the bytes nobody asks for them any more. */
const GIVE_UP: Milliseconds = 24 * 60 * 60_000;
/** Downloads of one session at the same time, so that a large file does not hold up a small one. */
const AT_ONCE = 3;
/** Rows that one step reads; more than are ever fetched at once. */
const LOOKED_AT = 50;
/** How soon a pump that waits for a download sees what came meanwhile. */
const LOOK_AGAIN: Milliseconds = 1_000;
/** No later try can change these answers. */
const FINAL: ErrorCode[] = ['media-unavailable', 'media-too-large', 'media-invalid', 'not-supported-by-engine', 'not-found'];

type Outcome = { media: StoredMedia } & ({ kept: KeptFile } | { thrown: unknown });

const laneOf = (sessionId: SessionId): string => `media:${sessionId}`;

/**
 * The bytes of received messages, fetched after the message was announced:
 *
 *   expect (row `pending`, due) → fetch → `ready` | due again, later | `failed`
 *
 * A row is due until its outcome is written, so a crash in a fetch leads to another fetch.
 */
export class Arrivals {
  readonly #store: MediaStore;
  readonly #messages: MessageStore;
  readonly #ports: MediaPorts & { keeper: FileIntake };
  readonly #options: Runtime & { deadline: Milliseconds; idle: Milliseconds; stopping: AbortSignal };

  constructor(
    db: Database,
    ports: MediaPorts & { keeper: FileIntake },
    options: Runtime & { deadline: Milliseconds; idle: Milliseconds; stopping: AbortSignal },
  ) {
    this.#store = mediaStore(db);
    this.#messages = messageStore(db);
    this.#ports = ports;
    this.#options = options;
  }

  async expect(tx: Tx, session: SessionRef, { id, content }: StoredMessage): Promise<MediaView & { id: MediaId }> {
    const now = this.#options.clock.now();
    const { mimetype, filename, size } = content.media ?? { mimetype: '' };
    const media: StoredMedia = {
      ...{ id: newId('med', now), tenantId: session.tenantId, sessionId: session.id, messageId: id, direction: 'inbound' },
      ...{ status: 'pending', sha256: null, url: null, attempts: 0, dueAt: now, error: null, createdAt: now },
      mimetype: hintOf(mimetype) ?? UNKNOWN,
      filename: filenameOf(filename) ?? null,
      size: size ?? null,
    };
    await this.#store.within(tx, session.tenantId).insert(media);
    await this.#wake(tx, session, now);
    return mediaViewOf(media);
  }

  readonly pump = async (lane: Lane): Promise<void> => {
    const session = await this.#sessionOf(lane);
    if (!session) return lane.commit(async () => null);
    const running = new Map<MediaId, Promise<void>>();
    const leaving = new AbortController();
    const signal = AbortSignal.any([leaving.signal, this.#options.stopping]);
    try {
      // Not in the head of the loop: each round would have a variable of its own, and what comes late would be lost.
      let outcomes: Outcome[] = [];
      for (;;) {
        const settled = outcomes;
        outcomes = [];
        const due = await this.#step(lane, session, settled);
        for (const media of signal.aborted ? [] : due) {
          // One may have come while its row was read as still due: its outcome is written by the next step.
          if (running.size >= AT_ONCE || running.has(media.id) || outcomes.some((outcome) => outcome.media.id === media.id)) continue;
          const fetched = this.#fetch(session, media, signal).then((outcome) => {
            running.delete(media.id);
            if (!signal.aborted) outcomes.push(outcome);
          });
          running.set(media.id, fetched);
        }
        if (outcomes.length > 0) continue;
        if (running.size === 0) return;
        await this.#oneOf([...running.values()]);
      }
    } finally {
      leaving.abort();
      await Promise.all(running.values());
    }
  };

  readonly follow = async (tx: Tx, events: readonly LedgerEvent[]): Promise<void> => {
    const now = this.#options.clock.now();
    for (const { type, sessionId, tenantId, json } of events) {
      if (type !== 'session.status' || !sessionId || JSON.parse(json).to !== 'connected') continue;
      const waiting = await this.#store.within(tx, tenantId).hasten(sessionId, now);
      if (waiting > 0) await this.#wake(tx, { id: sessionId, tenantId }, now);
    }
  };

  async retire(tx: Tx, sessionId: SessionId): Promise<void> {
    await this.#ports.lanes.retire(tx, laneOf(sessionId));
  }

  /** One transaction: what the fetches came to. Answers what is due now, with those that are being fetched. */
  async #step(lane: Lane, session: SessionRef, outcomes: readonly Outcome[]): Promise<StoredMedia[]> {
    const connected = this.#ports.sessions.engineOf(session.id) !== null;
    let due: StoredMedia[] = [];
    await lane.commit(async (tx) => {
      const now = this.#options.clock.now();
      const stored = this.#store.within(tx, lane.tenantId);
      const news: EventDraft[] = [];
      for (const outcome of outcomes) news.push(...(await this.#settle(tx, session, outcome, now)));
      due = await stored.due(session.id, now, LOOKED_AT);
      if (!connected) {
        for (const media of due) news.push(...(await this.#settle(tx, session, { media, thrown: notConnected() }, now)));
        due = [];
      }
      await this.#ports.ledger.append(tx, news);
      return stored.nextDue(session.id);
    });
    return due;
  }

  async #fetch(session: SessionRef, media: StoredMedia, signal: AbortSignal): Promise<Outcome> {
    const { clock, deadline, idle, log } = this.#options;
    try {
      const message = await this.#messages.read(session.tenantId, (messages) => messages.byId(media.messageId as MessageId));
      const engineId = message?.engineId;
      if (!engineId) throw new HooklineError('media-unavailable', 'The message of the media is gone.');
      const engine = this.#ports.sessions.engineOf(session.id);
      if (!engine) throw notConnected();
      const chunks = withIdleTimeout(() => engine.fetchMedia(engineId), { clock, deadline, idle, signal });
      const hint = media.mimetype;
      return { media, kept: await this.#ports.keeper.store(session.tenantId, chunks, { hint, announced: media.size ?? 0 }) };
    } catch (thrown) {
      log.debug('Media could not be fetched', { mediaId: media.id, error: messageOf(thrown) });
      return { media, thrown };
    }
  }

  /** The events of an outcome. One that was removed while it was fetched stays so. */
  async #settle(tx: Tx, session: SessionRef, outcome: Outcome, now: Milliseconds): Promise<EventDraft[]> {
    const stored = this.#store.within(tx, session.tenantId);
    if ('kept' in outcome) tx.afterCommit(outcome.kept.release);
    const media = await stored.byId(outcome.media.id);
    if (media?.status !== 'pending') return [];
    const after = 'kept' in outcome ? arrived(media, outcome.kept) : this.#failed(media, outcome.thrown, now);
    await stored.save(after);
    if (after.status === 'pending') return [];
    const message = await this.#messages.within(tx, session.tenantId).byId(media.messageId as MessageId);
    if (!message) return [];
    const { id: messageId, engineId, chatId } = message;
    const data = {
      ...{ messageId, engineId, chat: { id: chatId, kind: chatKind(chatId) }, media: mediaViewOf(after) },
      ...(after.error && { error: after.error }),
    };
    return [{ tenantId: session.tenantId, session, type: after.status === 'ready' ? 'media.ready' : 'media.failed', data }];
  }

  #failed(media: StoredMedia, thrown: unknown, now: Milliseconds): StoredMedia {
    const error = { code: thrown instanceof HooklineError ? thrown.code : 'internal', message: messageOf(thrown) };
    const giveUpAt = media.createdAt + GIVE_UP;
    if (hasCode(thrown, ...FINAL) || now >= giveUpAt) return { ...media, status: 'failed', dueAt: null, error };
    // Waiting for a connection is no try; `follow` brings it forward.
    if (hasCode(thrown, 'session-not-connected')) return { ...media, dueAt: Math.min(giveUpAt, now + RETRY.cap), error };
    const attempts = media.attempts + 1;
    const dueAt = Math.min(giveUpAt, now + fullJitter(attempts, RETRY, this.#options.random));
    return { ...media, attempts, dueAt, error };
  }

  /** Resolves with the first of them, or soon. */
  async #oneOf(running: readonly Promise<void>[]): Promise<void> {
    const again = Promise.withResolvers<void>();
    const timer = this.#options.clock.after(LOOK_AGAIN, again.resolve);
    await Promise.race([...running, again.promise]).finally(() => timer.cancel());
  }

  /** Null when the session was deleted meanwhile. */
  async #sessionOf({ key, tenantId }: Lane): Promise<SessionRef | null> {
    const sessionId = key.slice(laneOf('' as SessionId).length) as SessionId;
    return this.#ports.sessions.ref(tenantId, sessionId).catch((error: unknown) => {
      if (hasCode(error, 'not-found')) return null;
      throw error;
    });
  }

  async #wake(tx: Tx, { id, tenantId }: Pick<SessionRef, 'id' | 'tenantId'>, dueAt: Milliseconds): Promise<void> {
    await this.#ports.lanes.schedule(tx, [{ kind: 'media', key: laneOf(id), tenantId, dueAt }]);
  }
}

const arrived = (media: StoredMedia, { sha256, size, mimetype }: KeptFile): StoredMedia => ({
  ...media,
  ...{ status: 'ready', sha256, size, mimetype, attempts: media.attempts + 1, dueAt: null, error: null },
});

const notConnected = (): HooklineError => new HooklineError('session-not-connected', 'The session was not connected.');
