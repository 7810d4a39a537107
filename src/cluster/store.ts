import type { NodeId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Columns } from '../db/columns.ts';
import type { Database } from '../db/open.ts';

/** A node as it was last heard of, by the clock of the database. */
export interface StoredNode {
  id: NodeId;
  url: string;
  version: string;
  role: string;
  startedAt: Milliseconds;
  seenAt: Milliseconds;
  draining: 0 | 1;
  sessions: number;
  memoryBytes: number;
  /** JSON */
  followers: string;
}

const COLUMNS = {
  id: 'nodes.id',
  url: 'url',
  version: 'version',
  role: 'role',
  startedAt: 'started_at',
  seenAt: 'seen_at',
  draining: 'draining',
  sessions: 'sessions',
  memoryBytes: 'memory_bytes',
  followers: 'followers',
} as const satisfies Columns<StoredNode>;

/** Nodes, and what is leased to them. What a node tells of itself is written in db/node-tenure.ts. */
export class ClusterStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** In the order in which they started, from after the id `after`. */
  async nodes({ limit, after = '' }: { limit: number; after?: string | undefined }): Promise<StoredNode[]> {
    const rows = this.#db.sql('nodes').join('node_beats', 'node_id', 'nodes.id').where('nodes.id', '>', after);
    return rows.orderBy('nodes.id').limit(limit).select(COLUMNS);
  }

  /** False when there is no such node. */
  async drain(id: string): Promise<boolean> {
    return this.#db.write(async ({ sql }) => (await sql('node_beats').where({ node_id: id }).update({ draining: 1 })) === 1, { waited: 0 });
  }

  /** Those of the names that nobody had are the node's from here on. */
  async take(names: readonly string[], nodeId: NodeId): Promise<string[]> {
    return this.#db.write(async (tx) => {
      const { sql } = tx;
      const rows = names.map((name) => ({ name, node_id: null, generation: 0 }));
      await sql('leases').insert(rows).onConflict('name').ignore();
      const taken = sql('leases').whereIn('name', names).whereNull('node_id');
      tx.tell('leases', '');
      const leases: { name: string }[] = await taken.update({ node_id: nodeId, generation: sql.raw('generation + 1') }).returning('name');
      return leases.map(({ name }) => name);
    });
  }

  async release(names: readonly string[], nodeId: NodeId): Promise<void> {
    await this.#db.write(async (tx) => {
      await tx.sql('leases').whereIn('name', names).where({ node_id: nodeId }).update({ node_id: null });
      tx.tell('leases', '');
    });
  }

  /** Who has what. */
  async owners(): Promise<Map<string, NodeId>> {
    const rows: { name: string; nodeId: NodeId }[] = await this.#db
      .sql('leases')
      .whereNotNull('node_id')
      .select({ name: 'name', nodeId: 'node_id' });
    return new Map(rows.map(({ name, nodeId }) => [name, nodeId]));
  }
}
