/** The wall clock is moved while the monotonic one goes on. */
import { setTimeout as wait } from 'node:timers/promises';
import { startReceiver } from '../../helpers/receiver.ts';
import { hasCompiler } from '../../helpers/requirements.ts';
import { broken } from '../ledgers.ts';
import type { FaultRow, Stage } from '../stage.ts';

const HOUR = 3_600_000;
/** How soon (ms) everything has arrived that came before the clock was moved or within some seconds of it. */
const ARRIVES_WITHIN = 30_000;
/** Requests, within ten seconds, of a lane whose receiver fails: more are a storm. */
const CALM = 6;

export const clock: FaultRow = {
  what: 'The clock is set back an hour, ahead a day, and ahead a day and back, under load',
  count: { of: 'seconds after each move', usual: 4 },
  needs: [hasCompiler],
  async run(stage) {
    await moved(stage, '−1 h', [-HOUR]);
    await moved(stage, '+24 h', [24 * HOUR]);
    await moved(stage, '+24 h and back', [24 * HOUR, 0]);
  },
};

async function moved(stage: Stage, name: string, moves: readonly number[]): Promise<void> {
  const injection = await stage.injection();
  const world = await stage.world({ env: injection.env });
  const bad = await startReceiver(() => 500);
  stage.teardown(() => bad.close());
  await world.call('POST', '/api/webhooks', { url: bad.url });
  world.load();
  await wait(2_000);
  let most = 0;
  for (const by of moves) {
    injection.moveClock(by);
    const before = bad.requests.length;
    await wait(stage.count * 1_000);
    most = Math.max(most, ((bad.requests.length - before) * 10) / stage.count);
  }
  // What is under way now has to arrive although nobody wakes the lanes with more.
  world.pause();
  const began = performance.now();
  let wrong: string[];
  do {
    await wait(500);
    wrong = broken(await world.ledgers());
  } while (wrong.length > 0 && performance.now() - began < ARRIVES_WITHIN);
  const lanes = world.sessions.length + 1;
  stage.none(`${name}, after ${ARRIVES_WITHIN / 1_000} s`, wrong);
  stage.figure(
    `${name}: everything arrived within`,
    wrong.length > 0 ? 'never' : `${Math.round(performance.now() - began)} ms`,
    `< ${ARRIVES_WITHIN} ms`,
  );
  stage.figure(`${name}: requests of a lane whose receiver fails, in 10 s`, (most / lanes).toFixed(1), `< ${CALM}`);
  stage.must(most / lanes < CALM, `${name}: a storm: ${most / lanes} requests a lane in 10 s`);
  if (wrong.length > 0) return;
  world.resume();
  stage.none(`${name}, and on`, await world.judged());
}
