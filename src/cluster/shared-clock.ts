import type { Clock, Milliseconds, Timer } from '../core/runtime.ts';

/** By less than this (ms) the clock is not set back: it waits instead, so that what follows is not before what it follows. */
const SMALL = 1_000;

/**
 * The clock of the database, on every node of a cluster: however wrong those of their machines are, instants that one node writes mean the
 * same on another. Between two looks it goes by the clock of the machine that nobody sets. Before the first look it is that of the machine.
 */
export class SharedClock implements Clock {
  readonly #own: Clock;
  #offset: Milliseconds;
  #last = 0;

  constructor(own: Clock) {
    this.#own = own;
    this.#offset = own.now() - own.steady();
  }

  // Each is a function by itself: `now` is handed on without its clock.
  readonly now = (): Milliseconds => {
    const now = Math.round(this.#own.steady() + this.#offset);
    this.#last = now > this.#last - SMALL ? Math.max(now, this.#last) : now;
    return this.#last;
  };

  readonly steady = (): Milliseconds => this.#own.steady();

  readonly after = (delay: Milliseconds, callback: () => void): Timer => this.#own.after(delay, callback);

  /** Asked for and answered at these times by `steady`, the database said that it was `databaseAt`. */
  set({ askedAt, answeredAt, databaseAt }: { askedAt: Milliseconds; answeredAt: Milliseconds; databaseAt: Milliseconds }): void {
    const offset = databaseAt - (askedAt + answeredAt) / 2;
    // Nobody knows it better than half of what the answer took.
    if (Math.abs(offset - this.#offset) > (answeredAt - askedAt) / 2 + 1) this.#offset = offset;
  }
}
