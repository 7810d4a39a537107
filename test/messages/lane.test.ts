import test, { type ExecutionContext } from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import { stores } from '../helpers/database.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { gate, Hub, openHub } from './hub.ts';

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('It did not come to pass within 10 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
};

const refuseOnce = (hub: Hub, error: Error): void => {
  hub.engine.onSend = async () => {
    hub.engine.onSend = async () => undefined;
    throw error;
  };
};

const notHandedOver = new HooklineError('engine-timeout', 'The page was not ready.', { stage: 'later' });
const timeout = new HooklineError('engine-timeout', 'No answer.');

/** A hub that hands a message over, and is never answered. */
async function hanging(t: ExecutionContext, store: DialectName) {
  const first = await openHub(t, store);
  const inside = gate();
  const never = gate();
  t.teardown(never.open);
  first.engine.onSend = () => {
    inside.open();
    return never.opened;
  };
  const { message } = await first.accept();
  await inside.opened;
  return { first, message, never };
}

for (const store of await stores()) {
  test(`${store}: an accepted send is handed over and tells each step`, async (t) => {
    const hub = await openHub(t, store);
    const { message, replayed } = await hub.accept({ to: '+55 11 98765-4321', reference: 'order 7' });
    t.is(message.status, 'queued');
    t.false(replayed);
    await hub.drain();
    t.like(hub.engine.sent, [{ to: '5511987654321@c.us', text: 'hello' }]);
    const events = await hub.events();
    t.deepEqual(
      events.map((event) => event.type),
      ['message.queued', 'message.sending', 'message.sent'],
    );
    const data = events.map((event) => JSON.parse(event.json));
    t.is(data[1].engineId, hub.engine.sent[0]?.engineId, 'the id is reserved before the hand-over');
    t.like(data[2], { id: message.id, status: 'sent', reference: 'order 7', chat: { id: '5511987654321@c.us', kind: 'private' } });
    const detail = await hub.outbox.get(hub.session.tenantId, message.id);
    t.deepEqual(
      detail.history.map((entry) => entry.status),
      ['queued', 'sending', 'sent'],
    );
  });

  test(`${store}: sends of a session leave one at a time in the order of acceptance`, async (t) => {
    const hub = await openHub(t, store);
    const texts = Array.from({ length: 60 }, (_, i) => `n${i}`);
    await Promise.all(texts.map((text) => hub.accept({ text })));
    await hub.drain();
    t.deepEqual(hub.engine.texts, texts);
    t.is(hub.engine.mostInFlight, 1);
    const seqs = (await hub.events()).map((event) => event.seq);
    t.deepEqual(
      seqs,
      seqs.map((_, i) => i + 1),
      'events of a session are numbered without a gap',
    );
  });

  test(`${store}: a higher priority passes what waits`, async (t) => {
    const hub = await openHub(t, store, { start: false });
    await hub.accept({ text: 'bulk 1' });
    await hub.accept({ text: 'bulk 2' });
    await hub.accept({ text: 'reply', priority: 5 });
    await hub.start();
    await hub.drain();
    t.deepEqual(hub.engine.texts, ['reply', 'bulk 1', 'bulk 2']);
  });

  test(`${store}: a disconnected session holds its sends and lets them go when it is connected`, async (t) => {
    const hub = await openHub(t, store);
    await hub.say('disconnected');
    const { message } = await hub.accept();
    await hub.drain();
    t.deepEqual(hub.engine.sent, []);
    t.is(await hub.statusOf(message.id), 'queued');
    await hub.say('connected');
    await hub.drain();
    t.is(await hub.statusOf(message.id), 'sent');
  });

  test(`${store}: a crash in the hand-over leaves it unknown, and WhatsApp's answer settles it`, async (t) => {
    const { first, message, never } = await hanging(t, store);
    const { message: behind } = await first.accept({ text: 'behind it' });

    const second = await new Hub(first.db, first.session).start();
    t.teardown(() => second.stop());
    second.engine.onFind = () => 'sent';
    await second.drain();
    t.deepEqual(second.engine.asked, [first.engine.sent[0]?.engineId]);
    t.deepEqual(second.engine.texts, ['behind it'], 'it is not sent twice');
    t.is(await second.statusOf(message.id), 'sent');
    t.is(await second.statusOf(behind.id), 'sent');
    const told = (await second.events()).filter((event) => JSON.parse(event.json).id === message.id).map((event) => event.type);
    t.deepEqual(told, ['message.queued', 'message.sending', 'message.unknown', 'message.sent']);

    never.open();
    await first.dispatcher.drain();
    t.is((await second.events('message.sent')).length, 2, 'the old owner has lost the lane and writes nothing');
  });

  test(`${store}: what a former owner was handing over is asked about although the session connects as that is found`, async (t) => {
    const { first, message } = await hanging(t, store);

    const second = new Hub(first.db, first.session);
    second.connected = false;
    second.engine.onFind = () => 'sent';
    // Whoever follows the ledger, on another node perhaps, was here already: nobody says it once more.
    second.onEngineOf = () => {
      second.connected = true;
    };
    t.teardown(() => second.stop());
    await second.dispatcher.start();
    await second.drain();
    t.is(second.engine.asked.length, 1);
    t.is(await second.statusOf(message.id), 'sent');
  });

  test(`${store}: a time-out is unknown, is asked about on every connection and never sent again`, async (t) => {
    const hub = await openHub(t, store);
    refuseOnce(hub, timeout);
    const { message } = await hub.accept();
    await hub.drain();
    t.is(await hub.statusOf(message.id), 'unknown');
    t.is(hub.engine.asked.length, 1);
    hub.engine.onFind = () => 'absent';
    await hub.say('disconnected');
    await hub.say('connected');
    await hub.drain();
    t.is(hub.engine.asked.length, 2);
    t.is(await hub.statusOf(message.id), 'unknown');
    hub.engine.onFind = () => 'sent';
    await hub.say('connected');
    await hub.drain();
    t.is(await hub.statusOf(message.id), 'sent');
    t.is(hub.engine.sent.length, 1);
  });

  test(`${store}: what is unknown while disconnected waits without being asked`, async (t) => {
    const hub = await openHub(t, store);
    hub.engine.onSend = async () => {
      hub.connected = false;
      throw timeout;
    };
    const { message } = await hub.accept();
    await hub.drain();
    t.is(await hub.statusOf(message.id), 'unknown');
    t.deepEqual(hub.engine.asked, []);
  });

  test(`${store}: an ack that overtakes the record of the send is kept`, async (t) => {
    const hub = await openHub(t, store);
    hub.engine.onSend = ({ engineId }) => hub.outbox.ack(hub.session, { engineId, level: 'read', at: Date.now() });
    const { message } = await hub.accept();
    await hub.accept({ text: 'next' });
    await hub.drain();
    t.is(await hub.statusOf(message.id), 'read');
    const told = (await hub.events()).filter((event) => JSON.parse(event.json).id === message.id).map((event) => event.type);
    t.deepEqual(told, ['message.queued', 'message.sending', 'message.read']);
    t.deepEqual(hub.engine.texts, ['hello', 'next']);
  });

  test(`${store}: the recipient sees "typing…" first, and a crash meanwhile leaves nothing unknown`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    const { message } = await hub.accept({ typing: 1_500 });
    await until(() => hub.engine.typed.length === 1);
    await until(() => clock.pending > 0);
    t.is(await hub.statusOf(message.id), 'queued');
    clock.advance(1_499);
    t.is(hub.engine.sent.length, 0);
    clock.advance(1);
    await hub.drain();
    t.deepEqual(
      hub.engine.typed.map(({ on }) => on),
      [true, false],
    );
    t.is(await hub.statusOf(message.id), 'sent');
  });

  test(`${store}: a reply quotes WhatsApp's id of the message it answers`, async (t) => {
    const hub = await openHub(t, store);
    const { message } = await hub.accept();
    await hub.drain();
    await hub.accept({ replyTo: message.id });
    await hub.accept({ replyTo: 'false_5511987654321@c.us_AB' });
    await hub.drain();
    t.is(hub.engine.sent[1]?.replyTo, hub.engine.sent[0]?.engineId);
    t.is(hub.engine.sent[2]?.replyTo, 'false_5511987654321@c.us_AB');
  });
}

