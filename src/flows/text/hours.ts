/** Opening hours. Pure: time is an argument. */
import { DateTime } from 'luxon';
import type { Milliseconds } from '../../core/runtime.ts';
import { changeBetween, MINUTES_A_DAY, spanOf } from '../../core/wall-clock.ts';
import type { Hours } from '../language/schema.ts';
import type { Effort } from './effort.ts';

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

/** By days of the week from 1 (Monday): when it is open, in minutes of the day on which it opens, joined where they meet. */
function weekOf(hours: Hours): [number, number][][] {
  const week: [number, number][][] = Array.from({ length: 8 }, () => []);
  for (const [days, text] of Object.entries(hours.open)) {
    const spans = text.split(' ').map((range) => {
      const [from = '', to = ''] = range.split('-');
      return spanOf(from, to);
    });
    for (const day of new Set(daysOf(days))) week[day]?.push(...spans);
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

/**
 * By the clock on the wall: on the day on which summer time begins, 08:00 is 08:00. A time that the clock leaves out is when it does
 * so; one that comes twice is the first for what opens and the second for what closes: it is open for as long as the clock says so.
 */
function wall(day: DateTime, minutes: number): Milliseconds[] {
  const [hour, minute] = [Math.floor((minutes % MINUTES_A_DAY) / 60), minutes % 60];
  const time = day.plus({ days: Math.floor(minutes / MINUTES_A_DAY) }).set({ hour, minute });
  if (time.hour === hour && time.minute === minute) return time.getPossibleOffsets().map((one) => one.toMillis());
  const last = Math.floor(time.toMillis() / MINUTE);
  return [changeBetween(last - MINUTES_A_DAY, last, (at) => time.zone.offset(at * MINUTE)) * MINUTE];
}

const MINUTE: Milliseconds = 60_000;
const opensAt = (day: DateTime, minutes: number): Milliseconds => Math.min(...wall(day, minutes));
const closesAt = (day: DateTime, minutes: number): Milliseconds => Math.max(...wall(day, minutes));

/** What it costs to look one up in the calendar of a time zone; see `Effort`. */
const DAY = 1_000;

export interface Opening {
  open: boolean;
  /** When it opens next, the moment after which it is open now left out; null where it never does. */
  nextOpen: Milliseconds | null;
  /** When it closes next; null while it is closed, and where it never does. */
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

/** Hours belong to the day on which they begin, and so does a day on which it is closed: what runs into it from the day before stays. */
function lookUp(hours: Hours, now: Milliseconds, effort: Effort | undefined): Opening {
  const [week, closed] = [weekOf(hours), new Set(hours.closed)];
  if (closed.size === 0 && week.slice(1).every(isWholeDay)) return { open: true, nextOpen: null, nextClose: null };
  const today = DateTime.fromMillis(now, { zone: hours.timezone }).startOf('day');
  /** What is joined of what meets, over midnight, too. */
  let current: { opens: Milliseconds; closes: Milliseconds } | undefined;
  // What began yesterday may go on.
  for (let offset = -1; offset < HORIZON; offset++) {
    const ranges = week[((today.weekday + 6 + offset) % 7) + 1] ?? [];
    // The calendar takes its time: most days need no look at it.
    if (ranges.length === 0 || closed.has(new Date(Date.UTC(today.year, today.month - 1, today.day + offset)).toISOString().slice(0, 10)))
      continue;
    effort?.spend(DAY);
    const day = today.plus({ days: offset });
    for (const [from, to] of ranges) {
      const [opens, closes] = [opensAt(day, from), closesAt(day, to)];
      if (current && opens <= current.closes) current.closes = Math.max(current.closes, closes);
      else if (current && current.closes > now) return { open: true, nextOpen: opens, nextClose: current.closes };
      else if (opens > now) return { open: false, nextOpen: opens, nextClose: null };
      else current = { opens, closes };
    }
  }
  if (!current || current.closes <= now) return { open: false, nextOpen: null, nextClose: null };
  const goesOn = current.closes >= opensAt(today.plus({ days: HORIZON - 1 }), 0);
  return { open: true, nextOpen: null, nextClose: goesOn ? null : current.closes };
}

const isWholeDay = (ranges: readonly [number, number][]): boolean => ranges.some(([from, to]) => from === 0 && to >= MINUTES_A_DAY);
