import { withTimeout } from '../../core/deadline.ts';
import { HooklineError, hasCode, messageOf } from '../../core/errors.ts';
import type { LedgerEvent } from '../../core/events.ts';
import type { SessionId, TenantId } from '../../core/ids.ts';
import { setLatest } from '../../core/memoize.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { MediaLibrary } from '../media/library.ts';
import { laneOf } from '../message/message-events.ts';
import { type MessageStore, messageStore } from '../message/store.ts';
import type { StoredMessage } from '../message/stored.ts';
import type { Addresses, ConfiguredSession, Lane, Lanes, Ledger, SendingEngine, Sessions } from '../ports.ts';
import { type Done, HandOver, isTyped } from './hand-over.ts';
import { LaneMemory, type News, type Queued } from './lane-memory.ts';
import { type Handing, MOMENT, type Plan, Turn } from './turn.ts';

/** For whoever does not say how long WhatsApp may take. */
const SEND_DEADLINE = 60_000;
const PATIENCE = 5_000;
/** After this long a pump leaves its place to the next lane (and the hub a chance to stop). */
const SLICE = 1_000;
/** Of a chat that a session has just written to, the address need not be looked up for the next message. */
const ADDRESS_LASTS = 60_000;
const MOST_ADDRESSES = 1_000;

export interface SendLaneOptions {
  /** After it a hand-over is `unknown`, so that an engine that never answers does not hold its chat for ever. */
  deadline?: Milliseconds;
  /** A hand-over that is not answered within this holds only its chat: the others of the session go on. */
  patience?: Milliseconds;
  /** A message that is `sent` for so long without being delivered is told of once; null: never. */
  ackTimeout?: Milliseconds | null;
}

/**
 * The lane in which the sends of one session leave, in order within each chat, one hand-over at a time:
 *
 *   turn (one transaction: what has come of things, what woke by itself, what is next) → hand-over → turn …
 *
 * Each chat has a head, the message that leaves it next (heads-store.ts). A head that waits for a cause of its own (its
 * file, another try, the rate of its chat, the answer to the one before it) is put aside and the next chat has its turn; what
 * holds the session (its connection, its network, its pacing) holds all. Beside the hand-over the next ones are made ready
 * (recipient, typing) and files are fetched, all of it while the messages are still `queued`.
 *
 * A hand-over lies between the turn that makes the message `sending` and the one that writes what came of it. One that is not
 * answered soon is left to itself, and its answer wakes the lane. A crash leaves the row `sending`; whoever pumps the lane next
 * finds a `sending` row that it does not know of, makes it `unknown` and has WhatsApp asked for its id.
 */
export class SendLane {
  readonly #db: Database;
  readonly #store: MessageStore;
  readonly #ledger: Ledger;
  readonly #lanes: Lanes;
  readonly #sessions: Pick<Sessions, 'engineOf' | 'configured'>;
  readonly #runtime: Runtime;
  readonly #handOver: HandOver;
  readonly #deadline: Milliseconds;
  readonly #patience: Milliseconds;
  readonly #ackTimeout: Milliseconds | null;
  readonly #memories = new Map<string, LaneMemory>();
  /** What is under way beside the pumps, but for hand-overs. */
  readonly #besides = new Set<Promise<void>>();

  constructor(
    db: Database,
    ports: {
      ledger: Ledger;
      lanes: Lanes;
      sessions: Pick<Sessions, 'engineOf' | 'configured'>;
      media: Pick<MediaLibrary, 'file'>;
      addresses: Addresses;
    },
    { deadline = SEND_DEADLINE, patience = PATIENCE, ackTimeout = null, ...runtime }: Runtime & SendLaneOptions,
  ) {
    this.#db = db;
    this.#store = messageStore(db);
    this.#ledger = ports.ledger;
    this.#lanes = ports.lanes;
    this.#sessions = ports.sessions;
    this.#runtime = runtime;
    this.#handOver = new HandOver(ports, runtime, deadline);
    this.#deadline = deadline;
    this.#patience = Math.min(patience, deadline);
    this.#ackTimeout = ackTimeout;
  }

