import test from 'ava';
import { Life } from '../../src/cluster/life.ts';
import { FakeClock } from '../helpers/runtime.ts';

function life() {
  const clock = new FakeClock(0);
  let boot = 1_000;
  const told: (string | number)[] = [];
  const made = new Life(30_000, clock, () => boot);
  made.listen({ unsure: () => told.push('unsure'), sure: () => told.push('sure'), until: (time) => told.push(time) });
  return {
    life: made,
    told,
    /** Time goes on; `still`: the process does not run meanwhile. */
    pass(ms: number, still = false): void {
      boot += ms;
      if (!still) clock.advance(ms);
    },
    now: () => boot,
  };
}

test('a node is sure for two thirds of its time from when it last asked, and says once that it is not and once that it is again', (t) => {
  const { life: one, told, pass, now } = life();
  t.false(one.isSure);
  one.noted(now());
  t.true(one.isSure);
  t.deepEqual(told.splice(0), [25_000]);
  pass(19_000);
  t.deepEqual(told.splice(0), []);
  pass(2_000);
  t.deepEqual(told.splice(0), ['unsure']);
  pass(5_000);
  t.deepEqual(told.splice(0), []);
  one.noted(now() - 100);
  t.deepEqual(told.splice(0), [50_900 + 0, 'sure']);
});

test('one that has stood still is not sure as it wakes up, before anything has told it so', (t) => {
  const { life: one, pass, now } = life();
  one.noted(now());
  pass(21_000, true);
  t.false(one.isSure);
  // What was asked before it stood still was noted then.
  one.noted(now() - 21_000);
  t.false(one.isSure);
});
