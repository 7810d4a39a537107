/** The same for what each resource takes: sends, webhooks, phones, flows, tenants and keys. */
import test from 'ava';
import { linkedSandbox, until } from '../helpers/hub.ts';
import { BAD_IDS, isRefused, tenantOf } from './answers.ts';
import { hubOf } from './tenant-world.ts';

const hub = hubOf(test, { HOOKLINE_EGRESS_ALLOW: '' });
const tenant = () => tenantOf(hub());

test('a send that cannot be one is refused with the place, and nothing is queued', async (t) => {
  const { call, post } = await tenant();
  await linkedSandbox(call, 'shop');
  const good = { to: '+55 11 98765-4321', type: 'text', text: 'hi' };
  const bad: [object, string][] = [
    ...['', 'x', 'nobody', '123', '+', 'status@broadcast', '1@g.us', '5511987654321@evil.example', '①②③④⑤⑥⑦⑧⑨', '\0', 5, null, {}].map(
      (to) => [{ to }, 'to'] as [object, string],
    ),
    ...['', 5, null, 'x'.repeat(65_537), 'a\0b', 'half \ud83d', '\ude00 half'].map((text) => [{ text }, 'text'] as [object, string]),
    ...['txet', 'IMAGE', '', 5, ['text']].map((type) => [{ type }, 'type'] as [object, string]),
    ...[-1, 1.5, 1e9, 'yes'].map((typing) => [{ typing }, 'typing'] as [object, string]),
    ...['tomorrow', 1_234, '2026-02-30T00:00:00Z', '+275760-09-13T00:00:00Z'].map((sendAt) => [{ sendAt }, 'sendAt'] as [object, string]),
    [{ expiresAt: '2001-01-01T00:00:00Z' }, 'expiresAt'],
    [{ sendAt: '2036-01-01T00:00:00Z', expiresAt: '2035-01-01T00:00:00Z' }, 'expiresAt'],
    [{ priority: 11 }, 'priority'],
    [{ priority: 0.5 }, 'priority'],
    [{ reference: 'a\0' }, 'reference'],
    [{ reference: 'a\ud83d' }, 'reference'],
    [{ reference: 'x'.repeat(201) }, 'reference'],
    [{ replyTo: 'msg_none' }, 'replyTo'],
    [{ mentions: ['x'] }, 'mentions.0'],
    [{ mentions: 'x' }, 'mentions'],
    [{ type: 'image' }, 'media'],
    [{ media: { url: 'http://169.254.169.254/' } }, 'media'],
    [{ colour: 'red' }, 'colour'],
  ];
  for (const [member, at] of bad) {
    const answer = await call('POST', '/api/sessions/shop/messages', { ...good, ...member });
    isRefused(t, answer, JSON.stringify(member).slice(0, 60), { status: 422, at });
  }
  const keys = ['', 'a b', 'x'.repeat(256), 'é', 'a\tb'];
  for (const key of keys) {
    const answer = await post('/api/sessions/shop/messages', good, { 'idempotency-key': key });
    isRefused(t, answer, `Idempotency-Key ${JSON.stringify(key).slice(0, 20)}`, { status: 400, code: 'bad-request' });
  }
  t.deepEqual((await call('GET', '/api/sessions/shop/messages')).json.data, []);
  for (const key of ['"quoted"', '__proto__', 'x'.repeat(255), "';--"]) {
    t.is((await post('/api/sessions/shop/messages', good, { 'idempotency-key': key })).status, 202, key);
  }
});

