/** A Postgres of one test's own, which it may stop, kill and pause. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, until } from './hub.ts';

export interface PostgresServer {
  url: string;
  start(): void;
  /** As `kill -9` of all of it does: without a last word to whoever is connected. */
  stop(mode?: 'fast' | 'immediate'): void;
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

/** It runs as the user `postgres` where the test runs as root, which it refuses to do. */
export async function startPostgres(bin: string): Promise<PostgresServer> {
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
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  };
  run('initdb', ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--no-sync', '--no-locale', '--encoding', 'UTF8']);
  const port = await freePort();
  const settings = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${directory} -c shared_buffers=16MB`;
  const start = (): void => run('pg_ctl', ['start', '--pgdata', data, '--wait', '--options', settings, '--log', join(directory, 'log')]);
  const processes = async (): Promise<number[]> => {
    const postmaster = Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
    return [postmaster, ...childrenOf(postmaster)];
  };
  start();
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    start,
    stop: (mode = 'fast') => run('pg_ctl', ['stop', '--pgdata', data, '--wait', '--mode', mode]),
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
