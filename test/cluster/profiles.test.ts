/** Nodes that share no directory, with real browsers: a login goes from one to the other by its copy in the database, and nobody scans again. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { browserEnv, isConnected, linkedPhone } from '../faults/wppconnect.ts';
import { stores } from '../helpers/database.ts';
import { type Call, type Hub, linkedSandbox, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { startWhatsAppWeb, type WhatsAppWeb } from '../whatsapp-web/server.ts';
import { type TestCluster, testCluster } from './nodes.ts';

const withBrowsers = findChromium() && (await stores()).includes('postgres') ? test.serial : test.serial.skip;

const FRIEND = '5511988887777@c.us';
const WITHIN = 90_000;

let whatsapp: WhatsAppWeb;
let cluster: TestCluster;
let home: string;
let phone: Phone;
let key: string;
let profile: string;
/** The node that runs the session. */
let owner: Hub;

const call: Call = (...request) => owner.as(key)(...request);

/** A node on the machine of this name, whose disk stays when the node is gone. */
const start = (machine: string): Promise<Hub> =>
  cluster.start({ HOOKLINE_DATA_DIR: join(home, machine, 'data'), HOOKLINE_TOKENS_DIR: join(home, machine, 'tokens') });

const events = async (type: string) => (await call('GET', `/api/events?types=${type}&limit=200`)).json.data;
const copies = () =>
  cluster.sql<{ generation: number; pieces: number }>(
    `SELECT generation::int, (SELECT count(*)::int FROM login_copy_pieces AS p WHERE p.copied_at = c.copied_at) AS pieces
     FROM login_copies AS c WHERE size > 0 ORDER BY copied_at`,
  );
const generation = async (): Promise<number> =>
  (await cluster.sql<{ generation: number }>('SELECT generation::int FROM session_leases'))[0]?.generation ?? 0;
const ranBy = async (machine: string): Promise<number> =>
  Number(await readFile(join(home, machine, 'tokens', profile, 'owner.generation'), 'utf8'));

/** How many browsers there were at the same instant, at the most. */
const atOnce = (): number =>
  Math.max(...whatsapp.visits.map(({ from }) => whatsapp.visits.filter((one) => one.from <= from && from < one.to).length));

/** It connects without a scan, what the phone gets reaches it, and nobody is told of a loss. */
async function takenOverBy(node: Hub): Promise<void> {
  const has = `SELECT 1 FROM session_leases JOIN nodes ON nodes.id = node_id WHERE url LIKE '%:${node.port}'`;
  await until(async () => (await cluster.sql(has)).length > 0, { what: 'the node to have the session', within: WITHIN });
  owner = node;
  await until(() => isConnected(call, 'shop'), {
    what: () => `the session to be connected; the node said ${node.output()}`,
    within: WITHIN,
  });
  const text = `to ${node.port}`;
  phone.receive({ from: FRIEND, text });
  await until(async () => (await call('GET', '/api/events?types=message.received&limit=200')).text.includes(text), {
    what: 'what the phone has received',
  });
}

