import test from 'ava';
import type { TenantId } from '../../src/core/ids.ts';
import { EventRetention } from '../../src/ledger/retention.ts';
import { SystemRetentionStore } from '../../src/webhooks/delivery/retention-store.ts';
import { stores } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { startHub, type TestHub, until } from '../webhooks/hub.ts';
import { startReceiver } from '../webhooks/receiver.ts';

const DAY = 24 * 3_600_000;
const KEEP = { payload: 30 * DAY, messages: 365 * DAY };

async function* kept(...tenants: [TenantId, typeof KEEP][]) {
  for (const [tenantId, keep] of tenants) yield { tenantId, keep };
}

const retentionOf = ({ db, ledger, runtime }: TestHub, ...tenants: [TenantId, typeof KEEP][]) =>
  new EventRetention({ ledger, deliveries: new SystemRetentionStore(db), runtime, keep: () => kept(...tenants) });

for (const dialect of await stores()) {
  test(`${dialect}: what is old goes batch by batch; what is young or still owed stays`, async (t) => {
    const clock = new FakeClock();
    const runtime = testRuntime({ clock });
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t);
    const gone = await startReceiver(t, 410);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    const disabled = await hub.endpoints.create(tenantId, { url: gone.url, events: ['webhook.*'] });
    const old = await hub.receive(tenantId, session, ...Array.from({ length: 450 }, (_, i) => String(i)));
    await hub.drain();
    await hub.endpoints.test(tenantId, disabled.id);
    await hub.drain();
    // Owed to the endpoint that is disabled, and for good.
    const [owed] = await hub.db.write((tx) =>
      hub.ledger.append(tx, [{ tenantId, session: null, type: 'webhook.disabled', data: { endpointId: id } }]),
    );
    await hub.drain();

    let pauses = 0;
    const retention = retentionOf(hub, [tenantId, KEEP]);
    const prune = () =>
      retention.prune(async () => {
        pauses++;
      });
    const count = async (table: string): Promise<number> => Number((await hub.db.sql(table).count('* as count').first())?.count);
    await prune();
    t.true((await count('events')) > old.length, 'nothing is old');

    clock.advance(30 * DAY + 1);
    const [young] = await hub.receive(tenantId, session, 'young');
    await until(() => receiver.ids().includes(young ?? ''), 'the young one arrived');
    await hub.drain();
    await prune();
    t.true(pauses >= 2, 'others could write meanwhile');
    const left: { id: string }[] = await hub.db.sql('events').orderBy('position');
    t.true(left.some((event) => event.id === owed?.id));
    t.is(left.at(-1)?.id, young);
    t.false(left.some((event) => old.includes(event.id)));
    t.true((await count('webhook_deliveries')) <= 2 * left.length, 'their deliveries went with them');

    clock.advance(365 * DAY);
    await prune();
    t.is(await count('events'), 0, 'a disabled endpoint is owed nothing for longer than messages are kept');
  });

  test(`${dialect}: each tenant has what it set, and another's stays`, async (t) => {
    const clock = new FakeClock();
    const runtime = testRuntime({ clock });
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const other = await hub.tenant();
    const otherSession = await hub.session(other, 'other');
    await hub.receive(tenantId, session, 'old');
    const [stays] = await hub.receive(other, otherSession, 'as old');
    await hub.drain();
    clock.advance(3 * DAY);
    await retentionOf(hub, [tenantId, { ...KEEP, payload: 2 * DAY }], [other, KEEP]).prune();
    t.deepEqual(await hub.db.sql('events').select('id'), [{ id: stays }]);
  });

  test(`${dialect}: an event that a follower has yet to see stays, however old`, async (t) => {
    const clock = new FakeClock();
    const runtime = testRuntime({ clock });
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    await hub.receive(tenantId, session, 'seen');
    await hub.drain();
    await hub.ledger.stop();
    const [unseen] = await hub.receive(tenantId, session, 'unseen');
    clock.advance(31 * DAY);
    await retentionOf(hub, [tenantId, KEEP]).prune();
    t.deepEqual(await hub.db.sql('events').select('id'), [{ id: unseen }]);
  });
}
