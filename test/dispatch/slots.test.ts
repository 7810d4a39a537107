import test from 'ava';
import { newId } from '../../src/core/ids.ts';
import type { Lane, Pump } from '../../src/dispatch/lanes.ts';
import { LocalDispatcher } from '../../src/dispatch/local.ts';
import { stores } from '../helpers/database.ts';
import { add, open, taker } from './outbox.ts';

for (const store of await stores()) {
  test(`${store}: lanes that share a thing that hangs take only the slots of their group`, async (t) => {
    const { db, clock, tenantId, make } = await open(t, store);
    const taken: string[] = [];
    const hanging = Promise.withResolvers<void>();
    let hung = 0;
    const take = taker(clock, taken, async ({ key }) => {
      if (!key.startsWith('dead:')) return;
      hung++;
      await hanging.promise;
    });
    const dispatcher = make(take, 5, { of: (key) => key.split(':')[0] as string, slots: () => 2 });
    await dispatcher.start();
    for (let lane = 0; lane < 10; lane++) await add(db, dispatcher, tenantId, `dead:${lane}`, 'a', clock.now());
    await add(db, dispatcher, tenantId, 'well:0', 'a', clock.now());
    while (!taken.includes('well:0/a')) await new Promise(setImmediate);
    t.is(hung, 2);
    hanging.resolve();
    await dispatcher.drain();
    t.is(taken.length, 11);
  });

  test(`${store}: lanes whose head has failed have slots of their own, also after a restart`, async (t) => {
    const { db, clock, runtime, tenantId, make } = await open(t, store);
    await add(
      db,
      make(async () => undefined),
      tenantId,
      'failed',
      'a',
      clock.now(),
      { retry: true },
    );
    const hanging = Promise.withResolvers<void>();
    const begun: string[] = [];
    const dispatcher = new LocalDispatcher(db, runtime);
    const pump = async (lane: Lane): Promise<void> => {
      begun.push(lane.key);
      if (begun.filter((key) => key.startsWith('failing')).length > 1 || lane.key === 'failed') await hanging.promise;
      await lane.commit(async () => (lane.key.startsWith('failing') && begun.length < 10 ? { retryAt: clock.now() } : null));
    };
    dispatcher.register('send', { concurrency: 1, retries: 3, pump });
    await dispatcher.start();
    await add(db, dispatcher, tenantId, 'failing:1', 'a', clock.now());
    while (begun.length < 3) await new Promise(setImmediate);
    await add(db, dispatcher, tenantId, 'well', 'a', clock.now());
    while (!begun.includes('well')) await new Promise(setImmediate);
    t.deepEqual(begun, ['failed', 'failing:1', 'failing:1', 'well']);
    begun.length = 20;
    hanging.resolve();
    await dispatcher.drain();
    await dispatcher.stop();
  });

  test(`${store}: a tenant whose lanes hang leaves slots for the next tenants`, async (t) => {
    const { db, clock, runtime, tenantId } = await open(t, store);
    const others = [newId('tnt', 1), newId('tnt', 2), newId('tnt', 3)];
    await db.write(({ sql }) => sql('tenants').insert(others.map((id) => ({ id, name: id, created_at: 0, updated_at: 0 }))));
    const hanging = Promise.withResolvers<void>();
    const begun = new Map<string, number>();
    const dispatcher = new LocalDispatcher(db, runtime);
    const pump: Pump = (lane) => {
      begun.set(lane.tenantId, (begun.get(lane.tenantId) ?? 0) + 1);
      return hanging.promise;
    };
    dispatcher.register('send', { concurrency: 12, pump });
    await dispatcher.start();
    for (const id of [tenantId, ...others]) {
      for (let n = 0; n < 20; n++) await add(db, dispatcher, id, `${id}:${n}`, 'a', clock.now());
    }
    t.deepEqual([...begun.values()], [6, 3, 2, 1]);
    hanging.resolve();
    await dispatcher.drain();
    t.deepEqual([...begun.values()], [20, 20, 20, 20]);
    await dispatcher.stop();
  });

  test(`${store}: a group without slots holds its lanes, and only those, until it has some`, async (t) => {
    const { db, clock, tenantId, make } = await open(t, store);
    const taken: string[] = [];
    let slots = 0;
    const dispatcher = make(taker(clock, taken), 10, {
      of: (key) => (key.startsWith('dead:') ? 'dead' : null),
      slots: () => slots,
    });
    await dispatcher.start();
    for (const key of ['dead:1', 'dead:2', 'well']) await add(db, dispatcher, tenantId, key, 'a', clock.now());
    await dispatcher.drain();
    t.deepEqual(taken, ['well/a']);
    slots = 1;
    dispatcher.recheck('send', 'dead');
    await dispatcher.drain();
    t.deepEqual(taken, ['well/a', 'dead:1/a', 'dead:2/a']);
  });
}

test('a full kind leaves the other kinds their slots', async (t) => {
  const { db, tenantId, make } = await open(t, 'sqlite');
  const released = Promise.withResolvers<void>();
  let others = 0;
  const dispatcher = make(() => released.promise, 2);
  const done = Promise.withResolvers<void>();
  dispatcher.register('webhook', {
    concurrency: 1,
    pump: async () => {
      if (++others === 3) done.resolve();
    },
  });
  await dispatcher.start();
  await db.write((tx) =>
    dispatcher.schedule(tx, [
      ...['a', 'b', 'c'].map((key) => ({ kind: 'send' as const, key, tenantId, dueAt: 0 })),
      ...['d', 'e', 'f'].map((key) => ({ kind: 'webhook' as const, key, tenantId, dueAt: 0 })),
    ]),
  );
  await done.promise;
  t.is(others, 3);
  released.resolve();
  await dispatcher.drain();
});
