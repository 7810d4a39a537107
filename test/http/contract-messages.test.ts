/** What the contract says of messages, as a tenant's developer tries it out. */
import test from 'ava';
import { linkedSandbox, until } from '../helpers/hub.ts';
import { isProblem } from './answers.ts';
import { becomes, CHAT, eventsOf, hubOf, type Row, TEXT, walk } from './tenant-world.ts';

/** The shortest that the configuration takes. */
const SEND_SECONDS = 5;
const hub = hubOf(test, { HOOKLINE_SENDS_TIMEOUT_SECONDS: String(SEND_SECONDS) });

test('one Idempotency-Key is one message: the same answer again, 422 for another body, one of 50 at once', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  const send = (body: object, key: string) => call('POST', '/api/sessions/shop/messages', body, { 'idempotency-key': key });
  const first = await send(TEXT, 'order-1');
  t.is(first.headers.get('idempotent-replayed'), null);
  await becomes(call, `/api/messages/${first.json.id}`, 'sent');
  const again = await send({ text: 'hello', type: 'text', to: CHAT }, 'order-1');
  t.is(again.status, 202);
  t.is(again.headers.get('idempotent-replayed'), 'true');
  t.deepEqual(again.json, first.json, 'the answer of then, not the state of now');
  isProblem(t, await send({ ...TEXT, text: 'other' }, 'order-1'), 'another body', { status: 422, code: 'idempotency-mismatch' });
  const other = await hub().tenant();
  await linkedSandbox(other.call, 'shop');
  const theirs = await other.call('POST', '/api/sessions/shop/messages', TEXT, { 'idempotency-key': 'order-1' });
  t.not(theirs.json.id, first.json.id, 'keys are each tenant’s own');

  const answers = await Promise.all(Array.from({ length: 50 }, () => send({ ...TEXT, text: 'once' }, 'order-2')));
  t.deepEqual([...new Set(answers.map(({ status }) => status))], [202]);
  t.is(new Set(answers.map(({ json }) => json.id)).size, 1);
  t.is(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null).length, 1);
  await becomes(call, `/api/messages/${answers[0]?.json.id}`, 'sent');
  const seen = (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data.map(({ text }: Row) => text);
  t.deepEqual(seen, ['hello', 'once']);
});

test('sends leave in the order in which they were accepted, higher priority first, and wait for the session', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions/shop/disconnect');
  await becomes(call, '/api/sessions/shop', 'stopped');
  const texts = Array.from({ length: 20 }, (_, index) => `n${index}`);
  for (const text of texts) await call('POST', '/api/sessions/shop/messages', { ...TEXT, text });
  const canceled = await call('POST', '/api/sessions/shop/messages', { ...TEXT, text: 'never' });
  await call('POST', '/api/sessions/shop/messages', { ...TEXT, text: 'first', priority: 5 });
  t.is((await call('GET', `/api/messages/${canceled.json.id}`)).json.status, 'queued');
  t.is((await call('DELETE', `/api/messages/${canceled.json.id}`)).status, 204);
  t.is((await call('DELETE', `/api/messages/${canceled.json.id}`)).status, 204, 'the first answer may have been lost');
  await call('POST', '/api/sessions/shop/connect');
  await until(async () => (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data.length === 21, { what: 'all to be sent' });
  const seen = await walk(call, '/api/sessions/shop/sandbox/outbox', 6);
  t.deepEqual(
    seen.map(({ text }) => text),
    ['first', ...texts],
  );
  t.is((await call('GET', `/api/messages/${canceled.json.id}`)).json.status, 'canceled');
  t.is((await eventsOf(call, '&types=message.canceled'))[0].data.id, canceled.json.id);
});

