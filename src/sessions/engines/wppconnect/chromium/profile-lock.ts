/**
 * Chromium marks a profile as its own by a symbolic link `SingletonLock` → `<host>-<pid>`. One that died without
 * removing it keeps a browser on another host name (a recreated container on the same volume) from starting, exit code 21.
 */
import { readlink, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { wait } from '../../../../core/deadline.ts';
import type { Clock } from '../../../../core/runtime.ts';
import { isBrowserOn } from './process-tree.ts';

/** A browser that lost its hub closes by itself as its pipe to the hub breaks; that takes a moment. */
const ORPHAN_ROUNDS = 50;
const ORPHAN_ROUND = 100;

/** Removes the lock that a dead owner left. Returns the pid of a live owner, whose lock stays, or null. */
export async function releaseProfile(userDataDir: string, clock: Clock): Promise<number | null> {
  for (let round = 0; ; round++) {
    const owner = await readOwner(userDataDir);
    // An owner on another host name is dead: this hub holds the data directory, so no other hub runs browsers on it.
    if (owner?.host !== hostname() || !(await isBrowserOn(owner.pid, userDataDir))) break;
    if (round === ORPHAN_ROUNDS) return owner.pid;
    await wait(clock, ORPHAN_ROUND);
  }
  await removeLock(userDataDir);
  return null;
}

/** The lock and the directory for its socket, which lies outside the profile. To be called only when no browser is on it. */
export async function removeLock(userDataDir: string): Promise<void> {
  const socket = await readlink(join(userDataDir, 'SingletonSocket')).catch(() => null);
  const directory = socket && dirname(socket);
  if (directory && /^\.?org\.chromium\./.test(basename(directory))) await rm(directory, { recursive: true, force: true });
  for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket']) await rm(join(userDataDir, name), { force: true });
}

async function readOwner(userDataDir: string): Promise<{ host: string; pid: number } | null> {
  const link = await readlink(join(userDataDir, 'SingletonLock')).catch(() => null);
  const [, host, pid] = /^(.*)-(\d+)$/.exec(link ?? '') ?? [];
  return host === undefined || pid === undefined ? null : { host, pid: Number(pid) };
}
