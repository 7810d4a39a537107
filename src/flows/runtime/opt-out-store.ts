import type { Knex } from 'knex';
import type { TenantId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { type Columns, toRow } from '../../db/columns.ts';

export interface OptOut {
  chatId: ChatId;
  since: Milliseconds;
  by: 'flow' | 'api';
  flow: string | null;
}

const COLUMNS = { chatId: 'chat_id', since: 'since', by: 'by', flow: 'flow' } as const satisfies Columns<OptOut>;

/** The contacts of one tenant who have opted out. A contact is looked up by all of its names. */
export class OptOutStore {
  readonly #sql: Knex;
  readonly #tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId) {
    this.#sql = sql;
    this.#tenantId = tenantId;
  }

  /** By name, from the one behind `after`. */
  async list({ after, limit }: { after?: string; limit: number }): Promise<OptOut[]> {
    const query = this.#rows().orderBy('chat_id').limit(limit);
    if (after !== undefined) query.where('chat_id', '>', after);
    return query.select(COLUMNS);
  }

  /** The first one; undefined where the contact has not opted out. */
  async find(names: readonly ChatId[]): Promise<OptOut | undefined> {
    return this.#rows().whereIn('chat_id', names).orderBy('since').first(COLUMNS);
  }

  async add(optOut: OptOut): Promise<void> {
    const row = { tenant_id: this.#tenantId, ...toRow(COLUMNS, optOut) };
    await this.#sql('flow_opt_outs').insert(row).onConflict(['tenant_id', 'chat_id']).ignore();
  }

  async remove(names: readonly ChatId[]): Promise<number> {
    return this.#rows().whereIn('chat_id', names).delete();
  }

  #rows(): Knex.QueryBuilder {
    return this.#sql('flow_opt_outs').where('tenant_id', this.#tenantId);
  }
}