test('a message is scheduled until its time; what could only expire is refused', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  const at = (milliseconds: number) => new Date(Date.now() + milliseconds).toISOString();
  const soon = await call('POST', '/api/sessions/shop/messages', { ...TEXT, sendAt: at(700) });
  t.is(soon.json.status, 'scheduled');
  t.true(soon.json.sendAt < soon.json.expiresAt, 'the answer says when');
  const late = await call('POST', '/api/sessions/shop/messages', { ...TEXT, sendAt: at(3_600_000) });
  t.is((await call('DELETE', `/api/messages/${late.json.id}`)).status, 204);
  const past = await call('POST', '/api/sessions/shop/messages', { ...TEXT, expiresAt: at(-1_000) });
  isProblem(t, past, 'expired before it came', { status: 422, code: 'invalid-body' });
  t.is(past.json.errors[0].path, 'expiresAt');
  const mistyped = await call('POST', '/api/sessions/shop/messages', { ...TEXT, sendAt: at(-11 * 60_000) });
  isProblem(t, mistyped, 'a time that is over', { status: 422, code: 'invalid-body' });
  t.is(mistyped.json.errors[0].path, 'sendAt');
  const now = await call('POST', '/api/sessions/shop/messages', { ...TEXT, sendAt: at(-60_000) });
  t.like(now.json, { status: 'queued' });
  t.true(Date.parse(now.json.expiresAt) > Date.now(), 'until when it is tried');
  const sent = await becomes(call, `/api/messages/${soon.json.id}`, 'sent');
  t.deepEqual(
    sent.history.map(({ status }: Row) => status),
    ['scheduled', 'queued', 'sending', 'sent'],
  );
  t.true(Date.parse(sent.history[1].at) >= Date.parse(sent.sendAt));

  await call('POST', '/api/sessions/shop/disconnect');
  await becomes(call, '/api/sessions/shop', 'stopped');
  const short = await call('POST', '/api/sessions/shop/messages', { ...TEXT, expiresAt: at(500) });
  await becomes(call, `/api/messages/${short.json.id}`, 'expired');
  isProblem(t, await call('POST', `/api/messages/${short.json.id}/retry`), 'retrying it', { status: 409, code: 'message-not-retryable' });
});

test('a list of messages is filtered by chat, direction, status and time, newest first, page by page', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  for (let index = 0; index < 3; index++) {
    await call('POST', '/api/sessions/shop/sandbox/receive', { from: CHAT, text: `in${index}` });
    await call('POST', '/api/sessions/shop/messages', { ...TEXT, text: `out${index}` });
  }
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: '5521977776666', text: 'other', at: '2020-01-01T00:00:00Z' });
  const texts = async (query: string) => (await walk(call, `/api/sessions/shop/messages${query}`, 2)).map(({ text }) => text);
  await until(async () => (await texts('?status=sent')).length === 3, { what: 'three sends' });
  t.deepEqual(await texts(''), ['other', 'out2', 'in2', 'out1', 'in1', 'out0', 'in0']);
  t.deepEqual(await texts(`?chat=${encodeURIComponent('+55 11 98888-7777')}&direction=inbound`), ['in2', 'in1', 'in0']);
  t.deepEqual(await texts('?direction=outbound&status=sent'), ['out2', 'out1', 'out0']);
  t.deepEqual(await texts('?chat=5521977776666'), ['other']);
  t.deepEqual(await texts('?since=2021-01-01T00:00:00%2B02:00&direction=inbound'), ['in2', 'in1', 'in0']);
  t.deepEqual(await texts('?status=failed'), []);
});

test('what WhatsApp refuses is tried again; what it reports as failed waits for the caller', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions/shop/sandbox/faults', { send: { failNext: 1 } });
  const { id } = (await call('POST', '/api/sessions/shop/messages', TEXT)).json;
  const sent = await becomes(call, `/api/messages/${id}`, 'sent');
  t.is(sent.attempts, 2);
  t.deepEqual(
    sent.history.map(({ status }: Row) => status),
    ['queued', 'sending', 'queued', 'sending', 'sent'],
  );
  isProblem(t, await call('POST', `/api/messages/${id}/retry`), 'retrying what was sent', { status: 409, code: 'message-not-retryable' });
  await call('POST', '/api/sessions/shop/sandbox/ack', { messageId: id, ack: -1 });
  const failed = await becomes(call, `/api/messages/${id}`, 'failed');
  t.is(failed.error.code, 'engine-failed');
  const again = await call('POST', `/api/messages/${id}/retry`);
  t.is(again.status, 202);
  t.is(again.json.error, undefined);
  await becomes(call, `/api/messages/${id}`, 'sent');
  const seen = (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data;
  t.is(seen.length, 2);
  t.is(new Set(seen.map(({ engineId }: Row) => engineId)).size, 2, 'a new message to WhatsApp');
});

test('a send that is never answered is unknown, is not sent again by itself, and is again when it is asked for', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions/shop/sandbox/faults', { send: { hang: true } });
  const started = performance.now();
  const { id } = (await call('POST', '/api/sessions/shop/messages', TEXT)).json;
  const behind = (await call('POST', '/api/sessions/shop/messages', { ...TEXT, text: 'behind' })).json.id;
  await becomes(call, `/api/messages/${id}`, 'sending');
  isProblem(t, await call('DELETE', `/api/messages/${id}`), 'canceling it', { status: 409, code: 'message-not-cancelable' });
  await call('POST', '/api/sessions/shop/sandbox/faults', {});
  const unknown = await becomes(call, `/api/messages/${id}`, 'unknown');
  t.true(performance.now() - started >= SEND_SECONDS * 1_000);
  t.is(unknown.error.code, 'engine-timeout');
  await becomes(call, `/api/messages/${behind}`, 'sent');
  t.is((await call('GET', `/api/messages/${id}`)).json.status, 'unknown');
  t.is((await eventsOf(call, '&types=message.unknown')).length, 1);
  t.is((await call('POST', `/api/messages/${id}/retry`)).status, 202);
  await becomes(call, `/api/messages/${id}`, 'sent');
  t.deepEqual(
    (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data.map(({ text }: Row) => text),
    ['behind', 'hello'],
  );
});

