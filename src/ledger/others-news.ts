import { fullJitter } from '../core/backoff.ts';
import { messageOf } from '../core/errors.ts';
import type { LedgerEvent } from '../core/events.ts';
import type { Runtime, Timer } from '../core/runtime.ts';
import type { LedgerStore } from './store.ts';

const BATCH = 512;
/** Own positions that are kept in mind: those behind a gap wait for a look at what stands before them. */
const MOST_OWN = 1_000;
/** The longest wait (ms) after a look that failed. */
const LONGEST_WAIT = 5_000;

/**
 * What other nodes append: read once for all who listen on this one, in the order of the ledger. It wakes those who listen, and they read
 * the table where they have to be sure: what is missed here costs time and no event.
 */
export class OthersNews {
  readonly #store: Pick<LedgerStore, 'read'>;
  readonly #deliver: (events: readonly LedgerEvent[]) => void;
  readonly #runtime: Runtime;
  /** Positions that this process has appended itself, and has yet to come by. */
  readonly #own = new Set<number>();
  #looked: number;
  /** There may be something that was not looked at. */
  #isStale = false;
  #isOver = false;
  #running = false;
  #failures = 0;
  #timer: Timer | undefined;

  constructor(
    store: Pick<LedgerStore, 'read'>,
    { from, deliver, runtime }: { from: number; deliver: (events: readonly LedgerEvent[]) => void; runtime: Runtime },
  ) {
    this.#store = store;
    this.#deliver = deliver;
    this.#runtime = runtime;
    this.#looked = from;
  }

  /** Whoever listens here has been told of these. */
  passOver(events: readonly LedgerEvent[]): void {
    for (const { position } of events) if (position > this.#looked) this.#own.add(position);
    // Nobody else has appended in between.
    while (this.#own.delete(this.#looked + 1)) this.#looked++;
    if (this.#own.size >= MOST_OWN) this.heardOf(null);
  }

  /** There is something up to this position; null: nobody knows up to which. */
  heardOf(position: number | null): void {
    if (this.#isOver || (position !== null && position <= this.#looked)) return;
    this.#isStale = true;
    if (!this.#running && this.#failures === 0) void this.#run();
  }

  stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      while (this.#isStale && !this.#isOver) {
        // Before the table is read: what is told of meanwhile has it read again.
        this.#isStale = false;
        const events = await this.#store.read({ after: this.#looked, limit: BATCH });
        const last = events.at(-1)?.position;
        if (last !== undefined && last > this.#looked) this.#take(events, last);
        if (events.length === BATCH) this.#isStale = true;
      }
      this.#failures = 0;
    } catch (error) {
      this.#isStale = true;
      this.#failures++;
      if (this.#isOver) return;
      const wait = fullJitter(this.#failures, { base: 100, cap: LONGEST_WAIT, floor: 50 }, this.#runtime.random);
      this.#runtime.log.verbose('What other nodes have appended could not be read; trying again', { error: messageOf(error) });
      this.#timer = this.#runtime.clock.after(wait, () => void this.#run());
    } finally {
      this.#running = false;
    }
  }

  #take(events: readonly LedgerEvent[], last: number): void {
    const others = events.filter(({ position }) => position > this.#looked && !this.#own.delete(position));
    for (const position of this.#own) if (position <= last) this.#own.delete(position);
    this.#looked = last;
    if (others.length > 0) this.#deliver(others);
  }
}
