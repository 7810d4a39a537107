import test from 'ava';
import { hasCode } from '../../src/core/errors.ts';
import type { TenantId } from '../../src/core/ids.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { startHub, TestHub, until } from './hub.ts';
import { startReceiver } from './receiver.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const drainAll = async (hub: TestHub): Promise<void> => {
  // The replay fills the lanes, which are drained only after it.
  await hub.drain();
  await hub.drain();
};

for (const dialect of await stores()) {
  test(`${dialect}: a replay of a range sends it again in order under the same ids, more than a page of it`, async (t) => {
    const clock = new FakeClock();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime: testRuntime({ clock }) });
    const receiver = await startReceiver(t);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    await hub.receive(tenantId, session, 'before');
    clock.advance(MINUTE);
    const since = clock.now();
    const ids = await hub.receive(tenantId, session, ...Array.from({ length: 450 }, (_, i) => String(i)));
    const last = clock.now();
    clock.advance(MINUTE);
    await hub.receive(tenantId, session, 'after');
    await hub.drain();
    const before = receiver.requests.length;
    t.is(before, 452);

    t.deepEqual(await hub.replays.preview(tenantId, id, { since, until: last }), { total: 450, seen: 450, queued: 450 });
    const begun = await hub.replays.begin(tenantId, id, { since, until: last });
    t.like(begun, { status: 'running', total: 450, seen: 0, queued: 0, selection: 'all' });
    await drainAll(hub);
    t.deepEqual(receiver.ids().slice(before), ids);
    t.like(await hub.replays.get(tenantId, id, begun.id), { status: 'done', total: 450, seen: 450, queued: 450 });
  });

  test(`${dialect}: by type, only what failed, or only what is missing, each in the order of the ledger`, async (t) => {
    const clock = new FakeClock();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime: testRuntime({ clock, random: () => 0.5 }) });
    const receiver = await startReceiver(t, ({ body }, response) => void response.writeHead(body.includes('bad') ? 500 : 200).end());
    const since = clock.now();
    const [missed] = await hub.receive(tenantId, session, 'before there was an endpoint');
    await hub.drain();
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    const [bad, good] = await hub.receive(tenantId, session, 'bad', 'good');
    await hub.drain();
    clock.advance(3 * DAY);
    await until(() => receiver.ids().includes(good ?? ''), 'the bad one was given up');
    await hub.drain();
    receiver.respond(200);

    const replayed = async (input: Parameters<TestHub['replays']['begin']>[2]): Promise<string[]> => {
      const before = receiver.requests.length;
      const { queued } = await hub.replays.preview(tenantId, id, input);
      await hub.replays.begin(tenantId, id, input);
      await drainAll(hub);
      t.is(receiver.requests.length - before, queued);
      return receiver.ids().slice(before);
    };
    t.deepEqual(await replayed({ since, types: ['session.*'] }), []);
    t.deepEqual(await replayed({ since, status: 'failed' }), [bad] as never);
    t.deepEqual(await replayed({ since, status: 'failed' }), []);
    t.deepEqual(await replayed({ since, status: 'missing' }), [missed] as never);
    t.deepEqual(await replayed({ since, status: 'missing' }), []);
    t.deepEqual(await replayed({ since, types: ['message.received'] }), [missed, bad, good] as never);
    t.deepEqual(await replayed({ since: clock.now() + 1, until: clock.now() + 2 }), []);
  });

  test(`${dialect}: a replay that a restart interrupts goes on where it was`, async (t) => {
    const database = await testDatabase(dialect);
    t.teardown(database.dispose);
    const receiver = await startReceiver(t);
    const first = await new TestHub(database.db).start();
    const tenantId = await first.tenant();
    const session = await first.session(tenantId, 'shop');
    const { id } = await first.endpoints.create(tenantId, { url: receiver.url });
    const ids = await first.receive(tenantId, session, ...Array.from({ length: 300 }, (_, i) => String(i)));
    await first.drain();
    await first.stop();
    const { id: replayId } = await first.replays.begin(tenantId, id, { since: 0 });
    t.like(await first.replays.get(tenantId, id, replayId), { status: 'running', seen: 0 });

    const second = await new TestHub(database.db).start();
    t.teardown(() => second.stop());
    await until(async () => (await second.replays.get(tenantId, id, replayId)).status === 'done', 'the replay was done');
    await second.drain();
    t.deepEqual(receiver.ids().slice(300), ids);
  });

  test(`${dialect}: what cannot be replayed is refused`, async (t) => {
    const { hub, tenantId, session } = await startHub(t, dialect);
    const receiver = await startReceiver(t, 410);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    const begin = (who: TenantId, input: Parameters<TestHub['replays']['begin']>[2]) => hub.replays.begin(who, id, input);
    const refused = async (code: Parameters<typeof hasCode>[1], call: () => Promise<unknown>) => {
      const error = await t.throwsAsync(call);
      t.true(hasCode(error, code as never), String(error));
    };
    await refused('invalid-body', () => begin(tenantId, { since: 2, until: 1 }));
    await refused('invalid-body', () => begin(tenantId, { since: 0, types: ['message.recieved'] }));
    const { id: replayId } = await begin(tenantId, { since: 0 });
    const stranger = await hub.tenant();
    await refused('not-found', () => begin(stranger, { since: 0 }));
    await refused('not-found', () => hub.replays.get(stranger, id, replayId));
    await hub.receive(tenantId, session, 'gone');
    await drainAll(hub);
    await refused('endpoint-disabled', () => begin(tenantId, { since: 0 }));
  });
}
