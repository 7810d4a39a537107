import test from 'ava';
import fc from 'fast-check';
import { Breaker } from '../../src/webhooks/health/breaker.ts';

const SECOND = 1_000;
const NOW = Date.UTC(2026, 0, 5, 12);
const MOST = 16;

/** Notes a try that took no time. */
const noteAt = (breaker: Breaker, now: number, success: boolean): void => breaker.note(success, { startedAt: now, now });

/** A breaker that has just opened at NOW. */
function opened(): Breaker {
  const breaker = new Breaker(MOST);
  for (let i = 0; i < 10; i++) noteAt(breaker, NOW, false);
  return breaker;
}

const history = fc.array(fc.record({ after: fc.integer({ min: 0, max: 20 }), success: fc.boolean() }), { maxLength: 80 });

test('it opens with the first failure that makes it 70 % of at least 10 tries in 60 s, and not before', (t) => {
  fc.assert(
    fc.property(history, (tries) => {
      const breaker = new Breaker(MOST);
      const noted: { at: number; success: boolean }[] = [];
      let now = NOW;
      for (const { after, success } of tries) {
        now += after * SECOND;
        noteAt(breaker, now, success);
        noted.push({ at: now, success });
        const recent = noted.filter(({ at }) => at > now - 60 * SECOND);
        const failures = recent.filter((one) => !one.success).length;
        const opens = !success && recent.length >= 10 && failures >= 0.7 * recent.length;
        if ((breaker.state === 'open') !== opens) return false;
        if (opens) return true;
      }
      return breaker.slots(now) === MOST;
    }),
  );
  t.pass();
});

test('whatever happens, an open one lets one lane in at the most, and none before its probe is due', (t) => {
  fc.assert(
    fc.property(history, (tries) => {
      const breaker = opened();
      let now = NOW;
      return tries.every(({ after, success }) => {
        now += after * 100;
        const slots = breaker.slots(now);
        const { probeAt } = breaker;
        const right = probeAt === null ? slots >= 1 : slots === (now >= probeAt ? 1 : 0);
        if (slots > 0) noteAt(breaker, now, success);
        return right && slots <= MOST;
      });
    }),
  );
  t.pass();
});

test('each probe that fails doubles the wait for the next one, up to half a minute', (t) => {
  const breaker = opened();
  const waits: number[] = [];
  let now = NOW;
  for (let probe = 0; probe < 8; probe++) {
    const at = breaker.probeAt ?? t.fail('it is not open');
    waits.push((Number(at) - now) / SECOND);
    now = Number(at);
    noteAt(breaker, now, false);
  }
  t.deepEqual(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
});

test('after a probe that succeeds its lanes double, no sooner than each second, until it is closed', (t) => {
  const breaker = opened();
  const lanes: number[] = [];
  for (let now = NOW + SECOND; breaker.state !== 'closed'; now += SECOND) {
    for (let i = 0; i < 5; i++) noteAt(breaker, now, true);
    lanes.push(breaker.slots(now));
  }
  t.deepEqual(lanes, [1, 2, 4, 8, 16]);
});

test('one that fails again while it recovers opens again; a single failure among successes does not do it', (t) => {
  const breaker = opened();
  noteAt(breaker, NOW + SECOND, true);
  noteAt(breaker, NOW + SECOND, false);
  t.is(breaker.state, 'recovering');
  for (let i = 0; i < 4; i++) noteAt(breaker, NOW + SECOND, false);
  t.is(breaker.state, 'open');
});

test('what was under way when it opened is no probe', (t) => {
  const breaker = opened();
  for (const success of [true, false]) breaker.note(success, { startedAt: NOW, now: NOW + 500 });
  t.is(breaker.state, 'open');
  t.is(breaker.probeAt, NOW + SECOND);
});

test('a clock that is set back an hour does not close the door for an hour', (t) => {
  t.is(opened().slots(NOW - 3_600_000), 1);
});
