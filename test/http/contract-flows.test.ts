/** What the contract says of flows, tenants and keys, as a developer and the operator try it out. */
import test from 'ava';
import { type Call, linkedSandbox, until } from '../helpers/hub.ts';
import { isProblem } from './answers.ts';
import { becomes, CHAT, eventsOf, hubOf, type Row, walk } from './tenant-world.ts';

const hub = hubOf(test);

const YAML = { 'content-type': 'application/yaml' };
const FLOW = `flow: booking
version: 1
start:
  - says: [book]
steps:
  - ask: Which day?
    save: day
  - say: "{{ day }} it is."
  - end
`;

test('a flow is put, read, listed, run and removed; what is wrong with one is told with its place', async (t) => {
  const { call } = await hub().tenant();
  const broken = await call('PUT', '/api/flows/booking', FLOW.replace('    save: day', '    sav: day'), YAML);
  isProblem(t, broken, 'a broken flow', { status: 422, code: 'flow-invalid' });
  t.true(
    broken.json.errors.every(({ path }: Row) => /^flows\/booking\.yml:\d+:\d+$/.test(path)),
    broken.text,
  );
  t.regex(broken.text, /did you mean .*save/);
  isProblem(t, await call('GET', '/api/flows/booking'), 'what was refused', { status: 404 });

  t.like((await call('PUT', '/api/flows/booking', FLOW, YAML)).json, {
    name: 'booking',
    revision: 1,
    origin: 'api',
    status: 'active',
    says: ['book'],
  });
  t.is((await call('PUT', '/api/flows/booking', FLOW, YAML)).json.revision, 1, 'the same text is the same revision');
  t.is((await call('GET', '/api/flows/booking')).json.source, FLOW);
  t.deepEqual(
    (await call('GET', '/api/flows')).json.data.map(({ name }: Row) => name),
    ['booking'],
  );
  t.deepEqual(
    (await call('POST', '/api/flows/check', FLOW.replace('booking', 'other'), YAML)).json.errors.length,
    1,
    'its phrase is taken',
  );

  t.is((await call('PUT', '/api/flows/booking', `${FLOW}# again\n`, YAML)).json.revision, 2);
  const tests = 'flow: booking\ntests:\n  - { name: a day, chat: [{ user: book }, { bot: Which day? }] }\n';
  t.like((await call('GET', '/api/flows/booking/tests')).json, { path: null, source: null, revision: null, updatedAt: null });
  isProblem(t, await call('POST', '/api/flows/booking/test', {}), 'no tests', { status: 404, code: 'not-found' });
  isProblem(t, await call('DELETE', '/api/flows/booking/tests'), 'no tests to remove', { status: 404, code: 'not-found' });
  const short = tests.replace('a day', 'the day');
  t.like((await call('PUT', '/api/flows/booking/tests', short, YAML)).json, { source: short, revision: 1 });
  for (const [wrong, path, message] of [
    ['# none', 'flows/booking.test.yml:1:1', /is missing|is empty|must/],
    [tests.replace('bot:', 'bott:'), 'flows/booking.test.yml:3:43', /bott/],
    [tests.replace('flow: booking', 'flow: boking'), 'flows/booking.test.yml:1:7', /no flow "boking".*booking/],
    [`${tests}  - [`, 'flows/booking.test.yml:4:5', /./],
  ] as const) {
    const refused = await call('PUT', '/api/flows/booking/tests', wrong, YAML);
    isProblem(t, refused, wrong, { status: 422, code: 'flow-invalid' });
    t.is(refused.json.errors[0].path, path);
    t.regex(refused.json.errors[0].message, message);
  }
  t.like((await call('GET', '/api/flows/booking/tests')).json, { source: short, revision: 1 }, 'a wrong text has changed nothing');
  const put = await call('PUT', '/api/flows/booking/tests', tests, YAML);
  t.like(put.json, { path: null, source: tests, revision: 2 });
  t.deepEqual((await call('GET', '/api/flows/booking/tests')).json, put.json);
  t.like((await call('POST', '/api/flows/booking/test', {})).json, { ok: true, results: [{ name: 'a day' }] });
  isProblem(t, await call('PUT', '/api/flows/other/tests', tests, YAML), 'tests of no flow', { status: 404, code: 'not-found' });
  t.is((await call('DELETE', '/api/flows/booking/tests')).status, 204);
  t.is((await call('GET', '/api/flows/booking/tests')).json.source, null);
  t.is((await call('PUT', '/api/flows/booking/tests', tests, YAML)).status, 200);
  const first = (await call('GET', '/api/flows/booking/revisions?limit=1')).json;
  const second = (await call('GET', `/api/flows/booking/revisions?limit=1&cursor=${first.nextCursor}`)).json;
  t.deepEqual([first.data[0].revision, second.data[0].revision, second.nextCursor], [2, 1, null], 'the newest first');
  t.is((await call('GET', '/api/flows/booking/revisions/1')).json.source, FLOW);
  for (const path of ['/api/flows/other/revisions', '/api/flows/booking/revisions/3', '/api/flows/booking/revisions/x']) {
    isProblem(t, await call('GET', path), path, { status: 404, code: 'not-found' });
  }

  await linkedSandbox(call, 'shop');
  const receive = (text: string) => call('POST', '/api/sessions/shop/sandbox/receive', { from: CHAT, text });
  await receive('I want to BOOK');
  const run = await until(async () => (await call('GET', '/api/runs?status=waiting')).json.data[0], { what: 'a run' });
  const counted = async () => (await call('GET', '/api/flows')).json.data[0].lastDay;
  t.deepEqual(await counted(), { starts: 1, answers: 1 });
  const { trace, ...untraced } = run;
  t.is(trace.length, 1);
  t.deepEqual((await call('GET', '/api/runs?trace=false')).json.data[0], untraced, 'all but the trace');
  const later = new Date(Date.now() + 60_000).toISOString();
  t.deepEqual((await call('GET', `/api/runs?since=${later}`)).json.data, [], 'none has moved since');
  t.is((await call('GET', `/api/runs?since=${run.startedAt}`)).json.data.length, 1);
  await call('DELETE', '/api/flows/booking');
  t.is((await call('PUT', '/api/flows/booking', FLOW, YAML)).status, 200);
  t.is((await call('GET', '/api/flows/booking/tests')).json.source, null, 'the tests went with it');
  await call('DELETE', '/api/flows/booking');
  await receive('monday');
  const ended = await becomes(call, `/api/runs/${run.id}`, 'ended');
  t.like(ended, { flow: 'booking', revision: 2, answers: { day: 'monday' }, error: null });
  t.is(ended.trace.length, 2);
  const seen = await until(async () => {
    const { data } = (await call('GET', '/api/sessions/shop/sandbox/outbox')).json;
    return data.length === 2 && data;
  });
  t.deepEqual(
    seen.map(({ text }: Row) => text),
    ['Which day?', 'monday it is.'],
  );
  t.true(seen.every(({ typingMs }: Row) => typingMs > 0));
  const told = (await eventsOf(call)).map(({ type }) => type).filter((type) => type.startsWith('flow.'));
  t.deepEqual(told, ['flow.started', 'flow.ended']);
  t.deepEqual(
    (await call('GET', '/api/runs?session=shop&flow=booking&status=ended')).json.data.map(({ id }: Row) => id),
    [run.id],
  );
  t.deepEqual((await call('GET', '/api/flows')).json.data, []);
  isProblem(t, await call('DELETE', '/api/flows/booking'), 'removing it twice', { status: 404 });
});

