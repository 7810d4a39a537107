import type { SessionId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Tx } from '../db/open.ts';

/** What flows that start by the clock need of the rows of one tenant. */
export class ScheduleStore {
  readonly #tx: Tx;
  readonly #tenantId: TenantId;

  constructor(tx: Tx, tenantId: TenantId) {
    this.#tx = tx;
    this.#tenantId = tenantId;
  }

  async lookedAt(flow: string): Promise<Milliseconds | undefined> {
    const row = await this.#tx.sql('flow_schedules').where({ tenant_id: this.#tenantId, flow }).first('looked_at');
    return row?.looked_at;
  }

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

  async taggedChats(sessionId: SessionId, tag: string, limit: number): Promise<string[]> {
    const rows: { chat_id: string; tags: string }[] = await this.#tx
      .sql('flow_chats')
      .where({ tenant_id: this.#tenantId, session_id: sessionId })
      .where('tags', 'like', `%${JSON.stringify(tag).replace(/[%_]/g, '_')}%`)
      .orderBy('chat_id')
      .limit(limit)
      .select('chat_id', 'tags');
    return rows.filter(({ tags }) => (JSON.parse(tags) as string[]).includes(tag)).map(({ chat_id: id }) => id);
  }
}
