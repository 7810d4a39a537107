import type { Knex } from 'knex';
import type { ChatId } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Chat } from '../chat.ts';
import type { RunState } from '../turn/state.ts';

/** Who made flows leave a chat alone: a caller, a webhook's answer, a flow's own step, somebody at the phone, the loop breaker. */
export type HandoffBy = 'api' | 'webhook' | 'flow' | 'phone' | 'loop';

export interface Handoff {
  since: Milliseconds;
  /** Null: until somebody resumes. */
  until: Milliseconds | null;
  by: HandoffBy;
  /** What a flow tells the person. */
  note?: string | null;
}

/** The chats of a session that are in the hands of a person, by address, from the one behind `after`. */
export async function handedOffIn(
  sql: Knex,
  { tenantId, id }: { tenantId: string; id: string },
  { after = '', limit }: { after?: string | undefined; limit: number },
): Promise<(Handoff & { chatId: ChatId })[]> {
  const rows = sql('flow_handoffs').where({ tenant_id: tenantId, session_id: id }).where('chat_id', '>', after).orderBy('chat_id');
  return rows.limit(limit).select({ chatId: 'chat_id', since: 'since', until: 'until', by: 'by', note: 'note' });
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
    const row = await this.#sql('flow_handoffs').where(this.#chat).first('since', 'until', 'by', 'note');
    return row ?? null;
  }

  async begin(handoff: Handoff): Promise<void> {
    await this.#sql('flow_handoffs')
      .insert({ ...this.#chat, ...handoff })
      .onConflict(['session_id', 'chat_id'])
      .merge(['until', 'by', 'note']);
  }

  /**
   * False when it was in nobody's hands. The time that a person took is not the contact's silence: a run that waits for an
   * answer has as much time left as before.
   */
  async end(now: Milliseconds): Promise<boolean> {
    const handoff = await this.current();
    if (!handoff) return false;
    await this.#sql('flow_handoffs').where(this.#chat).delete();
    const run = await this.#sql('flow_runs')
      .where({ ...this.#chat, status: 'waiting' })
      .first('id', 'state');
    const state: RunState | undefined = run && JSON.parse(run.state);
    if (state?.wait?.for !== 'answer' || state.wait.dueAt === null) return true;
    const dueAt = state.wait.dueAt + Math.max(0, now - handoff.since);
    await this.#sql('flow_runs')
      .where('id', run.id)
      .update({ wakes_at: dueAt, state: JSON.stringify({ ...state, wait: { ...state.wait, dueAt } }) });
    return true;
  }
}
