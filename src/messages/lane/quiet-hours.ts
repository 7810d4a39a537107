import { IANAZone } from 'luxon';
import type { Milliseconds } from '../../core/runtime.ts';
import { canonicalTimezone } from '../../core/timezones.ts';
import { changeBetween, isWithin, MINUTES_A_DAY, spanOf } from '../../core/wall-clock.ts';

/** From one time of the day to another, over midnight where `to` is the earlier one. */
export interface QuietHours {
  /** `22:00` */
  from: string;
  to: string;
  /** IANA, `America/Sao_Paulo`. */
  timezone: string;
}

const MINUTE: Milliseconds = 60_000;

/**
 * When the quiet hours end that `time` lies in; null outside of them. What counts is what the clock on the wall shows:
 * where it is put forward over their end they end with that, and where it is put back they last the longer.
 */
export function quietUntil({ from, to, timezone }: QuietHours, time: Milliseconds): Milliseconds | null {
  const span = spanOf(from, to);
  const zone = IANAZone.create(canonicalTimezone(timezone) ?? timezone);
  /** How far the clock on the wall is ahead of UTC, in minutes; `at` in minutes, too. */
  const ahead = (at: number): number => Math.round(zone.offset(at * MINUTE));
  const onTheWall = (at: number): number => (((at + ahead(at)) % MINUTES_A_DAY) + MINUTES_A_DAY) % MINUTES_A_DAY;
  const isQuiet = (clock: number): boolean => isWithin(span, clock);
  let at = Math.floor(time / MINUTE);
  if (!isQuiet(onTheWall(at))) return null;
  // From one change of the clock to the next, between which a minute is a minute. There is at most one within a day.
  while (isQuiet(onTheWall(at))) {
    const over = at + ((span[1] - onTheWall(at) + MINUTES_A_DAY) % MINUTES_A_DAY);
    at = ahead(over) === ahead(at) ? over : changeBetween(at, over, ahead);
  }
  return at * MINUTE;
}
