import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import test from 'ava';

const BUILD = new URL('../../src/dashboard/build.ts', import.meta.url).href;

test('threads and processes may build the pages at the same time', async (t) => {
  const build = async (): Promise<number> => {
    const thread = new Worker(
      `import(${JSON.stringify(BUILD)}).then(async ({ buildPages }) => { for (let i = 0; i < 2; i++) await buildPages(); })`,
      {
        eval: true,
      },
    );
    const [code] = await once(thread, 'exit');
    return code;
  };
  t.deepEqual(await Promise.all([build(), build(), build(), build()]), [0, 0, 0, 0]);
});
