import { EVENT_TYPES, type LedgerEvent } from '../../core/events.ts';
import type { TenantId } from '../../core/ids.ts';
import type { Clock } from '../../core/runtime.ts';
import type { Tx } from '../../db/tx.ts';
import { laneOf } from '../lane.ts';
import type { FlowSettings, Lanes, Ledger, Sessions } from '../ports.ts';
import { FROM_PHONE, isHeard } from '../understanding/trigger-events.ts';
import { arrivalOf, takenOver } from './arrivals.ts';
import { handedOff } from './handoff.ts';
import { ChatHandoff, type Handoff } from './handoff-store.ts';
import { SystemFlowStore } from './inbox-store.ts';

export const FOLLOWED = EVENT_TYPES.filter((type) => isHeard(type) || type === 'message.received' || type === 'flow.requested');

/** Puts what the ledger tells into the queues of the chats, and wakes their lanes, in the transaction that moves the follower's cursor. */
export class ChatIntake {
  readonly #arrivals = new SystemFlowStore();
  readonly #ports: IntakePorts;
  readonly #clock: Clock;

  constructor(ports: IntakePorts, clock: Clock) {
    this.#ports = ports;
    this.#clock = clock;
  }

  async take(tx: Tx, events: readonly LedgerEvent[]): Promise<void> {
    const arrivals = await this.#arrivals.arrive(tx, events.flatMap(arrivalOf));
    const dueAt = this.#clock.now();
    await this.#ports.lanes.schedule(
      tx,
      arrivals.map(({ chat }) => ({ kind: 'flow', key: laneOf(chat), tenantId: chat.tenantId, dueAt })),
    );
    const own = events.filter(({ type }) => type === FROM_PHONE);
    if (own.length > 0) await this.#leaveToPhone(tx, own);
  }

  /** Somebody answers on the phone. Each message that is typed there puts the flows' return off. */
  async #leaveToPhone(tx: Tx, events: readonly LedgerEvent[]): Promise<void> {
    const chats = new Map(events.flatMap(takenOver).map((chat) => [laneOf(chat), chat]));
    const now = this.#clock.now();
    for (const chat of await this.#arrivals.servedChats(tx, [...chats.values()])) {
      const { phonePause } = await this.#ports.settingsOf(chat.tenantId);
      if (phonePause === 0) continue;
      const handoff: Handoff = { since: now, until: now + phonePause, by: 'phone' };
      const rows = new ChatHandoff(tx.sql, chat);
      await this.#ports.lanes.schedule(tx, [{ kind: 'flow', key: laneOf(chat), tenantId: chat.tenantId, dueAt: now }]);
      const before = await rows.current();
      if (before && before.by !== 'phone') continue;
      await rows.begin(handoff);
      const session = await this.#ports.sessions.ref(chat.tenantId, chat.sessionId);
      if (!before) await this.#ports.ledger.append(tx, [handedOff(session, chat.id, handoff)]);
    }
  }
}

interface IntakePorts {
  ledger: Pick<Ledger, 'append'>;
  lanes: Pick<Lanes, 'schedule'>;
  sessions: Pick<Sessions, 'ref'>;
  settingsOf(tenantId: TenantId): Promise<FlowSettings>;
}
