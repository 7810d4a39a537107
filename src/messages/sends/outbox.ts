import type { Ack } from '../../core/arrival.ts';
import { HooklineError } from '../../core/errors.ts';
import type { MessageId, SessionId, TenantId } from '../../core/ids.ts';
import {
  type ChatId,
  chatKind,
  type MediaSource,
  type MediaType,
  type MessageDetail,
  type MessageStatus,
  type MessageView,
  type SendRequest,
} from '../../core/message.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { AddressBook } from '../addresses/address-book.ts';
import type { SendLaneOptions } from '../lane/lane.ts';
import { afterReport, withReport } from '../lane/transitions.ts';
import { nameInUrl } from '../media/filename.ts';
import type { MediaLibrary, PreparedMedia } from '../media/library.ts';
import { sentAs } from '../media/mimetype.ts';
import { applyChange } from '../message/apply-change.ts';
import { type CountAsked, type Counted, countedBy, spanOf } from '../message/counts.ts';
import { announcement, laneOf } from '../message/message-events.ts';
import { pageRead, searchMessages } from '../message/search.ts';
import { afterAck, awaitingDelivery, canMove, move } from '../message/status.ts';
import { type MessageFilter, type MessageStore, type MessageTransactor, messageStore } from '../message/store.ts';
import type { StoredMessage } from '../message/stored.ts';
import { detailOf, listedOf, mediaIdsOf, viewOf, withMedia } from '../message/view.ts';
import type { Lanes, Ledger, Queue, SessionFacts } from '../ports.ts';
import { Acceptance, type Accepted, type Item, keyHolder } from './acceptance.ts';
import { EXPIRES_AFTER } from './draft.ts';
import { waitsFor } from './hold-reason.ts';
import { warningsOf } from './warnings.ts';

/** Files that are decoded and stored at the same time. */
const PREPARED_AT_ONCE = 16;

interface CallersKey {
  idempotencyKey?: string | undefined;
  place?: number | undefined;
}

type Media = Pick<MediaLibrary, 'prepare' | 'note' | 'drop' | 'views'>;

/** Takes sends in, durably and at once; `SendLane` hands them over. */
export class Outbox {
  readonly #store: MessageStore;
  readonly #ledger: Ledger;
  readonly #lanes: Lanes;
  readonly #sessions: SessionFacts;
  readonly #media: Media;
  readonly #runtime: Runtime;
  readonly #ackTimeout: Milliseconds | null;
  readonly #acceptance: Acceptance;
  /** Keys whose first send is being prepared. */
  readonly #inFlight = new Set<string>();

  /** `ackTimeout`: see `SendLaneOptions`. */
  constructor(
    db: Database,
    ports: { ledger: Ledger; lanes: Lanes; sessions: SessionFacts; media: Media; addresses: Pick<AddressBook, 'names'>; queue?: Queue },
    { ackTimeout = null, ...runtime }: Runtime & Pick<SendLaneOptions, 'ackTimeout'>,
  ) {
    this.#store = messageStore(db);
    this.#ledger = ports.ledger;
    this.#lanes = ports.lanes;
    this.#sessions = ports.sessions;
    this.#media = ports.media;
    this.#runtime = runtime;
    this.#acceptance = new Acceptance(this.#store, ports, runtime.clock);
    this.#ackTimeout = ackTimeout;
  }

  /**
   * Resolves when the send is on disk. Throws `recipient-invalid`, `invalid-body`, what `prepare` throws, `idempotency-mismatch`
   * when the key came with another send within the last day, and `idempotency-in-flight` while the media of the first send
   * under the key is still being stored.
   */
  async accept(
    tenantId: TenantId,
    session: SessionRef,
    send: SendRequest,
    { idempotencyKey }: { idempotencyKey?: string } = {},
  ): Promise<Accepted> {
    const key = keyOf({ idempotencyKey });
    const item = { session, send, idempotencyKey: key };
    if (!('media' in send)) return this.#accept(tenantId, { ...item, media: undefined });
    // A file that came with its send is on disk: the key itself tells which of them is the first.
    const flight = key && !('kept' in send.media) && `${tenantId} ${key}`;
    if (flight && this.#inFlight.has(flight)) {
      throw new HooklineError('idempotency-in-flight', 'The first request with this Idempotency-Key is not answered yet. Try again.', {
        retryAfter: 1,
      });
    }
    if (flight) this.#inFlight.add(flight);
    try {
      return await this.#accept(tenantId, { ...item, media: await this.prepare(tenantId, send) });
    } finally {
      if (flight) this.#inFlight.delete(flight);
    }
  }

