/** Order by chat, and changes of the order while deliveries wait. */
import test, { type ExecutionContext } from 'ava';
import type { LedgerEvent } from '../../src/core/events.ts';
import type { EndpointId, SessionId } from '../../src/core/ids.ts';
import type { Ordering } from '../../src/webhooks/endpoints/endpoint.ts';
import { isMisplaced, laneOf, otherOrderOf } from '../../src/webhooks/lane-key.ts';
import { stores } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { type Started, startHub, until } from './hub.ts';
import { type Receiver, startReceiver } from './receiver.ts';

const SECOND = 1_000;
const id = 'whk_1' as EndpointId;
const sessionId = 'ses_1' as SessionId;
const eachStore = await stores();
const of = (chat: unknown) => ({ sessionId, json: JSON.stringify({ chat }) });

test('a chat has one lane of its session, of 33 at the most; the other orders have one for the session', (t) => {
  const lanes: string[] = Array.from({ length: 500 }, (_, n) => laneOf({ id, ordering: 'chat' }, of({ id: `55119${n}@c.us` })));
  t.is(new Set(lanes).size, 32);
  t.is(laneOf({ id, ordering: 'chat' }, of({ id: '551190@c.us' })), String(lanes[0]));
  for (const json of ['{}', '{"chat":null}', '{"chat":"x"}', '{"chat":{"id":7}}', 'null', '[]', '"text"']) {
    t.is(laneOf({ id, ordering: 'chat' }, { sessionId, json }), 'webhook:whk_1:ses_1:chat', json);
  }
  for (const ordering of ['strict', 'relaxed'] as const) t.is(laneOf({ id, ordering }, of({ id: 'a' })), 'webhook:whk_1:ses_1');
  // What waits in the store was put there by this hash: a change of it would tear chats apart.
  t.is(laneOf({ id, ordering: 'chat' }, of({ id: '5511988887777@c.us' })), 'webhook:whk_1:ses_1:chat5');
});

test('which lanes are of another order, and what they wait for', (t) => {
  const is = (lane: string, ordering: Ordering, failures = 0): boolean => isMisplaced(`webhook:whk_1:${lane}`, { ordering, failures });
  t.true(is('ses_1', 'chat') && is('ses_1:chat7', 'strict') && is('ses_1:chat', 'relaxed') && is('ses_1', 'relaxed', 1));
  t.false(
    is('ses_1', 'strict', 3) ||
      is('ses_1:chat7', 'chat', 3) ||
      is('ses_1:retry', 'chat', 1) ||
      is('test', 'chat') ||
      is('ses_1', 'relaxed'),
  );
  const inRange = (lane: string, other: string): boolean => {
    const [from, before] = otherOrderOf(lane) ?? ['', ''];
    return other >= from && other < before;
  };
  t.true(inRange('w:e:ses_1', 'w:e:ses_1:chat') && inRange('w:e:ses_1', 'w:e:ses_1:chat31') && inRange('w:e:ses_1:chat3', 'w:e:ses_1'));
  t.false(
    inRange('w:e:ses_1', 'w:e:ses_1:retry') || inRange('w:e:ses_1:chat3', 'w:e:ses_1:chat4') || inRange('w:e:ses_1', 'w:e:ses_2:chat3'),
  );
  t.is(otherOrderOf('w:e:ses_1:retry'), null);
});

interface Heard {
  chat: string;
  n: number;
}

/** Appends events of chats, in their order, `n` counting up in each chat over the whole test. */
function speaker({ hub, tenantId, session }: Started) {
  const counts = new Map<string, number>();
  return async (...chats: string[]): Promise<LedgerEvent[]> => {
    const drafts = chats.map((chat) => {
      const n = (counts.get(chat) ?? 0) + 1;
      counts.set(chat, n);
      return { tenantId, session, type: 'message.received' as const, data: { chat: { id: chat }, n } };
    });
    return hub.db.write((tx) => hub.ledger.append(tx, drafts));
  };
}

const heard = (receiver: Receiver, from = 0): Heard[] =>
  receiver.requests.slice(from).map(({ body }) => {
    const { data } = JSON.parse(body);
    return { chat: data.chat.id, n: data.n };
  });

/** Each chat from 1 on without a gap, a doubled one or one out of order. */
function inOrder(t: ExecutionContext, all: readonly Heard[], counts: Record<string, number>): void {
  for (const [chat, count] of Object.entries(counts)) {
    const own = all.filter((one) => one.chat === chat).map(({ n }) => n);
    t.deepEqual(
      own,
      Array.from({ length: count }, (_, i) => i + 1),
      chat,
    );
  }
}

const chats = (count: number): string[] => Array.from({ length: count }, (_, n) => `55119000000${n}@c.us`);

