/** What a tenant may have: each limit is reached, says which it is and how much, and is left again. */
import test, { type ExecutionContext } from 'ava';
import { migratedLocation, stores } from '../helpers/database.ts';
import { type Answer, type Hub, linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { isProblem } from './answers.ts';

const CHAT = '5511988887777';
const TEXT = { to: CHAT, type: 'text', text: 'x' };
const YAML = { 'content-type': 'application/yaml' };
const flow = (name: string, ...patterns: string[]): string =>
  `flow: ${name}\nversion: 1\nstart:\n  - matches: [${patterns.map((one) => `"${one}"`).join(', ')}]\nsteps:\n  - say: yes\n`;

type Call = ReturnType<Hub['as']>;

function isLimited(t: ExecutionContext, answer: Answer, limit: { name: string; limit: number; used: number }, status = 409): void {
  isProblem(t, answer, limit.name, { status, code: 'limit-reached' });
  t.deepEqual(answer.json.limit, limit);
  t.is(answer.headers.has('retry-after'), status === 429);
}

function hubOn(dialect: 'sqlite' | 'postgres'): () => Promise<Hub> {
  let opened: ReturnType<typeof open> | undefined;
  const open = async () => {
    const place = dialect === 'postgres' ? await migratedLocation('postgres') : undefined;
    const url: Record<string, string> = place && 'url' in place.location ? { HOOKLINE_DATABASE_URL: place.location.url } : {};
    const limits = { HOOKLINE_HTTP_STREAMS_PER_TENANT: '1', HOOKLINE_LIMITS_EVENTS_PER_MINUTE: '12' };
    return { place, hub: await startHub({ env: { ...limits, ...url } }) };
  };
  test.after.always(async () => {
    const { hub, place } = (await opened) ?? {};
    await hub?.dispose();
    await place?.remove();
  });
  return async () => {
    opened ??= open();
    return (await opened).hub;
  };
}

const dialects = await stores();
const configured = hubOn('sqlite');

for (const dialect of dialects) {
  const open = dialect === 'sqlite' ? configured : hubOn(dialect);
  const tenantWith = async (limits: Record<string, number | null>) => {
    const hub = await open();
    const tenant = await hub.tenant();
    const limit = (changed: Record<string, number | null>) =>
      hub.admin('PATCH', `/api/tenants/${tenant.id}`, { settings: { limits: { eventsPerMinute: 0, ...changed } } });
    await limit(limits);
    const used = async (name: string) => (await tenant.call('GET', '/api/limits')).json.limits[name];
    return { ...tenant, hub, limit, used };
  };
  const parallel = async (count: number, ask: (index: number) => Promise<Answer>): Promise<number[]> =>
    (await Promise.all(Array.from({ length: count }, (_, index) => ask(index)))).map(({ status }) => status).toSorted();
  const oneOf = (count: number, done: number): number[] => [done, ...Array.from({ length: count - 1 }, () => 409)];
  const session = (call: Call, name: string, more: object = {}) =>
    call('POST', '/api/sessions', { name, engine: 'sandbox', start: false, ...more });

  test(`${dialect}: sessions: the last place is taken once, and one that is taken anew needs none`, async (t) => {
    const { call, limit, used, hub } = await tenantWith({ sessions: 3 });
    const other = await hub.tenant();
    for (const name of ['a', 'b']) t.is((await session(call, name)).status, 201);
    t.deepEqual(await parallel(20, (index) => session(call, `many-${index}`)), oneOf(20, 201));
    isLimited(t, await session(call, 'more'), { name: 'sessions', limit: 3, used: 3 });
    t.deepEqual(await used('sessions'), { limit: 3, used: 3 });
    t.is((await session(call, 'a')).json.code, 'session-exists');
    t.is((await session(call, 'a', { onConflict: 'use' })).status, 200);
    t.is((await session(call, 'a', { onConflict: 'recreate' })).status, 201);
    t.is((await session(other.call, 'more')).status, 201, 'another tenant has its own');
    await call('DELETE', '/api/sessions/b');
    t.is((await session(call, 'more')).status, 201);
    await limit({ sessions: 0 });
    t.is((await session(call, 'any')).status, 201);
    t.deepEqual(await used('sessions'), { limit: null, used: 4 });
    await limit({ sessions: null });
    t.is((await used('sessions')).limit, 1_000, 'as configured');
  });

  test(`${dialect}: endpoints`, async (t) => {
    const { call, used } = await tenantWith({ endpoints: 2 });
    const make = () => call('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/' });
    const { id } = (await make()).json;
    t.deepEqual(await parallel(20, make), oneOf(20, 201));
    isLimited(t, await make(), { name: 'endpoints', limit: 2, used: 2 });
    t.deepEqual(await used('endpoints'), { limit: 2, used: 2 });
    t.is((await call('PATCH', `/api/webhooks/${id}`, { description: 'still' })).status, 200);
    await call('DELETE', `/api/webhooks/${id}`);
    t.is((await make()).status, 201);
  });

  test(`${dialect}: flows, and the regular expressions in them`, async (t) => {
    const { call, used, limit } = await tenantWith({ flows: 2, patterns: 4 });
    const put = (name: string, ...patterns: string[]) => call('PUT', `/api/flows/${name}`, flow(name, ...patterns), YAML);
    t.is((await put('one', 'a', 'b')).status, 200);
    t.deepEqual(await parallel(20, (index) => put(`many-${index}`, `m${index}`)), oneOf(20, 200));
    isLimited(t, await put('three', 'c'), { name: 'flows', limit: 2, used: 2 });
    t.is((await put('one', 'a', 'b', 'c')).status, 200, 'one that is there is changed');
    isLimited(t, await put('one', 'a', 'b', 'c', 'd'), { name: 'patterns', limit: 4, used: 4 });
    t.true((await call('GET', '/api/flows/one')).json.source.includes('["a", "b", "c"]'), 'nothing of it was stored');
    t.deepEqual(
      [await used('flows'), await used('patterns')],
      [
        { limit: 2, used: 2 },
        { limit: 4, used: 4 },
      ],
    );
    await limit({ patterns: 1 });
    t.is((await put('one', 'a', 'b')).status, 200, 'fewer than before, although more than it may have');
    isLimited(t, await put('one', 'a', 'b', 'c'), { name: 'patterns', limit: 1, used: 3 });
    await call('DELETE', '/api/flows/one');
    t.is((await put('three', 'c')).status, 409, 'the other one has its own');
    await limit({ patterns: 2 });
    t.is((await put('three', 'c')).status, 200);
  });

  test(`${dialect}: the characters of flows`, async (t) => {
    const { call, used } = await tenantWith({ flowCharacters: 300 });
    const put = (name: string, ...patterns: string[]) => call('PUT', `/api/flows/${name}`, flow(name, ...patterns), YAML);
    t.is((await put('one', 'a')).status, 200);
    const { limit, used: size } = await used('flowCharacters');
    t.is(limit, 300);
    isLimited(t, await put('two', 'b'.repeat(300 - size)), { name: 'flowCharacters', limit: 300, used: size });
    t.is((await put('one', 'b')).status, 200, 'no more than before');
  });

  test(`${dialect}: sends that wait, now or until later: of many at once as many as there is room for`, async (t) => {
    const { call, used } = await tenantWith({ queuedSends: 5 });
    await session(call, 'shop');
    const send = (more: object = {}, headers = {}) => call('POST', '/api/sessions/shop/messages', { ...TEXT, ...more }, headers);
    const first = await send({}, { 'idempotency-key': 'k' });
    const later = await send({ sendAt: new Date(Date.now() + 3_600_000).toISOString() });
    const bulk = await call('POST', '/api/messages/bulk', { messages: Array.from({ length: 4 }, () => ({ session: 'shop', ...TEXT })) });
    t.like(bulk, { status: 202, json: { accepted: 3, refused: 1 } });
    t.like(bulk.json.data[3], { status: 409, error: { code: 'limit-reached', limit: { name: 'queuedSends', limit: 5, used: 5 } } });
    isLimited(t, await send(), { name: 'queuedSends', limit: 5, used: 5 });
    t.is((await send({}, { 'idempotency-key': 'k' })).json.id, first.json.id, 'what was accepted is not asked for again');
    t.deepEqual(await used('queuedSends'), { limit: 5, used: 5 });
    t.is((await call('DELETE', `/api/messages/${later.json.id}`)).status, 204);
    await until(async () => (await send()).status === 202, { what: 'a place' });
    t.is((await send()).status, 409);
    await call('DELETE', `/api/messages/${first.json.id}`);
    await until(async () => (await used('queuedSends')).used === 4);
    const statuses = await until(async () => {
      const found = await parallel(20, () => send());
      return found[0] === 202 && found;
    });
    t.deepEqual(statuses, oneOf(20, 202));
    await linkedSandbox(call, 'other');
    await call('POST', '/api/sessions/shop/connect');
    await until(async () => (await call('GET', '/api/sessions/shop/qr')).status === 200);
    await call('POST', '/api/sessions/shop/sandbox/scan', { phone: CHAT });
    await until(async () => (await used('queuedSends')).used === 0, { what: 'all to have gone' });
    await until(async () => (await send()).status === 202, { what: 'a place again' });
  });

  test(`${dialect}: bytes of files, by the new name of the limit and by the former one`, async (t) => {
    const { call, used, id, hub } = await tenantWith({ mediaBytes: 1_000 });
    const upload = (byte: number, size: number) =>
      call('POST', '/api/media', String.fromCharCode(byte).repeat(size), { 'content-type': 'text/csv' });
    const { json } = await upload(65, 600);
    t.deepEqual(await parallel(8, (index) => upload(66 + index, 300)), oneOf(8, 201));
    isLimited(t, await upload(90, 300), { name: 'mediaBytes', limit: 1_000, used: 900 });
    t.deepEqual(await used('mediaBytes'), { limit: 1_000, used: 900 });
    await call('DELETE', `/api/media/${json.id}`);
    await until(async () => (await upload(90, 300)).status === 201);
    await hub.admin('PATCH', `/api/tenants/${id}`, { settings: { media: { quotaBytes: 100 }, limits: { mediaBytes: null } } });
    isLimited(t, await upload(91, 300), { name: 'mediaBytes', limit: 100, used: 600 });
  });
}

