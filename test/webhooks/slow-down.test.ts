import test from 'ava';
import fc from 'fast-check';
import { isOverload, SlowDown } from '../../src/webhooks/health/slow-down.ts';

const SECOND = 1_000;
const NOW = Date.UTC(2026, 0, 5, 12);

test('429, 502 and 504 say that a receiver is overloaded, and nothing else does', (t) => {
  t.deepEqual([null, 200, 400, 429, 500, 502, 503, 504].filter(isOverload), [429, 502, 504]);
});

test('each overload halves the rate, those of one second together once, down to one a second', (t) => {
  const slowDown = new SlowDown();
  const rates = [0, 10, 500, 1_000, 2_000, 3_000, 4_000, 5_000, 6_000].map((at) => {
    slowDown.overloaded(80, NOW + at);
    return slowDown.rate;
  });
  t.deepEqual(rates, [40, 40, 40, 20, 10, 5, 2.5, 1.25, 1]);
});

test('with success the rate comes back an eighth every five seconds, and then the brake is off', (t) => {
  const slowDown = new SlowDown();
  slowDown.overloaded(80, NOW);
  const rates: (number | null)[] = [];
  for (let at = SECOND; at <= 20 * SECOND; at += SECOND) {
    slowDown.succeeded(NOW + at);
    if (at % (5 * SECOND) === 0) rates.push(slowDown.rate);
  }
  t.deepEqual(rates, [50, 60, 70, null]);
});

test('whatever happens, the rate is never below one a second and never grows with an overload', (t) => {
  const steps = fc.array(fc.record({ after: fc.nat(9_000), overloaded: fc.boolean() }));
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 1_000 }), steps, (full, history) => {
      const slowDown = new SlowDown();
      let now = NOW;
      return history.every(({ after, overloaded }) => {
        now += after;
        const before = slowDown.rate ?? full;
        if (overloaded) slowDown.overloaded(full, now);
        else slowDown.succeeded(now);
        const rate = slowDown.rate ?? full;
        return rate >= 1 && rate <= full && (overloaded ? rate <= before : rate >= before);
      });
    }),
  );
  t.pass();
});