test('what certainly did not go out is tried again with back-off, and what is behind it waits', async (t) => {
  const clock = new FakeClock();
  const hub = await openHub(t, 'sqlite', { clock });
  let refusals = 3;
  hub.engine.onSend = async () => {
    if (refusals-- > 0) throw notHandedOver;
  };
  const { message } = await hub.accept({ text: 'first' });
  await hub.accept({ text: 'second' });
  await hub.drain();
  t.is(await hub.statusOf(message.id), 'queued');
  t.is(hub.engine.sent.length, 1);
  // The dice stand at one half of 2, 4 and 8 s.
  for (const wait of [1_000, 2_000, 4_000]) {
    const before = hub.engine.sent.length;
    clock.advance(wait - 1);
    await hub.drain();
    t.is(hub.engine.sent.length, before);
    clock.advance(1);
    await hub.drain();
    t.true(hub.engine.sent.length > before);
  }
  t.deepEqual(hub.engine.texts, ['first', 'first', 'first', 'first', 'second']);
  t.is(new Set(hub.engine.sent.slice(0, 4).map(({ engineId }) => engineId)).size, 1, 'a message keeps its reserved id');
  t.is((await hub.outbox.get(hub.session.tenantId, message.id)).attempts, 4);
});

test('a connection ends the wait for the next try', async (t) => {
  const clock = new FakeClock();
  const hub = await openHub(t, 'sqlite', { clock });
  refuseOnce(hub, new HooklineError('session-not-connected', 'Gone.', { stage: 'later' }));
  const { message } = await hub.accept();
  await hub.drain();
  t.is(await hub.statusOf(message.id), 'queued');
  await hub.say('connected');
  await hub.drain();
  t.is(await hub.statusOf(message.id), 'sent');
});