  /** Each for itself; what is accepted has this order. `place`: the key is that of a whole list, in which the send stands there. */
  async acceptMany(
    tenantId: TenantId,
    sends: readonly ({ session: SessionRef; send: SendRequest } & CallersKey)[],
  ): Promise<PromiseSettledResult<Accepted>[]> {
    const prepared: PromiseSettledResult<PreparedMedia | undefined>[] = [];
    for (let start = 0; start < sends.length; start += PREPARED_AT_ONCE) {
      const some = sends.slice(start, start + PREPARED_AT_ONCE);
      prepared.push(...(await Promise.allSettled(some.map(({ send }) => this.prepare(tenantId, send)))));
    }
    return Promise.allSettled(
      sends.map(({ session, send, ...key }, index) => {
        const media = prepared[index];
        if (media?.status === 'rejected') return Promise.reject(media.reason);
        return this.#accept(tenantId, { session, send, idempotencyKey: keyOf(key), media: media?.value });
      }),
    );
  }

  /** All that accepting a send waits for and that must not happen in a transaction. Rejects as `MediaLibrary.prepare`. */
  async prepare(tenantId: TenantId, send: SendRequest): Promise<PreparedMedia | undefined> {
    return 'media' in send ? this.#media.prepare(tenantId, send.media, send.type) : undefined;
  }

  /** As `prepare`, for whoever may leave it to the file what it is sent as. */
  async prepareMedia(tenantId: TenantId, source: MediaSource, given?: MediaType): Promise<{ media: PreparedMedia; type: MediaType }> {
    const media = await this.#media.prepare(tenantId, source, given);
    if (given) return { media, type: given };
    if ('kept' in media) return { media, type: sentAs(media.kept.mimetype, media.filename) };
    return { media, type: sentAs(media.mimetype, media.filename ?? nameInUrl(media.url) ?? null) };
  }

