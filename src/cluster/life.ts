import type { Clock, Milliseconds } from '../core/runtime.ts';
import { sinceBoot } from '../core/since-boot.ts';

/** Of the time after which the others take a node for dead: until then it may act, and until then nothing of it may be left. */
const SURE = 2 / 3;
const GONE = 0.8;
/** Between two looks (ms). */
const LOOK: Milliseconds = 250;

export interface LifeListener {
  /** Nobody confirms any more that this node lives: what others may soon do is to be ended here. */
  unsure(): void;
  /** It lives after all, and nobody has taken over. */
  sure(): void;
  /** Whatever happens to this process, until then (ms since boot) it may have what only one node may have. */
  until(time: Milliseconds): void;
}

/**
 * Whether this node may do what only one node may. It may while the database has noted lately that it lives; the time goes on while the
 * process stands still and while the machine is suspended, so that whoever wakes up after its time knows so at once.
 */
export class Life {
  readonly #lease: Milliseconds;
  readonly #clock: Clock;
  readonly #listeners: LifeListener[] = [];
  readonly #now: () => Milliseconds;
  #notedAt = Number.NEGATIVE_INFINITY;
  #isOver = false;

  /** `lease`: how long the others wait. */
  constructor(lease: Milliseconds, clock: Clock, now = sinceBoot) {
    this.#lease = lease;
    this.#clock = clock;
    this.#now = now;
  }

  get isSure(): boolean {
    return this.#now() - this.#notedAt < this.#lease * SURE;
  }

  /** What was noted before is told at once. */
  listen(listener: LifeListener): void {
    this.#listeners.push(listener);
    if (this.#notedAt !== Number.NEGATIVE_INFINITY) listener.until(this.#goneAt);
  }

  get #goneAt(): Milliseconds {
    return this.#notedAt + this.#lease * GONE;
  }

  /** That it lives was noted, at this time (ms since boot) or later. */
  noted(at: Milliseconds): void {
    const isFirst = this.#notedAt === Number.NEGATIVE_INFINITY;
    this.#notedAt = Math.max(this.#notedAt, at);
    for (const listener of this.#listeners) listener.until(this.#goneAt);
    if (isFirst) this.#watch();
    else this.#look();
  }

  #watch(): void {
    this.#clock.after(LOOK, () => {
      this.#look();
      this.#watch();
    });
  }

  #look(): void {
    const { isSure } = this;
    if (isSure !== this.#isOver) return;
    this.#isOver = !isSure;
    for (const listener of this.#listeners) listener[isSure ? 'sure' : 'unsure']();
  }
}
