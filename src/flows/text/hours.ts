/** Opening hours. Pure: time is an argument. */
import { DateTime } from 'luxon';
import type { Milliseconds } from '../../core/runtime.ts';
import { changeBetween, MINUTES_A_DAY, spanOf } from '../../core/wall-clock.ts';
import type { Flow, Hours } from '../language/schema.ts';
import type { Effort } from './effort.ts';

/** Where a flow is: where it says, or where all of its opening hours are. */
export function zoneOf({ timezone, hours }: Pick<Flow, 'timezone' | 'hours'>): string {
  const zones = new Set(Object.values(hours ?? {}).map((one) => one.timezone));
  return timezone ?? (zones.size === 1 ? [...zones][0] : undefined) ?? 'UTC';
}

/** From Monday on. */
export const DAY_NAMES: readonly string[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
/** Days that are looked through for the next opening. */
const HORIZON = 370;

/** `mon-fri`, `sat`, `fri-mon`: numbers from 1 (Monday) to 7. */
export function daysOf(text: string): number[] {
  return text.split(',').flatMap((range) => {
    const [from = '', to = from] = range.trim().split('-');
    const [first, last] = [DAY_NAMES.indexOf(from), DAY_NAMES.indexOf(to)];
    const count = ((last - first + 7) % 7) + 1;
    return Array.from({ length: count }, (_, index) => ((first + index) % 7) + 1);
  });
}

/** Minutes of the day on which it opens. */
type Range = [from: number, to: number];

interface Plan {
  /** By days of the week from 1 (Monday). */
  week: Range[][];
  /** Days that have hours of their own or none, by `2026-12-24` or, of every year, `12-24`. */
  special: ReadonlyMap<string, Range[]>;
}

const rangesOf = (text: string): Range[] =>
  text.split(' ').map((range) => {
    const [from = '', to = ''] = range.split('-');
    return spanOf(from, to);
  });

/** Hours do not change. */
const plans = new WeakMap<Hours, Plan>();

function planOf(hours: Hours): Plan {
  const known = plans.get(hours);
  if (known) return known;
  const week: Range[][] = Array.from({ length: 8 }, () => []);
  for (const [days, text] of Object.entries(hours.open)) for (const day of new Set(daysOf(days))) week[day]?.push(...rangesOf(text));
  const special = new Map(Object.entries(hours.special ?? {}).map(([day, text]) => [day, joined(rangesOf(text))]));
  for (const day of hours.closed ?? []) special.set(day, []);
  const plan = { week: week.map(joined), special };
  plans.set(hours, plan);
  return plan;
}

/** When it is open on a day, which begins and may end on the day after. A day goes before the same day of every year. */
function rangesOn({ week, special }: Plan, isoDay: string, weekday: number): readonly Range[] {
  return special.get(isoDay) ?? special.get(isoDay.slice(5)) ?? week[weekday] ?? [];
}

function joined(ranges: readonly Range[]): Range[] {
  const all: Range[] = [];
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
  const plan = planOf(hours);
  if (plan.special.size === 0 && plan.week.slice(1).every(isWholeDay)) return { open: true, nextOpen: null, nextClose: null };
  const today = DateTime.fromMillis(now, { zone: hours.timezone }).startOf('day');
  /** What is joined of what meets, over midnight, too. */
  let current: { opens: Milliseconds; closes: Milliseconds } | undefined;
  // What began yesterday may go on.
  for (let offset = -1; offset < HORIZON; offset++) {
    // The calendar takes its time: most days need no look at it.
    const isoDay =
      plan.special.size === 0 ? '' : new Date(Date.UTC(today.year, today.month - 1, today.day + offset)).toISOString().slice(0, 10);
    const ranges = rangesOn(plan, isoDay, ((today.weekday + 6 + offset) % 7) + 1);
    if (ranges.length === 0) continue;
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

const isWholeDay = (ranges: readonly Range[]): boolean => ranges.some(([from, to]) => from === 0 && to >= MINUTES_A_DAY);

/** Whether it is open at a moment, which need not be now. */
export function isOpenAt(hours: Hours, at: Milliseconds): boolean {
  const moment = DateTime.fromMillis(at, { zone: hours.timezone }).startOf('day');
  return [moment.minus({ days: 1 }), moment].some((day) =>
    rangesOn(planOf(hours), day.toISODate() ?? '', day.weekday).some(([from, to]) => at >= opensAt(day, from) && at < closesAt(day, to)),
  );
}

/** Whether it opens on a day. */
export const isOpenOn = (hours: Hours, day: DateTime): boolean => rangesOn(planOf(hours), day.toISODate() ?? '', day.weekday).length > 0;

/** When a clock shows `08:00` next. */
export function nextClock(time: string, zone: string, now: Milliseconds): Milliseconds {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  const today = DateTime.fromMillis(now, { zone }).startOf('day');
  const [first, second] = [0, 1].map((days) => opensAt(today.plus({ days }), hour * 60 + minute)) as [Milliseconds, Milliseconds];
  return first > now ? first : second;
}
