import type { Milliseconds, Random } from '../../core/runtime.ts';
import { retryLaneOf } from '../lane-key.ts';
import type { Attempt, DeliveryStatus } from '../owed/delivery.ts';
import { pausedUntil, retryDelay } from '../owed/schedule.ts';

/** What an attempt makes of its delivery. */
export interface Change {
  status: DeliveryStatus;
  lane: string;
  failures: number;
  /** Null unless pending. */
  dueAt: Milliseconds | null;
  /** Null while pending. */
  finishedAt: Milliseconds | null;
}

/**
 * pending → delivered   the attempt succeeded
 *         → pending     it failed: due again by the schedule, or when the receiver asked for it; aside if the order is relaxed
 *         → dead        it failed after the delivery had expired, or the event cannot be told
 *
 * The last try is made when the delivery expires, so what blocks a lane does so until then and no longer.
 */
export function nextState(
  delivery: { lane: string; failures: number; expiresAt: Milliseconds },
  attempt: Pick<Attempt, 'status' | 'errorClass' | 'responseHeaders'>,
  { aside, schedule, now, random }: { aside: boolean; schedule?: readonly number[] | null; now: Milliseconds; random: Random },
): Change {
  const { lane, expiresAt } = delivery;
  if (attempt.errorClass === null) return { status: 'delivered', lane, failures: 0, dueAt: null, finishedAt: now };
  const failures = delivery.failures + 1;
  if (now >= expiresAt || attempt.errorClass === 'dialect') return { status: 'dead', lane, failures, dueAt: null, finishedAt: now };
  const dueAt = Math.min(pauseOf(attempt, now) ?? now + retryDelay(failures, random, schedule), expiresAt);
  return { status: 'pending', lane: aside ? retryLaneOf(lane) : lane, failures, dueAt, finishedAt: null };
}

/** Until when the whole endpoint waits after this attempt; null when it asked for nothing. */
export function pauseOf({ status, responseHeaders }: Pick<Attempt, 'status' | 'responseHeaders'>, now: Milliseconds): Milliseconds | null {
  const retryAfter = responseHeaders?.['retry-after'];
  return status === null || typeof retryAfter !== 'string' ? null : pausedUntil(status, retryAfter, now);
}
