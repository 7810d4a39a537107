import { HooklineError } from '../../core/errors.ts';
import type { TenantId } from '../../core/ids.ts';
import { limitReached } from '../../core/limits.ts';
import type { MessageView, SendRequest } from '../../core/message.ts';
import type { Clock, Milliseconds } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Taken } from '../../core/tally.ts';
import { asStorageFailure } from '../../db/dialect.ts';
import type { Tx } from '../../db/tx.ts';
import type { AddressBook } from '../addresses/address-book.ts';
import type { MediaLibrary, PreparedMedia } from '../media/library.ts';
import { announcement, laneOf } from '../message/message-events.ts';
import type { MessageStore, MessageTransactor } from '../message/store.ts';
import type { StoredMessage } from '../message/stored.ts';
import { viewAsAccepted, viewOf } from '../message/view.ts';
import type { Lanes, Ledger, Queue } from '../ports.ts';
import { draftOfSend, fingerprintOf, isElsewhere } from './draft.ts';

/** How long a caller's Idempotency-Key stands for its first request. */
const KEY_LASTS: Milliseconds = 24 * 60 * 60_000;
/** Sends that share one transaction at the most. */
const LARGEST_BATCH = 128;

export interface Accepted {
  message: MessageView;
  /** True when an earlier request with the same Idempotency-Key made it, and this is the answer that one got. */
  replayed: boolean;
}

/** A send whose media is prepared. */
export interface Item {
  session: SessionRef;
  send: SendRequest;
  idempotencyKey: string | null;
  /** The flow that sends it. */
  flow?: string | undefined;
  media: PreparedMedia | undefined;
}

interface Waiting {
  item: Item;
  /** Monotonic. */
  since: Milliseconds;
  resolve(accepted: Accepted): void;
  reject(error: unknown): void;
}

interface Ports {
  ledger: Ledger;
  lanes: Lanes;
  media: Pick<MediaLibrary, 'note'>;
  addresses: Pick<AddressBook, 'names'>;
  /** Any number may wait where this is left out. */
  queue?: Queue;
}

/**
 * The one place where a send becomes a row, a wake-up and an event. What a tenant's callers send while a transaction is
 * under way gathers and goes into the next one together: it then shares the statements as well as the commit. Order is the
 * order of the calls.
 */
export class Acceptance {
  readonly #store: MessageStore;
  readonly #ports: Ports;
  readonly #clock: Clock;
  readonly #waiting = new Map<TenantId, Waiting[]>();

  constructor(store: MessageStore, ports: Ports, clock: Clock) {
    this.#store = store;
    this.#ports = ports;
    this.#clock = clock;
  }

