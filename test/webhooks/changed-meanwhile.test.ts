/** What a try comes to after somebody has changed what it is about. */
import type { ServerResponse } from 'node:http';
import test, { type ExecutionContext } from 'ava';
import type { EndpointInput } from '../../src/webhooks/endpoints/endpoint-input.ts';
import { stores } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { type Started, startHub, until } from './hub.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

interface UnderWay extends Started {
  clock: FakeClock;
  id: string;
  old: Receiver;
  fresh: Receiver;
  /** The events that are owed, the first of them under way. */
  ids: string[];
  /** Answers the request that is under way, and waits until all of that is done. */
  answer(status: number, headers?: Record<string, string>): Promise<void>;
}

/** An endpoint whose receiver has a request and does not answer it yet. */
async function underWay(
  t: ExecutionContext,
  dialect: Parameters<typeof startHub>[1],
  { owed = 2, ...input }: Partial<EndpointInput> & { owed?: number } = {},
): Promise<UnderWay> {
  const clock = new FakeClock();
  const started = await startHub(t, dialect, { runtime: testRuntime({ clock, random: () => 0.5 }) });
  const { hub, tenantId, session } = started;
  const open: ServerResponse[] = [];
  const old = await startReceiver(t, (_, response) => void open.push(response));
  const fresh = await startReceiver(t);
  const { id } = await hub.endpoints.create(tenantId, { url: old.url, schedule: [3_600], ...input });
  const ids = await hub.receive(tenantId, session, ...Array.from({ length: owed }, (_, n) => String(n)));
  await until(() => open.length === 1, 'the request was there');
  const answer = async (status: number, headers = {}): Promise<void> => {
    open.pop()?.writeHead(status, headers).end();
    await hub.drain();
  };
  return { ...started, clock, id, old, fresh, ids, answer };
}

const deliveries = async ({ hub, tenantId, id }: UnderWay) => (await hub.deliveries.list(tenantId, id, { limit: 10 })).data.toReversed();
const attempts = async (way: UnderWay, deliveryId = '') => (await way.hub.deliveries.get(way.tenantId, deliveryId)).attempts;

const FAILURES: { status: number; headers: Record<string, string>; what: string }[] = [
  { status: 410, headers: {}, what: 'a 410' },
  { status: 503, headers: { 'retry-after': '3600' }, what: 'a pause of an hour' },
  { status: 500, headers: {}, what: 'a failure with an hour of back-off' },
  { status: 429, headers: {}, what: 'an overload' },
];

