/** How many messages there were each hour or day. Pure. */
import { DateTime } from 'luxon';
import type { SessionId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import type { Direction } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';

/** Whatever the zone, its hours and days begin at one of these. */
export const QUARTER: Milliseconds = 15 * 60_000;

const DAY: Milliseconds = 24 * 3_600_000;
/** How far back it is counted. */
const LONGEST: Milliseconds = 31 * DAY;

export interface CountAsked {
  by: 'hour' | 'day';
  /** Of IANA: where its hours and days are. */
  timezone: string;
  /** The first hour or day is the one with this time; left out, the last 24 hours or 30 days. */
  since?: Milliseconds | undefined;
  sessionId?: SessionId | undefined;
}

/** Of all sessions of a tenant or one: what came in, and what was accepted to be sent. Times ISO 8601 UTC. */
export interface Counted {
  by: 'hour' | 'day';
  timezone: string;
  /** Oldest first, and none left out; the last one is not over. `at`: when it began. */
  data: { at: string; inbound: number; outbound: number }[];
}

interface Span {
  by: 'hour' | 'day';
  timezone: string;
  since: Milliseconds;
  until: Milliseconds;
}

export interface QuarterCount {
  /** When the quarter of an hour began. */
  at: Milliseconds;
  direction: Direction;
  count: number;
}

export function spanOf({ by, timezone, since }: CountAsked, now: Milliseconds): Span {
  const usual = by === 'hour' ? now - DAY + 3_600_000 : now - 29 * DAY;
  const from = Math.max(Math.min(since ?? usual, now), now - LONGEST);
  return { by, timezone, since: DateTime.fromMillis(from, { zone: timezone }).startOf(by).toMillis(), until: now };
}

export function countedBy({ by, timezone, since, until }: Span, quarters: readonly QuarterCount[]): Counted {
  const begins: Milliseconds[] = [];
  // The day after one that began at 01:00, for its first hour was left out, begins at midnight again.
  const next = (at: DateTime): DateTime => (by === 'day' ? at.plus({ days: 1 }).startOf('day') : at.plus({ hours: 1 }));
  for (let at: DateTime = DateTime.fromMillis(since, { zone: timezone }); at.toMillis() <= until; at = next(at)) begins.push(at.toMillis());
  const counts = begins.map((at) => ({ at: iso(at), inbound: 0, outbound: 0 }));
  for (const { at, direction, count } of quarters) {
    const found = counts[begins.findLastIndex((begin) => begin <= at)];
    if (found) found[direction] += count;
  }
  return { by, timezone, data: counts };
}
