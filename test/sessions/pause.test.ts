import { readdir } from 'node:fs/promises';
import test from 'ava';
import { Stage } from './stage.ts';

test('a pause holds the profile with the engine stopped, and then what was wanted is brought up again', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  const seen = await stage.supervisor.pause('backup', async (directory) => {
    t.deepEqual(stage.engine.calls, ['start', 'stop']);
    return readdir(directory);
  });
  t.deepEqual(seen, ['owner.lock']);
  await stage.supervisor.settled();
  t.deepEqual(stage.engine.calls, ['start', 'stop', 'start']);
  await t.throwsAsync(
    stage.supervisor.pause('restore', () => Promise.reject(new Error('disk full'))),
    { message: 'disk full' },
  );
  await stage.supervisor.settled();
  t.is(stage.engine.count('start'), 3);
  await stage.room.dispose();
});

test('a session that was disconnected during a pause is not brought up after it', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  let disconnected: Promise<void> | undefined;
  await stage.supervisor.pause('backup', async () => {
    disconnected = stage.supervisor.disconnect();
  });
  await disconnected;
  await stage.supervisor.settled();
  t.is(stage.engine.count('start'), 1);
  t.is((await stage.view()).status, 'stopped');
  await stage.room.dispose();
});

test('a deleted session cannot be paused, and gets no profile again', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.destroy();
  await t.throwsAsync(
    stage.supervisor.pause('backup', async () => undefined),
    { code: 'shutting-down' },
  );
  t.deepEqual(await readdir(stage.room.tokensDir), []);
  await stage.room.dispose();
});
