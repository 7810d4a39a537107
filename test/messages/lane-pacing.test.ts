import test from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import { stores } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { gate, Hub, openHub } from './hub.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Lets time pass until something holds: what is due later than a minute is left to a sweep, which reads the store. */
async function pass(hub: Hub, clock: FakeClock, holds: () => boolean | Promise<boolean>): Promise<void> {
  await until(
    async () => {
      clock.advance(1_000);
      await hub.drain();
      return holds();
    },
    { every: 1 },
  );
}

/** FakeClock begins on Monday, 2026-01-05, at 12:00 UTC. */
for (const store of await stores()) {
  test(`${store}: over its pace a send waits and says for what, and a restart forgets none of it`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    hub.config = { pacing: { perMinute: 2, burst: 2 } };
    const sends = [await hub.accept({ text: 'a' }), await hub.accept({ text: 'b' }), await hub.accept({ text: 'c' })];
    const reply = await hub.accept({ text: 'reply', priority: 5 });
    await hub.drain();
    t.is(hub.engine.sent.length, 2);
    const waiting = [...sends, reply].map(({ message }) => message.id).reverse();
    const next = await hub.detail(waiting[0] as string);
    const until = new Date(clock.now() + MINUTE / 2).toISOString();
    if (next.status === 'queued') t.deepEqual(next.waitsFor, { reason: 'rate', until });
    t.deepEqual((await hub.detail(sends[2]?.message.id as string)).waitsFor, { reason: 'rate', until });

    await hub.stop();
    const second = await new Hub(hub.db, hub.session, { clock, engine: hub.engine });
    second.config = hub.config;
    await second.start();
    t.teardown(() => second.stop());
    await second.drain();
    t.is(hub.engine.sent.length, 2, 'the bucket is as empty as it was');
    clock.advance(MINUTE / 2 - 1);
    await second.drain();
    t.is(hub.engine.sent.length, 2);
    clock.advance(1);
    await second.drain();
    t.is(hub.engine.sent.length, 3);
    clock.advance(MINUTE / 2);
    await second.drain();
    t.deepEqual([...hub.engine.texts].sort(), ['a', 'b', 'c', 'reply']);
    t.true(hub.engine.texts.indexOf('reply') < hub.engine.texts.indexOf('c'), 'what is more urgent goes first when something may go');
  });

  test(`${store}: in quiet hours nothing leaves, and everything in order after them`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    hub.config = { pacing: { quietHours: { from: '11:00', to: '14:30', timezone: 'Europe/Berlin' } } };
    const { message } = await hub.accept({ text: 'a' });
    await hub.accept({ text: 'b' });
    await hub.drain();
    t.deepEqual((await hub.detail(message.id)).waitsFor, { reason: 'quiet-hours', until: '2026-01-05T13:30:00.000Z' });
    const lane = await hub.db.sql('lanes').whereLike('key', 'send:%').first('due_at');
    t.true(lane.due_at <= clock.now() + 15 * MINUTE, 'the lane does not rely on what it reckoned once');
    clock.advance(1.5 * HOUR - 1);
    await hub.drain();
    t.deepEqual(hub.engine.texts, []);
    await pass(hub, clock, () => hub.engine.texts.length === 2);
    t.deepEqual(hub.engine.texts, ['a', 'b']);
    t.is((await hub.detail(message.id)).waitsFor, undefined);
  });

  test(`${store}: a limit of one chat is that chat's`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    hub.config = { pacing: { perChatPerMinute: 1 } };
    await hub.accept({ to: '5511987654321', text: 'a1' });
    await hub.accept({ to: '5511987654322', text: 'b1' });
    const { message } = await hub.accept({ to: '5511987654321', text: 'a2' });
    await hub.drain();
    t.deepEqual(hub.engine.texts, ['a1', 'b1']);
    t.like((await hub.detail(message.id)).waitsFor, { reason: 'chat-rate' });
    clock.advance(MINUTE);
    await hub.drain();
    t.deepEqual(hub.engine.texts, ['a1', 'b1', 'a2']);
  });

  test(`${store}: settings that are changed hold at once for what waits`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    hub.config = { pacing: { quietHours: { from: '00:00', to: '23:59', timezone: 'UTC' } } };
    await hub.accept();
    await hub.drain();
    t.is(hub.engine.sent.length, 0);
    hub.config = {};
    await hub.db.write((tx) => hub.outbox.rescheduleLane(tx, hub.session));
    await hub.drain();
    t.is(hub.engine.sent.length, 1);
  });

  test(`${store}: what waits expires in its time`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    hub.config = { pacing: { quietHours: { from: '00:00', to: '23:59', timezone: 'UTC' } } };
    const { message } = await hub.accept({ expiresAt: clock.now() + MINUTE });
    await hub.drain();
    clock.advance(MINUTE);
    await hub.drain();
    t.is(await hub.statusOf(message.id), 'expired');
  });

  test(`${store}: each way of waiting is told`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    hub.connected = false;
    const later = await hub.accept({ sendAt: clock.now() + HOUR });
    const first = await hub.accept({ text: 'first' });
    const second = await hub.accept({ text: 'second' });
    // The lane has looked, and waits: or it would try once more than the test counts.
    await hub.drain();
    const why = async (id: string) => (await hub.detail(id)).waitsFor;
    t.deepEqual(await why(later.message.id), { reason: 'send-at', until: '2026-01-05T13:00:00.000Z' });
    t.deepEqual(await why(first.message.id), { reason: 'connection', until: null });
    hub.engine.onSend = async () => {
      throw new HooklineError('engine-failed', 'The page was not ready.', { stage: 'before' });
    };
    await hub.say('connected');
    t.deepEqual(await why(first.message.id), { reason: 'retry', until: '2026-01-05T12:00:01.000Z' });
    t.deepEqual(await why(second.message.id), { reason: 'order', until: '2026-01-05T12:00:01.000Z' });
  });

  test(`${store}: a recipient that is not there fails the send before it is handed over, and the next one leaves`, async (t) => {
    const hub = await openHub(t, store);
    hub.engine.onResolve = async (chatId) => {
      if (chatId.startsWith('5511987654321')) return chatId.replace('321@', '320@');
      throw new HooklineError('recipient-unknown', 'Not on WhatsApp.', { stage: 'refused' });
    };
    const { message } = await hub.accept({ to: '5511987654322' });
    await hub.accept({ text: 'next' });
    await hub.drain();
    const failed = await hub.detail(message.id);
    t.is(failed.error?.code, 'recipient-unknown');
    t.deepEqual(
      failed.history.map(({ status }) => status),
      ['queued', 'failed'],
    );
    t.deepEqual(hub.engine.texts, ['next']);
    t.is(hub.engine.sent[0]?.to, '5511987654320@c.us', 'it goes where the address book says');
  });

  test(`${store}: what cannot be made ready yet is tried again, and a crash meanwhile leaves it queued`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    let tries = 0;
    hub.engine.onResolve = async (chatId) => {
      if (++tries < 3) throw new HooklineError('engine-timeout', 'No answer.', { stage: 'later' });
      return chatId;
    };
    const { message } = await hub.accept();
    await hub.drain();
    t.like(await hub.detail(message.id), { status: 'queued', attempts: 1, error: { code: 'engine-timeout' }, engineId: null });
    clock.advance(1_000);
    await hub.drain();
    clock.advance(2_000);
    await hub.drain();
    t.is(await hub.statusOf(message.id), 'sent');

    const inside = gate();
    const never = gate();
    hub.engine.onResolve = async (chatId) => {
      inside.open();
      await never.opened;
      return chatId;
    };
    const { message: other } = await hub.accept({ to: '5511987654322' });
    await inside.opened;
    const second = await new Hub(hub.db, hub.session, { clock }).start();
    t.teardown(() => second.stop());
    await second.say('connected');
    t.is(await second.statusOf(other.id), 'sent');
    never.open();
    await hub.dispatcher.drain();
    t.is(hub.engine.sent.length, 1, 'the old owner has lost the lane and hands nothing over');
  });

  test(`${store}: a message that is not delivered in time is told of once`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock, ackTimeout: HOUR });
    const { message } = await hub.accept();
    const { message: delivered } = await hub.accept();
    const { message: group } = await hub.accept({ to: '120363000000000000@g.us' });
    await hub.drain();
    await hub.outbox.ack(hub.session, { engineId: hub.engine.sent[1]?.engineId ?? '', level: 'delivered', at: clock.now() });
    clock.advance(HOUR - 1);
    await hub.drain();
    t.deepEqual(await hub.events('message.undelivered'), []);
    await pass(hub, clock, async () => (await hub.events('message.undelivered')).length > 0);
    clock.advance(10 * HOUR);
    await hub.drain();
    const told = await hub.events('message.undelivered');
    t.deepEqual(
      told.map(({ json }) => JSON.parse(json).id),
      [message.id],
    );
    t.is(await hub.statusOf(message.id), 'sent');
    t.is(await hub.statusOf(delivered.id), 'delivered');
    t.is(await hub.statusOf(group.id), 'sent');
  });

  test(`${store}: in a group each person's receipts are kept, and the message follows what WhatsApp says of it as a whole`, async (t) => {
    const hub = await openHub(t, store);
    const { message } = await hub.accept({ to: '120363000000000000@g.us' });
    await hub.drain();
    const engineId = hub.engine.sent[0]?.engineId ?? '';
    const ack = (level: 'delivered' | 'read', at: number, participant?: string) =>
      hub.outbox.ack(hub.session, { engineId, level, at, ...(participant && { participant }) });
    await ack('delivered', 1_000, 'a@c.us');
    await ack('delivered', 2_000, 'b@c.us');
    await ack('read', 3_000, 'a@c.us');
    await ack('delivered', 4_000, 'a@c.us');
    const detail = await hub.detail(message.id);
    t.is(detail.status, 'sent');
    t.deepEqual(detail.recipients, [
      { id: 'b@c.us', status: 'delivered', at: '1970-01-01T00:00:02.000Z' },
      { id: 'a@c.us', status: 'read', at: '1970-01-01T00:00:03.000Z' },
    ]);
    await ack('delivered', 5_000);
    t.is(await hub.statusOf(message.id), 'delivered');
    t.is((await hub.events('message.delivered')).length, 1);
  });
}
