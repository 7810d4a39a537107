import { iso } from '../../core/iso.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { BreakerState } from '../health/breaker.ts';
import type { Attempt, FailingView } from '../owed/delivery.ts';

/** How the attempts of a while went. */
export interface AttemptStats {
  attempts: number;
  succeeded: number;
  failed: number;
  /** 0 to 1; null when there were none. */
  successRate: number | null;
  /** How many by HTTP status, or by class of error where there was no answer. */
  byStatus: Record<string, number>;
  /** Milliseconds; null when there were none. */
  latency: { p50: number | null; p95: number | null };
}

/** How the attempts of one hour went; `at`: when it began. */
export interface HourStats {
  at: string;
  succeeded: number;
  failed: number;
}

export interface EndpointStats {
  lastHour: AttemptStats;
  lastDay: AttemptStats;
  hours: HourStats[];
  breaker: BreakerState;
  /** Requests a second that it is slowed down to because it said that it is overloaded; null when it is not. */
  slowedTo: number | null;
  waiting: number;
  /** When the oldest event that waits happened. */
  oldestWaitingAt: string | null;
  /** A delivery whose last try failed, and that is tried again. */
  failing: FailingView | null;
}

export function summarize(attempts: readonly Pick<Attempt, 'latency' | 'status' | 'errorClass'>[]): AttemptStats {
  const succeeded = attempts.filter(({ errorClass }) => errorClass === null).length;
  const byStatus: Record<string, number> = {};
  for (const { status, errorClass } of attempts) {
    const key = String(errorClass === null || errorClass === 'http' ? (status ?? errorClass) : errorClass);
    byStatus[key] = (byStatus[key] ?? 0) + 1;
  }
  const latencies = attempts.map(({ latency }) => latency).sort((a, b) => a - b);
  return {
    attempts: attempts.length,
    succeeded,
    failed: attempts.length - succeeded,
    successRate: attempts.length === 0 ? null : succeeded / attempts.length,
    byStatus,
    latency: { p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) },
  };
}

const HOUR = 3_600_000;

/** The 24 hours that end at `now`, oldest first. */
export function hourly(attempts: readonly Pick<Attempt, 'startedAt' | 'errorClass'>[], now: Milliseconds): HourStats[] {
  const hours = Array.from({ length: 24 }, (_, at) => ({ at: iso(now - (24 - at) * HOUR), succeeded: 0, failed: 0 }));
  for (const { startedAt, errorClass } of attempts) {
    // The edges are a millisecond's: what began at `now`, and what began a day ago, belong to the last and the first hour.
    const hour = hours[Math.min(23, Math.max(0, 23 - Math.floor((now - startedAt) / HOUR)))];
    if (hour) hour[errorClass === null ? 'succeeded' : 'failed']++;
  }
  return hours;
}

/** The nearest rank. */
const percentile = (sorted: readonly number[], share: number): number | null => sorted[Math.ceil(share * sorted.length) - 1] ?? null;
