import type { TenantId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';

/** What is kept for so long and no longer, whoever the tenant is. */
export class SystemRetentionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Which of the events an endpoint is still owed. */
  async owed(tx: Tx, positions: readonly number[]): Promise<Set<number>> {
    const owed = tx.sql('webhook_deliveries').whereIn('event_position', positions).whereNotNull('due_at').distinct();
    return new Set<number>(await owed.pluck('event_position'));
  }

  /** As `owed`, but not by an endpoint that is disabled, which may never take it. */
  async owedNow(tx: Tx, positions: readonly number[]): Promise<Set<number>> {
    const owed = tx
      .sql('webhook_deliveries')
      .join('webhook_endpoints', 'webhook_endpoints.id', 'webhook_deliveries.endpoint_id')
      .whereIn('webhook_deliveries.event_position', positions)
      .whereNotNull('webhook_deliveries.due_at')
      .whereNull('webhook_endpoints.disabled_at')
      .distinct();
    return new Set<number>(await owed.pluck('webhook_deliveries.event_position'));
  }

  /** What receivers answered to events: they may have repeated what was told. What was signed is not what the events say now. */
  async forgetAnswers(tx: Tx, positions: readonly number[]): Promise<void> {
    const deliveries = tx.sql('webhook_deliveries').whereIn('event_position', positions).select('ordinal');
    await tx
      .sql('webhook_attempts')
      .whereIn('delivery', deliveries)
      .update({ signature: null, response_headers: null, response_body: null, actions: null });
  }

  async endpointIds(tenantId: TenantId): Promise<string[]> {
    return (await this.#db.sql('webhook_endpoints').where({ tenant_id: tenantId }).select('id')).map(({ id }) => id);
  }

  /** The oldest first, at most `limit`. Returns how many there were. */
  async removeAttempts(endpointId: string, before: Milliseconds, limit: number): Promise<number> {
    return this.#db.write(async ({ sql }) => {
      const oldest = sql('webhook_attempts')
        .where({ endpoint_id: endpointId })
        .where('started_at', '<', before)
        .orderBy('started_at')
        .limit(limit)
        .select('delivery', 'number');
      return sql('webhook_attempts').whereIn(['delivery', 'number'], oldest).delete();
    });
  }
}