test('typing is shown for as long as it was asked for, and the acks of the phone are events in order', async (t) => {
  const { call } = await hub().tenant();
  const sessionId = await linkedSandbox(call, 'shop');
  const { id } = (await call('POST', '/api/sessions/shop/messages', { ...TEXT, typing: 600, reference: 'order-7' })).json;
  const { engineId } = await becomes(call, `/api/messages/${id}`, 'sent');
  const [seen] = (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data;
  t.like(seen, { engineId, to: `${CHAT}@c.us`, type: 'text', text: 'hello' });
  // A timer may go off within the millisecond before its own.
  t.true(seen.typingMs >= 599 && seen.typingMs < 2_000, `${seen.typingMs} ms`);
  const ack = (messageId: string, level: string | number) => call('POST', '/api/sessions/shop/sandbox/ack', { messageId, ack: level });
  t.is((await ack(id, 'delivered')).status, 204);
  await ack(engineId, 3);
  await ack(id, 'delivered');
  await ack(id, 'played');
  const played = await becomes(call, `/api/messages/${id}`, 'played');
  t.deepEqual(
    played.history.map(({ status }: Row) => status),
    ['queued', 'sending', 'sent', 'delivered', 'read', 'played'],
  );
  const events = (await eventsOf(call, `&session=${sessionId}`)).filter(({ data }) => data.id === id);
  t.deepEqual(
    events.map(({ type }) => type),
    played.history.map(({ status }: Row) => `message.${status}`),
  );
  t.true(events.every(({ data }) => data.reference === 'order-7'));
});

test('a message that comes twice is one, and one of the account’s own is told apart', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  const receive = (body: object) => call('POST', '/api/sessions/shop/sandbox/receive', { from: CHAT, text: 'olá 👋', ...body });
  const { engineId } = (await receive({})).json;
  t.is((await receive({ engineId })).json.engineId, engineId);
  await receive({ fromMe: true, text: 'from the phone' });
  const events = (await eventsOf(call)).filter(({ type }) => type.startsWith('message.'));
  t.deepEqual(
    events.map(({ type }) => type),
    ['message.received', 'message.fromphone'],
  );
  t.like(events[0].data, { engineId, text: 'olá 👋', direction: 'inbound', chat: { id: `${CHAT}@c.us`, kind: 'private' } });
  t.like(events[0].data.from, { lid: null, phone: CHAT });
  t.like(events[1].data, { direction: 'outbound', text: 'from the phone' });
  t.truthy((await call('GET', '/api/sessions/shop')).json.lastInboundAt);
});

test('the list of a chat is the whole conversation, under whichever of its names it is asked for and stored', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  const [given, short, lid] = ['+55 21 98888-7777', '552188887777@c.us', '123456789012345@lid'];
  const receive = (from: string, text: string, rest = {}) => call('POST', '/api/sessions/shop/sandbox/receive', { from, text, ...rest });
  const texts = async (chat: string) =>
    (await walk(call, `/api/sessions/shop/messages?chat=${encodeURIComponent(chat)}`, 2)).map(({ text }) => text);
  await receive(lid, 'from the hidden number');
  await call('POST', '/api/sessions/shop/messages', { ...TEXT, to: given, text: 'to the number as it is written' });
  await receive('5511977776666', 'somebody else');
  t.deepEqual(await texts(lid), ['from the hidden number'], 'nobody has told whose it is');
  await receive(short, 'from the number as WhatsApp has it', { lid });
  await receive(lid, 'hidden again');
  const all = ['hidden again', 'from the number as WhatsApp has it', 'to the number as it is written', 'from the hidden number'];
  for (const name of [given, '5521988887777', short, lid]) t.deepEqual(await texts(name), all, name);
});

