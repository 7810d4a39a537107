/** A hub without its HTTP, what comes in to it, and who receives from it: what the benches of webhooks share. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import { type App, createApp } from '../src/app.ts';
import { loadConfig } from '../src/config/load.ts';
import type { SessionId, TenantId } from '../src/core/ids.ts';
import type { Told } from './receiver.ts';

/** Sessions, and so lanes of an endpoint, and requests at the same time. */
export const IN_FLIGHT = 64;
export const RATE = 200;
export const SECONDS = 15;
/** Milliseconds after which a measurement counts as failed. */
const PATIENCE = 120_000;

export interface Receiver {
  url(path: string): string;
  told(): Promise<Told>;
  close(): void;
}

export async function startReceiver(): Promise<Receiver> {
  const child = fork(new URL('./receiver.ts', import.meta.url));
  const [port] = (await once(child, 'message')) as [number];
  const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
  return { url, told: async () => (await fetch(url('/told'))).json() as Promise<Told>, close: () => child.kill() };
}

export interface Rig {
  app: App;
  sql: Knex;
  tenantId: TenantId;
  sessions: { id: SessionId; name: string; tenantId: TenantId }[];
  dispose(): Promise<void>;
}

/** A hub without its HTTP, with one sandbox session a lane. */
export async function startRig(): Promise<Rig> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-bench-'));
  const env = {
    HOOKLINE_DATA_DIR: join(directory, 'data'),
    HOOKLINE_TOKENS_DIR: join(directory, 'tokens'),
    HOOKLINE_FLOWS_DIR: join(directory, 'flows'),
    HOOKLINE_LOG_CONSOLE: 'false',
    HOOKLINE_WEBHOOKS_CONCURRENCY_PER_ENDPOINT: String(IN_FLIGHT),
  };
  const app = await createApp(loadConfig({ dev: true, env }), { listen: false });
  const { id: tenantId } = await app.rooms.tenants.create('bench');
  const sessions: Rig['sessions'] = [];
  for (let lane = 0; lane < IN_FLIGHT; lane++) {
    const { session } = await app.rooms.sessions.create(tenantId, { name: `s${lane}`, engine: 'sandbox', start: false });
    sessions.push({ id: session.id, name: session.name, tenantId });
  }
  const sql = knex({ client: 'sqlite3', connection: { filename: join(directory, 'data', 'hookline.sqlite') }, useNullAsDefault: true });
  return {
    app,
    sql,
    tenantId,
    sessions,
    async dispose() {
      await sql.destroy();
      await app[Symbol.asyncDispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

let written = 0;
export function receive({ app, sessions }: Rig, lane: number): Promise<void> {
  const session = sessions[lane % sessions.length] as Rig['sessions'][number];
  const from = { id: '5521988887777@c.us', lid: null, phone: '5521988887777', name: 'Bench' };
  return app.rooms.inbox.receive(session, {
    engineId: `false_${from.id}_${written++}`,
    fromMe: false,
    type: 'text',
    chat: { id: from.id, kind: 'private' },
    from,
    to: '5511999990000@c.us',
    text: 'How long does the delivery to São Paulo take, and what does it cost?',
    timestamp: Date.now(),
  });
}

export async function arrived(receiver: Receiver, count: number): Promise<Told> {
  const all: Told = { count: 0, latencies: [], outOfOrder: 0 };
  for (const end = performance.now() + PATIENCE; all.count < count; ) {
    if (performance.now() > end) throw new Error(`${all.count} of ${count} deliveries arrived in ${PATIENCE / 1_000} s`);
    await wait(20);
    const told = await receiver.told();
    all.count += told.count;
    all.outOfOrder += told.outOfOrder;
    all.latencies.push(...told.latencies);
  }
  return all;
}

/** From the commit of an inbound message to its arrival at the receiver, at a steady rate. */
export async function steady(rig: Rig, receiver: Receiver): Promise<number[]> {
  await receiver.told();
  const started = performance.now();
  const pending: Promise<void>[] = [];
  for (let i = 0; i < RATE * SECONDS; i++) {
    await wait(Math.max(0, started + (i * 1_000) / RATE - performance.now()));
    pending.push(receive(rig, i));
  }
  await Promise.all(pending);
  return (await arrived(receiver, RATE * SECONDS)).latencies;
}

/** Puts `count` deliveries behind an endpoint, in `lanes` lanes; they wait until it is given a URL. */
export async function pile(
  rig: Rig,
  endpointId: string,
  { count, lanes, dueAt }: { count: number; lanes: number; dueAt: number },
): Promise<void> {
  const { sql, tenantId } = rig;
  const { n: before } = (await sql('webhook_deliveries').where({ endpoint_id: endpointId }).count({ n: '*' }).first()) as { n: number };
  const missing = count - before;
  if (missing <= 0) return;
  const { n: there } = (await sql('events').where({ type: 'custom.pile' }).count({ n: '*' }).first()) as { n: number };
  await sql.raw(
    `WITH RECURSIVE n(i) AS (SELECT 1 WHERE ? > 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO events (id, tenant_id, session_id, session_name, seq, type, at, data)
     SELECT 'evt_pile_' || ? || '_' || i, ?, NULL, NULL, i, 'custom.pile', ?, '{"pile":true,"text":"' || hex(zeroblob(100)) || '"}' FROM n`,
    [Math.max(0, count - there), Math.max(0, count - there), count, tenantId, Date.now()],
  );
  await sql.raw(
    `INSERT INTO webhook_deliveries (id, tenant_id, endpoint_id, event_position, lane, status, due_at, expires_at, created_at)
     SELECT 'dlv_' || ? || e.position, e.tenant_id, ?, e.position, 'webhook:' || ? || ':lane' || (e.position % ?), 'pending', ?, ?, ? FROM events e
     WHERE e.type = 'custom.pile' AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.event_position = e.position AND d.endpoint_id = ?)
     LIMIT ?`,
    [endpointId, endpointId, endpointId, lanes, dueAt, Date.now() + 200_000_000, Date.now(), endpointId, missing],
  );
  // The followers of the ledger pass over what was written behind their back.
  await receive(rig, 0);
  await rig.app.rooms.ledger.drain();
  await sql.raw('PRAGMA wal_checkpoint(TRUNCATE)');
}