for (const dialect of eachStore) {
  test.serial(`${dialect}: by chat, one that fails holds up its chat and no other`, async (t) => {
    const clock = new FakeClock();
    const started = await startHub(t, dialect, { runtime: testRuntime({ clock, random: () => 0.5 }) });
    const { hub, tenantId } = started;
    const [bad = '', ...good] = chats(4);
    const receiver = await startReceiver(t, ({ body }, response) => void response.writeHead(body.includes(bad) ? 400 : 200).end());
    const { id: endpointId } = await hub.endpoints.create(tenantId, { url: receiver.url, ordering: 'chat' });
    const say = speaker(started);
    for (let turn = 0; turn < 5; turn++) await say(bad, ...good);
    await hub.drain();
    inOrder(t, heard(receiver), { [bad]: 1, ...Object.fromEntries(good.map((chat) => [chat, 5])) });
    receiver.respond(200);
    clock.advance(5 * SECOND);
    await hub.drain();
    inOrder(
      t,
      heard(receiver).filter((_, index) => index > 0 || !heard(receiver)[0]?.chat.includes(bad)),
      Object.fromEntries(good.map((chat) => [chat, 5])),
    );
    t.deepEqual(
      heard(receiver)
        .filter(({ chat }) => chat === bad)
        .map(({ n }) => n),
      [1, 1, 2, 3, 4, 5],
    );
    t.is((await hub.deliveries.stats(tenantId, endpointId)).waiting, 0);
  });

  test.serial(`${dialect}: by chat, a slow receiver is asked for several chats at the same time`, async (t) => {
    const started = await startHub(t, dialect);
    const { hub, tenantId } = started;
    const open: (() => void)[] = [];
    const receiver = await startReceiver(t, (_, response) => void open.push(() => response.writeHead(200).end()));
    await hub.endpoints.create(tenantId, { url: receiver.url, ordering: 'chat' });
    const distinct = [...new Map(chats(10).map((chat) => [laneOf({ id, ordering: 'chat' }, of({ id: chat })), chat])).values()].slice(0, 5);
    await speaker(started)(...distinct, ...distinct);
    await until(() => open.length === distinct.length, 'each chat had one under way');
    receiver.respond(200);
    for (const answer of open) answer();
    await hub.drain();
    inOrder(t, heard(receiver), Object.fromEntries(distinct.map((chat) => [chat, 2])));
  });

  const ORDERS: Ordering[] = ['strict', 'chat', 'relaxed'];
  for (const [from, to] of ORDERS.flatMap((one) => ORDERS.filter((other) => other !== one).map((other) => [one, other] as const))) {
    test.serial(`${dialect}: changed from ${from} to ${to} while deliveries wait, nothing is lost, doubled or overtaken`, async (t) => {
      const clock = new FakeClock();
      const started = await startHub(t, dialect, { runtime: testRuntime({ clock, random: () => 0.5 }) });
      const { hub, tenantId } = started;
      const open: (() => void)[] = [];
      const receiver = await startReceiver(t, (_, response) => void open.push(() => response.writeHead(200).end()));
      const { id: endpointId } = await hub.endpoints.create(tenantId, { url: receiver.url, ordering: from });
      const say = speaker(started);
      const all = chats(6);
      // More than a page of one lane, the first ones under way.
      await say(...Array.from({ length: 40 }, () => all).flat());
      await until(() => open.length > 0, 'something was under way');
      await hub.endpoints.update(tenantId, endpointId, { ordering: to });
      await say(...all);
      await hub.ledger.drain();
      receiver.respond(200);
      for (const answer of open) answer();
      await until(async () => {
        clock.advance(SECOND);
        await hub.drain();
        return (await hub.deliveries.stats(tenantId, endpointId)).waiting === 0;
      }, 'all was sent');
      t.is(receiver.requests.length, 41 * all.length);
      inOrder(t, heard(receiver), Object.fromEntries(all.map((chat) => [chat, 41])));
    });
  }

  test.serial(
    `${dialect}: a head that fails lets other chats go once the order is by chat, and all others once it is relaxed`,
    async (t) => {
      for (const ordering of ['chat', 'relaxed'] as const) {
        const clock = new FakeClock();
        const started = await startHub(t, dialect, { runtime: testRuntime({ clock, random: () => 0.5 }) });
        const { hub, tenantId } = started;
        const [bad = '', good = ''] = chats(2);
        const receiver = await startReceiver(t, ({ body }, response) => void response.writeHead(body.includes(bad) ? 400 : 200).end());
        const { id: endpointId } = await hub.endpoints.create(tenantId, { url: receiver.url, schedule: [86_400] });
        await speaker(started)(bad, good, good);
        await hub.drain();
        t.is(receiver.requests.length, 1);
        await hub.endpoints.update(tenantId, endpointId, { ordering });
        await until(async () => {
          clock.advance(SECOND);
          await hub.drain();
          return receiver.requests.length === 3;
        }, 'the others were sent');
        inOrder(t, heard(receiver), { [good]: 2, [bad]: 1 });
        t.is((await hub.deliveries.stats(tenantId, endpointId)).waiting, 1);
      }
    },
  );

  test.serial(`${dialect}: changed while the endpoint is disabled, and replayed after a change, all goes in order`, async (t) => {
    const clock = new FakeClock();
    const started = await startHub(t, dialect, { runtime: testRuntime({ clock, random: () => 0.5 }) });
    const { hub, tenantId } = started;
    const receiver = await startReceiver(t, 410);
    const { id: endpointId } = await hub.endpoints.create(tenantId, { url: receiver.url, events: ['message.*'] });
    const say = speaker(started);
    const all = chats(4);
    const settled = (count: number) =>
      until(async () => {
        clock.advance(SECOND);
        await hub.drain();
        return receiver.requests.length >= count;
      }, 'all was sent');
    for (let turn = 0; turn < 3; turn++) await say(...all);
    await hub.drain();
    await hub.endpoints.update(tenantId, endpointId, { ordering: 'chat' });
    await say(...all);
    await hub.drain();
    receiver.respond(200);
    await hub.endpoints.enable(tenantId, endpointId);
    await settled(17);
    inOrder(t, heard(receiver, 1), Object.fromEntries(all.map((chat) => [chat, 4])));
    await hub.endpoints.update(tenantId, endpointId, { ordering: 'strict' });
    await hub.replays.begin(tenantId, endpointId, { since: 0 });
    await settled(33);
    t.deepEqual(
      heard(receiver, 17),
      heard(receiver, 17).toSorted((a, b) => a.n - b.n || all.indexOf(a.chat) - all.indexOf(b.chat)),
    );
    inOrder(t, heard(receiver, 17), Object.fromEntries(all.map((chat) => [chat, 4])));
  });
}
