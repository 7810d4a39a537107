import type { EventDraft } from '../../core/events.ts';
import type { TenantId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import { type ChatId, chatKind } from '../../core/message.ts';
import type { Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import { laneOf } from '../lane.ts';
import { type Page, type PageAsked, pageOf, pageRead } from '../page.ts';
import type { Addresses, Lanes, Ledger } from '../ports.ts';
import { type OptOut, OptOutStore } from './opt-out-store.ts';

/** Times ISO 8601 UTC. */
export interface OptOutView {
  chat: { id: ChatId; kind: string };
  optedOut: boolean;
  since: string | null;
  by: OptOut['by'] | null;
  /** The flow in which the contact said so. */
  flow: string | null;
}

interface OptOutPorts {
  ledger: Pick<Ledger, 'append'>;
  lanes: Pick<Lanes, 'schedule'>;
  addresses: Pick<Addresses, 'names'>;
}

/**
 * Contacts who want nothing more of a tenant's flows, in whichever session. What somebody sends by `POST` is that somebody's: it
 * goes out all the same.
 */
export class OptOuts {
  readonly #db: Database;
  readonly #ports: OptOutPorts;
  readonly #runtime: Pick<Runtime, 'clock'>;

  constructor(db: Database, ports: OptOutPorts, runtime: Pick<Runtime, 'clock'>) {
    this.#db = db;
    this.#ports = ports;
    this.#runtime = runtime;
  }

  /** By name; `cursor` is the `nextCursor` of the page before. */
  async list(tenantId: TenantId, page: PageAsked): Promise<Page<OptOutView>> {
    const found = await new OptOutStore(this.#db.sql, tenantId).list(pageRead(page));
    return pageOf(
      found,
      page.limit,
      ({ chatId }) => chatId,
      (one) => viewOf(one.chatId, one),
    );
  }

  async get({ tenantId }: SessionRef, chat: ChatId): Promise<OptOutView> {
    const names = await this.#ports.addresses.names(tenantId, chat);
    return viewOf(chat, await new OptOutStore(this.#db.sql, tenantId).find(names));
  }

  /** `out`: whether the contact has opted out from now on. Nothing happens where it is so already. */
  async set(session: SessionRef, chat: ChatId, out: boolean): Promise<OptOutView> {
    const { tenantId } = session;
    const names = await this.#ports.addresses.names(tenantId, chat);
    return this.#db.write(
      async (tx) => {
        const now = this.#runtime.clock.now();
        // Its lane first: a turn under way in it ends before.
        const key = laneOf({ sessionId: session.id, id: chat });
        await this.#ports.lanes.schedule(tx, [{ kind: 'flow', key, tenantId, dueAt: now }]);
        const rows = new OptOutStore(tx.sql, tenantId);
        const before = await rows.find(names);
        if ((before !== undefined) === out) return viewOf(chat, before);
        const draft = await change(tx, session, { chat, names, out, by: 'api', flow: null, now });
        await this.#ports.ledger.append(tx, [draft]);
        return viewOf(chat, await rows.find(names));
      },
      { for: tenantId, waited: 0 },
    );
  }
}

/** In the transaction of whoever says so. Answers the event that tells of it. */
export async function change(
  { sql }: Pick<Tx, 'sql'>,
  { tenantId, ...session }: SessionRef,
  told: { chat: ChatId; names: readonly ChatId[]; out: boolean; by: OptOut['by']; flow: string | null; now: number },
): Promise<EventDraft> {
  const { chat, names, out, by, flow, now } = told;
  const rows = new OptOutStore(sql, tenantId);
  if (out) await rows.add({ chatId: chat, since: now, by, flow });
  else await rows.remove(names);
  const data = { chat: { id: chat, kind: chatKind(chat) }, by, ...(flow !== null && { flow }) };
  return { tenantId, session: { id: session.id, name: session.name }, type: out ? 'contact.opted-out' : 'contact.opted-in', data };
}

function viewOf(chat: ChatId, optOut: OptOut | undefined): OptOutView {
  const { since = null, by = null, flow = null } = optOut ?? {};
  return { chat: { id: chat, kind: chatKind(chat) }, optedOut: optOut !== undefined, since: iso(since), by, flow };
}
