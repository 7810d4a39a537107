/**
 * The one door by which what a session's phone got enters the hub: one after the other, in the order of WhatsApp, whether it
 * came live or while nobody listened.
 *
 *   held ─caught up→ open ─nobody listens (a launch, a reload)→ held        ─the run ends→ closed
 *
 * While it is *held*, what comes live waits: the engine is asked for what was missed, which goes before it. Only when all of
 * that is in is the session *caught up*, and only then the mark moves: WhatsApp's time up to which everything is here. A hub
 * that dies before begins from the old mark again, and what it had taken comes twice and is dropped. An engine that does not
 * say what was missed is waited for no longer than `PATIENCE`; it is asked on, but what comes live goes in.
 *
 * What the database does not take now is tried again with back-off, and nothing overtakes it. What it will never take is set
 * aside, and the rest goes on.
 */
import { type Ack, type Arrival, sound, type Told, type Unreadable } from '../../core/arrival.ts';
import { fullJitter } from '../../core/backoff.ts';
import { wait } from '../../core/deadline.ts';
import { HooklineError, messageOf } from '../../core/errors.ts';
import type { ChatId, InboundMessage } from '../../core/message.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import { isPassing } from '../../db/passing.ts';
import type { Engine } from '../engine.ts';
import type { Aside, SessionPorts } from '../ports.ts';

/** Messages may carry a time from before the last one that was seen. Asking for more costs little: the inbox drops doubles (ms). */
const OVERLAP = 600_000;
const RETRY = { base: 1_000, cap: 30_000, floor: 500 };
/** For what was missed to be listed (ms). */
const PATIENCE = 90_000;
/** For what waits to be stored at the end of a run (ms). */
const LAST_NEWS = 5_000;
/** Stored in one transaction. */
const BATCH = 16;
/** What may wait in memory. Beyond it the phone is asked again later. */
const MOST_WAITING = 10_000;
const MOST_CHARACTERS = 16 * 1_024 * 1_024;

/** Moves the mark: all that was missed stands before it. */
interface CaughtUp {
  upTo: Milliseconds;
  round: number;
}

interface Waiting {
  what: Arrival | { unreadable: Unreadable } | { caughtUp: CaughtUp };
  weight: number;
  resolve(): void;
  reject(error: unknown): void;
  /** Told why it could not be stored yet. */
  trouble: ((error: unknown) => void) | undefined;
}

export interface IntakeContext {
  ports: Pick<SessionPorts, 'inbound' | 'outbound' | 'setAside'>;
  store: { caughtUp(session: SessionRef, upTo: Milliseconds): Promise<void> };
  runtime: Runtime;
}

export class Intake {
  readonly #session: () => SessionRef;
  readonly #context: IntakeContext;
  readonly #runtime: Runtime;
  #state: 'held' | 'open' | 'closed' = 'closed';
  #waiting: Waiting[] = [];
  #characters = 0;
  #pump: Promise<void> | undefined;
  /** Ends the pause before the next try. */
  #hurry: () => void = () => undefined;
  /** Why the head could not be stored yet, while that is so. */
  #trouble: unknown;
  #lastAt: Milliseconds | null;
  #mark: Milliseconds | null;
  /** Everything up to now is in: then what comes live moves the mark, too. */
  #isWhole = false;
  /** Counts what makes an earlier catch-up void. */
  #round = 0;
  #askAgain: (() => void) | undefined;
  #overflowed = false;

  constructor(
    session: () => SessionRef,
    { lastAt, mark }: { lastAt: Milliseconds | null; mark: Milliseconds | null },
    context: IntakeContext,
  ) {
    this.#session = session;
    this.#lastAt = lastAt;
    this.#mark = mark;
    this.#context = context;
    this.#runtime = context.runtime;
  }

  /** When the last message came in that was stored, by WhatsApp. */
  get lastAt(): Milliseconds | null {
    return this.#lastAt;
  }

  /** WhatsApp's time up to which everything is in the hub; `now` for a session that was never connected. */
  markOr(now: Milliseconds): Milliseconds {
    this.#mark ??= now;
    return this.#mark;
  }

