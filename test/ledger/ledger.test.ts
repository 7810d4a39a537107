import test, { type ExecutionContext } from 'ava';
import { type EventDraft, envelope, type LedgerEvent } from '../../src/core/events.ts';
import { newId, type SessionId, type TenantId } from '../../src/core/ids.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import { type Database, openDatabase } from '../../src/db/open.ts';
import type { Tx } from '../../src/db/tx.ts';
import { type EventPage, Ledger } from '../../src/ledger/ledger.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';

interface Session {
  id: SessionId;
  name: string;
  tenantId: TenantId;
}

async function open(t: ExecutionContext, store: DialectName, clock = new FakeClock()) {
  const { db, location, dispose } = await testDatabase(store);
  const runtime = testRuntime({ clock });
  const ledger = new Ledger(db, runtime);
  t.teardown(async () => {
    await ledger.stop();
    await dispose();
  });
  return { db, location, ledger, runtime, clock, sessions: [await insertSession(db, 'a'), await insertSession(db, 'b')] as const };
}

async function insertSession(db: Database, name: string): Promise<Session> {
  const session: Session = { id: newId('ses', 0), name, tenantId: newId('tnt', 0) };
  const times = { created_at: 0, updated_at: 0 };
  await db.write(async ({ sql }) => {
    await sql('tenants').insert({ id: session.tenantId, name: session.tenantId, ...times });
    await sql('whatsapp_instances').insert({
      ...{ id: session.id, tenant_id: session.tenantId, name, engine: 'sandbox', profile: session.id },
      ...{ desired: 'started', status: 'connected', ...times },
    });
  });
  return session;
}

const draft = (session: Session, data: unknown = null): EventDraft => ({ tenantId: session.tenantId, session, type: 'custom.note', data });

const ascending = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i);

