/** Every route of the hub, as /openapi.json tells it: who is refused, whose things are seen, and whether the answers are what it says. */
import { once } from 'node:events';
import test from 'ava';
import { type Handlers, routeTable } from '../../src/http/routes.ts';
import { isOfHub, SCOPES, type Scope } from '../../src/tenants/scopes.ts';
import { ADMIN_KEY, type Answer, type Hub, IN_CLUSTER, startHub, until } from '../helpers/hub.ts';
import { type Operation, operationsOf } from '../helpers/openapi.ts';
import { Passkey } from '../whatsapp-web/authenticator.ts';
import { isProblem, raw } from './answers.ts';
import { furnish } from './furniture.ts';

const CHAT = '5511988887777';
const FLOW = 'flow: greet\nversion: 1\nstart:\n  - says: [hello]\nsteps:\n  - ask: Who is it?\n    save: who\n  - end\n';

let hub: Hub;
let document: Answer['json'];
let listed: Operation[];

test.before(async () => {
  hub = await startHub();
  document = (await hub.as('')('GET', '/openapi.json')).json;
  listed = await operationsOf(hub);
});
test.after.always(() => hub.dispose());

const filled = (path: string, values: Record<string, string> = {}): string =>
  path.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? (name === 'chat' ? CHAT : 'nobodys'));

async function keyWith(tenantId: string, scopes: readonly Scope[]): Promise<string> {
  return (await hub.admin('POST', `/api/tenants/${tenantId}/keys`, { name: 'some', scopes })).json.key;
}

test('without a key, or with one that is not known, every route that needs one is 401', async (t) => {
  const none: Record<string, string>[] = [
    { authorization: '' },
    { authorization: 'Bearer nonsense' },
    { authorization: '', 'x-api-key': 'x' },
  ];
  for (const { name, method, path, right } of listed.filter(({ right }) => right !== null)) {
    for (const headers of none) {
      const answer = await raw(hub, '', { method, path: filled(path), headers });
      isProblem(t, answer, `${name} ${JSON.stringify(headers)} (${right})`, { status: 401, code: 'unauthorized' });
    }
  }
});

const DESCRIPTIONS = ['GET /openapi.json', 'GET /asyncapi.json', 'GET /postman.json', 'GET /docs.js', 'GET /docs'];

test('the public routes are those that cannot tell anybody anything', (t) => {
  t.deepEqual(
    listed.filter(({ right }) => right === null).map(({ name }) => name),
    ['GET /api/flows/schema.json', 'GET /api/flows/test.schema.json', 'GET /health/live', 'GET /health/ready', ...DESCRIPTIONS],
  );
});

test("a key with every scope but the route's is 403, one with that scope alone is let in", async (t) => {
  const tenant = await hub.tenant();
  for (const scope of SCOPES) {
    const others = await keyWith(
      tenant.id,
      SCOPES.filter((other) => other !== scope),
    );
    const alone = await keyWith(tenant.id, [scope]);
    for (const { name, method, path } of listed.filter(({ right }) => right === scope)) {
      const refused = await hub.as(others)(method, filled(path));
      isProblem(t, refused, name, { status: 403, code: 'forbidden' });
      t.true(refused.json.detail.includes(scope), `${name} does not say which scope is missing: ${refused.json.detail}`);
      t.false([401, 403].includes((await hub.as(alone)(method, filled(path))).status), name);
    }
  }
});

test('what is for any key needs no scope of it, and is about its own tenant', async (t) => {
  const [mine, theirs] = [await hub.tenant(), await hub.tenant()];
  const key = await keyWith(mine.id, ['events:read']);
  await theirs.call('POST', '/api/sessions', { name: 'theirs', engine: 'sandbox', start: false });
  const routes = listed.filter(({ right }) => right === 'any');
  t.deepEqual(
    routes.map(({ name }) => name),
    ['GET /api/limits'],
  );
  t.is((await hub.as(key)('GET', '/api/limits', undefined, { 'x-tenant-id': theirs.id })).json.limits.sessions.used, 0);
  t.is((await hub.admin('GET', '/api/limits', undefined, { 'x-tenant-id': theirs.id })).json.limits.sessions.used, 1);
  isProblem(t, await hub.admin('GET', '/api/limits'), 'the operator, for nobody', { status: 400, code: 'bad-request' });
  const metrics = await keyWith(mine.id, ['metrics:read']);
  isProblem(t, await hub.as(metrics)('GET', '/api/limits'), 'a key that is of the hub', { status: 403, code: 'forbidden' });
});

