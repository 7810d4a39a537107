import test from 'ava';
import { ADMIN_KEY, type Hub, linkedSandbox, startHub, until } from '../../helpers/hub.ts';
import { databaseOf } from '../../helpers/hub-database.ts';
import { caughtUp, ids, ledgerOf, readSocket, readSse, receive, shop } from './clients.ts';

let hub: Hub;
test.before(async () => {
  hub = await startHub({ env: { HOOKLINE_HTTP_STREAMS_PER_TENANT: '8' } });
});
test.after.always(async (t) => {
  t.notRegex(hub.output(), /did not foresee|unhandled/i);
  await hub.dispose();
});

test('what happens is told at once, with its id, its type and the envelope of the JSON page', async (t) => {
  const { call, key } = await shop(hub);
  const reader = await readSse(hub.base, key);
  t.is(reader.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  t.is(reader.headers.get('cache-control'), 'no-store');
  await until(() => reader.comments.length > 0, { what: 'the first byte' });
  t.deepEqual(reader.events, [], 'without a place to begin it begins now');
  await receive(call, 'two\nlines: {"data"}');
  const all = await caughtUp(call, reader);
  t.deepEqual(reader.events, all.slice(-reader.events.length));
  t.is(reader.events[0].data.text, 'two\nlines: {"data"}');
  const { id } = reader.events[0];
  t.deepEqual((await call('GET', `/api/events/${id}`)).json, reader.events[0], 'and it is there by its id');
  t.deepEqual(
    reader.marks,
    reader.events.map(({ id, type }) => ({ id, type })),
  );
  reader.leave();

  const unnamed = await readSse(hub.base, key, '?after=0&named=false');
  await caughtUp(call, unnamed);
  t.deepEqual(unnamed.events, all);
  t.true(
    unnamed.marks.every(({ type }) => type === undefined),
    'for `onmessage`, which hears no event that has a name',
  );
  unnamed.leave();
});

test('backfill and live under load: each event once and in order, wherever readers begin and whatever they select', async (t) => {
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
    all: await readSse(hub.base, key, '?after=0'),
    middle: await readSse(hub.base, key, `?after=${middle}`),
    now: await readSse(hub.base, key),
    second: await readSse(hub.base, key, '?after=0&session=second&types=message.*'),
  };
  await load;
  await receive(call, 'the last one', 'second');
  const all = await caughtUp(call, ...Object.values(readers));
  t.true(readers.now.events.length < all.length);
  t.deepEqual(ids(readers.all.events), ids(all));
  t.deepEqual(ids(readers.middle.events), ids(all.slice(31)));
  t.deepEqual(ids(readers.now.events), ids(all.slice(-readers.now.events.length)));
  t.deepEqual(
    ids(readers.second.events),
    ids(all.filter(({ sessionName, type }) => sessionName === 'second' && type === 'message.received')),
  );
  for (const reader of Object.values(readers)) reader.leave();
});

// Before the others, which go on with the next hub.
test.serial('Last-Event-ID resumes where the reader was, also after a restart of the hub, and wins over after', async (t) => {
  const tenant = await hub.tenant();
  await linkedSandbox(tenant.call, 'shop');
  const first = await readSse(hub.base, tenant.key, '?after=0');
  await receive(tenant.call, 'one');
  await caughtUp(tenant.call, first);
  await hub.end();
  t.is(await first.ended, `The hub is stopping; resume after ${first.marks.at(-1)?.id}`);

  hub = await hub.again();
  const call = hub.as(tenant.key);
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the session to be back' });
  await receive(call, 'two');
  const again = await readSse(hub.base, tenant.key, '?after=0', { 'last-event-id': first.marks.at(-1)?.id as string });
  const all = await caughtUp(call, again);
  t.deepEqual([...first.events, ...again.events], all);
  again.leave();
});

test('what cannot be read on from, or selected, is refused before anything is streamed', async (t) => {
  const [mine, theirs] = [await shop(hub), await shop(hub)];
  const foreign = (await ledgerOf(theirs.call))[0].id;
  const ask = (query: string, headers = {}) =>
    mine.call('GET', `/api/events${query}`, undefined, { accept: 'text/event-stream', ...headers });
  const answers = [
    [await ask('?after=evt_nobodys'), 404],
    [await ask(`?after=${foreign}`), 404],
    [await ask('', { 'last-event-id': foreign }), 404],
    [await ask('?session=nobodys'), 404],
    [await ask('?types=message.recieved'), 400],
    [await hub.as('nonsense')('GET', '/api/events', undefined, { accept: 'text/event-stream' }), 401],
  ] as const;
  for (const [answer, status] of answers) {
    t.is(answer.status, status, answer.text);
    t.is(answer.headers.get('content-type'), 'application/problem+json');
  }
});

