/** What is of the cluster and not of a node: limits, keys, settings, answers, streams, and what nodes tell of each other. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { stores } from '../helpers/database.ts';
import { type Answer, type Call, type Hub, linkedSandbox, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { type TestCluster, testCluster } from './nodes.ts';

const onPostgres = (await stores()).includes('postgres') ? test.serial : test.serial.skip;
const WRONG_KEYS = 30;
const CHAT = '5511988887777';

let cluster: TestCluster;
let first: Hub;
let second: Hub;
let flowsDir: string;

test.before(async () => {
  if (!(await stores()).includes('postgres')) return;
  flowsDir = await mkdtemp(join(tmpdir(), 'hookline-cluster-flows-'));
  const env = { HOOKLINE_FLOWS_DIR: flowsDir, HOOKLINE_LOG_LEVEL: 'http', HOOKLINE_HTTP_WRONG_KEYS_PER_MINUTE: String(WRONG_KEYS) };
  cluster = await testCluster(2, env);
  [first, second] = cluster.nodes as [Hub, Hub];
});
test.after.always(async () => {
  await cluster?.dispose();
  if (flowsDir) await rm(flowsDir, { recursive: true, force: true });
});

const times = <T>(count: number, work: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => work(index));
const limitsOf = async (hub: Hub, id: string) => (await hub.admin('GET', '/api/limits', undefined, { 'x-tenant-id': id })).json.limits;

/** How many are answered otherwise until one is refused; each long enough after the one before to have been settled. */
async function admitted(t: ExecutionContext, ask: () => Promise<Answer>): Promise<number> {
  for (let count = 0; ; count++) {
    const { status, headers } = await ask();
    if (status === 429) {
      t.regex(headers.get('retry-after') ?? '', /^\d+$/);
      return count;
    }
    if (count > 50) throw new Error('Nothing was refused');
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

onPostgres('requests a minute are counted once over nodes, and both tell the same of them', async (t) => {
  const { id, key } = await first.tenant();
  await first.admin('PATCH', `/api/tenants/${id}`, { settings: { limits: { requestsPerMinute: 20 } } });
  const ask = (hub: Hub) => hub.as(key)('GET', '/api/webhooks');
  for (const { status } of await Promise.all(times(12, () => ask(first)))) t.is(status, 200);
  await until(async () => (await limitsOf(second, id)).requestsPerMinute.used === 12, { what: 'the other node to know' });
  // Alone each would answer 8 and 20 more.
  t.true((await admitted(t, () => ask(second))) <= 11);
  t.true((await admitted(t, () => ask(first))) <= 3);
  const { used, resetsAt } = (await limitsOf(first, id)).requestsPerMinute;
  t.true(used > 20);
  t.true(Date.parse(resetsAt) > Date.now());
});

onPostgres('open streams are counted once over nodes; a revoked key closes them wherever they are', async (t) => {
  const { id, key } = await first.tenant();
  await first.admin('PATCH', `/api/tenants/${id}`, { settings: { limits: { streams: 2 } } });
  const headers = { authorization: `Bearer ${key}`, accept: 'text/event-stream' };
  const open = (hub: Hub, ending = new AbortController()) =>
    fetch(`${hub.base}/api/events`, { headers, signal: ending.signal }).then(({ status, body }) => ({ status, body, ending }));
  const used = (hub: Hub, count: number) =>
    until(async () => (await limitsOf(hub, id)).streams.used === count, { what: `${count} streams on ${hub.base}` });
  const onFirst = await open(first);
  await used(second, 1);
  const onSecond = await open(second);
  await used(first, 2);
  for (const hub of cluster.nodes) t.is((await open(hub)).status, 429);
  onFirst.ending.abort();
  await used(second, 1);
  const again = await open(second);
  t.is(again.status, 200);
  const [made] = (await first.admin('GET', `/api/tenants/${id}/keys`)).json.data;
  t.is((await first.admin('DELETE', `/api/tenants/${id}/keys/${made.id}`)).status, 204);
  const began = performance.now();
  for (const { body } of [onSecond, again]) for await (const _ of body as ReadableStream);
  // By itself a node looks after 30 s.
  t.true(performance.now() - began < 10_000);
  t.is((await second.as(key)('GET', '/api/webhooks')).status, 401);
  await used(first, 0);
});

onPostgres('what the operator sets for a tenant on one node holds on the others at once', async (t) => {
  const { id, key } = await first.tenant();
  for (const [index, limit] of [3, 4, 5].entries()) {
    const [here, there] = index % 2 === 0 ? [first, second] : [second, first];
    // It is kept for a second where it was asked for.
    t.not((await limitsOf(there, id)).endpoints.limit, limit);
    await here.admin('PATCH', `/api/tenants/${id}`, { settings: { limits: { endpoints: limit } } });
    await until(async () => (await limitsOf(there, id)).endpoints.limit === limit, { what: 'the limit', within: 800, every: 10 });
  }
  const made = await Promise.all(
    times(8, (n) => (n % 2 ? first : second).as(key)('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/' })),
  );
  t.is(made.filter(({ status }) => status === 201).length, 5);
  t.is(made.filter(({ json }) => json.code === 'limit-reached').length, 3);
});

onPostgres('an Idempotency-Key is one key on all nodes', async (t) => {
  const { key, call } = await first.tenant();
  const calls = [first.as(key), second.as(key)] as [Call, Call];
  const make = (ask: Call, name: string, url = 'http://127.0.0.1:9/') => ask('POST', '/api/webhooks', { url }, { 'idempotency-key': name });
  const there = async () => (await call('GET', '/api/webhooks')).json.data.length;

  const made = await make(calls[0], 'once');
  const repeated = await make(calls[1], 'once');
  t.is(repeated.headers.get('idempotent-replayed'), 'true');
  t.deepEqual(repeated.json, made.json);
  t.is((await make(calls[1], 'once', 'http://127.0.0.1:10/')).json.code, 'idempotency-mismatch');
  t.is(await there(), 1);

  for (let round = 0; round < 5; round++) {
    const both = await Promise.all(times(6, (n) => make(calls[n % 2 ? 0 : 1], `at-once-${round}`)));
    t.true(both.every(({ status, json }) => status === 201 || json.code === 'idempotency-in-flight'));
    t.is(new Set(both.filter(({ status }) => status === 201).map(({ json }) => json.id)).size, 1);
    t.is(await there(), 2 + round);
  }
  // As it stands while the first request is being handled.
  await cluster.sql(`UPDATE first_answers SET answer = NULL WHERE key = 'once'`);
  const underWay = await make(calls[1], 'once');
  t.is(underWay.json.code, 'idempotency-in-flight');
  t.is(underWay.headers.get('retry-after'), '1');
  t.is((await make(calls[0], 'once')).json.code, 'idempotency-unknown');
  await cluster.sql(`UPDATE first_answers SET node_id = 'nod_gone' WHERE key = 'once'`);
  t.is((await make(calls[1], 'once')).json.code, 'idempotency-unknown');

  await linkedSandbox(call, 'shop');
  const send = (ask: Call) =>
    ask('POST', '/api/sessions/shop/messages', { to: CHAT, type: 'text', text: 'x' }, { 'idempotency-key': 'sent-at-once' });
  const sent = await Promise.all(times(6, (n) => send(calls[n % 2 ? 0 : 1])));
  t.is(new Set(sent.map(({ json }) => json.id)).size, 1);
  t.is((await call('GET', '/api/sessions/shop/messages')).json.data.length, 1);
});

onPostgres('what is accepted in bulk on any node goes out where the session is', async (t) => {
  const { key, call } = await first.tenant();
  await linkedSandbox(call, 'shop');
  for (const [index, hub] of cluster.nodes.entries()) {
    const messages = times(20, (n) => ({ session: 'shop', to: CHAT, type: 'text', text: `${index} ${n}` }));
    t.is((await hub.as(key)('POST', '/api/messages/bulk', { messages })).status, 202);
  }
  const out = await until(
    async () => {
      const { data } = (await call('GET', '/api/sessions/shop/sandbox/outbox')).json;
      return data.length >= 40 && data;
    },
    { what: 'all to go out' },
  );
  t.is(new Set(out.map(({ text }: { text: string }) => text)).size, 40);
});

onPostgres('a request that is passed on counts once, and is told once in the log and the metrics', async (t) => {
  const { id, key } = await first.tenant();
  await first.admin('PATCH', `/api/tenants/${id}`, { settings: { limits: { requestsPerMinute: 1_000 } } });
  for (const hub of cluster.nodes) for (let n = 0; n < 5; n++) t.is((await hub.as(key)('GET', '/api/sessions/none/groups')).status, 404);
  const used = async (): Promise<number> => (await limitsOf(first, id)).requestsPerMinute.used;
  await until(async () => (await used()) >= 10, { what: 'what both have counted' });
  t.is(await used(), 10);
  const told = (hub: Hub) => hub.output().match(/GET \/api\/sessions\/:id\/groups 404/g)?.length;
  await until(() => told(first) === 5 && told(second) === 5, { what: 'the log' });
  for (const hub of cluster.nodes) {
    const { text } = await hub.admin('GET', '/metrics');
    t.regex(text, /^hookline_http_requests_total\{method="GET",route="\/api\/sessions\/:id\/groups",status="404"\} 5$/m);
  }
});

onPostgres('metrics and lines of the log name the node that tells them', async (t) => {
  const nodes: { id: string; url: string }[] = (await first.admin('GET', '/api/nodes')).json.data;
  for (const hub of cluster.nodes) {
    const { id, url } = nodes.find((node) => node.url.endsWith(`:${hub.port}`)) as { id: string; url: string };
    const { text } = await hub.admin('GET', '/metrics');
    t.true(text.includes(`hookline_node_info{node="${id}",url="${url}",role="all"} 1`));
    const lines = hub
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'));
    t.true(lines.length > 5);
    for (const line of lines) t.is(JSON.parse(line).node, id, line);
  }
});

onPostgres('how an endpoint fares is told alike by every node, whichever delivers to it', async (t) => {
  const { key, call } = await first.tenant();
  const receiver = await startReceiver(({ headers }) => (headers['x-which'] === 'gone' ? 410 : 500));
  t.teardown(() => receiver.close());
  const make = async (which: string): Promise<string> =>
    (
      await call('POST', '/api/webhooks', {
        ...{ url: receiver.url, events: ['message.received'], ordering: 'relaxed' },
        headers: { 'x-which': which },
      })
    ).json.id;
  const failing = await Promise.all(times(4, () => make('failing')));
  const gone = await Promise.all(times(4, () => make('gone')));
  const session = await linkedSandbox(call, 'shop');
  const said = (n: number) =>
    call('POST', `/api/sessions/${session}/sandbox/receive`, { from: `55119888877${10 + n}`, type: 'text', text: 'x' });
  await Promise.all(times(15, said));
  for (const hub of cluster.nodes) {
    const ask = hub.as(key);
    for (const id of failing) {
      const opened = async () => (await ask('GET', `/api/webhooks/${id}/stats`)).json.breaker !== 'closed';
      await until(opened, { what: `the breaker of ${id} to be open as ${hub.base} tells it` });
    }
    for (const id of gone) {
      const disabled = async () => (await ask('GET', `/api/webhooks/${id}`)).json.disabledReason === 'gone';
      t.true(await until(disabled, { what: `${id} to be disabled` }));
    }
  }
});

onPostgres('flows and their secrets hold on every node once they are set on any', async (t) => {
  const { key, call } = await first.tenant();
  const receiver = await startReceiver();
  t.teardown(() => receiver.close());
  await linkedSandbox(call, 'shop');
  const flow = (n: number) =>
    `flow: ask\nversion: 1\nstart:\n  - says: [go]\nsteps:\n  - http: POST ${receiver.url}\n    json: { round: ${n} }\n    headers: { X-Token: "{{ secrets.token }}" }\n`;
  for (let round = 0; round < 4; round++) {
    const ask = (cluster.nodes[round % 2] as Hub).as(key);
    t.is((await ask('PUT', '/api/flow-secrets/token', { value: `secret-${round}` })).status, 204);
    const put = await ask('PUT', '/api/flows/ask', flow(round), { 'content-type': 'application/yaml' });
    t.true(put.status < 300, put.text);
    await call('POST', '/api/sessions/shop/sandbox/receive', { from: CHAT, type: 'text', text: 'go' });
    await until(() => receiver.requests.length > round, { what: `round ${round}` });
    t.like(receiver.requests.at(-1), { headers: { 'x-token': `secret-${round}` }, json: { round } });
  }
});

onPostgres('the flow folder is published by one node, and what is wrong with it is told by all', async (t) => {
  const tenant = (await first.admin('GET', '/api/tenants')).json.data.find(({ name }: { name: string }) => name === 'default').id;
  const asked = { 'x-tenant-id': tenant };
  await writeFile(join(flowsDir, 'greet.yml'), 'flow: greet\nversion: 1\nstart:\n  - says: [hello]\nsteps:\n  - say: hello\n');
  for (const hub of cluster.nodes)
    await until(async () => (await hub.admin('GET', '/api/flows/greet', undefined, asked)).status === 200, { what: 'the flow' });
  t.is((await first.admin('GET', '/api/flows/greet', undefined, asked)).json.revision, 1);
  const publishing = cluster.nodes.filter((hub) => /Flows from .*: greet/.test(hub.output()));
  t.is(publishing.length, 1);
  await writeFile(join(flowsDir, 'broken.yml'), 'flow: broken\n');
  for (const hub of cluster.nodes)
    await until(async () => (await hub.admin('GET', '/api/flow-files', undefined, asked)).json.errors.length > 0, { what: 'the error' });
  await rm(join(flowsDir, 'broken.yml'));
});

onPostgres('wrong keys from one address are counted once over nodes', async (t) => {
  const from = { 'x-forwarded-for': '203.0.113.9' };
  const wrong = (hub: Hub) => hub.as('hlk_wrong')('GET', '/api/webhooks', undefined, from);
  const answers = await Promise.all(times(WRONG_KEYS - 5, () => wrong(first)));
  t.true(answers.every(({ status }) => status === 401));
  const counted = async () =>
    Number((await cluster.sql(`SELECT used FROM minute_counts WHERE name = 'wrong-keys 203.0.113.9'`))[0]?.used ?? 0);
  await until(async () => (await counted()) === WRONG_KEYS - 5, { what: 'the count' });
  t.true((await admitted(t, () => wrong(second))) <= 10);
});

onPostgres('a request that is passed on to a node that stands still is 503 within seconds, whatever it waits for', async (t) => {
  const { key } = await first.tenant();
  const calls = [first.as(key), second.as(key)] as [Call, Call];
  const sessionsOf = async ({ port }: Hub): Promise<number> => {
    const nodes: { url: string; sessions: { count: number } }[] = (await first.admin('GET', '/api/nodes')).json.data;
    return nodes.find(({ url }) => url.endsWith(`:${port}`))?.sessions.count ?? 0;
  };
  const before = [await sessionsOf(first), await sessionsOf(second)] as const;
  await linkedSandbox(calls[0], 'shop');
  // Nodes tell of themselves every 1.5 s.
  const owner = await until(
    async () => ((await sessionsOf(first)) > before[0] ? first : (await sessionsOf(second)) > before[1] && second),
    { what: 'a node to have the session' },
  );
  const other = calls[owner === first ? 1 : 0];
  process.kill(owner.pid, 'SIGSTOP');
  t.teardown(() => process.kill(owner.pid, 'SIGCONT'));
  const began = performance.now();
  const answers = await Promise.all([
    other('GET', '/api/sessions/shop'),
    other('GET', '/api/sessions/shop/groups'),
    other('POST', '/api/sessions/shop/connect'),
  ]);
  t.true(performance.now() - began < 12_000);
  for (const answer of answers) {
    t.like(answer, { status: 503, json: { code: 'owner-unreachable' } });
    t.is(answer.headers.get('retry-after'), '2');
  }
  process.kill(owner.pid, 'SIGCONT');
  await until(async () => (await other('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the node to go on' });
});