  /** Resolves when the send is on disk. */
  accept(tenantId: TenantId, item: Item): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      const line = this.#waiting.get(tenantId);
      const waiting = { item, since: performance.now(), resolve, reject };
      if (line) line.push(waiting);
      else {
        this.#waiting.set(tenantId, [waiting]);
        void this.#run(tenantId);
      }
    });
  }

  /** One send in the transaction of somebody else; rejects with `limit-reached`, and is then to be undone. */
  async place(tx: Tx, item: Item): Promise<{ draft: StoredMessage; placed: boolean }> {
    const messages = this.#store.within(tx, item.session.tenantId);
    const draft = await this.#draft(messages, item);
    const placed = await this.#insert(tx, messages, [{ item, draft }]);
    // Behind the insertion: a send that is repeated under its key takes no second place.
    if (placed.has(draft.id)) await this.admit(item.session.tenantId);
    return { draft: placed.get(draft.id) ?? draft, placed: placed.has(draft.id) };
  }

  /** One more that waits from now on, in a transaction. Rejects with `limit-reached`. */
  async admit(tenantId: TenantId): Promise<void> {
    const { queue } = this.#ports;
    if (!queue) return;
    const limit = await queue.limitOf(tenantId);
    const { granted, used } = queue.tally.takeInside(tenantId, limit);
    if (granted === 0 && limit !== null) throw full(limit, used);
  }

  async #run(tenantId: TenantId): Promise<void> {
    // A turn of the microtask queue first: calls made in the same tick then share the first transaction, too.
    await Promise.resolve();
    for (;;) {
      const line = this.#waiting.get(tenantId) ?? [];
      if (line.length === 0) break;
      await this.#acceptAll(tenantId, line.splice(0, LARGEST_BATCH));
    }
    this.#waiting.delete(tenantId);
  }

  async #acceptAll(tenantId: TenantId, batch: Waiting[]): Promise<void> {
    const { queue } = this.#ports;
    let taken: Taken | undefined;
    try {
      const items = batch.map(({ item }) => item);
      const limit = (await queue?.limitOf(tenantId)) ?? null;
      taken = await queue?.tally.take(tenantId, items.length, limit);
      const room = limit !== null && taken ? { ...taken, limit } : null;
      const waited = performance.now() - (batch[0]?.since ?? 0);
      const outcomes = await this.#store.transact(tenantId, (messages, tx) => this.#settle(tx, messages, items, room), waited);
      for (const [index, { resolve, reject }] of batch.entries()) {
        const outcome = outcomes[index] as Accepted | { error: unknown };
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome);
      }
    } catch (error) {
      // One of them may have spoiled it (its session was deleted meanwhile): then each for itself. Where the database has
      // failed, each would wait for it anew.
      if (batch.length === 1 || asStorageFailure(error)) for (const { reject } of batch) reject(error);
      else for (const one of batch) await this.#acceptAll(tenantId, [one]);
    } finally {
      taken?.settle();
    }
  }

  /** For each item its answer, or why it is refused; what is refused has left nothing behind. */
  async #settle(
    tx: Tx,
    messages: MessageTransactor,
    items: readonly Item[],
    room: (Pick<Taken, 'granted' | 'used'> & { limit: number }) | null,
  ): Promise<(Accepted | { error: unknown })[]> {
    const drafts = new Map<Item, StoredMessage>();
    const refused = new Map<Item, Accepted | { error: unknown }>();
    for (const item of items) {
      try {
        const draft = await this.#draft(messages, item);
        if (room && drafts.size >= room.granted) throw full(room.limit, room.used + room.granted);
        drafts.set(item, draft);
      } catch (error) {
        if (!(error instanceof HooklineError)) throw error;
        refused.set(item, (await this.#answered(messages, item)) ?? { error });
      }
    }
    const placed = await this.#insert(
      tx,
      messages,
      [...drafts].map(([item, draft]) => ({ item, draft })),
    );
    const outcomes: (Accepted | { error: unknown })[] = [];
    for (const item of items) {
      const draft = drafts.get(item);
      const message = draft && placed.get(draft.id);
      const refusal = refused.get(item);
      if (refusal) outcomes.push(refusal);
      else if (message) outcomes.push({ message: viewOf(message), replayed: false });
      else if (draft) outcomes.push(await this.#repeat(tx, messages, item, draft));
    }
    return outcomes;
  }

  /** The answer of the first time, to a send that could not be accepted any more: what it was about has changed since. */
  async #answered(messages: MessageTransactor, { session, send, idempotencyKey }: Item): Promise<Accepted | undefined> {
    const first = idempotencyKey === null ? undefined : await messages.byKey(idempotencyKey);
    const isSame = first && first.createdAt + KEY_LASTS > this.#clock.now() && first.fingerprint === fingerprintOf(session, send);
    return isSame ? { message: viewAsAccepted(first), replayed: true } : undefined;
  }

  /** A send whose key is taken. */
  async #repeat(tx: Tx, messages: MessageTransactor, item: Item, draft: StoredMessage): Promise<Accepted | { error: unknown }> {
    const first = await keyHolder(messages, draft);
    if (first.createdAt + KEY_LASTS <= draft.createdAt) {
      await messages.dropKey(first.id);
      const placed = await this.#insert(tx, messages, [{ item, draft }]);
      return { message: viewOf(placed.get(draft.id) ?? draft), replayed: false };
    }
    if (first.fingerprint === draft.fingerprint) return { message: viewAsAccepted(first), replayed: true };
    const detail = `This Idempotency-Key was used for message ${first.id}, which asks for something else. Use a new key for a new message.`;
    return { error: new HooklineError('idempotency-mismatch', detail) };
  }

  async #draft(messages: MessageTransactor, { session, send, idempotencyKey, flow }: Item): Promise<StoredMessage> {
    const target = 'messageId' in send ? await messages.referred(session.id, send.messageId) : undefined;
    const names = target && isElsewhere(send, target) ? await this.#ports.addresses.names(session.tenantId, target.chatId) : [];
    const quoted = send.replyTo === undefined ? undefined : await messages.referred(session.id, send.replyTo);
    return draftOfSend(session, send, this.#clock.now(), { idempotencyKey, flow, target, quoted, names });
  }

  /**
   * By id, those that were stored: the others have a key that is taken. Locks rows in the order in which the pump does:
   * lane, then chats, then ledger.
   */
  async #insert(
    tx: Tx,
    messages: MessageTransactor,
    wanted: readonly { item: Item; draft: StoredMessage }[],
  ): Promise<Map<string, StoredMessage>> {
    const stored = await messages.insertAll(wanted.map(({ draft }) => draft));
    const placed = new Map<string, StoredMessage>();
    const entries = wanted.filter(({ draft }) => stored.has(draft.id));
    for (const { item, draft } of entries) {
      // Only behind the insertion: a send that is repeated under its key leaves no second row of its media.
      placed.set(draft.id, item.media ? await this.#note(tx, messages, draft, item.media) : draft);
    }
    if (entries.length === 0) return placed;
    const work = entries.map(({ item: { session }, draft }) => ({
      kind: 'send' as const,
      key: laneOf(session.id),
      tenantId: session.tenantId,
      dueAt: draft.sendAt ?? draft.createdAt,
    }));
    await this.#ports.lanes.schedule(tx, work);
    await messages.heads.queue(
      entries.flatMap(({ draft: { id, sessionId, chatId, priority, status } }) =>
        status === 'queued' ? [{ sessionId, chatId, priority, ordinal: stored.get(id) ?? 0 }] : [],
      ),
    );
    await this.#ports.ledger.append(
      tx,
      entries.map(({ item, draft }) => announcement(item.session, placed.get(draft.id) ?? draft)),
    );
    return placed;
  }

  async #note(tx: Tx, messages: MessageTransactor, draft: StoredMessage, prepared: PreparedMedia): Promise<StoredMessage> {
    const media = await this.#ports.media.note(tx, draft.tenantId, prepared, draft);
    const message = { ...draft, content: { ...draft.content, media } };
    await messages.saveSaid(message);
    return message;
  }
}

const full = (limit: number, used: number): HooklineError =>
  limitReached({ name: 'queuedSends', limit, used }, 'Wait until some have gone, or cancel some.');

export async function keyHolder(messages: MessageTransactor, draft: StoredMessage): Promise<StoredMessage> {
  const holder = draft.idempotencyKey === null ? undefined : await messages.byKey(draft.idempotencyKey);
  if (!holder) throw new Error(`Message ${draft.id} could not be stored although nothing stands in its way`);
  return holder;
}
