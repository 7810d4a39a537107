/**
 * Requests by the thousand that are right by /openapi.json and then are not, from one of two tenants. Whatever is sent, the
 * answer is a success or a problem that says what is wrong, the hub is there, and the other tenant is left alone.
 * HOOKLINE_TEST_FUZZ_SEED=N sends those of a former run again.
 */
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { median, residentMegabytes } from '../../bench/process.ts';
import { SCOPES } from '../../src/tenants/scopes.ts';
import { heldIn, underWatch } from '../helpers/held.ts';
import { ADMIN_KEY, type Hub, startHub } from '../helpers/hub.ts';
import { operationsOf } from '../helpers/openapi.ts';
import { type Furnished, furnish, rowsOf, writtenBy } from '../http/furniture.ts';
import { rounds } from './clients.ts';
import { Fuzzer, type FuzzRequest } from './fuzz-requests.ts';

const REQUESTS = rounds(20_000, 600);
const CLIENTS = 6;
const SECOND = 1_000;
/** Megabytes over what the hub had before … */
const GROWTH = 200;
/** … and those of the two threads that it gives to flows (src/flows/aside/aside.ts). */
const THREADS = 2 * 288;
/** Milliseconds of processor time in one turn of the event loop. */
const LONGEST_HOLD = 250;
/** What the hub says when it is not its fault: the phone does not do it, or is slow, which a request may have asked for. */
const DOCUMENTED = ['not-supported-by-engine', 'engine-unavailable', 'engine-failed', 'engine-timeout'];
const SEED = Number(process.env.HOOKLINE_TEST_FUZZ_SEED ?? Date.now() % 1_000_000);

interface Got {
  /** Of a pipeline there are some. */
  statuses: number[];
  problems: number;
  text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
const MOMENT = 300;

/** Null where the connection ended without an answer. */
function get(hub: Hub, key: string, { method, path, headers, body, who }: FuzzRequest, tenantId: string): Promise<Got | null> {
  return new Promise((resolve) => {
    const outgoing = request({
      host: '127.0.0.1',
      port: hub.port,
      method,
      path: path.replace(/[^\x21-\x7e]/g, ''),
      agent,
      headers: {
        ...(who === 'nobody' ? {} : { authorization: `Bearer ${key}` }),
        ...(who === 'operator for the tenant' ? { 'x-tenant-id': tenantId } : {}),
        ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace(/[^\x20-\x7e\xa0-\xff]/g, '')])),
        ...(body ? { 'content-length': body.length } : {}),
      },
    });
    const done = (got: Got | null): void => {
      resolve(got);
      outgoing.destroy();
    };
    outgoing.on('error', () => done(null));
    outgoing.on('upgrade', (_, socket) => {
      socket.destroy();
      done({ statuses: [101], problems: 0, text: '' });
    });
    outgoing.on('response', (incoming: IncomingMessage) => {
      const chunks: Buffer[] = [];
      const isProblem = /^application\/problem\+json/.test(incoming.headers['content-type'] ?? '');
      const end = (): void => {
        resolve({ statuses: [incoming.statusCode ?? 0], problems: isProblem ? 1 : 0, text: Buffer.concat(chunks).toString() });
      };
      // A stream of events has no end.
      const timer = setTimeout(() => incoming.destroy(), /event-stream/.test(incoming.headers['content-type'] ?? '') ? 100 : 60 * SECOND);
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', end);
      incoming.on('close', () => {
        clearTimeout(timer);
        end();
      });
    });
    outgoing.end(body);
  });
}

async function getRaw(hub: Hub, key: string, { bytes, breaksOff }: { bytes: Buffer; breaksOff: boolean }): Promise<Got> {
  const socket = connect(hub.port, '127.0.0.1');
  let text = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  const closed = once(socket, 'close');
  // Who has nothing more to say has said it within a moment.
  const keyed = Buffer.from(bytes.toString('latin1').replaceAll('KEY', key), 'latin1');
  if (breaksOff) socket.end(keyed);
  else socket.write(keyed);
  const timer = setTimeout(() => socket.destroy(), MOMENT);
  await closed;
  clearTimeout(timer);
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status)).filter((status) => status !== 100);
  return { statuses, problems: [...text.matchAll(/content-type: application\/problem\+json/gi)].length, text };
}

/** What is wrong with an answer; null when nothing is. */
function faultOf({ method }: FuzzRequest, { statuses, problems, text }: Got, secrets: string[]): string | null {
  const told = secrets.filter((word) => text.includes(word));
  if (told.length > 0) return `tells ${told}`;
  const code = /"code":"([\w-]+)"/.exec(text)?.[1];
  if (statuses.some((status) => status >= 500) && !(code && DOCUMENTED.includes(code))) return 'is none of the documented 5xx';
  const refusals = statuses.filter((status) => status >= 400).length;
  if (refusals > problems) return 'is no problem document';
  return refusals > 0 && method !== 'HEAD' && !code ? 'has no code' : null;
}

/** The session as the requests expect it, whatever they have done to it. */
async function mend({ call, name }: Pick<Furnished, 'call' | 'name'>): Promise<void> {
  const { json: session } = await call('POST', '/api/sessions', { name, engine: 'sandbox', onConflict: 'use' });
  const calm = { send: { failNext: 0, delayMs: 0, hang: false }, directory: { failNext: 0, hang: false, unsupported: false } };
  await call('POST', `/api/sessions/${name}/sandbox/faults`, calm);
  if (session.status === 'connected') return;
  await call('POST', `/api/sessions/${name}/connect`);
  await call('POST', `/api/sessions/${name}/sandbox/scan`, {});
}

