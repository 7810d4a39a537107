import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import { keyIdOf } from '../../src/core/seal.ts';
import { decodeSecretKey, loadSecretKey } from '../../src/home/secret-key.ts';
import { memoryLogger } from '../helpers/runtime.ts';

test.beforeEach(async (t) => {
  t.context = await mkdtemp(join(tmpdir(), 'hookline-key-'));
});
test.afterEach.always((t) => rm(t.context as string, { recursive: true, force: true }));

test('a key is made once, for its owner alone, and found again', async (t) => {
  const directory = t.context as string;
  const log = memoryLogger();
  const key = await loadSecretKey(directory, { sealedWith: [], log });
  t.is(key.length, 32);
  t.is((await stat(join(directory, 'secret.key'))).mode & 0o777, 0o600);
  t.deepEqual(await loadSecretKey(directory, { sealedWith: [], log }), key);
  t.deepEqual(await readdir(directory), ['secret.key']);
  t.is(log.lines.length, 0);
});

test('a configured key is used and none is made', async (t) => {
  const configured = Buffer.alloc(32, 7);
  t.is(await loadSecretKey(t.context as string, { configured, sealedWith: [], log: memoryLogger() }), configured);
  t.deepEqual(await readdir(t.context as string), []);
});

test('a key file that others could read is made private, aloud', async (t) => {
  const directory = t.context as string;
  const log = memoryLogger();
  const key = await loadSecretKey(directory, { sealedWith: [], log });
  await chmod(join(directory, 'secret.key'), 0o644);
  t.deepEqual(await loadSecretKey(directory, { sealedWith: [], log }), key);
  t.is((await stat(join(directory, 'secret.key'))).mode & 0o777, 0o600);
  t.regex(log.lines[0]?.message ?? '', /could be read by other users/);
});

test('a spoilt key file stops the hub instead of being replaced', async (t) => {
  const file = join(t.context as string, 'secret.key');
  await writeFile(file, 'c2hvcnQ=\n', { mode: 0o600 });
  const error = await t.throwsAsync(loadSecretKey(t.context as string, { sealedWith: [], log: memoryLogger() }), {
    instanceOf: HooklineError,
  });
  t.is(error.errors?.[0]?.path, file);
  t.is(await readFile(file, 'utf8'), 'c2hvcnQ=\n');
});

test('where something is sealed, a key that is missing or another one stops the hub, and none is made', async (t) => {
  const directory = t.context as string;
  const load = (sealedWith: string[], configured?: Buffer) =>
    loadSecretKey(directory, { sealedWith, log: memoryLogger(), ...(configured && { configured }) });
  const missing = await t.throwsAsync<HooklineError>(load(['0123abcd']));
  t.is(missing?.code, 'invalid-configuration');
  t.regex(missing?.errors?.[0]?.message ?? '', /is missing, and what is sealed in the database needs the key 0123abcd: restore it/);
  t.deepEqual(await readdir(directory), []);
  const key = await load([]);
  t.deepEqual(await load(['0123abcd', keyIdOf(key)]), key);
  for (const configured of [undefined, Buffer.alloc(32, 7)]) {
    const other = await t.throwsAsync<HooklineError>(load(['0123abcd'], configured));
    t.is(other?.errors?.[0]?.path, configured ? 'HOOKLINE_SECRET_KEY' : join(directory, 'secret.key'));
  }
});

test('a key is written in hex, base64 or base64url, and only with 32 bytes', (t) => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, index) => 255 - index));
  for (const encoding of ['hex', 'base64', 'base64url'] as const) t.deepEqual(decodeSecretKey(key.toString(encoding)), key);
  for (const wrong of [
    '',
    'x'.repeat(45),
    key.subarray(1).toString('hex'),
    key.subarray(3).toString('base64'),
    `${key.toString('hex')} `,
  ]) {
    t.is(decodeSecretKey(wrong), undefined);
  }
});
