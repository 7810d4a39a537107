import type { SessionId, TenantId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Tx } from '../../db/tx.ts';
import type { Schedule } from '../text/schedules.ts';

/**
 * What began by the clock at one moment and is not asked for in every chat yet. Several schedules of a flow may be due at
 * once: a chat that two of them name is asked for once.
 */
export interface Round {
  begun: Milliseconds;
  /** The first of them is under way. */
  left: Schedule[];
  /** How many of its addresses were asked for, and up to which of the chats. */
  addressed: number;
  after: string;
  /** Chats that were asked for by address, as `ses_… chat`, and the tags whose chats were. */
  named: string[];
  tags: { session: string; tag: string }[];
}

/** What flows that start by the clock need of the rows of one tenant. */
export class ScheduleStore {
  readonly #tx: Tx;
  readonly #tenantId: TenantId;

  constructor(tx: Tx, tenantId: TenantId) {
    this.#tx = tx;
    this.#tenantId = tenantId;
  }

  async standing(flow: string): Promise<{ lookedAt?: Milliseconds; round: Round | null }> {
    const row = await this.#tx
      .sql('flow_schedules')
      .where({ tenant_id: this.#tenantId, flow })
      .first({ lookedAt: 'looked_at', round: 'round' });
    return { ...(row && { lookedAt: row.lookedAt }), round: row?.round ? JSON.parse(row.round) : null };
  }

  /** `round`: what is left of it. */
  async keep(flow: string, lookedAt: Milliseconds, round: Round | null): Promise<void> {
    await this.#tx
      .sql('flow_schedules')
      .insert({ tenant_id: this.#tenantId, flow, looked_at: lookedAt, round: round && JSON.stringify(round) })
      .onConflict(['tenant_id', 'flow'])
      .merge(['looked_at', 'round']);
  }

  /** What was begun goes on. */
  async look(flow: string, now: Milliseconds): Promise<void> {
    await this.#tx
      .sql('flow_schedules')
      .insert({ tenant_id: this.#tenantId, flow, looked_at: now })
      .onConflict(['tenant_id', 'flow'])
      .merge(['looked_at']);
  }

  async session(idOrName: string): Promise<{ id: SessionId; name: string } | undefined> {
    return this.#tx
      .sql('whatsapp_instances')
      .where('tenant_id', this.#tenantId)
      .where((one) => one.where('id', idOrName).orWhere('name', idOrName))
      .first('id', 'name');
  }

  /** Chats that flows know, with their tags; from the one behind `after`. */
  async chats(sessionId: SessionId, after: string, limit: number): Promise<{ id: string; tags: string[] }[]> {
    const rows: { id: string; tags: string }[] = await this.#tx
      .sql('flow_chats')
      .where({ tenant_id: this.#tenantId, session_id: sessionId })
      .where('chat_id', '>', after)
      .orderBy('chat_id')
      .limit(limit)
      .select({ id: 'chat_id', tags: 'tags' });
    return rows.map(({ id, tags }) => ({ id, tags: JSON.parse(tags) }));
  }
}
