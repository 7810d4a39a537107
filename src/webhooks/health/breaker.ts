import type { Milliseconds } from '../../core/runtime.ts';
import { SlidingWindow } from './sliding-window.ts';

export type BreakerState = 'closed' | 'open' | 'recovering';

const SECOND = 1_000;
const WINDOW = 60 * SECOND;
const SHARE = 0.7;
/** Tries in the window before it can open, and before it opens again while it recovers. */
const ENOUGH = 10;
const ENOUGH_AGAIN = 4;
/** Until the first probe; twice as long after each one that fails. */
const FIRST_WAIT = SECOND;
/** An endpoint that is up again is seen within this. */
const LONGEST_WAIT = 30 * SECOND;
/** While it recovers the lanes double no sooner than after this. */
const STEP = SECOND;

/**
 * Spares an endpoint that fails, and the hub the work of failing:
 *
 *   closed ─ ≥10 tries in 60 s, ≥70 % failed → open ─ its wait is over: one lane probes → recovering (1, 2, 4 … lanes) → closed
 *                                              open ← the probe failed: twice the wait   │
 *                                              open ← ≥70 % failed since ────────────────┘
 */
export class Breaker {
  readonly #most: number;
  #window = new SlidingWindow(WINDOW);
  #state: BreakerState = 'closed';
  #since: Milliseconds = 0;
  #wait: Milliseconds = FIRST_WAIT;
  #lanes = 1;

  /** `most`: lanes at the same time when all is well. */
  constructor(most: number) {
    this.#most = most;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** When the next probe may go; null unless it is open. */
  get probeAt(): Milliseconds | null {
    return this.#state === 'open' ? this.#since + this.#wait : null;
  }

  /** Lanes that may run at the same time. */
  slots(now: Milliseconds): number {
    if (this.#state === 'closed') return this.#most;
    if (this.#state === 'recovering') return Math.min(this.#lanes, this.#most);
    // Since when it is open can lie ahead only when the clock was set back.
    return now >= (this.probeAt ?? 0) || now < this.#since ? 1 : 0;
  }

  /** What became of a try; one that was begun before the breaker opened is no probe. */
  note(success: boolean, { startedAt, now }: { startedAt: Milliseconds; now: Milliseconds }): void {
    if (this.#state === 'open') {
      if (startedAt <= this.#since && now >= this.#since) return;
      if (success) this.#recover(now);
      else this.#open(now, Math.min(2 * this.#wait, LONGEST_WAIT));
      return;
    }
    this.#window.note(success, now);
    const { tries, failures } = this.#window.count(now);
    const enough = this.#state === 'closed' ? ENOUGH : ENOUGH_AGAIN;
    if (!success && tries >= enough && failures >= SHARE * tries) this.#open(now, FIRST_WAIT);
    else if (success && this.#state === 'recovering' && now - this.#since >= STEP) this.#widen(now);
  }

  #open(now: Milliseconds, wait: Milliseconds): void {
    this.#state = 'open';
    this.#since = now;
    this.#wait = wait;
  }

  #recover(now: Milliseconds): void {
    this.#state = 'recovering';
    this.#since = now;
    this.#lanes = 1;
    this.#window = new SlidingWindow(WINDOW);
    this.#window.note(true, now);
  }

  #widen(now: Milliseconds): void {
    this.#lanes *= 2;
    this.#since = now;
    if (this.#lanes >= this.#most) this.#state = 'closed';
  }
}
