import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import got from 'got';
import knex, { type Knex } from 'knex';
import { type App, createApp } from '../src/app.ts';
import { loadConfig } from '../src/config/load.ts';
import type { SessionId, TenantId } from '../src/core/ids.ts';
import { sign } from '../src/webhooks/sign.ts';
import { percentile } from './process.ts';
import type { Told } from './receiver.ts';
import type { Figure } from './run.ts';

const IN_FLIGHT = 64;
const REQUESTS = 10_000;
const PER_LANE = 150;
const RATE = 200;
const SECONDS = 15;
const FEW = 1_000;
const MANY = 500_000;
const PROBES = 2_000;
const DEAD_LANES = 1_000;
const ROWS_A_DEAD_LANE = 1_000;
/** Milliseconds after which a measurement counts as failed. */
const PATIENCE = 60_000;

interface Receiver {
  url(path: string): string;
  told(): Promise<Told>;
  close(): void;
}

async function startReceiver(): Promise<Receiver> {
  const child = fork(new URL('./receiver.ts', import.meta.url));
  const [port] = (await once(child, 'message')) as [number];
  const url = (path: string): string => `http://127.0.0.1:${port}${path}`;
  return { url, told: async () => (await fetch(url('/told'))).json() as Promise<Told>, close: () => child.kill() };
}

