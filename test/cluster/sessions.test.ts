/** Sessions of a cluster: who runs which, and that nobody else does when a node is drained, stands still or is cut off from the database. */
import test from 'ava';
import { evolutionOf, wahaOf } from '../dialects/clients.ts';
import { baseOf, cloudOf } from '../dialects/cloud-clients.ts';
import { stores } from '../helpers/database.ts';
import { type Call, type Hub, linkedSandbox, until } from '../helpers/hub.ts';
import { startProxy } from '../helpers/tcp-proxy.ts';
import { type TestCluster, testCluster } from './nodes.ts';

const onPostgres = (await stores()).includes('postgres') ? test.serial : test.serial.skip;

/** Of nodes that are to be taken for dead: short, and long enough for a busy machine. */
const SHORT = { HOOKLINE_NODE_LEASE_SECONDS: '12' };
const PHONE = '5511988887777';

let cluster: TestCluster;
let first: Hub;

test.before(async () => {
  if (!(await stores()).includes('postgres')) return;
  cluster = await testCluster(2);
  first = cluster.nodes[0] as Hub;
  await allKnown();
});
test.after.always(() => cluster?.dispose());

/** The names of a tenant's sessions that run on this node. */
async function on({ port }: Hub, tenantId: string): Promise<string[]> {
  const rows = await cluster.sql<{ name: string }>(
    `SELECT name FROM whatsapp_instances JOIN session_leases ON session_id = whatsapp_instances.id JOIN nodes ON nodes.id = node_id
     WHERE url LIKE $1 AND tenant_id = $2 ORDER BY name`,
    [`%:${port}`, tenantId],
  );
  return rows.map(({ name }) => name);
}

const isConnected = async (call: Call, name: string): Promise<boolean> =>
  (await call('GET', `/api/sessions/${name}`)).json?.status === 'connected';

async function allConnected(call: Call, names: readonly string[], within = 30_000): Promise<void> {
  await until(async () => (await Promise.all(names.map((name) => isConnected(call, name)))).every(Boolean), {
    what: `${names.join(', ')} to be connected`,
    within,
  });
}

/** Each node has told of its room, and heard of that of the others. */
async function allKnown(): Promise<void> {
  const beats = () =>
    cluster.sql<{ at: number; room: number | null }>('SELECT seen_at::float8 AS at, room_bytes::float8 AS room FROM node_beats');
  const told = await until(
    async () => {
      const all = await beats();
      return all.every(({ room }) => room !== null) && all;
    },
    { what: 'all nodes to tell of their room' },
  );
  const last = Math.max(...told.map(({ at }) => at));
  await until(async () => (await beats()).every(({ at }) => at > last), { what: 'all nodes to have heard of it' });
}

async function startKnown(env: Record<string, string> = {}): Promise<Hub> {
  const node = await cluster.start(env);
  await allKnown();
  return node;
}

async function sendOf(call: Call, name: string, text: string): Promise<void> {
  const sent = await call('POST', `/api/sessions/${name}/messages`, { to: PHONE, type: 'text', text });
  await until(async () => (await call('GET', `/api/messages/${sent.json.id}`)).json.status === 'sent', { what: `"${text}" to be sent` });
}

async function seenBy(call: Call, name: string): Promise<string[]> {
  const seen: { text: string }[] = (await call('GET', `/api/sessions/${name}/sandbox/outbox`)).json.data;
  return seen.map(({ text }) => text);
}

