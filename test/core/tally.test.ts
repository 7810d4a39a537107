import { setImmediate as settled } from 'node:timers/promises';
import test from 'ava';
import type { TenantId } from '../../src/core/ids.ts';
import { Tally } from '../../src/core/tally.ts';
import { FakeClock } from '../helpers/runtime.ts';

const ONE = 'tnt_1' as TenantId;

function open(there = 0, nodes = 1) {
  const state = { there, counted: 0, dear: false, before: Promise.resolve() };
  const clock = new FakeClock();
  const tally = new Tally(
    async () => {
      state.counted++;
      const found = state.there;
      await state.before;
      if (state.dear) clock.advance(6);
      return found;
    },
    clock,
    () => nodes,
  );
  return { state, clock, tally };
}

test('as long as there is room nobody counts again; where there seems to be none, it is counted and what has gone is room', async (t) => {
  const { state, tally } = open(2);
  for (let index = 0; index < 8; index++) {
    const taken = await tally.take(ONE, 1, 10);
    t.like(taken, { granted: 1, used: 2 + index });
    state.there++;
    taken.settle();
  }
  t.is(state.counted, 1);
  t.like(await tally.take(ONE, 1, 10), { granted: 0, used: 10 });
  state.there = 4;
  t.like(await tally.take(ONE, 3, 10), { granted: 3, used: 4 });
  t.like(await tally.take(ONE, 100, null), { granted: 100 });
});

test('what is taken and not yet there is not forgotten by a count', async (t) => {
  const { state, tally } = open(0);
  const taken = await Promise.all(Array.from({ length: 20 }, () => tally.take(ONE, 1, 1)));
  t.is(taken.filter(({ granted }) => granted === 1).length, 1);
  t.is((await tally.take(ONE, 1, 1)).granted, 0);
  for (const one of taken) one.settle();
  t.is((await tally.take(ONE, 1, 1)).granted, 1, 'it came to nothing');
  t.true(state.counted > 1);
});

test('all of them or none', async (t) => {
  const { tally } = open(2);
  t.like(await tally.take(ONE, 3, 4, { whole: true }), { granted: 0, used: 2 });
  t.like(await tally.take(ONE, 2, 4, { whole: true }), { granted: 2 });
});

test('what takes long to count is not counted again at once: who would be refused waits for it, with all others', async (t) => {
  const { state, clock, tally } = open(5);
  state.dear = true;
  t.is((await tally.take(ONE, 1, 5)).granted, 0);
  const waiting = Promise.all(Array.from({ length: 10 }, () => tally.take(ONE, 1, 5)));
  await settled();
  t.is(state.counted, 1);
  state.there = 2;
  clock.advance(60);
  const taken = await waiting;
  t.is(taken.filter(({ granted }) => granted === 1).length, 3);
  t.is(state.counted, 2);
});

test('a transaction does not wait for a count: it is let in until one has said no, and not for long after', async (t) => {
  const { state, clock, tally } = open(5);
  const counting = Promise.withResolvers<void>();
  state.before = counting.promise;
  t.is(tally.takeInside(ONE, 5).granted, 1, 'nobody knows yet');
  counting.resolve();
  await tally.take(ONE, 1, 5);
  t.is(tally.takeInside(ONE, 5).granted, 0);
  clock.advance(1_000);
  t.is(tally.takeInside(ONE, 5).granted, 1);
});

test('whoever only asks how many there are has them counted no more often than that', async (t) => {
  const { state, clock, tally } = open(5);
  state.dear = true;
  t.is(await tally.used(ONE), 5);
  const asking = Promise.all(Array.from({ length: 10 }, () => tally.used(ONE)));
  await settled();
  t.is(state.counted, 1);
  state.there = 3;
  clock.advance(60);
  t.deepEqual(await asking, Array(10).fill(3));
  t.is(state.counted, 2);
});

test('where nodes share a limit each has its part for itself; beyond that it counts what the others have taken meanwhile', async (t) => {
  const { state, clock, tally } = open(0, 2);
  const take = async (limit: number): Promise<number> => {
    const taken = await tally.take(ONE, 1, limit);
    taken.settle();
    return taken.granted;
  };
  for (let index = 0; index < 5; index++) t.is(await take(10), 1);
  clock.advance(1);
  t.is(await take(20), 1);
  t.is(state.counted, 1, 'within its part');
  state.there = 10;
  t.is(await take(10), 0, 'those of the other node');
  t.is(state.counted, 2);
});