test('the operator makes tenants and keys, acts for them, and takes both away', async (t) => {
  const made = await hub().admin('POST', '/api/tenants', { name: ' contract shop ' });
  t.is(made.status, 201);
  t.is(made.json.name, 'contract shop');
  const { id, apiKey } = made.json;
  isProblem(t, await hub().admin('POST', '/api/tenants', { name: 'contract shop' }), 'the name again', {
    status: 409,
    code: 'tenant-exists',
  });
  t.is((await hub().admin('PATCH', `/api/tenants/${id}`, { name: 'contract shop' })).status, 200);
  const set = await hub().admin('PATCH', `/api/tenants/${id}`, { settings: { retention: { payloadDays: 7 } } });
  t.deepEqual([set.status, set.json.name, set.json.settings], [200, 'contract shop', { retention: { payloadDays: 7 } }]);
  isProblem(t, await hub().admin('PATCH', `/api/tenants/${id}`, { settings: { retention: { payloadDays: 0, days: 3 } } }), 'no days', {
    status: 422,
    code: 'invalid-body',
  });
  isProblem(t, await hub().admin('PATCH', `/api/tenants/${id}`, { name: 'default' }), 'another’s name', {
    status: 409,
    code: 'tenant-exists',
  });

  const second = (await hub().admin('POST', `/api/tenants/${id}/keys`, { name: 'reader', scopes: ['sessions:read'] })).json;
  const keys = await hub().admin('GET', `/api/tenants/${id}/keys`);
  t.is(keys.json.data.length, 2);
  for (const { key } of [apiKey, second]) t.false(keys.text.includes(key), 'a key is shown once');
  const reader = hub().as(second.key);
  t.is((await reader('GET', '/api/sessions')).status, 200);
  t.is((await hub().admin('DELETE', `/api/tenants/${id}/keys/${second.id}`)).status, 204);
  t.is((await reader('GET', '/api/sessions')).status, 401, 'a revoked key is none at once');

  const forThem: Call = (method, path, body) => hub().admin(method, path, body, { 'x-tenant-id': id });
  await linkedSandbox(forThem, 'shop');
  t.is((await hub().as(apiKey.key)('GET', '/api/sessions/shop')).json.tenantId, id);
  t.is((await hub().admin('DELETE', `/api/tenants/${id}`)).status, 204);
  isProblem(t, await hub().as(apiKey.key)('GET', '/api/sessions'), 'the key of a removed tenant', { status: 401 });
  isProblem(t, await forThem('GET', '/api/sessions'), 'a removed tenant', { status: 404 });
  isProblem(t, await hub().admin('DELETE', `/api/tenants/${id}`), 'removing it twice', { status: 404 });
});

