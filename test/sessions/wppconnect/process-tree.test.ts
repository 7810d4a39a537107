import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { browsersBelow, freeze, killTree, thaw } from '../../../src/sessions/engines/wppconnect/chromium/process-tree.ts';
import { until } from '../../helpers/hub.ts';

/** What looks like a browser on a profile, counts aloud, and has a child that does the same. */
const COUNTING = `
  setInterval(() => process.stdout.write('.'), 10);
  if (!process.env.CHILD) require('child_process').spawn(process.execPath, process.execArgv.concat(process.argv.slice(1)), { stdio: 'inherit', env: { CHILD: 1 } });
`;

async function like(directory: string): Promise<{ child: ChildProcess; tree: { root: number; userDataDir: string }; heard: () => number }> {
  const userDataDir = join(directory, 'profile', 'chromium');
  const child = spawn(process.execPath, ['-e', COUNTING, '--', `--user-data-dir=${userDataDir}`, '--headless'], { detached: true });
  let heard = 0;
  child.stdout?.on('data', (text) => {
    heard += String(text).length;
  });
  await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data');
  return { child, tree: { root: child.pid as number, userDataDir }, heard: () => heard };
}

for (const name of ['hookline-tree-', 'hookline tree ']) {
  test(`a tree on "${name}…" is found, stands still when it is frozen, goes on, and can be killed frozen`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), name));
    const { child, tree, heard } = await like(directory);
    t.teardown(async () => {
      await killTree(tree);
      await rm(directory, { recursive: true, force: true });
    });
    t.true((await browsersBelow(directory)).some(({ pid, userDataDir }) => pid === child.pid && userDataDir === tree.userDataDir));
    t.deepEqual(await browsersBelow(directory.slice(0, -1)), [], 'a directory whose name only begins like it is another');

    t.true(await freeze(tree));
    // What it said before is still on its way.
    let before = -1;
    const isQuiet = (): boolean => {
      const former = before;
      before = heard();
      return before === former;
    };
    await until(isQuiet, { what: 'it to be quiet', every: 200 });
    await thaw(tree);
    await until(() => heard() > before, { what: 'it to go on' });

    t.true(await freeze(tree));
    t.deepEqual(await killTree(tree), []);
    t.deepEqual(await browsersBelow(directory), []);
  });
}

/** Starts one child after the other, so that some are being started at any moment. */
const FORKING = `
  const { spawn } = require('child_process');
  const next = () => { spawn('sleep', ['10'], { stdio: 'ignore' }); setImmediate(next); };
  next();
  process.stdout.write('.');
`;

test('of a browser that is known by its profile alone, children that it was starting while it was killed are killed, too', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-tree-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  for (let turn = 0; turn < 2; turn++) {
    const userDataDir = join(directory, `${turn}`);
    const child = spawn(process.execPath, ['-e', FORKING, '--', `--user-data-dir=${userDataDir}`, '--headless'], { detached: true });
    const group = child.pid as number;
    t.teardown(() => isThere(group) && process.kill(-group, 'SIGKILL'));
    await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data');
    t.deepEqual(await killTree({ root: null, userDataDir }), []);
    await until(() => child.exitCode !== null || child.signalCode !== null, { what: 'its end' });
    await until(() => !isThere(group), { what: 'the end of all of its group', within: 2_000 });
  }
});

function isThere(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}
