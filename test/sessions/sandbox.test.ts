import { appendFile, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { HooklineError, hasCode } from '../../src/core/errors.ts';
import type { TenantId } from '../../src/core/ids.ts';
import type { OutgoingMessage } from '../../src/core/message.ts';
import { toProblem } from '../../src/http/problems.ts';
import { WA_JS_CODES } from '../../src/sessions/engines/wa-js-codes.ts';
import { until } from '../helpers/hub.ts';
import { makeRoom, type Room } from './room.ts';

const PERSON = '5511988887777';

async function linked(room: Room, name = 'shop'): Promise<TenantId> {
  const tenant = await room.tenant();
  await room.sessions.create(tenant, { name });
  await (await room.sessions.sandbox(tenant, name)).scan();
  return tenant;
}

function text(room: Room, sessionId: Parameters<Room['sessions']['engineOf']>[0], words: string): OutgoingMessage {
  const engine = room.sessions.engineOf(sessionId);
  const to = `${PERSON}@c.us`;
  return { engineId: engine?.reserveId(to) ?? '', to, type: 'text', text: words };
}

test('a session is made, shows a code, is scanned, receives and sends', async (t) => {
  const room = await makeRoom();
  const tenant = await room.tenant();
  const { session, created } = await room.sessions.create(tenant, { name: 'shop' });
  t.true(created);
  t.is(session.status, 'qr');
  const qr = await room.sessions.qr(tenant, 'shop');
  t.is(qr.attempt, 1);
  t.regex(qr.dataUrl, /^data:image\/png;base64,/);
  t.is(Date.parse(qr.restartsAt) - Date.parse(qr.issuedAt) > 299_000, true);

  const phone = await room.sessions.sandbox(tenant, session.id);
  await phone.scan({ phone: '+55 11 91111-2222', name: 'The Shop' });
  const view = await room.sessions.get(tenant, 'shop');
  t.is(view.status, 'connected');
  t.is(view.phone, '5511911112222');
  t.is(view.pushName, 'The Shop');
  t.deepEqual(view.attempts, { made: 1, succeeded: 1 });
  t.is(view.qr, null);
  t.deepEqual(await room.statuses(tenant), ['starting (requested)', 'qr', 'connecting', 'connected']);

  const { engineId } = await phone.receive({ from: PERSON, text: 'hello' });
  t.is(room.received.length, 1);
  const { message } = room.received[0] ?? t.fail();
  t.like(message, { engineId, text: 'hello', type: 'text', fromMe: false, to: '5511911112222@c.us' });
  t.deepEqual(message.from, { id: `${PERSON}@c.us`, phone: PERSON, lid: null, name: null });

  t.is((await room.sessions.get(tenant, 'shop')).lastInboundAt, new Date(message.timestamp).toISOString());

  const engine = room.sessions.engineOf(session.id);
  await engine?.typing(`${PERSON}@c.us`, true);
  await engine?.send(text(room, session.id, 'hi'));
  const { data } = await phone.outbox({ limit: 10 });
  t.like(data[0], { to: `${PERSON}@c.us`, type: 'text', text: 'hi' });
  await room.dispose();
});

test('after a restart of the hub the phone is still linked and remembers what it was sent', async (t) => {
  const room = await makeRoom();
  const tenant = await linked(room);
  const { id } = await room.sessions.get(tenant, 'shop');
  for (const words of ['one', 'two', 'three']) await room.sessions.engineOf(id)?.send(text(room, id, words));
  await room.sessions.stop();
  t.is((await room.sessions.get(tenant, 'shop')).status, 'stopped');

  await room.reboot().start();
  const phone = await room.sessions.sandbox(tenant, 'shop');
  t.is((await room.sessions.connect(tenant, 'shop')).status, 'connected');
  const first = await phone.outbox({ limit: 2 });
  const rest = await phone.outbox({ limit: 2, cursor: first.nextCursor ?? '' });
  t.deepEqual(
    [...first.data, ...rest.data].map((m) => m.text),
    ['one', 'two', 'three'],
  );
  t.is(rest.nextCursor, null);
  t.is((await room.events(tenant, 'session.qr')).length, 1);
  await room.dispose();
});

test('what reaches the phone while the session is disconnected arrives once it is connected again', async (t) => {
  const room = await makeRoom();
  const tenant = await linked(room);
  const phone = await room.sessions.sandbox(tenant, 'shop');
  await phone.disconnect({ reason: 'network' });
  t.is((await room.sessions.get(tenant, 'shop')).status, 'disconnected');
  await phone.receive({ from: PERSON, text: 'are you there?' });
  t.is(room.received.length, 0);
  await room.sessions.connect(tenant, 'shop');
  await until(() => room.received.length > 0);
  t.is(room.received[0]?.message.text, 'are you there?');
  await room.dispose();
});

test('a message that the hub could not store is refused and offered again', async (t) => {
  const room = await makeRoom();
  const tenant = await linked(room);
  const phone = await room.sessions.sandbox(tenant, 'shop');
  room.inboxError = new HooklineError('storage-full', 'disk full');
  await t.throwsAsync(phone.receive({ from: PERSON, text: 'precious', engineId: 'abc' }), { message: 'disk full' });
  room.inboxError = undefined;

  // As if the hub had been killed between the phone's disk and its own.
  await room.sessions.stop();
  await room.reboot().start();
  await room.sessions.connect(tenant, 'shop');
  t.deepEqual([...new Set(room.received.map(({ message }) => message.engineId))], ['abc']);
  await room.dispose();
});

test('the phone forgets what the hub has confirmed', async (t) => {
  const room = await makeRoom();
  const tenant = await linked(room);
  const phone = await room.sessions.sandbox(tenant, 'shop');
  await Promise.all(Array.from({ length: 50 }, (_, i) => phone.receive({ from: PERSON, text: String(i) })));
  t.is(room.received.length, 50);
  const [profile = ''] = await readdir(room.tokensDir);
  t.is(await readFile(join(room.tokensDir, profile, 'inbox.jsonl'), 'utf8'), '');
  t.is((await stat(join(room.tokensDir, profile))).mode & 0o777, 0o700);
  await room.dispose();
});

test('files that a power cut has left unreadable are set aside, and the phone goes on', async (t) => {
  const room = await makeRoom();
  const tenant = await linked(room);
  const phone = await room.sessions.sandbox(tenant, 'shop');
  const { id } = await room.sessions.ref(tenant, 'shop');
  await room.sessions.engineOf(id)?.send(text(room, id, 'before'));
  await room.sessions.disconnect(tenant, 'shop');
  const [profile = ''] = await readdir(room.tokensDir);
  const file = (name: string): string => join(room.tokensDir, profile, name);
  await appendFile(file('outbox.jsonl'), `${'\0'.repeat(100)}\n`);
  await writeFile(file('book.json'), '');
  await room.sessions.connect(tenant, 'shop');
  t.is((await room.sessions.get(tenant, 'shop')).status, 'connected');
  await room.sessions.engineOf(id)?.send(text(room, id, 'after'));
  t.deepEqual(
    (await phone.outbox({ limit: 10 })).data.map((message) => message.text),
    ['before', 'after'],
  );

  await room.sessions.disconnect(tenant, 'shop');
  await writeFile(file('phone.json'), '{"phone":"55');
  await room.sessions.connect(tenant, 'shop');
  t.is((await room.sessions.get(tenant, 'shop')).status, 'qr', 'without its login it is to be linked again');
  t.is(await readFile(file('phone.json.unreadable'), 'utf8'), '{"phone":"55');
  await room.dispose();
});

test('a full disk of the phone is told as such, and a message that it could not note was not sent', async (t) => {
  const room = await makeRoom();
  const tenant = await linked(room);
  const phone = await room.sessions.sandbox(tenant, 'shop');
  const { id } = await room.sessions.ref(tenant, 'shop');
  const [profile = ''] = await readdir(room.tokensDir);
  // What is written there finds no room (https://man7.org/linux/man-pages/man4/full.4.html).
  await symlink('/dev/full', join(room.tokensDir, profile, 'book.json.new'));
  const error = await t.throwsAsync(phone.receive({ from: PERSON, text: 'x' }));
  const { problem } = toProblem(error, room.runtime.log);
  t.is(problem.status, 507);
  t.regex(problem.detail, /disk is full \(ENOSPC.*free some space/);

  await rm(join(room.tokensDir, profile), { recursive: true });
  const refused = await t.throwsAsync(room.sessions.engineOf(id)?.send(text(room, id, 'y')) ?? Promise.resolve());
  t.like(refused, { stage: 'before' });
  await room.dispose();
});

test('an ack by the id of the hub or of WhatsApp reaches the hub', async (t) => {
  const room = await makeRoom();
  const tenant = await linked(room);
  const phone = await room.sessions.sandbox(tenant, 'shop');
  room.engineIds.set('msg_1', 'true_x');
  await phone.ack({ messageId: 'msg_1', ack: 'delivered' });
  await phone.ack({ messageId: 'true_y', ack: 'read' });
  t.deepEqual(
    room.acks.map(({ engineId, level }) => [engineId, level]),
    [
      ['true_x', 'delivered'],
      ['true_y', 'read'],
    ],
  );
  await t.throwsAsync(phone.ack({ messageId: 'msg_2', ack: 'read' }), { code: 'not-found' });
  await room.dispose();
});

for (const [reason, status, because] of [
  ['loggedOut', 'loggedOut', 'logged-out'],
  ['banned', 'failed', 'banned'],
  ['conflict', 'failed', 'conflict'],
  ['network', 'disconnected', 'network'],
] as const) {
  test(`a session that is cut by ${reason} is ${status}`, async (t) => {
    const room = await makeRoom();
    const tenant = await linked(room);
    await (await room.sessions.sandbox(tenant, 'shop')).disconnect({ reason });
    const view = await room.sessions.get(tenant, 'shop');
    t.is(view.status, status);
    t.is(view.reason, because);
    t.is(view.nextAttemptAt !== null, status === 'disconnected');
    const again = await room.sessions.connect(tenant, 'shop');
    t.is(again.status, reason === 'loggedOut' || reason === 'banned' ? 'qr' : 'connected');
    await room.dispose();
  });
}

test('a fault makes the sends fail that were asked to fail, and no more', async (t) => {
  const room = await makeRoom();
  const tenant = await linked(room);
  const { id } = await room.sessions.get(tenant, 'shop');
  const phone = await room.sessions.sandbox(tenant, 'shop');
  phone.faults({ send: { failNext: 1 } });
  const error = await t.throwsAsync(async () => room.sessions.engineOf(id)?.send(text(room, id, 'lost')));
  t.true(hasCode(error, 'engine-failed') && error.stage === 'before');
  await room.sessions.engineOf(id)?.send(text(room, id, 'found'));
  t.deepEqual(
    (await phone.outbox({ limit: 10 })).data.map((m) => m.text),
    ['found'],
  );
  await room.dispose();
});

test('a message that the phone cannot write down was certainly not sent', async (t) => {
  const room = await makeRoom();
  const tenant = await linked(room);
  const { id } = await room.sessions.get(tenant, 'shop');
  const [profile = ''] = await readdir(room.tokensDir);
  await rm(join(room.tokensDir, profile), { recursive: true });
  const error = await t.throwsAsync(async () => room.sessions.engineOf(id)?.send(text(room, id, 'lost')));
  t.true(hasCode(error, 'engine-failed') && error.stage === 'before');
  await room.dispose();
});

test('a fault refuses in the way that it was told, with what it means for the message', async (t) => {
  const room = await makeRoom();
  const tenant = await linked(room);
  const { id } = await room.sessions.get(tenant, 'shop');
  const phone = await room.sessions.sandbox(tenant, 'shop');
  const engine = room.sessions.engineOf(id);
  for (const [code, { stage, answer }] of Object.entries(WA_JS_CODES)) {
    const fault = { failNext: 1, code };
    phone.faults({ send: fault, directory: { ...fault } });
    const error = await t.throwsAsync<HooklineError>(async () => engine?.send(text(room, id, 'lost')), undefined, code);
    // Of what WhatsApp had and does not explain nobody knows whether it is out.
    t.is(error?.stage, code === 'ERROR_UNKNOWN' ? 'perhaps' : stage, code);
    t.regex(error?.message ?? '', new RegExp(code));
    t.true(hasCode(await t.throwsAsync(async () => engine?.directory.contacts()), answer), code);
  }
  phone.faults({ send: { failNext: 1 } });
  const unknown = await t.throwsAsync<HooklineError>(async () => engine?.send(text(room, id, 'lost')));
  t.is(unknown?.stage, 'before');
  t.deepEqual((await phone.outbox({ limit: 10 })).data, []);
  await room.dispose();
});

test('only a code that is shown can be scanned, and only a linked phone receives', async (t) => {
  const room = await makeRoom();
  const tenant = await room.tenant();
  await room.sessions.create(tenant, { name: 'shop', start: false });
  const phone = await room.sessions.sandbox(tenant, 'shop');
  await t.throwsAsync(phone.scan(), { code: 'qr-not-waiting' });
  await t.throwsAsync(phone.receive({ from: PERSON, text: 'hello' }), { code: 'session-not-connected' });
  await room.sessions.connect(tenant, 'shop');
  await t.throwsAsync(phone.scan({ phone: 'my phone' }), { code: 'invalid-body' });
  await room.dispose();
});

test('a process that may run no session any more in the middle of a send does not go on with it', async (t) => {
  let mayRun = true;
  const room = await makeRoom({ mayRun: () => mayRun });
  const tenant = await linked(room);
  const { id } = await room.sessions.get(tenant, 'shop');
  const sending = room.sessions.engineOf(id)?.send(text(room, id, 'late'));
  mayRun = false;
  await t.throwsAsync(async () => sending, { code: 'session-not-connected' });
  const { data } = await (await room.sessions.sandbox(tenant, 'shop')).outbox({ limit: 10 });
  t.deepEqual(data, []);
  await room.dispose();
});
