import { fullJitter } from '../core/backoff.ts';
import { messageOf } from '../core/errors.ts';
import type { EventType, LedgerEvent } from '../core/events.ts';
import type { Milliseconds, Runtime, Timer } from '../core/runtime.ts';
import type { Database } from '../db/open.ts';
import { isPassing } from '../db/passing.ts';
import { tryWithin } from '../db/savepoint.ts';
import type { Tx } from '../db/tx.ts';
import type { LedgerStore } from './store.ts';

/** Runs inside the transaction that moves the cursor: no I/O in it but the database. */
export type Reaction = (tx: Tx, events: readonly LedgerEvent[]) => Promise<void>;

/** Takes, in the transaction that moves the cursor, an event that a follower cannot react to. */
export type SetAside = (tx: Tx, aside: { follower: string; event: LedgerEvent; error: unknown }) => Promise<void>;

interface Place {
  looked: number;
  written: number;
  /** Since when (ms, steady) it has looked further than is written. */
  since?: Milliseconds;
}

export interface Following {
  react: Reaction;
  /** The only types that it reacts to; all where it does not say. Passing over the others costs no write. */
  types?: readonly EventType[] | undefined;
  /** Without it an event that cannot be reacted to is tried again for ever. */
  setAside?: SetAside | undefined;
}

const BATCH = 256;
/** Events of no interest that are passed over before the cursor is written: as many are looked at again after a crash. */
const PASSED_OVER = 1_000;
/** Milliseconds after which it is written for all that, where other nodes know no more than what is written. */
const TOLD_WITHIN = 2_000;
/** Events that were handed over and not yet looked at; beyond them the table is read instead. */
const MOST_NEWS = 1_000;
/** The longest wait (ms) after a failure of the database itself, which is told elsewhere: it is soon noticed that it works again. */
const DATABASE_DOWN = 5_000;
/** A wake-up comes with every commit of this process; looking again after this long also finds what others wrote. */
const SWEEP = 30_000;

/**
 * One follower of the ledger. Idle, it costs nothing; woken, it takes batches from its cursor until it has caught up:
 * what this process appended as it was handed over, as long as the positions follow each other without a gap (behind a
 * gap somebody else may have written), and else from the table.
 * When the database fails it tries again with back-off: skipping an event would break order and lose it. An event on which
 * the reaction itself throws would throw for ever: it is found among the others of its batch and set aside, and they are
 * reacted to without it.
 */
