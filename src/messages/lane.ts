import { HooklineError } from '../core/errors.ts';
import type { EventDraft, LedgerEvent } from '../core/events.ts';
import type { MessageId, SessionId, TenantId } from '../core/ids.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import type { Database, Tx } from '../db/open.ts';
import { announcement, laneOf, missing } from './announce.ts';
import { takeEffect } from './effect.ts';
import { type Done, HandOver, needsPreparing, type Ready } from './hand-over.ts';
import type { MediaLibrary } from './media/library.ts';
import { afterWaking } from './outcome.ts';
import type { Refs } from './outgoing.ts';
import { type Pacing, paceAfter, pacingOf, pacingWait } from './pacing.ts';
import type { Addresses, ConfiguredSession, Lane, Lanes, Ledger, SendingEngine, Sessions } from './ports.ts';
import { awaitingDelivery, move, wasTaken } from './status.ts';
import { type MessageStore, type MessageTransactor, messageStore } from './store.ts';
import type { StoredMessage } from './stored.ts';

/** For whoever does not say how long WhatsApp may take. */
const SEND_DEADLINE = 60_000;
/** After this long a pump leaves its place to the next lane (and the hub a chance to stop). */
const SLICE = 1_000;
const WAKING_AT_ONCE = 100;
/** However long it is to wait, the lane looks again after this: the rules of a time zone, or the clock, may have changed since. */
const LOOK_AGAIN = 15 * 60_000;

/** What is to be done about one message between two steps. */
type Task = { engine: SendingEngine; message: StoredMessage } & ({ kind: 'prepare' } | { kind: 'send'; refs: Refs } | { kind: 'ask' });

export interface SendLaneOptions {
  /** After it a hand-over is `unknown`, so that an engine that never answers does not hold its lane for ever. */
  deadline?: Milliseconds;
  /** A message that is `sent` for so long without being delivered is told of once; null: never. */
  ackTimeout?: Milliseconds | null;
}

/**
 * The lane in which the sends of one session leave, one in flight, strictly in order:
 *
 *   step (one transaction: what the last task came to, what woke by itself, the next head) → task → step …
 *
 * The head, once it is due and pacing lets it go, is prepared (recipient, file, typing) while it is still `queued`; the
 * step after that makes it `sending`, and its hand-over lies between that step and the next. A crash in it leaves the row
 * `sending` and the lane due; the next pump, which can only meet a `sending` row if it was left over, makes it `unknown`
 * and has WhatsApp asked for its id.
 */
export class SendLane {
  readonly #store: MessageStore;
  readonly #ledger: Ledger;
  readonly #lanes: Lanes;
  readonly #sessions: Pick<Sessions, 'engineOf' | 'configured'>;
  readonly #runtime: Runtime;
  readonly #handOver: HandOver;
  readonly #ackTimeout: Milliseconds | null;

  constructor(
    db: Database,
    ports: {
      ledger: Ledger;
      lanes: Lanes;
      sessions: Pick<Sessions, 'engineOf' | 'configured'>;
      media: Pick<MediaLibrary, 'file'>;
      addresses: Addresses;
    },
    { deadline = SEND_DEADLINE, ackTimeout = null, ...runtime }: Runtime & SendLaneOptions,
  ) {
    this.#store = messageStore(db);
    this.#ledger = ports.ledger;
    this.#lanes = ports.lanes;
    this.#sessions = ports.sessions;
    this.#runtime = runtime;
    this.#handOver = new HandOver(ports, runtime, deadline);
    this.#ackTimeout = ackTimeout;
  }

  /** Registered with the dispatcher for lanes of the kind `send`. */
  async pump(lane: Lane): Promise<void> {
    const { clock } = this.#runtime;
    const session = await this.#sessionOf(lane);
    if (!session) return lane.commit(async () => null);
    const until = clock.now() + SLICE;
    let done: Done | undefined;
    let ready: Ready | undefined;
    for (;;) {
      const task = await this.#step(lane, session, { done, ready, more: clock.now() < until || ready !== undefined });
      if (!task) return;
      [done, ready] = [undefined, undefined];
      if (task.kind === 'send') done = await this.#handOver.send(task.engine, task.message, task.refs);
      else if (task.kind === 'ask') done = await this.#handOver.ask(task.engine, task.message);
      else {
        const prepared = await this.#handOver.prepare(session, task.engine, task.message);
        if ('from' in prepared) done = prepared;
        else ready = prepared;
      }
    }
  }

  /** Follows the ledger: a session that is connected lets go of what was held for it. */
  async follow(tx: Tx, events: readonly LedgerEvent[]): Promise<void> {
    const connected = new Map<SessionId, TenantId>();
    for (const { type, sessionId, tenantId, json } of events) {
      if (type === 'session.status' && sessionId && JSON.parse(json).to === 'connected') connected.set(sessionId, tenantId);
    }
    const now = this.#runtime.clock.now();
    for (const [sessionId, tenantId] of connected) {
      const released = await this.#store.within(tx, tenantId).release(sessionId, now);
      if (released) await this.#lanes.schedule(tx, [{ kind: 'send', key: laneOf(sessionId), tenantId, dueAt: now }]);
    }
  }