/** What got alone does: sign, post, read the answer, with nothing stored and no order kept. Requests a second. */
async function bareGot(receiver: Receiver, body: string): Promise<number> {
  const agent = { http: new http.Agent({ keepAlive: true, maxSockets: IN_FLIGHT }) };
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  let left = REQUESTS;
  const started = performance.now();
  const loop = async (): Promise<void> => {
    while (left-- > 0) {
      const timestamp = Math.floor(Date.now() / 1_000);
      const headers = {
        'content-type': 'application/json',
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(timestamp),
        'webhook-signature': sign({ v1: [secret] }, { id: 'evt_1', timestamp, body }),
      };
      await got.post(receiver.url('/bare'), { body, headers, agent, retry: { limit: 0 }, timeout: { request: 15_000 } });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
  agent.http.destroy();
  return (REQUESTS / (performance.now() - started)) * 1_000;
}

interface Rig {
  app: App;
  sql: Knex;
  tenantId: TenantId;
  sessions: { id: SessionId; name: string; tenantId: TenantId }[];
  dispose(): Promise<void>;
}

/** A hub without its HTTP, with one sandbox session a lane. */
async function startRig(): Promise<Rig> {
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
function receive({ app, sessions }: Rig, lane: number): Promise<void> {
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

async function arrived(receiver: Receiver, count: number): Promise<Told> {
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

/** Deliveries a second while a backlog drains: stored, signed, each attempt on record, strictly ordered within each lane. */
async function drain(rig: Rig, receiver: Receiver): Promise<{ rate: number; outOfOrder: number }> {
  const { endpoints } = rig.app.rooms;
  const { id } = await endpoints.create(rig.tenantId, { url: receiver.url('/busy'), events: ['message.*'] });
  for (let i = 0; i < PER_LANE; i++) await Promise.all(rig.sessions.map((_, lane) => receive(rig, lane)));
  await rig.app.rooms.ledger.drain();
  await rig.app.rooms.lanes.drain();
  await receiver.told();
  const started = performance.now();
  await endpoints.update(rig.tenantId, id, { url: receiver.url('/hook') });
  const { outOfOrder } = await arrived(receiver, IN_FLIGHT * PER_LANE);
  return { rate: (IN_FLIGHT * PER_LANE * 1_000) / (performance.now() - started), outOfOrder };
}

/** From the commit of an inbound message to its arrival at the receiver, at a steady rate. */
async function steady(rig: Rig, receiver: Receiver): Promise<number[]> {
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
async function pile(rig: Rig, endpointId: string, { count, lanes, dueAt }: { count: number; lanes: number; dueAt: number }): Promise<void> {
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

/** Milliseconds of this process' CPU a delivery, with so many waiting elsewhere. */
async function cost(rig: Rig, receiver: Receiver): Promise<number> {
  await receiver.told();
  const before = process.cpuUsage();
  for (let i = 0; i < PROBES; i += IN_FLIGHT) await Promise.all(rig.sessions.map((_, lane) => receive(rig, lane)));
  const count = Math.ceil(PROBES / IN_FLIGHT) * IN_FLIGHT;
  await arrived(receiver, count);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / count;
}

export async function webhooks(): Promise<Figure[]> {
  const receiver = await startReceiver();
  const rig = await startRig();
  try {
    const body = JSON.stringify({ type: 'message.received', data: { text: 'x'.repeat(400) } });
    await bareGot(receiver, body);
    const bare = await bareGot(receiver, body);
    const { rate, outOfOrder } = await drain(rig, receiver);
    const latencies = await steady(rig, receiver);
    const { id: waiting } = await rig.app.rooms.endpoints.create(rig.tenantId, { url: receiver.url('/busy'), events: ['custom.nothing'] });
    const later = Date.now() + 3_600_000;
    await pile(rig, waiting, { count: FEW, lanes: 500, dueAt: later });
    await cost(rig, receiver);
    const withFew = await cost(rig, receiver);
    const before = process.memoryUsage.rss();
    await pile(rig, waiting, { count: MANY, lanes: 500, dueAt: later });
    await cost(rig, receiver);
    const withMany = await cost(rig, receiver);
    const after = process.memoryUsage.rss();
    const alone = await steady(rig, receiver);
    const dead = await rig.app.rooms.endpoints.create(rig.tenantId, { url: receiver.url('/busy'), events: ['custom.nothing'] });
    await pile(rig, dead.id, { count: DEAD_LANES * ROWS_A_DEAD_LANE, lanes: DEAD_LANES, dueAt: Date.now() });
    // Nobody listens there: every lane fails again and again, and its thousand rows wait behind.
    await rig.app.rooms.endpoints.update(rig.tenantId, dead.id, { url: 'http://127.0.0.1:9/' });
    const atFirst = await steady(rig, receiver);
    const beside = await steady(rig, receiver);
    const ms = (share: number): string => `${percentile(latencies, share)} ms`;
    return [
      { what: `bare got, signed POST, keep-alive, ${IN_FLIGHT} in flight`, value: `${bare.toFixed(0)}/s`, aim: 'the measure' },
      {
        what: `hub: stored, signed, strictly ordered over ${IN_FLIGHT} lanes (${outOfOrder} out of order)`,
        value: `${rate.toFixed(0)}/s = ${(rate / bare).toFixed(2)} × bare got`,
        aim: '≥ 0.8 ×',
      },
      {
        what: `inbound stored → received, at ${RATE}/s: p50 / p95 / p99`,
        value: `${ms(0.5)} / ${ms(0.95)} / ${ms(0.99)}`,
        aim: 'p95 < 40 ms',
      },
      { what: `CPU a delivery from inbound on, ${FEW.toLocaleString('en')} waiting elsewhere`, value: `${withFew.toFixed(2)} ms`, aim: '' },
      {
        what: `the same, ${MANY.toLocaleString('en')} waiting`,
        value: `${withMany.toFixed(2)} ms (${((withMany / withFew - 1) * 100).toFixed(0)} %)`,
        aim: 'within 15 %',
      },
      {
        what: `a healthy endpoint's p99 at ${RATE}/s, alone → beside ${DEAD_LANES} dead lanes × ${ROWS_A_DEAD_LANE} rows`,
        value: `${percentile(alone, 0.99)} → ${percentile(beside, 0.99)} ms; while they all fail at once, in the first ${SECONDS} s: ${percentile(atFirst, 0.99)} ms`,
        aim: 'within 10 %',
      },
      { what: `memory more with ${MANY.toLocaleString('en')} waiting`, value: `${((after - before) / 1e6).toFixed(0)} MB`, aim: '' },
    ];
  } finally {
    await rig.dispose();
    receiver.close();
  }
}
