import test from 'ava';
import { fullJitter, spread } from '../../src/core/backoff.ts';

test('a back-off doubles up to its cap, lies anywhere below that, and never below its floor', (t) => {
  const waits = (random: number, more = {}) =>
    [1, 2, 3, 4, 5].map((attempt) => fullJitter(attempt, { base: 100, cap: 1_000, ...more }, () => random));
  t.deepEqual(waits(1), [100, 200, 400, 800, 1_000]);
  t.deepEqual(waits(0.5), [50, 100, 200, 400, 500]);
  t.deepEqual(waits(0), [0, 0, 0, 0, 0]);
  t.deepEqual(waits(0.5, { floor: 120 }), [120, 120, 200, 400, 500]);
  t.is(
    fullJitter(1e6, { base: 1, cap: Number.MAX_SAFE_INTEGER }, () => 1),
    2 ** 30,
    'however often it has failed, it is a time',
  );
});

test('what is spread lies within its share on both sides', (t) => {
  t.deepEqual(
    [0, 0.25, 0.5, 1].map((random) => spread(1_000, 0.2, () => random)),
    [800, 900, 1_000, 1_200],
  );
});
