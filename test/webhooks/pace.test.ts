import test from 'ava';
import type { EndpointId } from '../../src/core/ids.ts';
import { Pace } from '../../src/webhooks/health/pace.ts';

const A = 'whk_a' as EndpointId;
const B = 'whk_b' as EndpointId;
const NOW = Date.UTC(2026, 0, 5, 12);

/** How many requests go in `duration` ms when each one that may go does. */
function count(pace: Pace, perSecond: number, duration: number): number {
  let taken = 0;
  for (let now = NOW; now < NOW + duration; ) {
    const wait = pace.take(A, perSecond, now);
    if (wait === 0) taken++;
    now += wait;
  }
  return taken;
}

test("an endpoint gets its requests a second, and a second's worth at once to begin with", (t) => {
  t.is(count(new Pace(), 10, 10_000), 110);
  t.is(count(new Pace(), 1, 10_000), 11);
});

test('endpoints do not share a pace', (t) => {
  const pace = new Pace();
  while (pace.take(A, 5, NOW) === 0);
  t.is(pace.take(B, 5, NOW), 0);
});

test('a clock that is set back an hour does not stop the endpoint', (t) => {
  const pace = new Pace();
  while (pace.take(A, 5, NOW) === 0);
  t.is(pace.take(A, 5, NOW - 3_600_000), 0);
});