test("no tenant's key does the operator's work", async (t) => {
  const tenant = await hub.tenant();
  for (const { name, method, path } of listed.filter(({ right }) => right === 'admin')) {
    isProblem(t, await tenant.call(method, filled(path, { id: tenant.id })), name, { status: 403, code: 'forbidden' });
  }
});

test('every route answers what /openapi.json says: its status, its shape, and no member besides', async (t) => {
  // Only what the routes say is of interest here; their handlers are never called.
  const mute = new Proxy({}, { get: () => new Proxy({}, { get: () => undefined }) });
  const table = new Map(routeTable(mute as Handlers).map((route) => [`${route.method} ${route.path.replace(/:(\w+)/g, '{$1}')}`, route]));
  t.deepEqual(
    listed.map(({ name }) => name),
    [...table.keys()],
    'the document lists the table',
  );
  const left = new Set(table.keys());
  const { ids, call, ...tenant } = await furnish(t, hub, 'shop', { word: 'hello' });
  const ask = async (name: string, values: Record<string, string> = {}, { body, headers, query = '' }: Asking = {}) => {
    const route = table.get(name);
    if (!route) return t.fail(`There is no route ${name}`) as never;
    const [method, path] = name.split(' ') as [string, string];
    const key = route.access === 'admin' || isOfHub(route.access) ? ADMIN_KEY : tenant.key;
    const answer = await hub.as(key)(method, filled(path, { id: 'shop', ...values }) + query, body, headers);
    t.is(answer.status, route.status, `${name}: ${answer.text.slice(0, 300)}`);
    t.true(String(answer.status) in document.paths[path][method.toLowerCase()].responses, name);
    if (route.status === 204) t.is(answer.text, '', name);
    else if (answer.json && route.output)
      t.deepEqual(route.output.parse(answer.json), answer.json, `${name} answers what it does not tell`);
    left.delete(name);
    return answer.json;
  };

  const made = await ask('POST /api/tenants', {}, { body: { name: 'made here' } });
  await ask('GET /api/tenants');
  await ask('GET /api/tenants/{id}', { id: made.id });
  await ask('PATCH /api/tenants/{id}', { id: made.id }, { body: { name: 'renamed here' } });
  const { id: keyId } = await ask('POST /api/tenants/{id}/keys', { id: made.id }, { body: { name: 'second', scopes: ['events:read'] } });
  await ask('DELETE /api/tenants/{id}/keys/{keyId}', { id: made.id, keyId });
  await ask('GET /api/tenants/{id}/keys', { id: made.id });
  await ask('GET /api/keys');
  await ask('DELETE /api/tenants/{id}', { id: made.id });
  await ask('GET /api/egress');
  const { level } = await ask('GET /api/log-level');
  await ask('PATCH /api/log-level', {}, { body: { level } });
  const { data: nodes } = await ask('GET /api/nodes');
  // It is the only one.
  const drained = await hub.admin('POST', `/api/nodes/${IN_CLUSTER ? 'nod_nobody' : nodes[0].id}/drain`);
  isProblem(t, drained, 'drain', IN_CLUSTER ? { status: 404, code: 'not-found' } : { status: 409, code: 'not-a-cluster' });
  left.delete('POST /api/nodes/{id}/drain');

  await ask('POST /api/sessions', {}, { body: { name: 'other', engine: 'sandbox', config: { note: 'mine' } } });
  await ask('GET /api/sessions');
  await ask('GET /api/sessions/{id}');
  await ask('PATCH /api/sessions/{id}', { id: 'other' }, { body: { name: 'another', config: { more: [1] } } });
  await until(async () => (await call('GET', '/api/sessions/another/qr')).status === 200, { what: 'a QR code' });
  await ask('GET /api/sessions/{id}/qr', { id: 'another' });
  await ask('POST /api/sessions/{id}/pairing-code', { id: 'another' }, { body: { phone: '+55 11 90000-0001' } });
  await ask('POST /api/sessions/{id}/link-pages', { id: 'another' }, { body: { redirectUrl: 'https://shop.example/linked' } });
  await ask('POST /api/sessions/{id}/sandbox/faults', { id: 'another' }, { body: { passkey: { askNext: 1, code: 'K7RWQ' } } });
  await ask('POST /api/sessions/{id}/sandbox/scan', { id: 'another' }, { body: { phone: '5511900000001', name: 'Ana' } });
  const { publicKey } = await ask('GET /api/sessions/{id}/passkey', { id: 'another' });
  await ask('POST /api/sessions/{id}/passkey/tokens', { id: 'another' });
  await ask('POST /api/sessions/{id}/passkey', { id: 'another' }, { body: { credential: new Passkey().sign(publicKey) } });
  await ask('POST /api/sessions/{id}/passkey/confirm', { id: 'another' }, { body: { matches: true } });
  await ask('GET /api/sessions/{id}/screenshot', { id: 'another' });
  for (const command of ['disconnect', 'connect', 'restart', 'logout']) await ask(`POST /api/sessions/{id}/${command}`, { id: 'another' });
  const sealed = await fetch(`${hub.base}/api/sessions/shop/backup`, { headers: { authorization: `Bearer ${tenant.key}` } });
  t.is(sealed.status, 200);
  left.delete('GET /api/sessions/{id}/backup');
  const restored = await raw(hub, tenant.key, {
    method: 'POST',
    path: '/api/sessions/another/restore',
    headers: { 'content-type': 'application/octet-stream' },
    body: Buffer.from(await sealed.arrayBuffer()),
  });
  t.is(restored.status, 202, restored.text);
  t.deepEqual(table.get('POST /api/sessions/{id}/restore')?.output?.parse(restored.json), restored.json);
  left.delete('POST /api/sessions/{id}/restore');
  await ask('DELETE /api/sessions/{id}', { id: 'another' });

  const text = {
    to: CHAT,
    type: 'text',
    text: 'all of it',
    typing: 1,
    reference: 'r',
    priority: 1,
    mentions: [CHAT],
    replyTo: ids.message,
  };
  const sent = await ask('POST /api/sessions/{id}/messages', {}, { body: text, headers: { 'idempotency-key': 'k' } });
  await until(async () => (await call('GET', `/api/messages/${sent.id}`)).json.status === 'sent', { what: 'a send' });
  const group = {
    from: CHAT,
    chat: '120363000000000000@g.us',
    text: 'a picture',
    media: { base64: 'AAAA', mimetype: 'image/png', filename: 'a.png' },
  };
  await ask('POST /api/sessions/{id}/sandbox/receive', {}, { body: { ...group, type: 'image' } });
  await ask('GET /api/sessions/{id}/messages', {}, { query: '?search=picture' });
  await ask('GET /api/stats/messages', {}, { query: '?by=day&session=shop&timezone=America/Sao_Paulo' });
  const csv = { 'content-type': 'text/csv' };
  const uploaded = await ask('POST /api/media', {}, { body: 'a,b', headers: csv, query: '?filename=a.csv' });
  await ask('GET /api/media/{id}', { id: uploaded.id });
  await ask('GET /api/media/{id}/info', { id: uploaded.id });
  await ask('DELETE /api/media/{id}', { id: uploaded.id });
  await ask('POST /api/messages/bulk', {}, { body: { messages: [{ ...text, session: 'shop' }, {}] } });
  await ask('POST /api/sessions/{id}/sandbox/happens', {}, { body: { kind: 'call', from: '5511988887777' } });
  await ask('POST /api/sessions/{id}/sandbox/ack', {}, { body: { messageId: sent.id, ack: -1 } });
  await ask('GET /api/messages/{id}', { id: sent.id });
  await ask('POST /api/messages/{id}/retry', { id: sent.id });
  const later = await call('POST', '/api/sessions/shop/messages', { ...text, sendAt: new Date(Date.now() + 3_600_000).toISOString() });
  await ask('DELETE /api/messages/{id}', { id: later.json.id });
  for (const shown of ['typing', 'recording']) await ask(`POST /api/sessions/{id}/chats/{chat}/${shown}`, {}, { body: { on: true } });
  await ask('POST /api/sessions/{id}/chats/{chat}/handoff', {}, { body: { pauseSeconds: 60 } });
  await ask('GET /api/sessions/{id}/chats/{chat}/handoff');
  await ask('GET /api/sessions/{id}/handoffs');
  await ask('POST /api/sessions/{id}/chats/{chat}/resume');
  await ask('PUT /api/sessions/{id}/chats/{chat}/opt-out');
  await ask('GET /api/sessions/{id}/chats/{chat}/opt-out');
  await ask('GET /api/opt-outs');
  await ask('GET /api/flow-files');
  await ask('DELETE /api/sessions/{id}/chats/{chat}/opt-out');
  for (const mark of ['seen', 'unseen']) await ask(`POST /api/sessions/{id}/chats/{chat}/${mark}`);
  await askDirectory(ask);

  const headers = { 'x-a': 'b', authorization: { secret: 'Bearer s' } };
  const hook = await ask(
    'POST /api/webhooks',
    {},
    { body: { url: 'http://127.0.0.1:9/', headers, sessions: ['shop'], filter: { senders: [CHAT] }, rateLimit: 5 } },
  );
  await ask('GET /api/webhooks');
  await ask('GET /api/webhooks/{id}', { id: hook.id });
  await ask('PATCH /api/webhooks/{id}', { id: hook.id }, { body: { description: 'd', ordering: 'relaxed', rateLimit: null } });
  for (const command of ['rotate-secret', 'disable', 'enable']) await ask(`POST /api/webhooks/{id}/${command}`, { id: hook.id });
  const { deliveryId } = await ask('POST /api/webhooks/{id}/test', { id: hook.id });
  await until(async () => (await call('GET', `/api/deliveries/${deliveryId}`)).json.attempts.length > 0, { what: 'an attempt' });
  await ask('GET /api/webhooks/{id}/deliveries', { id: hook.id });
  await ask('GET /api/webhooks/{id}/stats', { id: hook.id });
  await ask('GET /api/webhooks/{id}/replay-preview', { id: hook.id }, { query: '?since=2026-01-01T00:00:00Z&status=missing' });
  const replay = await ask(
    'POST /api/webhooks/{id}/replay',
    { id: hook.id },
    { body: { since: '2026-01-01T00:00:00Z', status: 'missing' } },
  );
  await ask('GET /api/webhooks/{id}/replays/{replayId}', { id: hook.id, replayId: replay.id });
  await ask('GET /api/deliveries/{id}', { id: deliveryId });
  await ask('GET /api/deliveries/{id}', { id: ids.delivery });
  await ask('POST /api/deliveries/{id}/retry', { id: deliveryId });
  await ask('DELETE /api/webhooks/{id}', { id: hook.id });
  await ask('GET /api/events', {}, { query: '?limit=1000' });
  await ask('GET /api/events/{id}', { id: ids.event });
  const socket = new WebSocket(`${hub.base.replace('http', 'ws')}/api/events/ws`, ['hookline', `hookline.bearer.${tenant.key}`]);
  await once(socket, 'open');
  socket.close();
  left.delete('GET /api/events/ws');

  const yaml = { 'content-type': 'application/yaml' };
  const source = FLOW.replace('flow: greet', 'flow: second').replace('[hello]', '[moin]\n  - api: true');
  await ask('POST /api/flows/check', {}, { body: 'flow: 1', headers: yaml });
  await ask('POST /api/flows/format', {}, { body: 'flow: 1', headers: yaml });
  await ask('PUT /api/flows/{name}', { name: 'second' }, { body: source, headers: yaml });
  await ask('GET /api/flows');
  await ask('GET /api/flows/{name}', { name: 'second' });
  await ask('GET /api/flows/{name}/revisions', { name: 'second' });
  await ask('GET /api/flows/{name}/revisions/{revision}', { name: 'second', revision: '1' });
  await ask('GET /api/sessions/{id}/chats/{chat}/flow-texts', {}, { query: '?search=a' });
  await ask('GET /api/sessions/{id}/chats/{chat}/explain', {}, { query: `?message=${ids.message}` });
  await ask('GET /api/flows/schema.json');
  await ask('GET /api/flows/test.schema.json');
  await ask('POST /api/flows/{name}/simulate', { name: 'second' }, { body: { messages: ['moin'] } });
  const tests = 'tests: [{ name: it answers, chat: [{ user: moin }, { expect: { handoff: false } }] }]';
  await ask('PUT /api/flows/{name}/tests', { name: 'second' }, { body: tests, headers: yaml });
  await ask('GET /api/flows/{name}/tests', { name: 'second' });
  await ask('POST /api/flows/{name}/test', { name: 'second' }, { body: {} });
  await ask('POST /api/flows/{name}/start', { name: 'second' }, { body: { session: 'shop', chat: '5511966665555' } });
  await ask('DELETE /api/flows/{name}/tests', { name: 'second' });
  await ask('DELETE /api/flows/{name}', { name: 'second' });
  await ask('PUT /api/flow-secrets/{name}', { name: 'shop_key' }, { body: { value: 'x' } });
  await ask('GET /api/flow-secrets');
  await ask('DELETE /api/flow-secrets/{name}', { name: 'shop_key' });
  await ask('GET /api/runs', {}, { query: `?session=shop&status=waiting&flow=greet&trace=false` });
  await ask('GET /api/runs/{id}', { id: ids.run });

  await ask('GET /api/quarantine', {}, { query: '?stage=storing&session=shop' });
  await ask('GET /api/quarantine/{id}', { id: ids.quarantine });
  await ask('POST /api/quarantine/{id}/retry', { id: ids.quarantine });
  await ask('DELETE /api/quarantine/{id}', { id: ids.quarantine });
  await ask('DELETE /api/sessions/{id}/contacts/{contact}/data', { contact: '5521900000000' });
  await ask('GET /api/audit');
  await ask('GET /api/limits');
  await ask('GET /api/sessions/{id}/sandbox/outbox');
  await ask('POST /api/sessions/{id}/sandbox/faults', {}, { body: { send: { delayMs: 1 } } });
  await ask('POST /api/sessions/{id}/sandbox/disconnect', {}, { body: { reason: 'network' } });
  for (const name of ['GET /metrics', 'GET /health/live', 'GET /health/ready', 'GET /health/engines']) await ask(name);
  for (const name of DESCRIPTIONS) await ask(name);
  t.deepEqual([...left], [], 'every route has its happy path here');
});

