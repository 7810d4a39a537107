/**
 * A session is dropped again and again while messages go both ways. Afterwards what the client was told, what the phone
 * saw and what the receiver saw are compared: nothing is lost, doubled or out of order.
 */
import test from 'ava';
import { until } from '../helpers/hub.ts';
import { rounds } from './clients.ts';
import { startWorld } from './world.ts';

const DROPS = rounds(20, 8);
const TOTAL = 600;
const SHOP = '/api/sessions/s0';

test(`a session that is dropped ${DROPS} times under load loses, doubles and reorders nothing`, async (t) => {
  t.timeout(600_000);
  const { world, dispose } = await startWorld('sqlite', { sessions: 1, gap: 0, silent: true });
  t.teardown(dispose);
  world.load();
  const post = (path: string, body?: object) => world.call('POST', `${SHOP}/${path}`, body);
  const ways: Record<string, () => Promise<unknown>> = {
    network: async () => post('sandbox/disconnect', { reason: 'network' }),
    elsewhere: async () => post('sandbox/disconnect', { reason: 'conflict' }),
    restart: async () => post('restart'),
    stop: async () => post('disconnect'),
    backup: async () => world.call('GET', `${SHOP}/backup`),
  };
  const taken: Record<string, number> = {};
  for (let drop = 1; drop <= DROPS; drop++) {
    // Spread over the load, each way as likely as another.
    await until(() => world.done >= (TOTAL * drop) / (DROPS + 1), { within: 120_000, every: 5 });
    const names = Object.keys(ways);
    const way = names[drop <= names.length ? drop - 1 : Math.floor(Math.random() * names.length)] as string;
    taken[way] = (taken[way] ?? 0) + 1;
    await ways[way]?.();
    await post('connect');
  }
  await until(() => world.done >= TOTAL, { within: 120_000, every: 5 });
  t.deepEqual(await world.settled(), []);
  const { attempts, stats } = (await world.call('GET', SHOP)).json;
  t.is(attempts.made, attempts.succeeded);
  t.deepEqual(await world.judged(), []);
  t.log(`${JSON.stringify(taken)}; ${attempts.succeeded} connections; restarts ${JSON.stringify(stats.restarts)}`);
});
