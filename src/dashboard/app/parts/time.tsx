import { signal } from '@preact/signals';
import { hubNow } from '../ask.ts';
import { language } from '../here.ts';
import { shellWords as words } from '../shell/words.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Each with its length, and how many of it are one of the next. */
const UNITS = [
  ['second', 1_000, 60],
  ['minute', MINUTE, 60],
  ['hour', HOUR, 24],
  ['day', DAY, 7],
] as const;

/** Ticks, so that what is "2 minutes ago" becomes 3. */
const now = signal(hubNow());
setInterval(() => {
  if (document.visibilityState === 'visible') now.value = hubNow();
}, 15_000);

const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
const exact = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'medium' });
const day = new Intl.DateTimeFormat(language, { dateStyle: 'medium' });
const moment = new Intl.DateTimeFormat(language, { weekday: 'short', hour: 'numeric', minute: '2-digit' });
const clock = new Intl.DateTimeFormat(language, { timeStyle: 'short' });

/** As people say it: how long ago or until then, or the date where that is farther than a week. */
export function timeInWords(at: number, from: number): string {
  const difference = at - from;
  if (Math.abs(difference) < 10_000) return words.justNow;
  // As it is rounded, or there would be 60 minutes.
  for (const [unit, length, most] of UNITS) {
    const count = Math.round(difference / length);
    if (Math.abs(count) < most) return relative.format(count, unit);
  }
  return day.format(at);
}

/** The time of day, such as 14:05. */
export const clockTime = (at: string): string => clock.format(Date.parse(at));

export const dayText = (at: string): string => day.format(Date.parse(at));

/** Of the days around this one, such as Tue 14:05; the date where it is another. */
export function momentText(at: string): string {
  const time = Date.parse(at);
  return Math.abs(time - hubNow()) < 6 * DAY ? moment.format(time) : exact.format(time);
}

export const exactTime = (at: string): string => exact.format(Date.parse(at));

/** A time of the hub (ISO 8601) as people say it, with the exact one on hover. Null: never. */
export function Time({ at, none = words.never }: { at: string | null | undefined; none?: string }) {
  if (!at) return <span class="none">{none}</span>;
  return (
    <time dateTime={at} title={exact.format(Date.parse(at))}>
      {timeInWords(Date.parse(at), Math.max(now.value, hubNow()))}
    </time>
  );
}

/** So many milliseconds, such as "2 h 5 min". */
export function durationInWords(ms: number): string {
  const unit = (value: number, name: string): string =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'short' }).format(value);
  if (ms < 1_000) return unit(Math.round(ms), 'millisecond');
  if (ms < MINUTE) return unit(Math.round(ms / 100) / 10, 'second');
  const parts: string[] = [];
  const [days, hours, minutes] = [Math.floor(ms / DAY), Math.floor(ms / HOUR) % 24, Math.floor(ms / MINUTE) % 60];
  if (days > 0) parts.push(unit(days, 'day'));
  if (hours > 0) parts.push(unit(hours, 'hour'));
  if (minutes > 0 && days === 0) parts.push(unit(minutes, 'minute'));
  return parts.join(' ');
}