  /** Nobody has listened for a while, or will only begin to: what comes live waits for `catchUp`. */
  hold(): void {
    this.#state = 'held';
    this.#isWhole = false;
    this.#trouble = undefined;
    this.#round++;
  }

  /**
   * Resolves when it is on disk, or set aside; until then it is tried, in order, and `trouble` is told each time why it is not
   * yet. Rejects when the run ends before, or too much waits.
   */
  take(what: Arrival | { unreadable: Unreadable }, trouble?: (error: unknown) => void): Promise<void> {
    if (this.#state === 'closed') return Promise.reject(notTaken());
    const made = 'unreadable' in what ? what : this.#sound(what);
    const weight = weightOf(made);
    if (this.#waiting.length >= MOST_WAITING || this.#characters + weight > MOST_CHARACTERS) return this.#overflow(made);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#push({ what: made, weight, resolve, reject, trouble });
    if (this.#trouble !== undefined) trouble?.(this.#trouble);
    this.#run();
    return promise;
  }

  /** Takes in what came while nobody listened, before what has come live since; `wanted` says until when it is asked for. */
  catchUp(engine: Pick<Engine, 'unreadSince'>, wanted: () => boolean): void {
    this.hold();
    const round = this.#round;
    this.#askAgain = () => this.catchUp(engine, wanted);
    void this.#catchUp(engine, () => wanted() && round === this.#round && this.#state !== 'closed');
  }

  /** What waits is stored if that is soon done; what is not then, and what would come before what was missed, is with the phone. */
  async end(): Promise<void> {
    if (this.#state === 'closed') return;
    const held = this.#state === 'held';
    this.#state = 'closed';
    this.#isWhole = false;
    this.#round++;
    this.#askAgain = undefined;
    if (held) this.#drop(({ what }) => 'caughtUp' in what || ('message' in what && !what.message.fromMe));
    this.#hurry();
    this.#run();
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const timer = this.#runtime.clock.after(LAST_NEWS, resolve);
    await Promise.race([this.#pump, over]);
    timer.cancel();
    this.#drop(() => true);
  }

  async #catchUp(engine: Pick<Engine, 'unreadSince'>, wanted: () => boolean): Promise<void> {
    const { clock, random, log } = this.#runtime;
    const patience = clock.after(PATIENCE, () => {
      if (!wanted()) return;
      log.error('What the session missed could not be listed in time; what comes now goes in before it');
      this.#open();
    });
    for (let attempt = 1; wanted(); attempt++) {
      try {
        const since = this.markOr(clock.now());
        const missed = await engine.unreadSince(since - OVERLAP);
        if (!wanted()) break;
        this.#insert(missed, since);
        this.#open();
        break;
      } catch (error) {
        log.warn('What the session missed could not be listed yet', { session: this.#session().id, error: messageOf(error) });
        await wait(clock, fullJitter(attempt, RETRY, random));
      }
    }
    patience.cancel();
  }

  /** Before all that waits; what of that is older than a missed one of its chat goes before it. */
  #insert(missed: readonly InboundMessage[], since: Milliseconds): void {
    const now = this.#runtime.clock.now();
    const latest = new Map<ChatId, Milliseconds>();
    let upTo = since;
    const first: Waiting[] = missed.map((message) => {
      const what = this.#sound({ message });
      return { what, weight: weightOf(what), ...UNASKED };
    });
    for (const { what } of first) {
      if (!('message' in what)) continue;
      const { message } = what;
      latest.set(message.chat.id, Math.max(message.timestamp, latest.get(message.chat.id) ?? 0));
      upTo = Math.max(upTo, Math.min(message.timestamp, now));
    }
    const isLate = ({ what }: Waiting): boolean => 'message' in what && what.message.timestamp < (latest.get(what.message.chat.id) ?? 0);
    for (const late of this.#waiting.filter(isLate)) {
      const { chat, timestamp } = (late.what as { message: InboundMessage }).message;
      const place = first.findIndex(
        ({ what }) => 'message' in what && what.message.chat.id === chat.id && what.message.timestamp > timestamp,
      );
      first.splice(place, 0, late);
    }
    const marker: Waiting = { what: { caughtUp: { upTo, round: this.#round } }, weight: 0, ...UNASKED };
    this.#waiting = [...first, marker, ...this.#waiting.filter((one) => !isLate(one))];
    this.#characters = this.#waiting.reduce((sum, { weight }) => sum + weight, 0);
  }

  #open(): void {
    if (this.#state === 'held') this.#state = 'open';
    this.#run();
  }

  #run(): void {
    if (this.#state === 'held' || this.#waiting.length === 0) return;
    this.#pump ??= this.#storeAll().finally(() => {
      this.#pump = undefined;
      if (this.#state === 'open') this.#run();
    });
  }

  async #storeAll(): Promise<void> {
    const { clock, random, log } = this.#runtime;
    for (let failures = 0; this.#state !== 'held' && this.#waiting.length > 0; ) {
      try {
        await this.#storeNext();
        failures = 0;
        this.#trouble = undefined;
      } catch (error) {
        failures++;
        this.#trouble = error;
        for (const { trouble } of this.#waiting) trouble?.(error);
        const again = this.#state !== 'closed';
        log.warn('The hub could not store what came from WhatsApp', { session: this.#session().id, error: messageOf(error), again });
        if (!again) return;
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = clock.after(fullJitter(failures, RETRY, random), resolve);
        this.#hurry = resolve;
        await promise;
        timer.cancel();
      }
    }
    if (this.#overflowed && this.#waiting.length === 0) {
      this.#overflowed = false;
      this.#askAgain?.();
    }
  }

  /** What stands first, with what may share its transaction. Rejects when it may be tried again. */
  async #storeNext(): Promise<void> {
    const [head] = this.#waiting;
    if (!head) return;
    const session = this.#session();
    if ('caughtUp' in head.what) {
      const { upTo, round } = head.what.caughtUp;
      await this.#context.store.caughtUp(session, upTo);
      this.#mark = Math.max(upTo, this.#mark ?? 0);
      // Unless something was missed since.
      if (round === this.#round) this.#isWhole = !this.#overflowed;
      return this.#done([head]);
    }
    if ('unreadable' in head.what) {
      const { error, ...aside } = head.what.unreadable;
      await this.#setAside({ stage: 'mapping', ...aside, error });
      return this.#done([head]);
    }
    const kind = 'ack' in head.what ? 'ack' : 'told';
    const end = this.#waiting.findIndex(
      ({ what }) => 'caughtUp' in what || 'unreadable' in what || ('ack' in what ? 'ack' : 'told') !== kind,
    );
    const batch = this.#waiting.slice(0, Math.min(BATCH, end < 0 ? BATCH : end));
    if (kind === 'ack') return this.#storeAcks(session, batch);
    try {
      await this.#storeTold(session, batch);
      this.#done(batch);
    } catch (error) {
      if (isPassing(error)) throw error;
      for (const one of batch) {
        await this.#orAside(() => this.#storeTold(session, [one]), one);
        this.#done([one]);
      }
    }
  }

  async #storeTold(session: SessionRef, batch: readonly Waiting[]): Promise<void> {
    const told = batch.map(({ what }) => what as Told);
    const times = told.flatMap((one) => ('message' in one && !one.message.fromMe ? [one.message.timestamp] : []));
    const latest = times.length === 0 ? null : Math.min(Math.max(...times), this.#runtime.clock.now());
    const mark = this.#isWhole && latest !== null && latest > (this.#mark ?? 0) ? latest : null;
    await this.#context.ports.inbound.take(session, told, mark);
    if (latest !== null) this.#lastAt = Math.max(this.#lastAt ?? 0, latest);
    if (mark !== null) this.#mark = mark;
  }

  /** Each for itself, together: they are about different messages, or say the same twice. */
  async #storeAcks(session: SessionRef, batch: readonly Waiting[]): Promise<void> {
    const { outbound } = this.#context.ports;
    const tried = await Promise.allSettled(
      batch.map((one) => this.#orAside(() => outbound.ack(session, (one.what as { ack: Ack }).ack), one).then(() => this.#done([one]))),
    );
    for (const result of tried) if (result.status === 'rejected') throw result.reason;
  }

  /** Sets aside what cannot be stored; whether it really cannot is seen by trying it by itself. */
  async #orAside(store: () => Promise<void>, { what }: Waiting): Promise<void> {
    try {
      await store();
    } catch (error) {
      if (isPassing(error)) throw error;
      const [kind, raw] = kindOf(what as Arrival);
      const engineId = 'message' in what ? what.message.engineId : 'ack' in what ? what.ack.engineId : null;
      await this.#setAside({ stage: 'storing', kind, raw, engineId: engineId ?? null, error });
    }
  }

  async #setAside(aside: Aside): Promise<void> {
    const session = this.#session();
    try {
      await this.#context.ports.setAside(session, aside);
    } catch (error) {
      if (isPassing(error)) throw error;
      // Whatever it is, those behind it go on.
      const { engineId, kind } = aside;
      this.#runtime.log.error('What could not be taken in could not be set aside either', { engineId, kind, error: messageOf(error) });
    }
  }

  /** What is not even an arrival is set aside as it is. */
  #sound(arrival: Arrival): Arrival | { unreadable: Unreadable } {
    try {
      return sound(arrival, this.#runtime.clock.now());
    } catch (error) {
      const [kind, raw] = kindOf(arrival);
      return { unreadable: { kind, raw, engineId: null, error } };
    }
  }

  #push(one: Waiting): void {
    this.#waiting.push(one);
    this.#characters += one.weight;
  }

  #done(batch: readonly Waiting[]): void {
    const stored = new Set(batch);
    this.#waiting = this.#waiting.filter((one) => !stored.has(one));
    for (const { weight, resolve } of batch) {
      this.#characters -= weight;
      resolve();
    }
  }

  #drop(which: (one: Waiting) => boolean): void {
    const dropped = new Set(this.#waiting.filter(which));
    this.#waiting = this.#waiting.filter((one) => !dropped.has(one));
    for (const { weight, reject } of dropped) {
      this.#characters -= weight;
      reject(notTaken());
    }
  }

  /** The phone has the messages, and is asked for them when there is room again. */
  #overflow(what: Waiting['what']): Promise<void> {
    const { log } = this.#runtime;
    if (!this.#overflowed)
      log.error('Too much waits to be stored; what comes now is asked for again later', { session: this.#session().id });
    if (!('message' in what) || what.message.fromMe) log.error('What cannot be asked for again is lost', { kind: Object.keys(what)[0] });
    this.#overflowed = true;
    this.#isWhole = false;
    return Promise.reject(new HooklineError('storage-unavailable', 'Too much waits to be stored. Try again shortly.', { retryAfter: 5 }));
  }
}

function kindOf(arrival: Arrival): [Unreadable['kind'], unknown] {
  if ('message' in arrival) return ['message', arrival.message];
  return 'ack' in arrival ? ['ack', arrival.ack] : ['notice', arrival.notice];
}

/** What the hub asked for itself waits for no answer. */
const UNASKED = { resolve: (): void => undefined, reject: (): void => undefined, trouble: undefined };

const notTaken = (): HooklineError =>
  new HooklineError(
    'session-not-connected',
    'The session was stopped before this was stored. It is taken in when the session is connected again.',
  );

/** About so many characters. */
function weightOf(what: Waiting['what']): number {
  if ('unreadable' in what) return 10_000;
  if ('notice' in what) return 500 + ('text' in what.notice ? what.notice.text.length : 0);
  if (!('message' in what)) return 200;
  const { text, caption, contacts, list, poll } = what.message;
  const more = contacts || list || poll ? JSON.stringify([contacts, list, poll]).length : 0;
  return 1_000 + (text?.length ?? 0) + (caption?.length ?? 0) + more;
}
