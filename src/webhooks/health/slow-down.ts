import type { Milliseconds } from '../../core/runtime.ts';

const SECOND = 1_000;
/** Answers to one burst count once. */
const HALVE_EVERY = SECOND;
const EASE_EVERY = 5 * SECOND;
/** Steps from nothing to the full rate. */
const STEPS = 8;
const SLOWEST = 1;

/** Answers by which a receiver or what stands before it says that it is overloaded. */
export const isOverload = (status: number | null): boolean => status === 429 || status === 502 || status === 504;

/** Spares an endpoint that is overloaded: its rate halves at once and comes back step by step. Rates are requests a second. */
export class SlowDown {
  /** What it comes back to; null when it is not slowed down. */
  #full: number | null = null;
  #rate = 0;
  #changedAt: Milliseconds = 0;

  /** Null when it is not slowed down. */
  get rate(): number | null {
    return this.#full === null ? null : this.#rate;
  }

  /** The endpoint is overloaded at `perSecond`, the rate that it is sent when it is not slowed down. */
  overloaded(perSecond: number, now: Milliseconds): void {
    if (this.#full !== null && Math.abs(now - this.#changedAt) < HALVE_EVERY) return;
    const from = this.#full === null ? perSecond : this.#rate;
    this.#full ??= perSecond;
    this.#rate = Math.max(SLOWEST, from / 2);
    this.#changedAt = now;
  }

  /** A try succeeded. */
  succeeded(now: Milliseconds): void {
    if (this.#full === null || Math.abs(now - this.#changedAt) < EASE_EVERY) return;
    this.#rate += this.#full / STEPS;
    this.#changedAt = now;
    if (this.#rate >= this.#full) this.#full = null;
  }
}
