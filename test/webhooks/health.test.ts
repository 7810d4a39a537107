import test from 'ava';
import type { TenantId } from '../../src/core/ids.ts';
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
    const owed = await hub.receive(tenantId, session, 'one');
    await hub.drain();
    t.is((await hub.endpoints.get(tenantId, id)).failingSince, new Date(clock.now()).toISOString());
    clock.advance(5 * DAY);
    await until(() => receiver.requests.length > 1, 'it was tried again');
    await hub.drain();
    await hub.drain();
    t.like(await hub.endpoints.get(tenantId, id), { status: 'disabled', disabledReason: 'failing' });
    t.like(JSON.parse(other.requests[0]?.body ?? '{}'), { type: 'webhook.disabled', data: { endpointId: id, reason: 'failing' } });
    t.is(receiver.requests.length, 2);

    owed.splice(0, 1, ...(await hub.receive(tenantId, session, 'while it is disabled', 'another')));
    await hub.drain();
    t.is(receiver.requests.length, 2, 'it is left alone');
    t.like(await hub.deliveries.stats(tenantId, id), { waiting: 2 });
    clock.advance(10 * DAY);
    await hub.drain();
    await hub.endpoints.enable(tenantId, id);
    receiver.respond(500);
    await hub.drain();
    t.like(await hub.deliveries.stats(tenantId, id), { waiting: 2 }, 'it has its full time again');
    receiver.respond(200);
    clock.advance(5 * SECOND);
    await hub.drain();
    t.deepEqual(receiver.ids().slice(3), owed);
    t.is((await hub.endpoints.get(tenantId, id)).failingSince, null);
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