onPostgres('clients of another product are answered by any node, wherever their instance is', async (t) => {
  const { call, key } = await first.tenant();
  const asked = cluster.nodes.map((node) => evolutionOf(node, key));
  for (const [nth, ask] of asked.entries()) {
    const instance = `e${nth}`;
    await ask('POST', '/instance/create', { instanceName: instance, integration: 'SANDBOX' });
    for (const any of asked) t.regex((await any('GET', `/instance/connect/${instance}`)).json.code, /^2@/);
    await call('POST', `/api/sessions/${instance}/sandbox/scan`, { phone: `551199999000${nth}` });
    await allConnected(call, [instance]);
    for (const node of cluster.nodes) {
      // Named in what is sent, and not in the path.
      const waha = wahaOf(node, key);
      const named = { session: instance, chatId: `${PHONE}@c.us` };
      const sent = await waha('POST', '/api/startTyping', named);
      t.is(sent.status, 201, JSON.stringify(sent.json));
      t.true((await waha('GET', `/api/contacts/check-exists?session=${instance}&phone=${PHONE}`)).json.numberExists);
      t.is((await waha('POST', '/api/startTyping', { ...named, session: 'none' })).status, 404);
      t.is((await waha('POST', '/api/startTyping', { session: instance })).status, 400);
    }
    for (const node of cluster.nodes) {
      const cloud = cloudOf(node, key);
      const message = { messaging_product: 'whatsapp', to: PHONE, text: { body: 'hi' } };
      const { status, json } = await cloud('POST', `/${instance}/messages`, message);
      t.is(status, 200, JSON.stringify(json));
      const read = { messaging_product: 'whatsapp', status: 'read', message_id: json.messages[0].id, typing_indicator: { type: 'text' } };
      t.deepEqual((await cloud('POST', `/${instance}/messages`, read)).json, { success: true });
      t.is((await fetch(`${baseOf(node)}/v14.0/${instance}?access_token=${key}`)).status, 200);
    }
    for (const any of asked) {
      t.is((await any('GET', `/instance/connectionState/${instance}`)).json.instance.state, 'open');
      const { status, json } = await any('POST', `/message/sendText/${instance}`, { number: PHONE, text: 'hi' });
      t.is(status, 201);
      // WhatsApp's own: the node that was asked has heard that it left, on whichever one that was.
      t.notRegex(json.key.id, /^msg_/);
      t.is((await any('POST', `/chat/findChats/${instance}`, {})).json.length, 1);
    }
  }
  // The next test counts what its nodes run.
  for (const nth of asked.keys()) t.is((await call('DELETE', `/api/sessions/e${nth}`)).status, 204);
});

onPostgres('sessions are spread over the nodes, and each is spoken to by its name through any of them', async (t) => {
  const { id, key, call } = await first.tenant();
  const there = (cluster.nodes[1] as Hub).as(key);
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) await linkedSandbox(call, name);
  const [here, elsewhere] = [await on(first, id), await on(cluster.nodes[1] as Hub, id)];
  t.deepEqual([here.length, elsewhere.length], [2, 2]);
  for (const [index, name] of names.entries()) {
    await sendOf(index % 2 === 0 ? call : there, name, name);
    for (const through of [call, there]) {
      t.deepEqual(await seenBy(through, name), [name]);
      t.is((await through('GET', `/api/sessions/${name}/contacts`)).status, 200);
    }
  }
  const counts = await until(async () => {
    const nodes: { sessions: { count: number } }[] = (await first.admin('GET', '/api/nodes')).json.data;
    return nodes.every(({ sessions }) => sessions.count === 2) && nodes;
  });
  t.is(counts.length, 2);
});

onPostgres('a session is used, made anew and removed through a node that does not run it', async (t) => {
  const { id, key, call } = await first.tenant();
  const second = cluster.nodes[1] as Hub;
  const ids = new Map<string, string>();
  for (const name of ['a', 'b', 'c', 'd']) ids.set(name, await linkedSandbox(call, name));
  const theirs = (await on(second, id))[0] as string;
  const mine = (await on(first, id))[0] as string;
  for (const name of [theirs, mine]) {
    const body = { name, engine: 'sandbox', onConflict: 'use' };
    await call('POST', `/api/sessions/${name}/disconnect`);
    t.like(await call('POST', '/api/sessions', body), { status: 200, json: { id: ids.get(name) } });
    await allConnected(call, [name]);
    const anew = await second.as(key)('POST', '/api/sessions', { ...body, onConflict: 'recreate' });
    t.is(anew.status, 201);
    t.not(anew.json.id, ids.get(name));
  }
  t.is((await call('DELETE', `/api/sessions/${theirs}`)).status, 204);
  t.is((await first.admin('DELETE', `/api/tenants/${id}`)).status, 204);
  t.deepEqual(await cluster.sql('SELECT id FROM whatsapp_instances WHERE tenant_id = $1', [id]), []);
});

