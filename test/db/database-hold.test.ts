import test from 'ava';
import pg from 'pg';
import { HooklineError, hasCode } from '../../src/core/errors.ts';
import { systemClock } from '../../src/core/runtime.ts';
import { type DatabaseHold, holdDatabase } from '../../src/db/database-hold.ts';
import { migrate } from '../../src/db/migrate.ts';
import { refusePooler } from '../../src/db/pooler.ts';
import { stores, testLocation } from '../helpers/database.ts';
import { freePort, until } from '../helpers/hub.ts';
import { startPooler } from '../helpers/pooler.ts';
import { findPostgres } from '../helpers/requirements.ts';
import { FakeClock, memoryLogger } from '../helpers/runtime.ts';
import { startProxy } from '../helpers/tcp-proxy.ts';
import { startHolder } from './holders.ts';

const clock = systemClock;
const unexpected = (): void => {
  throw new Error('The hold was lost');
};
const onPostgres = (await stores()).includes('postgres') ? test : test.skip;

async function withDatabase(work: (url: string) => Promise<void>): Promise<void> {
  const { location, remove } = await testLocation('postgres');
  try {
    await work((location as { url: string }).url);
  } finally {
    await remove();
  }
}

/** Ends the connections whose application name begins so; resolves when the server has done it. */
async function terminate(url: string, applicationName: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE $1',
    [`${applicationName}%`],
  );
  await client.end();
}

onPostgres('a second hub on the same database is refused and told who holds it', (t) =>
  withDatabase(async (url) => {
    const holder = await startHolder('database', url);
    const error = await t.throwsAsync(holdDatabase(url, { clock, onLost: unexpected }), { instanceOf: HooklineError });
    t.true(hasCode(error, 'database-in-use'));
    t.regex(error.message, new RegExp(`hookline ${holder.pid}@.*Postgres backend \\d+, since 20`));
    await holder.kill();
  }),
);

onPostgres('a database whose holder was killed with SIGKILL is free again', (t) =>
  withDatabase(async (url) => {
    await (await startHolder('database', url)).kill();
    const deadline = Date.now() + 5_000;
    for (;;) {
      try {
        await (await holdDatabase(url, { clock, onLost: unexpected })).release();
        break;
      } catch (error) {
        // The server takes a moment to notice that the connection of the dead process was closed.
        if (!hasCode(error, 'database-in-use') || Date.now() > deadline) throw error;
      }
    }
    t.pass();
  }),
);

onPostgres('after release another hub gets the database, and nothing is said to be lost', (t) =>
  withDatabase(async (url) => {
    const first = await holdDatabase(url, { clock, onLost: unexpected });
    await first.release();
    await first.release();
    await (await startHolder('database', url)).kill();
    t.pass();
  }),
);

onPostgres('a pooler that shares connections between transactions is refused in words that say what to do', (t) =>
  withDatabase(async (url) => {
    const pooler = await startPooler(url);
    const error = await t.throwsAsync(holdDatabase(pooler.url, { clock, onLost: unexpected }), { instanceOf: HooklineError });
    t.true(hasCode(error, 'invalid-configuration'));
    t.like(error.errors, [{ path: 'HOOKLINE_DATABASE_URL' }]);
    t.regex(error.errors?.[0]?.message ?? '', /pool_mode = session/);
    t.true(hasCode(await t.throwsAsync(refusePooler(pooler.url)), 'invalid-configuration'), 'as the doctor says');
    await refusePooler(url);
    await pooler.close();
  }),
);

/** What is told of a hold, in its order; `next` resolves with what is told next. */
function listening(hold: DatabaseHold): { told: string[]; next(): Promise<string> } {
  const told: string[] = [];
  let tell = Promise.withResolvers<string>();
  const hear = (what: string): void => {
    told.push(what);
    tell.resolve(what);
    tell = Promise.withResolvers();
  };
  hold.listen({ away: ({ message }) => hear(message), back: () => hear('back') });
  return { told, next: () => tell.promise };
}

onPostgres('a hub whose holding connection is cut takes its hold again by itself', (t) =>
  withDatabase(async (url) => {
    const hold = await holdDatabase(url, { clock, onLost: unexpected });
    const { told, next } = listening(hold);
    const away = next();
    await terminate(url, `hookline ${process.pid}@`);
    await away;
    if (told.length === 1) await next();
    t.deepEqual([told.length, told[1]], [2, 'back']);
    t.regex(told[0] as string, /does not answer \(57P01\)/);
    await t.throwsAsync(startHolder('database', url), { message: /held by another hub/ });
    await hold.release();
  }),
);

onPostgres('a hub whose place another has taken meanwhile is told once that it has lost the database', (t) =>
  withDatabase(async (url) => {
    await migrate({ url });
    const proxy = await startProxy(url);
    const fake = new FakeClock();
    const lost = Promise.withResolvers<Error>();
    const hold = await holdDatabase(proxy.url, { clock: fake, onLost: lost.resolve });
    await hold.claim();
    const { told, next } = listening(hold);
    const away = next();
    proxy.freeze();
    fake.advance(1_500);
    fake.advance(3_000);
    t.regex(await away, /no longer answers/);
    await terminate(url, `hookline ${process.pid}@`);
    const other = await holdDatabase(url, { clock, onLost: unexpected });
    await other.claim();
    await other.release();
    // Nobody holds it, but somebody has.
    proxy.thaw();
    const error = await lost.promise;
    proxy.close();
    t.true(hasCode(error, 'database-in-use'));
    t.is(told.length, 1);
  }),
);

onPostgres('two databases on one server do not stand in each other’s way', (t) =>
  withDatabase((one) =>
    withDatabase(async (other) => {
      const holds = await Promise.all([one, other].map((url) => holdDatabase(url, { clock, onLost: unexpected })));
      await Promise.all(holds.map((held) => held.release()));
      t.pass();
    }),
  ),
);

onPostgres('a database that does not exist is a fault of the configuration, told without the password', async (t) => {
  const url = new URL((await findPostgres()) as string);
  url.pathname = '/hookline_no_such_database';
  url.password = 'canary';
  const error = await t.throwsAsync(holdDatabase(url.href, { clock, onLost: unexpected }), { instanceOf: HooklineError });
  t.is(error.errors?.[0]?.path, 'HOOKLINE_DATABASE_URL');
  t.false(JSON.stringify([error.message, error.errors]).includes('canary'));
});

onPostgres('a start waits for a server that is not there yet, and says so once', (t) =>
  withDatabase(async (url) => {
    const port = await freePort();
    const log = memoryLogger();
    const later = new URL(url);
    later.port = String(port);
    const holding = holdDatabase(later.href, { clock, log, onLost: unexpected, patience: 60_000 });
    await until(() => log.lines.length > 0, { what: 'a word about the wait' });
    const proxy = await startProxy(url, port);
    await (await holding).release();
    proxy.close();
    t.deepEqual(
      log.lines.map(({ level, message }) => [level, /does not answer yet/.test(message)]),
      [['warn', true]],
    );
  }),
);

test('a server that does not answer is storage-unavailable', async (t) => {
  const error = await t.throwsAsync(holdDatabase('postgres://nobody@127.0.0.1:1/none', { clock, onLost: unexpected }));
  t.true(hasCode(error, 'storage-unavailable'));
});
