import test, { type ExecutionContext } from 'ava';
import type { TenantId } from '../src/core/ids.ts';
import { open, type Place } from '../src/core/seal.ts';
import type { Database } from '../src/db/open.ts';
import type { Tx } from '../src/db/tx.ts';
import { resealFlowSecrets } from '../src/flows/catalogue/secret-store.ts';
import { FlowSecrets } from '../src/flows/catalogue/secrets.ts';
import { resealEndpoints } from '../src/webhooks/endpoints/reseal-store.ts';
import { placeSeals, resealAll } from '../src/wiring/reseal.ts';
import { stores } from './helpers/database.ts';
import { memoryLogger } from './helpers/runtime.ts';
import { sealWithoutPlace } from './helpers/seals.ts';
import { SECRET_KEY, startHub, type TestHub } from './webhooks/hub.ts';

const URL = 'http://127.0.0.1:1/hook';
const NEXT = Buffer.alloc(32, 8);

interface Sealed {
  sealed: string;
  place: Place;
}

/** Everything that is sealed in the database; `change` makes of each what shall lie there instead. */
async function everySeal(db: Database, change: (one: Sealed) => string = ({ sealed }) => sealed): Promise<Sealed[]> {
  return db.write(async (tx: Tx) => {
    const all: Sealed[] = [];
    const note = (sealed: string, place: Place): string => {
      all.push({ sealed, place });
      return change({ sealed, place });
    };
    await resealEndpoints(tx, note);
    await resealFlowSecrets(tx, note);
    return all;
  });
}

const texts = async (db: Database, key = SECRET_KEY): Promise<string[]> =>
  (await everySeal(db)).map(({ sealed, place }) => open(sealed, key, place));

/** Two tenants with everything that is sealed, each thing twice. */
async function stage(t: ExecutionContext, dialect: Parameters<typeof startHub>[1]): Promise<TestHub> {
  const { hub, tenantId } = await startHub(t, dialect);
  const secrets = new FlowSecrets(hub.db, SECRET_KEY, hub.runtime);
  const fill = async (tenant: TenantId): Promise<void> => {
    const session = await hub.session(tenant, 'main');
    const headers = { authorization: { secret: 'Bearer x' }, 'x-key': { secret: 'k' } };
    for (let i = 0; i < 2; i++) {
      const dialect = { dialect: 'evolution', dialectOptions: { jwtKey: { secret: 'j' } } } as const;
      await hub.endpoints.create(
        tenant,
        { url: URL, headers, signatures: ['v1', 'v1a'], ...dialect, sessions: [session.id] },
        { maySend: true },
      );
      await secrets.set(tenant, `key_${i}`, 'value');
    }
  };
  for (const tenant of [tenantId, await hub.tenant()]) await fill(tenant);
  return hub;
}

for (const dialect of await stores()) {
  test(`${dialect}: what is sealed opens in its own place and in no other of the database`, async (t) => {
    const { db } = await stage(t, dialect);
    const all = await everySeal(db);
    t.is(all.length, 2 * 2 * (6 + 1));
    t.deepEqual([...new Set(all.map(({ place }) => place.purpose))].sort(), [
      'callback-key',
      'dialect-secret',
      'flow-secret',
      'signing-key',
      'webhook-header',
      'webhook-secret',
    ]);
    for (const { sealed, place } of all) {
      t.notThrows(() => open(sealed, SECRET_KEY, place));
      for (const other of all) {
        if (other.place !== place) t.throws(() => open(sealed, SECRET_KEY, other.place), { message: /was changed/ });
      }
    }
  });

  test(`${dialect}: what knew no place is sealed anew once, and from then on opened no more`, async (t) => {
    const { db } = await stage(t, dialect);
    const before = await texts(db);
    const former = new Map<string, string>();
    await everySeal(db, ({ sealed, place }) => {
      const old = sealWithoutPlace(open(sealed, SECRET_KEY, place), SECRET_KEY);
      former.set(JSON.stringify(place), old);
      return old;
    });
    await t.throwsAsync(texts(db), { message: /version "v1"/ });
    const log = memoryLogger();
    await placeSeals(db, SECRET_KEY, log);
    t.deepEqual(await texts(db), before);

    // One that somebody kept, and puts into a row of another tenant.
    const [kept = ''] = former.values();
    await db.write((tx) => tx.sql('flow_secrets').where({ name: 'key_0' }).update({ sealed: kept }));
    await placeSeals(db, SECRET_KEY, log);
    t.deepEqual(
      (await db.sql('flow_secrets').where({ name: 'key_0' })).map(({ sealed }) => sealed),
      [kept, kept],
    );
    await t.throwsAsync(resealAll(db, SECRET_KEY, NEXT), { code: 'invalid-configuration', message: /version "v1"/ });
    t.deepEqual(log.lines, []);
  });

  test(`${dialect}: one that does not open keeps none of the others, and is tried again at the next start`, async (t) => {
    const { db } = await stage(t, dialect);
    const foreign = sealWithoutPlace('value', NEXT);
    await everySeal(db, ({ sealed, place }) => sealWithoutPlace(open(sealed, SECRET_KEY, place), SECRET_KEY));
    await db.write((tx) => tx.sql('flow_secrets').where({ name: 'key_0' }).update({ sealed: foreign }));
    const log = memoryLogger();
    await placeSeals(db, SECRET_KEY, log);
    t.like(log.lines[0], { level: 'error', fields: { secrets: 2 } });
    const open2 = (await everySeal(db)).filter(({ sealed }) => sealed.startsWith('v2.'));
    t.is(open2.length, 26);
    // With the key that it takes, it is made good.
    await db.write((tx) =>
      tx
        .sql('flow_secrets')
        .where({ name: 'key_0' })
        .update({ sealed: sealWithoutPlace('value', SECRET_KEY) }),
    );
    await placeSeals(db, SECRET_KEY, log);
    t.is((await texts(db)).length, 28);
    t.is(log.lines.length, 1);
  });

  test(`${dialect}: a rotation binds what knew no place, and every seal to its place under the next key`, async (t) => {
    const { db } = await stage(t, dialect);
    const before = await texts(db);
    let half = 0;
    await everySeal(db, ({ sealed, place }) =>
      half++ % 2 ? sealed : sealWithoutPlace(open(sealed, SECRET_KEY, place), half % 4 === 1 ? SECRET_KEY : NEXT),
    );
    t.is(await resealAll(db, SECRET_KEY, NEXT), 28);
    t.deepEqual(await texts(db, NEXT), before);
  });
}
