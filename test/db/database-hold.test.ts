import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import test from 'ava';
import pg from 'pg';
import { HooklineError, hasCode } from '../../src/core/errors.ts';
import { systemClock } from '../../src/core/runtime.ts';
import { holdDatabase } from '../../src/db/database-hold.ts';
import { stores, testLocation } from '../helpers/database.ts';
import { findPostgres } from '../helpers/requirements.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { startHolder } from './holders.ts';

const clock = systemClock;
const unexpected = (): void => {
  throw new Error('The hold was lost');
};
const onPostgres = (await stores()).includes('postgres') ? test : test.skip;

/** A way to the server that can fall silent without closing, as a cut cable does. */
async function startProxy(server: URL): Promise<{ url: string; freeze(): void; close(): void }> {
  const sockets: Socket[] = [];
  const listener = createServer((near) => {
    const far = connect(Number(server.port) || 5432, server.hostname);
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => undefined);
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const url = new URL(server);
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return {
    url: url.href,
    freeze: () => sockets.forEach((socket) => void socket.unpipe()),
    close: () => {
      listener.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

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

onPostgres('a hub whose holding connection is cut is told once', (t) =>
  withDatabase(async (url) => {
    const told: Error[] = [];
    const { promise: lost, resolve } = Promise.withResolvers<void>();
    await holdDatabase(url, {
      clock,
      onLost: (error) => {
        told.push(error);
        resolve();
      },
    });
    await Promise.all([terminate(url, `hookline ${process.pid}@`), lost]);
    const held = await holdDatabase(url, { clock, onLost: unexpected });
    await held.release();
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

onPostgres('a connection that no longer answers is lost after a missed heartbeat', (t) =>
  withDatabase(async (url) => {
    const proxy = await startProxy(new URL(url));
    const fake = new FakeClock();
    const { promise: lost, resolve } = Promise.withResolvers<Error>();
    await holdDatabase(proxy.url, { clock: fake, onLost: resolve });
    proxy.freeze();
    fake.advance(10_000);
    fake.advance(10_000);
    t.regex((await lost).message, /no longer answers/);
    proxy.close();
  }),
);

onPostgres('a database that does not exist is a fault of the configuration, told without the password', async (t) => {
  const url = new URL((await findPostgres()) as string);
  url.pathname = '/hookline_no_such_database';
  url.password = 'canary';
  const error = await t.throwsAsync(holdDatabase(url.href, { clock, onLost: unexpected }), { instanceOf: HooklineError });
  t.is(error.errors?.[0]?.path, 'HOOKLINE_DATABASE_URL');
  t.false(JSON.stringify([error.message, error.errors]).includes('canary'));
});

test('a server that does not answer is storage-unavailable', async (t) => {
  const error = await t.throwsAsync(holdDatabase('postgres://nobody@127.0.0.1:1/none', { clock, onLost: unexpected }));
  t.true(hasCode(error, 'storage-unavailable'));
});
