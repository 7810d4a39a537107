import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { type Call, type Hub, linkedSandbox, startHub } from '../test/helpers/hub.ts';
import { findPostgresPrograms, type PostgresServer, startPostgres } from '../test/helpers/postgres-server.ts';
import { HttpClient, IN_FLIGHT } from './http-client.ts';
import { median, percentile, processorTime } from './process.ts';
import type { Figure } from './report.ts';
import { arrived, type Receiver, startReceiver } from './rig.ts';

const TENANTS = 4;
const SESSIONS = 200;
/** Whose sends only wait. */
const PARKED = 20;
const ENDPOINTS = 12;
const SECONDS = 6;
const WARM_UP = 1.5;
/** Inbound messages, each of which is delivered to every endpoint of its tenant. */
const DELIVERED = 3_000;
const PROBES = 200;
const PROBED_EVERY = 50;

const TO = '5511988887777';
const TEXT = 'Your order 4711 is on its way and should be with you tomorrow between ten and noon.';

/** `alone`: one hub on Postgres that has it to itself. */
type Size = 'alone' | 1 | 2 | 3;
/** There and back, so that what the machine does besides falls on all alike. */
const SIZES: Size[] = ['alone', 1, 2, 3, 3, 2, 1, 'alone'];

interface Session {
  name: string;
  tenant: number;
}

interface Site {
  nodes: Hub[];
  server: PostgresServer;
  /** For each tenant one for each node. */
  clients: HttpClient[][];
  calls: Call[];
  sessions: Session[];
  parked: Session[];
  sql: pg.Client;
  /** By session: which of the nodes runs it. */
  owners: Map<string, number>;
}

/** What one kind of work came to. */
interface Measured {
  /** A second. */
  rate: number;
  /** Milliseconds of processor time for one: of the nodes, of Postgres. */
  nodes: number;
  postgres: number;
  /** Share of the time that a node waited for its turn to write, and that one or another of them was writing. */
  turn: number;
  held: number;
}

interface Snapshot {
  at: number;
  nodes: number;
  postgres: number;
  turn: number;
  held: number;
}

async function snapshot({ nodes, server }: Site): Promise<Snapshot> {
  const texts = await Promise.all(nodes.map(async ({ admin }) => (await admin('GET', '/metrics')).text));
  const seconds = (phase: string): number =>
    texts.reduce(
      (sum, text) => sum + Number(new RegExp(`^hookline_database_write_seconds_total\\{phase="${phase}"\\} (.+)$`, 'm').exec(text)?.[1]),
      0,
    );
  const pids = await server.pids();
  return {
    at: performance.now(),
    nodes: nodes.reduce((sum, { pid }) => sum + processorTime(pid), 0),
    postgres: pids.reduce((sum, pid) => sum + timeOf(pid), 0),
    turn: seconds('turn'),
    held: seconds('held'),
  };
}

/** A backend may end meanwhile. */
function timeOf(pid: number): number {
  try {
    return processorTime(pid);
  } catch {
    return 0;
  }
}

async function measured(site: Site, work: () => Promise<number>): Promise<Measured> {
  const before = await snapshot(site);
  const count = await work();
  const after = await snapshot(site);
  const seconds = (after.at - before.at) / 1_000;
  return {
    rate: count / seconds,
    nodes: (after.nodes - before.nodes) / count,
    postgres: (after.postgres - before.postgres) / count,
    turn: (after.turn - before.turn) / seconds / site.nodes.length,
    held: (after.held - before.held) / seconds,
  };
}

/** As fast as it is taken, to each node in turn, for so many seconds. Resolves with how many. */
async function pushed(seconds: number, push: (nth: number) => Promise<number>): Promise<number> {
  const end = performance.now() + seconds * 1_000;
  let [begun, done] = [0, 0];
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      const nth = begun++;
      for (let status = await push(nth); status !== 200 && status !== 202; status = await push(nth)) {
        // A machine that is shared may keep a node waiting for longer than callers are kept.
        if (status !== 503) throw new Error(`It was answered ${status}`);
        await wait(50);
      }
      done++;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
  return done;
}

const clientFor = ({ clients, nodes }: Site, { tenant }: Session, nth: number): HttpClient =>
  clients[tenant]?.[nth % nodes.length] as HttpClient;

function accept(site: Site, nth: number): Promise<number> {
  const session = site.parked[nth % site.parked.length] as Session;
  return clientFor(site, session, nth).post(`/api/sessions/${session.name}/messages`, { to: TO, type: 'text', text: TEXT });
}

