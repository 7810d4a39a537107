/** Hubs that share a Postgres: who may be on it together, who does the work, and what becomes of one that is not heard of. */
import { randomBytes } from 'node:crypto';
import { readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { stores } from '../helpers/database.ts';
import { type Call, type Hub, linkedSandbox, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { downloaded, uploaded } from '../helpers/upload.ts';
import { type TestCluster, testCluster } from './nodes.ts';

const onPostgres = (await stores()).includes('postgres') ? test.serial : test.serial.skip;

let cluster: TestCluster;

test.before(async () => {
  if ((await stores()).includes('postgres')) cluster = await testCluster(2);
});
test.after.always(() => cluster?.dispose());

interface Listed {
  id: string;
  url: string;
  draining: boolean;
  sessions: { count: number };
  followers: Record<string, number>;
}

const listed = async (asked: Hub): Promise<Listed[]> => (await asked.admin('GET', '/api/nodes')).json.data;
const rowOf = async (asked: Hub, node: Hub): Promise<Listed | undefined> =>
  (await listed(asked)).find(({ url }) => url.endsWith(`:${node.port}`));
const followersOf = (node: Listed | undefined): string[] => Object.keys(node?.followers ?? {});
const FOLLOWERS = ['flows', 'media', 'sends', 'webhooks'];

onPostgres('each node tells of all of them, and each follower of the ledger is on one of them', async (t) => {
  const [first, second] = cluster.nodes as [Hub, Hub];
  const seen = await until(
    async () => {
      const nodes = await listed(second);
      return nodes.flatMap(followersOf).length === FOLLOWERS.length && nodes;
    },
    { what: 'the followers to be shared out' },
  );
  t.deepEqual(
    seen.map(({ url }) => Number(new URL(url).port)),
    [first.port, second.port],
  );
  t.deepEqual(seen.flatMap(followersOf).sort(), FOLLOWERS);
  t.deepEqual(
    (await listed(first)).map(({ id }) => id),
    seen.map(({ id }) => id),
  );
});

onPostgres('a hub that would have the database to itself is refused beside them', async (t) => {
  const refusal = await t.throwsAsync(cluster.startAlone());
  t.regex(refusal.message, /held by another hub \(hookline node/);
});

onPostgres('what is asked of one is done for all: a tenant of the one is known to the other, a key that it revokes is not', async (t) => {
  const [first, second] = cluster.nodes as [Hub, Hub];
  const { id, key } = await second.tenant();
  t.is((await first.as(key)('GET', '/api/sessions')).status, 200);
  const [made] = (await first.admin('GET', `/api/tenants/${id}/keys`)).json.data;
  t.is((await second.admin('DELETE', `/api/tenants/${id}/keys/${made.id}`)).status, 204);
  t.is((await first.as(key)('GET', '/api/sessions')).status, 401);
});

onPostgres('what happens on one node is heard on a stream of another at once', async (t) => {
  const [first, second] = cluster.nodes as [Hub, Hub];
  const { id, key, call } = await first.tenant();
  const ending = new AbortController();
  const headers = { authorization: `Bearer ${key}`, accept: 'text/event-stream' };
  const stream = await fetch(`${second.base}/api/events`, { headers, signal: ending.signal });
  const read = (stream.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  const began = performance.now();
  await call('POST', '/api/sessions', { name: 'heard', engine: 'sandbox' });
  for (let heard = ''; !heard.includes('session.status'); ) heard += (await read.read()).value ?? '';
  // Without a word from the other node it would look after 15 s.
  t.true(performance.now() - began < 10_000);
  // A revoked key ends the stream, whoever revoked it.
  const [made] = (await first.admin('GET', `/api/tenants/${id}/keys`)).json.data;
  await first.admin('DELETE', `/api/tenants/${id}/keys/${made.id}`);
  for (let isOver = false; !isOver; ) isOver = (await read.read()).done;
  ending.abort();
});

onPostgres('a session is spoken to by any node: whichever is asked, the one that runs it answers', async (t) => {
  const { id, key } = await (cluster.nodes[0] as Hub).tenant();
  for (const [index, node] of cluster.nodes.entries()) {
    const call = node.as(key);
    const name = `shop-${index}`;
    await linkedSandbox(call, name);
    t.is((await call('GET', `/api/sessions/${name}/contacts`)).status, 200);
    t.is((await call('POST', `/api/sessions/${name}/chats/5511988887777/typing`, { on: true })).status, 204);
    const sent = await call('POST', `/api/sessions/${name}/messages`, { to: '5511988887777', type: 'text', text: `from ${name}` });
    t.is(sent.status, 202);
    const other = (cluster.nodes[1 - index] as Hub).as(key);
    await until(async () => (await other('GET', `/api/messages/${sent.json.id}`)).json.status === 'sent', { what: 'the send' });
    t.is((await other('GET', `/api/sessions/${name}/sandbox/outbox`)).json.data.length, 1);
    // What is refused is refused as it is there, and once.
    t.is((await call('GET', '/api/sessions/nobodys/qr')).json.code, 'not-found');
    t.is((await node.as('hlk_nobodys')('GET', `/api/sessions/${name}/qr`)).status, 401);
    const made: { action: string; address: string }[] = (await call('GET', '/api/audit?action=sessions.create')).json.data;
    t.is(made.length, index + 1);
    t.true(made.every(({ address }) => address === '127.0.0.1'));
  }
  // Nobody but a node says for whom it asks.
  const forged = { 'x-hookline-node': `${Date.now()} none 203.0.113.7 ${'A'.repeat(43)}` };
  for (const node of cluster.nodes) t.is((await node.as(key)('POST', '/api/sessions/shop-0/connect', undefined, forged)).status, 202);
  const addresses: { address: string }[] = await cluster.sql('SELECT DISTINCT address FROM audit_entries WHERE tenant_id = $1', [id]);
  t.deepEqual(addresses, [{ address: '127.0.0.1' }]);
});

onPostgres('a file that came in through one node, into the directory that they share, is given out by the other', async (t) => {
  const [first, second] = cluster.nodes as [Hub, Hub];
  const { key, call } = await first.tenant();
  const bytes = randomBytes(100_000);
  const { id } = await uploaded(first, key, bytes);
  t.true((await downloaded(second, key, id)).equals(bytes));
  t.is((await second.as(key)('DELETE', `/api/media/${id}`)).status, 204);
  t.is((await call('GET', `/api/media/${id}`)).status, 404);
});

onPostgres('a clock of the database that jumps ends no node', async (t) => {
  const beats = () => cluster.sql<{ id: string; at: string }>('SELECT node_id AS id, seen_at AS at FROM node_beats ORDER BY node_id');
  const before = await beats();
  for (const ms of [60_000, 3_600_000, -3_600_000]) {
    // As what is stored looks after it.
    await cluster.sql('UPDATE node_beats SET seen_at = seen_at - $1', [ms]);
    for (let nth = 0; nth < 2; nth++) {
      const last = await beats();
      const isHeard = async () => (await beats()).every(({ id, at }) => last.some((one) => one.id === id && one.at !== at));
      await until(isHeard, { what: 'every node to have told of itself' });
    }
  }
  t.deepEqual(
    (await beats()).map(({ id }) => id),
    before.map(({ id }) => id),
  );
  t.is(before.length, 2);
});

onPostgres('files of what is removed go on every node, whichever of them cleans up', async (t) => {
  const { id, call } = await (cluster.nodes[0] as Hub).tenant();
  const owners = () =>
    cluster.sql<{ node: string | null }>(
      'SELECT node_id AS node FROM whatsapp_instances LEFT JOIN session_leases ON session_id = whatsapp_instances.id WHERE tenant_id = $1',
      [id],
    );
  const names: string[] = [];
  for (let size = 100; new Set((await owners()).map(({ node }) => node)).size < 2; size++) {
    const name = `s${size}`;
    names.push(name);
    await linkedSandbox(call, name);
    await call('POST', `/api/sessions/${name}/sandbox/receive`, {
      from: '5521988887777',
      type: 'image',
      media: { mimetype: 'image/png', size },
    });
  }
  const directory = join((cluster.nodes[0] as Hub).directory, 'data', 'media', id);
  const files = async () => {
    const found = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
    return found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  };
  await until(async () => (await files()).length === names.length, { what: 'what was received to be fetched' });
  // No node can be about to use what is as old as this.
  const then = new Date(Date.now() - 15 * 60_000);
  for (const file of await files()) await utimes(file, then, then);
  for (let left = names.length; left > 0; left--) {
    t.is((await call('DELETE', `/api/sessions/${names[left - 1]}`)).status, 204);
    await until(async () => (await files()).length < left, { what: `the file of ${names[left - 1]} to go`, within: 10_000 });
  }
});

onPostgres('endpoints are shared out among the nodes, and each gets everything once and in its order', async (t) => {
  const { id, key } = await (cluster.nodes[0] as Hub).tenant();
  const calls = cluster.nodes.map((node) => node.as(key)) as [Call, Call];
  // Whose an endpoint is, its random id decides: of eight, one node has all in one run of 128.
  const receivers = await Promise.all(Array.from({ length: 16 }, () => startReceiver()));
  t.teardown(() => Promise.all(receivers.map((receiver) => receiver.close())));
  for (const [index, { url }] of receivers.entries())
    await calls[(index % 2) as 0]('POST', '/api/webhooks', { url, events: ['message.received'] });
  await linkedSandbox(calls[1], 'shared');
  for (let n = 0; n < 20; n++) {
    const said = { from: '5511988887777', type: 'text', text: String(n) };
    t.is((await calls[(n % 2) as 0]('POST', '/api/sessions/shared/sandbox/receive', said)).status, 200);
  }
  await until(() => receivers.every(({ requests }) => requests.length >= 20), { what: 'all deliveries' });
  const lanes = 'SELECT DISTINCT token FROM lanes JOIN nodes ON nodes.id = token WHERE tenant_id = $1 AND kind = $2';
  t.is((await cluster.sql(lanes, [id, 'webhook'])).length, 2);
  const wanted = Array.from({ length: 20 }, (_, n) => String(n));
  for (const { requests } of receivers)
    t.deepEqual(
      requests.map(({ json }) => json.data.text),
      wanted,
    );
});

onPostgres('a session that is deleted by several at once is gone, and run by no other node', async (t) => {
  const [first, second] = cluster.nodes as [Hub, Hub];
  const { key, call } = await first.tenant();
  await linkedSandbox(call, 'shop');
  const both = [call, second.as(key)];
  const answers = await Promise.all(Array.from({ length: 12 }, (_, nth) => (both[nth % 2] as Call)('DELETE', '/api/sessions/shop')));
  t.true(answers.some(({ status }) => status === 204));
  t.deepEqual(
    answers.filter(({ status }) => status !== 204 && status !== 404).map(({ text }) => text),
    [],
  );
});

onPostgres('what an answer has a phone show is shown there, whichever node delivers and whichever runs the session', async (t) => {
  const { call } = await (cluster.nodes[0] as Hub).tenant();
  const [from, chat] = ['5521988887777', '5521988887777@c.us'];
  const receiver = await startReceiver((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{"actions":[{"seen":true},{"typing":25000}]}');
  });
  t.teardown(() => receiver.close());
  const unread = async (name: string) => {
    const chats: { id: string; unread: number }[] = (await call('GET', `/api/sessions/${name}/chats`)).json.data;
    return chats.find(({ id }) => id === chat)?.unread;
  };
  // Node and node, and so many that one of them is not the one that delivers.
  const node = 'SELECT node_id FROM session_leases JOIN whatsapp_instances s ON s.id = session_id WHERE s.id = $1';
  const nodes = new Set<string>();
  const { id: endpoint } = (await call('POST', '/api/webhooks', { url: receiver.url, events: ['message.received'] })).json;
  for (let nth = 0; nodes.size < 2; nth++) {
    const name = `shown-${nth}`;
    await linkedSandbox(call, name);
    const { id } = (await call('GET', `/api/sessions/${name}`)).json;
    for (const { node_id } of await cluster.sql<{ node_id: string }>(node, [id])) nodes.add(node_id);
    t.is((await call('POST', `/api/sessions/${name}/sandbox/receive`, { from, type: 'text', text: 'hello' })).status, 200);
    await until(async () => (await unread(name)) === 0, { what: () => `${name} to show that it was seen` });
    await call('POST', `/api/sessions/${name}/messages`, { to: from, type: 'text', text: 'hello' });
    const sent = await until(async () => (await call('GET', `/api/sessions/${name}/sandbox/outbox`)).json.data[0], { what: 'the send' });
    t.true(sent.typingMs > 0);
  }
  const { data } = (await call('GET', `/api/webhooks/${endpoint}/deliveries`)).json;
  const attempts = (await call('GET', `/api/deliveries/${data[0].id}`)).json.attempts;
  t.deepEqual(attempts[0].actions, [
    { index: 0, ok: true },
    { index: 1, ok: true },
  ]);
});

onPostgres('a node that is drained hands the work over at once', async (t) => {
  const [first, second] = cluster.nodes as [Hub, Hub];
  const { call } = await first.tenant();
  await linkedSandbox(call, 'shop');
  const { id } = (await rowOf(second, first)) as Listed;
  t.is((await second.admin('POST', '/api/nodes/nod_nobody/drain')).status, 404);
  t.is((await second.admin('POST', `/api/nodes/${id}/drain`)).status, 204);
  await until(async () => followersOf(await rowOf(first, second)).length === FOLLOWERS.length, {
    what: 'the second to follow',
    within: 15_000,
  });
  // It tells of itself every 1.5 s.
  await until(async () => (await rowOf(second, first))?.sessions.count === 0, { what: 'the first to have no session' });
  t.like(await rowOf(second, first), { draining: true });
  const there = second.as((await first.admin('POST', '/api/tenants', { name: 'moved' })).json.apiKey.key);
  await linkedSandbox(there, 'other');
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the session to be back' });
});

onPostgres(
  'a node that stands still for longer than its time loses the work, and when it wakes up ends without a word in the database',
  async (t) => {
    const [, second] = cluster.nodes as [Hub, Hub];
    const third = await cluster.start();
    const { id, call } = await third.tenant();
    process.kill(second.pid, 'SIGSTOP');
    await cluster.expire(second);
    await until(async () => followersOf(await rowOf(third, third)).length === FOLLOWERS.length, {
      what: 'the third to follow',
      within: 20_000,
    });
    t.is(await rowOf(third, second), undefined);
    await linkedSandbox(call, 'after');
    const before = await cluster.sql('SELECT max(position) AS last FROM events WHERE tenant_id = $1', [id]);
    process.kill(second.pid, 'SIGCONT');
    t.is(await second.exited, 1);
    t.regex(second.output(), /have taken over what it did/);
    t.deepEqual(await cluster.sql('SELECT max(position) AS last FROM events WHERE tenant_id = $1', [id]), before);
  },
);

onPostgres('what is asked of a session whose node has just died is 503 with a time to try again, until another one has it', async (t) => {
  const [first, , third] = cluster.nodes as [Hub, Hub, Hub];
  const { key, call } = await third.tenant();
  await linkedSandbox(call, 'orphan');
  await third.end('SIGKILL');
  const refused = await first.as(key)('GET', '/api/sessions/orphan');
  t.like(refused, { status: 503, json: { code: 'owner-unreachable' } });
  t.is(refused.headers.get('retry-after'), '2');
  await cluster.start();
  await cluster.expire(third);
  const isBack = async () => (await first.as(key)('GET', '/api/sessions/orphan')).json.status === 'connected';
  await until(isBack, { what: 'the session to be back', within: 20_000 });
});

onPostgres('a node that was killed and is started again has its sessions at once: nobody waits for itself to be dead', async (t) => {
  const alone = await testCluster(1);
  t.teardown(() => alone.dispose());
  const [node] = alone.nodes as [Hub];
  const { key, call } = await node.tenant();
  await linkedSandbox(call, 'shop');
  await node.end('SIGKILL');
  const again = await alone.start({}, node.port);
  const isBack = async () => (await again.as(key)('GET', '/api/sessions/shop')).json.status === 'connected';
  await until(isBack, { what: 'the session to be back', within: 10_000 });
  t.is((await listed(again)).length, 1);
});
