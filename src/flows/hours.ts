/** Opening hours. Pure: time is an argument. */
import { DateTime } from 'luxon';
import type { Milliseconds } from '../core/runtime.ts';
import type { Hours } from './schema.ts';

const NAMES = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** Days that are looked through for the next opening. */
const HORIZON = 370;

/** `mon-fri`, `sat`, `fri-mon`: numbers from 1 (Monday) to 7. */
export function daysOf(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [from = '', to = from] = range.trim().split('-');
    const [first, last] = [NAMES.indexOf(from), NAMES.indexOf(to)];
    const count = ((last - first + 7) % 7) + 1;
    return Array.from({ length: count }, (_, index) => ((first + index) % 7) + 1);
  });
}

/** When it is open on a day that begins at `day`, in minutes of that day, joined where they meet. */
function rangesOn(hours: Hours, day: DateTime): [number, number][] {
  if (hours.closed?.includes(day.toISODate() ?? '')) return [];
  const ranges = Object.entries(hours.open)
    .filter(([days]) => daysOf(days).includes(day.weekday))
    .flatMap(([, text]) => text.split(' ').map((range) => range.split('-').map(minutesOf) as [number, number]))
    .filter(([from, to]) => to > from)
    .sort(([a], [b]) => a - b);
  const joined: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = joined.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else joined.push([from, to]);
  }
  return joined;
}

function minutesOf(clock: string): number {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  return hour * 60 + minute;
}

/** By the clock on the wall: on the day on which summer time begins, 08:00 is 08:00. */
const at = (day: DateTime, minutes: number): number =>
  (minutes === 1_440 ? day.plus({ days: 1 }) : day.set({ hour: Math.floor(minutes / 60), minute: minutes % 60 })).toMillis();

export interface Opening {
  open: boolean;
  /** When it opens next, the moment after which it is open now left out; null where it never does. */
  nextOpen: Milliseconds | null;
  nextClose: Milliseconds | null;
}

export function openingAt(hours: Hours, now: Milliseconds): Opening {
  const today = DateTime.fromMillis(now, { zone: hours.timezone }).startOf('day');
  let open = false;
  let nextOpen: Milliseconds | null = null;
  let nextClose: Milliseconds | null = null;
  for (let offset = 0; offset < HORIZON; offset++) {
    const day = today.plus({ days: offset });
    for (const [from, to] of rangesOn(hours, day)) {
      const [opens, closes] = [at(day, from), at(day, to)];
      // What ends at midnight goes on where the next day begins there.
      if (nextClose !== null && opens === nextClose) nextClose = closes;
      if (opens <= now && now < closes) open = true;
      if (closes > now && nextClose === null) nextClose = closes;
      if (opens > now && opens !== nextClose) nextOpen ??= opens;
    }
    if (nextOpen !== null && nextClose !== null && nextClose <= nextOpen + 86_400_000) break;
  }
  return { open, nextOpen, nextClose: open ? nextClose : null };
}
