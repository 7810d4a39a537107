/** What one node at a time does: that it is done, whatever becomes of an answer of the database. */
import test from 'ava';
import { Leases } from '../../src/cluster/leases.ts';
import { ClusterStore } from '../../src/cluster/store.ts';
import { newId } from '../../src/core/ids.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';

/** What is asked of the database is done, and the answer does not come. */
class Deaf extends ClusterStore {
  isDeafTo: 'take' | 'release' | null = null;

  override async take(...given: Parameters<ClusterStore['take']>) {
    const taken = await super.take(...given);
    if (this.isDeafTo === 'take') throw new Error('the connection broke');
    return taken;
  }

  override async release(...given: Parameters<ClusterStore['release']>) {
    if (this.isDeafTo === 'release') throw new Error('the database is away');
    await super.release(...given);
  }
}

for (const dialect of await stores()) {
  test(`${dialect}: what a node has without having heard so it does, and what it could not give back it gives back later`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const nodeId = newId('nod', 0);
    await db.write(({ sql }) => sql('nodes').insert({ id: nodeId, url: 'http://one', version: '0', role: 'all', started_at: 0 }));
    const store = new Deaf(db);
    const done: string[] = [];
    const leases = new Leases(store, { nodeId, isChosen: () => true, onChange: () => undefined }, testRuntime({ clock: new FakeClock() }));
    let fails = true;
    leases.want('heard', {
      begin: async () => void done.push('begun'),
      end: async () => void done.push('ended'),
    });
    leases.want('fails at first', {
      async begin() {
        if (fails) throw new Error('the database is away');
        done.push('begun at last');
      },
      end: async () => void done.push('ended at last'),
    });

    store.isDeafTo = 'take';
    await leases.start();
    t.deepEqual(done, []);
    t.deepEqual([...(await store.owners()).values()], [nodeId, nodeId]);

    store.isDeafTo = 'release';
    await leases.look();
    t.deepEqual(done.splice(0), ['begun', 'ended at last']);
    fails = false;
    await leases.look();
    t.deepEqual(done.splice(0), ['begun at last']);
    t.true(leases.has('heard') && leases.has('fails at first'));

    await leases.drain();
    t.deepEqual(done.splice(0).sort(), ['ended', 'ended at last']);
    t.is((await store.owners()).size, 2);
    store.isDeafTo = null;
    await leases.look();
    t.is((await store.owners()).size, 0, 'others can take it');
    t.deepEqual(done, []);
    await leases.stop();
  });
}
