import { spread } from '../../core/backoff.ts';
import type { Milliseconds, Random } from '../../core/runtime.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Wait after the first, second, … failure in a row; the last of them is repeated. */
const WAITS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY];
const JITTER = 0.2;

/** A delivery is owed this long; a try that fails later is its last. */
export const MAX_AGE = 3 * DAY;

/** A receiver can ask for no longer a pause than this, and for none shorter, or it could make us ask without end. */
const LONGEST_PAUSE = HOUR;
const SHORTEST_PAUSE = SECOND;

/** Milliseconds to wait after `failures` (1 or more) in a row, ±20 %. `schedule`: an endpoint's own waits, in seconds. */
export function retryDelay(failures: number, random: Random, schedule: readonly number[] | null = null): number {
  const waits = schedule?.map((seconds) => seconds * SECOND) ?? WAITS;
  return spread(waits[Math.min(failures, waits.length) - 1] ?? DAY, JITTER, random);
}

/** Until when an answer asks to be left alone: `Retry-After` (RFC 9110, 10.2.3) in seconds or as a date, on 429 and 503. */
export function pausedUntil(status: number, retryAfter: string | undefined, now: Milliseconds): Milliseconds | null {
  if ((status !== 429 && status !== 503) || retryAfter === undefined) return null;
  const wait = /^\s*\d+\s*$/.test(retryAfter) ? Number(retryAfter) * SECOND : Date.parse(retryAfter) - now;
  if (Number.isNaN(wait)) return null;
  return now + Math.min(Math.max(wait, SHORTEST_PAUSE), LONGEST_PAUSE);
}
