/** Nodes of one cluster, each a process of its own, on one Postgres and one directory. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migratedLocation } from '../helpers/database.ts';
import { freePort, type Hub, startHub } from '../helpers/hub.ts';

export interface TestCluster {
  url: string;
  nodes: Hub[];
  /** Starts one more, at a port of its own where none is given. */
  start(env?: Record<string, string>, port?: number): Promise<Hub>;
  /** Starts a hub that would have the database to itself. */
  startAlone(): Promise<Hub>;
  sql<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** The time of a node that is not heard of runs out now. */
  expire(node: Hub): Promise<void>;
  dispose(): Promise<void>;
}

export async function testCluster(count: number, env: Record<string, string> = {}): Promise<TestCluster> {
  const { location, remove } = await migratedLocation('postgres');
  const { url } = location as { url: string };
  const directory = await mkdtemp(join(tmpdir(), 'hookline-cluster-'));
  const nodes: Hub[] = [];
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const common = { HOOKLINE_DATABASE_URL: url, HOOKLINE_LOG_FORMAT: 'json', HOOKLINE_LOG_LEVEL: 'info', ...env };
  const cluster: TestCluster = {
    url,
    nodes,
    async start(more = {}, at?: number) {
      const port = at ?? (await freePort());
      const node = await startHub({ directory, port, env: { ...common, HOOKLINE_CLUSTER: 'true', ...more } });
      nodes.push(node);
      return node;
    },
    startAlone: () => startHub({ directory, env: common }),
    sql: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) => (await client.query<Row>(text, values)).rows,
    async expire({ port }) {
      // By each of the clocks that have to say so.
      const late = 'UPDATE node_beats SET seen_at = seen_at - 60000, lease_ms = 1 WHERE node_id = (SELECT id FROM nodes WHERE url LIKE $1)';
      await client.query(late, [`%:${port}`]);
    },
    async dispose() {
      await client.end();
      await Promise.all(nodes.map((node) => node.end('SIGKILL')));
      await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      await remove();
    },
  };
  try {
    // One after the other: the first finds the least to do.
    for (let index = 0; index < count; index++) await cluster.start();
  } catch (error) {
    await cluster.dispose();
    throw error;
  }
  return cluster;
}
