/** How patient a supervisor is with an engine: what it tries next, and after how long. Pure. */
import { fullJitter } from '../../core/backoff.ts';
import type { Milliseconds, Random } from '../../core/runtime.ts';

/** Full jitter up to 4 s at first gives 2 to 4 s: nobody waits less than 2 s or more than 5 min (ms). */
const RECONNECT = { base: 4_000, cap: 300_000, floor: 2_000 };

/** For an engine that no longer answers, the mildest first: load the page anew, start the browser anew, leave it alone for a while. */
const REMEDIES = ['page', 'browser'] as const;
type Remedy = (typeof REMEDIES)[number] | 'session';

export class ReconnectPolicy {
  #losses = 0;
  #staleTimes = 0;

  /** Until the next attempt, in ms: longer with each loss. */
  nextDelay(random: Random): Milliseconds {
    return fullJitter(++this.#losses, RECONNECT, random);
  }

  nextRemedy(): Remedy {
    return REMEDIES[this.#staleTimes++] ?? 'session';
  }

  /** A connection has held for long enough, or somebody asked for the session again. */
  restore(): void {
    this.#losses = 0;
    this.#staleTimes = 0;
  }
}