test('a webhook URL that leads inside, or is none, is refused when it is given and when it is changed', async (t) => {
  const { call } = await tenant();
  const { id } = (await call('POST', '/api/webhooks', { url: 'https://example.com/hook' })).json;
  const urls = [
    ...['', 'x', '//example.com', 'example.com', 'http://', 'https://example.com:99999/', 'http://exa mple/'],
    ...['ftp://example.com/', 'file:///etc/passwd', 'javascript:alert(1)', 'data:text/plain,x', 'gopher://example.com/'],
    ...['http://user:pass@example.com/', 'https://user@example.com/'],
    ...[
      'http://127.0.0.1/',
      'http://localhost/',
      'http://127.1/',
      'http://2130706433/',
      'http://0x7f.1/',
      'http://0177.0.0.1/',
      'http://①②⑦.0.0.1/',
    ],
    ...[
      'http://0/',
      'http://10.0.0.1/',
      'http://172.16.0.1/',
      'http://192.168.1.1/',
      'http://100.64.0.1/',
      'http://169.254.169.254/',
      'http://224.0.0.1/',
    ],
    ...[
      'http://[::]/',
      'http://[::1]/',
      'http://[::ffff:127.0.0.1]/',
      'http://[64:ff9b::7f00:1]/',
      'http://[2002:7f00:1::]/',
      'http://[fe80::1]/',
      'http://[fc00::1]/',
    ],
    ...['http://metadata.google.internal/', 'http://instance-data/'],
  ];
  for (const url of urls) {
    isRefused(t, await call('POST', '/api/webhooks', { url }), url, { status: 422, code: 'url-forbidden', at: 'url' });
    isRefused(t, await call('PATCH', `/api/webhooks/${id}`, { url }), `change to ${url}`, {
      status: 422,
      code: 'url-forbidden',
      at: 'url',
    });
  }
  for (const url of [5, null, 'x'.repeat(2_001), 'https://example.com/\0']) {
    isRefused(t, await call('POST', '/api/webhooks', { url }), String(url).slice(0, 20), { status: 422, at: 'url' });
  }
  const { data } = (await call('GET', '/api/webhooks')).json;
  t.deepEqual(
    data.map(({ url }: { url: string }) => url),
    ['https://example.com/hook'],
  );
});

test('what an endpoint is given beside its URL cannot break out of a header or be silently of no use', async (t) => {
  const { call } = await tenant();
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, '1']));
  const headers: [unknown, string][] = [
    [{ 'x-a': 'a\r\nevil: 1' }, 'headers.x-a'],
    [{ 'x-a': { secret: 'a\nb' } }, 'headers.x-a'],
    [{ 'x-a': 'a\0' }, 'headers.x-a'],
    [{ 'x-a': '€' }, 'headers.x-a'],
    [{ 'x-a': 'x'.repeat(4_097) }, 'headers.x-a'],
    [{ 'x-a': 1 }, 'headers.x-a'],
    [{ 'x a': '1' }, 'headers.x a'],
    [{ 'x\r\nb': '1' }, 'headers.x\r\nb'],
    [{ '': '1' }, 'headers.'],
    [{ 'X-A': '1', 'x-a': '2' }, 'headers.x-a'],
    [many(31), 'headers'],
    [[], 'headers'],
    ...[
      'Host',
      'content-length',
      'Content-Type',
      'transfer-encoding',
      'connection',
      'webhook-id',
      'webhook-signature',
      'hookline-attempt',
      'authorization',
    ].map((name) => [{ [name]: '1' }, `headers.${name}`] as [unknown, string]),
  ];
  const others: [object, string][] = [
    [{ events: [] }, 'events'],
    [{ events: ['message.recieved'] }, 'events.0'],
    [{ events: ['*', 'message.*', 'custom'] }, 'events.2'],
    [{ events: 'message.received' }, 'events'],
    [{ sessions: [1] }, 'sessions.0'],
    [{ sessions: ['\0'] }, 'sessions.0'],
    [{ ordering: 'any' }, 'ordering'],
    [{ rateLimit: 0 }, 'rateLimit'],
    [{ rateLimit: 1.5 }, 'rateLimit'],
    [{ description: 'a\0' }, 'description'],
    [{ secret: 'whsec_mine' }, 'secret'],
    [{ id: 'whk_mine' }, 'id'],
  ];
  const { id } = (await call('POST', '/api/webhooks', { url: 'https://example.com/' })).json;
  const before = (await call('GET', `/api/webhooks/${id}`)).json;
  for (const [body, at] of [...headers.map(([value, at]) => [{ headers: value }, at] as [object, string]), ...others]) {
    const what = JSON.stringify(body).slice(0, 60);
    isRefused(t, await call('POST', '/api/webhooks', { url: 'https://example.com/', ...body }), what, { status: 422, at });
    isRefused(t, await call('PATCH', `/api/webhooks/${id}`, { description: 'half done', ...body }), `change to ${what}`, {
      status: 422,
      at,
    });
  }
  t.deepEqual((await call('GET', `/api/webhooks/${id}`)).json, before);
  t.is((await call('GET', '/api/webhooks')).json.data.length, 1);
});