onPostgres('a node that is drained hands its sessions over within seconds, and one that is told to stop, too', async (t) => {
  const { id, key, call } = await first.tenant();
  const names = ['a', 'b', 'c', 'd'];
  for (const name of names) await linkedSandbox(call, name);
  const second = cluster.nodes[1] as Hub;
  const there = second.as(key);
  const [{ id: nodeId }] = (await cluster.sql<{ id: string }>('SELECT id FROM nodes WHERE url LIKE $1', [`%:${second.port}`])) as [
    { id: string },
  ];
  let began = performance.now();
  t.is((await first.admin('POST', `/api/nodes/${nodeId}/drain`)).status, 204);
  await until(async () => (await on(first, id)).length === names.length, { what: 'all to be on the first' });
  await allConnected(there, names);
  t.log(`drained within ${Math.round(performance.now() - began)} ms`);
  for (const name of names) await sendOf(there, name, 'after');
  t.is(await second.end('SIGTERM'), 0);

  const third = await startKnown();
  for (const name of ['e', 'f', 'g', 'h']) await linkedSandbox(call, name);
  const moving = await on(third, id);
  t.true(moving.length >= 3, 'what is new goes where the most room is');
  const ended = third.end('SIGTERM');
  began = performance.now();
  await until(async () => (await on(first, id)).length === names.length + 4, { what: 'all to be on the first again' });
  await allConnected(call, moving);
  t.log(`handed over within ${Math.round(performance.now() - began)} ms of SIGTERM`);
  t.is(await ended, 0);
});

onPostgres('a node that stands still loses its sessions to others, and does nothing with them when it wakes up', async (t) => {
  const { id, call } = await first.tenant();
  const still = await startKnown(SHORT);
  for (let n = 0; (await on(still, id)).length < 2; n++) {
    const name = `s${n}`;
    await call('POST', '/api/sessions', { name, engine: 'sandbox' });
    await until(async () => (await call('GET', `/api/sessions/${name}/qr`)).status === 200, { what: 'a QR code' });
  }
  const [linked, linking] = (await on(still, id)) as [string, string];
  await call('POST', `/api/sessions/${linked}/sandbox/scan`, {});
  await allConnected(call, [linked]);
  // Waits for its time on the node that is about to stand still.
  const soon = { to: PHONE, type: 'text', text: 'soon', sendAt: new Date(Date.now() + 5_000).toISOString() };
  const { json: waiting } = await call('POST', `/api/sessions/${linked}/messages`, soon);
  process.kill(still.pid, 'SIGSTOP');
  await until(async () => (await on(still, id)).length === 0, { what: 'others to have them', within: 60_000 });
  const anew = await until(
    async () => {
      const { data } = (await call('GET', '/api/events?types=session.attention')).json;
      return data.find((event: { data: { reason: string } }) => event.data.reason === 'linking-anew');
    },
    { what: 'it to be said that the linking begins anew' },
  );
  t.is(anew.sessionName, linking);
  await allConnected(call, [linked]);
  await until(async () => (await call('GET', `/api/sessions/${linking}/qr`)).status === 200, { what: 'a new QR code' });
  await until(async () => (await call('GET', `/api/messages/${waiting.id}`)).json.status === 'sent', { what: 'what waited to be sent' });
  process.kill(still.pid, 'SIGCONT');
  t.is(await still.exited, 1);
  t.deepEqual(await seenBy(call, linked), ['soon']);
  t.true(await isConnected(call, linked));
});

/** When it said that it ends its sessions. */
function endedAt(node: Hub): number | null {
  const line = node
    .output()
    .split('\n')
    .find((text) => text.includes('ends its sessions before'));
  return line === undefined ? null : Date.parse(JSON.parse(line).timestamp);
}

onPostgres('a node that is cut off from the database ends its sessions before others take them over', async (t) => {
  const { id, call } = await first.tenant();
  const proxy = await startProxy(cluster.url);
  t.teardown(() => proxy.close());
  const cut = await startKnown({ ...SHORT, HOOKLINE_DATABASE_URL: proxy.url });
  await linkedSandbox(call, 'shop');
  t.deepEqual(await on(cut, id), ['shop']);
  proxy.freeze();
  await until(() => endedAt(cut) !== null, { what: 'it to end its sessions' });
  await until(async () => (await on(cut, id)).length === 0, { what: 'others to have it', within: 60_000 });
  const taken = await until(
    async () => {
      const { data } = (await call('GET', '/api/events?types=session.status&limit=200')).json;
      return data.find((event: { data: { reason: string | null } }) => event.data.reason === 'taken-over');
    },
    { what: 'it to be taken over' },
  );
  await allConnected(call, ['shop']);
  t.true((endedAt(cut) ?? Infinity) < Date.parse(taken.timestamp), 'it had ended it before');
  proxy.thaw();
  t.is(await cut.exited, 1);
  t.true(await isConnected(call, 'shop'));
});