  /** Null when the session was deleted meanwhile. */
  async #sessionOf(lane: Lane): Promise<ConfiguredSession | null> {
    const sessionId = lane.key.slice(laneOf('' as SessionId).length) as SessionId;
    return this.#sessions.configured(lane.tenantId, sessionId).catch((error: unknown) => {
      if (error instanceof HooklineError && error.code === 'not-found') return null;
      throw error;
    });
  }

  /** One transaction. Answers what is to be done next, or undefined when the lane has to wait (or, without `more`, to stop). */
  async #step(
    lane: Lane,
    session: ConfiguredSession,
    { done, ready, more }: { done: Done | undefined; ready: Ready | undefined; more: boolean },
  ): Promise<Task | undefined> {
    let task: Task | undefined;
    await lane.commit(async (tx) => {
      task = undefined;
      const now = this.#runtime.clock.now();
      const messages = this.#store.within(tx, lane.tenantId);
      const engine = this.#sessions.engineOf(session.id);
      const news: EventDraft[] = [];
      const save = async ({ from, to }: Done): Promise<void> => {
        const saved = await messages.save(from.status === to.status ? to : awaitingDelivery(to, now, this.#ackTimeout), from.status);
        // Not saved: an ack has told more meanwhile.
        if (!saved) return;
        if (to.status !== from.status) {
          await takeEffect(messages, from, to, now);
          news.push(announcement(session, to));
        } else if (to.status === 'sent') news.push(missing(session, to));
      };
      if (done) await save(await this.#withFreeId(messages, done));
      for (const message of await messages.waking(session.id, now, WAKING_AT_ONCE)) {
        const to = afterWaking(message, engine !== null, now);
        if (to) await save({ from: message, to });
        else if (engine && more) task ??= { kind: 'ask', engine, message };
      }
      let due: Milliseconds | null = null;
      const head = engine && !task ? await messages.head(session.id) : undefined;
      if (engine && head) {
        const paced = await this.#paced(messages, head, pacingOf(session.config), now);
        due = Math.max(head.notBefore ?? now, paced.until);
        if (more && due <= now && (head.expiresAt ?? now + 1) > now) {
          const isReady = ready?.id === head.id;
          if (!isReady && needsPreparing(head)) task = { kind: 'prepare', engine, message: head };
          else {
            const to = isReady && ready ? ready.to : head.chatId;
            const engineId = head.engineId ?? engine.reserveId(to);
            const changes = { engineId, attempts: head.attempts + 1, notBefore: null, pace: paced.next };
            const message = move(head, 'sending', now, changes);
            await save({ from: head, to: message });
            const refs = { ...(await this.#refsOf(messages, head)), to, ...(isReady && { media: ready?.media }) };
            task = { kind: 'send', engine, message, refs };
          }
        }
      }
      await this.#ledger.append(tx, news);
      if (task) return now;
      return earliest(await messages.nextWake(session.id), due);
    });
    return task;
  }

  /** Until when pacing holds the head, and with what it is stored if it leaves now. Derived from what is on disk alone. */
  async #paced(
    messages: MessageTransactor,
    head: StoredMessage,
    pacing: Pacing | null,
    now: Milliseconds,
  ): Promise<{ until: Milliseconds; next: StoredMessage['pace'] }> {
    if (!pacing) return { until: now, next: head.pace };
    const paces = await messages.paces(head.sessionId, head.chatId);
    const wait = pacingWait(pacing, paces, now);
    return { until: Math.min(wait?.until ?? now, now + LOOK_AGAIN), next: paceAfter(pacing, paces, now, this.#runtime.random) };
  }

  /** WhatsApp may have sent it under another id than the reserved one; its echo may have come in under that already. */
  async #withFreeId(messages: MessageTransactor, { from, to }: Done): Promise<Done> {
    const taken = to.engineId !== from.engineId && to.engineId !== null && (await messages.byEngineId(to.sessionId, to.engineId));
    return taken ? { from, to: { ...to, engineId: from.engineId } } : { from, to };
  }

  /** One that never got to WhatsApp cannot be quoted, which does not keep the answer from being sent. */
  async #refsOf(messages: MessageTransactor, { content: { replyTo, messageId } }: StoredMessage): Promise<Omit<Refs, 'to'>> {
    const engineIdOf = async (reference: string | undefined): Promise<string | undefined> => {
      if (!reference?.startsWith('msg_')) return reference;
      const message = await messages.byId(reference as MessageId);
      return message && (wasTaken(message) || message.status === 'unknown') ? (message.engineId ?? undefined) : undefined;
    };
    return { replyTo: await engineIdOf(replyTo), target: await engineIdOf(messageId) };
  }
}

function earliest(...times: (Milliseconds | null)[]): Milliseconds | null {
  const known = times.filter((time) => time !== null);
  return known.length > 0 ? Math.min(...known) : null;
}
