/** What waits for a while, in every room, when the clock on the wall is set back. */
import test from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import type { SessionId } from '../../src/core/ids.ts';
import type { Database } from '../../src/db/open.ts';
import { noteSeenTime, seenTime } from '../../src/db/seen-time.ts';
import type { SetBack } from '../../src/db/set-back.ts';
import type { LocalDispatcher } from '../../src/dispatch/local.ts';
import { setBackFlows } from '../../src/flows/runtime/set-back-store.ts';
import { setBackMessages } from '../../src/messages/lane/set-back-store.ts';
import { setBackWebhooks } from '../../src/webhooks/delivery/set-back-store.ts';
import { flowOf, Hall, seed } from '../flows/helpers.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { openHub } from '../messages/hub.ts';
import { startHub } from '../webhooks/hub.ts';
import { startReceiver } from '../webhooks/receiver.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Sets the clock back, and what waits with it, as app.ts has it done. */
async function setBack(clock: FakeClock, by: number, db: Database, lanes: LocalDispatcher): Promise<void> {
  const since = clock.now() - by;
  clock.setBack(by);
  const back: SetBack = { now: clock.now(), by, since };
  for (const room of [setBackWebhooks, setBackMessages, setBackFlows]) await room(db, back);
  await lanes.setBack(back);
}

/** A second at a time, so that what is left to a sweep is found by it. Answers how long it took. */
async function pass(clock: FakeClock, drain: () => Promise<void>, holds: () => boolean | Promise<boolean>): Promise<number> {
  const begun = clock.now();
  await until(
    async () => {
      clock.advance(SECOND);
      await drain();
      return holds();
    },
    { every: 1 },
  );
  return clock.now() - begun;
}

