import RateLimiterMemory from 'rate-limiter-flexible/lib/RateLimiterMemory.js';
import type { Counted, Counts, CountsOf } from '../core/counts.ts';

/** Seconds. */
const WINDOW = 60;

/** Counts of this process alone. */
export class MemoryCounts implements Counts {
  // It only counts: what is allowed, whoever asks knows.
  readonly #limiter = new RateLimiterMemory({ points: 1, duration: WINDOW });

  async add(who: string, { count = 1 }: { count?: number } = {}): Promise<Counted> {
    const { consumedPoints, msBeforeNext } = await this.#limiter.penalty(who, count);
    return { used: consumedPoints, msLeft: msBeforeNext };
  }

  async get(who: string): Promise<Counted> {
    const { consumedPoints = 0, msBeforeNext = 0 } = (await this.#limiter.get(who)) ?? {};
    return msBeforeNext > 0 ? { used: consumedPoints, msLeft: msBeforeNext } : { used: 0, msLeft: 0 };
  }

  /** It is known better elsewhere. */
  set(who: string, { used, msLeft }: Counted): Promise<unknown> {
    return msLeft > 0 ? this.#limiter.set(who, used, msLeft / 1_000) : this.#limiter.delete(who);
  }
}

/** Of a hub that has no others beside it. */
export const memoryCounts: CountsOf = () => new MemoryCounts();
