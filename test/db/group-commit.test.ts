import test from 'ava';
import { hasCode, messageOf } from '../../src/core/errors.ts';
import type { TenantId } from '../../src/core/ids.ts';
import { openDatabase } from '../../src/db/open.ts';
import { tryWithin } from '../../src/db/savepoint.ts';
import { heldByAnother, stores, testDatabase } from '../helpers/database.ts';

const table = async (db: Awaited<ReturnType<typeof testDatabase>>['db']): Promise<void> => {
  await db.write(({ sql }) => sql.schema.createTable('notes', (t) => void t.text('text').primary()));
};

const A = { for: 'tnt_a' as TenantId };
const B = { for: 'tnt_b' as TenantId };
const NONE = undefined;

for (const store of await stores()) {
  test(`${store}: of jobs that share a commit, one that fails undoes only itself`, async (t) => {
    const { db, dispose } = await testDatabase(store);
    t.teardown(dispose);
    await table(db);
    const woken: number[] = [];
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) =>
        db.write(async (tx) => {
          tx.afterCommit(() => woken.push(i));
          await tx.sql('notes').insert({ text: `n${i}` });
          if (i % 10 === 3) throw new Error(`no ${i}`);
          if (i % 10 === 7) await tx.sql('notes').insert({ text: 'n0' });
          return i;
        }),
      ),
    );
    const kept = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    t.deepEqual(
      kept,
      Array.from({ length: 100 }, (_, i) => i).filter((i) => i % 10 !== 3 && i % 10 !== 7),
    );
    t.deepEqual(woken, kept, 'only what was committed wakes, in the order of the calls');
    const rows: { text: string }[] = await db.sql('notes');
    t.deepEqual(new Set(rows.map(({ text }) => text)), new Set(kept.map((i) => `n${i}`)));
    const failed = results[3];
    t.is(failed?.status === 'rejected' && failed.reason.message, 'no 3');
  });

  test(`${store}: a job that has the transaction to itself is undone as a whole`, async (t) => {
    const { db, dispose } = await testDatabase(store);
    t.teardown(dispose);
    await table(db);
    const alone = db.write(async ({ sql }) => {
      await sql('notes').insert({ text: 'x' });
      throw new Error('no');
    });
    await t.throwsAsync(alone, { message: 'no' });
    t.deepEqual(await db.sql('notes'), []);
    await db.write(({ sql }) => sql('notes').insert({ text: 'y' }));
    t.is((await db.sql('notes')).length, 1, 'the writer goes on');
  });

  test(`${store}: whose writes are refused, over and over, has those of others run a second time once, not each time`, async (t) => {
    const { db, dispose } = await testDatabase(store, { rehearse: false });
    t.teardown(dispose);
    await table(db);
    let runs = 0;
    for (let round = 0; round < 20; round++) {
      const well = Array.from({ length: 5 }, (_, n) =>
        db.write(({ sql }) => {
          runs++;
          return sql('notes').insert({ text: `${round}.${n}` });
        }, A),
      );
      const refused = [db.write(() => Promise.reject(new Error('no')), B), db.write(() => Promise.reject(new Error('neither')), NONE)];
      await Promise.all(well);
      t.deepEqual(await Promise.all(refused.map((one) => one.catch(messageOf))), ['no', 'neither']);
    }
    t.true(runs <= 110, `100 writes were run ${runs} times`);
    t.true(db.reruns() <= 2, `${db.reruns()} reruns`);
    t.is((await db.sql('notes')).length, 100);
  });

  test(`${store}: who has a thousand writes waiting holds up the next one by few of them, and each goes in its order`, async (t) => {
    const { db, dispose } = await testDatabase(store);
    t.teardown(dispose);
    await table(db);
    const done: string[] = [];
    const write = (text: string, whose?: typeof A) =>
      db.write(({ sql }) => sql('notes').insert({ text }), whose).then(() => done.push(text));
    const many = Array.from({ length: 1_000 }, (_, n) => write(`b${n}`, B));
    await Promise.all([write('a0', A), write('a1', A), write('none')]);
    t.true(done.length <= 200, `${done.length} came before`);
    await Promise.all(many);
    t.deepEqual(
      done.filter((text) => text.startsWith('b')),
      Array.from({ length: 1_000 }, (_, n) => `b${n}`),
    );
    t.true(done.indexOf('a0') < done.indexOf('a1'));
  });

  test(`${store}: what was written is there when the write resolves, for another connection too`, async (t) => {
    const { db, location, dispose } = await testDatabase(store);
    t.teardown(dispose);
    await table(db);
    const other = openDatabase(location);
    await db.write(({ sql }) => sql('notes').insert({ text: 'x' }));
    t.is((await other.sql('notes')).length, 1);
    await other.close();
  });

  test(`${store}: closing waits for what is being written`, async (t) => {
    const { db, location, dispose } = await testDatabase(store);
    t.teardown(dispose);
    await table(db);
    const writes = Array.from({ length: 200 }, (_, i) => db.write(({ sql }) => sql('notes').insert({ text: `n${i}` })));
    await db.close();
    await Promise.all(writes);
    const other = openDatabase(location);
    t.is((await other.sql('notes')).length, 200);
    await other.close();
  });
}