test('a phone is played with what a phone can do', async (t) => {
  const { call, post } = await tenant();
  await linkedSandbox(call, 'shop');
  const from = '5511988887777';
  const bad: [string, unknown][] = [
    ...[
      {},
      { from: 'x' },
      { from: 5 },
      { from: 'nobody' },
      { from, text: 'a\0b' },
      { from, engineId: 'a\0' },
      { from, engineId: '' },
      { from, type: 'a\0' },
    ].map((b) => ['receive', b] as [string, unknown]),
    ...[
      { from, media: { base64: '***', mimetype: 'x' } },
      { from, media: {} },
      { from, at: 'now' },
      { from, text: 'x'.repeat(65_537) },
      { from, chat: '../../x' },
      { from, colour: 1 },
    ].map((b) => ['receive', b] as [string, unknown]),
    ...[
      {},
      { messageId: 'x' },
      { messageId: 'x', ack: 0 },
      { messageId: 'x', ack: 9 },
      { messageId: 'x', ack: 'seen' },
      { messageId: '\0', ack: 'read' },
      { messageId: 5, ack: 'read' },
    ].map((b) => ['ack', b] as [string, unknown]),
    ...[{ reason: 'bored' }, { reason: 5 }, { colour: 1 }].map((b) => ['disconnect', b] as [string, unknown]),
    ...[{ send: { failNext: -1 } }, { send: 5 }, { send: { delayMs: 1e12 } }, { send: { hang: 'yes' } }, { colour: 1 }].map(
      (b) => ['faults', b] as [string, unknown],
    ),
    ...[{ phone: 'x' }, { phone: 5_511 }, { name: 'x'.repeat(101) }, { name: 'a\0' }].map((b) => ['scan', b] as [string, unknown]),
  ];
  for (const [what, body] of bad) {
    isRefused(t, await post(`/api/sessions/shop/sandbox/${what}`, body), `${what} ${JSON.stringify(body).slice(0, 60)}`, { status: 422 });
  }
  isRefused(t, await post('/api/sessions/shop/sandbox/ack', { messageId: 'msg_none', ack: 'read' }), 'ack', { status: 404 });
  isRefused(t, await post('/api/sessions/shop/sandbox/scan', {}), 'a second scan', { status: 409, code: 'qr-not-waiting' });
  for (const chat of ['x', '%00', '..', '%2e%2e%2f', '%zz', '1@evil']) {
    isRefused(t, await post(`/api/sessions/shop/chats/${chat}/typing`, { on: true }), `typing in ${chat}`);
  }
  isRefused(t, await post(`/api/sessions/shop/chats/${from}/typing`, { on: 'yes' }), 'typing', { status: 422, at: 'on' });
  t.is((await call('GET', '/api/sessions/shop')).json.status, 'connected');
  t.deepEqual((await call('GET', '/api/sessions/shop/messages')).json.data, []);
});

