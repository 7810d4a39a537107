/** Lanes of several nodes on one database: each is worked by one of them at a time, and what is noted on one is done on the other. */
import test, { type ExecutionContext } from 'ava';
import { newId } from '../../src/core/ids.ts';
import type { Database } from '../../src/db/open.ts';
import type { Pump } from '../../src/dispatch/lanes.ts';
import { LocalDispatcher } from '../../src/dispatch/local.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { addNode } from './outbox.ts';

const onPostgres = (await stores()).includes('postgres') ? test : test.skip;

/** Two nodes that hear each other. `ownerOf`: by the index of the node; null: of nobody. */
async function twoNodes(t: ExecutionContext, ownerOf: (key: string) => number | null, pump: (node: number) => Pump) {
  const { db, dispose } = await testDatabase('postgres', { rehearse: false });
  const tenantId = newId('tnt', 0);
  await db.write(({ sql }) => sql('tenants').insert({ id: tenantId, name: tenantId, created_at: 0, updated_at: 0 }));
  const ids = [await addNode(db), await addNode(db)] as const;
  /** Those that others tell of are told once it is on disk. */
  const speaking = (self: number): Database => ({
    ...db,
    dialect: db.dialect,
    up: true,
    sql: db.sql,
    async write(work, whose) {
      const told: string[] = [];
      const done = await db.write((tx) => {
        told.length = 0;
        return work({ ...tx, tell: (topic, text) => void (topic === 'lanes' && told.push(text)) });
      }, whose);
      for (const text of told) await nodes[1 - self]?.heardOf(text);
      return done;
    },
  });
  const nodes = ids.map((self, index) => {
    const owners = { self, ownerOf: (_: unknown, key: string) => ids[ownerOf(key) ?? -1] ?? null };
    const dispatcher = new LocalDispatcher(speaking(index), testRuntime(), owners);
    dispatcher.register('send', { concurrency: 8, pump: pump(index) });
    return dispatcher;
  });
  for (const node of nodes) await node.start();
  t.teardown(async () => {
    for (const node of nodes) await node.stop();
    await dispose();
  });
  const add = (node: number, key: string, name: string) =>
    speaking(node).write(async (tx) => {
      await tx.sql('hub_settings').insert({ name: `${key}/${name}`, value: '0' });
      await nodes[node]?.schedule(tx, [{ kind: 'send', key, tenantId, dueAt: 0 }]);
    });
  return { db, ids, nodes, add };
}

const takeOne =
  (taken: (name: string) => void): Pump =>
  async (lane) => {
    let took: string | undefined;
    await lane.commit(async ({ sql }) => {
      const waiting: { name: string }[] = await sql('hub_settings').whereLike('name', `${lane.key}/%`).orderBy('name').limit(2);
      took = waiting[0]?.name;
      if (took !== undefined) await sql('hub_settings').where({ name: took }).delete();
      return waiting.length > 1 ? 0 : null;
    });
    if (took !== undefined) taken(took);
  };

onPostgres('what is noted on one node is done at once on the one whose lane it is', async (t) => {
  const done: string[] = [];
  const { nodes, add } = await twoNodes(
    t,
    (key) => (key === 'a' ? 0 : 1),
    (node) => takeOne((name) => done.push(`${name} on ${node}`)),
  );
  for (const node of [0, 1]) for (const key of ['a', 'b']) await add(node, key, String(node));
  await until(() => done.length === 4, { what: 'all of it' });
  for (const node of nodes) await node.drain();
  t.deepEqual(done.toSorted(), ['a/0 on 0', 'a/1 on 0', 'b/0 on 1', 'b/1 on 1']);
});

onPostgres('lanes that change hands all the time lose nothing, do nothing twice, and keep their order', async (t) => {
  const done: string[] = [];
  const running = new Map<string, number>();
  let crowd = 0;
  const owner = (key: string): number => (Math.floor(performance.now() / 40) + key.charCodeAt(0)) % 2;
  const { nodes, add, db } = await twoNodes(t, owner, () => async (lane) => {
    running.set(lane.key, (running.get(lane.key) ?? 0) + 1);
    crowd = Math.max(crowd, running.get(lane.key) ?? 0);
    await takeOne((name) => done.push(name))(lane).finally(() => running.set(lane.key, (running.get(lane.key) ?? 0) - 1));
  });
  const keys = ['a', 'b', 'c', 'd', 'e'];
  for (let n = 0; n < 20; n++) await Promise.all(keys.map((key, index) => add((n + index) % 2, key, String(n).padStart(2, '0'))));
  await until(
    async () => {
      for (const node of nodes) await node.lookAgain();
      return done.length >= 100;
    },
    { what: 'all of it', every: 200 },
  );
  t.is(new Set(done).size, 100);
  t.is(done.length, 100);
  t.is(crowd, 1);
  for (const key of keys) {
    const own = done.filter((name) => name.startsWith(key));
    t.deepEqual(own, own.toSorted());
  }
  t.deepEqual(await db.sql('hub_settings').where('value', '0').select('name'), []);
});