test.before(async () => {
  if (withBrowsers === test.serial.skip) return;
  whatsapp = await startWhatsAppWeb();
  home = await mkdtemp(join(tmpdir(), 'hookline-machines-'));
  cluster = await testCluster(0, {
    ...browserEnv(whatsapp),
    HOOKLINE_SESSIONS_PROFILES: 'database',
    HOOKLINE_SECRET_KEY: randomBytes(32).toString('hex'),
    HOOKLINE_NODE_LEASE_SECONDS: '6',
  });
  owner = await start('a');
  ({ key } = await owner.tenant());
  phone = await linkedPhone(call, whatsapp, 'shop');
  profile = String((await cluster.sql<{ profile: string }>('SELECT profile FROM whatsapp_instances'))[0]?.profile);
});
test.after.always(async () => {
  await cluster?.dispose();
  await whatsapp?.close();
  if (home) await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

withBrowsers('a node that is stopped leaves the login in the database, and the next one connects on that', async (t) => {
  t.timeout(600_000);
  const scans = (await events('session.qr')).length;
  const first = owner;
  const second = await start('b');
  const began = performance.now();
  const ended = first.end('SIGTERM');
  await takenOverBy(second);
  t.log(`connected elsewhere ${Math.round(performance.now() - began)} ms after SIGTERM`);
  t.is(await ended, 0);
  t.regex(second.output(), /put on this machine from its copy/);
  t.is((await copies()).at(-1)?.generation, await ranBy('a'));
  t.is(await ranBy('b'), await generation());
  t.is(atOnce(), 1);
  t.is((await events('session.qr')).length, scans, 'nobody scanned again');
  t.deepEqual(await events('session.attention'), []);
  t.deepEqual(await readdir(join(home, 'a', 'data')).then((names) => names.filter((name) => name === 'login-copies')), []);
});

withBrowsers(
  'the login of a node that is lost with its disk is put back from its last copy, over an older one that is there',
  async (t) => {
    t.timeout(600_000);
    const scans = (await events('session.qr')).length;
    const lost = owner;
    const own = await generation();
    await until(async () => (await copies()).at(-1)?.generation === own, {
      what: 'a copy of the login that has held',
      within: WITHIN,
      every: 1_000,
    });
    const third = await start('a');
    t.true((await ranBy('a')) < own);
    await lost.end('SIGKILL');
    await rm(join(home, 'b'), { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
    await takenOverBy(third);
    t.regex(third.output(), /put on this machine from its copy/);
    t.is(await ranBy('a'), await generation());
    t.is(atOnce(), 1);
    t.is((await events('session.qr')).length, scans, 'nobody scanned again');
    t.deepEqual(await events('session.attention'), []);
    t.log(`copies have ${(await copies()).map(({ pieces }) => pieces).join(', ')} pieces`);
  },
);

withBrowsers('a session that is drained comes back to where it was run before; deleted, it leaves nothing in the database', async (t) => {
  t.timeout(600_000);
  const former = owner;
  const fourth = await start('b');
  const [node] = await cluster.sql<{ id: string }>('SELECT id FROM nodes WHERE url LIKE $1', [`%:${former.port}`]);
  t.is((await former.admin('POST', `/api/nodes/${node?.id}/drain`)).status, 204);
  await takenOverBy(fourth);
  t.is(atOnce(), 1);
  t.is((await call('DELETE', '/api/sessions/shop')).status, 204);
  t.deepEqual(await copies(), []);
  t.deepEqual(await cluster.sql('SELECT number FROM login_copy_pieces'), []);
});

const onPostgres = (await stores()).includes('postgres') ? test.serial : test.serial.skip;

onPostgres('many sessions are handed over with their logins, some at a time, also where all of them are asked for at once', async (t) => {
  const machines = await mkdtemp(join(tmpdir(), 'hookline-machines-'));
  const many = await testCluster(0, { HOOKLINE_SESSIONS_PROFILES: 'database', HOOKLINE_SECRET_KEY: randomBytes(32).toString('hex') });
  t.teardown(async () => {
    await many.dispose();
    await rm(machines, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });
  const on = (name: string) =>
    many.start({ HOOKLINE_DATA_DIR: join(machines, name, 'data'), HOOKLINE_TOKENS_DIR: join(machines, name, 'tokens') });
  const first = await on('a');
  const tenant = await first.tenant();
  const names = Array.from({ length: 12 }, (_, n) => `s${n}`);
  for (const [n, name] of names.entries()) await linkedSandbox(tenant.call, name, `55119999900${10 + n}`);
  const second = await on('b');
  const there = second.as(tenant.key);
  const began = performance.now();
  const ended = first.end('SIGTERM');
  await until(async () => (await Promise.all(names.map((name) => isConnected(there, name)))).every(Boolean), {
    what: () => `all to be connected; the nodes said ${first.output()} ${second.output()}`,
  });
  t.log(`handed over within ${Math.round(performance.now() - began)} ms of SIGTERM`);
  t.is(await ended, 0);
  const { data } = (await there('GET', '/api/events?types=session.qr&limit=200')).json;
  t.is(data.length, names.length, 'none was scanned again');
});
