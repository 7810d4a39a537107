import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { finishRotation, rotateKeyFile } from '../../src/home/key-rotation.ts';
import { loadSecretKey, newSecretKey } from '../../src/home/secret-key.ts';
import { memoryLogger } from '../helpers/runtime.ts';

test.beforeEach(async (t) => {
  t.context = await mkdtemp(join(tmpdir(), 'hookline-rotation-'));
});
test.afterEach.always((t) => rm(t.context as string, { recursive: true, force: true }));

const load = (directory: string): Promise<Buffer> => loadSecretKey(directory, { sealedWith: [], log: memoryLogger() });

/** A database with one secret, of which only the key it is under is kept. */
class Sealed {
  under: Buffer;
  constructor(key: Buffer) {
    this.under = key;
  }
  reseal = async (from: Buffer, to: Buffer): Promise<number> => {
    if (!this.under.equals(from) && !this.under.equals(to)) throw new Error('sealed with neither key');
    this.under = to;
    return 1;
  };
}

test('the next key takes the place of the former one, for its owner alone', async (t) => {
  const directory = t.context as string;
  const sealed = new Sealed(await load(directory));
  const key = newSecretKey();
  t.is(await rotateKeyFile(directory, key, sealed.reseal), 1);
  t.deepEqual(await load(directory), key);
  t.deepEqual(sealed.under, key);
  t.deepEqual(await readdir(directory), ['secret.key']);
  t.is((await stat(join(directory, 'secret.key'))).mode & 0o777, 0o600);
});

for (const [when, crash] of [
  ['before anything is sealed again', () => Promise.reject(new Error('killed'))],
  [
    'when everything is sealed again and the file is not yet in its place',
    async (work: () => Promise<unknown>) => {
      await work();
      throw new Error('killed');
    },
  ],
] as [string, (work: () => Promise<unknown>) => Promise<never>][]) {
  test(`a crash ${when} is made good by whoever comes next`, async (t) => {
    const directory = t.context as string;
    const former = await load(directory);
    const sealed = new Sealed(former);
    const key = newSecretKey();
    const dying = (from: Buffer, to: Buffer): Promise<never> => crash(() => sealed.reseal(from, to));
    await t.throwsAsync(rotateKeyFile(directory, key, dying), { message: 'killed' });
    t.deepEqual(await load(directory), former, 'the former key is still there');

    t.is(await finishRotation(directory, sealed.reseal), 1);
    t.deepEqual(await load(directory), key);
    t.deepEqual(sealed.under, key);
    t.is(await finishRotation(directory, sealed.reseal), 0, 'and there is nothing more to do');
  });
}

test('another rotation first ends the one that was cut off', async (t) => {
  const directory = t.context as string;
  const sealed = new Sealed(await load(directory));
  await t.throwsAsync(rotateKeyFile(directory, newSecretKey(), () => Promise.reject(new Error('killed'))));
  const key = newSecretKey();
  await rotateKeyFile(directory, key, sealed.reseal);
  t.deepEqual([await load(directory), sealed.under], [key, key]);
});

test('a key that was half written is none', async (t) => {
  const directory = t.context as string;
  const former = await load(directory);
  await writeFile(join(directory, 'secret.key.next.new'), 'abc');
  t.is(await finishRotation(directory, new Sealed(former).reseal), 0);
  t.deepEqual(await load(directory), former);
});

test('the key in use is no new one', async (t) => {
  const directory = t.context as string;
  const key = await load(directory);
  await t.throwsAsync(rotateKeyFile(directory, Buffer.from(key), new Sealed(key).reseal), { code: 'invalid-configuration' });
  t.is(await readFile(join(directory, 'secret.key'), 'utf8'), `${key.toString('base64')}\n`);
});
