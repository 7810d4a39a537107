import type { NodeId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Database } from '../db/open.ts';

export interface CountRow {
  name: string;
  used: number;
  msLeft: Milliseconds;
}

/** By the clock of the database, the same in the whole of a statement. */
const NOW = 'CAST(extract(epoch FROM statement_timestamp()) * 1000 AS bigint)';

/** Rows of minutes that are over, removed at once. */
const BATCH = 10_000;

/**
 * What the nodes of a cluster have counted together, and the streams that each has open. All of it is of a minute, or of a node that lives:
 * it is written beside the turns in which nodes write what lasts, each statement for itself, and lost with a crash of the database.
 */
export class CountsStore {
  readonly #db: Pick<Database, 'sql'>;

  constructor(db: Pick<Database, 'sql'>) {
    this.#db = db;
  }

  /** Adds to what is there; resolves with what there is then. In the order of their names, so that no two nodes wait for each other. */
  async add(rows: readonly CountRow[]): Promise<CountRow[]> {
    const { rows: found } = await this.#db.sql.raw<{ rows: CountRow[] }>(
      `INSERT INTO minute_counts AS c (name, used, ends_at)
       SELECT name, used, ${NOW} + "msLeft" FROM json_to_recordset(CAST(? AS json)) AS r(name text, used bigint, "msLeft" bigint) ORDER BY name
       ON CONFLICT (name) DO UPDATE SET
         used = excluded.used + CASE WHEN c.ends_at > ${NOW} THEN c.used ELSE 0 END,
         ends_at = CASE WHEN c.ends_at > ${NOW} THEN c.ends_at ELSE excluded.ends_at END
       RETURNING name, used, ends_at - ${NOW} AS "msLeft"`,
      [JSON.stringify(rows)],
    );
    return found;
  }

  async get(name: string): Promise<CountRow | undefined> {
    const { rows } = await this.#db.sql.raw<{ rows: CountRow[] }>(
      `SELECT name, used, ends_at - ${NOW} AS "msLeft" FROM minute_counts WHERE name = ? AND ends_at > ${NOW}`,
      [name],
    );
    return rows[0];
  }

  /** Those of minutes that are over. */
  async prune(): Promise<void> {
    await this.#db.sql.raw(
      `DELETE FROM minute_counts WHERE name IN
         (SELECT name FROM minute_counts WHERE ends_at < ${NOW} - 60000 LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
    );
  }

  /** How many streams a node has open of these tenants. Of a node that is gone they are gone with it. */
  async putStreams(nodeId: NodeId, rows: readonly { tenantId: TenantId; open: number }[]): Promise<void> {
    const [gone, there] = [rows.filter(({ open }) => open === 0), rows.filter(({ open }) => open > 0)];
    const sql = this.#db.sql;
    const tenants = gone.map(({ tenantId }) => tenantId);
    if (gone.length > 0) await sql('open_streams').where({ node_id: nodeId }).whereIn('tenant_id', tenants).delete();
    if (there.length === 0) return;
    const inserted = there.map(({ tenantId, open }) => ({ node_id: nodeId, tenant_id: tenantId, streams: open }));
    await sql('open_streams').insert(inserted).onConflict(['node_id', 'tenant_id']).merge();
  }

  async streamsElsewhere(nodeId: NodeId, tenantId: TenantId): Promise<number> {
    const others = this.#db.sql('open_streams').where({ tenant_id: tenantId }).whereNot({ node_id: nodeId });
    const [row]: { streams: number | null }[] = await others.sum({ streams: 'streams' });
    return Number(row?.streams ?? 0);
  }
}
