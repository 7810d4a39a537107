import test from 'ava';
import { CountsStore } from '../../src/cluster/counts-store.ts';
import { SharedCounts } from '../../src/cluster/shared-counts.ts';
import type { NodeId } from '../../src/core/ids.ts';
import { openDatabase } from '../../src/db/open.ts';
import { migratedLocation, stores } from '../helpers/database.ts';
import { testRuntime } from '../helpers/runtime.ts';

const onPostgres = (await stores()).includes('postgres') ? test : test.skip;
const NODES = 3;

onPostgres('nodes that count at once let in what is allowed, and at most a tenth more for each further node', async (t) => {
  const { location, remove } = await migratedLocation('postgres');
  const databases = Array.from({ length: NODES }, () => openDatabase(location, { readers: 1 }));
  const nodes = databases.map((db, index) => new SharedCounts(new CountsStore(db), `nod_${index}` as NodeId, testRuntime()));
  t.teardown(async () => {
    await Promise.all(nodes.map((node) => node.stop()));
    await Promise.all(databases.map((db) => db.close()));
    await remove();
  });
  for (const most of [7, 100, 5_000]) {
    let admitted = 0;
    const askOn = async (node: SharedCounts): Promise<void> => {
      const counts = node.of('test');
      // Several at the same time, so that some wait for the same settlement.
      const ask = async (): Promise<void> => {
        while ((await counts.add(String(most), { most })).used <= most) admitted++;
      };
      await Promise.all(Array.from({ length: 4 }, ask));
    };
    await Promise.all(nodes.map(askOn));
    t.true(admitted >= most, `${admitted} of ${most}`);
    t.true(admitted <= most + (NODES - 1) * Math.max(1, most / 10) + NODES, `${admitted} of ${most}`);
    const [first, ...others] = await Promise.all(nodes.map((node) => node.of('test').get(String(most))));
    t.true((first?.used ?? 0) > most);
    for (const { msLeft } of others) t.true(msLeft > 0 && msLeft <= 60_000);
  }
});
