import { kept } from '../core/kept.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { canonicalTimezone } from '../core/timezones.ts';
import type { QuietHours } from './pacing.ts';

const MINUTE: Milliseconds = 60_000;
const MINUTES_A_DAY = 24 * 60;

/** There are some 450 time zones; those that are used are few. */
const MOST_FORMATS = 500;

/** Making one costs more than a thousand uses of it. */
const formatOf = kept(
  MOST_FORMATS,
  (timezone) => new Intl.DateTimeFormat('en', { timeZone: timezone, hour: 'numeric', minute: 'numeric', hourCycle: 'h23' }),
);

const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Minutes since midnight that a clock on the wall shows. */
function wallClock(time: Milliseconds, timezone: string): number {
  const parts = formatOf(canonicalTimezone(timezone) ?? timezone).formatToParts(time);
  const read = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
  return read('hour') * 60 + read('minute');
}

/**
 * When the quiet hours end that `time` lies in; null outside of them. What counts is what the clock on the wall shows:
 * where it is put forward over their end they end with that, and where it is put back they last the longer.
 */
export function quietUntil({ from, to, timezone }: QuietHours, time: Milliseconds): Milliseconds | null {
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  const clock = (at: Milliseconds): number => wallClock(at, timezone);
  const isQuiet = (at: Milliseconds): boolean =>
    begin < end ? clock(at) >= begin && clock(at) < end : clock(at) >= begin || clock(at) < end;
  if (!isQuiet(time)) return null;
  const minute = Math.floor(time / MINUTE);
  const after = (at: number): number => at + ((end - clock(at * MINUTE) + MINUTES_A_DAY) % MINUTES_A_DAY);
  let quiet = minute;
  let over = after(minute);
  // Put back on the way there: still quiet.
  while (isQuiet(over * MINUTE)) {
    quiet = over;
    over = after(over);
  }
  // Put forward on the way there: they ended before.
  while (over - quiet > 1) {
    const middle = Math.floor((quiet + over) / 2);
    if (isQuiet(middle * MINUTE)) quiet = middle;
    else over = middle;
  }
  return over * MINUTE;
}
