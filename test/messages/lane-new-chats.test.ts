import test from 'ava';
import { stores } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { type Hub, openHub } from './hub.ts';

const [ANA, BEA, NEW, NEWER] = ['5511987650001', '5511987650002', '5511987650003', '5511987650004'];
const HOUR = 3_600_000;

async function say(hub: Hub, reason: string): Promise<void> {
  const { tenantId } = hub.session;
  await hub.db.write((tx) => hub.ledger.append(tx, [{ tenantId, session: hub.session, type: 'session.attention', data: { reason } }]));
  await hub.drain();
}

for (const store of await stores()) {
  test(`${store}: while WhatsApp lets the account begin no new chats, sends to them wait and others go on`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    const end = clock.now() + 2 * HOUR;
    for (const to of [NEW, NEWER]) hub.engine.held.set(`${to}@c.us`, end);
    const held = await hub.accept({ to: NEW, text: 'may I?' });
    const behind = await hub.accept({ to: NEW, text: 'please' });
    for (const to of [ANA, BEA, ANA]) await hub.accept({ to, text: 'as ever' });
    const other = await hub.accept({ to: NEWER, text: 'hello' });
    await hub.drain();
    t.deepEqual(hub.engine.texts, ['as ever', 'as ever', 'as ever']);
    const view = await hub.detail(held.message.id);
    t.like(view, { status: 'queued', attempts: 0, waitsFor: { reason: 'newChats', until: new Date(end).toISOString() } });
    t.like(view.error, { code: 'new-chat' });
    t.is((await hub.detail(behind.message.id)).waitsFor?.reason, 'order');
    t.deepEqual(await hub.events('session.attention'), [], 'no send has failed');

    // They write first: it is no new chat any more, which the next look finds, five minutes later.
    hub.engine.held.delete(`${NEWER}@c.us`);
    await say(hub, 'sends-fail');
    t.is(await hub.statusOf(other.message.id), 'queued', 'not looked at before its time');
    const goOn = (sends: number) =>
      until(async () => {
        clock.advance(10_000);
        await hub.drain();
        return hub.engine.sent.length === sends;
      });
    await goOn(4);
    t.is(hub.engine.texts[3], 'hello');
    t.true(clock.now() < end - HOUR);
    hub.engine.held.clear();
    await goOn(6);
    t.deepEqual(hub.engine.texts.slice(4), ['may I?', 'please']);
  });

  test(`${store}: what waits for leave to begin a chat goes out as soon as that is given`, async (t) => {
    const clock = new FakeClock();
    const hub = await openHub(t, store, { clock });
    hub.engine.held.set(`${NEW}@c.us`, clock.now() + 20 * HOUR);
    await hub.accept({ to: NEW, text: 'may I?' });
    await hub.drain();
    t.deepEqual(hub.engine.texts, []);
    hub.engine.held.clear();
    await say(hub, 'new-chats-open');
    t.deepEqual(hub.engine.texts, ['may I?']);
  });
}