test('tenants are listed page by page', async (t) => {
  const ids = [];
  for (let index = 0; index < 4; index++) ids.push((await hub().tenant()).id);
  const listed = (await walk(hub().admin, '/api/tenants', 3)).map(({ id }) => id);
  t.is(new Set(listed).size, listed.length);
  for (const id of ids) t.true(listed.includes(id));
});

test('a flow is drawn and formatted, and its tests are held as the command line holds them', async (t) => {
  const { call } = await hub().tenant();
  await call('PUT', '/api/flows/booking', FLOW, YAML);
  const checked = await call('POST', '/api/flows/check', FLOW.replace('  - end', '  - go: nowhere'), YAML);
  t.regex(checked.json.errors[0].path, /^flow\.yml:9:/);
  t.deepEqual(
    checked.json.graph.steps.map(({ shape, line, ways }: Row) => [shape, line, ways]),
    [
      ['asks', 6, [{ to: 'steps.1', why: '' }]],
      ['does', 8, [{ to: 'steps.2', why: '' }]],
      ['does', 9, [{ to: null, why: '' }]],
    ],
    'what is wrong is drawn, too',
  );
  t.is((await call('POST', '/api/flows/check', 'flow: 1', YAML)).json.graph, null);

  const untidy = FLOW.replace('[book]', '[ book ]   # a word').replace('steps:\n', 'steps:\n\n# the first\n').replaceAll('\n  ', '\n');
  const tidy = FLOW.replace('[book]', '[book] # a word').replace('steps:\n', 'steps:\n\n  # the first\n');
  t.is((await call('POST', '/api/flows/format', untidy, YAML)).json.source, tidy);
  const broken = await call('POST', '/api/flows/format', 'steps: [', YAML);
  isProblem(t, broken, 'no YAML', { status: 422, code: 'flow-invalid' });
  t.regex(broken.json.errors[0].path, /^flow\.yml:1:/);

  const tests = 'flow: booking\ntests:\n  - name: a day\n    chat: [{ user: book }, { bot: Which day? }]\n';
  const held = await call('POST', '/api/flows/booking/test', { tests });
  t.like(held.json, { ok: true, results: [{ name: 'a day', failures: [] }], coverage: { flow: 'booking', steps: { done: 1, all: 3 } } });
  t.deepEqual(held.json.coverage.trail, { steps: ['booking:steps.0'], ways: [] });
  const failed = await call('POST', '/api/flows/booking/test', { tests, source: FLOW.replace('Which', 'What') });
  t.like(failed.json, { ok: false, results: [{ failures: [{ path: 'flows/booking.test.yml:4:28' }] }] }, failed.text);
  const unread = await call('POST', '/api/flows/booking/test', { tests: tests.replace('chat', 'chta') });
  isProblem(t, unread, 'tests that cannot be read', { status: 422, code: 'flow-invalid' });
  t.true(
    unread.json.errors.every(({ path }: Row) => path.startsWith('flows/booking.test.yml:')),
    unread.text,
  );
  isProblem(t, await call('POST', '/api/flows/other/test', { tests }), 'a flow that is not there', { status: 404 });
});

