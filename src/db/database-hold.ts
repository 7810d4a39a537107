import { hostname } from 'node:os';
import type pg from 'pg';
import { HooklineError } from '../core/errors.ts';
import type { Runtime, Timer } from '../core/runtime.ts';
import type { Held } from './data-directory.ts';
import { explainConnection } from './dialect.ts';

/** One hub on a database, by an advisory lock of this name; they are counted per database, so others are not in the way. */
const LOCK = { classid: 0x686f6f6b, objid: 1 };

/** A connection that no longer answers is found within the sum of these (ms). */
const HEARTBEAT = 10_000;
const ANSWER_WITHIN = 10_000;
/** The server finds within 25 s that this machine has vanished, and the next hub may start. */
const NOTICE_A_VANISHED_HUB = 'SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3';

const OWNER = `
  SELECT a.pid, a.application_name, a.client_addr, a.backend_start
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $1 AND l.objid = $2
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

interface Owner {
  pid: number;
  application_name: string;
  client_addr: string | null;
  backend_start: Date;
}

/**
 * Holds a Postgres database until `release` or the death of this process, so that a second hub on it is refused with
 * `database-in-use`. `onLost` is called once when the connection that holds it is gone: another hub may have taken the
 * database by then, so the caller has to stop. Needs a connection of its own; a pooler that shares connections between
 * transactions cannot carry it.
 */
export async function holdDatabase(
  url: string,
  { clock, onLost }: Pick<Runtime, 'clock'> & { onLost: (error: Error) => void },
): Promise<Held> {
  const { Client } = (await import('pg')).default;
  const client = new Client({
    connectionString: url,
    application_name: `hookline ${process.pid}@${hostname()}`.slice(0, 63),
    connectionTimeoutMillis: ANSWER_WITHIN,
    keepAlive: true,
  });
  let timer: Timer | undefined;
  let held = false;
  const letGo = async (): Promise<void> => {
    held = false;
    timer?.cancel();
    await client.end().catch(() => undefined);
  };
  const lose = (error: Error): void => {
    if (!held) return;
    void letGo();
    onLost(error);
  };

  client.on('error', lose);
  client.on('end', () => lose(new Error('The connection that holds the database was closed')));
  try {
    await client.connect();
    await take(client);
  } catch (error) {
    await letGo();
    throw explainConnection(error);
  }
  held = true;

  const beat = (): void => {
    timer = clock.after(HEARTBEAT, () => {
      timer = clock.after(ANSWER_WITHIN, () => lose(new Error('The connection that holds the database no longer answers')));
      client.query('SELECT 1').then(() => {
        timer?.cancel();
        if (held) beat();
      }, lose);
    });
  };
  beat();
  return { release: letGo };
}

async function take(client: pg.Client): Promise<void> {
  await client.query(NOTICE_A_VANISHED_HUB);
  const key = [LOCK.classid, LOCK.objid];
  const { rows } = await client.query<{ held: boolean }>('SELECT pg_try_advisory_lock($1, $2) AS held', key);
  if (rows[0]?.held) return;
  const owner = (await client.query<Owner>(OWNER, key)).rows[0];
  throw new HooklineError(
    'database-in-use',
    `The database is held by another hub${owner ? ` (${describe(owner)})` : ''}. Stop it, or give this hub another database with HOOKLINE_DATABASE_URL.`,
    { extra: { owner: owner ?? null } },
  );
}

function describe({ pid, application_name, client_addr, backend_start }: Owner): string {
  const from = client_addr ? ` from ${client_addr}` : '';
  return `${application_name || 'unnamed'}${from}, Postgres backend ${pid}, since ${backend_start.toISOString()}`;
}