for (const dialect of await stores()) {
  test.serial(`${dialect}: a failure at the old URL is in the log and says nothing of the new one`, async (t) => {
    for (const { status, headers, what } of FAILURES) {
      const way = await underWay(t, dialect);
      const { hub, tenantId, id, fresh, ids } = way;
      await hub.endpoints.update(tenantId, id, { url: fresh.url });
      await way.answer(status, headers);
      t.deepEqual(fresh.ids(), ids, `${what}: all of it went to the new URL at once, in order`);
      t.like(await hub.endpoints.get(tenantId, id), { status: 'enabled', pausedUntil: null, failingSince: null });
      t.like(await hub.deliveries.stats(tenantId, id as never), { breaker: 'closed', slowedTo: null, waiting: 0 });
      const [first] = await deliveries(way);
      t.like(first, { status: 'delivered', attemptsMade: 2 });
      t.like(await attempts(way, first?.id), [
        { number: 1, status },
        { number: 2, status: 200 },
      ] as never);
    }
  });

  test.serial(`${dialect}: enabled while a try is under way, an endpoint is tried at once whatever that comes to`, async (t) => {
    for (const { status, headers, what } of FAILURES) {
      const way = await underWay(t, dialect);
      await way.hub.endpoints.enable(way.tenantId, way.id);
      way.old.respond(200);
      await way.answer(status, headers);
      t.deepEqual(way.old.ids(), [way.ids[0], ...way.ids], what);
      t.like(await way.hub.endpoints.get(way.tenantId, way.id), { status: 'enabled', pausedUntil: null, failingSince: null });
    }
  });

  test.serial(`${dialect}: a retry asked for while a try is under way is made at once, also where the order is relaxed`, async (t) => {
    for (const ordering of ['strict', 'relaxed', 'chat'] as const) {
      const way = await underWay(t, dialect, { ordering, owed: 1 });
      const [{ id: deliveryId = '' } = {}] = await deliveries(way);
      t.is((await way.hub.deliveries.retry(way.tenantId, deliveryId)).status, 'pending');
      way.old.respond(200);
      await way.answer(500);
      t.is(way.old.requests.length, 2, ordering);
      t.like(await way.hub.deliveries.get(way.tenantId, deliveryId), { status: 'delivered', attemptsMade: 2, attempts: { length: 2 } });
    }
  });

  test.serial(`${dialect}: new headers, a new secret and a new schedule are not judged by a try without them`, async (t) => {
    const changes: Parameters<Started['hub']['endpoints']['update']>[2][] = [
      { headers: { authorization: { secret: 'Bearer new' } } },
      { schedule: [7] },
      { timeoutSeconds: 3 },
      { signatures: ['v1a'] },
    ];
    for (const change of [...changes, null]) {
      const way = await underWay(t, dialect);
      if (change) await way.hub.endpoints.update(way.tenantId, way.id, change);
      else await way.hub.endpoints.rotateSecret(way.tenantId, way.id, { overlapSeconds: 0 });
      way.old.respond(200);
      await way.answer(410);
      t.is((await way.hub.endpoints.get(way.tenantId, way.id)).status, 'enabled', JSON.stringify(change));
      t.is(way.old.requests.length, 3);
    }
    const way = await underWay(t, dialect);
    await way.hub.endpoints.update(way.tenantId, way.id, { description: 'another', rateLimit: 100 });
    await way.answer(410);
    t.is((await way.hub.endpoints.get(way.tenantId, way.id)).status, 'disabled', 'what changes no request lets the answer count');
  });

  test.serial(`${dialect}: a success at the old URL settles its delivery, and says nothing of the new one`, async (t) => {
    const way = await underWay(t, dialect);
    const { hub, tenantId, id, fresh, ids } = way;
    await hub.endpoints.update(tenantId, id, { url: fresh.url });
    await way.answer(200);
    t.deepEqual(fresh.ids(), ids.slice(1), 'somebody has taken the first');
    t.deepEqual(
      (await deliveries(way)).map(({ status }) => status),
      ['delivered', 'delivered'],
    );
  });

  test.serial(`${dialect}: disabled by one lane, an endpoint is not failing by what the others come to later`, async (t) => {
    const way = await underWay(t, dialect, { owed: 1 });
    const { hub, tenantId, id, old } = way;
    const second = await hub.session(tenantId, 'second');
    old.respond(410);
    await hub.receive(tenantId, second, 'gone');
    await until(async () => (await hub.endpoints.get(tenantId, id)).status === 'disabled', 'it was disabled');
    const { updatedAt } = await hub.endpoints.get(tenantId, id);
    way.clock.advance(SECOND);
    await way.answer(503, { 'retry-after': '3600' });
    t.like(await hub.endpoints.get(tenantId, id), { disabledReason: 'gone', pausedUntil: null, updatedAt });
    old.respond(200);
    await hub.endpoints.enable(tenantId, id);
    await hub.drain();
    t.is((await deliveries(way)).filter(({ status }) => status === 'delivered').length, 2);
  });

  test.serial(`${dialect}: one that has succeeded while the last of many failures was under way is not disabled`, async (t) => {
    const way = await underWay(t, dialect, { owed: 1 });
    const { hub, tenantId, id, old } = way;
    const longAgo = way.clock.now() - 6 * 24 * HOUR;
    await hub.db.write(({ sql }) => sql('webhook_endpoints').where({ id }).update({ failing_since: longAgo, failed_at: way.clock.now() }));
    const second = await hub.session(tenantId, 'second');
    old.respond(200);
    await hub.receive(tenantId, second, 'well');
    await until(async () => (await hub.endpoints.get(tenantId, id)).failingSince === null, 'its success was noted');
    await way.answer(500);
    t.like(await hub.endpoints.get(tenantId, id), { status: 'enabled' });
  });
}
