/** Flows that start by the clock. */
import { DateTime } from 'luxon';
import { HooklineError, messageOf } from '../core/errors.ts';
import type { EventDraft } from '../core/events.ts';
import type { TenantId } from '../core/ids.ts';
import { chatKind } from '../core/message.ts';
import type { LogFields, Milliseconds, Runtime } from '../core/runtime.ts';
import type { Database, Tx } from '../db/open.ts';
import { daysOf } from './hours.ts';
import { scheduledFlow, scheduleLane } from './lane.ts';
import type { FlowLibrary, Unreadable, Volume } from './library.ts';
import type { Addresses, Lane, Lanes, Ledger } from './ports.ts';
import { ScheduleStore } from './schedule-store.ts';
import { type Flow, listOf, type Trigger } from './schema.ts';
import { flowStore } from './store.ts';

type Schedule = Extract<Trigger, { schedule: unknown }>['schedule'];

const schedulesOf = ({ start }: Flow): Schedule[] => start.flatMap((trigger) => ('schedule' in trigger ? [trigger.schedule] : []));

/** Chats that one moment of a schedule writes to at the most. */
const MOST_CHATS = 1_000;
/** What was missed while the hub was down is made up for within this; what is older is let go. */
export const LATE = 3_600_000;

/** When it comes next, behind `after`. By the clock on the wall of its time zone. */
function nextOf({ days, at, timezone }: Schedule, zone: string | undefined, after: Milliseconds): Milliseconds {
  const today = DateTime.fromMillis(after, { zone: timezone ?? zone ?? 'UTC' }).startOf('day');
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
  return [...clocks].map((clock) => {
    const [hour = 0, minute = 0] = clock.split(':').map(Number);
    return isEven ? midnight + (hour * 60 + minute) * 60_000 : day.set({ hour, minute }).toMillis();
  });
}

/** Null for a flow that no clock starts. */
export const soonest = (flow: Flow, after: Milliseconds): Milliseconds | null => {
  const all = schedulesOf(flow).map((schedule) => nextOf(schedule, flow.timezone, after));
  return all.length > 0 ? Math.min(...all) : null;
};

/** A flow that starts by the clock, read. */
interface Scheduled {
  digest: string;
  volume: Volume | Unreadable;
}

export class Schedules {
  readonly #db: Database;
  readonly #ledger: Pick<Ledger, 'append'>;
  readonly #addresses: Pick<Addresses, 'chatOf'>;
  readonly #library: Pick<FlowLibrary, 'read'>;
  readonly #runtime: Runtime;

  constructor(
    db: Database,
    {
      ledger,
      addresses,
      library,
    }: { ledger: Pick<Ledger, 'append'>; addresses: Pick<Addresses, 'chatOf'>; library: Pick<FlowLibrary, 'read'> },
    runtime: Runtime,
  ) {
    this.#library = library;
    this.#db = db;
    this.#ledger = ledger;
    this.#addresses = addresses;
    this.#runtime = runtime;
  }

  /** The flow of a lane as it is published; read before its turn, which is a transaction. */
  async read({ key, tenantId }: Lane): Promise<Scheduled | undefined> {
    const stored = await flowStore(this.#db).read(tenantId, (flows) => flows.flow(scheduledFlow(key)));
    return stored && { digest: stored.digest, volume: await this.#library.read(tenantId, stored) };
  }

  /** Asks for the flow in every chat that is due, and answers when it is due next; at once where it was published anew since it was read. */
  async turn(tx: Tx, { key, tenantId }: Lane, read: Scheduled | undefined): Promise<Milliseconds | null> {
    const name = scheduledFlow(key);
    const stored = await flowStore(this.#db).within(tx, tenantId).flow(name);
    const now = this.#runtime.clock.now();
    if (stored?.digest !== read?.digest) return now;
    if (!read || 'faults' in read.volume) return null;
    const { flow } = read.volume.program;
    const rows = new ScheduleStore(tx, tenantId);
    const lookedAt = (await rows.lookedAt(name)) ?? now;
    // Ahead of now where the clock was set back a little: what it has shown before has had its turn.
    const since = Math.max(lookedAt, now - LATE);
    const due = schedulesOf(flow).filter((schedule) => nextOf(schedule, flow.timezone, since) <= now);
    for (const schedule of due) await this.#request(tx, rows, tenantId, name, schedule);
    const until = Math.max(since, now);
    await rows.look(name, until);
    return soonest(flow, until);
  }

  async #request(tx: Tx, rows: ScheduleStore, tenantId: TenantId, flow: string, { session: name, to, tagged }: Schedule): Promise<void> {
    try {
      const found = await rows.session(name);
      if (!found) throw new HooklineError('not-found', `there is no session "${name}"`);
      const session = { ...found, tenantId };
      const chats = new Set<string>();
      for (const [index, address] of listOf(to).entries()) {
        const chat = await this.#addresses.chatOf(session, address).catch((error) => this.#warn(flow, error, { path: `to.${index}` }));
        if (chat !== undefined) chats.add(chat);
      }
      for (const chat of tagged === undefined ? [] : await rows.taggedChats(session.id, tagged, MOST_CHATS)) chats.add(chat);
      await this.#ledger.append(
        tx,
        [...chats].slice(0, MOST_CHATS).map((chat) => requested(session, chat, { flow, by: 'schedule', data: {} })),
      );
    } catch (error) {
      this.#warn(flow, error);
    }
  }

  #warn(flow: string, error: unknown, more: LogFields = {}): undefined {
    if (!(error instanceof HooklineError)) throw error;
    this.#runtime.log.warn(`The flow "${flow}" cannot start by its schedule`, { ...more, error: messageOf(error) });
  }
}

/** The event that asks for a flow in a chat. */
export function requested(
  { id, name, tenantId }: { id: string; name: string; tenantId: TenantId },
  chat: string,
  what: { flow: string; by: 'api' | 'schedule'; data: object },
): EventDraft {
  return {
    tenantId,
    session: { id: id as never, name },
    type: 'flow.requested',
    data: { ...what, chat: { id: chat, kind: chatKind(chat) } },
  };
}

/** Wakes the lane of a flow that was published; one that does not start by the clock is left alone. */
export async function wakeSchedule(
  tx: Tx,
  lanes: Pick<Lanes, 'schedule'>,
  tenantId: TenantId,
  flow: Flow,
  now: Milliseconds,
): Promise<void> {
  const dueAt = soonest(flow, now);
  if (dueAt === null) return;
  await new ScheduleStore(tx, tenantId).look(flow.flow, now);
  await lanes.schedule(tx, [{ kind: 'flow', key: scheduleLane(tenantId, flow.flow), tenantId, dueAt }]);
}