test('a list is answered with a warning, and goes out as numbered text where that is asked for; a flow reads the number', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  const sections = [
    { title: 'Pizza', rows: [{ id: 'm', title: 'Margherita', description: 'Tomato, basil' }] },
    { title: 'Drinks', rows: [{ id: 'w', title: 'Water' }] },
  ];
  const list = { to: CHAT, type: 'list', title: 'Menu', text: 'What would you like?', button: 'Choose', sections };
  const send = (body: object, headers = {}) => call('POST', '/api/sessions/shop/messages', body, headers);
  const warned = await send(list, { 'idempotency-key': 'list-1' });
  t.is(warned.status, 202);
  t.is(warned.json.type, 'list');
  t.deepEqual(
    warned.json.warnings.map(({ path }: Row) => path),
    ['type'],
  );
  t.deepEqual((await send(list, { 'idempotency-key': 'list-1' })).json, warned.json, 'the same answer again');
  t.false('warnings' in (await call('GET', `/api/messages/${warned.json.id}`)).json);
  const sure = await send({ ...list, fallback: 'text' });
  t.like(sure.json, { type: 'text', text: 'Menu\n\nWhat would you like?\n\nPizza\n1. Margherita: Tomato, basil\n\nDrinks\n2. Water' });
  t.false('warnings' in sure.json);
  isProblem(t, await send({ ...list, fallback: 'poll' }), 'another fallback', { status: 422 });
  await becomes(call, `/api/messages/${sure.json.id}`, 'sent');
  const bulk = await call('POST', '/api/messages/bulk', { messages: [{ session: 'shop', ...list }] });
  t.is(bulk.json.data[0].message.warnings.length, 1);

  const steps = (verb: string) =>
    `flow: order\nversion: 1\nstart: [{ says: order }]\nsteps:\n  - ${verb}\n    options: { pizza: Pizza, water: Water }\n    save: dish\n  - say: "One {{ dish }}"\n`;
  for (const verb of ['menu: What?', 'list: What?\n    button: Choose\n    fallback: text']) {
    const put = await call('PUT', '/api/flows/order', steps(verb), { 'content-type': 'application/yaml' });
    t.is(put.status, 200, put.text);
    const hear = (text: string) => call('POST', '/api/sessions/shop/sandbox/receive', { from: CHAT, text });
    const said = async () => (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data.map(({ text }: Row) => text);
    await hear('order');
    await until(async () => /^What\?\s+1\. Pizza\n2\. Water$/.test((await said()).at(-1)), { what: `the question of ${verb}` });
    await hear('2');
    await until(async () => (await said()).at(-1) === 'One water', { what: `the answer to ${verb}` });
  }
  t.pass();
});

test('a message goes to who has a username, and what is kept of them is found by it', async (t) => {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop');
  const lid = '99887766554433@lid';
  const usernames = { 'bea.shop': lid, 'carla.pin': null };
  await call('POST', '/api/sessions/shop/sandbox/faults', { exists: { usernames } });
  const send = async (to: string) => (await call('POST', '/api/sessions/shop/messages', { ...TEXT, to })).json;
  const sent = await send('@Bea.shop');
  t.like(sent, { to: 'bea.shop@username', chat: { id: 'bea.shop@username', kind: 'private' } });
  await becomes(call, `/api/messages/${sent.id}`, 'sent');
  t.is((await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data[0].to, lid);
  for (const [to, words] of [
    ['@nobody.here', /nobody at WhatsApp has this username/],
    ['@carla.pin', /PIN/],
  ] as const) {
    const failed = await becomes(call, `/api/messages/${(await send(to)).id}`, 'failed');
    t.is(failed.error.code, 'recipient-unknown');
    t.regex(failed.error.message, words);
  }
  // Without a phone, by the username and the hidden number alone.
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: lid, name: 'Bea', username: 'bea.shop', text: 'hello' });
  const [heard] = (await call('GET', '/api/sessions/shop/messages?direction=inbound')).json.data;
  t.like(heard.from, { lid, phone: null, name: 'Bea', username: 'bea.shop' });
  for (const chat of ['@bea.shop', lid]) {
    const { data } = (await call('GET', `/api/sessions/shop/messages?chat=${encodeURIComponent(chat)}`)).json;
    t.is(data.length, 2, chat);
  }
  t.like((await call('GET', '/api/sessions/shop/contacts/@bea.shop')).json, { id: lid, phone: null, username: 'bea.shop' });
  t.like((await call('GET', '/api/sessions/shop/contacts/@bea.shop/exists')).json, { exists: true, chatId: lid, phone: null });
  t.is((await call('GET', '/api/sessions/shop/contacts?search=bea.sh')).json.data.length, 1);
  isProblem(t, await call('POST', '/api/sessions/shop/messages', { ...TEXT, mentions: ['@bea.shop'] }), 'a mention', { status: 422 });

  const erased = await call('DELETE', '/api/sessions/shop/contacts/@bea.shop/data');
  t.true(erased.status < 300, erased.text);
  await until(async () => (await call('GET', `/api/sessions/shop/messages?chat=${lid}`)).json.data.length === 0, {
    what: 'both to be gone',
  });
  t.is((await call('GET', `/api/messages/${sent.id}`)).status, 404);
});