test('a flow is simulated, started and explained; the schema is for everybody, a secret for nobody', async (t) => {
  const { call } = await hub().tenant();
  const source = FLOW.replace('  - says: [book]', '  - says: [book]\n  - api: true');
  await call('PUT', '/api/flows/booking', source, YAML);
  const simulated = await call('POST', '/api/flows/booking/simulate', { messages: ['book', 'monday'] });
  t.is(simulated.status, 200, simulated.text);
  const said = simulated.json.transcript.flatMap(({ outcomes }: Row) => outcomes.filter(({ kind }: Row) => kind === 'said'));
  t.deepEqual(
    said.map(({ text }: Row) => text),
    ['Which day?', 'monday it is.'],
  );
  const script = { chat: [{ user: 'book' }, { bot: 'What day?' }], source: source.replace('Which', 'What') };
  t.true((await call('POST', '/api/flows/booking/simulate', script)).json.ok);
  isProblem(t, await call('POST', '/api/flows/other/simulate', { messages: ['x'] }), 'a flow that is not there', { status: 404 });
  for (const [item, says] of [
    [{ usr: 'x' }, /chat\.0: .* and not "usr", did you mean "user"\?/],
    [{ bot: { contain: 'x' } }, /chat\.0\.bot: .* and not "contain", did you mean "contains"\?/],
  ] as const) {
    const refused = await call('POST', '/api/flows/booking/simulate', { chat: [item] });
    isProblem(t, refused, 'a bad script', { status: 422 });
    t.regex(refused.json.detail, says);
  }

  for (const now of ['2026-02-30', '2026-03-24T25:00:00', 'yesterday']) {
    const refused = await call('POST', '/api/flows/booking/simulate', { messages: ['book'], now });
    isProblem(t, refused, now, { status: 422, code: 'invalid-body' });
    t.regex(refused.json.detail, /now: (?:there is no such day or time|must be a day or time such as)/);
  }

  await linkedSandbox(call, 'shop');
  const started = await call('POST', '/api/flows/booking/start', { session: 'shop', chat: '+55 11 96666-5555' });
  t.is(started.status, 202, started.text);
  const run = await until(async () => (await call('GET', '/api/runs?status=waiting')).json.data[0], { what: 'a run' });
  t.like(run, { flow: 'booking', chat: { id: '5511966665555@c.us' }, waitsFor: { kind: 'answer', step: 'steps.0' } });
  isProblem(t, await call('POST', '/api/flows/booking/start', { session: 'nobodys', chat: CHAT }), 'no session', { status: 404 });

  await call('POST', '/api/sessions/shop/sandbox/receive', { from: CHAT, text: 'I do not want to cook' });
  const [message] = await until(
    async () => {
      const { data } = (await call('GET', '/api/sessions/shop/messages?direction=inbound')).json;
      return data.length > 0 && data;
    },
    { what: 'the message' },
  );
  const explained = await call('GET', `/api/sessions/shop/chats/${CHAT}/explain?message=${message.id}`);
  t.like(explained.json, { message: { id: message.id }, run: null, flows: [{ flow: 'booking', starts: false }] });
  isProblem(t, await call('GET', `/api/sessions/shop/chats/5511900000000/explain?message=${message.id}`), 'another chat', { status: 404 });

  t.like((await hub().as('')('GET', '/api/flows/schema.json')).json, {
    type: 'object',
    required: ['flow', 'version'],
    else: { required: ['flow', 'version', 'start', 'steps'] },
  });
  t.is((await call('PUT', '/api/flow-secrets/shop_key', { value: 'sesame' })).status, 204);
  const listed = await call('GET', '/api/flow-secrets');
  t.deepEqual([listed.json.data.map(({ name }: Row) => name), listed.text.includes('sesame')], [['shop_key'], false]);
  await call('PUT', '/api/flow-secrets/other_key', { value: 'x' });
  t.deepEqual(
    (await walk(call, '/api/flow-secrets', 1)).map(({ name }) => name),
    ['other_key', 'shop_key'],
  );
  isProblem(t, await call('PUT', '/api/flow-secrets/Bad-Name', { value: 'x' }), 'a bad name', { status: 422 });
});