test('a send that is refused for good fails and lets the next one pass', async (t) => {
  const hub = await openHub(t, 'sqlite');
  refuseOnce(hub, new HooklineError('engine-failed', 'No such account.', { stage: 'refused' }));
  const { message } = await hub.accept();
  const { message: next } = await hub.accept();
  await hub.drain();
  const detail = await hub.outbox.get(hub.session.tenantId, message.id);
  t.like(detail, { status: 'failed', error: { code: 'engine-failed', message: 'No such account.' } });
  t.like(JSON.parse((await hub.events('message.failed'))[0]?.json ?? ''), { error: { code: 'engine-failed' } });
  t.is(await hub.statusOf(next.id), 'sent');
});

test('an engine that never answers gives the lane back', async (t) => {
  const clock = new FakeClock();
  const hub = await openHub(t, 'sqlite', { clock });
  hub.engine.onSend = () => new Promise(() => undefined);
  const { message } = await hub.accept();
  await until(() => hub.engine.sent.length === 1);
  clock.advance(90_000);
  await until(async () => (await hub.statusOf(message.id)) === 'unknown');
  t.is((await hub.outbox.get(hub.session.tenantId, message.id)).error?.code, 'engine-timeout');
});

test('what is held past its time expires, also while the session is disconnected', async (t) => {
  const clock = new FakeClock();
  const hub = await openHub(t, 'sqlite', { clock });
  await hub.say('disconnected');
  const { message } = await hub.accept({ expiresAt: clock.now() + 20_000 });
  const { message: later } = await hub.accept();
  await hub.drain();
  clock.advance(19_999);
  await hub.drain();
  t.is(await hub.statusOf(message.id), 'queued');
  clock.advance(1);
  await hub.drain();
  t.is(await hub.statusOf(message.id), 'expired');
  t.is(await hub.statusOf(later.id), 'queued', 'a day is the default');
  t.is((await hub.events('message.expired')).length, 1);
  await hub.say('connected');
  await hub.drain();
  t.deepEqual(hub.engine.sent.length, 1);
});

test('a scheduled send leaves at its time, not before', async (t) => {
  const clock = new FakeClock();
  const hub = await openHub(t, 'sqlite', { clock });
  const { message } = await hub.accept({ sendAt: clock.now() + 10_000, text: 'later' });
  t.is(message.status, 'scheduled');
  await hub.accept({ text: 'now' });
  await hub.drain();
  t.deepEqual(hub.engine.texts, ['now']);
  clock.advance(10_000);
  await hub.drain();
  t.deepEqual(hub.engine.texts, ['now', 'later']);
  const told = (await hub.events()).filter((event) => JSON.parse(event.json).id === message.id).map((event) => event.type);
  t.deepEqual(told, ['message.scheduled', 'message.queued', 'message.sending', 'message.sent']);
});

test('a pump stops after its slice of time and the lane goes on where it stood', async (t) => {
  const clock = new FakeClock();
  const hub = await openHub(t, 'sqlite', { clock, start: false });
  hub.engine.onSend = async () => clock.advance(700);
  for (const text of ['a', 'b', 'c', 'd', 'e']) await hub.accept({ text });
  await hub.start();
  await hub.drain();
  t.deepEqual(hub.engine.texts, ['a', 'b', 'c', 'd', 'e']);
});