const onPostgres = (await stores()).includes('postgres') ? test : test.skip;

onPostgres(
  'on Postgres jobs of different tenants go side by side, those of one in their order, and what is for nobody behind them',
  async (t) => {
    const { db, dispose } = await testDatabase('postgres', { rehearse: false });
    t.teardown(dispose);
    await table(db);
    const met = Promise.withResolvers<void>();
    const done: string[] = [];
    const write = (text: string, whose?: typeof A, wait?: () => unknown) =>
      db.write(async ({ sql }) => {
        await sql('notes').insert({ text });
        await wait?.();
        done.push(text);
      }, whose);
    // The first one waits for another tenant's, which was asked for later.
    await Promise.all([write('none'), write('a0', A, () => met.promise), write('a1', A), write('b0', B, met.resolve)]);
    t.deepEqual(
      done.filter((text) => text !== 'b0'),
      ['a0', 'a1', 'none'],
    );
  },
);

onPostgres('of jobs that go side by side one that fails undoes only itself', async (t) => {
  const { db, dispose } = await testDatabase('postgres', { rehearse: false });
  t.teardown(dispose);
  await table(db);
  const results = await Promise.allSettled(
    Array.from({ length: 60 }, (_, i) =>
      db.write(
        async ({ sql }) => {
          await sql('notes').insert({ text: `n${i}` });
          if (i === 17) throw new Error('no');
          if (i === 31) await sql('notes').insert({ text: 'n31' });
          await sql('notes')
            .where({ text: `n${i}` })
            .update({ text: `m${i}` });
          return i;
        },
        { for: `tnt_${i % 20}` as TenantId },
      ),
    ),
  );
  const kept = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  t.deepEqual(
    kept,
    Array.from({ length: 60 }, (_, i) => i).filter((i) => i !== 17 && i !== 31),
  );
  const rows: { text: string }[] = await db.sql('notes');
  t.deepEqual(new Set(rows.map(({ text }) => text)), new Set(kept.map((i) => `m${i}`)));
});

onPostgres('what a job sets back by itself takes along nothing of those that go beside it', async (t) => {
  const { db, dispose } = await testDatabase('postgres', { rehearse: false });
  t.teardown(dispose);
  await table(db);
  await Promise.all(
    Array.from({ length: 24 }, (_, i) =>
      db.write(
        async (tx) => {
          await tx.sql('notes').insert({ text: `before${i}` });
          const inPart = async () => {
            await tx.sql('notes').insert({ text: `part${i}` });
            const nested = await tryWithin(tx, async () => {
              await tx.sql('notes').insert({ text: `nested${i}` });
              throw new Error('no');
            });
            t.true('error' in nested);
            if (i % 2) throw new Error('no');
          };
          if (i % 3) t.is('error' in (await tryWithin(tx, inPart)), i % 2 === 1);
          await tx.sql('notes').insert({ text: `after${i}` });
        },
        { for: `tnt_${i}` as TenantId },
      ),
    ),
  );
  const rows: { text: string }[] = await db.sql('notes');
  const kept = Array.from({ length: 24 }, (_, i) => [`before${i}`, ...(i % 3 && i % 2 === 0 ? [`part${i}`] : []), `after${i}`]);
  t.deepEqual(rows.map(({ text }) => text).sort(), kept.flat().sort());
});

for (const [when, goesOn] of [
  ['and goes on', true],
  ['after its last statement', false],
] as const) {
  onPostgres(
    `a transaction whose connection the server ends in its midst, ${when}, is refused as a whole, with those beside it`,
    async (t) => {
      const { db, dispose } = await testDatabase('postgres', { rehearse: false });
      t.teardown(dispose);
      await table(db);
      const isWritten = Promise.withResolvers<void>();
      const isCut = Promise.withResolvers<void>();
      const cut = db.write(async ({ sql }) => {
        await sql('notes').insert({ text: 'before' });
        const { rows } = await sql.raw('SELECT pg_backend_pid() AS pid');
        await isWritten.promise;
        await db.sql.raw('SELECT pg_terminate_backend(?, 5000)', [rows[0].pid]);
        // By then the end of it has come in, too.
        for (let look = 0; look < 20; look++) await db.sql.raw('SELECT 1');
        isCut.resolve();
        if (goesOn) await sql('notes').insert({ text: 'after' });
      }, A);
      const beside = db.write(async ({ sql }) => {
        await sql('notes').insert({ text: 'beside' });
        isWritten.resolve();
        await isCut.promise;
        if (goesOn) await sql('notes').insert({ text: 'after, beside' });
      }, B);
      const next = isCut.promise.then(() => db.write(({ sql }) => sql('notes').insert({ text: 'next' }), A));
      for (const refused of [cut, beside]) {
        const error = await t.throwsAsync(refused, { message: /Nothing was stored/ });
        t.true(hasCode(error, 'storage-unavailable'));
      }
      await next;
      t.deepEqual(await db.sql('notes'), [{ text: 'next' }]);
    },
  );
}