  /** Registered with the dispatcher for lanes of the kind `send`. */
  async pump(lane: Lane): Promise<void> {
    const session = await this.#sessionOf(lane);
    if (!session) {
      this.#memories.delete(lane.key);
      return lane.commit(async () => null);
    }
    const memory = this.#memories.get(lane.key) ?? new LaneMemory();
    this.#memories.set(lane.key, memory);
    memory.isPumped = true;
    try {
      await this.#takeTurns(lane, session, memory);
    } catch (error) {
      // Whether its last transaction is on disk nobody knows.
      memory.unsettle();
      if (hasCode(error, 'lane-lost')) this.#memories.delete(lane.key);
      throw error;
    } finally {
      memory.isPumped = false;
      if (memory.isCalled) this.#wake(lane);
    }
  }

  /** Resolves when nothing is made ready, fetched or asked, and what came of it has woken its lane. Hand-overs do not count. */
  async drain(): Promise<void> {
    while (this.#besides.size > 0) await Promise.all(this.#besides);
  }

  /** Follows the ledger: a session that is connected, or may begin chats again, lets go of what was held for it. */
  async follow(tx: Tx, events: readonly LedgerEvent[]): Promise<void> {
    const freed = new Map<SessionId, TenantId>();
    for (const { type, sessionId, tenantId, json } of events) {
      if (sessionId && isFreeing(type, json)) freed.set(sessionId, tenantId);
    }
    const now = this.#runtime.clock.now();
    for (const [sessionId, tenantId] of freed) {
      const key = laneOf(sessionId);
      // Its hold is read anew.
      tx.afterCommit(() => this.#memories.get(key)?.unsettle());
      if (await this.#store.within(tx, tenantId).release(sessionId, now)) {
        await this.#lanes.schedule(tx, [{ kind: 'send', key, tenantId, dueAt: now }]);
      }
    }
  }

  async #takeTurns(lane: Lane, session: ConfiguredSession, memory: LaneMemory): Promise<void> {
    const { clock } = this.#runtime;
    const until = clock.now() + SLICE;
    for (;;) {
      const more = clock.now() < until;
      const { handing } = await this.#turn(lane, session, memory, more);
      if (handing) await this.#send(lane, memory, handing);
      else if (!more || !memory.isBusy) return;
      else {
        await memory.called(clock, MOMENT);
        if (!memory.isCalled && clock.now() >= until) return;
      }
    }
  }

  /** One transaction, and what is begun after it. */
  async #turn(lane: Lane, session: ConfiguredSession, memory: LaneMemory, more: boolean): Promise<Plan> {
    const news = [...memory.news];
    const { unsettled } = memory;
    memory.isCalled = false;
    const engineNow = (): SendingEngine | null => this.#sessions.engineOf(session.id);
    const engine = engineNow();
    const isConnected = (): boolean => engineNow() !== null;
    const context = {
      ...{ ledger: this.#ledger, runtime: this.#runtime, deadline: this.#deadline, ackTimeout: this.#ackTimeout },
      ...{ engine, isConnected, session, memory, more },
    };
    let plan: Plan | undefined;
    await lane.commit(async (tx) => {
      plan = await new Turn(tx, this.#store.within(tx, lane.tenantId), context, news).run();
      return plan.due;
    });
    if (!plan) throw new Error(`The lane ${lane.key} has committed nothing`);
    const { hold, mayFetch, window, handing } = plan;
    memory.forget(news);
    Object.assign(memory, { isSettled: memory.unsettled === unsettled, hold, mayFetch });
    for (const ordinal of memory.ready.keys()) {
      if (window && !window.has(ordinal)) memory.ready.delete(ordinal);
    }
    if (handing) this.#forgetReady(memory, handing.message);
    if (engine) for (const queued of plan.prepare) this.#prepare(lane, memory, { session, engine, ...queued });
    const asked = engine ?? engineNow();
    if (asked) for (const message of plan.ask) this.#ask(lane, memory, asked, message);
    for (const queued of plan.fetch) this.#fetch(lane, memory, queued);
    return plan;
  }

  #forgetReady(memory: LaneMemory, { id }: StoredMessage): void {
    for (const [ordinal, { message }] of memory.ready) if (message.id === id) memory.ready.delete(ordinal);
    memory.fetched.delete(id);
  }

  /** Resolves when it is answered, or when the others of the session need wait for the answer no longer. */
  async #send(lane: Lane, memory: LaneMemory, { engine, message, refs }: Handing): Promise<void> {
    const { clock, log } = this.#runtime;
    memory.handedOver.set(message.id, { chatId: message.chatId, since: clock.now() });
    let isLate = false;
    const late = (done: Done): void => this.#hear(lane, memory, { kind: 'late', done });
    const answered = this.#handOver.send(engine, message, refs, late).then((done) => {
      if (done.to.error?.code !== 'engine-timeout') memory.unanswered = 0;
      this.#hear(lane, memory, { kind: 'answered', done, isLate });
    });
    await withTimeout(clock, this.#patience, 'The engine did not answer', answered).catch(() => {
      isLate = true;
      memory.unanswered++;
      log.warn('WhatsApp does not answer a send; the other chats of the session go on', { messageId: message.id });
    });
  }

  #prepare(
    lane: Lane,
    memory: LaneMemory,
    { session, engine, ordinal, message }: Queued & { session: ConfiguredSession; engine: SendingEngine },
  ): void {
    const typed = isTyped(message.content);
    memory.preparing.set(ordinal, { isTyped: typed, quickSince: typed ? null : this.#runtime.clock.now() });
    const preparing = this.#handOver.prepare(session, engine, message).then((prepared) => {
      if ('from' in prepared) return this.#hear(lane, memory, { kind: 'unready', ordinal, done: prepared });
      memory.preparing.delete(ordinal);
      setLatest(memory.addresses, message.chatId, { to: prepared.to, until: this.#runtime.clock.now() + ADDRESS_LASTS }, MOST_ADDRESSES);
      memory.ready.set(ordinal, { message, ready: prepared });
      this.#call(lane, memory);
    });
    this.#beside(preparing);
  }

  #fetch(lane: Lane, memory: LaneMemory, { ordinal, message }: Queued): void {
    memory.fetching.add(ordinal);
    const fetching = this.#handOver.fetch(message).then((done) => {
      this.#hear(lane, memory, done ? { kind: 'unready', ordinal, done } : { kind: 'fetched', ordinal, message });
    });
    this.#beside(fetching);
  }

  #ask(lane: Lane, memory: LaneMemory, engine: SendingEngine, message: StoredMessage): void {
    memory.asking.add(message.id);
    this.#beside(this.#handOver.ask(engine, message).then((done) => this.#hear(lane, memory, { kind: 'asked', done })));
  }

  #hear(lane: Lane, memory: LaneMemory, news: News): void {
    memory.news.push(news);
    this.#call(lane, memory);
  }

  #call(lane: Lane, memory: LaneMemory): void {
    memory.call();
    if (!memory.isPumped) this.#wake(lane);
  }

  /** Where this comes to nothing the lane is due by itself a while later. */
  #wake({ key, tenantId }: Lane): void {
    const dueAt = this.#runtime.clock.now();
    const wake = (tx: Tx) => this.#lanes.schedule(tx, [{ kind: 'send', key, tenantId, dueAt }]);
    const woken = this.#db.write(wake, { for: tenantId }).catch((error: unknown) => {
      this.#runtime.log.debug('A send lane could not be woken', { lane: key, error: messageOf(error) });
    });
    this.#beside(woken);
  }

  #beside(work: Promise<void>): void {
    this.#besides.add(work);
    void work.finally(() => this.#besides.delete(work));
  }

  /** Null when the session was deleted meanwhile. */
  async #sessionOf(lane: Lane): Promise<ConfiguredSession | null> {
    const sessionId = lane.key.slice(laneOf('' as SessionId).length) as SessionId;
    return this.#sessions.configured(lane.tenantId, sessionId).catch((error: unknown) => {
      if (error instanceof HooklineError && error.code === 'not-found') return null;
      throw error;
    });
  }
}

/** Most events are of other types, and of those nothing is parsed. */
const isFreeing = (type: LedgerEvent['type'], json: string): boolean =>
  (type === 'session.status' && JSON.parse(json).to === 'connected') ||
  (type === 'session.attention' && JSON.parse(json).reason === 'new-chats-open');
