/** A Postgres of one test's own, which it may stop, kill and pause. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { appendFile, chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, until } from './hub.ts';

export interface PostgresServer {
  url: string;
  start(): void;
  /** As `kill -9` of all of it does: without a last word to whoever is connected. */
  stop(mode?: 'fast' | 'immediate'): void;
  /** Its processes, the one that starts the others first. */
  pids(): Promise<number[]>;
  /** Ends being the replica of another one; from here on it takes writes. */
  promote(): void;
  /** Stops, and starts at another address of this machine. */
  moveTo(host: string): void;
  /** To all of its processes. */
  signal(signal: 'STOP' | 'CONT' | 'KILL'): Promise<void>;
  dispose(): Promise<void>;
}

const VERSIONS = '/usr/lib/postgresql';

/** Null, and said aloud, where the programs are not installed. */
export function findPostgresPrograms(): string | null {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions.map((version) => join(VERSIONS, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  if (found) return found;
  process.stderr.write('SKIPPED for want of initdb: install the package "postgresql"\n');
  return null;
}

export interface PostgresOptions {
  /** The address that it listens at, 127.0.0.1 when not given. */
  host?: string;
  /** From which addresses, besides those of this machine, everybody is let in: `10.0.0.0/24`. */
  allow?: string;
  settings?: Readonly<Record<string, string>>;
  /** Makes it a replica of the one with this URL, by streaming. */
  replicaOf?: string;
}

/** It runs as the user `postgres` where the test runs as root, which it refuses to do. */
export async function startPostgres(
  bin: string,
  { host = '127.0.0.1', allow, settings = {}, replicaOf }: PostgresOptions = {},
): Promise<PostgresServer> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-postgres-'));
  const data = join(directory, 'data');
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    execFileSync('chown', ['postgres', directory]);
    await chmod(directory, 0o700);
  }
  const run = (program: string, args: string[]): void => {
    const [command, ...all] = isRoot ? ['runuser', '-u', 'postgres', '--', join(bin, program), ...args] : [join(bin, program), ...args];
    const { status, stderr } = spawnSync(command as string, all, { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
    if (status === 0) return;
    const log = existsSync(join(directory, 'log')) ? readFileSync(join(directory, 'log'), 'utf8').slice(-1_000) : '';
    throw new Error(`${program}: ${stderr} ${log}`);
  };
  if (replicaOf) run('pg_basebackup', ['--pgdata', data, '--dbname', replicaOf, '--write-recovery-conf', '--checkpoint=fast', '--no-sync']);
  else {
    run('initdb', ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--no-sync', '--no-locale', '--encoding', 'UTF8']);
    if (allow) await appendFile(join(data, 'pg_hba.conf'), `host all,replication all ${allow} trust\n`);
  }
  const port = replicaOf ? Number(new URL(replicaOf).port) : await freePort();
  let address = host;
  const start = (): void => {
    const all = { listen_addresses: address, unix_socket_directories: directory, shared_buffers: '16MB', ...settings };
    const options = Object.entries(all).map(([name, value]) => `-c ${name}=${value}`);
    run('pg_ctl', [
      'start',
      '--pgdata',
      data,
      '--wait',
      '--options',
      [`-p ${port}`, ...options].join(' '),
      '--log',
      join(directory, 'log'),
    ]);
  };
  const stop = (mode: 'fast' | 'immediate' = 'fast'): void => run('pg_ctl', ['stop', '--pgdata', data, '--wait', '--mode', mode]);
  const processes = async (): Promise<number[]> => {
    const postmaster = Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
    return [postmaster, ...childrenOf(postmaster)];
  };
  start();
  return {
    url: `postgres://postgres@${host}:${port}/postgres`,
    start,
    stop,
    promote: () => run('pg_ctl', ['promote', '--pgdata', data, '--wait']),
    moveTo(other) {
      stop();
      address = other;
      start();
    },
    pids: processes,
    async signal(signal) {
      const pids = await processes();
      for (const pid of pids) signalTo(pid, `SIG${signal}`);
      if (signal !== 'KILL') return;
      await until(() => pids.every((pid) => !existsSync(`/proc/${pid}`)), { what: 'Postgres to be gone' });
      await rm(join(data, 'postmaster.pid'), { force: true });
    },
    async dispose() {
      for (const pid of await processes().catch(() => [])) {
        signalTo(pid, 'SIGCONT');
        signalTo(pid, 'SIGKILL');
      }
      await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It is gone.
  }
}

function childrenOf(parent: number): number[] {
  const { stdout } = spawnSync('ps', ['-o', 'pid=', '--ppid', String(parent)], { encoding: 'utf8' });
  return stdout.split('\n').filter(Boolean).map(Number);
}