test('a flow that is none is refused with the places, and not stored', async (t) => {
  const { call, send } = await tenant();
  const put = (name: string, body: string) =>
    send({ method: 'PUT', path: `/api/flows/${name}`, headers: { 'content-type': 'application/yaml' }, body });
  const good = 'flow: a\nversion: 1\nstart:\n  - says: [hi]\nsteps:\n  - say: hello\n  - end\n';
  const bomb = [
    'a: &a [x, x]',
    ...Array.from(
      { length: 20 },
      (_, i) =>
        `${'bcdefghijklmnopqrstu'[i]}: &${'bcdefghijklmnopqrstu'[i]} [*${'abcdefghijklmnopqrst'[i]}, *${'abcdefghijklmnopqrst'[i]}]`,
    ),
  ].join('\n');
  const sources = [
    'x',
    '[1, 2]',
    'flow: [a',
    '\t',
    '!!js/function "x"',
    bomb,
    '- '.repeat(20_000),
    '['.repeat(50_000),
    '{a: '.repeat(20_000),
    `${good}nope: 1\n`,
    `${good}parts:\n  __proto__: [end]\n`,
    `${good}---\n${good}`,
    good.replace('hello', 'a\0b'),
    good.replace('hello', '{{ x.constructor }}'),
    good.replace('hello', "{% include 'x' %}"),
  ];
  for (const source of sources) {
    const answer = await put('a', source);
    isRefused(t, answer, `flow ${JSON.stringify(source).slice(0, 40)}`, { status: 422 });
    t.true(answer.json.errors.length > 0, source.slice(0, 40));
  }
  isRefused(t, await put('a', ''), 'an empty flow', { status: 422 });
  isRefused(t, await put('a', `#${'x'.repeat(262_144)}`), 'a large flow', { status: 422 });
  for (const name of BAD_IDS.filter((id) => id !== '..')) isRefused(t, await put(name, good), `put as ${name.slice(0, 30)}`);
  t.deepEqual((await call('GET', '/api/flows')).json.data, []);
});

test('tenants and keys are named in plain text, and nobody makes a key with rights that there are not', async (t) => {
  const { id } = await tenant();
  for (const name of ['', '  ', 'a\0b', 'x'.repeat(101), 5, null]) {
    isRefused(t, await hub().admin('POST', '/api/tenants', { name }), `tenant ${name}`, { status: 422, at: 'name' });
    isRefused(t, await hub().admin('POST', `/api/tenants/${id}/keys`, { name }), `key ${name}`, { status: 422, at: 'name' });
  }
  for (const scopes of [[], ['admin'], ['sessions:*'], 'sessions:read', null]) {
    const answer = await hub().admin('POST', `/api/tenants/${id}/keys`, { scopes });
    isRefused(t, answer, JSON.stringify(scopes), { status: 422 });
  }
  for (const named of ['tnt_none', '__proto__', 'nobody', '*', `${id},${id}`]) {
    isRefused(t, await hub().admin('GET', '/api/sessions', undefined, { 'x-tenant-id': named }), named, { status: 404 });
  }
  isRefused(t, await hub().admin('GET', '/api/sessions'), 'no tenant named', { status: 400 });
});

test('what many do to one session at the same time is done once, and told to be so', async (t) => {
  const { call } = await tenant();
  const atOnce = async (method: string, path: string, body?: unknown) => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => call(method, path, body)));
    return answers.map(({ status }) => status).sort();
  };
  for (let round = 0; round < 3; round++) {
    await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
    await until(async () => (await call('GET', '/api/sessions/shop/qr')).status === 200, { what: 'a QR code' });
    t.deepEqual(await atOnce('POST', '/api/sessions/shop/sandbox/scan', {}), [200, ...Array(11).fill(409)]);
    const deleted = await atOnce('DELETE', '/api/sessions/shop');
    t.true(deleted.includes(204), `${deleted}`);
    t.true(
      deleted.every((status) => status === 204 || status === 404),
      `${deleted}`,
    );
  }
});
