import type pg from 'pg';
import { HooklineError } from '../core/errors.ts';

/** Milliseconds that the second connection may take: behind a pooler there may be no room for it. */
const WITHIN = 3_000;

/**
 * Rejects with `invalid-configuration` where what a connection holds (a lock, what it listens to) is not its own between two transactions, as
 * behind PgBouncer in transaction mode. `connect`: opens a second one, which is closed again; it is not asked for where the server itself
 * has given `client` the number of its backend, which a pooler does not.
 */
export async function refuseSharing(client: pg.Client, connect: () => Promise<pg.Client>): Promise<void> {
  const own = await backendOf(client);
  if (own === (client as unknown as { processID: number }).processID) return;
  const second = await connect();
  try {
    // In a transaction it keeps what it was given.
    const other = await inTime(second.query('BEGIN').then(() => backendOf(second)));
    if (other === undefined) return;
    if (other !== own && (await inTime(backendOf(client))) === own) return;
  } finally {
    void second.end().catch(() => undefined);
  }
  const message =
    'this leads to a pooler that shares the connections of the database between transactions (PgBouncer with pool_mode = transaction, or statement). ' +
    'A hub holds a lock there, and listens: name Postgres itself, or a pool with pool_mode = session';
  throw new HooklineError('invalid-configuration', 'The database cannot be used through this pooler.', {
    errors: [{ path: 'HOOKLINE_DATABASE_URL', message }],
  });
}

/** The same for whoever has no connection. */
export async function refusePooler(connectionString: string): Promise<void> {
  const { Client } = (await import('pg')).default;
  const opened: pg.Client[] = [];
  const connect = async (): Promise<pg.Client> => {
    const client = new Client({ connectionString, connectionTimeoutMillis: WITHIN, query_timeout: WITHIN });
    client.on('error', () => undefined);
    opened.push(client);
    await client.connect();
    return client;
  };
  try {
    await refuseSharing(await connect(), connect);
  } finally {
    for (const client of opened) void client.end().catch(() => undefined);
  }
}

async function backendOf(client: pg.Client): Promise<number | undefined> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid;
}

/** Undefined where it takes too long. */
async function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  const over = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => over.resolve(undefined), WITHIN);
  work.catch(() => undefined);
  return Promise.race([work, over.promise]).finally(() => clearTimeout(timer));
}