test(`${REQUESTS} requests of a tenant that means harm harm neither the hub nor its neighbour`, async (t) => {
  t.timeout(rounds(3_600, 600) * SECOND);
  const directory = await mkdtemp(join(tmpdir(), 'hookline-fuzz-'));
  const env = { HOOKLINE_HTTP_REQUESTS_PER_MINUTE: '0', HOOKLINE_HTTP_WRONG_KEYS_PER_MINUTE: '0', ...underWatch(directory) };
  const hub = await startHub({ directory, env });
  t.teardown(() => hub.dispose());
  const [mine, theirs] = await Promise.all([
    furnish(t, hub, 'fuzz_mine', { word: 'hello' }),
    furnish(t, hub, 'fuzz_theirs', { word: 'moin', contact: '5521977776666' }),
  ]);
  const { id: spare } = await hub.tenant();
  const { json: narrow } = await hub.admin('POST', `/api/tenants/${mine.id}/keys`, { name: 'narrow', scopes: [SCOPES[0]] });
  const keys = {
    tenant: mine.key,
    'narrow key': narrow.key,
    'operator for the tenant': ADMIN_KEY,
    operator: ADMIN_KEY,
    'wrong key': 'x',
    nobody: '',
  };
  const { ids, name, whatsAppIds } = mine;
  const own = {
    ...{ sessions: [ids.session, name], messages: [ids.message, ids.message, ...whatsAppIds], media: [ids.media], webhooks: [ids.webhook] },
    ...{ deliveries: [ids.delivery], replays: [ids.replay], runs: [ids.run], groups: [ids.group], events: [ids.event] },
    ...{ flows: [name], 'flow-secrets': [name], tenants: [spare], keys: [ids.key] },
  };
  const { tenant: _, ...others } = theirs.ids;
  const fuzzer = new Fuzzer(await operationsOf(hub), {
    own,
    others: [...Object.values(others), ...theirs.whatsAppIds, theirs.name, 'nobodys'],
  });
  const secrets = writtenBy(theirs);
  const before = await rowsOf(hub, theirs.id);
  const [began, megabytes] = [Date.now(), residentMegabytes(hub.pid)];
  const samples: number[] = [];
  const sample = setInterval(() => samples.push(residentMegabytes(hub.pid)), 200);

  const faults: string[] = [];
  const kinds = new Set<string>();
  const sent: { from: number; to: number; what: string }[] = [];
  const byStatus: Record<string, number> = {};
  let number = 0;
  const client = async (): Promise<void> => {
    while (number < REQUESTS) {
      const made = fuzzer.request(SEED, number++);
      if (number % 50 === 0) await mend(mine);
      const from = Date.now();
      const got = made.raw ? await getRaw(hub, mine.key, made.raw) : await get(hub, keys[made.who], made, mine.id);
      const what = `${number} ${made.raw ? 'raw ' : ''}${made.method} ${made.path.slice(0, 200)} by ${made.who} ${JSON.stringify(made.headers).slice(0, 200)} ${made.body?.toString('latin1').slice(0, 300) ?? ''}`;
      sent.push({ from, to: Date.now(), what });
      for (const status of got?.statuses ?? ['none']) byStatus[status] = (byStatus[status] ?? 0) + 1;
      // The operator sees all tenants.
      const fault = got && faultOf(made, got, made.who === 'operator' ? [] : secrets);
      // One of a kind, or the first kind would be all that is read.
      const kind = `${got?.statuses} ${fault}`;
      if (fault && !kinds.has(kind)) faults.push(`${what}\n    answer ${got.statuses} ${fault}: ${got?.text.slice(0, 400)}`);
      if (fault) kinds.add(kind);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  clearInterval(sample);
  const most = Math.max(megabytes, ...samples);

  const alive = await hub.as('')('GET', '/health/live');
  const holds = heldIn(directory).filter(({ at }) => at > began);
  const longest = holds.reduce((a, b) => (b.held > a.held ? b : a), { at: 0, held: 0 });
  const during = sent.filter(({ from, to }) => from <= longest.at && to >= longest.at - longest.held).map(({ what }) => what);
  const seconds = (Date.now() - began) / SECOND;
  t.log(`seed ${SEED}: ${number} requests in ${seconds.toFixed(0)} s, ${JSON.stringify(byStatus)}`);
  t.log(`memory ${megabytes.toFixed(0)} → ${most.toFixed(0)} MB; event loop held at most ${longest.held.toFixed(0)} ms`);
  for (const one of during) t.log(`meanwhile: ${one.slice(0, 160)}`);
  const surprises = hub
    .output()
    .split('\n')
    .filter((line) => /did not foresee/.test(line));
  t.deepEqual(faults, [], `seed ${SEED}:\n${[...faults, ...surprises].join('\n')}`);
  t.is(alive.status, 200);
  t.deepEqual(surprises, []);
  t.true(most - megabytes < GROWTH + THREADS, `the hub grew by ${most - megabytes} MB`);
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const [second, last] = [median(samples.slice(quarter, 2 * quarter)), median(samples.slice(-quarter))];
  t.log(`median of the second quarter ${second.toFixed(0)} MB, of the last ${last.toFixed(0)} MB`);
  t.true(last - second < GROWTH / 2, `it goes on growing: ${second} → ${last} MB`);
  t.true(longest.held < LONGEST_HOLD, `the event loop was held for ${longest.held} ms by one of:\n${during.join('\n')}`);
  const after = await rowsOf(hub, theirs.id);
  for (const table of Object.keys(before)) t.deepEqual(after[table], before[table], table);
});
