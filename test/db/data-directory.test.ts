import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { HooklineError, hasCode } from '../../src/core/errors.ts';
import { systemClock } from '../../src/core/runtime.ts';
import { adviceOn, holdDirectory } from '../../src/home/data-directory.ts';
import { startHolder } from './holders.ts';

const clock = systemClock;

test.beforeEach(async (t) => {
  t.context = await mkdtemp(join(tmpdir(), 'hookline-hold-'));
});
test.afterEach.always((t) => rm(t.context as string, { recursive: true, force: true }));

test('the directory is made for its owner alone, and so is what lies in it, wherever it was made before', async (t) => {
  const directory = join(t.context as string, 'deep', 'data');
  const held = await holdDirectory('data', directory, { clock });
  t.is((await stat(directory)).mode & 0o777, 0o700);
  for (const file of await readdir(directory)) t.is((await stat(join(directory, file))).mode & 0o777, 0o600, file);
  await held.release();
});

test('a directory that a checkout brought along is closed to others; one with something in it is left as it is', async (t) => {
  for (const [name, mode] of [
    ['.gitkeep', 0o700],
    ['somebodys', 0o755],
  ] as const) {
    const directory = join(t.context as string, name);
    await mkdir(directory);
    await chmod(directory, 0o755);
    await writeFile(join(directory, name), '');
    const held = await holdDirectory('tokens', directory, { clock });
    t.is((await stat(directory)).mode & 0o777, mode, name);
    await held.release();
  }
});

test('a second hub is refused and told who holds the directory', async (t) => {
  const directory = t.context as string;
  const holder = await startHolder('directory', directory);
  const error = await t.throwsAsync(holdDirectory('data', directory, { clock }), { instanceOf: HooklineError });
  t.true(hasCode(error, 'data-directory-in-use'));
  t.regex(error.message, new RegExp(`is held by process ${holder.pid} \\(since 20\\d\\d-.*HOOKLINE_DATA_DIR`));
  await holder.kill();
});

test('a directory of logins is held as well, and its refusal names it', async (t) => {
  const directory = t.context as string;
  const holder = await startHolder('directory', directory);
  await t.throwsAsync(holdDirectory('tokens', directory, { clock }), { message: /The tokens directory .* HOOKLINE_TOKENS_DIR/ });
  await holder.kill();
});

test('a directory whose holder was killed with SIGKILL is free at once', async (t) => {
  const directory = t.context as string;
  await (await startHolder('directory', directory)).kill();
  t.deepEqual((await readdir(directory)).sort(), ['hub.lock', 'hub.pid']);
  const held = await holdDirectory('data', directory, { clock });
  await t.throwsAsync(startHolder('directory', directory), { message: new RegExp(`held by process ${process.pid} `) });
  await held.release();
});

test('a refused hub leaves the hold of the other one untouched', async (t) => {
  const directory = t.context as string;
  const held = await holdDirectory('data', directory, { clock });
  await t.throwsAsync(holdDirectory('data', directory, { clock }));
  await t.throwsAsync(startHolder('directory', directory), { message: /is held by process/ });
  await held.release();
});

test('after release the directory is free; releasing twice is releasing once', async (t) => {
  const directory = t.context as string;
  const first = await holdDirectory('data', directory, { clock });
  await first.release();
  const second = await holdDirectory('data', directory, { clock });
  await first.release();
  await t.throwsAsync(startHolder('directory', directory), { message: /is held by process/ });
  await second.release();
});

test('a path where no directory can be is a fault of the configuration', async (t) => {
  const file = join(t.context as string, 'file');
  await writeFile(file, '');
  const error = await t.throwsAsync(holdDirectory('data', file, { clock }), { instanceOf: HooklineError });
  t.true(hasCode(error, 'invalid-configuration'));
  t.is(error.errors?.[0]?.path, 'HOOKLINE_DATA_DIR');
  const on = (code: string): string => adviceOn(Object.assign(new Error(), { code }), '/var/lib/hookline', 'HOOKLINE_DATA_DIR');
  t.regex(on('EROFS'), /read-only: .*ReadWritePaths=\/var\/lib\/hookline/);
  t.regex(on('EACCES'), /Give \/var\/lib\/hookline to user .*chown/);
});
