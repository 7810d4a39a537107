/** When flows start by the clock. Pure: time is an argument. */
import { DateTime } from 'luxon';
import type { Milliseconds } from '../../core/runtime.ts';
import { minutesOf } from '../../core/wall-clock.ts';
import { type Flow, listOf, type Trigger } from '../language/schema.ts';
import { daysOf, zoneOf } from './hours.ts';

export type Schedule = Extract<Trigger, { schedule: unknown }>['schedule'];

export const schedulesOf = ({ start }: Pick<Flow, 'start'>): Schedule[] =>
  start.flatMap((trigger) => ('schedule' in trigger ? [trigger.schedule] : []));

/** When it comes next, behind `after`. By the clock on the wall of its time zone, or else the flow's. */
export function nextOf(flow: Flow, { days, at, timezone }: Schedule, after: Milliseconds): Milliseconds {
  const today = DateTime.fromMillis(after, { zone: timezone ?? zoneOf(flow) }).startOf('day');
  const weekdays = daysOf(days);
  const clocks = new Set(listOf(at));
  for (let offset = 0; offset <= 7; offset++) {
    const day = today.plus({ days: offset });
    const moments = weekdays.includes(day.weekday) ? momentsOn(day, clocks).filter((moment) => moment > after) : [];
    // None of a later day is earlier.
    if (moments.length > 0) return Math.min(...moments);
  }
  return Number.POSITIVE_INFINITY;
}

/** `day`: its beginning. On all days but two in a year the clock goes evenly, and luxon need not be asked for each time, which takes it some 20 µs. */
function momentsOn(day: DateTime, clocks: ReadonlySet<string>): Milliseconds[] {
  const isEven = day.hour === 0 && day.offset === day.endOf('day').offset;
  const midnight = day.toMillis();
  return [...clocks].map(minutesOf).map((minutes) => {
    return isEven ? midnight + minutes * 60_000 : day.set({ hour: Math.floor(minutes / 60), minute: minutes % 60 }).toMillis();
  });
}

/** Null for a flow that no clock starts. */
export const soonest = (flow: Flow, after: Milliseconds): Milliseconds | null => {
  const all = schedulesOf(flow).map((schedule) => nextOf(flow, schedule, after));
  return all.length > 0 ? Math.min(...all) : null;
};
