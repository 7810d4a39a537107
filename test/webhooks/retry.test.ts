import test from 'ava';
import { stores } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { startHub, until } from './hub.ts';
import { startReceiver } from './receiver.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A clock that the test moves, and dice that always fall in the middle: no jitter. */
function calm(): { clock: FakeClock; runtime: ReturnType<typeof testRuntime> } {
  const clock = new FakeClock();
  return { clock, runtime: testRuntime({ clock, random: () => 0.5 }) };
}

for (const dialect of await stores()) {
  test(`${dialect}: a failing delivery is tried on the schedule, under one id, until it is given up after three days`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, 500);
    const endpoint = await hub.endpoints.create(tenantId, { url: receiver.url });
    const [id] = await hub.receive(tenantId, session, 'hello');
    await hub.drain();

    // The ledger's timer and that of the sweep are set, so that moving the clock sets them off.
    const sweeping = (): Promise<void> => until(() => clock.pending >= 2, 'the timers were set');
    const begun = clock.now();
    const waits = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, DAY, DAY];
    for (const wait of waits) {
      const { data } = await hub.deliveries.list(tenantId, endpoint.id, { limit: 1 });
      const nextAttemptAt = Date.parse(data[0]?.nextAttemptAt ?? '');
      t.is(nextAttemptAt, Math.min(clock.now() + wait, begun + 3 * DAY));
      const made = async (): Promise<number> => (await hub.deliveries.list(tenantId, endpoint.id, { limit: 1 })).data[0]?.attemptsMade ?? 0;
      const before = await made();
      await sweeping();
      clock.advance(nextAttemptAt - clock.now() - 1);
      await hub.drain();
      t.is(await made(), before, 'not before its time: what the endpoint is probed with is none of these');
      await sweeping();
      clock.advance(1);
      // Beyond the next minute only the sweep wakes a lane.
      clock.advance(wait > MINUTE ? 30 * SECOND : 0);
      await until(async () => (await made()) > before, `try ${before + 1} was made`);
      await hub.drain();
    }

    const { data } = await hub.deliveries.list(tenantId, endpoint.id, { status: 'dead', limit: 10 });
    t.like(data, { 0: { status: 'dead', nextAttemptAt: null }, length: 1 });
    t.deepEqual(new Set(receiver.ids()), new Set([id]));
    const { attempts } = await hub.deliveries.get(tenantId, data[0]?.id ?? '');
    t.deepEqual(
      [...new Set(receiver.requests.map(({ headers }) => Number(headers['hookline-attempt'])))],
      attempts.map(({ number }) => number),
    );
    t.is(attempts.length, waits.length + 1);
    t.is(new Set(receiver.requests.map(({ body }) => body)).size, 1, 'the same bytes each time');
    t.true(runtime.log.lines.some(({ level, message }) => level === 'warn' && message.includes('given up')));
  });

  test(`${dialect}: while the head fails nothing overtakes it, and then all goes in order`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, 503);
    const { id } = await hub.endpoints.create(tenantId, { url: receiver.url });
    const ids = await hub.receive(tenantId, session, ...Array.from({ length: 100 }, (_, i) => String(i)));
    await hub.drain();
    ids.push(...(await hub.receive(tenantId, session, 'later')));
    await hub.drain();
    t.deepEqual(receiver.ids(), ids.slice(0, 1));
    const { data } = await hub.deliveries.list(tenantId, id, { limit: 200 });
    const [head, behind] = [data.at(-1), data[0]];
    const until = new Date(clock.now() + 5 * SECOND).toISOString();
    t.like(head, { nextAttemptAt: until, waitsFor: null });
    const waitsFor = { deliveryId: head?.id, eventType: 'message.received', until };
    t.true(data.slice(0, -1).every((one) => one.nextAttemptAt === null && one.waitsFor?.deliveryId === head?.id));
    t.like(await hub.deliveries.get(tenantId, behind?.id ?? ''), { nextAttemptAt: null, waitsFor });
    t.like(await hub.deliveries.retry(tenantId, behind?.id ?? ''), { nextAttemptAt: null, waitsFor }, 'it keeps its place');
    const { failing } = await hub.deliveries.stats(tenantId, id);
    t.deepEqual(failing, { deliveryId: head?.id as never, eventType: 'message.received', attemptsMade: 1, nextAttemptAt: until });

    receiver.respond(200);
    clock.advance(5 * SECOND);
    await hub.drain();
    t.deepEqual(receiver.ids().slice(1), ids);
  });

  test(`${dialect}: a delivery that is given up lets those behind it go`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, ({ body }, response) => void response.writeHead(body.includes('poison') ? 500 : 200).end());
    const endpoint = await hub.endpoints.create(tenantId, { url: receiver.url });
    const [poison, good] = await hub.receive(tenantId, session, 'poison', 'good');
    await hub.drain();
    clock.advance(3 * DAY);
    await until(() => receiver.ids().includes(good ?? ''), 'the one behind it arrived');
    await hub.drain();
    const { data } = await hub.deliveries.list(tenantId, endpoint.id, { limit: 10 });
    t.deepEqual(
      data.map(({ eventId, status }) => [eventId, status]),
      [
        [good, 'delivered'],
        [poison, 'dead'],
      ],
    );
  });

  test(`${dialect}: in a relaxed lane a failure waits aside and is tried again`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, ({ body }, response) => void response.writeHead(body.includes('bad') ? 500 : 200).end());
    const endpoint = await hub.endpoints.create(tenantId, { url: receiver.url, ordering: 'relaxed' });
    const ids = await hub.receive(tenantId, session, 'bad 1', 'good', 'bad 2', 'good');
    await hub.drain();
    t.deepEqual(receiver.ids(), ids, 'each was tried once, none waited for another');
    const { data: aside } = await hub.deliveries.list(tenantId, endpoint.id, { status: 'pending', limit: 10 });
    t.true(aside.length === 2 && aside.every(({ nextAttemptAt, waitsFor }) => nextAttemptAt !== null && waitsFor === null));
    receiver.respond(200);
    clock.advance(5 * SECOND);
    await hub.drain();
    t.deepEqual(receiver.ids().slice(4), [ids[0], ids[2]]);
    const { data } = await hub.deliveries.list(tenantId, endpoint.id, { status: 'delivered', limit: 10 });
    t.is(data.length, 4);
  });

  test(`${dialect}: a 410 disables the endpoint and tells the others; what waits is kept and flows when it is enabled`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const gone = await startReceiver(t, 410);
    const other = await startReceiver(t);
    const endpoint = await hub.endpoints.create(tenantId, { url: gone.url });
    const { id: otherId } = await hub.endpoints.create(tenantId, { url: other.url, events: ['webhook.disabled'] });
    const ids = await hub.receive(tenantId, session, 'one', 'two');
    await hub.drain();
    await hub.drain();

    t.is(gone.requests.length, 1);
    t.like(await hub.endpoints.get(tenantId, endpoint.id), { status: 'disabled', disabledReason: 'gone' });
    const { data: kept } = await hub.deliveries.list(tenantId, endpoint.id, { limit: 10 });
    t.like(kept, {
      0: { nextAttemptAt: null, waitsFor: { deliveryId: kept[1]?.id, until: null } },
      1: { nextAttemptAt: null, waitsFor: null },
    });
    t.like(JSON.parse(other.requests[0]?.body ?? ''), {
      type: 'webhook.disabled',
      sessionId: null,
      data: { endpointId: endpoint.id, reason: 'gone' },
    });
    t.like(await hub.deliveries.list(tenantId, otherId, { limit: 10 }), { data: { length: 1 } });
    t.true(runtime.log.lines.some(({ message }) => message.includes(endpoint.id) && message.includes('410')));
    clock.advance(DAY);
    await hub.drain();
    t.is(gone.requests.length, 1, 'a disabled endpoint is left alone');

    gone.respond(200);
    t.like(await hub.endpoints.enable(tenantId, endpoint.id), { status: 'enabled', disabledReason: null });
    await hub.drain();
    t.deepEqual(gone.ids().slice(1), ids);
  });

  test(`${dialect}: Retry-After makes the whole endpoint wait, and only that one`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const second = await hub.session(tenantId, 'bar');
    const busy = await startReceiver(t, (_, response) => void response.writeHead(429, { 'retry-after': '40' }).end());
    const other = await startReceiver(t);
    const { id } = await hub.endpoints.create(tenantId, { url: busy.url });
    await hub.endpoints.create(tenantId, { url: other.url });
    await hub.receive(tenantId, session, 'one');
    await hub.drain();
    t.truthy((await hub.endpoints.get(tenantId, id)).pausedUntil);
    await hub.receive(tenantId, second, 'two');
    clock.advance(39 * SECOND);
    await hub.drain();
    t.is(busy.requests.length, 1);
    t.is(other.requests.length, 2);

    busy.respond(200);
    clock.advance(SECOND);
    await hub.drain();
    t.is(busy.requests.length, 3);
    t.is((await hub.endpoints.get(tenantId, id)).pausedUntil, null);
  });

  test(`${dialect}: an endpoint gets no more requests a second than it allows`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t);
    await hub.endpoints.create(tenantId, { url: receiver.url, rateLimit: 2 });
    const ids = await hub.receive(tenantId, session, ...'abcdefgh');
    await hub.drain();
    t.is(receiver.requests.length, 3, "a second's worth and the first");
    for (let half = 1; half <= 5; half++) {
      clock.advance(500);
      await hub.drain();
      t.is(receiver.requests.length, 3 + half);
    }
    t.deepEqual(receiver.ids(), ids);
  });

  test(`${dialect}: a retry sends a delivered or dead one again under the same id, and a waiting one now`, async (t) => {
    const { clock, runtime } = calm();
    const { hub, tenantId, session } = await startHub(t, dialect, { runtime });
    const receiver = await startReceiver(t, 500);
    const endpoint = await hub.endpoints.create(tenantId, { url: receiver.url });
    const [eventId] = await hub.receive(tenantId, session, 'hello');
    await hub.drain();
    const { data } = await hub.deliveries.list(tenantId, endpoint.id, { limit: 1 });
    const id = data[0]?.id ?? '';

    t.like(await hub.deliveries.retry(tenantId, id), { status: 'pending', nextAttemptAt: new Date(clock.now()).toISOString() });
    await hub.drain();
    t.is(receiver.requests.length, 2, 'a waiting one goes now');
    receiver.respond(200);
    for (const made of [3, 4]) {
      await hub.deliveries.retry(tenantId, id);
      await hub.drain();
      t.is(receiver.requests.length, made);
      t.like(await hub.deliveries.get(tenantId, id), { status: 'delivered', attemptsMade: made, attempts: { length: made } });
    }
    t.deepEqual(new Set(receiver.ids()), new Set([eventId]));
  });
}
