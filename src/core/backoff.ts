import type { Random } from './runtime.ts';

/**
 * Exponential back-off with full jitter: between 0 and `base * 2^(attempt-1)`, never above `cap` (ms), never below `floor`.
 * Source: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function fullJitter(
  attempt: number,
  { base, cap, floor = 0 }: { base: number; cap: number; floor?: number },
  random: Random,
): number {
  const ceiling = Math.min(cap, base * 2 ** Math.min(attempt - 1, 30));
  return Math.max(floor, Math.round(random() * ceiling));
}

/** `delay` moved by up to `share` of itself either way: `spread(1000, 0.2, …)` is 800 to 1200. */
export function spread(delay: number, share: number, random: Random): number {
  return Math.round(delay * (1 - share + 2 * share * random()));
}
