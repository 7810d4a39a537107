/** Which node runs a session, where the database does not take what it writes. */
import test from 'ava';
import { Members } from '../../src/cluster/members.ts';
import { SessionOwners } from '../../src/cluster/session-owners.ts';
import { SessionOwnersStore } from '../../src/cluster/session-owners-store.ts';
import type { NodeId } from '../../src/core/ids.ts';
import { addNode } from '../dispatch/outbox.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { insertSession } from '../messages/hub.ts';

const onPostgres = (await stores()).includes('postgres') ? test : test.skip;

class TestStore extends SessionOwnersStore {
  refuses = false;
  tries = 0;

  override async handOver(...given: Parameters<SessionOwnersStore['handOver']>) {
    this.tries++;
    if (this.refuses) throw new Error('The disk is full');
    await super.handOver(...given);
  }
}

onPostgres('a session that cannot be handed over is tried again a moment later, and not over and over', async (t) => {
  const { db, dispose } = await testDatabase('postgres', { rehearse: false });
  const self = (await addNode(db)) as NodeId;
  const { id } = await insertSession(db);
  const store = new TestStore(db);
  await db.write((tx) => store.begin(tx, id, self));
  const clock = new FakeClock();
  const options = { self, members: new Members(), costOf: () => 1, onChange: () => undefined };
  const owners = new SessionOwners(store, options, testRuntime({ clock }));
  t.teardown(async () => {
    await owners.stop();
    await dispose();
  });
  const nothing = async (): Promise<void> => undefined;
  await owners.start({ begin: nothing, end: nothing, drop: nothing });
  t.true(owners.owns(id));
  store.refuses = true;
  await owners.drain();
  for (let nth = 0; nth < 50; nth++) await db.sql.raw('SELECT 1');
  t.is(store.tries, 1);
  store.refuses = false;
  clock.advance(1_000);
  await until(async () => (await db.sql('session_leases').whereNotNull('node_id')).length === 0, { what: 'it to be nobody’s' });
  t.is(store.tries, 2);
});
