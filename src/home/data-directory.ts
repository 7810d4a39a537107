import { access, chmod, constants, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import sqlite3 from 'sqlite3';
import { z } from 'zod';
import { HooklineError, messageOf } from '../core/errors.ts';
import { iso } from '../core/iso.ts';
import { makeDirectorySync } from '../core/make-directory.ts';
import type { Runtime } from '../core/runtime.ts';

export interface Held {
  /** Lets go. Idempotent. */
  release(): Promise<void>;
}

/** What is said of a directory, and the variable that names it. */
const KINDS = { data: 'HOOKLINE_DATA_DIR', tokens: 'HOOKLINE_TOKENS_DIR' };
export type DirectoryKind = keyof typeof KINDS;

const Owner = z.object({ pid: z.number(), host: z.string(), startedAt: z.string() });
type Owner = z.infer<typeof Owner>;

/** Whether nothing of anybody's is in it: a checkout brings an empty one along, to be read by everybody. */
export const isFresh = async (directory: string): Promise<boolean> => (await readdir(directory)).every((name) => name === '.gitkeep');

/**
 * Makes the directory, with mode 0700, which a fresh one that is there gets, too; of one with something in it others may be meant to read
 * that. Rejects with `invalid-configuration` where no files can be kept in it.
 */
export async function makeDirectory(kind: DirectoryKind, directory: string): Promise<void> {
  try {
    makeDirectorySync(directory, 0o700);
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    // A mount may be of somebody else.
    if (await isFresh(directory)) await chmod(directory, 0o700).catch(() => undefined);
  } catch (error) {
    throw await unusable(kind, directory, error);
  }
}

/**
 * Makes the directory (mode 0700) and holds it until `release` or the death of this process, however it dies: the hold
 * is SQLite's own lock on `hub.lock`, an fcntl lock, which the kernel takes back with the process and which children
 * (a browser that outlives the hub) do not inherit. `hub.pid` beside it only says who to ask.
 * Rejects with `data-directory-in-use`.
 */
export async function holdDirectory(kind: DirectoryKind, directory: string, { clock }: Pick<Runtime, 'clock'>): Promise<Held> {
  const pidFile = join(directory, 'hub.pid');
  await makeDirectory(kind, directory);
  const unlock = await lock(kind, directory, pidFile);
  try {
    await writeOwner(pidFile, { pid: process.pid, host: hostname(), startedAt: iso(clock.now()) });
  } catch (error) {
    await unlock();
    throw await unusable(kind, directory, error);
  }
  let released: Promise<void> | undefined;
  return {
    release: () => {
      released ??= rm(pidFile, { force: true }).finally(unlock);
      return released;
    },
  };
}

/** A connection that is collected as garbage lets go of its lock. */
const locks = new Set<sqlite3.Database>();

/**
 * Nothing in this process may open and close `hub.lock` by other means: closing any descriptor of a file drops all
 * fcntl locks that the process has on it (https://sqlite.org/howtocorrupt.html, 2.2).
 */
async function lock(kind: DirectoryKind, directory: string, pidFile: string): Promise<() => Promise<void>> {
  const database = await new Promise<sqlite3.Database>((resolve, reject) => {
    const opened: sqlite3.Database = new sqlite3.Database(join(directory, 'hub.lock'), (error) =>
      error ? reject(error) : resolve(opened),
    );
  }).catch(async (error) => {
    throw await unusable(kind, directory, error);
  });
  const close = (): Promise<void> => {
    locks.delete(database);
    return new Promise((resolve) => database.close(() => resolve()));
  };
  // SQLite makes it as everything else is made here: to be read by others. This opens nothing, see above.
  await chmod(join(directory, 'hub.lock'), 0o600).catch(() => undefined);
  database.configure('busyTimeout', 0);
  const refusal = await new Promise<Error | null>((resolve) => database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE', resolve));
  if (!refusal) {
    locks.add(database);
    return close;
  }
  await close();
  if ((refusal as NodeJS.ErrnoException).code !== 'SQLITE_BUSY') throw await unusable(kind, directory, refusal);
  const owner = await readOwner(pidFile);
  const held = `The ${kind} directory ${directory} is held by ${owner ? describe(owner) : 'another hub'}`;
  throw new HooklineError('data-directory-in-use', `${held}. Stop it, or give this hub another directory with ${KINDS[kind]}.`, {
    extra: { directory, owner, held },
  });
}

function describe({ pid, host, startedAt }: Owner): string {
  return `process ${pid}${host === hostname() ? '' : ` on host ${host}`} (since ${startedAt})`;
}

async function writeOwner(pidFile: string, owner: Owner): Promise<void> {
  const draft = `${pidFile}.new`;
  await writeFile(draft, `${JSON.stringify(owner)}\n`, { mode: 0o600 });
  await rename(draft, pidFile);
}

/** Null when the owner has not yet said who it is. */
async function readOwner(pidFile: string): Promise<Owner | null> {
  try {
    return Owner.parse(JSON.parse(await readFile(pidFile, 'utf8')));
  } catch {
    return null;
  }
}

async function unusable(kind: DirectoryKind, directory: string, error: unknown): Promise<HooklineError> {
  const advice = adviceOn(error, await nearest(directory), KINDS[kind]);
  return new HooklineError('invalid-configuration', `The directory ${directory} cannot be used. ${advice}`, {
    errors: [{ path: KINDS[kind], message: `no files can be kept there: ${messageOf(error)}` }],
    cause: error,
  });
}

/** What to do where nothing can be written in a directory that is there; `variable` configures it. */
export function adviceOn(error: unknown, directory: string, variable: string): string {
  const elsewhere = `set ${variable} to another directory.`;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EROFS')
    return `The file system is read-only: mount it writable (in a unit add ReadWritePaths=${directory}), or ${elsewhere}`;
  if (code !== 'EACCES' && code !== 'EPERM') return elsewhere.replace(/^s/, 'S');
  return `Give ${directory} to user ${process.getuid?.() ?? 'of the hub'} (chown), or ${elsewhere}`;
}

/** The path itself, or the first one above it that is there. */
export async function nearest(path: string): Promise<string> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  return isThere || dirname(path) === path ? path : nearest(dirname(path));
}
