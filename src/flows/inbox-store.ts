import type { SessionId, TenantId } from '../core/ids.ts';
import type { ChatId } from '../core/message.ts';
import type { Tx } from '../db/open.ts';

/** What a turn needs of an inbound message. */
export interface Inbound {
  eventId: string;
  messageId: string;
  sessionName: string;
  text: string | null;
  contact: { name: string | null; phone: string | null };
}

export interface Chat {
  tenantId: TenantId;
  sessionId: SessionId;
  id: ChatId;
}

/** One inbound message that waits for its turn; `position` is the one of its event in the ledger. */
export interface Arrival {
  position: number;
  chat: Chat;
  message: Inbound;
}

/** Takes in messages of all tenants, as the ledger brings them. */
export class SystemFlowStore {
  /**
   * Keeps those whose session exists and whose tenant has, or had, a flow, and answers them. An event may be older than
   * the end of its session.
   */
  async arrive(tx: Tx, arrivals: readonly Arrival[]): Promise<Arrival[]> {
    if (arrivals.length === 0) return [];
    const sessions = [...new Set(arrivals.map(({ chat }) => chat.sessionId))];
    const served = new Set<SessionId>(
      await tx
        .sql('whatsapp_instances')
        .whereIn('id', sessions)
        .whereIn('tenant_id', tx.sql('flow_revisions').select('tenant_id'))
        .pluck('id'),
    );
    const kept = arrivals.filter(({ chat }) => served.has(chat.sessionId));
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
}

/** The messages that wait in one chat, inside the transaction of its lane. */
export class ChatInbox {
  readonly #tx: Tx;
  readonly #chat: { tenant_id: TenantId; session_id: SessionId; chat_id: ChatId };

  constructor(tx: Tx, { tenantId, sessionId, id }: Chat) {
    this.#tx = tx;
    this.#chat = { tenant_id: tenantId, session_id: sessionId, chat_id: id };
  }

  /** Takes the first message out. One that is not behind the chat's last turn is dropped: it has had its turn. */
  async take(): Promise<Inbound | undefined> {
    for (;;) {
      const row = await this.#tx.sql('flow_inbox').where(this.#chat).orderBy('position').first('position', 'message');
      if (!row) return undefined;
      await this.#tx.sql('flow_inbox').where({ position: row.position }).delete();
      if (await this.#advance(row.position)) return JSON.parse(row.message);
    }
  }

  async waits(): Promise<boolean> {
    return (await this.#tx.sql('flow_inbox').where(this.#chat).first('position')) !== undefined;
  }

  async #advance(position: number): Promise<boolean> {
    const last = await this.#tx.sql('flow_chats').where(this.#chat).first('position');
    if (last && last.position >= position) return false;
    await this.#tx
      .sql('flow_chats')
      .insert({ ...this.#chat, position })
      .onConflict(['session_id', 'chat_id'])
      .merge(['position']);
    return true;
  }
}
