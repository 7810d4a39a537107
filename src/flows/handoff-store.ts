import type { Knex } from 'knex';
import type { Milliseconds } from '../core/runtime.ts';
import type { Chat } from './inbox-store.ts';

/** Who made flows leave a chat alone. */
export type HandoffBy = 'api' | 'webhook';

export interface Handoff {
  since: Milliseconds;
  /** Null: until somebody resumes. */
  until: Milliseconds | null;
  by: HandoffBy;
}

/** Whether one chat is in the hands of a person. */
export class ChatHandoff {
  readonly #sql: Knex;
  readonly #chat: { tenant_id: Chat['tenantId']; session_id: Chat['sessionId']; chat_id: Chat['id'] };

  constructor(sql: Knex, { tenantId, sessionId, id }: Chat) {
    this.#sql = sql;
    this.#chat = { tenant_id: tenantId, session_id: sessionId, chat_id: id };
  }

  async current(): Promise<Handoff | null> {
    const row = await this.#sql('flow_handoffs').where(this.#chat).first('since', 'until', 'by');
    return row ?? null;
  }

  async begin(handoff: Handoff): Promise<void> {
    await this.#sql('flow_handoffs')
      .insert({ ...this.#chat, ...handoff })
      .onConflict(['session_id', 'chat_id'])
      .merge(['until', 'by']);
  }

  /** False when it was in nobody's hands. */
  async end(): Promise<boolean> {
    return (await this.#sql('flow_handoffs').where(this.#chat).delete()) > 0;
  }
}
