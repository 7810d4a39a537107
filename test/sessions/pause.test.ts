import { readdir } from 'node:fs/promises';
import test from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
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

test('a profile is worked on while the engine stands still, and nothing is told of it', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  const before = (await stage.room.statuses(stage.tenant)).length;
  await stage.supervisor.still('backup', async (directory) => {
    t.deepEqual(await readdir(directory), ['owner.lock']);
  });
  t.deepEqual(stage.engine.calls, ['start', 'still']);
  await t.throwsAsync(
    stage.supervisor.still('backup', () => Promise.reject(new Error('disk full'))),
    { message: 'disk full' },
  );
  await stage.supervisor.settled();
  t.deepEqual(stage.engine.calls, ['start', 'still', 'still'], 'a copy that fails is none of the session');
  t.is((await stage.room.statuses(stage.tenant)).length, before);
  await stage.room.dispose();
});

test('an engine that cannot be held still, or not for long enough, is stopped for the work, which is told', async (t) => {
  const stage = await Stage.set();
  await stage.supervisor.connect();
  const worked: string[] = [];
  const work = async () => void worked.push(stage.engine.calls.at(-1) ?? '');
  stage.engine.holdsStill = false;
  await stage.supervisor.still('backup', work);
  await stage.supervisor.settled();
  stage.engine.holdsStill = true;
  stage.engine.stillErrors.push(new HooklineError('engine-timeout', 'WhatsApp Web did not stand still long enough'));
  await stage.supervisor.still('backup', work);
  await stage.supervisor.settled();
  t.deepEqual(stage.engine.calls, ['start', 'still', 'stop', 'start', 'still', 'stop', 'start']);
  t.deepEqual(worked, ['stop', 'still', 'stop']);
  t.is((await stage.room.statuses(stage.tenant)).filter((status) => status.endsWith('(backup)')).length, 4);
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
