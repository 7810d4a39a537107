/**
 * The hub is killed with SIGKILL at random instants under load. Afterwards three ledgers are compared: what the clients
 * were told, what the phones saw, what the receiver saw.
 */
import { setTimeout as wait } from 'node:timers/promises';
import test from 'ava';
import { until } from '../helpers/hub.ts';
import { rounds } from './clients.ts';
import { startWorld } from './world.ts';

const SESSIONS = 10;
/** Inbound, and as many sends. */
const TOTAL = rounds(2_000, 200);
const KILLS = rounds(25, 2);

test('inbound and sends on 10 sessions survive SIGKILLs: nothing lost, doubled or out of order', async (t) => {
  t.timeout(600_000);
  const { world, dispose } = await startWorld('sqlite', { sessions: SESSIONS, gap: 0, silent: true });
  t.teardown(dispose);
  world.load();
  for (let kill = 1; kill <= KILLS; kill++) {
    // Spread over the load, each at an instant that nobody chose.
    await until(() => world.done >= (TOTAL * kill) / (KILLS + 1), { within: 120_000, every: 5 });
    await wait(Math.random() * 40);
    await world.restart();
  }
  await until(() => world.done >= TOTAL, { within: 120_000, every: 5 });
  t.deepEqual(await world.settled(), []);
  const { sends, events } = await world.ledgers();
  t.deepEqual(await world.judged(), []);
  t.log(
    `${world.receiver.requests.length} webhooks for ${events.length} events; ${sends.filter(({ status }) => status === 'unknown').length} sends left unknown`,
  );
});
