import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import test from 'ava';
import { ADMIN_KEY, type Hub, linkedSandbox, startHub, until } from '../../helpers/hub.ts';
import { caughtUp, ids, ledgerOf, Refused, readSocket, receive, shop } from './clients.ts';

const ALLOWED = 'https://app.example.com';

let hub: Hub;
test.before(async () => {
  hub = await startHub({ env: { HOOKLINE_HTTP_STREAMS_PER_TENANT: '4', HOOKLINE_HTTP_ALLOWED_ORIGINS: ALLOWED } });
});
test.after.always(async (t) => {
  t.notRegex(hub.output(), /did not foresee|unhandled/i);
  await hub.dispose();
});

/** A request that asks for an upgrade in its own words. */
async function ask(path: string, headers: Record<string, string>): Promise<IncomingMessage> {
  const [response] = await once(request(hub.base + path, { headers: { connection: 'Upgrade', ...headers } }).end(), 'response');
  return response;
}

const refusal = async (connecting: Promise<unknown>): Promise<Refused | undefined> => {
  const error = await connecting.catch((error) => error);
  return error instanceof Refused ? error : undefined;
};

test('backfill and live under load: each envelope once and in order, wherever readers begin and whatever they select', async (t) => {
  const { call, key } = await shop(hub);
  await linkedSandbox(call, 'second');
  for (let i = 0; i < 70; i++) await receive(call, `before ${i}`);
  const middle = (await ledgerOf(call))[30].id;
  const load = Promise.all(
    ['shop', 'second', 'shop', 'second'].map(async (session, lane) => {
      for (let i = 0; i < 40; i++) await receive(call, `${lane}.${i}`, session);
    }),
  );
  const readers = {
    all: await readSocket(hub.base, '?after=0', { key }),
    middle: await readSocket(hub.base, `?after=${middle}`, { key }),
    now: await readSocket(hub.base, '', { key }),
    second: await readSocket(hub.base, '?after=0&session=second&types=message.received', { key }),
  };
  await load;
  await receive(call, 'the last one', 'second');
  const all = await caughtUp(call, ...Object.values(readers));
  t.true(readers.now.events.length < all.length);
  t.deepEqual(readers.all.events, all);
  t.deepEqual(ids(readers.middle.events), ids(all.slice(31)));
  t.deepEqual(ids(readers.now.events), ids(all.slice(-readers.now.events.length)));
  t.deepEqual(
    ids(readers.second.events),
    ids(all.filter(({ sessionName, type }) => sessionName === 'second' && type === 'message.received')),
  );
  for (const reader of Object.values(readers)) reader.leave();
});

test('the key comes by header, or from a browser as a protocol that is not sent back; never by the URL', async (t) => {
  const { key, id } = await shop(hub);
  const byBearer = await readSocket(hub.base, '', { key });
  const byApiKey = await readSocket(hub.base, '', { headers: { 'x-api-key': key } });
  const byOperator = await readSocket(hub.base, '', { key: ADMIN_KEY, headers: { 'x-tenant-id': id } });
  const asBrowser = await readSocket(hub.base, '', { protocols: ['hookline', `hookline.bearer.${key}`], origin: hub.base });
  t.is(asBrowser.socket.protocol, 'hookline');
  for (const reader of [byBearer, byApiKey, byOperator, asBrowser]) reader.leave();
  t.is((await refusal(readSocket(hub.base, `?key=${key}`)))?.status, 401);
  t.is((await refusal(readSocket(hub.base, `?key=${key}`, { key })))?.status, 400);
  // The WebSocket of Node is that of browsers: it leaves when the server chooses none of what it offered.
  const browser = new WebSocket(`${hub.base.replace('http', 'ws')}/api/events/ws`, ['hookline', `hookline.bearer.${key}`]);
  await new Promise((resolve, reject) => {
    browser.onopen = resolve;
    browser.onerror = reject;
  });
  browser.close();
  t.false(hub.output().includes(key));
});

