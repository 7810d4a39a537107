import test from 'ava';
import { AttemptRetention } from '../../src/webhooks/delivery/retention.ts';
import { stores } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { startHub } from './hub.ts';
import { startReceiver } from './receiver.ts';

const DAY = 24 * 3_600_000;

for (const dialect of await stores()) {
  test(`${dialect}: attempts go batch by batch when their tenant's time is over; another's stay, and so do the deliveries`, async (t) => {
    const clock = new FakeClock();
    const runtime = testRuntime({ clock });
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const other = await hub.tenant();
    const otherSession = await hub.session(other, 'other');
    const receiver = await startReceiver(t);
    const short = await hub.endpoints.create(tenantId, { url: receiver.url });
    const long = await hub.endpoints.create(other, { url: receiver.url });
    await hub.receive(tenantId, session, ...Array.from({ length: 450 }, (_, index) => String(index)));
    await hub.receive(other, otherSession, 'as old');
    await hub.drain();

    async function* keep() {
      yield { tenantId, keep: { attempts: 14 * DAY } };
      yield { tenantId: other, keep: { attempts: 15 * DAY } };
    }
    let pauses = 0;
    const prune = () => new AttemptRetention(hub.db, keep, runtime).prune(async () => void pauses++);
    const left = async ({ id }: { id: string }): Promise<number> =>
      Number((await hub.db.sql('webhook_attempts').where({ endpoint_id: id }).count('* as count').first())?.count);
    await prune();
    t.deepEqual([await left(short), await left(long)], [450, 1], 'nothing is old');
    clock.advance(14 * DAY);
    const deliveries = await hub.db.sql('webhook_deliveries').orderBy('ordinal');
    await prune();
    t.deepEqual([await left(short), await left(long)], [450, 1], 'nor is what is as old as that');
    clock.advance(1);
    await prune();
    t.deepEqual([await left(short), await left(long)], [0, 1]);
    t.true(pauses >= 2, 'others could write meanwhile');
    t.deepEqual(await hub.db.sql('webhook_deliveries').orderBy('ordinal'), deliveries);
  });
}
