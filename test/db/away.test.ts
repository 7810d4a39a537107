/** A database that goes away for a while, is held by others, or fails in the middle of a commit. */
import { rename, rm } from 'node:fs/promises';
import test, { type ExecutionContext } from 'ava';
import knex from 'knex';
import pg from 'pg';
import { messageOf } from '../../src/core/errors.ts';
import { systemClock } from '../../src/core/runtime.ts';
import { Availability } from '../../src/db/availability.ts';
import { type DatabaseHold, holdDatabase } from '../../src/db/database-hold.ts';
import { asStorageFailure } from '../../src/db/dialect.ts';
import { GroupCommit } from '../../src/db/group-commit.ts';
import { type Database, knexConfig, openDatabase } from '../../src/db/open.ts';
import { Writer } from '../../src/db/writer.ts';
import { heldByAnother, stores, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { memoryLogger } from '../helpers/runtime.ts';
import { startProxy, type TcpProxy } from '../helpers/tcp-proxy.ts';

const onPostgres = (await stores()).includes('postgres') ? test : test.skip;
const CALLER = { waited: 0 };
const table = (db: Database) => db.write(({ sql }) => sql.schema.createTable('notes', (t) => void t.text('text').primary()));
const note = async (db: Database, text: string): Promise<string> =>
  db.write(({ sql }) => sql('notes').insert({ text }), CALLER).then(() => 'stored', told);
/** What a caller is told of a failure. */
const told = (error: unknown): string => messageOf(asStorageFailure(error) ?? error);
const notes = async (db: Database): Promise<string[]> => (await db.sql('notes').orderBy('text')).map(({ text }: { text: string }) => text);

interface Stage {
  db: Database;
  /** Around the proxy. */
  direct: Database;
  url: string;
  proxy: TcpProxy;
  hold: DatabaseHold;
  lost: Promise<Error>;
  log: ReturnType<typeof memoryLogger>;
}

/** A hub's database, with its hold, behind a proxy. */
async function stage(t: ExecutionContext): Promise<Stage> {
  const { db: direct, location, dispose } = await testDatabase('postgres');
  const { url } = location as { url: string };
  await table(direct);
  const proxy = await startProxy(url);
  const lost = Promise.withResolvers<Error>();
  const log = memoryLogger();
  const hold = await holdDatabase(proxy.url, { clock: systemClock, onLost: lost.resolve });
  await hold.claim();
  const db = openDatabase({ url: proxy.url }, { hold, clock: systemClock, log });
  t.teardown(async () => {
    proxy.thaw();
    await db.close();
    await hold.release();
    proxy.close();
    await dispose();
  });
  return { db, direct, url, proxy, hold, lost: lost.promise, log };
}

onPostgres('a commit that reached the server is found to be stored, though its answer was cut off', async (t) => {
  const { db, direct, proxy } = await stage(t);
  await note(db, 'before');
  const cut = proxy.cutAt('COMMIT', { reaches: true });
  const woken: string[] = [];
  const writing = db.write(async (tx) => {
    tx.afterCommit(() => woken.push('x'));
    await tx.sql('notes').insert({ text: 'x' });
  }, CALLER);
  await cut;
  await writing;
  t.deepEqual([await notes(direct), woken], [['before', 'x'], ['x']]);
  t.is(await note(db, 'y'), 'stored');
});

onPostgres('a commit that never reached the server has stored nothing, and says so', async (t) => {
  const { db, direct, proxy } = await stage(t);
  await note(db, 'before');
  const cut = proxy.cutAt('COMMIT', { reaches: false });
  const [said] = await Promise.all([note(db, 'x'), cut]);
  t.regex(said, /Nothing was stored/);
  t.deepEqual(await notes(direct), ['before']);
  t.is(await note(db, 'x'), 'stored');
});

onPostgres('behind a cut cable callers are answered, and all goes on when it is mended', async (t) => {
  const { db, direct, proxy, log } = await stage(t);
  await note(db, 'before');
  proxy.freeze();
  const asked = [note(db, 'x'), note(db, 'y'), ...Array.from({ length: 12 }, () => notes(db).then(String, told))];
  for (const said of await Promise.all(asked)) t.regex(said, /does not answer|asked to store this/);
  t.false(db.up);
  t.regex(await note(db, 'z'), /Nothing was stored/, 'at once from here on');
  await t.throwsAsync(db.check());
  proxy.thaw();
  await until(() => db.up, { what: 'the database to be up' });
  t.is(await note(db, 'after'), 'stored');
  await db.check();
  t.true((await notes(direct)).includes('after'));
  t.deepEqual(
    log.lines.map(({ level }) => level),
    ['error', 'info'],
    'told once, not at every failure',
  );
});

onPostgres('of a commit that is not answered it is said that nobody knows', async (t) => {
  const { db, proxy } = await stage(t);
  await note(db, 'before');
  const writing = db.write(async ({ sql }) => {
    await sql('notes').insert({ text: 'x' });
    proxy.freeze();
  }, CALLER);
  await t.throwsAsync(writing, { message: /not known whether it was stored; repeat it with the same Idempotency-Key/ });
  proxy.thaw();
  await until(() => db.up, { what: 'the database to be up' });
  t.true((await note(db, 'y')) === 'stored');
});

onPostgres('a hub that is stopped does not wait for a server that is gone to say what became of a commit', async (t) => {
  const { db, proxy } = await stage(t);
  await note(db, 'before');
  const cut = proxy.cutAt('COMMIT', { reaches: false });
  const writing = db.write(({ sql }) => sql('notes').insert({ text: 'x' })).then(() => 'stored', told);
  await cut;
  proxy.close();
  await until(() => !db.up, { what: 'the database to be down' });
  await db.close();
  t.regex(await writing, /not known whether it was stored/);
});

onPostgres('a table that somebody else has locked keeps nobody waiting for it', async (t) => {
  const { db, url } = await stage(t);
  await note(db, 'before');
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  t.teardown(() => other.end());
  await other.query('BEGIN; LOCK TABLE notes');
  const asked = [
    ...Array.from({ length: 20 }, (_, n) => note(db, `x${n}`)),
    ...Array.from({ length: 20 }, () => notes(db).then(String, told)),
  ];
  // It is locked until all of them have been answered.
  for (const said of await Promise.all(asked)) t.regex(said, /Nothing was stored|not known whether it was stored/);
  await other.query('COMMIT');
  t.is(await note(db, 'after'), 'stored');
});

onPostgres('a hub commits nothing once another has the database, and is told so', async (t) => {
  const { db, direct, url, lost } = await stage(t);
  await note(db, 'before');
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  t.teardown(() => other.end());
  const begun = Promise.withResolvers<void>();
  const inside = db.write(async ({ sql }) => {
    await sql('notes').insert({ text: 'last' });
    begun.resolve();
    await until(
      async () => (await other.query("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple')")).rowCount,
      {
        what: 'the other hub to wait for the end of the commit',
      },
    );
  });
  await begun.promise;
  await Promise.all([inside, direct.write(({ sql }) => sql('hub_owner').update({ token: 'another' }))]);
  t.regex(await note(db, 'late'), /Another hub has .*Nothing was stored/);
  t.regex((await lost).message, /Another hub has had the database/);
  t.deepEqual(await notes(direct), ['before', 'last']);
});

test('however many wait for a lock that another process holds, each is answered while it is held', async (t) => {
  const { db, location, dispose } = await testDatabase('sqlite');
  t.teardown(dispose);
  await table(db);
  const release = await heldByAnother(location, ({ sql }) => sql('notes').insert({ text: 'other' }));
  const early = Array.from({ length: 30 }, (_, n) => note(db, `a${n}`));
  const late = new Promise((resolve) => setTimeout(resolve, 1_500)).then(() =>
    Promise.all(Array.from({ length: 30 }, (_, n) => note(db, `b${n}`))),
  );
  for (const said of [...(await Promise.all(early)), ...(await late)]) t.regex(said, /Nothing was stored/);
  await release();
  t.is(await note(db, 'y'), 'stored');
});

test('a file of the database that is removed is noticed: nothing is said to be stored in it', async (t) => {
  const { db, location, dispose } = await testDatabase('sqlite');
  t.teardown(dispose);
  await table(db);
  const { file } = location as { file: string };
  await rename(file, `${file}.away`);
  t.regex(await note(db, 'x'), /was removed while the hub runs .* Nothing was stored.* restore a backup/);
  t.false(db.up);
  await t.throwsAsync(db.check(), { message: /was removed/ });
  await rename(`${file}.away`, file);
  t.is(await note(db, 'y'), 'stored');
  t.deepEqual(await notes(db), ['y']);
  await db.check();
  await rm(file);
  await t.throwsAsync(db.check(), { message: /was removed/ }, 'also before anything is written');
});

for (const [what, failing, expected] of [
  ['goes on failing', Number.POSITIVE_INFINITY, /not known whether it was stored/],
  ['failed once', 1, /Nothing was stored/],
] as const) {
  test(`of a commit to a disk that ${what} the truth is said`, async (t) => {
    const { location, dispose } = await testDatabase('sqlite');
    t.teardown(dispose);
    let left: number = failing;
    const fault = Object.assign(new Error('SQLITE_IOERR: disk I/O error'), { code: 'SQLITE_IOERR' });
    const writer = new Writer(knex(knexConfig(location, { min: 0, max: 1 })), 'sqlite', {
      // biome-ignore lint/suspicious/noExplicitAny: the driver's own shape
      prepare(connection: any, done) {
        for (const way of ['all', 'exec']) {
          const real = connection[way].bind(connection);
          connection[way] = (sql: string, ...rest: unknown[]) => {
            if (!sql.includes('COMMIT') || left-- <= 0) return real(sql, ...rest);
            (rest.at(-1) as (error: Error) => void)(fault);
          };
        }
        done(null);
      },
    });
    const commits = new GroupCommit(writer, 'sqlite', { availability: new Availability(), onError: () => undefined });
    await t.throwsAsync(
      commits.write(({ sql }) => sql('hub_settings').insert({ name: 'x', value: 'y' }), '', 0),
      { message: expected },
    );
    await commits.close();
    await writer.close();
  });
}