test('a page of a foreign origin is refused, one of the hub itself or of an allowed origin is not', async (t) => {
  const { key } = await shop(hub);
  const near = [hub.base.replace('//', '//evil.example@'), hub.base.replace('http:', 'https:'), `${hub.base}/`, `${hub.base.slice(0, -1)}`];
  for (const origin of [
    'https://evil.example',
    'null',
    hub.base.replace('127.0.0.1', 'localhost'),
    `${ALLOWED}.evil.example`,
    '',
    ...near,
  ]) {
    const refused = await refusal(readSocket(hub.base, '', { key, headers: { origin } }));
    t.is(refused?.status, 403, origin);
    t.is(refused?.problem.code, 'forbidden');
  }
  for (const origin of [hub.base, ALLOWED]) (await readSocket(hub.base, '', { key, origin })).leave();
  const behindTls = { origin: hub.base.replace('http:', 'https:'), headers: { 'x-forwarded-proto': 'https' } };
  (await readSocket(hub.base, '', { key, ...behindTls })).leave();
  t.is((await refusal(readSocket(hub.base, '', { key, ...behindTls, origin: hub.base })))?.status, 403);
});

test('what may not be read is refused in HTTP, with a problem', async (t) => {
  const [mine, theirs] = [await shop(hub), await shop(hub)];
  const foreign = (await ledgerOf(theirs.call))[0].id;
  const weak = (await hub.admin('POST', `/api/tenants/${mine.id}/keys`, { name: 'weak', scopes: ['sessions:read'] })).json.key;
  const { key } = mine;
  const cases = [
    ['', {}, 401, 'unauthorized'],
    ['', { key: 'nonsense' }, 401, 'unauthorized'],
    ['', { protocols: ['hookline', 'hookline.bearer.nonsense'] }, 401, 'unauthorized'],
    ['', { key: ADMIN_KEY }, 400, 'bad-request'],
    ['', { key: weak }, 403, 'forbidden'],
    ['?after=evt_nobodys', { key }, 404, 'not-found'],
    [`?after=${foreign}`, { key }, 404, 'not-found'],
    ['?session=nobodys', { key }, 404, 'not-found'],
    ['?types=message.recieved', { key }, 400, 'invalid-query'],
    ['?limit=3', { key }, 400, 'invalid-query'],
  ] as const;
  for (const [query, offer, status, code] of cases) {
    const refused = await refusal(readSocket(hub.base, query, { ...offer, protocols: [...('protocols' in offer ? offer.protocols : [])] }));
    t.is(refused?.status, status, `${query} ${JSON.stringify(offer)}`);
    t.is(refused?.problem.code, code);
    t.is(refused?.headers['content-type'], 'application/problem+json');
  }
  const plain = await mine.call('GET', '/api/events/ws');
  t.is(plain.status, 426, plain.text);
  t.is(plain.headers.get('upgrade'), 'websocket');
});

test('what is no handshake is 400, and holds no place', async (t) => {
  const { key } = await shop(hub);
  for (let i = 0; i < 10; i++) {
    const answer = await ask('/api/events/ws', { authorization: `Bearer ${key}`, upgrade: 'websocket' });
    t.is(answer.statusCode, 400);
    t.regex(await text(answer), /"code":"bad-request"/);
  }
  (await readSocket(hub.base, '', { key })).leave();
});

test('another protocol, or another path, is answered as if no upgrade had been asked for', async (t) => {
  const { key } = await shop(hub);
  const h2c = await ask('/api/events', { authorization: `Bearer ${key}`, upgrade: 'h2c' });
  t.is(h2c.statusCode, 200);
  t.true(Array.isArray(JSON.parse(await text(h2c)).data));
  const elsewhere = await refusal(readSocket(hub.base, '/../../events', { key }));
  t.is(elsewhere?.status, 200);
  t.true(Array.isArray(elsewhere?.problem.data));
});

