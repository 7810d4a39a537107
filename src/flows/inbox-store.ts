import type { SessionId, TenantId } from '../core/ids.ts';
import { type ChatId, chatKind } from '../core/message.ts';
import type { Tx } from '../db/open.ts';
import type { ChatFacts } from './candidates.ts';
import type { Inbound } from './said.ts';

export interface Chat {
  tenantId: TenantId;
  sessionId: SessionId;
  id: ChatId;
}

/** What came in and waits for its turn; `position` is the one of its event in the ledger. */
export interface Arrival {
  position: number;
  chat: Chat;
  message: Inbound;
}

/** Takes in what happens in the chats of all tenants, as the ledger brings it. */
export class SystemFlowStore {
  /**
   * Keeps those whose session exists and whose tenant has, or had, a flow that asks for such, and answers them. An event
   * may be older than the end of its session.
   */
  async arrive(tx: Tx, arrivals: readonly Arrival[]): Promise<Arrival[]> {
    if (arrivals.length === 0) return [];
    const served = await this.#served(tx, arrivals);
    const kept = arrivals.filter((arrival) => isAsked(arrival, served.get(arrival.chat.sessionId)));
    const rows = kept.map(({ position, chat, message }) => ({
      position,
      tenant_id: chat.tenantId,
      session_id: chat.sessionId,
      chat_id: chat.id,
      message: JSON.stringify(message),
    }));
    if (rows.length > 0) await tx.sql('flow_inbox').insert(rows).onConflict('position').ignore();
    return kept;
  }

  /** Those of the chats whose tenant has, or had, a flow. */
  async servedChats(tx: Tx, chats: readonly Chat[]): Promise<Chat[]> {
    if (chats.length === 0) return [];
    const served = await this.#served(
      tx,
      chats.map((chat) => ({ chat })),
    );
    return chats.filter(({ sessionId }) => served.has(sessionId));
  }

  async #served(tx: Tx, arrivals: readonly { chat: Chat }[]): Promise<Map<SessionId, Asked>> {
    const sessions = [...new Set(arrivals.map(({ chat }) => chat.sessionId))];
    const rows: { id: SessionId; in_groups: number; events: string }[] = await tx
      .sql('whatsapp_instances')
      .join('flow_catalogs', 'flow_catalogs.tenant_id', 'whatsapp_instances.tenant_id')
      .whereIn('whatsapp_instances.id', sessions)
      .select('whatsapp_instances.id', 'flow_catalogs.in_groups', 'flow_catalogs.events');
    return new Map(rows.map(({ id, in_groups: inGroups, events }) => [id, { inGroups: inGroups === 1, events: JSON.parse(events) }]));
  }
}

/** What the flows of a tenant ask for beyond messages in private chats. */
interface Asked {
  inGroups: boolean;
  events: string[];
}

function isAsked({ chat, message }: Arrival, asked: Asked | undefined): boolean {
  if (!asked) return false;
  // A vote may be the answer to a poll that a run waits for.
  if (message.kind === 'event' && message.event?.type !== 'poll.vote' && !asked.events.includes(message.event?.type ?? '')) return false;
  return chatKind(chat.id) === 'private' || asked.inGroups;
}

/** What waits in one chat, and what is kept of it, inside the transaction of its lane. */
export class ChatInbox {
  readonly #tx: Tx;
  readonly #chat: { tenant_id: TenantId; session_id: SessionId; chat_id: ChatId };

  constructor(tx: Tx, { tenantId, sessionId, id }: Chat) {
    this.#tx = tx;
    this.#chat = { tenant_id: tenantId, session_id: sessionId, chat_id: id };
  }

  /** The first of what waits, oldest first. What is not behind the chat's last turn has had its turn, and is left out. */
  async waiting(position: number, limit: number): Promise<{ position: number; inbound: Inbound }[]> {
    const rows: { position: number; message: string }[] = await this.#tx
      .sql('flow_inbox')
      .where(this.#chat)
      .where('position', '>', position)
      .orderBy('position')
      .limit(limit)
      .select('position', 'message');
    return rows.map((row) => ({ position: row.position, inbound: JSON.parse(row.message) }));
  }

  /** Takes out all up to `position`. */
  async take(position: number): Promise<void> {
    await this.#tx.sql('flow_inbox').where(this.#chat).where('position', '<=', position).delete();
  }

  /** The chat as the last turn left it; `position` is that of the last turn. */
  async facts(): Promise<ChatFacts & { position: number }> {
    const row = await this.#tx.sql('flow_chats').where(this.#chat).first();
    const id = this.#chat.chat_id;
    const blank = { id, kind: chatKind(id), known: false, tags: [], remembered: {}, starts: {}, sent: [], position: 0 };
    if (!row) return blank;
    const [tags, remembered, starts, sent] = [row.tags, row.remembered, row.starts, row.sent].map((json) => JSON.parse(json));
    return { ...blank, known: true, tags, remembered, starts, sent, position: row.position };
  }

  async save({ tags, remembered, starts, sent }: ChatFacts, position: number): Promise<void> {
    const [a, b, c, d] = [tags, remembered, starts, sent].map((value) => JSON.stringify(value));
    await this.#tx
      .sql('flow_chats')
      .insert({ ...this.#chat, position, tags: a, remembered: b, starts: c, sent: d })
      .onConflict(['session_id', 'chat_id'])
      .merge(['position', 'tags', 'remembered', 'starts', 'sent']);
  }
}
