import test, { type ExecutionContext } from 'ava';
import type { EventDraft, LedgerEvent } from '../../src/core/events.ts';
import { newId, type SessionId, type TenantId } from '../../src/core/ids.ts';
import type { Clock } from '../../src/core/runtime.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';

interface Session {
  id: SessionId;
  name: string;
  tenantId: TenantId;
}
type Feed = AsyncGenerator<LedgerEvent | null, void>;

/** A ledger of two tenants, the first of which has the sessions `a` and `b`. */
async function open(t: ExecutionContext, store: DialectName, clock: Clock = new FakeClock()) {
  const { db, dispose } = await testDatabase(store);
  const ledger = new Ledger(db, testRuntime({ clock }));
  const [tenantId, otherTenant] = [newId('tnt', 0), newId('tnt', 0)];
  const session = (name: string, owner: TenantId): Session => ({ id: newId('ses', 0), name, tenantId: owner });
  const [a, b, foreign] = [session('a', tenantId), session('b', tenantId), session('c', otherTenant)];
  const times = { created_at: 0, updated_at: 0 };
  await db.write(async ({ sql }) => {
    await sql('tenants').insert([tenantId, otherTenant].map((id) => ({ id, name: id, ...times })));
    await sql('whatsapp_instances').insert(
      [a, b, foreign].map(({ id, name, tenantId }) => ({
        ...{ id, tenant_id: tenantId, name, engine: 'sandbox', profile: id },
        ...{ desired: 'started', status: 'connected', ...times },
      })),
    );
  });
  const append = (owner: Session, count = 1, type: EventDraft['type'] = 'custom.note') =>
    db.write((tx) =>
      ledger.append(
        tx,
        Array.from({ length: count }, () => ({ tenantId: owner.tenantId, session: owner, type, data: null })),
      ),
    );
  const ending = new AbortController();
  const feeds: Feed[] = [];
  t.teardown(async () => {
    ending.abort();
    // A read under way would fail when the database closes.
    await Promise.all(feeds.map((feed) => feed.return()));
    await ledger.stop();
    await dispose();
  });
  const follow = async (filter: Parameters<Ledger['subscribe']>[1] = {}, signal?: AbortSignal): Promise<Feed> => {
    const subscription = await ledger.subscribe(tenantId, filter);
    if (!subscription) throw new Error('There is no such place to begin');
    const feed = subscription.follow(AbortSignal.any([ending.signal, ...(signal ? [signal] : [])]));
    feeds.push(feed);
    return feed;
  };
  return { db, ledger, tenantId, a, b, foreign, append, follow };
}

async function take(feed: Feed, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const { value, done } = await feed.next();
    if (done) throw new Error(`The feed ended after ${ids.length} of ${count}`);
    if (value) ids.push(value.id);
  }
  return ids;
}

const ids = (events: readonly LedgerEvent[]): string[] => events.map(({ id }) => id);

/** A small generator with a seed, so that a failure can be run again (Mulberry32). */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

