import { connect } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';
import { HooklineError } from '../../src/core/errors.ts';
import type { Runtime } from '../../src/core/runtime.ts';
import { type Route, under } from '../../src/http/route.ts';
import { httpApp, listen } from '../../src/http/server.ts';
import { ApiKeys } from '../../src/tenants/api-keys.ts';
import { Tenants } from '../../src/tenants/tenants.ts';
import { testDatabase } from '../helpers/database.ts';
import { NO_UPLOADS } from '../helpers/media.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';

const thing = under('/api/sessions/:id', async (_tenantId, { id }) => {
  if (id !== 'mine') throw new HooklineError('not-found', `There is no session "${id}".`);
  return { id };
});
const root = under('');
const Body = z.strictObject({ name: z.string(), size: z.number().optional() });
/** Requests to `/slow` that are worked at; calling one answers it. */
const working: (() => void)[] = [];
const TABLE: Route[] = [
  root('sessions:read', 'GET', '/api/slow', 200, 'Slow', async () => {
    await new Promise<void>((resolve) => working.push(resolve));
    return {};
  }),
  thing('sessions:write', 'POST', '', 201, 'Make', async ({ body }) => body, { body: Body }),
  thing('sessions:write', 'POST', '/bytes', 200, 'Bytes', async ({ body }) => ({ hex: (await buffer(body)).toString('hex') }), {
    body: z.custom<AsyncIterable<Buffer>>(),
    bodyType: 'bytes',
  }),
  thing('sessions:read', 'GET', '', 200, 'Read', async ({ target, tenantId }) => ({ ...target, tenantId })),
  root('admin', 'GET', '/api/tenants', 200, 'Operator only', async () => ({ ok: true })),
  root('flows:write', 'PUT', '/api/flows/:name', 200, 'Text', async ({ body }) => ({ body }), { body: z.string(), bodyType: 'yaml' }),
  root('events:read', 'GET', '/api/events', 200, 'Query', async ({ query }) => query, {
    query: z.strictObject({ limit: z.coerce.number().max(10).default(5) }),
  }),
  root('public', 'GET', '/broken', 200, 'Throws', async () => {
    throw new TypeError('secret detail');
  }),
];

async function serve(
  t: ExecutionContext,
  limits?: { requestsPerMinute: number; wrongKeysPerMinute: number },
  overrides: Partial<Runtime> = {},
  trustProxy = ['127.0.0.1'],
) {
  const { db, dispose } = await testDatabase();
  const runtime = testRuntime(overrides);
  const keys = new ApiKeys(db, runtime);
  const tenants = new Tenants(db, { keys, runtime, belongings: { giveBack: async () => undefined } });
  await keys.openAdmin('a'.repeat(40));
  const front = await listen(
    httpApp({
      routes: TABLE,
      runtime,
      keys,
      tenants,
      bodyLimit: 1_000,
      uploads: NO_UPLOADS,
      trustProxy,
      isBusy: () => true,
      ...(limits && { limits }),
    }),
    {
      host: '127.0.0.1',
      port: 0,
      log: runtime.log,
    },
  );
  t.teardown(async () => {
    await front.close(0);
    await dispose();
  });
  const tenant = await tenants.create('shop');
  const call = async (
    method: string,
    path: string,
    { key = tenant.apiKey.key, headers = {}, body }: { key?: string; headers?: Record<string, string>; body?: string } = {},
  ) => {
    const response = await fetch(`http://127.0.0.1:${front.port}${path}`, {
      method,
      body,
      headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), ...headers },
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: text.startsWith('{') ? JSON.parse(text) : undefined };
  };
  return { call, tenant, tenants, keys, runtime, port: front.port, admin: 'a'.repeat(40) };
}

const json = { 'content-type': 'application/json' };

test.serial(
  'while another tenant asks, too, at the most eight requests are worked at at once, and all are answered in the end',
  async (t) => {
    const clock = new FakeClock();
    const { call, tenants } = await serve(t, undefined, { clock });
    const other = await tenants.create('other');
    t.is((await call('GET', '/api/sessions/mine', { key: other.apiKey.key })).status, 200);
    const answers = Promise.all(Array.from({ length: 20 }, () => call('GET', '/api/slow')));
    let answered = 0;
    for (; answered < 20; answered++) {
      // What is answered to somebody else has had all the way that one more of the twenty would need.
      while (working.length === 0) {
        t.is((await call('GET', '/api/sessions/mine', { key: other.apiKey.key })).status, 200);
        clock.advance(10);
      }
      t.true(working.length <= 8, `${working.length} at once`);
      working.shift()?.();
    }
    t.true((await answers).every(({ status }) => status === 200));
  },
);

