import type { Knex } from 'knex';
import type { QuarantineId, SessionId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { type Columns, toRow } from '../db/columns.ts';
import type { Database } from '../db/open.ts';
import type { Tx } from '../db/tx.ts';
import { type Item, type Listed, MOST_RAW } from './item.ts';

const TABLE = 'quarantine';

const COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  sessionId: 'session_id',
  at: 'at',
  stage: 'stage',
  kind: 'kind',
  engineId: 'engine_id',
  follower: 'follower',
  eventId: 'event_id',
  raw: 'raw',
  size: 'size',
  error: 'error',
  attempts: 'attempts',
  version: 'version',
  triedAt: 'tried_at',
} as const satisfies Columns<Item>;

const { raw: _, ...LISTED } = COLUMNS;
const KEPT = `CASE WHEN size > ${MOST_RAW} THEN ${MOST_RAW} ELSE size END`;

export interface ItemFilter {
  sessionId?: SessionId | undefined;
  stage?: string | undefined;
  /** Ids before there. */
  before?: string | undefined;
}

/** What was set aside, whoever the tenant is; whose it is asked for with each call. `tenantId`: undefined for that of all. */
export class SystemQuarantineStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** False when it is there already, or when what it belongs to is not there (any more). */
  async insert(tx: Tx, item: Item, fingerprint: string): Promise<boolean> {
    const { tenantId, sessionId } = item;
    const owner = sessionId === null ? tx.sql('tenants').where({ id: tenantId }) : tx.sql('whatsapp_instances').where({ id: sessionId });
    if (!(await owner.first('id'))) return false;
    const made = await tx
      .sql(TABLE)
      .insert({ ...toRow(COLUMNS, item), fingerprint })
      .onConflict('fingerprint')
      .ignore()
      .returning('id');
    return made.length === 1;
  }

  /** Removes the tenant's oldest until no more than so many, and so many bytes, are left. */
  async bound(tx: Tx, tenantId: TenantId, most: { items: number; bytes: number }): Promise<void> {
    const own = () => tx.sql(TABLE).where({ tenant_id: tenantId });
    const length = tx.sql.raw(`SUM(${KEPT}) AS bytes`);
    const sum = await own().select(length).count({ items: '*' }).first<{ items: number | string; bytes: number | string | null }>();
    let [items, bytes] = [Number(sum?.items ?? 0), Number(sum?.bytes ?? 0)];
    while (items > most.items || (bytes > most.bytes && items > 1)) {
      const oldest: { id: string; bytes: number | string } = await own()
        .orderBy('id')
        .first('id', tx.sql.raw(`${KEPT} AS bytes`));
      await own().where({ id: oldest.id }).delete();
      items--;
      bytes -= Number(oldest.bytes);
    }
  }

  /** Newest first. */
  async page(tenantId: TenantId | undefined, { sessionId, stage, before }: ItemFilter, limit: number): Promise<Listed[]> {
    const query = this.#items(tenantId, LISTED).orderBy('id', 'desc').limit(limit);
    if (sessionId !== undefined) query.where({ session_id: sessionId });
    if (stage !== undefined) query.where({ stage });
    if (before !== undefined) query.where('id', '<', before);
    return query;
  }

  byId(tenantId: TenantId | undefined, id: string): Promise<Item | undefined> {
    return this.#items(tenantId).where({ id }).first();
  }

  /** Those that no hub of this version has tried, in the order in which they came. */
  untried(version: string, after: string, limit: number): Promise<Item[]> {
    return this.#items(undefined).whereNot({ version }).where('id', '>', after).orderBy('id').limit(limit);
  }

  /** False when it is not there (any more). */
  async remove(tx: Tx, id: QuarantineId): Promise<boolean> {
    return (await tx.sql(TABLE).where({ id }).delete()) === 1;
  }

  async failedAgain(tx: Tx, id: QuarantineId, values: Pick<Item, 'error' | 'version' | 'triedAt'>): Promise<void> {
    const { error, version, triedAt } = values;
    await tx.sql(TABLE).where({ id }).increment('attempts', 1).update({ error, version, tried_at: triedAt });
  }

  async removeOld(tenantId: TenantId, before: Milliseconds, limit: number): Promise<number> {
    const old = this.#db.sql(TABLE).where({ tenant_id: tenantId }).where('at', '<', before).orderBy('id').limit(limit);
    const ids = (await old.select('id')).map(({ id }) => id);
    if (ids.length > 0) await this.#db.write((tx) => tx.sql(TABLE).whereIn('id', ids).delete(), { for: tenantId });
    return ids.length;
  }

  /** How much of each stage there is. */
  async countByStatus(): Promise<{ stage: string; count: number }[]> {
    const rows = await this.#db
      .sql(TABLE)
      .select('stage')
      .count<{ stage: string; count: number | string }[]>({ count: '*' })
      .groupBy('stage');
    return rows.map(({ stage, count }) => ({ stage, count: Number(count) }));
  }

  #items(tenantId: TenantId | undefined, columns: Record<string, string> = COLUMNS): Knex.QueryBuilder {
    const query = this.#db.sql(TABLE).select(columns);
    return tenantId === undefined ? query : query.where({ tenant_id: tenantId });
  }
}
