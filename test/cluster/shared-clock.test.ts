import test from 'ava';
import { SharedClock } from '../../src/cluster/shared-clock.ts';
import { FakeClock } from '../helpers/runtime.ts';

test('the time of the database counts, from functions that are handed on by themselves', (t) => {
  const own = new FakeClock();
  const clock = new SharedClock(own);
  const { now, steady } = clock;
  t.is(now(), own.now());
  const hour = 3_600_000;
  clock.set({ askedAt: own.steady(), answeredAt: own.steady(), databaseAt: own.now() + hour });
  t.is(now(), own.now() + hour);
  const before = steady();
  own.advance(250);
  t.is(steady(), before + 250);
  t.is(now(), own.now() + hour);
});

test('a little too far ahead it waits, and goes back where it was far ahead', (t) => {
  const own = new FakeClock();
  const clock = new SharedClock(own);
  const started = clock.now();
  const set = (databaseAt: number): void => clock.set({ askedAt: own.steady(), answeredAt: own.steady(), databaseAt });
  set(started - 500);
  t.is(clock.now(), started, 'nothing is before what it follows');
  own.advance(600);
  t.is(clock.now(), started + 100);
  set(started - 5_000);
  t.is(clock.now(), started - 5_000);
});