/** Told to the node that runs the session, where an engine brings it, or to any, which passes it on: a hop that no message of WhatsApp makes. */
function receive(site: Site, nth: number, told: 'owner' | 'any' = 'owner'): Promise<number> {
  const session = site.sessions[nth % site.sessions.length] as Session;
  const from = `55219888${10_000 + (nth % 1_000)}`;
  return clientFor(site, session, told === 'any' ? nth : (site.owners.get(session.name) as number)).post(
    `/api/sessions/${session.name}/sandbox/receive`,
    { from, text: TEXT },
  );
}

/** From inbound messages, as fast as they are taken, to the last arrival. */
async function delivered(site: Site, receiver: Receiver): Promise<number> {
  await receiver.told();
  let left = DELIVERED;
  const loop = async (): Promise<void> => {
    while (left-- > 0) if ((await receive(site, left)) !== 200) left++;
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
  const count = DELIVERED * (ENDPOINTS / TENANTS);
  const { outOfOrder } = await arrived(receiver, count);
  if (outOfOrder > 0) throw new Error(`${outOfOrder} deliveries came out of order`);
  return count;
}

/** Milliseconds from a request to one node to the phone of a session that another one runs; at rest. */
async function reaches(site: Site): Promise<number[]> {
  const took: number[] = [];
  for (let nth = 0; nth < PROBES; nth++) {
    const session = site.sessions[nth] as Session;
    const call = site.calls[session.tenant] as Call;
    const owner = site.nodes[site.owners.get(session.name) as number];
    const others = site.nodes.filter((node) => node !== owner);
    const asked = Date.now();
    const client = site.clients[session.tenant]?.[site.nodes.indexOf(others[nth % others.length] as Hub)] as HttpClient;
    await client.post(`/api/sessions/${session.name}/messages`, { to: TO, type: 'text', text: TEXT });
    for (;;) {
      const seen: { at: string }[] = (await call('GET', `/api/sessions/${session.name}/sandbox/outbox`)).json.data;
      const last = seen.at(-1);
      if (last) {
        took.push(Date.parse(last.at) - asked);
        break;
      }
      await wait(5);
    }
    await wait(PROBED_EVERY);
  }
  return took;
}

async function ownersOf(sql: pg.Client, nodes: readonly Hub[]): Promise<Map<string, number>> {
  const { rows } = await sql.query<{ name: string; url: string }>(
    'SELECT w.name, nodes.url FROM session_leases l JOIN nodes ON nodes.id = l.node_id JOIN whatsapp_instances w ON w.id = l.session_id',
  );
  return new Map(rows.map(({ name, url }) => [name, nodes.findIndex(({ base }) => base === url)]));
}

async function startSite(server: PostgresServer, size: Size): Promise<{ site: Site; dispose(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-bench-'));
  const admin = new pg.Client({ connectionString: server.url });
  await admin.connect();
  const name = `bench_${Date.now()}`;
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  const env = {
    HOOKLINE_DATABASE_URL: url.href,
    HOOKLINE_LOG_CONSOLE: 'false',
    HOOKLINE_LIMITS_QUEUED_SENDS: '0',
    ...(size !== 'alone' && { HOOKLINE_CLUSTER: 'true' }),
  };
  const nodes: Hub[] = [];
  const sql = new pg.Client({ connectionString: url.href });
  const dispose = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.end('SIGKILL')));
    await sql.end();
    await rm(directory, { recursive: true, force: true });
  };
  await sql.connect();
  try {
    for (let nth = 0; nth < (size === 'alone' ? 1 : size); nth++) nodes.push(await startHub({ directory, env }));
    const [first] = nodes as [Hub];
    const tenants = await Promise.all(Array.from({ length: TENANTS }, () => first.tenant()));
    const all = Array.from({ length: SESSIONS + PARKED }, (_, nth): Session => ({ name: `s${nth}`, tenant: nth % TENANTS }));
    const calls = tenants.map(({ call }) => call);
    for (const [nth, session] of all.entries())
      await linkedSandbox(calls[session.tenant] as Call, session.name, String(5511900000000 + nth));
    const parked = all.slice(SESSIONS);
    for (const session of parked) await calls[session.tenant]?.('POST', `/api/sessions/${session.name}/disconnect`);
    const clients = tenants.map(({ key }) => nodes.map(({ base }) => new HttpClient(base, key)));
    const sessions = all.slice(0, SESSIONS);
    const owners = size === 'alone' ? new Map(sessions.map(({ name }) => [name, 0])) : await ownersOf(sql, nodes);
    return { site: { nodes, server, clients, calls, sessions, parked, sql, owners }, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

interface Outcome {
  accepts: Measured;
  inbound: Measured;
  passed: Measured;
  deliveries: Measured;
  reach: number[];
}

async function measureAt(server: PostgresServer, size: Size, receiver: Receiver): Promise<Outcome> {
  const { site, dispose } = await startSite(server, size);
  try {
    await pushed(WARM_UP, (nth) => accept(site, nth));
    const accepts = await measured(site, () => pushed(SECONDS, (nth) => accept(site, nth)));
    const reach = site.nodes.length > 1 ? await reaches(site) : [];
    await pushed(WARM_UP, (nth) => receive(site, nth));
    const inbound = await measured(site, () => pushed(SECONDS, (nth) => receive(site, nth)));
    const passed = await measured(site, () => pushed(SECONDS, (nth) => receive(site, nth, 'any')));
    for (let nth = 0; nth < ENDPOINTS; nth++) {
      const { status } = (await site.calls[nth % TENANTS]?.('POST', '/api/webhooks', {
        url: receiver.url(`/hook?${nth}`),
        events: ['message.received'],
      })) ?? { status: 0 };
      if (status !== 201) throw new Error(`An endpoint was answered ${status}`);
    }
    await delivered(site, receiver);
    const deliveries = await measured(site, () => delivered(site, receiver));
    return { accepts, inbound, passed, deliveries, reach };
  } finally {
    for (const client of site.clients.flat()) client.close();
    await dispose();
  }
}

const KINDS = {
  accepts: 'sends accepted, by any node',
  inbound: 'inbound messages taken, by the node that runs the session',
  passed: 'inbound messages of sandbox phones, told to any node',
  deliveries: 'deliveries, from inbound on',
} as const;
const nameOf = (size: Size): string => (size === 'alone' ? 'one hub, not in a cluster' : `${size} node${size === 1 ? '' : 's'}`);

/** A cluster on one machine, whose processors its nodes, Postgres and the clients share: it is the processor time of one piece of work that can be compared. */
export async function cluster(): Promise<Figure[]> {
  const programs = findPostgresPrograms();
  if (!programs) return [];
  const server = await startPostgres(programs);
  const receiver = await startReceiver();
  const outcomes = new Map<Size, Outcome[]>();
  try {
    for (const size of SIZES) outcomes.set(size, [...(outcomes.get(size) ?? []), await measureAt(server, size, receiver)]);
  } finally {
    receiver.close();
    await server.dispose();
  }
  const of = (size: Size, kind: keyof typeof KINDS, what: keyof Measured): number =>
    median((outcomes.get(size) ?? []).map((outcome) => outcome[kind][what]));
  const figures: Figure[] = [];
  for (const [kind, words] of Object.entries(KINDS) as [keyof typeof KINDS, string][]) {
    for (const size of outcomes.keys()) {
      const [rate, nodes, postgres, turn, held] = (['rate', 'nodes', 'postgres', 'turn', 'held'] as const).map((what) =>
        of(size, kind, what),
      ) as [...[number, number, number, number, number]];
      const more = (nodes + postgres) / (of(1, kind, 'nodes') + of(1, kind, 'postgres')) - 1;
      const compared = size === 1 ? '' : ` (${more >= 0 ? '+' : ''}${(more * 100).toFixed(0)} % of one node's)`;
      const shares = `written for ${(held * 100).toFixed(0)} % of the time${size === 'alone' ? '' : `, a node waited for its turn for ${(turn * 100).toFixed(0)} %`}`;
      figures.push({
        what: `${words}, ${nameOf(size)}`,
        value: `${rate.toFixed(0)}/s; ${nodes.toFixed(2)} + ${postgres.toFixed(2)} ms of processor each, hub + Postgres${compared}; ${shares}`,
        aim: (size === 2 || size === 3) && kind !== 'passed' ? 'processor time within 15 % of one node’s' : '',
      });
    }
  }
  for (const size of [2, 3] as const) {
    const took = (outcomes.get(size) ?? []).flatMap(({ reach }) => reach);
    figures.push({
      what: `a send asked of one of ${size} nodes → on the phone of a session of another: p50 / p99`,
      value: `${percentile(took, 0.5).toFixed(0)} / ${percentile(took, 0.99).toFixed(0)} ms`,
      aim: 'p99 < 100 ms',
    });
  }
  return figures;
}
