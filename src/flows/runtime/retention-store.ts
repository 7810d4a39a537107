import { firstIdAt, type TenantId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';

interface OldRun {
  id: string;
  status: string;
  wakesAt: Milliseconds | null;
  updatedAt: Milliseconds;
}

/** Runs that are kept for so long and no longer, whoever the tenant is. */
export class SystemRunStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** A page of those that began before `before`, from the one behind `after`; `ids`: those of them that go. `last`: where to go on. */
  async old(
    tenantId: TenantId,
    { before, after, limit }: { before: Milliseconds; after: string; limit: number },
  ): Promise<{ ids: string[]; last: string | null }> {
    const page: OldRun[] = await this.#db
      .sql('flow_runs')
      .where({ tenant_id: tenantId })
      .where('id', '>', after)
      .where('id', '<', firstIdAt('run', before))
      .orderBy('id')
      .limit(limit)
      .select({ id: 'id', status: 'status', wakesAt: 'wakes_at', updatedAt: 'updated_at' });
    const gone = page.filter(({ status, wakesAt, updatedAt }) => updatedAt < before && (status !== 'waiting' || wakesAt === null));
    return { ids: gone.map(({ id }) => id), last: page.length === limit ? (page.at(-1)?.id ?? null) : null };
  }

  async remove(tenantId: TenantId, ids: readonly string[], before: Milliseconds): Promise<void> {
    if (ids.length === 0) return;
    await this.#db.write(
      (tx) => tx.sql('flow_runs').where({ tenant_id: tenantId }).whereIn('id', ids).where('updated_at', '<', before).delete(),
      { for: tenantId },
    );
  }
}
