/** What ends the browsers of a node that cannot do so itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { until } from '../../helpers/hub.ts';

/** Looks like a browser on this profile, with a child that only its descent tells of. */
const BROWSER = `require('child_process').spawn('sleep', ['600'], { stdio: 'inherit' }); setInterval(() => {}, 1000)`;

async function start(directory: string): Promise<{ hub: ChildProcess; browser: (name: string) => Promise<ChildProcess> }> {
  const hub = spawn(process.execPath, [fileURLToPath(new URL('./guarded-hub.ts', import.meta.url)), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(hub.stdout as NonNullable<ChildProcess['stdout']>, 'data');
  return {
    hub,
    async browser(name) {
      const child = spawn(process.execPath, ['-e', BROWSER, '--', `--user-data-dir=${join(directory, name)}`, '--headless'], {
        detached: true,
        // A pipe of this process that somebody still has open would keep it from ending.
        stdio: 'ignore',
      });
      await once(child, 'spawn');
      return child;
    },
  };
}

/** With its children. */
const end = ({ pid }: ChildProcess): boolean => process.kill(-(pid as number), 'SIGKILL');

const isGone = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

async function place(t: { teardown(work: () => unknown): void }): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-guard-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test('the browsers of a hub that stands still are ended in time, and one that somebody else starts there later is not', async (t) => {
  const directory = await place(t);
  const { hub, browser } = await start(directory);
  t.teardown(() => hub.kill('SIGKILL'));
  const [mine, others] = [await browser('mine'), await browser('others')];
  t.teardown(() => end(others));
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  t.false(isGone(mine), 'while the hub says that it lives');
  const stopped = performance.now();
  hub.kill('SIGSTOP');
  await until(() => isGone(mine), { what: 'its browser to be ended' });
  t.true(performance.now() - stopped < 10_000);
  t.false(isGone(others), 'of a profile that is not its own');
  const later = await browser('mine');
  t.teardown(() => end(later));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  t.false(isGone(later));
});

test('the browsers of a hub that is killed end at once', async (t) => {
  const { hub, browser } = await start(await place(t));
  const mine = await browser('mine');
  hub.kill('SIGKILL');
  await until(() => isGone(mine), { what: 'its browser to be ended', within: 10_000 });
  t.pass();
});