export class Follower {
  readonly name: string;
  readonly #react: Reaction;
  readonly #types: ReadonlySet<string> | undefined;
  readonly #setAside: SetAside | undefined;
  readonly #store: LedgerStore;
  readonly #db: Database;
  readonly #runtime: Runtime;
  /** Up to where it has looked, and what the row says; unknown until they are read. */
  #at: Place | undefined;
  #looked: number | undefined;
  #started = false;
  #isShared = false;
  #stale = false;
  /** What was appended since the last look, in order. */
  #news: LedgerEvent[] = [];
  /** The table may hold what was not handed over. */
  #behind = true;
  #failures = 0;
  #running: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(name: string, { react, types, setAside }: Following, store: LedgerStore, db: Database, runtime: Runtime) {
    this.name = name;
    this.#react = react;
    this.#types = types && new Set(types);
    this.#setAside = setAside;
    this.#store = store;
    this.#db = db;
    this.#runtime = runtime;
  }

  /** From here on other nodes ask how far it is. */
  share(): void {
    this.#isShared = true;
  }

  start(): void {
    this.#started = true;
    this.#failures = 0;
    this.#lookAnew();
    this.wake();
  }

  /** `news`: what was just committed, in the order of the commits. */
  wake(news: readonly LedgerEvent[] = []): void {
    if (!this.#started) return;
    this.#stale = true;
    if (this.#news.length + news.length <= MOST_NEWS) this.#news.push(...news);
    else this.#lookAnew();
    // After a failure only the back-off wakes it: news must not shorten the wait.
    if (this.#failures === 0) this.#running ??= this.#run();
  }

  /** Up to which position it has looked; undefined before it has begun. */
  get looked(): number | undefined {
    return this.#looked;
  }

  get busy(): boolean {
    return this.#running !== undefined;
  }

  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    await this.idle();
  }

  /** What it knows of where it stands is of before. */
  forget(): void {
    this.#at = undefined;
    this.#looked = undefined;
  }

  async #run(): Promise<void> {
    this.#timer?.cancel();
    let delay = SWEEP;
    try {
      while (this.#stale && this.#started) {
        this.#stale = false;
        await this.#catchUp();
      }
      this.#failures = 0;
      if (this.#isShared && this.#at?.since !== undefined) delay = TOLD_WITHIN;
    } catch (error) {
      this.#failures++;
      // Whether a failed commit was written is not always known: where this stands is read anew.
      this.#at = undefined;
      this.#lookAnew();
      const { up } = this.#db;
      delay = fullJitter(this.#failures, { base: 200, cap: up ? SWEEP : DATABASE_DOWN, floor: 100 }, this.#runtime.random);
      this.#runtime.log[up ? 'error' : 'verbose'](`The follower "${this.name}" of the ledger failed; trying again in ${delay} ms`, {
        error: messageOf(error),
      });
    } finally {
      this.#running = undefined;
    }
    if (!this.#started) return;
    this.#timer = this.#runtime.clock.after(delay, () => {
      this.#stale = true;
      this.#lookAnew();
      this.#running ??= this.#run();
    });
    if (this.#stale) this.wake();
  }

  #lookAnew(): void {
    this.#behind = true;
    this.#news = [];
  }

  async #catchUp(): Promise<void> {
    let at: Place = this.#at ?? (await this.#store.cursor(this.name).then((position) => ({ looked: position, written: position })));
    for (;;) {
      const { looked, written, since } = at;
      this.#looked = looked;
      const events = await this.#next(looked);
      const now = this.#runtime.clock.steady();
      const isLate = this.#isShared && since !== undefined && now - since >= TOLD_WITHIN;
      const last = events.at(-1)?.position ?? looked;
      if (events.length === 0 && !isLate) return;
      const wanted = this.#types ? events.filter(({ type }) => this.#types?.has(type)) : events;
      if (wanted.length > 0 || isLate || last - written >= PASSED_OVER) {
        await this.#move(written, last, wanted);
        at = { looked: last, written: last };
      } else at = { looked: last, written, since: since ?? now };
      this.#at = at;
      this.#looked = last;
      if (!this.#started) return;
    }
  }

  async #move(from: number, to: number, events: readonly LedgerEvent[]): Promise<void> {
    const move = (react: (tx: Tx) => Promise<void>): Promise<void> =>
      this.#db.write(async (tx) => {
        if (!(await this.#store.moveCursor(tx, this.name, from, to))) throw new CursorMoved('another process has moved its cursor');
        if (events.length > 0) await react(tx);
      });
    try {
      await move((tx) => this.#react(tx, events));
    } catch (error) {
      if (!this.#setAside || events.length === 0 || isPassing(error) || error instanceof CursorMoved) throw error;
      await move((tx) => this.#reactToParts(tx, events));
    }
  }

  /** Finds what cannot be reacted to by halving, and reacts to the rest in its order. */
  async #reactToParts(tx: Tx, events: readonly LedgerEvent[]): Promise<void> {
    const callbacks: (() => void)[] = [];
    // What is undone wakes nobody.
    const part: Tx = { ...tx, afterCommit: (callback) => void callbacks.push(callback) };
    const outcome = await tryWithin(tx, () => this.#react(part, events));
    if (!('error' in outcome)) {
      for (const callback of callbacks) tx.afterCommit(callback);
      return;
    }
    const [event] = events;
    if (event && events.length === 1) return this.#setAside?.(tx, { follower: this.name, event, error: outcome.error });
    const half = Math.ceil(events.length / 2);
    await this.#reactToParts(tx, events.slice(0, half));
    await this.#reactToParts(tx, events.slice(half));
  }

  /** Outside the order of the ledger, in the caller's transaction: for an event that was set aside. */
  again(tx: Tx, event: LedgerEvent): Promise<void> {
    return this.#react(tx, [event]);
  }

  /** The events after a position, at most a batch of them; none when all have been looked at. */
  async #next(looked: number): Promise<readonly LedgerEvent[]> {
    if (!this.#behind) {
      // What was read before it was handed over comes a second time.
      const news = this.#news.filter(({ position }) => position > looked);
      const handed = news.slice(0, BATCH);
      if (handed.every(({ position }, index) => position === looked + 1 + index)) {
        this.#news = news.slice(BATCH);
        return handed;
      }
      this.#lookAnew();
    }
    const events = await this.#store.read({ after: looked, limit: BATCH });
    // What was committed while this was read has been handed over, or is in it.
    const last = events.at(-1)?.position ?? looked;
    this.#news = this.#news.filter(({ position }) => position > last);
    this.#behind = events.length === BATCH;
    return events;
  }
}

class CursorMoved extends Error {}