test('requests of all keys of a tenant are counted together, and another tenant has its own', async (t) => {
  const hub = await configured();
  const [one, other] = [await hub.tenant(), await hub.tenant()];
  const second = (await hub.admin('POST', `/api/tenants/${one.id}/keys`, { name: 'second' })).json.key;
  await hub.admin('PATCH', `/api/tenants/${one.id}`, { settings: { limits: { requestsPerMinute: 3 } } });
  for (const call of [one.call, hub.as(second), one.call]) t.is((await call('GET', '/api/sessions')).status, 200);
  const refused = await hub.as(second)('GET', '/api/sessions');
  isLimited(t, refused, { name: 'requestsPerMinute', limit: 3, used: 4 }, 429);
  t.is((await other.call('GET', '/api/sessions')).status, 200);
  const asOne = await hub.admin('GET', '/api/limits', undefined, { 'x-tenant-id': one.id });
  t.like(asOne.json.limits.requestsPerMinute, { limit: 3, used: 4 });
  t.true(Date.parse(asOne.json.limits.requestsPerMinute.resetsAt) > Date.now());
  await hub.admin('PATCH', `/api/tenants/${one.id}`, { settings: { limits: { requestsPerMinute: 100 } } });
  t.is((await one.call('GET', '/api/sessions')).status, 200, 'a higher limit holds at once');
});

