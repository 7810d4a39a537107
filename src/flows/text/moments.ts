/** Days and times in conditions: `today + 30d`, `age(answer)`, `weekday(answer)`, `within(answer, clinic)`. Pure; what is no day or time throws. */
import { DateTime } from 'luxon';
import { type Hours, milliseconds } from '../language/schema.ts';
import { DAY_NAMES, isOpenAt, isOpenOn } from './hours.ts';
import type { Place } from './locale-format.ts';

/** What is asked of a condition's surroundings. */
export interface Known {
  place: Place;
  hours: Readonly<Record<string, Hours>>;
}

/** As `weekday` gives them, from Monday on. */
export const DAYS: readonly string[] = DAY_NAMES;

const A_DAY = 86_400_000;

/** `30d`, `1h30m`. */
export class Span {
  readonly days: number;
  readonly rest: number;

  constructor(text: string) {
    const all = milliseconds(text);
    this.days = Math.floor(all / A_DAY);
    this.rest = all % A_DAY;
  }

  get isDays(): boolean {
    return this.rest === 0;
  }
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}T/;
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d)$/;

function valid(moment: DateTime): DateTime<true> {
  if (!moment.isValid) throw new Error('There is no such day');
  return moment as DateTime<true>;
}

/** A day moves by whole days, a moment by the clock on the wall, a time within its day. */
export function addTo(text: string, { days, rest }: Span, sign: 1 | -1, { place: { zone } }: Known): string {
  if (DATE.test(text)) {
    if (rest !== 0) throw new Error('A day moves by whole days');
    return valid(DateTime.fromISO(text, { zone: 'utc' }).plus({ days: sign * days })).toISODate();
  }
  if (MOMENT.test(text))
    return valid(
      DateTime.fromISO(text, { zone })
        .plus({ days: sign * days })
        .plus(sign * rest),
    )
      .toUTC()
      .toISO();
  const [, hour, minute] = CLOCK.exec(text) ?? [];
  const minutes = Number(hour) * 60 + Number(minute) + sign * Math.floor((days * A_DAY + rest) / 60_000);
  if (!(minutes >= 0 && minutes < 1_440)) throw new Error('It is no time of the same day');
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

function momentOf(text: string, zone: string): DateTime<true> {
  if (!DATE.test(text) && !MOMENT.test(text)) throw new Error('It is no day');
  return valid(DateTime.fromISO(text, { zone }));
}

/** Whole years from a day until today; fewer than none for one that is to come. */
export function ageOf(text: string, { place: { zone, now } }: Known): number {
  const today = DateTime.fromMillis(now, { zone }).startOf('day');
  return Math.floor(today.diff(momentOf(text, zone).startOf('day'), 'years').years);
}

/** `mon` to `sun`. */
export function weekdayOf(text: string, { place: { zone } }: Known): string {
  return DAYS[momentOf(text, zone).weekday - 1] ?? '';
}

/** A moment is within opening hours, a time is within those of today, and a day is where they begin on it. */
export function isWithin(text: string, name: string, { hours, place: { now } }: Known): boolean {
  const stated = Object.hasOwn(hours, name) ? hours[name] : undefined;
  if (!stated) throw new Error('There are no such hours');
  const zone = stated.timezone;
  if (DATE.test(text)) return isOpenOn(stated, momentOf(text, zone));
  const [, hour, minute] = CLOCK.exec(text) ?? [];
  const moment =
    hour === undefined
      ? momentOf(text, zone)
      : DateTime.fromMillis(now, { zone })
          .startOf('day')
          .set({ hour: Number(hour), minute: Number(minute) });
  return isOpenAt(stated, moment.toMillis());
}
