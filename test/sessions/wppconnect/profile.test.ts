/** The lock of a profile and the processes on it, with a stand-in for the browser: a `node` that names the profile. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdtemp, rm, symlink } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { type Clock, systemClock } from '../../../src/core/runtime.ts';
import { browsersBelow, killTree, treeOf } from '../../../src/sessions/engines/wppconnect/chromium/process-tree.ts';
import { releaseProfile } from '../../../src/sessions/engines/wppconnect/chromium/profile-lock.ts';

/** A process that starts a second one in a group of its own, outside the tree's group, and says when both run. */
const PARENT = `
  const { spawn } = require('node:child_process');
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  child.on('spawn', () => process.stdout.write('up'));
  setInterval(() => {}, 1000);
`;

/** For which every wait is over at once. */
const hasty: Clock = { now: () => 0, steady: () => 0, after: (_delay, callback) => systemClock.after(0, callback) };

async function profile(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'hookline-lock-'));
}

async function browserOn(userDataDir: string): Promise<ChildProcess & { pid: number }> {
  const browser = spawn(process.execPath, ['-e', PARENT, '--', `--user-data-dir=${userDataDir}`, '--end'], { detached: true });
  await once(browser.stdout, 'data');
  return browser as ChildProcess & { pid: number };
}

const isThere = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

test('a whole tree is killed, with the child that left its group', async (t) => {
  const userDataDir = await profile();
  const browser = await browserOn(userDataDir);
  const tree = { root: browser.pid, userDataDir };
  t.is((await treeOf(tree)).length, 2);
  t.deepEqual(await killTree(tree), []);
  t.deepEqual(await treeOf(tree), []);
  await rm(userDataDir, { recursive: true });
});

test('a browser is found by its profile, whatever characters are in the path', async (t) => {
  for (const name of ['plain', 'Application Support', 'a --b', 'ü']) {
    const userDataDir = join(await profile(), name, 'chromium');
    const browser = await browserOn(userDataDir);
    t.deepEqual(await browsersBelow(dirname(userDataDir)), [{ userDataDir, pid: browser.pid }], name);
    t.deepEqual(await browsersBelow(`${dirname(userDataDir)}x`), []);
    t.deepEqual(await killTree({ root: browser.pid, userDataDir }), []);
  }
});

test('the lock of a live browser stays, and its pid is told; once it is dead the lock goes', async (t) => {
  const userDataDir = await profile();
  const lock = join(userDataDir, 'SingletonLock');
  const browser = await browserOn(userDataDir);
  await symlink(`${hostname()}-${browser.pid}`, lock);
  t.is(await releaseProfile(userDataDir, hasty), browser.pid);
  t.true(await isThere(lock));
  await killTree({ root: browser.pid, userDataDir });
  t.is(await releaseProfile(userDataDir, hasty), null);
  t.false(await isThere(lock));
  await rm(userDataDir, { recursive: true });
});

test('a pid that now belongs to something else owns nothing', async (t) => {
  const userDataDir = await profile();
  const lock = join(userDataDir, 'SingletonLock');
  await symlink(`${hostname()}-${process.pid}`, lock);
  t.is(await releaseProfile(userDataDir, hasty), null);
  t.false(await isThere(lock));
  await rm(userDataDir, { recursive: true });
});

test('the lock of a container that is gone is removed, with the directory of its socket', async (t) => {
  const userDataDir = await profile();
  const socket = await mkdtemp(join(tmpdir(), 'org.chromium.Chromium.'));
  await symlink('container-0f3a-42', join(userDataDir, 'SingletonLock'));
  await symlink(join(socket, 'SingletonSocket'), join(userDataDir, 'SingletonSocket'));
  t.is(await releaseProfile(userDataDir, hasty), null);
  t.false(await isThere(join(userDataDir, 'SingletonLock')));
  t.false(await isThere(socket));
  await rm(userDataDir, { recursive: true });
});
