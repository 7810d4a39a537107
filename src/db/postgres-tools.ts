/** Postgres' own programs, which read and write a whole database. Their version must be the server's or later. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { HooklineError } from '../core/errors.ts';

/** Of a dump: neither who owned a table there nor who might use it says anything about where it is restored. */
const NO_ROLES = ['--no-owner', '--no-privileges', '--no-comments'];

/** Writes what `snapshot` sees into `file`. */
export function dumpPostgres(url: string, file: string, snapshot: string): Promise<void> {
  return run('pg_dump', url, ['--format=custom', ...NO_ROLES, '--lock-wait-timeout=5000', `--snapshot=${snapshot}`, `--file=${file}`]);
}

/** Into an empty database, whole or not at all. */
export function restorePostgres(url: string, file: string): Promise<void> {
  const { database } = new pg.Client({ connectionString: url });
  return run('pg_restore', url, [...NO_ROLES, '--exit-on-error', '--single-transaction', `--dbname=${database}`, file]);
}

async function run(program: 'pg_dump' | 'pg_restore', url: string, args: string[]): Promise<void> {
  const child = spawn(program, ['--no-password', ...args], {
    env: { ...process.env, ...connectionOf(url), PGAPPNAME: `hookline ${program}` },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const over = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  over.catch(() => undefined);
  const said = await text(child.stderr);
  const code = await over.catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    throw missing(program, 'is not on this machine');
  });
  if (code === 0) return;
  if (/server version mismatch/.test(said)) throw missing(program, `is older than the server (${said.trim()})`);
  throw new HooklineError('storage-unavailable', `${program} ended with ${code}: ${said.trim()}`);
}

const missing = (program: string, how: string): HooklineError =>
  new HooklineError(
    'invalid-configuration',
    `${program} ${how}. Install Postgres' client programs in the server's version or a later one (Debian, Ubuntu: apt install postgresql-client), where this command finds them on its PATH.`,
  );

/** In the environment, where no list of processes shows a password, and as the hub's own driver understands the URL. */
function connectionOf(url: string): Record<string, string> {
  const { host, port, user, database, password } = new pg.Client({ connectionString: url });
  const asked = new URL(url).searchParams;
  const ssl = asked.get('sslmode') ?? (asked.get('ssl') === 'true' ? 'require' : undefined);
  const settings: Record<string, string | undefined> = {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    PGPASSWORD: password ?? undefined,
    PGSSLMODE: ssl === 'no-verify' ? 'require' : ssl,
    PGSSLROOTCERT: asked.get('sslrootcert') ?? undefined,
    PGSSLCERT: asked.get('sslcert') ?? undefined,
    PGSSLKEY: asked.get('sslkey') ?? undefined,
  };
  return Object.fromEntries(Object.entries(settings).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