test("another tenant's events are never told", async (t) => {
  const [mine, theirs] = [await shop(hub), await shop(hub)];
  const reader = await readSocket(hub.base, '?after=0', { key: mine.key });
  // A tenant's key is its tenant's, whatever the header says.
  const posing = await readSocket(hub.base, '?after=0', { key: mine.key, headers: { 'x-tenant-id': theirs.id } });
  for (let i = 0; i < 20; i++) await Promise.all([receive(mine.call, `mine ${i}`), receive(theirs.call, `theirs ${i}`)]);
  const all = await caughtUp(mine.call, reader, posing);
  t.deepEqual(reader.events, all);
  t.deepEqual(posing.events, all);
  t.true(all.every(({ tenantId }) => tenantId === mine.id));
  reader.leave();
  posing.leave();
});

test('a key that is revoked, or loses its tenant, is closed with 1008 and told nothing more', async (t) => {
  const { call, id, key } = await shop(hub);
  const { json: other } = await hub.admin('POST', `/api/tenants/${id}/keys`, { name: 'other', scopes: ['events:read'] });
  const [kept, revoked] = [await readSocket(hub.base, '', { key }), await readSocket(hub.base, '', { key: other.key })];
  t.is((await hub.admin('DELETE', `/api/tenants/${id}/keys/${other.id}`)).status, 204);
  const begun = performance.now();
  t.deepEqual(await revoked.closed, { code: 1008, reason: 'The key may no longer read this' });
  t.true(performance.now() - begun < 10_000, 'at once, not when keys are looked at again');
  await receive(call, 'after the key');
  await caughtUp(call, kept);
  t.deepEqual(revoked.events, []);

  const operator = await readSocket(hub.base, '', { key: ADMIN_KEY, headers: { 'x-tenant-id': id } });
  t.is((await hub.admin('DELETE', `/api/tenants/${id}`)).status, 204);
  t.is((await kept.closed).code, 1008);
  t.is((await operator.closed).code, 1008);
});

test('a tenant has so many streams and no more, of both kinds; one that left makes room', async (t) => {
  const { key } = await shop(hub);
  const readers = await Promise.all(Array.from({ length: 4 }, () => readSocket(hub.base, '', { key })));
  const refused = await refusal(readSocket(hub.base, '', { key }));
  t.is(refused?.status, 429);
  t.is(refused?.headers['retry-after'], '5');
  t.is((await fetch(`${hub.base}/api/events`, { headers: { 'x-api-key': key, accept: 'text/event-stream' } })).status, 429);
  readers[0]?.leave();
  readers[1]?.socket.close();
  for (let free = 0; free < 2; free++)
    readers.push(await until(() => readSocket(hub.base, '', { key }).catch(() => null), { what: 'a free place' }));
  for (const reader of readers) reader.leave();
});

test('a reader that talks is not listened to, one that talks too much is closed', async (t) => {
  const { call, key } = await shop(hub);
  const [quiet, loud] = [await readSocket(hub.base, '', { key }), await readSocket(hub.base, '', { key })];
  quiet.socket.send('{"hello":1}');
  loud.socket.send('x'.repeat(5_000));
  t.is((await loud.closed).code, 1009);
  await receive(call, 'still here');
  await caughtUp(call, quiet);
  quiet.leave();
});

// Before the others, which go on with the next hub.
test.serial('a hub that stops says so, at once, and the reader resumes with the next one', async (t) => {
  const tenant = await hub.tenant();
  await linkedSandbox(tenant.call, 'shop');
  const first = await readSocket(hub.base, '?after=0', { key: tenant.key });
  await receive(tenant.call, 'one');
  await caughtUp(tenant.call, first);
  const begun = performance.now();
  t.is(await hub.end(), 0);
  t.true(performance.now() - begun < 10_000, 'nobody waits for a reader');
  const last = first.events.at(-1).id;
  t.deepEqual(await first.closed, { code: 1001, reason: `The hub is stopping; resume after ${last}` });

  hub = await hub.again();
  const call = hub.as(tenant.key);
  const again = await readSocket(hub.base, `?after=${last}`, { key: tenant.key });
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the session to be back' });
  await receive(call, 'two');
  const all = await caughtUp(call, again);
  t.deepEqual([...first.events, ...again.events], all);
  again.leave();
});
