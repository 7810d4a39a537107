import type { EventDraft } from '../../core/events.ts';
import { iso } from '../../core/iso.ts';
import { type ChatId, chatKind } from '../../core/message.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import { laneOf } from '../lane.ts';
import { type Page, type PageAsked, pageOf, pageRead } from '../page.ts';
import type { Addresses, Lanes, Ledger } from '../ports.ts';
import { ChatRenames } from './chat-renames.ts';
import { ChatHandoff, type Handoff, type HandoffBy, handedOffIn } from './handoff-store.ts';

/** Times ISO 8601 UTC. */
export interface HandoffView {
  chat: { id: ChatId; kind: string };
  active: boolean;
  since: string | null;
  until: string | null;
  by: HandoffBy | null;
  /** What a flow says to the person. */
  note: string | null;
}

/**
 * A chat in the hands of a person: flows leave it alone, and a run that waits in it keeps waiting, until the time is over
 * or somebody resumes.
 */
export class Handoffs {
  readonly #db: Database;
  readonly #ledger: Pick<Ledger, 'append'>;
  readonly #lanes: Pick<Lanes, 'schedule'>;
  readonly #runtime: Runtime;
  readonly #moves: ChatRenames;

  constructor(
    db: Database,
    ports: { ledger: Pick<Ledger, 'append'>; lanes: Pick<Lanes, 'schedule'>; addresses: Pick<Addresses, 'names'> },
    runtime: Runtime,
  ) {
    this.#db = db;
    this.#ledger = ports.ledger;
    this.#lanes = ports.lanes;
    this.#runtime = runtime;
    this.#moves = new ChatRenames(ports, runtime);
  }

  async get(session: SessionRef, chat: ChatId): Promise<HandoffView> {
    const home = await this.#moves.homeOf(this.#db.sql, chatOf(session, chat));
    return viewOf(chat, await new ChatHandoff(this.#db.sql, home).current());
  }

  /** Those of a session, by address; `cursor` is the `nextCursor` of the page before. */
  async list(session: SessionRef, page: PageAsked): Promise<Page<HandoffView>> {
    const found = await handedOffIn(this.#db.sql, session, pageRead(page));
    return pageOf(
      found,
      page.limit,
      ({ chatId }) => chatId,
      ({ chatId, ...handoff }) => viewOf(chatId, handoff),
    );
  }

  /** `pause`: milliseconds; without it until somebody resumes. Of a chat that is handed off already it changes the end. */
  begin(session: SessionRef, chat: ChatId, options: { pause?: Milliseconds; by: HandoffBy }): Promise<HandoffView> {
    return this.#db.write((tx) => this.beginWithin(tx, session, chat, options), { for: session.tenantId, waited: 0 });
  }

  async beginWithin(
    tx: Tx,
    session: SessionRef,
    chat: ChatId,
    { pause, by }: { pause?: Milliseconds; by: HandoffBy },
  ): Promise<HandoffView> {
    const now = this.#runtime.clock.now();
    const of = chatOf(session, chat);
    const handoff: Handoff = { since: now, until: pause === undefined ? null : now + pause, by };
    // Its lane first: a turn under way in it sees the handoff, or this waits for its end.
    await this.#lanes.schedule(tx, [{ kind: 'flow', key: laneOf(of), tenantId: of.tenantId, dueAt: handoff.until ?? now }]);
    await this.#moves.adopt(tx, of);
    const rows = new ChatHandoff(tx.sql, of);
    await rows.begin(handoff);
    await this.#ledger.append(tx, [handedOff(session, chat, handoff)]);
    return viewOf(chat, await rows.current());
  }

  /** Flows answer again. Nothing happens when they did already. */
  async end(session: SessionRef, chat: ChatId): Promise<HandoffView> {
    return this.#db.write(
      async (tx) => {
        const of = chatOf(session, chat);
        const now = this.#runtime.clock.now();
        // Its lane first, as above; what a run waits for may be due.
        await this.#lanes.schedule(tx, [{ kind: 'flow', key: laneOf(of), tenantId: of.tenantId, dueAt: now }]);
        await this.#moves.adopt(tx, of);
        if (await new ChatHandoff(tx.sql, of).end(now)) await this.#ledger.append(tx, [resumed(session, chat, 'api')]);
        return viewOf(chat, null);
      },
      { for: session.tenantId, waited: 0 },
    );
  }
}

const chatOf = ({ id, tenantId }: SessionRef, chat: ChatId) => ({ tenantId, sessionId: id, id: chat });

const shown = (chat: ChatId) => ({ id: chat, kind: chatKind(chat) });

function viewOf(chat: ChatId, handoff: Handoff | null): HandoffView {
  const { since = null, until = null, by = null, note = null } = handoff ?? {};
  return { chat: shown(chat), active: handoff !== null, since: iso(since), until: iso(until), by, note };
}

/** Why flows leave a chat alone. */
export const inHands = ({ by }: Handoff): string => `the chat is in the hands of a person (by ${by})`;

export const handedOff = ({ tenantId, ...session }: SessionRef, chat: ChatId, { until, by, note }: Handoff): EventDraft => ({
  tenantId,
  session,
  type: 'chat.handoff',
  data: { chat: shown(chat), by, until: iso(until), ...(note ? { note } : {}) },
});

export const resumed = ({ tenantId, ...session }: SessionRef, chat: ChatId, by: 'api' | 'time' | 'flow'): EventDraft => ({
  tenantId,
  session,
  type: 'chat.resumed',
  data: { chat: shown(chat), by },
});
