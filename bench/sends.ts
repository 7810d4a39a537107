import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import knex, { type Knex } from 'knex';
import { type Hub, linkedSandbox, startHub, until } from '../test/helpers/hub.ts';
import { HttpClient, IN_FLIGHT } from './http-client.ts';
import { median, percentile, processorTime, residentMegabytes } from './process.ts';
import type { Figure } from './report.ts';

const SINGLES = 3_000;
const ROUNDS = 5;
const BULKS = 20;
const A_BULK = 500;
const RATE = 500;
const SECONDS = 10;
const SESSIONS = 100;
const A_SESSION = 50;
const FEW = 1_000;
const MANY = 1_000_000;
const PROBES = 1_000;

const TO = '5511988887777';
const TEXT = 'Your order 4711 is on its way and should be with you tomorrow between ten and noon.';
const thousands = (count: number): string => count.toLocaleString('en');

class Client extends HttpClient {
  async accept(session: string): Promise<void> {
    const status = await this.post(`/api/sessions/${session}/messages`, { to: TO, type: 'text', text: TEXT });
    if (status !== 202) throw new Error(`A send was answered ${status}`);
  }

  /** So many sends, as fast as they are taken. Resolves with the sends a second. */
  async singles(count: number, session = 'shop'): Promise<number> {
    let left = count;
    const started = performance.now();
    const loop = async (): Promise<void> => {
      while (left-- > 0) await this.accept(session);
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
    return (count * 1_000) / (performance.now() - started);
  }

  async bulks(): Promise<number> {
    const messages = Array.from({ length: A_BULK }, () => ({ session: 'shop', to: TO, type: 'text', text: TEXT }));
    const started = performance.now();
    for (let i = 0; i < BULKS; i++) {
      const status = await this.post('/api/messages/bulk', { messages });
      if (status !== 202) throw new Error(`A bulk was answered ${status}`);
    }
    return (BULKS * A_BULK * 1_000) / (performance.now() - started);
  }

  /** Milliseconds that each send took to be accepted, at a steady rate that waits for nobody. */
  async steady(): Promise<number[]> {
    const took: number[] = [];
    const pending: Promise<void>[] = [];
    const started = performance.now();
    for (let i = 0; i < RATE * SECONDS; i++) {
      const due = started + (i * 1_000) / RATE;
      if (due > performance.now()) await wait(due - performance.now());
      pending.push(this.accept('shop').then(() => void took.push(performance.now() - due)));
    }
    await Promise.all(pending);
    return took;
  }
}

/** What this machine's disk gives: commits of one row each, `synchronous=FULL`, one after the other. */
async function bareCommits(): Promise<number> {
  const sql = openSql(join(tmpdir(), `hookline-bench-${process.pid}.sqlite`));
  try {
    await sql.raw('PRAGMA journal_mode = WAL');
    await sql.raw('PRAGMA synchronous = FULL');
    await sql.raw('CREATE TABLE sends (id INTEGER PRIMARY KEY, text TEXT)');
    const started = performance.now();
    for (let i = 0; i < PROBES; i++) await sql('sends').insert({ text: TEXT });
    return (PROBES * 1_000) / (performance.now() - started);
  } finally {
    await sql.destroy();
  }
}

const openSql = (filename: string): Knex => knex({ client: 'sqlite3', connection: { filename }, useNullAsDefault: true, pool: { max: 1 } });
const databaseOf = ({ directory }: Hub): Knex => openSql(join(directory, 'data', 'hookline.sqlite'));

async function stop(hub: Hub, key: string, session: string): Promise<void> {
  const call = hub.as(key);
  await call('POST', `/api/sessions/${session}/disconnect`);
  await until(async () => (await call('GET', `/api/sessions/${session}`)).json.status === 'stopped', { what: `${session} to stop` });
}

/** From the first accepted send to the last one on its phone, over so many sessions. Sends a second. */
async function through(hub: Hub, key: string): Promise<number> {
  const call = hub.as(key);
  const names = Array.from({ length: SESSIONS }, (_, index) => `s${index}`);
  for (const [index, name] of names.entries()) await linkedSandbox(call, name, String(5511900000000 + index));
  const sql = databaseOf(hub);
  const messages = Array.from({ length: A_SESSION }, () => names.map((session) => ({ session, to: TO, type: 'text', text: TEXT }))).flat();
  const started = performance.now();
  for (let from = 0; from < messages.length; from += 1_000) {
    await call('POST', '/api/messages/bulk', { messages: messages.slice(from, from + 1_000) });
  }
  const left = () => sql('messages').whereIn('status', ['queued', 'sending']).whereNot('session_id', shop.id).first('id');
  const shop = (await call('GET', '/api/sessions/shop')).json;
  await until(async () => !(await left()), { what: 'all to be sent', within: 300_000, every: 20 });
  const took = performance.now() - started;
  await sql.destroy();
  return (messages.length * 1_000) / took;
}

/** Lets so many messages wait in a session, past the hub, which must not run: copies of one that it has accepted. */
async function fill(sql: Knex, session: string, count: number): Promise<void> {
  const columns = Object.keys(await sql('messages').where({ session_id: session, status: 'queued' }).first()).filter(
    (name) => name !== 'ordinal',
  );
  const values = columns.map((name) => (name === 'id' ? `'msg_' || ? || '_' || n.i` : name === 'engine_id' ? 'NULL' : `m.${name}`));
  const { n } = (await sql('messages').where({ session_id: session, status: 'queued' }).count({ n: '*' }).first()) as { n: number };
  await sql.raw(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
     INSERT INTO messages (${columns.join(', ')}) SELECT ${values.join(', ')} FROM n, (SELECT * FROM messages WHERE session_id = ? AND status = 'queued' LIMIT 1) m`,
    [count - n, count, session],
  );
  await sql.raw('PRAGMA wal_checkpoint(TRUNCATE)');
}

interface Backlog {
  /** Milliseconds of the hub's processor time: an accept, and a send from its claim to its record. */
  accept: number;
  send: number;
  megabytes: number;
}

/** What one message costs while so many wait in the same lane. */
async function behind(
  hub: Hub,
  key: string,
  { session, count }: { session: { id: string; name: string }; count: number },
): Promise<[Hub, Backlog]> {
  await stop(hub, key, session.name);
  await hub.end();
  const sql = databaseOf(hub);
  try {
    await fill(sql, session.id, count + 2 * PROBES);
    const next = await hub.again();
    const client = new Client(next.base, key);
    const measure = async (work: () => Promise<unknown>): Promise<number> => {
      await work();
      const before = processorTime(next.pid);
      await work();
      return (processorTime(next.pid) - before) / PROBES;
    };
    const accept = await measure(() => client.singles(PROBES, session.name));
    client.close();
    const position = async (): Promise<number> => (await sql('whatsapp_instances').where({ id: session.id }).first('last_seq')).last_seq;
    // Two events for each send.
    const sent = async (): Promise<void> => {
      const end = (await position()) + 2 * PROBES;
      await until(async () => (await position()) >= end, { what: 'the lane to move on', within: 120_000, every: 5 });
    };
    await next.as(key)('POST', `/api/sessions/${session.name}/connect`);
    const send = await measure(sent);
    return [next, { accept, send, megabytes: residentMegabytes(next.pid) }];
  } finally {
    await sql.destroy();
  }
}

const change = (before: number, after: number): string => `${((after / before - 1) * 100).toFixed(0)} %`;

/** Sends over HTTP: how many are taken, how soon, how fast they leave, and what a backlog does to all that. SQLite. */
export async function sends(): Promise<Figure[]> {
  const commits = await bareCommits();
  let hub = await startHub({ env: { HOOKLINE_LOG_CONSOLE: 'false', HOOKLINE_LIMITS_QUEUED_SENDS: '0' } });
  try {
    const { key } = await hub.tenant();
    await linkedSandbox(hub.as(key), 'shop');
    await stop(hub, key, 'shop');
    const client = new Client(hub.base, key);
    // A hub that runs for long has its code compiled.
    await client.singles(SINGLES);
    const before = processorTime(hub.pid);
    const rates: number[] = [];
    for (let i = 0; i < ROUNDS; i++) rates.push(await client.singles(SINGLES));
    const cost = (processorTime(hub.pid) - before) / (ROUNDS * SINGLES);
    await client.bulks();
    const beforeBulks = processorTime(hub.pid);
    const bulk = await client.bulks();
    const bulkCost = (processorTime(hub.pid) - beforeBulks) / (BULKS * A_BULK);
    const took = await client.steady();
    client.close();
    const sendThrough = await through(hub, key);
    const session = { id: await linkedSandbox(hub.as(key), 'queue', '5511977770000'), name: 'queue' };
    await stop(hub, key, 'queue');
    await hub.as(key)('POST', '/api/sessions/queue/messages', { to: TO, type: 'text', text: TEXT });
    const backlogs: Backlog[] = [];
    for (const count of [FEW, MANY]) {
      const [next, backlog] = await behind(hub, key, { session, count });
      hub = next;
      backlogs.push(backlog);
    }
    const [few, many] = backlogs as [Backlog, Backlog];
    const ms = (share: number): string => `${percentile(took, share).toFixed(1)} ms`;
    return [
      { what: 'bare SQLite, one row a commit, `synchronous=FULL`', value: `${commits.toFixed(0)}/s`, aim: 'the measure' },
      {
        what: `sends accepted, on disk, one a request, ${IN_FLIGHT} clients (median of ${ROUNDS})`,
        value: `${median(rates).toFixed(0)}/s = ${(median(rates) / commits).toFixed(1)} × bare; ${cost.toFixed(2)} ms of processor each`,
        aim: '≥ 3,000/s',
      },
      {
        what: `the same, ${A_BULK} a request, one client`,
        value: `${bulk.toFixed(0)}/s; ${bulkCost.toFixed(2)} ms of processor each`,
        aim: '≥ 3,000/s',
      },
      { what: `accepted within, at ${RATE}/s: p50 / p95 / p99`, value: `${ms(0.5)} / ${ms(0.95)} / ${ms(0.99)}`, aim: '' },
      { what: `accepted → on the phone, ${SESSIONS} sandbox sessions × ${A_SESSION}`, value: `${sendThrough.toFixed(0)}/s`, aim: '' },
      {
        what: `processor time an accept, ${thousands(FEW)} → ${thousands(MANY)} queued in its session`,
        value: `${few.accept.toFixed(2)} → ${many.accept.toFixed(2)} ms (${change(few.accept, many.accept)})`,
        aim: 'within 15 %',
      },
      {
        what: `processor time a send, ${thousands(FEW)} → ${thousands(MANY)} queued behind it`,
        value: `${few.send.toFixed(2)} → ${many.send.toFixed(2)} ms (${change(few.send, many.send)})`,
        aim: 'within 15 %',
      },
      {
        what: `resident memory, ${thousands(FEW)} → ${thousands(MANY)} queued, while it sends`,
        value: `${few.megabytes.toFixed(0)} → ${many.megabytes.toFixed(0)} MB`,
        aim: '',
      },
    ];
  } finally {
    await hub.dispose();
  }
}
