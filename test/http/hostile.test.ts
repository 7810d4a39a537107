/** A tenant's developer on a bad day, and an attacker with a tenant's key: whatever is sent, the answer says what is wrong with it. */
import { gzipSync } from 'node:zlib';
import test from 'ava';
import { ADMIN_KEY, type Answer, linkedSandbox } from '../helpers/hub.ts';
import { BAD_IDS, isRefused, raw, tenantOf } from './answers.ts';
import { hubOf } from './tenant-world.ts';

const hub = hubOf(test, { HOOKLINE_EGRESS_ALLOW: '' });
const tenant = () => tenantOf(hub());
const json = { 'content-type': 'application/json' };
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

test('an id that cannot be one is 404 wherever it stands', async (t) => {
  const { send } = await tenant();
  const routes = [
    'sessions/ID',
    'sessions/ID/qr',
    'sessions/ID/messages',
    'messages/ID',
    'webhooks/ID',
    'webhooks/ID/deliveries',
    'deliveries/ID',
    'flows/ID',
    'runs/ID',
  ];
  for (const id of BAD_IDS) {
    for (const route of [...routes, 'whatsapp/instances/ID']) {
      isRefused(t, await send({ path: `/api/${route.replace('ID', id)}` }), `${route} with ${id.slice(0, 30)}`, {
        status: 404,
        code: 'not-found',
      });
    }
    const typing = await send({ method: 'POST', path: `/api/sessions/${id}/chats/5511988887777/typing` });
    isRefused(t, typing, `typing in ${id.slice(0, 30)}`, { status: 404 });
    isRefused(t, await raw(hub(), ADMIN_KEY, { path: `/api/tenants/${id}` }), `tenant ${id.slice(0, 30)}`, { status: 404 });
  }
  for (const path of [
    '//x',
    '/api',
    '/api//sessions',
    '/api/sessions/../tenants',
    '/api/whatsapp/instances%2fx',
    `/${'a/'.repeat(2_000)}`,
  ]) {
    isRefused(t, await send({ path }), path.slice(0, 30), { status: 404 });
  }
});

test('a name that cannot be a session’s is refused and makes none', async (t) => {
  const { call, post } = await tenant();
  const names = [
    '',
    ' ',
    '.',
    '..',
    '../x',
    'a/b',
    'a\\b',
    '%2f',
    'a\0b',
    'a\n',
    'a b',
    'ses_x',
    'x'.repeat(65),
    'x'.repeat(300),
    'ünï',
    '👋',
    'ＡＢ',
    '\u202ex',
    '\ud800',
  ];
  for (const name of names) {
    const answer = await post('/api/sessions', { name, engine: 'sandbox', start: false });
    isRefused(t, answer, `name ${JSON.stringify(name).slice(0, 30)}`, { status: 422, code: 'invalid-body', at: 'name' });
  }
  await call('POST', '/api/sessions', { name: 'good', engine: 'sandbox', start: false });
  for (const name of names)
    isRefused(t, await call('PATCH', '/api/sessions/good', { name }), `rename to ${JSON.stringify(name).slice(0, 30)}`, { status: 422 });
  t.deepEqual(
    (await call('GET', '/api/sessions')).json.data.map(({ name }: { name: string }) => name),
    ['good'],
  );
});

test('names that JavaScript knows are names like any other', async (t) => {
  const { call } = await tenant();
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
    t.is((await call('POST', '/api/sessions', { name, engine: 'sandbox', start: false })).status, 201, name);
    t.is((await call('GET', `/api/sessions/${name}`)).json.name, name);
  }
});

