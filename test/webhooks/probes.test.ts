/** A receiver that is up again is noticed, whatever the schedule says. */
import test from 'ava';
import { openDatabase } from '../../src/db/open.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { type Session, type Started, startHub, TestHub, until } from './hub.ts';
import { startReceiver } from './receiver.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;

const calm = () => {
  const clock = new FakeClock();
  return { clock, runtime: testRuntime({ clock, random: () => 0.5 }) };
};

/** Lets time pass, a second at a time, and what falls due be done. */
async function pass(hub: TestHub, clock: FakeClock, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    clock.advance(SECOND);
    await hub.drain();
    await hub.drain();
  }
}

/** As many lanes, each with two events of which the first has failed. */
async function down({ hub, tenantId }: Started, lanes: number): Promise<{ sessions: Session[]; ids: string[][] }> {
  const sessions: Session[] = [];
  const ids: string[][] = [];
  for (let i = 0; i < lanes; i++) {
    const session = await hub.session(tenantId, `lane-${i}`);
    sessions.push(session);
    ids.push(await hub.receive(tenantId, session, 'one', 'two'));
  }
  await hub.drain();
  return { sessions, ids };
}

for (const dialect of await stores()) {
  test.serial(`${dialect}: while an endpoint fails one delivery is tried every 20 s, and its schedule is none the wiser`, async (t) => {
    const { clock, runtime } = calm();
    const started = await startHub(t, dialect, { runtime });
    const { hub, tenantId } = started;
    const receiver = await startReceiver(t, 503);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url, schedule: [86_400] });
    await down(started, 3);
    const before = await hub.deliveries.list(tenantId, id, { limit: 10 });
    t.is(receiver.requests.length, 3);
    await pass(hub, clock, 61);
    t.is(receiver.requests.length, 6, 'one request an endpoint, not one a lane');
    t.is(new Set(receiver.ids()).size, 3, 'a probe takes another delivery than the one before');
    const waiting = ({ data }: typeof before) => data.filter(({ attemptsMade }) => attemptsMade > 0);
    t.deepEqual(waiting(await hub.deliveries.list(tenantId, id, { limit: 10 })), waiting(before));
    receiver.respond(200);
    await pass(hub, clock, 20);
    t.is((await hub.deliveries.stats(tenantId, id)).waiting, 0, 'a day before its time');
  });

  test.serial(`${dialect}: once it is up again all that waited goes, in order, begun by a probe, a test or another delivery`, async (t) => {
    for (const begin of ['probe', 'test', 'delivery'] as const) {
      const { clock, runtime } = calm();
      const started = await startHub(t, dialect, { runtime });
      const { hub, tenantId, session } = started;
      const receiver = await startReceiver(t, 500);
      const { id } = await hub.endpoints.create(tenantId, { url: receiver.url, schedule: [1, 3_600] });
      const { ids } = await down(started, 7);
      await pass(hub, clock, 2);
      receiver.respond(200);
      const before = receiver.requests.length;
      if (begin === 'test') await hub.endpoints.test(tenantId, id);
      if (begin === 'delivery') await hub.receive(tenantId, session, 'new');
      await hub.drain();
      await pass(hub, clock, begin === 'probe' ? 20 : 2);
      t.is((await hub.deliveries.stats(tenantId, id)).waiting, 0, begin);
      const taken = receiver.ids().slice(before);
      for (const own of ids)
        t.deepEqual(
          taken.filter((one) => own.includes(one)),
          own,
        );
    }
  });

  test.serial(`${dialect}: in relaxed order what was moved aside comes back, too`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, 500);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url, schedule: [86_400], ordering: 'relaxed' });
    await hub.receive(tenantId, session, ...'abcdefgh');
    await hub.drain();
    t.is(receiver.requests.length, 8);
    receiver.respond(200);
    await pass(hub, clock, 20);
    t.is((await hub.deliveries.stats(tenantId, id)).waiting, 0);
  });

  test.serial(
    `${dialect}: neither one that asked to be left alone nor a disabled one is probed, and an answer about the event brings none`,
    async (t) => {
      const { clock, runtime } = calm();
      const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
      const [asked, gone, bad] = [
        await startReceiver(t, (_, response) => void response.writeHead(503, { 'retry-after': '600' }).end()),
        await startReceiver(t, 410),
        await startReceiver(t, 422),
      ];
      for (const { url } of [asked, gone, bad]) await hub.endpoints.create(tenantId, { url, schedule: [86_400], events: ['message.*'] });
      await hub.receive(tenantId, session, 'hello');
      await hub.drain();
      await pass(hub, clock, 65);
      t.deepEqual(
        [asked, gone, bad].map(({ requests }) => requests.length),
        [1, 1, 1],
      );
      asked.respond(200);
      clock.advance(600 * SECOND);
      await pass(hub, clock, 31);
      t.is(asked.requests.length, 2, 'then it is');
    },
  );

  test.serial(`${dialect}: a probe that is answered 410 disables, one with Retry-After pauses, and both are in the log`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, 500);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url, schedule: [86_400] });
    await hub.receive(tenantId, session, 'hello');
    await hub.drain();
    receiver.respond((_, response) => void response.writeHead(429, { 'retry-after': '60' }).end());
    await pass(hub, clock, 20);
    t.truthy((await hub.endpoints.get(tenantId, id)).pausedUntil);
    receiver.respond(410);
    await pass(hub, clock, 81);
    t.like(await hub.endpoints.get(tenantId, id), { status: 'disabled', disabledReason: 'gone' });
    const { data } = await hub.deliveries.list(tenantId, id, { limit: 1 });
    const { attempts } = await hub.deliveries.get(tenantId, data[0]?.id ?? '');
    t.deepEqual(
      attempts.map(({ number, status }) => [number, status]),
      [
        [1, 500],
        [2, 429],
        [3, 410],
      ],
    );
    t.is(data[0]?.status, 'pending');
  });

  test.serial(`${dialect}: what failed when the hub ended is probed by the next one`, async (t) => {
    const database = await testDatabase(dialect);
    t.teardown(database.dispose);
    const { clock, runtime } = calm();
    const first = await new TestHub(database.db, { runtime }).start();
    const tenantId = await first.tenant();
    const session = await first.session(tenantId, 'shop');
    const receiver = await startReceiver(t, 500);
    await first.endpoints.create(tenantId, { url: receiver.url, schedule: [86_400] });
    await first.receive(tenantId, session, 'hello');
    await first.drain();
    await first.stop();
    receiver.respond(200);
    const db = openDatabase(database.location);
    const second = await new TestHub(db, { runtime }).start();
    t.teardown(async () => {
      await second.stop();
      await db.close();
    });
    await pass(second, clock, 20);
    t.is(receiver.requests.length, 2);
  });

  test.serial(`${dialect}: an event that always fails on an endpoint that is well costs a probe now and then, and no storm`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const other = await hub.session(tenantId, 'other');
    const receiver = await startReceiver(t, ({ body }, response) => void response.writeHead(body.includes('poison') ? 500 : 200).end());
    await hub.endpoints.create(tenantId, { url: receiver.url, schedule: [86_400] });
    await hub.receive(tenantId, session, 'poison');
    for (let second = 0; second < 60; second++) {
      await hub.receive(tenantId, other, 'fine');
      await pass(hub, clock, 1);
    }
    const poisoned = receiver.requests.filter(({ body }) => body.includes('poison')).length;
    t.true(poisoned > 1 && poisoned <= 7, `${poisoned} times in a minute`);
    t.is(receiver.requests.length - poisoned, 60);
  });

  test.serial(`${dialect}: a clock that is set back delays nothing that was never tried`, async (t) => {
    const { clock, runtime } = calm();
    let back = 0;
    const hourly = { now: () => clock.now() - back, steady: clock.steady.bind(clock), after: clock.after.bind(clock) };
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime: { ...runtime, clock: hourly } });
    const receiver = await startReceiver(t, (_, response, index) => {
      if (index === 0) back = DAY;
      response.writeHead(200).end();
    });
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    const ids = await hub.receive(tenantId, session, ...'abcde');
    await until(() => receiver.requests.length > 0, 'the first was taken');
    await hub.drain();
    ids.push(...(await hub.receive(tenantId, session, 'later')));
    await hub.drain();
    t.deepEqual(receiver.ids(), ids);
    const { data } = await hub.deliveries.list(tenantId, id, { status: 'delivered', limit: 1 });
    await hub.deliveries.retry(tenantId, data[0]?.id ?? '');
    back = 2 * DAY;
    await hub.drain();
    await hub.replays.begin(tenantId, id, { since: 0, until: clock.now() });
    await hub.drain();
    await hub.drain();
    // By the times of the events, which a replay goes by, the last one lies before the first.
    t.is(receiver.requests.length, 2 * ids.length);
    t.deepEqual(await hub.db.sql('lanes').whereNotNull('due_at'), []);
  });
}