for (const store of await stores()) {
  test(`${store}: whatever appends and reads fall together with the cutover, each event is given once and in order`, async (t) => {
    const hub = await open(t, store);
    const sessions = [hub.a, hub.b, hub.foreign];
    for (let seed = 1; seed <= 12; seed++) {
      const roll = dice(seed);
      const before = await hub.append(hub.a, roll(200));
      const filters = [{}, { sessionId: hub.b.id }, { types: ['custom.rare'] }];
      const after = before.length > 0 && roll(2) ? (before[roll(before.length)]?.id as string) : undefined;
      const feeds = await Promise.all(filters.map((filter) => hub.follow({ ...filter, after })));
      const from = after ? (before.find(({ id }) => id === after)?.position ?? 0) : (before.at(-1)?.position ?? 0);

      // Appenders and readers go on at the same time, each with pauses of its own.
      const pause = async () => {
        for (let turns = roll(4); turns > 0; turns--) await new Promise(setImmediate);
      };
      const appended = Promise.all(
        sessions.map(async (session) => {
          const all: LedgerEvent[] = [];
          for (let round = roll(8); round >= 0; round--) {
            await pause();
            all.push(...(await hub.append(session, 1 + roll(90), roll(4) ? 'custom.note' : 'custom.rare')));
          }
          return all;
        }),
      );
      const given: string[][] = feeds.map(() => []);
      const reading = feeds.map(async (feed, index) => {
        for await (const event of feed) {
          if (event?.type === 'custom.end') return;
          if (event) given[index]?.push(event.id);
          if (!roll(10)) await pause();
        }
      });
      const all = [...before, ...(await appended).flat()].sort((x, y) => x.position - y.position);
      const end = await hub.db.write((tx) =>
        hub.ledger.append(tx, [{ tenantId: hub.tenantId, session: hub.b, type: 'custom.end', data: null }]),
      );
      t.is(end.length, 1);
      await reading[0];
      await reading[1];
      const own = all.filter(({ tenantId, position }) => tenantId === hub.tenantId && position > from);
      t.deepEqual(given[0], ids(own), `seed ${seed}: all`);
      t.deepEqual(given[1], ids(own.filter(({ sessionId }) => sessionId === hub.b.id)), `seed ${seed}: by session`);
      // The third does not select the event that marks the end; what it is owed it has when it has that many.
      const rare = ids(own.filter(({ type }) => type === 'custom.rare'));
      while ((given[2]?.length ?? 0) < rare.length) await new Promise(setImmediate);
      t.deepEqual(given[2], rare, `seed ${seed}: by type`);
    }
  });

  test(`${store}: without a place to begin it is what is appended after the call, also before the first read`, async (t) => {
    const { a, append, follow } = await open(t, store);
    await append(a, 3);
    const feed = await follow();
    const next = await append(a, 2);
    t.deepEqual(await take(feed, 2), ids(next));
  });

  test(`${store}: a reader that waits is given what is appended, from a position as from an id`, async (t) => {
    const { a, append, follow } = await open(t, store);
    const events = await append(a, 4);
    const byId = await follow({ after: events[1]?.id as string });
    const byPosition = await follow({ after: String(events[1]?.position) });
    const beginning = await follow({ after: '0' });
    t.deepEqual(await take(byId, 2), ids(events.slice(2)));
    t.deepEqual(await take(byPosition, 2), ids(events.slice(2)));
    t.deepEqual(await take(beginning, 4), ids(events));
    const waiting = [byId, byPosition].map((feed) => take(feed, 1));
    const [late] = await append(a);
    t.deepEqual(await Promise.all(waiting), [[late?.id], [late?.id]] as string[][]);
  });

  test(`${store}: another tenant's events are neither given nor a place to begin`, async (t) => {
    const { a, foreign, ledger, tenantId, append, follow } = await open(t, store);
    const feed = await follow();
    const [theirs] = await append(foreign, 5);
    t.is(await ledger.subscribe(tenantId, { after: theirs?.id as string }), undefined);
    const [mine] = await append(a);
    t.deepEqual(await take(feed, 1), [mine?.id]);
  });

  test(`${store}: a reader that asks for nothing has at most one batch in memory, and nothing is read for it`, async (t) => {
    const { db, a, append, follow } = await open(t, store);
    const events = await append(a, 500);
    const feed = await follow({ after: '0' });
    await take(feed, 1);
    let reads = 0;
    db.sql.on('query', () => reads++);
    for (let round = 0; round < 5; round++) events.push(...(await append(a, 100)));
    const asked = reads;
    await take(feed, 63);
    t.is(reads, asked, 'the first batch of 64 was all there was in memory');
    t.deepEqual(await take(feed, 936), ids(events.slice(64)));
  });
}

test('what another process appended is found after 15 s, and quiet is told', async (t) => {
  const clock = new FakeClock();
  const { db, a, follow } = await open(t, 'sqlite', clock);
  const feed = await follow();
  const waiting = feed.next();
  await clockArmed(clock);
  // Another ledger on the same table: this one hears nothing of it.
  const other = new Ledger(db, testRuntime({ clock }));
  const [event] = await db.write((tx) => other.append(tx, [{ tenantId: a.tenantId, session: a, type: 'custom.note', data: null }]));
  clock.advance(14_999);
  const first = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 50, 'nothing yet'))]);
  t.is(first, 'nothing yet');
  clock.advance(1);
  t.deepEqual(await waiting, { value: null, done: false });
  t.deepEqual(await take(feed, 1), [event?.id as string]);
});

test('it ends when it is told to, waiting or in the middle of a batch, and listens no longer', async (t) => {
  const { ledger, a, append, follow } = await open(t, 'sqlite');
  let listening = 0;
  const { onAppend } = ledger;
  ledger.onAppend = (listener) => {
    listening++;
    const unhear = onAppend.call(ledger, listener);
    return () => {
      listening--;
      unhear();
    };
  };
  const controller = new AbortController();
  const waiting = await follow({}, controller.signal);
  const waited = waiting.next();
  await append(a, 10);
  const reading = await follow({ after: '0' }, controller.signal);
  await take(reading, 3);
  await waited;
  t.is(listening, 2);
  controller.abort();
  t.deepEqual(await reading.next(), { value: undefined, done: true });
  t.deepEqual(await waiting.next(), { value: undefined, done: true });
  t.is(listening, 0);
});

async function clockArmed(clock: FakeClock): Promise<void> {
  const end = Date.now() + 5_000;
  while (clock.pending === 0 && Date.now() < end) await new Promise(setImmediate);
}
