import { setImmediate as settled } from 'node:timers/promises';
import test from 'ava';
import type { SetBack } from '../../src/db/set-back.ts';
import { ClockWatch, type ClockWatchPorts } from '../../src/ops/clock-watch.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** A watch, what it asks for, and time that passes a second at a time. */
async function open({ seen = null as number | null, steps = 1 } = {}) {
  const clock = new FakeClock();
  const runtime = testRuntime({ clock });
  const asked: (SetBack & { step: number })[] = [];
  const state = { seen, failing: -1 };
  const ports: ClockWatchPorts = {
    seen: {
      read: async () => state.seen,
      note: async (at) => {
        state.seen = at;
      },
    },
    setBack: Array.from({ length: steps }, (_, step) => async (back: SetBack) => {
      if (state.failing === step) throw new Error('the database is away');
      asked.push({ step, ...back });
    }),
  };
  const watch = new ClockWatch(runtime, ports);
  await watch.start();
  const pass = async (duration: number) => {
    for (let passed = 0; passed < duration; passed += SECOND) {
      clock.advance(SECOND);
      await watch.settled();
      await settled();
    }
  };
  return { clock, watch, asked, state, pass, log: runtime.log };
}

test('a clock that is set back is noticed within two seconds, once, by how much', async (t) => {
  const { clock, asked, pass } = await open();
  await pass(5 * SECOND);
  t.deepEqual(asked, []);
  clock.advance(500);
  const before = clock.now();
  clock.setBack(HOUR);
  await pass(2 * SECOND);
  t.is(asked.length, 1);
  t.like(asked[0], { by: HOUR });
  const { now, since } = asked[0] as SetBack;
  t.true(now > before - HOUR && now <= clock.now());
  t.true(since <= before - HOUR && since > before - HOUR - 2 * SECOND, 'nothing that was written after it is older than this');
  await pass(MINUTE);
  t.is(asked.length, 1);
  clock.setBack(MINUTE);
  await pass(2 * SECOND);
  t.like(asked[1], { by: MINUTE });
});

test('a clock that is put forward asks for nothing, and what it then is set back again does', async (t) => {
  const { clock, asked, pass } = await open();
  clock.setBack(-24 * HOUR);
  await pass(5 * SECOND);
  t.deepEqual(asked, []);
  clock.setBack(24 * HOUR);
  await pass(2 * SECOND);
  t.is(asked.length, 1);
  t.like(asked[0], { by: 24 * HOUR });
});

test('what is set back little by little adds up', async (t) => {
  const { clock, asked, pass } = await open();
  for (let time = 0; time < 10; time++) {
    clock.setBack(400);
    await pass(SECOND);
  }
  const total = asked.reduce((sum, { by }) => sum + by, 0);
  t.true(total > 4_000 - SECOND && total <= 4_000, String(total));
});

test('what fails is tried again, those behind it wait, and the time is not noted before all is done', async (t) => {
  const { clock, asked, state, pass, log } = await open({ steps: 3 });
  await pass(SECOND);
  const before = clock.now();
  state.failing = 1;
  clock.setBack(HOUR);
  await pass(40 * SECOND);
  t.deepEqual(
    asked.map(({ step }) => step),
    [0],
  );
  t.is(state.seen, before, 'a start now has to find out');
  t.true(log.lines.some(({ level, message }) => level === 'error' && message.includes('set back')));
  state.failing = -1;
  await pass(SECOND);
  t.deepEqual(
    asked.map(({ step, by }) => [step, by]),
    [
      [0, HOUR],
      [1, HOUR],
      [2, HOUR],
    ],
  );
  await pass(SECOND);
  t.true((state.seen ?? 0) < before);
});

test('the time is noted now and then, and when the hub stops', async (t) => {
  const { clock, watch, state, pass } = await open();
  await pass(SECOND);
  t.is(state.seen, clock.now());
  await pass(29 * SECOND);
  t.not(state.seen, clock.now());
  await pass(2 * SECOND);
  t.true(clock.now() - (state.seen ?? 0) < 2 * SECOND);
  await pass(10 * SECOND);
  await watch.stop();
  t.is(state.seen, clock.now());
});

test('a start that finds itself earlier waits whether the clock is yet to be set, and then sets back what waits', async (t) => {
  const start = new FakeClock().now();
  const { asked, state, pass } = await open({ seen: start + HOUR });
  await pass(119 * SECOND);
  t.deepEqual(asked, []);
  t.is(state.seen, start + HOUR);
  await pass(2 * SECOND);
  t.is(asked.length, 1);
  t.like(asked[0], { by: HOUR, since: start });
  t.true((state.seen ?? 0) < start + HOUR);
  await pass(10 * MINUTE);
  t.is(asked.length, 1);
});

test('where the clock is set right after a start nothing is set back', async (t) => {
  const start = new FakeClock().now();
  const { clock, asked, pass } = await open({ seen: start + 40 * 365 * 24 * HOUR });
  await pass(30 * SECOND);
  clock.setBack(-40 * 365 * 24 * HOUR);
  await pass(10 * MINUTE);
  t.deepEqual(asked, []);
  // A start at which nothing is amiss.
  const second = await open({ seen: start - MINUTE });
  await second.pass(5 * MINUTE);
  t.deepEqual(second.asked, []);
});