test('bodies that are no JSON object of the right shape are refused with the place', async (t) => {
  const { call, post } = await tenant();
  const at = (body: string, expected: { status?: number; at?: string }) => [body, expected] as const;
  const bodies = [
    ...['null', '"x"', '1', 'true', '{', '{"name":"a"', '{"name":"a",}', "{'name':'a'}", 'name=a', '\0', '{"name":"a"} {}'].map((body) =>
      at(body, { status: 400 }),
    ),
    ...['{"name":"a","__proto__":{"admin":true}}', '{"name":"a","config":{"__proto__":{"admin":true}}}'].map((body) =>
      at(body, { status: 400 }),
    ),
    at('[]', { status: 422, at: 'body' }),
    at('{"name":1}', { at: 'name' }),
    at('{"name":null}', { at: 'name' }),
    at('{"name":["a"]}', { at: 'name' }),
    at('{"name":"a","start":"yes"}', { at: 'start' }),
    at('{"name":"a","engine":"telegram"}', { at: 'engine' }),
    at('{"name":"a","onConflict":"explode"}', { at: 'onConflict' }),
    at('{"name":"a","constructor":{"prototype":{}}}', { at: 'constructor' }),
    at('{"name":"a","tenantId":"tnt_other"}', { at: 'tenantId' }),
    at('{"name":"a","config":[]}', { at: 'config' }),
    at('{"name":"a","config":{"a":"\\u0000"}}', { at: 'config.a' }),
    at('{"name":"a","config":{"\\u0000":1}}', { at: 'config' }),
    at(JSON.stringify({ name: 'a', config: { a: 'x'.repeat(20_000) } }), { at: 'config' }),
    at(`{"name":"a","config":{"a":${deep(1_000)}}}`, { status: 422 }),
    at(`{"name":"a","config":{"a":${deep(9_000)}}}`, { status: 422 }),
    at(`{"name":"a","config":{"a":${deep(400_000)}}}`, { status: 413 }),
    at(`{"name":"a","config":${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}}`, { status: 422 }),
    at(`{"name":"a","config":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`, { status: 413 }),
    at(`{"name":"a","x":[${'1,'.repeat(15_000)}1]}`, { at: 'x' }),
    at(`{"name":"a","x":[${'1,'.repeat(400_000)}1]}`, { status: 413 }),
  ];
  for (const [body, expected] of bodies) isRefused(t, await post('/api/sessions', body), `body ${body.slice(0, 60)}`, expected);
  t.deepEqual((await call('GET', '/api/sessions')).json.data, []);
  t.false('admin' in {});
});