test('a tenant with too many events makes no more of its own accord, while what comes in is taken and reading goes on', async (t) => {
  const hub = await configured();
  const [{ call, id }, other] = [await hub.tenant(), await hub.tenant()];
  await linkedSandbox(call, 'shop');
  const endpoint = (await call('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/' })).json.id;
  await until(async () => (await call('POST', '/api/sessions/shop/messages', TEXT)).status === 429, { what: 'too many events' });
  const making: [string, object?][] = [
    ['/api/sessions/shop/messages', TEXT],
    ['/api/messages/bulk', { messages: [{ session: 'shop', ...TEXT }] }],
    ['/api/sessions/shop/sandbox/receive', { from: CHAT, text: 'x' }],
    ['/api/sessions/shop/sandbox/happens', { kind: 'call', from: CHAT }],
    [`/api/webhooks/${endpoint}/test`],
    [`/api/webhooks/${endpoint}/replay`, { since: '2026-01-01T00:00:00Z' }],
    ['/api/sessions/shop/restart'],
  ];
  for (const [path, body] of making) {
    const answer = await call('POST', path, body);
    isProblem(t, answer, path, { status: 429, code: 'limit-reached' });
    t.is(answer.json.limit.name, 'eventsPerMinute', path);
    t.true(Number(answer.headers.get('retry-after')) >= 1, path);
  }
  t.is((await call('GET', '/api/events')).status, 200);
  t.is((await call('POST', '/api/sessions/shop/disconnect')).status, 202, 'the way out is open');
  await linkedSandbox(other.call, 'shop');
  t.is((await other.call('POST', '/api/sessions/shop/messages', TEXT)).status, 202, 'another tenant is not held up');
  await hub.admin('PATCH', `/api/tenants/${id}`, { settings: { limits: { eventsPerMinute: 0 } } });
  t.is((await call('POST', '/api/sessions/shop/messages', TEXT)).status, 202);
});

test('streams: the limit of the configuration, and that of one tenant', async (t) => {
  const hub = await configured();
  const tenant = await hub.tenant();
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const headers = { authorization: `Bearer ${tenant.key}`, accept: 'text/event-stream' };
  // Held on to: what nobody reads any more is closed when its memory is taken back.
  const open: Response[] = [];
  const read = async (): Promise<number> => {
    const answer = await fetch(`${hub.base}/api/events`, { headers, signal: stop.signal });
    open.push(answer);
    return answer.status;
  };
  t.is(await read(), 200);
  isLimited(t, await tenant.call('GET', '/api/events', undefined, headers), { name: 'streams', limit: 1, used: 1 }, 429);
  await hub.admin('PATCH', `/api/tenants/${tenant.id}`, { settings: { limits: { streams: 2 } } });
  t.is(await read(), 200);
  t.deepEqual((await tenant.call('GET', '/api/limits')).json.limits.streams, { limit: 2, used: 2 });
  t.is(open.length, 2);
});

test('settings that are none are refused at their place', async (t) => {
  const hub = await configured();
  const { id } = await hub.tenant();
  for (const limits of [{ sessions: -1 }, { sessions: 1.5 }, { flow: 1 }, { queuedSends: '5' }]) {
    const answer = await hub.admin('PATCH', `/api/tenants/${id}`, { settings: { limits } });
    isProblem(t, answer, JSON.stringify(limits), { status: 422, code: 'invalid-body' });
    t.is(answer.json.errors[0].path, `settings.limits.${Object.keys(limits)[0]}`);
  }
});