test('a chat is handed off, resumed, explained and given a flow under every name that it has', async (t) => {
  const { call } = await hub().tenant();
  await call('PUT', '/api/flows/booking', FLOW.replace('  - says: [book]', '  - says: [book]\n  - api: true'), YAML);
  await linkedSandbox(call, 'shop');
  const [given, short, lid] = ['+55 21 98888-7777', '552188887777@c.us', '123456789012345@lid'];
  const receive = (from: string, text: string, rest = {}) => call('POST', '/api/sessions/shop/sandbox/receive', { from, text, ...rest });
  const chat = (name: string, path: string) => `/api/sessions/shop/chats/${encodeURIComponent(name)}/${path}`;
  const ended = async (count: number) =>
    until(
      async () => {
        const { data } = (await call('GET', '/api/runs?status=ended')).json;
        return data.length === count && data;
      },
      { what: `${count} runs to be over` },
    );

  await receive(short, 'hello', { lid });
  const started = await call('POST', '/api/flows/booking/start', { session: 'shop', chat: given });
  t.is(started.json.chat, short, started.text);
  await until(async () => (await call('GET', '/api/runs?status=waiting')).json.data[0], { what: 'a run' });
  await receive(short, 'monday');
  t.like((await ended(1))[0], { chat: { id: short }, answers: { day: 'monday' } });

  for (const name of [given, lid]) {
    t.like((await call('POST', chat(name, 'handoff'), {})).json, { chat: { id: short }, active: true }, name);
    for (const other of [given, short, lid]) t.true((await call('GET', chat(other, 'handoff'))).json.active, other);
    t.like((await call('POST', chat(given, 'resume'))).json, { chat: { id: short }, active: false });
    t.false((await call('GET', chat(short, 'handoff'))).json.active);
  }

  await receive(lid, 'book');
  await until(async () => (await call('GET', '/api/runs?status=waiting')).json.data[0], { what: 'a run in the hidden chat' });
  t.like((await call('POST', chat(given, 'handoff'), {})).json, { chat: { id: lid }, active: true });
  await receive(lid, 'tuesday');
  // Flows take what comes in in its order: with this run the message before it has had its turn.
  await receive('5511999990001', 'book');
  await until(async () => (await call('GET', '/api/runs?status=waiting')).json.data.length === 2, { what: 'a run in another chat' });
  t.true((await call('GET', chat(lid, 'handoff'))).json.active);
  await call('POST', chat(short, 'resume'));
  await receive(lid, 'friday');
  t.like((await ended(2))[0], { chat: { id: lid }, answers: { day: 'friday' } }, 'what was said to the person is no answer');

  const inbound = (await call('GET', `/api/sessions/shop/messages?direction=inbound&chat=${encodeURIComponent(given)}`)).json.data;
  t.deepEqual(
    inbound.map(({ text }: Row) => text),
    ['friday', 'tuesday', 'book', 'monday', 'hello'],
  );
  for (const message of inbound) {
    const taken = ['friday', 'book', 'monday'].includes(message.text);
    const explained = await call('GET', chat(given, `explain?message=${message.id}`));
    t.is(explained.json.run !== null, taken, explained.text);
  }
});

test('a run that was started for a number goes on in the hidden chat from which the answer comes, which tells both names', async (t) => {
  const { call } = await hub().tenant();
  await call('PUT', '/api/flows/booking', FLOW.replace('  - says: [book]', '  - says: [book]\n  - api: true'), YAML);
  await linkedSandbox(call, 'shop');
  const [phone, lid] = ['5521988887777', '123456789012345@lid'];
  const run = (status: string) =>
    until(async () => (await call('GET', `/api/runs?status=${status}`)).json.data[0], { what: `a run that is ${status}` });
  const started = await call('POST', '/api/flows/booking/start', { session: 'shop', chat: phone });
  t.is(started.json.chat, `${phone}@c.us`, started.text);
  await run('waiting');
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: lid, phone, text: 'monday' });
  t.like(await run('ended'), { id: (await run('ended')).id, chat: { id: lid }, answers: { day: 'monday' } });
  const [answer] = (await call('GET', '/api/sessions/shop/messages?direction=inbound')).json.data;
  t.like(answer.from, { id: lid, lid, phone });

  await call('POST', '/api/sessions/shop/sandbox/receive', { from: `${phone}@c.us`, text: 'book' });
  await run('waiting');
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: lid, text: 'friday' });
  await until(async () => (await call('GET', '/api/runs?status=ended')).json.data.length === 2, { what: 'the second run to be over' });
  await call('POST', `/api/sessions/shop/chats/${phone}/handoff`, {});
  for (const [from, text] of [[phone, 'hello?'] as const, [lid, 'and now?'] as const]) {
    await call('POST', '/api/sessions/shop/sandbox/receive', { from, text });
  }

  const messages = (await call('GET', '/api/sessions/shop/messages?direction=inbound')).json.data;
  t.is(messages.length, 5);
  const explain = async ({ id }: Row) => (await call('GET', `/api/sessions/shop/chats/${phone}/explain?message=${id}`)).json;
  const passed = /^No flow was asked about it: the chat was in the hands/;
  // Each has a turn in the lane of its own name, in any order; what is kept of the first chat has gone along.
  for (const message of messages.slice(0, 2)) {
    await until(async () => passed.test((await explain(message)).notes[0]), { what: `the turn of "${message.text}"` });
  }
  for (const message of messages.slice(2)) t.like((await explain(message)).run, { flow: 'booking', status: 'ended' }, message.text);
});
