/** Three nodes under load, of which one is killed and another one stands still and wakes up: nothing is lost, and no session has two engines. `npm run faults cluster` does more. */
import test from 'ava';
import { migratedLocation, stores } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { type ClusterWorld, type Place, startClusterWorld } from './cluster-world.ts';
import { sinceBoot } from './engines.ts';

const onPostgres = (await stores()).includes('postgres') ? test : test.skip;

/** The time of a node that is not heard of runs out now. */
async function expire({ sql }: ClusterWorld, { hub }: Place): Promise<void> {
  const late = 'UPDATE node_beats SET seen_at = seen_at - 60000, lease_ms = 1 WHERE node_id = (SELECT id FROM nodes WHERE url = $1)';
  await sql.query(late, [hub.base]);
}

onPostgres('a node that is killed, and one that stands still and wakes up, cost nothing and leave no session two engines', async (t) => {
  t.timeout(170_000);
  const { location, remove } = await migratedLocation('postgres');
  t.teardown(remove);
  const world = await startClusterWorld({
    url: (location as { url: string }).url,
    sessions: 3,
    gap: 400,
    env: { HOOKLINE_NODE_LEASE_SECONDS: '12' },
  });
  t.teardown(() => world.dispose());
  world.load();
  await until(() => world.done > 10, { what: 'the load' });

  const killed = world.busiest;
  let [pid, since] = [killed.hub.pid, sinceBoot()];
  await killed.hub.end('SIGKILL');
  await expire(world, killed);
  const moved = await world.takenOver(pid, since, 30_000);
  t.true(moved.length > 0);

  const paused = world.busiest;
  [pid, since] = [paused.hub.pid, sinceBoot()];
  world.pauseNode(paused);
  // Its time runs out by itself: a node that wakes up sooner may still act, and nobody has taken over.
  const movedAgain = await world.takenOver(pid, since, 45_000);
  t.true(movedAgain.length > 0);
  world.wakeNode(paused);
  t.is(await paused.hub.exited, 1);

  t.deepEqual(await world.judged(), []);
  const { accepted, heard } = world;
  t.log(
    `${accepted.length} sends, ${heard.length} in; moved within ${Math.round(Math.max(...[...moved, ...movedAgain].map(({ ms }) => ms)))} ms; woken up for ${Math.round(world.judgeEngines().wokenUp)} ms`,
  );
});