test('who comes back after its events were pruned is told of the gap, over every way to read, and goes on', async (t) => {
  const { id, call, key } = await shop(hub);
  await receive(call, 'one');
  const [lost, ...kept] = await ledgerOf(call);
  const sql = databaseOf(hub);
  await sql('events').where({ id: lost.id }).delete();
  await sql('tenants')
    .where({ id })
    .update({ events_pruned_to: Date.parse(lost.timestamp) });
  await sql.destroy();
  const gap = { after: lost.id, from: lost.timestamp, to: kept[0].timestamp };

  const page = await call('GET', `/api/events?after=${lost.id}&limit=1000`);
  t.is(page.status, 200);
  t.deepEqual([page.json.gap, page.json.data], [gap, kept]);
  const stream = await readSse(hub.base, key, '', { 'last-event-id': lost.id });
  const socket = await readSocket(hub.base, `?after=${lost.id}`, { key });
  for (const reader of [stream, socket]) {
    await until(() => reader.events.length > kept.length, { what: 'what is kept' });
    const [told, ...events] = reader.events;
    t.like(told, { id: null, type: 'stream.gap', tenantId: id, data: gap });
    t.deepEqual(events, kept);
    reader.leave();
  }
  t.deepEqual(stream.marks[0], { id: undefined as never, type: 'stream.gap' }, 'it is no place to go on from');
});

test('HEAD is answered, and the page stays JSON for everybody else', async (t) => {
  const { call } = await shop(hub);
  for (let i = 0; i < 10; i++) {
    const head = await call('HEAD', '/api/events', undefined, { accept: 'text/event-stream' });
    t.is(head.status, 200, 'and none of them holds a place');
    t.regex(head.headers.get('content-type') ?? '', /event-stream/);
  }
  for (const accept of ['*/*', 'application/json', 'text/html,*/*'])
    t.regex((await call('GET', '/api/events', undefined, { accept })).headers.get('content-type') ?? '', /^application\/json/);
});

test("another tenant's events are never told", async (t) => {
  const [mine, theirs] = [await shop(hub), await shop(hub)];
  const reader = await readSse(hub.base, mine.key, '?after=0');
  const operator = await readSse(hub.base, ADMIN_KEY, '?after=0', { 'x-tenant-id': mine.id });
  for (let i = 0; i < 20; i++) await Promise.all([receive(mine.call, `mine ${i}`), receive(theirs.call, `theirs ${i}`)]);
  const all = await caughtUp(mine.call, reader, operator);
  t.deepEqual(reader.events, all);
  t.deepEqual(operator.events, all);
  t.true(all.every(({ tenantId }) => tenantId === mine.id));
  reader.leave();
  operator.leave();
});

test('a key that is revoked, or loses its tenant, reads no further', async (t) => {
  const { call, id, key } = await shop(hub);
  const { json: other } = await hub.admin('POST', `/api/tenants/${id}/keys`, { name: 'other', scopes: ['events:read'] });
  const [kept, revoked] = [await readSse(hub.base, key), await readSse(hub.base, other.key)];
  t.is((await hub.admin('DELETE', `/api/tenants/${id}/keys/${other.id}`)).status, 204);
  t.regex(await revoked.ended, /^The key may no longer read this/);
  await receive(call, 'after the key');
  await caughtUp(call, kept);
  t.deepEqual(revoked.events, []);

  const operator = await readSse(hub.base, ADMIN_KEY, '', { 'x-tenant-id': id });
  t.is((await hub.admin('DELETE', `/api/tenants/${id}`)).status, 204);
  t.regex(await kept.ended, /^The key may no longer read this/);
  t.regex(await operator.ended, /^The key may no longer read this/);
});

test('a tenant has so many streams and no more; one that left makes room', async (t) => {
  const [{ call, key }, other] = [await shop(hub), await shop(hub)];
  const readers = await Promise.all(Array.from({ length: 8 }, () => readSse(hub.base, key)));
  const refused = await call('GET', '/api/events', undefined, { accept: 'text/event-stream' });
  t.like(refused.json, { status: 429, code: 'limit-reached', limit: { name: 'streams', limit: 8, used: 8 } }, refused.text);
  t.is(refused.headers.get('retry-after'), '5');
  (await readSse(hub.base, other.key)).leave();
  readers[0]?.leave();
  const next = await until(() => readSse(hub.base, key).catch(() => null), { what: 'a free place' });
  for (const reader of [...readers, next]) reader.leave();
});
