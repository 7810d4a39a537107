/** Hubs that share a Postgres: who may be on it together, who does the work, and what becomes of one that is not heard of. */
import test from 'ava';
import { stores } from '../helpers/database.ts';
import { type Hub, linkedSandbox, until } from '../helpers/hub.ts';
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
  t.like(await rowOf(second, first), { draining: true, sessions: { count: 0 } });
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
