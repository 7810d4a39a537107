/** Flows that start by the clock. */
import { isDeepStrictEqual } from 'node:util';
import { HooklineError, messageOf } from '../../core/errors.ts';
import type { EventDraft } from '../../core/events.ts';
import type { TenantId } from '../../core/ids.ts';
import { chatKind } from '../../core/message.ts';
import type { LogFields, Milliseconds, Runtime } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { FlowLibrary, Unreadable, Volume } from '../catalogue/library.ts';
import { flowStore } from '../catalogue/store.ts';
import { requested } from '../events.ts';
import { scheduledFlow, scheduleLane } from '../lane.ts';
import { type Flow, listOf } from '../language/schema.ts';
import type { Addresses, Lane, Lanes, Ledger } from '../ports.ts';
import { nextOf, schedulesOf, soonest } from '../text/schedules.ts';
import { type Round, ScheduleStore } from './schedule-store.ts';

/** Addresses that are looked up in one turn, and chats that are looked through: each turn is one short transaction. */
const ADDRESSES = 20;
const CHATS = 200;
/** What was missed while the hub was down is made up for within this; what is older is let go. */
export const LATE = 3_600_000;

/** A flow that starts by the clock, read. */
interface Scheduled {
  digest: string;
  volume: Volume | Unreadable;
}

const BEGINNING = { addressed: 0, after: '' };

export class Schedules {
  readonly #db: Database;
  readonly #ledger: Pick<Ledger, 'append'>;
  readonly #addresses: Pick<Addresses, 'chatOf' | 'names'>;
  readonly #library: Pick<FlowLibrary, 'read'>;
  readonly #runtime: Runtime;

  constructor(
    db: Database,
    {
      ledger,
      addresses,
      library,
    }: { ledger: Pick<Ledger, 'append'>; addresses: Pick<Addresses, 'chatOf' | 'names'>; library: Pick<FlowLibrary, 'read'> },
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

  /**
   * Asks for the flow in every chat that is due, a page of them in each turn: how far it has come is kept with what it has asked
   * for, so that a restart leaves none out and asks in none twice. Answers when it is due next; at once where more chats are
   * left, or where it was published anew since it was read.
   */
  async turn(tx: Tx, { key, tenantId }: Lane, read: Scheduled | undefined): Promise<Milliseconds | null> {
    const name = scheduledFlow(key);
    const stored = await flowStore(this.#db).within(tx, tenantId).flow(name);
    const now = this.#runtime.clock.now();
    if (stored?.digest !== read?.digest) return now;
    if (!read || 'faults' in read.volume) return null;
    const { flow } = read.volume.program;
    const rows = new ScheduleStore(tx, tenantId);
    const { lookedAt = now, round } = await rows.standing(name);
    const [until, current] = round ? [lookedAt, round] : this.#begun(flow, lookedAt, now);
    const rest = current && (await this.#page(tx, rows, tenantId, flow, current));
    await rows.keep(name, until, rest);
    return rest ? now : soonest(flow, until);
  }

  /** What is due since the flow was looked at last, and until when it is looked at now. */
  #begun(flow: Flow, lookedAt: Milliseconds, now: Milliseconds): [Milliseconds, Round | null] {
    // Ahead of now where the clock was set back a little: what it has shown before has had its turn.
    const since = Math.max(lookedAt, now - LATE);
    const due = schedulesOf(flow).filter((schedule) => nextOf(flow, schedule, since) <= now);
    return [Math.max(since, now), due.length > 0 ? { begun: now, left: due, ...BEGINNING, named: [], tags: [] } : null];
  }

  /** Asks in the next chats. Answers what is left; null where that was all. */
  async #page(tx: Tx, rows: ScheduleStore, tenantId: TenantId, flow: Flow, round: Round): Promise<Round | null> {
    const { left, named, tags, addressed, after, begun } = round;
    const [schedule, ...others] = left;
    if (!schedule) return null;
    if (begun + LATE < this.#runtime.clock.now()) {
      const message = `The flow "${flow.flow}" was not started everywhere by its schedule: the rest is too late by now`;
      tx.afterCommit(() => this.#runtime.log.warn(message, { begun }));
      return null;
    }
    const next = others.length > 0 ? { ...round, left: others, ...BEGINNING } : null;
    // A text that is published meanwhile decides for the rest.
    if (!schedulesOf(flow).some((one) => isDeepStrictEqual(one, schedule))) return next;
    const found = await rows.session(schedule.session);
    if (!found) {
      this.#warn(tx, flow.flow, new HooklineError('not-found', `there is no session "${schedule.session}"`));
      return next;
    }
    const session = { ...found, tenantId };
    const ask = async (chats: readonly string[]): Promise<void> => {
      const drafts = chats.map((chat) => requested(session, chat, { flow: flow.flow, by: 'schedule', data: {} }));
      await this.#ledger.append(tx, drafts);
    };
    const known = new Set(named);
    const addresses = listOf(schedule.to);
    if (addressed < addresses.length) {
      const chats: string[] = [];
      for (const [index, address] of [...addresses.entries()].slice(addressed, addressed + ADDRESSES)) {
        const chat = await this.#addresses
          .chatOf(session, address)
          .catch((error) => this.#warn(tx, flow.flow, error, { path: `to.${index}` }));
        if (chat === undefined || known.has(`${session.id} ${chat}`)) continue;
        chats.push(chat);
        // By whichever of its names it has the tag.
        for (const name of await this.#addresses.names(tenantId, chat)) known.add(`${session.id} ${name}`);
      }
      await ask(chats);
      const more = addressed + ADDRESSES < addresses.length || schedule.tagged !== undefined;
      const to = { ...round, addressed: addressed + ADDRESSES, named: [...known] };
      return more ? to : next && { ...next, named: to.named };
    }
    if (schedule.tagged === undefined) return next;
    const page = await rows.chats(session.id, after, CHATS);
    const before = tags.filter((one) => one.session === session.id).map(({ tag }) => tag);
    const tagged = page.filter(({ id, tags: own }) => {
      const isNew = !known.has(`${session.id} ${id}`) && !before.some((tag) => own.includes(tag));
      return isNew && own.includes(schedule.tagged as string);
    });
    await ask(tagged.map(({ id }) => id));
    const last = page.at(-1);
    if (last && page.length === CHATS) return { ...round, after: last.id };
    return next && { ...next, tags: [...tags, { session: session.id, tag: schedule.tagged }] };
  }

  #warn(tx: Tx, flow: string, error: unknown, more: LogFields = {}): undefined {
    if (!(error instanceof HooklineError)) throw error;
    tx.afterCommit(() => this.#runtime.log.warn(`The flow "${flow}" cannot start by its schedule`, { ...more, error: messageOf(error) }));
  }
}

/** The event that tells why it does not start. */
export function refused(
  { id, name, tenantId }: { id: string; name: string; tenantId: TenantId },
  chat: string,
  { flow, by }: { flow: string; by: 'api' | 'schedule' },
  reason: string,
): EventDraft {
  const data = { flow, by, chat: { id: chat, kind: chatKind(chat) }, reason };
  return { tenantId, session: { id: id as never, name }, type: 'flow.refused', data };
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