onPostgres(
  'lanes of a node that is gone are taken by the one that is to have them, and what it still commits comes to nothing',
  async (t) => {
    const [inside, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const done: string[] = [];
    let owner = 0;
    const { nodes, add, db, ids } = await twoNodes(
      t,
      () => owner,
      (node) => async (lane) => {
        if (node === 0) {
          inside.resolve();
          await released.promise;
        }
        await takeOne((name) => done.push(`${name} on ${node}`))(lane);
      },
    );
    await add(1, 'a', '1');
    await inside.promise;
    await nodes[1]?.lookAgain();
    t.deepEqual(done, [], 'as long as the first is there, nobody takes its lane');
    owner = 1;
    await nodes[1]?.lookAgain();
    t.deepEqual(done, []);
    await db.write(({ sql }) => sql('nodes').where({ id: ids[0] }).delete());
    await nodes[1]?.lookAgain();
    await nodes[1]?.drain();
    released.resolve();
    await nodes[0]?.drain();
    t.deepEqual(done, ['a/1 on 1']);
  },
);

/** One of two nodes, whose lanes all of them are. `refuse`: has its next writes fail, as many as that. */
async function oneNode(t: ExecutionContext) {
  const { db, dispose } = await testDatabase('postgres', { rehearse: false });
  const tenantId = newId('tnt', 0);
  await db.write(({ sql }) => sql('tenants').insert({ id: tenantId, name: tenantId, created_at: 0, updated_at: 0 }));
  const [self, other] = [await addNode(db), await addNode(db)];
  const clock = new FakeClock();
  let refused = 0;
  const failing: Database = {
    ...db,
    write: (work, whose) => (refused-- > 0 ? Promise.reject(new Error('the database is away')) : db.write(work, whose)),
  };
  const node = new LocalDispatcher(failing, testRuntime({ clock }), { self, ownerOf: () => self });
  node.register('send', { concurrency: 8, pump: async () => undefined });
  const elsewhere = new LocalDispatcher(db, testRuntime({ clock }), { self: other, ownerOf: () => self });
  t.teardown(async () => {
    await node.stop();
    await dispose();
  });
  return {
    ...{ clock, node, self },
    refuse: (writes: number) => {
      refused = writes;
    },
    /** Somebody else notes work. */
    note: (...keys: string[]) =>
      db.write((tx) =>
        elsewhere.schedule(
          tx,
          keys.map((key) => ({ kind: 'send', key, tenantId, dueAt: 0 })),
        ),
      ),
    ownersOf: async (): Promise<string[]> => (await db.sql('lanes').distinct('token').orderBy('token')).map(({ token }) => token),
  };
}

onPostgres('however many say at once that there may be something, it is looked at once more, and no more often from then on', async (t) => {
  const { node, clock } = await oneNode(t);
  await node.start();
  const before = clock.pending;
  await Promise.all(Array.from({ length: 20 }, () => node.lookAgain()));
  await node.drain();
  t.is(clock.pending, before);
  clock.advance(30_000);
  await node.drain();
  t.is(clock.pending, before);
});

onPostgres(
  'a node that works no more lanes gives those up that are noted for it all the same, also where the first try fails',
  async (t) => {
    const { node, clock, self, note, ownersOf, refuse } = await oneNode(t);
    await note('a', 'b');
    t.deepEqual(await ownersOf(), [self]);
    refuse(1);
    await node.start();
    await node.drain();
    await node.stop().catch(() => undefined);
    t.deepEqual(await ownersOf(), [self], 'the database was away');
    clock.advance(30_000);
    await node.drain();
    t.deepEqual(await ownersOf(), ['']);
    // Whoever has not heard yet that it has ended notes for it, and tells it of so many that it is not told of which.
    await note('c');
    t.deepEqual(await ownersOf(), ['', self]);
    await node.heardOf(self);
    t.deepEqual(await ownersOf(), ['']);
  },
);