test('an error that repeats what was sent is cut off', async (t) => {
  const { call, post } = await tenant();
  const nested = await post('/api/sessions', `{"name":"a","config":${`{"${'k'.repeat(5_000)}":`.repeat(80)}1${'}'.repeat(80)}}`);
  isRefused(t, nested, 'long keys, nested', { status: 422 });
  t.regex(nested.json.detail, /^The body is not valid: config\.k+…$/);
  const flow = `flow: a\nversion: 1\nstart: [{ says: [a] }]\nsteps:\n  - say: "{{ ${'v'.repeat(9_000)} }}"\n`;
  const unknown = await call('PUT', '/api/flows/a', flow, { 'content-type': 'application/yaml' });
  isRefused(t, unknown, 'a long name', { status: 422, code: 'flow-invalid' });
  for (const { text } of [nested, unknown]) t.true(text.length < 5_000, `${text.length} characters`);
});

test('a list with a fault in every entry is answered in a page, not in a book', async (t) => {
  const { post } = await tenant();
  const answer = await post('/api/webhooks', `{"url":"https://example.com","events":[${'1,'.repeat(15_000)}1]}`);
  isRefused(t, answer, 'a long list', { status: 422 });
  t.true(answer.text.length < 50_000, `${answer.text.length} characters`);
});

test('a body of another type, encoding or size is refused before it is read', async (t) => {
  const { post, send } = await tenant();
  const body = '{"name":"a"}';
  const refusals: [string, Promise<Answer>, number][] = [
    ['a form', post('/api/sessions', 'name=a', { 'content-type': 'application/x-www-form-urlencoded' }), 415],
    ['text', post('/api/sessions', body, { 'content-type': 'text/plain' }), 415],
    ['no type', send({ method: 'POST', path: '/api/sessions', body }), 415],
    ['a broken type', post('/api/sessions', body, { 'content-type': ';;;' }), 415],
    ['UTF-16', post('/api/sessions', Buffer.from(body, 'utf16le'), { 'content-type': 'application/json; charset=utf-16le' }), 400],
    ['not gzip', post('/api/sessions', body, { 'content-encoding': 'gzip' }), 400],
    ['an unknown encoding', post('/api/sessions', body, { 'content-encoding': 'rot13' }), 400],
    ['a gzip bomb', post('/api/sessions', gzipSync(Buffer.alloc(50_000_000, 32)), { 'content-encoding': 'gzip' }), 413],
    ['2 MB', post('/api/sessions', JSON.stringify({ name: 'x'.repeat(2_000_000) })), 413],
    ['2 MB of unknown length', post('/api/sessions', `"${'x'.repeat(2_000_000)}"`, { 'transfer-encoding': 'chunked' }), 413],
    ['JSON for YAML', send({ method: 'PUT', path: '/api/flows/a', headers: json, body: '{}' }), 415],
    [
      '2 MB of YAML',
      send({ method: 'PUT', path: '/api/flows/a', headers: { 'content-type': 'application/yaml' }, body: '#'.repeat(2_000_000) }),
      413,
    ],
  ];
  for (const [what, answer, status] of refusals) isRefused(t, await answer, what, { status });
});

test('another method is 405 and says which there are; HEAD is GET without the body', async (t) => {
  const { send } = await tenant();
  for (const method of ['PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    const answer = await send({ method, path: '/api/sessions' });
    isRefused(t, answer, method, { status: 405, code: 'method-not-allowed' });
    t.deepEqual(answer.headers.get('allow')?.split(', ').sort(), ['GET', 'HEAD', 'POST']);
  }
  const head = await send({ method: 'HEAD', path: '/api/sessions' });
  t.is(head.status, 200);
  t.is(head.text, '');
  t.is((await raw(hub(), 'nonsense', { method: 'HEAD', path: '/api/sessions' })).status, 401);
});

test('a query that is not what the route takes names the parameter', async (t) => {
  const { call, send } = await tenant();
  await linkedSandbox(call, 'shop');
  const queries: [string, string][] = [
    ...['limit=0', 'limit=201', 'limit=-1', 'limit=1.5', 'limit=abc', 'limit=', 'limit=1e9', 'limit=NaN', 'limit=1&limit=2'].map(
      (q) => [`sessions?${q}`, 'limit'] as [string, string],
    ),
    ['sessions?cursor=%00', 'cursor'],
    ['sessions?cursor=a&cursor=b', 'cursor'],
    [`sessions?cursor=${'x'.repeat(300)}`, 'cursor'],
    ['sessions?colour=red', 'colour'],
    ['sessions?__proto__=x', '__proto__'],
    ['webhooks?cursor=%00', 'cursor'],
    ...['sessions', 'webhooks', 'runs'].flatMap((list) =>
      ['nonsense', 'zzz', '1', 'evt_01jd5x9a1b3d5f7h9k1m3p5r7t'].map(
        (cursor) => [`${list}?cursor=${cursor}`, 'cursor'] as [string, string],
      ),
    ),
    ...['flows', 'flow-secrets'].flatMap((list) =>
      ['%00', 'Nonsense', 'a%20b', "'", '..'].map((cursor) => [`${list}?cursor=${cursor}`, 'cursor'] as [string, string]),
    ),
    ['flow-secrets?limit=0', 'limit'],
    ['runs?flow=%00', 'flow'],
    ['runs?status=lost', 'status'],
    ['events?limit=1001', 'limit'],
    ['events?types=%00', 'types'],
    ['events?types=', 'types'],
    ['events?types=message.recieved', 'types'],
    ['events?types=message.received,nonsense', 'types'],
    ['sessions/shop/messages?since=yesterday', 'since'],
    ['sessions/shop/messages?since=2026-13-01T00:00:00Z', 'since'],
    ['sessions/shop/messages?direction=up', 'direction'],
    ['sessions/shop/messages?status=lost', 'status'],
    ['sessions/shop/messages?cursor=msg_none', 'cursor'],
    ['sessions/shop/messages?cursor=%00', 'cursor'],
    ['sessions/shop/sandbox/outbox?cursor=x', 'cursor'],
    ['sessions/shop/sandbox/outbox?cursor=999', 'cursor'],
    ['sessions/shop/qr?format=gif', 'format'],
  ];
  for (const [query, at] of queries)
    isRefused(t, await send({ path: `/api/${query}` }), query.slice(0, 60), { status: 400, code: 'invalid-query', at });
  for (const after of ['-1', 'evt_none', '%00x', 'x']) isRefused(t, await send({ path: `/api/events?after=${after}` }), after);
});