for (const store of await stores()) {
  test(`${store}: each session counts its own events without a gap, whoever appends at the same time`, async (t) => {
    const { db, location, ledger, runtime, sessions } = await open(t, store);
    const otherDb = openDatabase(location);
    const other = new Ledger(otherDb, runtime);
    const appends = await Promise.allSettled(
      ascending(0, 80).map((i) => {
        // A SQLite file has one process; a Postgres may have several.
        const [database, appender] = store === 'postgres' && i % 2 ? [otherDb, other] : [db, ledger];
        return database.write(async (tx) => {
          await appender.append(tx, [draft(sessions[0], i), draft(sessions[1], i), draft(sessions[0], i)]);
          if (i % 8 === 5) throw new Error('undone');
        });
      }),
    );
    const failures = appends.flatMap((result) => (result.status === 'rejected' ? [result.reason.message] : []));
    t.deepEqual(failures, Array(10).fill('undone'));
    await otherDb.close();
    for (const [index, count] of [140, 70].entries()) {
      const session = sessions[index] as Session;
      const { events = [] } = (await ledger.page(session.tenantId, { limit: 1_000 })) ?? {};
      t.deepEqual(
        events.map(({ seq }) => seq),
        ascending(1, count),
      );
      const positions = events.map(({ position }) => position);
      t.deepEqual(
        positions,
        positions.toSorted((a, b) => a - b),
        'positions and numbers rise together',
      );
    }
  });

  test(`${store}: a long batch keeps its order`, async (t) => {
    const { db, ledger, sessions } = await open(t, store);
    const drafts = ascending(0, 1_200).map((i) => draft(sessions[0], i));
    const appended = await db.write((tx) => ledger.append(tx, drafts));
    t.deepEqual(
      appended.map(({ json }) => json),
      ascending(0, 1_200).map(String),
    );
    const page = await ledger.page(sessions[0].tenantId, { limit: 2_000 });
    t.deepEqual(page?.events, appended, 'what append answers is what is read');
  });

  test(`${store}: what concerns the tenant alone is counted by the tenant`, async (t) => {
    const { db, ledger, sessions } = await open(t, store);
    const { tenantId } = sessions[0];
    const disabled: EventDraft = { tenantId, session: null, type: 'webhook.disabled', data: {} };
    const events = await db.write((tx) => ledger.append(tx, [draft(sessions[0]), disabled, disabled]));
    t.deepEqual(
      events.map(({ seq, sessionId }) => [seq, sessionId]),
      [
        [1, sessions[0].id],
        [1, null],
        [2, null],
      ],
    );
  });

  test(`${store}: pages lead from any event to the end, within the tenant`, async (t) => {
    const { db, ledger, sessions } = await open(t, store);
    const { tenantId } = sessions[0];
    const events = await db.write((tx) =>
      ledger.append(
        tx,
        ascending(0, 5).flatMap((i) => [draft(sessions[0], i), draft(sessions[1], i)]),
      ),
    );
    const own = events.filter((event) => event.tenantId === tenantId);
    const first = await ledger.page(tenantId, { limit: 2 });
    t.deepEqual(first, { events: own.slice(0, 2), next: own[1]?.id as string });
    t.deepEqual(await ledger.page(tenantId, { limit: 3, after: first?.next as string }), { events: own.slice(2), next: null });
    t.deepEqual((await ledger.page(tenantId, { limit: 9, after: own[3]?.id as string }))?.events, own.slice(4));
    t.deepEqual((await ledger.page(tenantId, { limit: 9, types: ['session.qr'] }))?.events, []);
    for (const types of [['*'], ['webhook.*', `${own[0]?.type.split('.')[0]}.*`], ['media.ready', own[0]?.type ?? '']]) {
      t.deepEqual((await ledger.page(tenantId, { limit: 9, types }))?.events, own, `${types}`);
    }
    t.deepEqual((await ledger.page(tenantId, { limit: 9, sessionId: sessions[1].id }))?.events, []);
    t.is(
      await ledger.page(tenantId, { limit: 9, after: events.at(-1)?.id as string }),
      undefined,
      "another tenant's event is no place here",
    );
  });

  test(`${store}: pages lead from the newest event to the first, whatever is appended meanwhile`, async (t) => {
    const { db, ledger, sessions } = await open(t, store);
    const [mine, theirs] = sessions;
    const append = (...data: number[]) =>
      db.write((tx) =>
        ledger.append(
          tx,
          data.flatMap((n) => [draft(mine, n), draft(theirs, n)]),
        ),
      );
    const own = (await append(0, 1, 2, 3, 4)).filter(({ tenantId }) => tenantId === mine.tenantId).toReversed();
    const read = (after?: string) => ledger.page(mine.tenantId, { limit: 2, order: 'desc', ...(after !== undefined && { after }) });
    const first = await read();
    t.deepEqual(first, { events: own.slice(0, 2), next: own[1]?.id as string });
    await append(5);
    t.deepEqual(await read(first?.next as string), { events: own.slice(2, 4), next: own[3]?.id as string });
    t.deepEqual(await read(own[3]?.id), { events: own.slice(4), next: null });
    t.deepEqual((await ledger.page(mine.tenantId, { limit: 9, order: 'desc', sessionId: theirs.id }))?.events, []);
    t.deepEqual((await ledger.page(mine.tenantId, { limit: 9, order: 'desc', types: ['session.qr'] }))?.events, []);
  });

  test(`${store}: a search finds text in any part of an event, and leads on where it has looked at many`, async (t) => {
    const { db, ledger, sessions } = await open(t, store);
    const [mine, theirs] = sessions;
    const texts = [{ text: 'Bestellung “Größe” \n' }, ...ascending(1, 5_200).map((n) => n), { text: 'GRÖSSE 1' }];
    const own = await db.write((tx) => ledger.append(tx, [...texts.map((data) => draft(mine, data)), draft(theirs, 'größe')]));
    const find = async (search: string, more: object = {}) => ledger.page(mine.tenantId, { limit: 9, search, ...more });
    t.deepEqual(await find('“GRÖß'), { events: [own[0]], next: own[4_999]?.id } as EventPage);
    t.deepEqual(await find('größe', { after: own[4_999]?.id }), { events: [], next: null });
    const last = await find('ÖSSE', { order: 'desc' });
    t.deepEqual(last?.events, [own[5_201]]);
    t.deepEqual(await find('Größe” \n', { order: 'desc', after: last?.next }), { events: [own[0]], next: null } as unknown as EventPage);
    t.deepEqual((await find(own[77]?.id as string))?.events, [own[77]]);
    t.deepEqual((await find('custom.note', { limit: 2 }))?.next, own[1]?.id);
  });

  test(`${store}: who comes back to an event that was pruned goes on with what is kept, and is told so`, async (t) => {
    const { db, ledger, clock, sessions } = await open(t, store);
    const [mine, theirs] = [sessions[0], sessions[1]];
    const append = (of: typeof mine, at: number) =>
      db.write((tx) => ledger.append(tx, [draft(of, at)])).then(([event]) => event as LedgerEvent);
    const old = [await append(mine, 1), await append(theirs, 1), await append(mine, 2)];
    clock.advance(10_000);
    const kept = [await append(mine, 3), await append(mine, 4)];
    const theirsNow = await append(theirs, 2);
    ledger.follow('all', async () => undefined);
    ledger.start();
    await ledger.drain();
    await ledger.stop();
    const before = clock.now() - 5_000;
    const read = (after: string) => ledger.page(mine.tenantId, { limit: 9, after });
    const invented = newId('evt', old[0]?.at ?? 0);
    t.is(await read(invented), undefined, 'while nothing was pruned there is no such event');
    await ledger.prune({ tenantId: mine.tenantId, before, after: 0, limit: 100 }, async () => new Set());

    const gap = { from: new Date(old[0]?.at ?? 0).toISOString(), to: new Date(kept[0]?.at ?? 0).toISOString() };
    for (const after of [old[0]?.id ?? '', old[2]?.id ?? '', invented]) {
      t.deepEqual(
        await ledger.page(mine.tenantId, { limit: 9, order: 'desc', after }),
        { events: [], next: null },
        'nothing older is kept',
      );
      t.deepEqual(await read(after), { events: kept, next: null, gap: { after, ...gap } }, after);
      const subscription = await ledger.subscribe(mine.tenantId, { after });
      t.like(JSON.parse(subscription?.gap ?? '{}'), { id: null, type: 'stream.gap', tenantId: mine.tenantId, data: { after, ...gap } });
      const leaving = new AbortController();
      const given: string[] = [];
      for await (const event of subscription?.follow(leaving.signal) ?? []) {
        if (event) given.push(event.id);
        if (given.length === kept.length) leaving.abort();
      }
      t.deepEqual(
        given,
        kept.map(({ id }) => id),
      );
    }
    t.like(await read(kept[0]?.id ?? ''), { events: kept.slice(1) });
    t.false('gap' in ((await read(kept[0]?.id ?? '')) ?? {}));
    t.is(await read(theirsNow.id), undefined, 'of a time of which nothing was pruned');
    t.is(await ledger.page(theirs.tenantId, { limit: 9, after: old[0]?.id ?? '' }), undefined, 'what another tenant had');

    clock.advance(10_000);
    await ledger.prune({ tenantId: mine.tenantId, before: clock.now(), after: 0, limit: 100 }, async () => new Set());
    t.deepEqual(await read(kept[1]?.id ?? ''), {
      events: [],
      next: null,
      gap: { after: kept[1]?.id ?? '', from: new Date(kept[1]?.at ?? 0).toISOString(), to: null },
    });
    const ahead = await ledger.subscribe(mine.tenantId, { after: '999999999999999' });
    const next = await append(mine, 5);
    const leaving = new AbortController();
    for await (const event of ahead?.follow(leaving.signal) ?? []) {
      t.is(event?.id, next.id, 'a position that there never was is the end');
      leaving.abort();
    }
  });

  test(`${store}: a follower reacts to each event once and in order, whatever fails between`, async (t) => {
    const { db, ledger, clock, runtime, sessions } = await open(t, store);
    let trouble = 0;
    const tries: number[] = [];
    const react = async (tx: Parameters<Parameters<Database['write']>[0]>[0], events: readonly LedgerEvent[]) => {
      tries.push(events.length);
      for (const { id } of events) await tx.sql('hub_settings').insert({ name: id, value: String(++written) });
      if (trouble-- > 0) throw new Error('not now');
    };
    let written = 0;
    ledger.follow('notes', react);
    ledger.start();
    const appended: LedgerEvent[] = [];
    const append = async (count: number) => {
      appended.push(
        ...(await db.write((tx) =>
          ledger.append(
            tx,
            ascending(0, count).map((i) => draft(sessions[0], i)),
          ),
        )),
      );
    };
    await append(3);
    await ledger.drain();
    trouble = 2;
    await append(600);
    await ledger.drain();
    const failed = tries.length;
    await append(1);
    await ledger.drain();
    t.is(tries.length, failed, 'news do not shorten the wait after a failure');
    for (let i = 0; i < 3; i++) {
      clock.advance(30_000);
      await ledger.drain();
    }
    const rows: { name: string }[] = await db.sql('hub_settings').orderByRaw('CAST(value AS integer)');
    t.deepEqual(
      rows.map(({ name }) => name),
      appended.map(({ id }) => id),
    );
    t.true(runtime.log.lines.some(({ level, message }) => level === 'error' && message.includes('"notes"')));

    await ledger.stop();
    await append(2);
    const next = new Ledger(db, runtime);
    next.follow('notes', react);
    next.start();
    await next.drain();
    t.is((await db.sql('hub_settings')).length, appended.length, 'after a restart it goes on where it stood');
    await next.stop();
  });

  test(`${store}: a follower of some types gets those alone, and a restart repeats and misses none`, async (t) => {
    const { db, ledger, runtime, sessions } = await open(t, store);
    const seen: string[] = [];
    const react = async (tx: Tx, events: readonly LedgerEvent[]): Promise<void> =>
      tx.afterCommit(() => seen.push(...events.map(({ id }) => id)));
    const status = (n: number): EventDraft => ({ ...draft(sessions[0], n), type: 'session.status' });
    const append = (...drafts: EventDraft[]) => db.write((tx) => ledger.append(tx, drafts));
    ledger.follow('some', react, ['session.status']);
    ledger.start();
    const wanted = (await append(draft(sessions[0], 0), status(1), draft(sessions[0], 2))).filter(({ type }) => type === 'session.status');
    await ledger.drain();
    await append(...ascending(3, 1_200).map((n) => draft(sessions[0], n)));
    await ledger.drain();
    await ledger.stop();
    const next = new Ledger(db, runtime);
    next.follow('some', react, ['session.status']);
    wanted.push(...(await append(status(2_000))));
    next.start();
    await next.drain();
    await next.stop();
    t.deepEqual(
      seen,
      wanted.map(({ id }) => id),
    );
  });

  test(`${store}: how far a follower is other nodes know soon, also where nothing concerns it`, async (t) => {
    const { db, ledger, clock, sessions } = await open(t, store);
    ledger.follow('few', async () => undefined, ['session.qr']);
    await ledger.hearOthers();
    ledger.start();
    await db.write((tx) => ledger.append(tx, [draft(sessions[0])]));
    await ledger.drain();
    t.is(await ledger.seen(), 0);
    clock.advance(1_000);
    await db.write((tx) => ledger.append(tx, [draft(sessions[0])]));
    await ledger.drain();
    clock.advance(1_000);
    const [last] = await db.write((tx) => ledger.append(tx, [draft(sessions[0])]));
    await ledger.drain();
    t.is(await ledger.seen(), last?.position ?? -1, 'while something happens all the time');
    const [alone] = await db.write((tx) => ledger.append(tx, [draft(sessions[0])]));
    await ledger.drain();
    clock.advance(2_000);
    await ledger.drain();
    t.is(await ledger.seen(), alone?.position ?? -1, 'when nothing happens any more');
  });

  test(`${store}: two processes that follow under one name react once together`, async (t) => {
    const { db, location, ledger, runtime, clock, sessions } = await open(t, store);
    const otherDb = openDatabase(location);
    const other = new Ledger(otherDb, runtime);
    const react = async (tx: Parameters<Parameters<Database['write']>[0]>[0], events: readonly LedgerEvent[]) => {
      await tx.sql('hub_settings').insert(events.map(({ id }) => ({ name: id, value: '' })));
    };
    for (const follower of [ledger, other]) {
      follower.follow('notes', react);
      follower.start();
    }
    for (let round = 0; round < 15; round++) {
      if (round < 10) await db.write((tx) => ledger.append(tx, [draft(sessions[0], round), draft(sessions[0], round)]));
      clock.advance(60_000);
      await Promise.all([ledger.drain(), other.drain()]);
    }
    await other.stop();
    await otherDb.close();
    t.is((await db.sql('hub_settings')).length, 20);
    t.false(
      runtime.log.lines.some(({ fields }) => /UNIQUE|duplicate/.test(String(fields.error))),
      'no event was given to both',
    );
  });

  test(`${store}: an event that is rolled back wakes nobody`, async (t) => {
    const { db, ledger, sessions } = await open(t, store);
    let heard = 0;
    const unhear = ledger.onAppend(() => heard++);
    const undone = db.write(async (tx) => {
      await ledger.append(tx, [draft(sessions[0])]);
      throw new Error('undone');
    });
    await t.throwsAsync(undone);
    t.is(heard, 0);
    await db.write((tx) => ledger.append(tx, [draft(sessions[0])]));
    t.is(heard, 1);
    unhear();
    await db.write((tx) => ledger.append(tx, [draft(sessions[0])]));
    t.is(heard, 1);
  });
}

test('the envelope carries the data as it was written', (t) => {
  const event: LedgerEvent = {
    ...{ position: 9, id: 'evt_1' as LedgerEvent['id'], type: 'custom.note', at: 0, tenantId: 'tnt_1' as TenantId },
    ...{ sessionId: null, sessionName: null, seq: 4, json: '{"a":1,  "b":"ü"}' },
  };
  const text = envelope(event);
  t.true(text.endsWith('"data":{"a":1,  "b":"ü"}}'));
  t.deepEqual(JSON.parse(text), {
    ...{ id: 'evt_1', type: 'custom.note', timestamp: '1970-01-01T00:00:00.000Z', tenantId: 'tnt_1' },
    ...{ sessionId: null, sessionName: null, seq: 4, data: { a: 1, b: 'ü' } },
  });
});