test('without a key, or with a wrong one, everything is 401', async (t) => {
  const { call } = await serve(t);
  for (const key of ['', 'nonsense']) {
    const answer = await call('POST', '/api/sessions/other', { key, headers: json, body: 'broken' });
    t.is(answer.status, 401);
    t.is(answer.json.code, 'unauthorized');
    t.regex(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
    t.is(answer.headers.get('www-authenticate'), 'Bearer realm="hookline"');
  }
});

test('X-Api-Key is as good as a bearer token', async (t) => {
  const { call, tenant } = await serve(t);
  t.is((await call('GET', '/api/sessions/mine', { key: '', headers: { 'x-api-key': tenant.apiKey.key } })).status, 200);
});

test('a key without the scope is 403 and says which one is missing', async (t) => {
  const { call, keys, tenant } = await serve(t);
  const { key } = await keys.create(tenant.id, { name: 'reader', scopes: ['sessions:read'] });
  t.is((await call('GET', '/api/sessions/mine', { key })).status, 200);
  const answer = await call('POST', '/api/sessions/mine', { key, headers: json, body: '{"name":"x"}' });
  t.is(answer.status, 403);
  t.regex(answer.json.detail, /sessions:write/);
});

test('what does not exist is 404 before the body is looked at', async (t) => {
  const { call } = await serve(t);
  t.is((await call('POST', '/api/sessions/other', { headers: json, body: '{"size":"big"}' })).status, 404);
});

test('a wrong body is 422 and names every place that is wrong', async (t) => {
  const { call } = await serve(t);
  const answer = await call('POST', '/api/sessions/mine', { headers: json, body: '{"size":"big","colour":"red"}' });
  t.is(answer.status, 422);
  t.deepEqual(answer.json.errors.map((error: { path: string }) => error.path).sort(), ['colour', 'name', 'size']);
});

test('broken JSON is 400, another type 415, too much 413', async (t) => {
  const { call } = await serve(t);
  const post = (body: string, headers: Record<string, string> = json) => call('POST', '/api/sessions/mine', { headers, body });
  t.is((await post('{"name":')).json.code, 'bad-request');
  t.is((await post('name=x', { 'content-type': 'application/x-www-form-urlencoded' })).json.code, 'unsupported-media-type');
  t.is((await post(JSON.stringify({ name: 'x'.repeat(2_000) }))).json.code, 'payload-too-large');
});

test('bytes come as they were sent', async (t) => {
  const { call } = await serve(t);
  const post = (headers: Record<string, string>, body?: string) => call('POST', '/api/sessions/mine/bytes', { headers, body });
  t.deepEqual((await post({ 'content-type': 'application/octet-stream' }, 'á\0')).json, { hex: 'c3a100' });
  t.deepEqual((await post({})).json, { hex: '' });
  t.is((await post(json, '{}')).json.code, 'unsupported-media-type');
});

test('a wrong query is 400 and a missing one takes the defaults', async (t) => {
  const { call } = await serve(t);
  t.deepEqual((await call('GET', '/api/events')).json, { limit: 5 });
  const answer = await call('GET', '/api/events?limit=99');
  t.is(answer.status, 400);
  t.is(answer.json.errors[0].path, 'limit');
});

test('YAML bodies come as text', async (t) => {
  const { call } = await serve(t);
  const answer = await call('PUT', '/api/flows/a', { headers: { 'content-type': 'application/yaml' }, body: 'flow: a' });
  t.deepEqual(answer.json, { body: 'flow: a' });
});

test('/api/whatsapp/instances answers as /api/sessions', async (t) => {
  const { call, tenant } = await serve(t);
  t.deepEqual((await call('GET', '/api/whatsapp/instances/mine')).json, { id: 'mine', tenantId: tenant.id });
  t.is((await call('GET', '/api/whatsapp/instancesx/mine')).status, 404);
});

test('an unknown path is 404 and a known one with another method 405 with Allow', async (t) => {
  const { call } = await serve(t);
  t.is((await call('GET', '/api/nothing')).json.code, 'not-found');
  const answer = await call('DELETE', '/api/sessions/mine');
  t.is(answer.status, 405);
  t.regex(answer.headers.get('allow') ?? '', /POST/);
});

test("the operator names a tenant, and tenants cannot do the operator's work", async (t) => {
  const { call, tenant, tenants, admin } = await serve(t);
  t.is((await call('GET', '/api/tenants')).status, 403);
  t.is((await call('GET', '/api/tenants', { key: admin })).status, 200);
  t.is((await call('GET', '/api/sessions/mine', { key: admin })).status, 400);
  t.is((await call('GET', '/api/sessions/mine', { key: admin, headers: { 'x-tenant-id': 'tnt_none' } })).status, 404);
  t.is((await call('GET', '/api/sessions/mine', { key: admin, headers: { 'x-tenant-id': tenant.id } })).json.tenantId, tenant.id);
  const named = await call('GET', '/api/sessions/mine', { key: admin, headers: { 'x-tenant-id': tenant.name } });
  t.is(named.json.tenantId, tenant.id, 'by its name, too');
  const shown = Buffer.from('Café', 'utf8').toString('latin1');
  const { id } = await tenants.create('Café');
  t.is((await call('GET', '/api/sessions/mine', { key: admin, headers: { 'x-tenant-id': shown } })).json.tenantId, id);
});

test('what was not foreseen is 500 without its detail, and the log has it', async (t) => {
  const { call, runtime } = await serve(t);
  const answer = await call('GET', '/broken');
  t.is(answer.json.code, 'internal');
  t.false(answer.text.includes('secret detail'));
  t.true(runtime.log.lines.some((line) => line.level === 'error' && line.fields.error === 'secret detail'));
});

test('browsers are told to keep to TLS where it is there, for this name alone', async (t) => {
  const { call } = await serve(t);
  const told = async (headers: Record<string, string>) =>
    (await call('GET', '/nowhere', { headers })).headers.get('strict-transport-security');
  t.is(await told({}), null);
  t.is(await told({ 'x-forwarded-proto': 'http' }), null);
  t.is(await told({ 'x-forwarded-proto': 'https' }), 'max-age=31536000');
  const stranger = await serve(t, undefined, {}, []);
  const answer = await stranger.call('GET', '/nowhere', { headers: { 'x-forwarded-proto': 'https' } });
  t.is(answer.headers.get('strict-transport-security'), null, 'nobody is believed');
});

test('a port that is taken is said so', async (t) => {
  const { port, runtime } = await serve(t);
  const app = httpApp({
    routes: [],
    runtime: testRuntime(),
    keys: { authenticate: async () => null },
    tenants: { named: () => Promise.reject(new Error()) },
    bodyLimit: 1,
    uploads: NO_UPLOADS,
  });
  await t.throwsAsync(listen(app, { host: '127.0.0.1', port, log: runtime.log }), { message: /HOOKLINE_PORT/ });
});

test('a key has so many requests a minute, whatever they are answered; the next one is 429 and says when to go on', async (t) => {
  const { call, tenants, admin } = await serve(t, { requestsPerMinute: 3, wrongKeysPerMinute: 0 });
  const other = await tenants.create('other');
  const first = await call('GET', '/api/sessions/mine');
  t.is(first.headers.get('ratelimit-policy'), '"requests";q=3;w=60');
  t.regex(first.headers.get('ratelimit') ?? '', /^"requests";r=2;t=(60|59)$/);
  t.is((await call('GET', '/api/sessions/none')).status, 404);
  t.is((await call('GET', '/api/tenants')).status, 403, 'a refusal counts, too');
  const refused = await call('POST', '/api/sessions/mine', { headers: json, body: '{"name":"x"}' });
  t.like(refused.json, { status: 429, code: 'rate-limited' });
  t.regex(refused.headers.get('ratelimit') ?? '', /^"requests";r=0;t=/);
  const wait = Number(refused.headers.get('retry-after'));
  t.true(wait > 50 && wait <= 60, String(wait));
  t.is((await call('GET', '/api/sessions/mine', { key: other.apiKey.key })).status, 200, 'another key has its own');
  t.is((await call('GET', '/api/tenants', { key: admin })).status, 200);
  t.is((await call('GET', '/broken')).status, 500, 'what needs no key has no limit');
});

test('wrong keys from one address are 429 after so many; a right one from there still holds', async (t) => {
  const { call } = await serve(t, { requestsPerMinute: 0, wrongKeysPerMinute: 2 });
  const wrong = () => call('GET', '/api/sessions/mine', { key: 'nonsense' });
  t.deepEqual([(await wrong()).status, (await wrong()).status], [401, 401]);
  const refused = await wrong();
  t.like(refused.json, { status: 429, code: 'rate-limited' });
  t.truthy(refused.headers.get('retry-after'));
  t.is((await call('GET', '/api/sessions/mine', { key: '' })).status, 401, 'no key at all is no guess');
  const right = await call('GET', '/api/sessions/mine');
  t.is(right.status, 200);
  t.is(right.headers.get('ratelimit'), null, 'no limit, no header');
  const from = (addresses: string) => call('GET', '/api/sessions/mine', { key: 'nonsense', headers: { 'x-forwarded-for': addresses } });
  t.is((await from('203.0.113.7')).status, 401, 'somebody else behind the same proxy');
  t.is((await from('198.51.100.1, 203.0.113.7')).status, 401, 'who pretends to be others…');
  t.is((await from('198.51.100.2, 203.0.113.7')).status, 429, '… is counted as one');
});

test('an idle connection is kept longer than a proxy in front would keep it', async (t) => {
  const { call } = await serve(t);
  t.is((await call('GET', '/api/sessions/mine')).headers.get('keep-alive'), 'timeout=75');
});

test('a line of the log says which route was asked for, and nothing that stood in the path', async (t) => {
  const { call, runtime } = await serve(t);
  await call('GET', '/api/sessions/mine');
  for (const path of ['/api/CANARY/5511988887777', '/api/sessions/mine/chat/5511988887777/typing', '/%zz/5511988887777'])
    await call('GET', path);
  await call('DELETE', '/api/sessions/5511988887777');
  const lines = runtime.log.lines.filter(({ level }) => level === 'http').map(({ message }) => message);
  t.deepEqual(lines, ['GET /api/sessions/:id 200', ...Array(3).fill('GET (no route) 404'), 'DELETE (no route) 405']);
  t.notRegex(JSON.stringify(runtime.log.lines), /5511988887777|CANARY/);
  for (const { fields } of runtime.log.lines.filter(({ level }) => level === 'http')) {
    t.regex(String(fields.ms), /^\d+(\.\d)?$/);
    t.not(fields.tenantId, '');
  }
});

test('nothing on the way may keep an answer, nor a refusal', async (t) => {
  const { call } = await serve(t);
  const answers = [
    call('GET', '/api/sessions/mine'),
    call('GET', '/api/sessions/other'),
    call('GET', '/none'),
    call('GET', '/api/tenants'),
  ];
  for (const { headers } of await Promise.all(answers)) t.is(headers.get('cache-control'), 'no-store');
});

test('what is no request of HTTP gets a problem, and its connection ends', async (t) => {
  const { port, tenant } = await serve(t);
  const key = `Authorization: Bearer ${tenant.apiKey.key}`;
  const post = `POST /api/sessions/mine HTTP/1.1\r\nHost: x\r\n${key}\r\nContent-Type: application/json\r\n`;
  const table: [string, string, number, string][] = [
    ['no Host', `GET /api/sessions/mine HTTP/1.1\r\n${key}\r\n\r\n`, 400, 'bad-request'],
    ['no HTTP', 'HELLO\r\n\r\n', 400, 'bad-request'],
    ['bad chunking', `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400, 'bad-request'],
    ['two framings', `${post}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n`, 400, 'bad-request'],
    ['two lengths', `${post}Content-Length: 3\r\nContent-Length: 4\r\n\r\n{}`, 400, 'bad-request'],
    ['a large header', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
    ['an expectation', `${post}Expect: x\r\nContent-Length: 2\r\n\r\n{}`, 417, 'expectation-failed'],
    ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n', 405, 'method-not-allowed'],
  ];
  for (const [what, request, status, code] of table) {
    const socket = connect(port, '127.0.0.1');
    socket.write(request);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    t.regex(head, new RegExp(`^HTTP/1\\.1 ${status} `), what);
    t.regex(head, /^content-type: application\/problem\+json/im, what);
    t.regex(head, /^connection: close/im, what);
    t.like(JSON.parse(body), { status, code }, what);
  }
  const socket = connect(port, '127.0.0.1');
  socket.write(`${post}Expect: 100-continue\r\nConnection: close\r\nContent-Length: 12\r\n\r\n{"name":"me"}`.replace('12', '13'));
  t.regex(await text(socket), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 201 /);
});