for (const dialect of await stores()) {
  test.serial(`${dialect}: deliveries that wait for another try wait for what was left of it, however many they are`, async (t) => {
    const clock = new FakeClock();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime: testRuntime({ clock, random: () => 0.5 }) });
    // What says that the request is wrong is not probed meanwhile.
    const receiver = await startReceiver(t, 400);
    await hub.endpoints.create(tenantId, { url: receiver.url, schedule: [50] });
    const [id] = await hub.receive(tenantId, session, 'first');
    await hub.drain();
    // Many more that wait, in lanes of their own: more than one transaction moves.
    const row = await hub.db.sql('webhook_deliveries').first();
    const lane = await hub.db.sql('lanes').where({ key: row.lane }).first();
    await hub.db.write(async ({ sql }) => {
      for (let n = 0; n < 450; n++) {
        const made = { ordinal: 10_000 + n, id: `dlv_${n}`, lane: `${row.endpoint_id}:x${n}`, due_at: clock.now() + n * MINUTE };
        await sql('events').insert({
          id: `evt_${n}`,
          position: 10_000 + n,
          tenant_id: tenantId,
          seq: n,
          type: 'custom.x',
          at: 0,
          data: '{}',
        });
        await sql('webhook_deliveries').insert({ ...row, ...made, event_position: 10_000 + n });
        await sql('lanes').insert({ ...lane, key: `other:${n}`, due_at: clock.now() + n * MINUTE });
      }
    });
    const before = clock.now();
    await setBack(clock, HOUR, hub.db, hub.lanes);
    const ahead: { ordinal: number; due_at: number }[] = await hub.db
      .sql('webhook_deliveries')
      .where('ordinal', '>=', 10_000)
      .orderBy('ordinal');
    t.deepEqual(
      ahead.map(({ due_at }) => due_at - before),
      ahead.map((_, n) => n * MINUTE - HOUR),
    );
    const lanes: { due_at: number }[] = await hub.db.sql('lanes').whereLike('key', 'other:%').orderBy('due_at');
    t.deepEqual(
      lanes.map(({ due_at }) => due_at - before),
      lanes.map((_, n) => n * MINUTE - HOUR),
    );
    await hub.db.write(async ({ sql }) => {
      await sql('events').where('position', '>=', 10_000).delete();
      await sql('lanes').whereLike('key', 'other:%').delete();
    });
    receiver.respond(200);
    const took = await pass(
      clock,
      () => hub.drain(),
      () => receiver.ids().filter((one) => one === id).length === 2,
    );
    t.true(took >= 49 * SECOND && took <= 51 * SECOND, `${took} ms`);
  });

  test.serial(`${dialect}: an endpoint that asked to be left alone is left alone for as long as it asked`, async (t) => {
    const clock = new FakeClock();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime: testRuntime({ clock, random: () => 0.5 }) });
    const receiver = await startReceiver(t, (_, response) => response.writeHead(503, { 'retry-after': '50' }).end());
    await hub.endpoints.create(tenantId, { url: receiver.url, schedule: [1] });
    await hub.receive(tenantId, session, 'first');
    await hub.drain();
    await setBack(clock, DAY, hub.db, hub.lanes);
    receiver.respond(200);
    const took = await pass(
      clock,
      () => hub.drain(),
      () => receiver.requests.length === 2,
    );
    t.true(took >= 49 * SECOND && took <= 51 * SECOND, `${took} ms`);
  });

  test.serial(
    `${dialect}: sends keep their pace, one on its way and the order of the pace included, and a time that was asked for is that time`,
    async (t) => {
      const clock = new FakeClock();
      const hub = await openHub(t, dialect, { clock });
      hub.config = { pacing: { minGapSeconds: 60, warmUp: { days: 9, perDay: 4 } } };
      const drain = () => hub.drain();
      const ofCount = (count: number) => pass(clock, drain, () => hub.engine.sent.length === count);
      await hub.accept({ text: 'a' });
      await hub.accept({ text: 'b' });
      const sendAt = clock.now() + 10 * MINUTE;
      const later = await hub.accept({ text: 'later', sendAt, priority: 9 });
      await drain();
      t.deepEqual(hub.engine.texts, ['a']);
      await setBack(clock, 5 * MINUTE, hub.db, hub.dispatcher);
      const took = await ofCount(2);
      t.true(took >= 59 * SECOND && took <= 61 * SECOND, `${took} ms`);

      const { open, entered } = gateOf();
      hub.engine.onSend = async () => {
        entered.resolve();
        await open.promise;
      };
      await hub.accept({ text: 'c' });
      await hub.accept({ text: 'd' });
      clock.advance(MINUTE);
      await entered.promise;
      await setBack(clock, HOUR, hub.db, hub.dispatcher);
      open.resolve();
      await drain();
      const again = await ofCount(4);
      t.true(again >= 58 * SECOND && again <= 75 * SECOND, `${again} ms`);
      t.deepEqual(hub.engine.texts, ['a', 'b', 'c', 'd']);

      // All four of the first day have left, by what was counted before the clock was set back.
      await hub.accept({ text: 'e' });
      clock.advance(2 * MINUTE);
      await drain();
      t.is((await hub.detail(later.message.id)).status, 'scheduled');
      t.is(hub.engine.sent.length, 4);
      t.is(Date.parse((await hub.detail(later.message.id)).waitsFor?.until ?? ''), sendAt);
    },
  );

  test.serial(`${dialect}: a send and a file that wait for another try wait for what was left of it`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, dialect, { clock });
    hub.engine.onSend = async () => {
      throw new HooklineError('engine-failed', 'The page was not ready.', { stage: 'before' });
    };
    await hub.accept({ text: 'a' });
    await hub.drain();
    const tried = hub.engine.sent.length;
    hub.engine.onSend = async () => undefined;
    const [media] = [{ id: 'med_1', tenant_id: hub.session.tenantId, session_id: hub.session.id, direction: 'inbound', status: 'pending' }];
    const due = { due_at: clock.now() + MINUTE, mimetype: 'image/png', created_at: clock.now() };
    await hub.db.write((tx) => tx.sql('media').insert({ ...media, ...due }));
    await setBack(clock, HOUR, hub.db, hub.dispatcher);
    t.is((await hub.db.sql('media').first('due_at')).due_at, clock.now() + MINUTE);
    const took = await pass(
      clock,
      () => hub.drain(),
      () => hub.engine.sent.length > tried,
    );
    t.true(took <= 5 * SECOND, `${took} ms`);
  });

  test.serial(`${dialect}: sends that were put off leave at their pace when the clock is put forward`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, dialect, { clock });
    hub.config = { pacing: { minGapSeconds: 60 } };
    for (const text of ['a', 'b', 'c', 'd']) await hub.accept({ text });
    await hub.drain();
    clock.setBack(-23 * HOUR);
    await pass(
      clock,
      () => hub.drain(),
      () => hub.engine.sent.length === 2,
    );
    clock.advance(59 * SECOND);
    await hub.drain();
    t.deepEqual(hub.engine.texts, ['a', 'b']);
  });

  test.serial(`${dialect}: runs that wait for a while, and chats that are a person's for one, go on in their time`, async (t) => {
    const clock = new FakeClock();
    const { db, dispose } = await testDatabase(dialect);
    const hall = await Hall.open(db, { clock });
    t.teardown(async () => {
      await hall.stop();
      await dispose();
    });
    const session = await seed(db);
    const settle = () => hall.settle();
    const source = flowOf(
      '- say: one\n- wait: 50s\n- say: two\n- ask: three\n  save: name\n  on_silence:\n    after: 55s\n    say: four\n',
    );
    await hall.flows.put(session.tenantId, 'test', source);
    await hall.receive(session, 'hi');
    t.deepEqual(await hall.texts(), ['one']);
    clock.advance(20 * SECOND);
    await setBack(clock, HOUR, db, hall.lanes);
    const took = await pass(clock, settle, async () => (await hall.texts()).length === 3);
    t.true(took >= 29 * SECOND && took <= 31 * SECOND, `${took} ms`);
    await setBack(clock, DAY, db, hall.lanes);
    const silent = await pass(clock, settle, async () => (await hall.texts()).length === 4);
    t.true(silent >= 54 * SECOND && silent <= 56 * SECOND, `${silent} ms`);

    const chat = '5511999990000@c.us';
    await hall.handoffs.begin(session, chat, { by: 'api', pause: 30 * SECOND });
    await setBack(clock, DAY, db, hall.lanes);
    const active = async () => (await db.sql('flow_handoffs').where({ session_id: session.id as SessionId })).length > 0;
    const paused = await pass(clock, settle, async () => !(await active()));
    t.true(paused >= 29 * SECOND && paused <= 31 * SECOND, `${paused} ms`);
  });

  test.serial(`${dialect}: a run that was put off after the clock was set back is not hurried`, async (t) => {
    const clock = new FakeClock();
    const { db, dispose } = await testDatabase(dialect);
    const hall = await Hall.open(db, { clock });
    t.teardown(async () => {
      await hall.stop();
      await dispose();
    });
    const session = await seed(db);
    const source = flowOf('- say: one\n- wait: 10m\n- say: two\n');
    await hall.flows.put(session.tenantId, 'test', source);
    const since = clock.now();
    await hall.receive(session, 'hi');
    clock.advance(MINUTE);
    await setBackFlows(db, { now: clock.now(), by: HOUR, since });
    t.is((await db.sql('flow_runs').first('wakes_at')).wakes_at, since + 10 * MINUTE);
  });

  test.serial(
    `${dialect}: what starts by the clock on the wall does so once, and a time that it never was keeps nothing from it`,
    async (t) => {
      const clock = new FakeClock();
      const { db, dispose } = await testDatabase(dialect);
      const hall = await Hall.open(db, { clock });
      t.teardown(async () => {
        await hall.stop();
        await dispose();
      });
      const session = await seed(db);
      const settle = () => hall.settle();
      const schedule = '{ at: ["12:01", "12:04"], session: main, to: "+55 11 99999-0000" }';
      await hall.flows.put(
        session.tenantId,
        'daily',
        `flow: daily\nversion: 1\nstart:\n  - schedule: ${schedule}\nsteps:\n  - say: Noon!\n`,
      );
      await pass(clock, settle, async () => (await hall.texts()).length === 1);
      await setBack(clock, 40 * SECOND, db, hall.lanes);
      const begun = clock.now();
      await pass(clock, settle, () => clock.now() - begun >= 100 * SECOND);
      t.is((await hall.texts()).length, 1);
      // For a few seconds it is tomorrow.
      clock.setBack(-DAY);
      await pass(clock, settle, async () => (await hall.texts()).length === 2);
      await setBack(clock, DAY, db, hall.lanes);
      const took = await pass(clock, settle, async () => (await hall.texts()).length === 3);
      t.true(took < 2 * MINUTE, `${took} ms`);
    },
  );

  test.serial(`${dialect}: the time that was seen is kept`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    t.is(await seenTime(db), null);
    for (const at of [1_700_000_000_000, 1_600_000_000_000]) {
      await noteSeenTime(db, at);
      t.is(await seenTime(db), at);
    }
  });
}

const gateOf = () => ({ open: Promise.withResolvers<void>(), entered: Promise.withResolvers<void>() });