/** What a phone can do besides messages. */
async function askDirectory(ask: (name: string, values?: Record<string, string>, asking?: Asking) => Promise<Answer['json']>) {
  const shop = '/api/sessions/{id}';
  const contact = { contact: CHAT };
  for (const list of ['contacts', 'chats', 'labels']) await ask(`GET ${shop}/${list}`);
  await ask(`GET ${shop}/contacts/{contact}`, contact);
  await ask(`GET ${shop}/contacts/{contact}/exists`, contact, { query: '?fresh=true' });
  for (const command of ['block', 'unblock']) await ask(`POST ${shop}/contacts/{contact}/${command}`, contact);
  await ask(`GET ${shop}/chats/{chat}/presence`);
  await ask(`POST ${shop}/presence`, {}, { body: { available: true } });
  await ask(`PUT ${shop}/chats/{chat}/labels`, {}, { body: { labels: ['1'] } });
  const { id: group } = await ask(`POST ${shop}/groups`, {}, { body: { subject: 'Team', participants: [CHAT] } });
  for (const part of ['', '/{group}', '/{group}/participants', '/{group}/invite-link']) await ask(`GET ${shop}/groups${part}`, { group });
  await ask(`PATCH ${shop}/groups/{group}`, { group }, { body: { subject: 'Crew', description: 'who sails' } });
  const participants = { body: { participants: ['5521977776666'] } };
  for (const change of ['', '/promote', '/demote', '/remove']) {
    await ask(`POST ${shop}/groups/{group}/participants${change}`, { group }, participants);
  }
  for (const command of ['invite-link', 'leave']) await ask(`POST ${shop}/groups/{group}/${command}`, { group });
}

interface Asking {
  body?: unknown;
  headers?: Record<string, string>;
  query?: string;
}
