import test from 'ava';
import { KeyedQueue } from '../../src/core/keyed-queue.ts';
import { SingleFlight } from '../../src/core/single-flight.ts';

test('work of one key waits for the one before it, also for one that fails, and not for that of other keys', async (t) => {
  const queue = new KeyedQueue();
  const held = Promise.withResolvers<void>();
  const done: string[] = [];
  const first = queue.run('a', () => held.promise);
  const second = queue.run('a', async () => done.push('a'));
  await queue.run('b', async () => done.push('b'));
  t.deepEqual(done, ['b']);
  held.reject(new Error('no'));
  await t.throwsAsync(first, { message: 'no' });
  t.is(await second, 2);
  t.deepEqual(done, ['b', 'a']);
});

test('what is under way is shared, and begun anew once it is over, however it ended', async (t) => {
  const flight = new SingleFlight<number>();
  let begun = 0;
  const work = async (): Promise<number> => {
    if (++begun === 2) throw new Error('no');
    return begun;
  };
  t.deepEqual(await Promise.all([flight.do('a', work), flight.do('a', work)]), [1, 1]);
  await t.throwsAsync(flight.do('a', work), { message: 'no' });
  t.deepEqual(await Promise.all([flight.do('a', work), flight.do('b', work)]), [3, 4]);
});