  /**
   * As `accept`, inside the transaction of a flow's turn or of a webhook's answer. `key` names the send within the hub:
   * under a key that was used before, nothing is sent and the message of that time comes back. `media`: the send as prepared.
   */
  async enqueue(
    tx: Tx,
    session: SessionRef,
    { key, flow, ...send }: SendRequest & { key?: string; flow?: string },
    media?: PreparedMedia,
  ): Promise<MessageView> {
    const idempotencyKey = key === undefined ? null : `hub:${key}`;
    const { draft, placed } = await this.#acceptance.place(tx, { session, send, idempotencyKey, flow, media });
    return viewOf(placed ? draft : await keyHolder(this.#store.within(tx, session.tenantId), draft));
  }

  /**
   * What WhatsApp said of a message; one that is not the hub's, or that says nothing new, changes nothing. What one person
   * of a group reports is noted with the message and proves no more of it than that it was sent: the message as a whole
   * is delivered, or read, when WhatsApp says so.
   */
  async ack(session: SessionRef, ack: Ack): Promise<void> {
    await this.#store.transact(session.tenantId, (_, tx) => this.ackWithin(tx, session, ack));
  }

  /** As `ack`, in a transaction that somebody else opened. */
  async ackWithin(tx: Tx, session: SessionRef, ack: Ack): Promise<void> {
    const messages = this.#store.within(tx, session.tenantId);
    while (!(await this.#acked(tx, messages, session, ack)));
  }

  /** False when the message changed meanwhile: then it is to be asked for again. */
  async #acked(tx: Tx, messages: MessageTransactor, session: SessionRef, { engineId, level, at, participant }: Ack): Promise<boolean> {
    const message = await messages.byEngineId(session.id, engineId);
    const ofOne = participant !== undefined && level !== 'failed';
    if (message && ofOne) await messages.receipt(message.id, { participant, status: level, at });
    const status = message && afterAck(message.status, ofOne ? 'sent' : level);
    if (message?.status === 'sending' && level === 'failed') await messages.save(withReport(message), 'sending');
    if (!status) return true;
    const to = status === 'failed' ? afterReport(message, at) : move(message, status, at, { error: null });
    return this.#change(tx, messages, session, message, to);
  }

  /** Throws `message-not-cancelable` once the message is being handed over. One that is canceled stays so: the answer may have been lost. */
  cancel(tenantId: TenantId, messageId: MessageId): Promise<MessageDetail> {
    return this.#command(tenantId, messageId, (message, now) => {
      if (message.status === 'canceled') return message;
      if (canMove(message.status, 'canceled')) return move(message, 'canceled', now, { error: null });
      const detail = `The message is ${message.status}; only a scheduled or queued one can be canceled.`;
      throw new HooklineError('message-not-cancelable', detail, { extra: { messageStatus: message.status } });
    });
  }

  /**
   * Sends a `failed` or `unknown` message again: the same message of the hub, a new one to WhatsApp. Of an `unknown`
   * one the recipient may so get two, which is the caller's own decision; the hub never takes it.
   */
  retry(tenantId: TenantId, messageId: MessageId): Promise<MessageDetail> {
    return this.#command(tenantId, messageId, (message, now) => {
      if (message.status === 'failed' || message.status === 'unknown') {
        return move(message, 'queued', now, { engineId: null, error: null, repeats: 0, notBefore: null, expiresAt: now + EXPIRES_AFTER });
      }
      const detail = `The message is ${message.status}; only a failed or unknown one can be retried.`;
      throw new HooklineError('message-not-retryable', detail, { extra: { messageStatus: message.status } });
    });
  }

  async get(tenantId: TenantId, messageId: MessageId): Promise<MessageDetail> {
    const message = await this.#store.read(tenantId, (messages) => messages.byId(messageId));
    return this.#detail(message ?? notFound(messageId));
  }

  /** A message of this session, by any of the ids under which it is known (see `MessageReader.called`); null where it is not here. */
  async called(session: SessionRef, id: string): Promise<MessageView | null> {
    const message = await this.#store.read(session.tenantId, (messages) => messages.called(session.id, id));
    const [shown] = message ? await this.#withMedia(session.tenantId, [message]) : [];
    return shown ? listedOf(shown) : null;
  }

  /** WhatsApp's id of a message of this session; null when it has none yet, or there is no such message. */
  async engineIdOf(session: SessionRef, messageId: MessageId): Promise<string | null> {
    const message = await this.#store.read(session.tenantId, (messages) => messages.byId(messageId));
    return message?.sessionId === session.id ? message.engineId : null;
  }

  /**
   * Inbound and outbound, newest first. `cursor` is the `nextCursor` of the page before; another one is `invalid-query`. `search`:
   * words that somebody has said; a page of those may hold few or none and yet lead on.
   */
  async list(
    tenantId: TenantId,
    sessionId: SessionId,
    { limit, cursor, search, ...filter }: MessageFilter & { limit: number; cursor?: string; search?: string },
  ): Promise<{ data: MessageView[]; nextCursor: string | null }> {
    const read = (most: number, before: MessageId | undefined): Promise<StoredMessage[] | undefined> =>
      this.#store.read(tenantId, (messages) => messages.page(sessionId, filter, { limit: most, ...(before !== undefined && { before }) }));
    const page = await (search === undefined
      ? pageRead(read, { limit, cursor: cursor as MessageId | undefined })
      : searchMessages(read, { search, limit, cursor: cursor as MessageId | undefined }));
    if (!page) {
      const message = 'This is no cursor of this list. Give the nextCursor of the page before, or leave it out.';
      throw new HooklineError('invalid-query', message, { errors: [{ path: 'cursor', message }] });
    }
    const data = await this.#withMedia(tenantId, page.found);
    return { data: data.map(listedOf), nextCursor: page.next };
  }

  /** How many messages `list` leads through. */
  total(tenantId: TenantId, sessionId: SessionId, filter: Pick<MessageFilter, 'chats' | 'direction'> = {}): Promise<number> {
    return this.#store.read(tenantId, (messages) => messages.total(sessionId, filter));
  }

  /** What came in last in a chat, which is known by `chats`; null: nothing did. */
  async lastOfContact({ tenantId, id }: SessionRef, chats: readonly ChatId[]): Promise<MessageView | null> {
    const { data } = await this.list(tenantId, id, { chats, direction: 'inbound', limit: 1 });
    return data[0] ?? null;
  }

  /** How many messages came in and were sent, each hour or day of a while; see `Counted`. */
  async count(tenantId: TenantId, asked: CountAsked): Promise<Counted> {
    const span = spanOf(asked, this.#runtime.clock.now());
    const quarters = await this.#store.read(tenantId, (messages) => messages.counts({ ...span, sessionId: asked.sessionId }));
    return countedBy(span, quarters);
  }

  /** Tells the end of every open send of a session whose rows are about to go, in the transaction that removes them. */
  async onDestroy(tx: Tx, session: SessionRef): Promise<void> {
    const now = this.#runtime.clock.now();
    const open = await this.#store.within(tx, session.tenantId).open(session.id);
    // Of one that is just being handed over nobody will be able to say any more whether it went out.
    const end = (status: MessageStatus): MessageStatus => (canMove(status, 'canceled') ? 'canceled' : 'unknown');
    const drafts = open.map((message) => announcement(session, move(message, end(message.status), now)));
    await this.#lanes.retire(tx, laneOf(session.id));
    await this.#ledger.append(tx, drafts);
  }

  /** After the settings of a session have changed: what they held may be due, or due later. */
  async rescheduleLane(tx: Tx, { tenantId, id }: SessionRef): Promise<void> {
    await this.#store.within(tx, tenantId).heads.freeAll(id, 'chat-rate');
    await this.#lanes.schedule(tx, [{ kind: 'send', key: laneOf(id), tenantId, dueAt: this.#runtime.clock.now() }]);
  }

  /** A send that is refused, or that is none of its own because its key is taken, leaves no file behind. */
  async #accept(tenantId: TenantId, item: Item): Promise<Accepted> {
    const drop = async (why?: unknown): Promise<void> => {
      if (item.media && 'kept' in item.media) await this.#media.drop(tenantId, item.media.kept, why);
    };
    try {
      const accepted = await this.#acceptance.accept(tenantId, item);
      if (accepted.replayed) await drop();
      const warnings = warningsOf(item.send);
      return warnings.length > 0 ? { ...accepted, message: { ...accepted.message, warnings } } : accepted;
    } catch (error) {
      await drop(error);
      throw error;
    }
  }

  async #detail(message: StoredMessage): Promise<MessageDetail> {
    const [shown = message] = await this.#withMedia(message.tenantId, [message]);
    const receipts =
      chatKind(message.chatId) === 'group' ? await this.#store.read(message.tenantId, (messages) => messages.receipts(message.id)) : [];
    return detailOf(shown, { receipts, waitsFor: await waitsFor(this.#store, this.#sessions, message, this.#runtime.clock.now()) });
  }

  /** With their media as they are now. */
  async #withMedia(tenantId: TenantId, messages: readonly StoredMessage[]): Promise<StoredMessage[]> {
    return withMedia(messages, await this.#media.views(tenantId, mediaIdsOf(messages)));
  }

  async #command(
    tenantId: TenantId,
    messageId: MessageId,
    decide: (message: StoredMessage, now: Milliseconds) => StoredMessage,
  ): Promise<MessageDetail> {
    const known = await this.#store.read(tenantId, (messages) => messages.byId(messageId));
    const session = await this.#sessions.ref(tenantId, known?.sessionId ?? notFound(messageId));
    const changed = await this.#store.transact(tenantId, async (messages, tx) => {
      // Whoever was quicker has decided what it is now: this is decided anew.
      for (;;) {
        const message = (await messages.byId(messageId)) ?? notFound(messageId);
        const to = decide(message, this.#runtime.clock.now());
        if (to === message || (await this.#change(tx, messages, session, message, to))) return to;
      }
    });
    return this.#detail(changed);
  }

  /** False, and nothing is done, when the message is no longer as it was. */
  async #change(tx: Tx, messages: MessageTransactor, session: SessionRef, from: StoredMessage, to: StoredMessage): Promise<boolean> {
    const now = this.#runtime.clock.now();
    const awaited = awaitingDelivery(to, now, this.#ackTimeout);
    // Only what enters or leaves the queue changes what the lane has to do, and what may be missed later.
    if (from.status === 'queued' || to.status === 'queued') await this.#wake(tx, to, now);
    else if (awaited.wakesAt !== null) await this.#wake(tx, to, awaited.wakesAt);
    if (!(await messages.save(awaited, from.status))) return false;
    if (to.status === 'queued') await this.#acceptance.admit(to.tenantId);
    await applyChange(messages, from, to, now);
    await this.#ledger.append(tx, [announcement(session, to)]);
    return true;
  }

  async #wake(tx: Tx, { tenantId, sessionId }: StoredMessage, dueAt: Milliseconds): Promise<void> {
    await this.#lanes.schedule(tx, [{ kind: 'send', key: laneOf(sessionId), tenantId, dueAt }]);
  }
}

/** A caller's own key and one made of a list's never meet: neither begins as the other does. */
function keyOf({ idempotencyKey, place }: CallersKey): string | null {
  if (idempotencyKey === undefined) return null;
  return place === undefined ? `api:${idempotencyKey}` : `bulk:${place}:${idempotencyKey}`;
}

function notFound(messageId: string): never {
  throw new HooklineError('not-found', `There is no message ${messageId} here.`);
}
