import { setImmediate as settled } from 'node:timers/promises';
import test from 'ava';
import { Periodic } from '../../src/core/periodic.ts';
import { FakeClock, memoryLogger } from '../helpers/runtime.ts';

test('it is done each time anew, one at a time with what is done once; what fails is told, and a stop waits for one piece', async (t) => {
  const clock = new FakeClock();
  const log = memoryLogger();
  const done: string[] = [];
  const periodic = new Periodic(async () => void done.push('work'), { every: 1_000, failure: 'It failed' }, { clock, log });
  await periodic.once(async () => void done.push('too soon'));
  periodic.start();
  for (let i = 0; i < 2; i++) {
    clock.advance(1_000);
    await settled();
  }
  t.deepEqual(done, ['work', 'work'], 'nothing before it is started');

  const held = Promise.withResolvers<void>();
  void periodic.once(() => held.promise);
  const failing = periodic.once(() => Promise.reject(new Error('no disk')));
  clock.advance(1_000);
  await settled();
  t.is(done.length, 2, 'it waits for what is under way');
  held.resolve();
  await failing;
  await settled();
  t.is(done.length, 3);
  t.deepEqual(
    log.lines.map(({ level, message, fields }) => [level, message, fields.error]),
    [['warn', 'It failed', 'no disk']],
  );

  void periodic.once(async (pause) => {
    for (;;) {
      done.push('piece');
      await pause();
    }
  });
  await settled();
  await periodic.stop();
  clock.advance(10_000);
  await settled();
  t.deepEqual(done.slice(3), ['piece']);
  t.is(log.lines.length, 1, 'a stop is no failure');
});
