/** What other nodes append, where it is told of at the worst moment. */
import test, { type ExecutionContext } from 'ava';
import type { LedgerEvent } from '../../src/core/events.ts';
import { newId } from '../../src/core/ids.ts';
import { OthersNews } from '../../src/ledger/others-news.ts';
import { LedgerStore } from '../../src/ledger/store.ts';
import { testDatabase } from '../helpers/database.ts';
import { testRuntime } from '../helpers/runtime.ts';

async function ground(t: ExecutionContext) {
  const { db, dispose } = await testDatabase();
  t.teardown(dispose);
  const tenantId = newId('tnt', 0);
  await db.write(({ sql }) => sql('tenants').insert({ id: tenantId, name: tenantId, created_at: 0, updated_at: 0 }));
  const store = new LedgerStore(db);
  const append = (count: number): Promise<LedgerEvent[]> =>
    db.write((tx) =>
      store.append(
        tx,
        Array.from({ length: count }, () => ({ tenantId, session: null, type: 'webhook.test', data: {} })),
        0,
      ),
    );
  return { db, store, append };
}

test('what is told of while the table is read is read, too', async (t) => {
  const { store, append } = await ground(t);
  const heard: number[] = [];
  const [isRead, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let reads = 0;
  const slow = {
    async read(filter: Parameters<LedgerStore['read']>[0]) {
      const events = await store.read(filter);
      if (++reads > 1) return events;
      isRead.resolve();
      await goOn.promise;
      return events;
    },
  };
  const heardAll = Promise.withResolvers<void>();
  const deliver = (events: readonly LedgerEvent[]): void => {
    heard.push(...events.map(({ position }) => position));
    heardAll.resolve();
  };
  const news = new OthersNews(slow, { from: 0, deliver, runtime: testRuntime() });
  t.teardown(() => news.stop());
  news.heardOf(null);
  await isRead.promise;
  const [event] = await append(1);
  news.heardOf(event?.position ?? 0);
  goOn.resolve();
  const late = new Promise<void>((resolve) => setTimeout(resolve, 5_000));
  await Promise.race([heardAll.promise, late]);
  t.deepEqual(heard, [event?.position]);
});

test('behind a gap no more is kept in mind than is worth a look', async (t) => {
  const { db, store, append } = await ground(t);
  let reads = 0;
  const counted = {
    read(filter: Parameters<LedgerStore['read']>[0]) {
      reads++;
      return store.read(filter);
    },
  };
  const delivered = Promise.withResolvers<readonly LedgerEvent[]>();
  const news = new OthersNews(counted, { from: 0, deliver: delivered.resolve, runtime: testRuntime() });
  t.teardown(() => news.stop());
  // As a transaction that was rolled back leaves it on Postgres.
  await append(1);
  await db.write(({ sql }) => sql('events').delete());
  for (let nth = 0; nth < 3; nth++) news.passOver(await append(500));
  t.true(reads > 0, 'without a word of others');
  const [event] = await append(1);
  news.heardOf(event?.position ?? 0);
  t.deepEqual(
    (await delivered.promise).map(({ position }) => position),
    [event?.position],
  );
});
