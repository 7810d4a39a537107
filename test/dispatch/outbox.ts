import type { ExecutionContext } from 'ava';
import { newId, type TenantId } from '../../src/core/ids.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import type { Database } from '../../src/db/open.ts';
import type { KindOptions, Lane, LaneWork, Pump } from '../../src/dispatch/lanes.ts';
import { LocalDispatcher } from '../../src/dispatch/local.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';

/** What the conformance suite runs on: a hub alone on each store, and the nodes of a cluster, of which one is there at a time. */
export type Ground = DialectName | 'cluster';

export async function grounds(): Promise<Ground[]> {
  const found = await stores();
  return found.includes('postgres') ? [...found, 'cluster'] : found;
}

export async function addNode(db: Database): Promise<string> {
  const id = newId('nod', Date.now());
  await db.write(({ sql }) => sql('nodes').insert({ id, url: `http://${id}`, version: '0', role: 'all', started_at: 0 }));
  return id;
}

/** An outbox in miniature: rows in `hub_settings` named `lane/n`, taken away by the pump. */
export async function open(t: ExecutionContext, ground: Ground) {
  const { db, dispose } = await testDatabase(ground === 'cluster' ? 'postgres' : ground);
  const ids = ground === 'cluster' ? await Promise.all([addNode(db), addNode(db)]) : [];
  /** In a cluster, the node that started last; the one before is gone then. */
  let present = ids[0] ?? '';
  const clock = new FakeClock();
  const runtime = testRuntime({ clock });
  const tenantId = newId('tnt', 0);
  await db.write(({ sql }) => sql('tenants').insert({ id: tenantId, name: tenantId, created_at: 0, updated_at: 0 }));
  const begun: LocalDispatcher[] = [];
  const make = (pump: Pump, concurrency = 10, group?: KindOptions['group']): LocalDispatcher => {
    const self = ids[begun.length];
    const dispatcher = new LocalDispatcher(db, runtime, self === undefined ? undefined : { self, ownerOf: () => present });
    const start = dispatcher.start.bind(dispatcher);
    dispatcher.start = async () => {
      if (self !== undefined) {
        present = self;
        await db.write(({ sql }) => sql('nodes').whereNot({ id: self }).delete());
      }
      await start();
    };
    dispatcher.register('send', { concurrency, pump, group });
    begun.push(dispatcher);
    return dispatcher;
  };
  t.teardown(async () => {
    for (const dispatcher of begun) await dispatcher.stop();
    await dispose();
  });
  return { db, clock, runtime, tenantId, make };
}

export const add = (
  db: Database,
  dispatcher: LocalDispatcher,
  tenantId: TenantId,
  key: string,
  name: string,
  dueAt: number,
  more: Pick<LaneWork, 'behind' | 'retry'> = {},
) =>
  db.write(async (tx) => {
    await tx.sql('hub_settings').insert({ name: `${key}/${name}`, value: String(dueAt) });
    await dispatcher.schedule(tx, [{ kind: 'send', key, tenantId, dueAt, ...more }]);
  });

/** Takes the due rows of the lane, one a call, and notes them. */
export const taker =
  (clock: FakeClock, taken: string[], between: (lane: Lane) => Promise<void> = async () => undefined): Pump =>
  async (lane) => {
    await between(lane);
    let took: string | undefined;
    await lane.commit(async ({ sql }) => {
      const waiting: { name: string; value: string }[] = await sql('hub_settings').whereLike('name', `${lane.key}/%`).orderBy('name');
      const due = waiting.find(({ value }) => Number(value) <= clock.now());
      took = due?.name;
      if (due) await sql('hub_settings').where({ name: due.name }).delete();
      const rest = waiting.filter(({ name }) => name !== due?.name).map(({ value }) => Number(value));
      return rest.length > 0 ? Math.min(...rest) : null;
    });
    if (took) taken.push(took);
  };
