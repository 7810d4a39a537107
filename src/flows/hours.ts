/** Opening hours. Pure: time is an argument. */
import { DateTime } from 'luxon';
import type { Milliseconds } from '../core/runtime.ts';
import type { Effort } from './effort.ts';
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

/** By days of the week from 1 (Monday): when it is open, in minutes of the day, joined where they meet. */
function weekOf(hours: Hours): [number, number][][] {
  const week: [number, number][][] = Array.from({ length: 8 }, () => []);
  for (const [days, text] of Object.entries(hours.open)) {
    const ranges = text.split(' ').map((range) => range.split('-').map(minutesOf) as [number, number]);
    for (const day of new Set(daysOf(days))) week[day]?.push(...ranges.filter(([from, to]) => to > from));
  }
  return week.map(joined);
}

function joined(ranges: readonly [number, number][]): [number, number][] {
  const all: [number, number][] = [];
  for (const [from, to] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = all.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else all.push([from, to]);
  }
  return all;
}

function minutesOf(clock: string): number {
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  return hour * 60 + minute;
}

/** By the clock on the wall: on the day on which summer time begins, 08:00 is 08:00. */
const at = (day: DateTime, minutes: number): number =>
  (minutes === 1_440 ? day.plus({ days: 1 }) : day.set({ hour: Math.floor(minutes / 60), minute: minutes % 60 })).toMillis();

/** What it costs to look one up in the calendar of a time zone; see `Effort`. */
const DAY = 1_000;

export interface Opening {
  open: boolean;
  /** When it opens next, the moment after which it is open now left out; null where it never does. */
  nextOpen: Milliseconds | null;
  nextClose: Milliseconds | null;
}

/** Hours do not change, and are asked for again and again within one turn. */
const lately = new WeakMap<Hours, { now: Milliseconds; opening: Opening }>();

export function openingAt(hours: Hours, now: Milliseconds, effort?: Effort): Opening {
  const known = lately.get(hours);
  if (known?.now === now) return known.opening;
  const opening = lookUp(hours, now, effort);
  lately.set(hours, { now, opening });
  return opening;
}

function lookUp(hours: Hours, now: Milliseconds, effort: Effort | undefined): Opening {
  const [week, closed] = [weekOf(hours), new Set(hours.closed)];
  const today = DateTime.fromMillis(now, { zone: hours.timezone }).startOf('day');
  let open = false;
  let nextOpen: Milliseconds | null = null;
  let nextClose: Milliseconds | null = null;
  for (let offset = 0; offset < HORIZON; offset++) {
    const ranges = week[((today.weekday - 1 + offset) % 7) + 1] ?? [];
    // The calendar takes its time: most days need no look at it.
    if (ranges.length > 0 && !closed.has(new Date(Date.UTC(today.year, today.month - 1, today.day + offset)).toISOString().slice(0, 10))) {
      effort?.spend(DAY);
      const day = today.plus({ days: offset });
      for (const [from, to] of ranges) {
        const [opens, closes] = [at(day, from), at(day, to)];
        // What ends at midnight goes on where the next day begins there.
        if (nextClose !== null && opens === nextClose) nextClose = closes;
        if (opens <= now && now < closes) open = true;
        if (closes > now && nextClose === null) nextClose = closes;
        if (opens > now && opens !== nextClose) nextOpen ??= opens;
      }
    }
    if (nextOpen !== null && nextClose !== null && nextClose <= nextOpen + 86_400_000) break;
  }
  return { open, nextOpen, nextClose: open ? nextClose : null };
}
