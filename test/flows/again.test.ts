/** A transaction may be run again: a turn has no effect but through it. */
import test from 'ava';
import type { Database } from '../../src/db/open.ts';
import { tryWithin } from '../../src/db/savepoint.ts';
import type { Tx } from '../../src/db/tx.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { flowOf, Hall, seed } from './helpers.ts';

/** Everything is written twice, the first time to be undone. */
function twice(db: Database): Database {
  return {
    ...db,
    sql: db.sql,
    dialect: db.dialect,
    close: () => db.close(),
    write: (work) =>
      db.write(async (tx: Tx) => {
        await tryWithin(tx, async () => {
          await work({ ...tx, afterCommit: () => undefined });
          throw new Error('again');
        });
        return work(tx);
      }),
  };
}

for (const dialect of await stores()) {
  test(`${dialect}: a request is asked once, its answer taken and a refused reply told, though each transaction is run twice`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const hall = await Hall.open(twice(db), { random: () => 0 });
    t.teardown(() => hall.stop());
    const session = await seed(db);
    const steps =
      '- http: GET https://a.example/\n  save: { state: body.state }\n- say: "{{ state }}"\n- image: med_0\n- ask: Sure?\n  save: sure';
    await hall.flows.put(session.tenantId, 'test', flowOf(steps));
    hall.answers = [{ status: 200, headers: {}, body: Buffer.from('{"state":"packed"}') }];
    await hall.receive(session, 'hi');
    t.is(hall.requests.length, 1);
    t.deepEqual(
      (await hall.sent()).map(({ text, type }) => text ?? type),
      ['packed', 'image', 'Sure?'],
    );
  });
}
