import test from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import type { Database } from '../../src/db/open.ts';
import type { Pump } from '../../src/dispatch/lanes.ts';
import { LocalDispatcher } from '../../src/dispatch/local.ts';
import { stores } from '../helpers/database.ts';
import type { FakeClock } from '../helpers/runtime.ts';
import { add, grounds, open, taker } from './outbox.ts';

for (const store of await grounds()) {
  test(`${store}: every row of every lane is taken once, in the order of its lane, one pump a lane`, async (t) => {
    const { db, clock, tenantId, make } = await open(t, store);
    const taken: string[] = [];
    const running = new Map<string, number>();
    let crowd = 0;
    const take = taker(clock, taken);
    const dispatcher = make(async (lane) => {
      running.set(lane.key, (running.get(lane.key) ?? 0) + 1);
      crowd = Math.max(crowd, running.get(lane.key) ?? 0);
      await take(lane);
      running.set(lane.key, (running.get(lane.key) ?? 0) - 1);
    }, 3);
    await dispatcher.start();
    const keys = ['a', 'b', 'c', 'd', 'e'];
    for (let n = 0; n < 20; n++) {
      await Promise.all(keys.map((key) => add(db, dispatcher, tenantId, key, String(n).padStart(2, '0'), 0)));
    }
    await dispatcher.drain();
    t.is(taken.length, 100);
    for (const key of keys) {
      const own = taken.filter((name) => name.startsWith(`${key}/`));
      t.deepEqual(own, own.toSorted());
    }
    t.is(crowd, 1);
  });

  test(`${store}: work that comes while the pump runs is not left lying`, async (t) => {
    const { db, clock, tenantId, make } = await open(t, store);
    const taken: string[] = [];
    let late = ['2', '3'];
    const take = taker(clock, taken);
    const dispatcher: LocalDispatcher = make(async (lane) => {
      await take(lane);
      const names = late;
      late = [];
      for (const name of names) await add(db, dispatcher, tenantId, 'a', name, 0);
    });
    await dispatcher.start();
    await add(db, dispatcher, tenantId, 'a', '1', 0);
    await dispatcher.drain();
    t.deepEqual(taken, ['a/1', 'a/2', 'a/3']);
  });

  test(`${store}: a lane is pumped when it is due, also long ahead, and an earlier time wins`, async (t) => {
    const { db, clock, tenantId, make } = await open(t, store);
    const taken: string[] = [];
    const dispatcher = make(taker(clock, taken));
    await dispatcher.start();
    const now = clock.now();
    const settle = async (duration: number) => {
      clock.advance(duration);
      // The sweep reads the table before it wakes anybody.
      await db.write(async () => undefined);
      await db.sql('lanes').select('key');
      await dispatcher.drain();
    };
    await add(db, dispatcher, tenantId, 'a', 'late', now + 40_000);
    await add(db, dispatcher, tenantId, 'a', 'early', now + 5_000);
    await add(db, dispatcher, tenantId, 'b', 'far', now + 10 * 60_000);
    await settle(4_999);
    t.deepEqual(taken, []);
    await settle(1);
    t.deepEqual(taken, ['a/early']);
    for (let passed = 5_000; passed < 10 * 60_000 - 5_000; passed += 5_000) await settle(5_000);
    t.deepEqual(taken, ['a/early', 'a/late']);
    await settle(5_000);
    t.deepEqual(taken, ['a/early', 'a/late', 'b/far']);
  });

  test(`${store}: an owner that has lost its lane writes nothing`, async (t) => {
    const { db, clock, runtime, tenantId, make } = await open(t, store);
    const [inside, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const old: string[] = [];
    const first = make(
      taker(clock, old, () => {
        inside.resolve();
        return released.promise;
      }),
    );
    await first.start();
    await add(db, first, tenantId, 'a', '1', 0);
    await inside.promise;
    const taken: string[] = [];
    const second = make(taker(clock, taken));
    await second.start();
    await second.drain();
    await add(db, second, tenantId, 'a', '2', clock.now() + 60_000_000);
    released.resolve();
    await first.drain();
    t.deepEqual([taken, old], [['a/1'], []]);
    t.deepEqual(await db.sql('hub_settings').select('name'), [{ name: 'a/2' }]);
    t.true(runtime.log.lines.some(({ level, message }) => level === 'warn' && message.includes('Another owner')));
  });

  test(`${store}: a pump whose lane was removed meanwhile writes nothing, and nobody is said to have taken it`, async (t) => {
    const { db, tenantId, make, runtime } = await open(t, store);
    let wrote = 0;
    const dispatcher: LocalDispatcher = make(async (lane) => {
      await db.write((tx) => dispatcher.retire(tx, lane.key));
      await lane.commit(async () => {
        wrote++;
        return null;
      });
    });
    await dispatcher.start();
    await add(db, dispatcher, tenantId, 'a', '1', 0);
    await dispatcher.drain();
    t.is(wrote, 0);
    t.deepEqual(
      runtime.log.lines.filter(({ level }) => level === 'warn' || level === 'error'),
      [],
    );
  });

  test(`${store}: what was scheduled and not done is found by the next start`, async (t) => {
    const { db, clock, tenantId, make } = await open(t, store);
    const never = make(async () => undefined);
    await add(db, never, tenantId, 'a', '1', 0);
    const taken: string[] = [];
    const dispatcher = make(taker(clock, taken));
    await dispatcher.start();
    await dispatcher.drain();
    t.deepEqual(taken, ['a/1']);
  });

  test(`${store}: work that was rolled back wakes nobody`, async (t) => {
    const { db, clock, tenantId, make } = await open(t, store);
    let pumped = 0;
    const dispatcher = make(async () => void pumped++);
    await dispatcher.start();
    const undone = db.write(async (tx) => {
      await dispatcher.schedule(tx, [{ kind: 'send', key: 'a', tenantId, dueAt: clock.now() }]);
      throw new Error('undone');
    });
    await t.throwsAsync(undone);
    await dispatcher.drain();
    t.is(pumped, 0);
    t.deepEqual(await db.sql('lanes'), []);
  });

  test(`${store}: a retired lane is gone, its neighbours are not`, async (t) => {
    const { db, tenantId, make } = await open(t, store);
    const dispatcher = make(async () => undefined);
    const keys = ['send:ses_1', 'webhook:ses_1:x', 'webhook:ses_1:y', 'webhook:sesA1:x', 'webhook:ses_2:x'];
    await db.write((tx) =>
      dispatcher.schedule(
        tx,
        keys.map((key) => ({ kind: 'send', key, tenantId, dueAt: 0 })),
      ),
    );
    await db.write((tx) => dispatcher.retire(tx, 'webhook:ses_1:'));
    const left: { key: string }[] = await db.sql('lanes').orderBy('key');
    t.deepEqual(left.map(({ key }) => key).toSorted(), ['send:ses_1', 'webhook:sesA1:x', 'webhook:ses_2:x']);
  });
}

for (const store of await grounds()) {
  /** The lane is due when its first row is, as in a strict lane. */
  const inOrder =
    (clock: FakeClock, taken: string[], visits: string[]): Pump =>
    async (lane) => {
      visits.push(lane.key);
      await lane.commit(async ({ sql, afterCommit }) => {
        const waiting: { name: string; value: string }[] = await sql('hub_settings').whereLike('name', `${lane.key}/%`).orderBy('name');
        const [head, next] = waiting;
        if (!head || Number(head.value) > clock.now()) return head ? Number(head.value) : null;
        await sql('hub_settings').where({ name: head.name }).delete();
        afterCommit(() => taken.push(head.name));
        return next ? Number(next.value) : null;
      });
    };

  test(`${store}: work behind a waiting head neither wakes the lane nor brings it forward, and an idle lane begins with it`, async (t) => {
    const { db, clock, tenantId, make } = await open(t, store);
    const [taken, visits]: string[][] = [[], []];
    const dispatcher = make(inOrder(clock, taken as string[], visits as string[]));
    await dispatcher.start();
    const now = clock.now();
    const behind = (key: string, name: string) => add(db, dispatcher, tenantId, key, name, clock.now(), { behind: true });
    await add(db, dispatcher, tenantId, 'a', '1', now + 5_000);
    for (const name of ['2', '3']) await behind('a', name);
    await behind('idle', '1');
    await dispatcher.drain();
    t.deepEqual(visits, ['idle']);
    t.like(await db.sql('lanes').where({ key: 'a' }).first(), { due_at: now + 5_000 });
    clock.advance(5_000);
    await dispatcher.drain();
    t.deepEqual(taken, ['idle/1', 'a/1', 'a/2', 'a/3']);
    await behind('a', '4');
    await dispatcher.drain();
    t.is(taken?.at(-1), 'a/4');
  });

  test(`${store}: work behind that comes while the pump runs is not left lying`, async (t) => {
    const { db, clock, tenantId, make } = await open(t, store);
    const [taken, visits]: string[][] = [[], []];
    const take = inOrder(clock, taken as string[], visits as string[]);
    const late = ['2', '3'];
    const dispatcher: LocalDispatcher = make(async (lane) => {
      const names = late.splice(0, 1);
      // Once before the commit of the pump, once after it.
      if (names[0] === '2') await add(db, dispatcher, tenantId, 'a', '2', 0, { behind: true });
      await take(lane);
      if (names[0] === '3') await add(db, dispatcher, tenantId, 'a', '3', 0, { behind: true });
    });
    await dispatcher.start();
    await add(db, dispatcher, tenantId, 'a', '1', 0, { behind: true });
    await dispatcher.drain();
    t.deepEqual(taken, ['a/1', 'a/2', 'a/3']);
  });
}

test('a pump that fails is tried again with back-off, which new work does not shorten', async (t) => {
  const { db, clock, runtime, tenantId, make } = await open(t, 'sqlite');
  const taken: string[] = [];
  let pumped = 0;
  let trouble = 2;
  const take = taker(clock, taken);
  const dispatcher = make(async (lane) => {
    pumped++;
    if (trouble-- > 0) throw new Error('no luck');
    await take(lane);
  });
  await dispatcher.start();
  await add(db, dispatcher, tenantId, 'a', '1', 0);
  await dispatcher.drain();
  t.is(pumped, 1);
  await add(db, dispatcher, tenantId, 'a', '2', 0);
  await dispatcher.drain();
  t.is(pumped, 1);
  clock.advance(30_000);
  await dispatcher.drain();
  clock.advance(30_000);
  await dispatcher.drain();
  t.deepEqual(taken, ['a/1', 'a/2']);
  t.is(runtime.log.lines.filter(({ level }) => level === 'error').length, 2);
});

test('stopping waits for the pumps that run and starts none', async (t) => {
  const { db, clock, tenantId, make } = await open(t, 'sqlite');
  const [inside, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const taken: string[] = [];
  const dispatcher = make(
    taker(clock, taken, () => {
      inside.resolve();
      return released.promise;
    }),
    1,
  );
  await dispatcher.start();
  await add(db, dispatcher, tenantId, 'a', '1', 0);
  await add(db, dispatcher, tenantId, 'b', '1', 0);
  await inside.promise;
  const stopped = dispatcher.stop();
  released.resolve();
  await stopped;
  t.deepEqual(taken, ['a/1'], 'what ran was finished and written');
  t.deepEqual(await db.sql('hub_settings').select('name'), [{ name: 'b/1' }]);
});

for (const dialect of await stores()) {
  test(`${dialect}: while the database takes no writes no pump is begun again, whose work could not be noted`, async (t) => {
    const { db, tenantId, clock, runtime } = await open(t, dialect);
    let isDown = false;
    const failing: Database = {
      ...db,
      get up() {
        return !isDown;
      },
      write: (work, whose) => (isDown ? Promise.reject(new HooklineError('storage-full', 'The disk is full')) : db.write(work, whose)),
    };
    const done: string[] = [];
    const dispatcher = new LocalDispatcher(failing, runtime);
    const take = taker(clock, []);
    dispatcher.register('send', {
      concurrency: 10,
      async pump(lane) {
        done.push(lane.key);
        // In the middle of its work, as a rule.
        if (done.length === 1) isDown = true;
        await take(lane);
      },
    });
    t.teardown(() => dispatcher.stop());
    await dispatcher.start();
    for (const key of ['a', 'b']) await add(db, dispatcher, tenantId, key, '1', clock.now() + (key === 'a' ? 0 : 1_000));
    const pass = async (): Promise<void> => {
      for (let second = 0; second < 60; second++) {
        await dispatcher.drain();
        clock.advance(1_000);
      }
      await dispatcher.drain();
    };
    await pass();
    t.deepEqual(done, ['a'], 'also of what has not failed yet');
    isDown = false;
    await pass();
    t.deepEqual(done.toSorted(), ['a', 'a', 'b']);
    t.is((await db.sql('hub_settings').whereLike('name', '_/1')).length, 0);
  });
}
