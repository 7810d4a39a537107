import test from 'ava';
import type { TenantId } from '../../src/core/ids.ts';
import { hourly } from '../../src/webhooks/delivery/stats.ts';
import { stores } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { type Session, startHub, type TestHub, until } from './hub.ts';
import { startReceiver } from './receiver.ts';

const SECOND = 1_000;
const DAY = 24 * 3_600_000;

const calm = () => {
  const clock = new FakeClock();
  return { clock, runtime: testRuntime({ clock, random: () => 0.5 }) };
};

/** As many sessions, each with one message that waits. */
async function crowd(hub: TestHub, tenantId: TenantId, count: number): Promise<Session[]> {
  const sessions: Session[] = [];
  for (let i = 0; i < count; i++) sessions.push(await hub.session(tenantId, `crowd-${i}`));
  for (const session of sessions) await hub.receive(tenantId, session, session.name);
  await hub.drain();
  return sessions;
}

/** Lets time pass. Beyond the next minute only the sweep wakes a lane, which sets its timer anew when it is done. */
async function later(hub: TestHub, clock: FakeClock, duration: number): Promise<void> {
  await hub.drain();
  await until(() => clock.pending >= 1, 'the timers were set');
  clock.advance(duration);
  for (let sweep = 0; sweep < 2; sweep++) {
    await hub.drain();
    clock.advance(30 * SECOND);
  }
  await hub.drain();
  await hub.drain();
}

