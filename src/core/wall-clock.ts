/** Times of the day, as opening hours, schedules and quiet hours say them. Pure. */

const CLOCK = '(?:[01]\\d|2[0-3]):[0-5]\\d';
/** A time at which something begins … */
export const BEGINNING = CLOCK;
/** … and one at which it ends, which may be the end of the day. */
export const ENDING = `(?:${CLOCK}|24:00)`;

export const MINUTES_A_DAY = 24 * 60;

/** Minutes of the day of `22:00`. */
export function minutesOf(clock: string): number {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  return hour * 60 + minute;
}

/**
 * From one time of the day to another, in minutes of the day on which it begins. What ends at, or before, the time at which it
 * begins goes on over midnight: `22:00` to `06:00` ends in the morning after, `00:00` to `00:00` is a whole day.
 */
export function spanOf(from: string, to: string): [from: number, to: number] {
  const [begin, end] = [minutesOf(from), minutesOf(to)];
  return [begin, end > begin ? end : end + MINUTES_A_DAY];
}

/** Whether a time of the day lies in it, be it of the day before. */
export const isWithin = ([from, to]: readonly [number, number], minute: number): boolean =>
  (minute >= from && minute < to) || minute + MINUTES_A_DAY < to;

/** The first minute after `before` for which `of` answers as it does for `after`; it changes once between them. */
export function changeBetween(before: number, after: number, of: (minute: number) => number): number {
  let [former, later] = [before, after];
  while (later - former > 1) {
    const middle = Math.floor((former + later) / 2);
    if (of(middle) === of(before)) former = middle;
    else later = middle;
  }
  return later;
}