test('every connection to SQLite syncs each commit, enforces foreign keys and waits for other writers', async (t) => {
  const { db, dispose } = await testDatabase('sqlite');
  t.teardown(dispose);
  const settings = async (sql: typeof db.sql) => {
    const values: unknown[] = [];
    for (const name of ['journal_mode', 'synchronous', 'foreign_keys', 'busy_timeout']) {
      const [row] = await sql.raw(`PRAGMA ${name}`);
      values.push(Object.values(row)[0]);
    }
    return values;
  };
  t.deepEqual(await settings(db.sql), ['wal', 2, 1, 4_000]);
  t.deepEqual(await db.write(({ sql }) => settings(sql)), ['wal', 2, 1, 4_000]);
});

test('a database that another process holds answers after a bounded wait, and nothing is stored', async (t) => {
  const { db, location, dispose } = await testDatabase('sqlite');
  t.teardown(dispose);
  await table(db);
  const release = await heldByAnother(location, ({ sql }) => sql('notes').insert({ text: 'other' }));
  await t.throwsAsync(
    db.write(({ sql }) => sql('notes').insert({ text: 'x' })),
    { code: 'storage-unavailable' },
  );
  await release();
  await db.write(({ sql }) => sql('notes').insert({ text: 'y' }));
  t.deepEqual(
    (await db.sql('notes').orderBy('text')).map(({ text }: { text: string }) => text),
    ['other', 'y'],
  );
});

test('closing writes what was asked for before it and refuses what is asked for after it, at once', async (t) => {
  const { db, location, dispose } = await testDatabase('sqlite');
  t.teardown(dispose);
  await table(db);
  const early = db.write(({ sql }) => sql('notes').insert({ text: 'early' }));
  const closing = db.close();
  const refused = { code: 'shutting-down' };
  await t.throwsAsync(
    db.write(({ sql }) => sql('notes').insert({ text: 'late' })),
    refused,
  );
  await Promise.all([early, closing]);
  await t.throwsAsync(
    db.write(({ sql }) => sql('notes').insert({ text: 'later' })),
    refused,
  );
  const again = openDatabase(location);
  t.deepEqual(await again.sql('notes'), [{ text: 'early' }]);
  await again.close();
});

test('writes that take long share their commit with few others', async (t) => {
  const { db, dispose } = await testDatabase('sqlite', { rehearse: false });
  t.teardown(dispose);
  await table(db);
  let long = 0;
  const many = Array.from({ length: 10 }, () =>
    db.write(async () => {
      long++;
      const end = performance.now() + 60;
      while (performance.now() < end);
    }, B),
  );
  await db.write(({ sql }) => sql('notes').insert({ text: 'a' }), A);
  t.true(long <= 3, `${long} were waited for`);
  await Promise.all(many);
});

test('what a callback throws after the commit is told, and takes nothing from the other writes', async (t) => {
  const { location, db: first, dispose } = await testDatabase('sqlite');
  t.teardown(dispose);
  await table(first);
  const told: unknown[] = [];
  const db = openDatabase(location, { onError: (error) => told.push(messageOf(error)) });
  const woken: number[] = [];
  const one = db.write(async (tx) => {
    tx.afterCommit(() => {
      throw new Error('oh');
    });
    tx.afterCommit(() => woken.push(1));
    await tx.sql('notes').insert({ text: 'x' });
  });
  const other = db.write(async (tx) => tx.afterCommit(() => woken.push(2)));
  await Promise.all([one, other]);
  await db.write(({ sql }) => sql('notes').insert({ text: 'y' }));
  await db.close();
  t.deepEqual([told, woken, (await first.sql('notes')).length], [['oh'], [1, 2], 2]);
});

for (const store of await stores()) {
  test(`${store}: what is rehearsed leaves nothing, calls nothing, and is done once more`, async (t) => {
    const { db, dispose } = await testDatabase(store, { rehearse: true });
    t.teardown(dispose);
    await table(db);
    let [runs, callbacks] = [0, 0];
    const told = await db.write(async ({ sql, afterCommit }) => {
      await sql('notes').insert({ text: `run ${++runs}` });
      afterCommit(() => void callbacks++);
      return sql('notes').pluck('text');
    });
    t.deepEqual(told, ['run 2']);
    t.is(callbacks, 1);
    await t.throwsAsync(
      db.write(() => Promise.reject(new Error('no'))),
      { message: 'no' },
    );
  });
}
