import test from 'ava';
import { memoizeLru } from '../../src/core/memoize.ts';

test('each answer is made once, while it is among the last that were asked for', (t) => {
  const made: string[] = [];
  const length = memoizeLru(2, (of) => made.push(of) && of.length);
  for (const word of ['a', 'bb', 'a', 'ccc', 'a', 'bb']) t.is(length(word), word.length);
  t.deepEqual(made, ['a', 'bb', 'ccc', 'bb']);
});

test('a failure is no answer', (t) => {
  let fails = true;
  const ask = memoizeLru(2, (of) => {
    if (fails) throw new Error('not yet');
    return of;
  });
  t.throws(() => ask('a'));
  fails = false;
  t.is(ask('a'), 'a');
});