for (const dialect of await stores()) {
  test(`${dialect}: an endpoint that fails is probed by one lane at a time, and drains slowly when it is well`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, 500);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    const sessions = await crowd(hub, tenantId, 40);
    const made = receiver.requests.length;
    t.true(made >= 10 && made <= 26, `${made} tries before it opened, with 16 under way at the most`);
    t.is((await hub.deliveries.stats(tenantId, id)).breaker, 'open');
    // Each probe doubles the wait: 1, 2, 4, 8 s. One request each, whichever of the 40 lanes is due.
    for (const wait of [1, 2, 4, 8]) {
      const before = receiver.requests.length;
      clock.advance(wait * SECOND - 1);
      await hub.drain();
      t.is(receiver.requests.length, before);
      clock.advance(1);
      await hub.drain();
      t.is(receiver.requests.length, before + 1);
    }

    receiver.respond(200);
    clock.advance(16 * SECOND);
    await hub.drain();
    for (let i = 0; i < 40; i++) {
      clock.advance(SECOND);
      await hub.drain();
    }
    for (const session of sessions) {
      await hub.receive(tenantId, session, 'well again');
      clock.advance(SECOND);
      await hub.drain();
    }
    t.like(await hub.deliveries.stats(tenantId, id), { breaker: 'closed', waiting: 0, oldestWaitingAt: null });
  });

  test(`${dialect}: new events behind a failing head cost its lane nothing`, async (t) => {
    const { runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, 500);
    await hub.endpoints.create(tenantId, { url: receiver.url });
    await hub.receive(tenantId, session, 'head');
    await hub.drain();
    const lane = await hub.db.sql('lanes').first();
    t.like(lane, { retry: 1, due_at: runtime.clock.now() + 5 * SECOND });
    for (let i = 0; i < 5; i++) {
      await hub.receive(tenantId, session, String(i));
      await hub.drain();
    }
    t.deepEqual(await hub.db.sql('lanes').first(), lane);
    t.is(receiver.requests.length, 1);
  });

  test(`${dialect}: an overloaded endpoint is sent half as much, and more again with every step`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    await hub.receive(tenantId, session, ...Array.from({ length: 80 }, (_, i) => String(i)));
    await hub.drain();
    receiver.respond(502);
    await hub.receive(tenantId, session, 'too much');
    await hub.drain();
    t.is((await hub.deliveries.stats(tenantId, id)).slowedTo, 8.1 / 2);
    receiver.respond(200);
    clock.advance(5 * SECOND);
    await hub.drain();
    t.true(Number((await hub.deliveries.stats(tenantId, id)).slowedTo) > 8.1 / 2);
  });

  test(`${dialect}: an endpoint that only fails for five days is disabled, the others hear of it, and what it is owed flows when it is enabled`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, 500);
    const other = await startReceiver(t);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    await hub.endpoints.create(tenantId, { url: other.url, events: ['webhook.disabled'] });
    await hub.receive(tenantId, session, 'given up after three days');
    await hub.drain();
    const since = clock.now();
    t.is((await hub.endpoints.get(tenantId, id)).failingSince, new Date(since).toISOString());
    const isEnabled = async (): Promise<boolean> => (await hub.endpoints.get(tenantId, id)).status === 'enabled';
    for (let quarter = 0; quarter < 11; quarter++) await later(hub, clock, DAY / 4);
    const [second] = await hub.receive(tenantId, session, 'second');
    while ((await isEnabled()) && clock.now() < since + 10 * DAY) await later(hub, clock, DAY / 4);
    const took = clock.now() - since;
    t.true(took >= 5 * DAY && took < 7 * DAY, `after ${took / DAY} days`);
    t.like(await hub.endpoints.get(tenantId, id), { status: 'disabled', disabledReason: 'failing' });
    t.like(JSON.parse(other.requests[0]?.body ?? '{}'), { type: 'webhook.disabled', data: { endpointId: id, reason: 'failing' } });

    const made = receiver.requests.length;
    const owed = [second, ...(await hub.receive(tenantId, session, 'while it is disabled', 'another'))];
    await hub.drain();
    await later(hub, clock, 10 * DAY);
    t.is(receiver.requests.length, made, 'it is left alone');
    t.like(await hub.deliveries.stats(tenantId, id), { waiting: 3 });
    await hub.endpoints.enable(tenantId, id);
    await hub.drain();
    t.like(await hub.deliveries.stats(tenantId, id), { waiting: 3 }, 'it has its full time again');
    receiver.respond(200);
    await later(hub, clock, 20 * SECOND);
    t.deepEqual(receiver.ids().slice(made + 1), owed as never);
    t.is((await hub.endpoints.get(tenantId, id)).failingSince, null);
    const lines = hub.runtime.log.lines.filter(({ message }) => message.includes(id)).map(({ level }) => level);
    t.deepEqual(lines, ['warn', 'warn', 'info'], 'that it has begun to fail, is disabled, and takes what it is owed again');
  });

  test(`${dialect}: failures with days of silence between them do not disable an endpoint`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, 500);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    await hub.receive(tenantId, session, 'a bad day');
    for (let quarter = 0; quarter < 13; quarter++) await later(hub, clock, DAY / 4);
    t.is((await hub.deliveries.list(tenantId, id, { status: 'dead', limit: 1 })).data.length, 1);
    await later(hub, clock, 5 * DAY);
    await hub.receive(tenantId, session, 'another one');
    await hub.drain();
    t.like(await hub.endpoints.get(tenantId, id), { status: 'enabled', failingSince: new Date(clock.now()).toISOString() });
  });

  test(`${dialect}: an endpoint's own schedule and its own time to answer are kept`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, 500);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url, schedule: [1, 7], timeoutSeconds: 1 });
    await hub.receive(tenantId, session, 'hello');
    await hub.drain();
    for (const wait of [1, 7, 7]) {
      const { data } = await hub.deliveries.list(tenantId, id, { limit: 1 });
      t.is(Date.parse(data[0]?.nextAttemptAt ?? '') - clock.now(), wait * SECOND);
      clock.advance(wait * SECOND);
      await hub.drain();
    }
    receiver.respond(() => undefined);
    clock.advance(7 * SECOND);
    await hub.drain();
    const { data } = await hub.deliveries.list(tenantId, id, { limit: 1 });
    t.like((await hub.deliveries.get(tenantId, data[0]?.id ?? '')).attempts.at(-1), { errorClass: 'timeout' });
    const { lastHour } = await hub.deliveries.stats(tenantId, id);
    t.like(lastHour, { attempts: 5, succeeded: 0, failed: 5, successRate: 0, byStatus: { 500: 4, timeout: 1 } });
  });
}

test('attempts are told by the hour, the last of 24 ending now', (t) => {
  const HOUR = 3_600_000;
  const now = Date.parse('2026-11-30T12:30:00Z');
  const one = (ago: number, errorClass: 'http' | null = null) => ({ startedAt: now - ago, errorClass });
  const hours = hourly(
    [one(-1), one(0), one(HOUR - 1, 'http'), one(HOUR, 'http'), one(23 * HOUR + 1), one(24 * HOUR - 1), one(24 * HOUR)],
    now,
  );
  t.is(hours.length, 24);
  t.deepEqual(hours.at(-1), { at: '2026-11-30T11:30:00.000Z', succeeded: 2, failed: 1 });
  t.deepEqual(hours.at(-2), { at: '2026-11-30T10:30:00.000Z', succeeded: 0, failed: 1 });
  t.deepEqual(hours[0], { at: '2026-11-29T12:30:00.000Z', succeeded: 3, failed: 0 });
});
