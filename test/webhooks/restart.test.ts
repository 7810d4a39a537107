import test from 'ava';
import { openDatabase } from '../../src/db/open.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { TestHub, until } from './hub.ts';
import { startReceiver } from './receiver.ts';

for (const dialect of await stores()) {
  test(`${dialect}: what a hub left waiting is sent by the next one, in order and under the same ids`, async (t) => {
    const database = await testDatabase(dialect);
    t.teardown(database.dispose);
    const receiver = await startReceiver(t, 500);
    const first = await new TestHub(database.db).start();
    const tenantId = await first.tenant();
    const session = await first.session(tenantId, 'shop');
    await first.endpoints.create(tenantId, { url: receiver.url });
    const ids = await first.receive(tenantId, session, ...Array.from({ length: 70 }, (_, i) => String(i)));
    await first.drain();
    await first.stop();
    // Committed while nobody followed the ledger.
    ids.push(...(await first.receive(tenantId, session, 'last')));
    t.deepEqual(receiver.ids(), ids.slice(0, 1));

    receiver.respond(200);
    const second = await new TestHub(database.db).start();
    t.teardown(() => second.stop());
    await until(() => receiver.requests.length >= ids.length + 1, 'the rest arrived', 15_000);
    await second.drain();
    t.deepEqual(receiver.ids().slice(1), ids);
  });

  test(`${dialect}: a hub that dies while a request is under way loses nothing and repeats it under the same id`, async (t) => {
    const database = await testDatabase(dialect);
    t.teardown(database.dispose);
    const receiver = await startReceiver(t);
    // Its writes fail from the third request on, as if it had been killed between the answer and the commit.
    const doomedDb = openDatabase(database.location);
    let alive = true;
    const doomed = await new TestHub({
      ...doomedDb,
      write: (work) => (alive ? doomedDb.write(work) : Promise.reject(new Error('killed'))),
    }).start();
    const tenantId = await doomed.tenant();
    const session = await doomed.session(tenantId, 'shop');
    const endpoint = await doomed.endpoints.create(tenantId, { url: receiver.url });
    receiver.respond((_, response, index) => {
      if (index === 2) alive = false;
      response.writeHead(200).end();
    });
    const ids = await doomed.receive(tenantId, session, ...'abcdef');
    await until(() => receiver.requests.length >= 3, 'three requests were under way');
    await doomed.stop();
    await doomedDb.close();
    const before = receiver.requests.length;

    const next = await new TestHub(database.db).start();
    t.teardown(() => next.stop());
    await next.drain();
    const repeated = receiver.ids().slice(before);
    t.deepEqual(repeated, ids.slice(ids.length - repeated.length), 'from where it was written, in order');
    t.true(before + repeated.length >= ids.length);
    const { data } = await next.deliveries.list(tenantId, endpoint.id, { status: 'delivered', limit: 10 });
    t.deepEqual(data.map(({ eventId }) => eventId).reverse(), ids as never);
  });
}
