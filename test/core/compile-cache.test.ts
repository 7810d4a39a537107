import { once } from 'node:events';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { Worker } from 'node:worker_threads';
import test from 'ava';
import { compileCacheEnv } from '../../src/core/compile-cache.ts';

test('a thread reads what was compiled before from where the process does', async (t) => {
  enableCompileCache();
  const thread = new Worker("require('node:worker_threads').parentPort.postMessage(require('node:module').getCompileCacheDir() ?? null)", {
    eval: true,
    env: { ...process.env, ...compileCacheEnv() },
  });
  const [told] = await once(thread, 'message');
  t.truthy(told);
  t.is(told, getCompileCacheDir());
});
