/** What cannot be reacted to, stored or read is set aside, announced, and tried again; the followers of the ledger go on without it. */
import test, { type ExecutionContext } from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import type { LedgerEvent } from '../../src/core/events.ts';
import { newId, type SessionId, type TenantId } from '../../src/core/ids.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import type { Tx } from '../../src/db/tx.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { Item } from '../../src/quarantine/item.ts';
import { Quarantine } from '../../src/quarantine/quarantine.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';

interface Session {
  id: SessionId;
  name: string;
  tenantId: TenantId;
}

/** A follower that reacts to notes by writing them down, and throws as an event's data or the test says. */
async function open(t: ExecutionContext, store: DialectName) {
  const { db, dispose } = await testDatabase(store);
  const clock = new FakeClock();
  const runtime = testRuntime({ clock });
  const state = {
    mended: false,
    away: false,
    deaf: true,
    again:
      async (_: Item): Promise<(tx: Tx) => Promise<void>> =>
      async () =>
        undefined,
  };
  let reactions = 0;
  const woken: string[] = [];
  const counted: string[] = [];
  const make = (version: string): Quarantine =>
    new Quarantine(
      db,
      {
        ledger: { append: (tx, drafts) => ledger.append(tx, drafts) },
        again: async (item) =>
          item.kind === 'event' ? (tx) => ledger.again(tx, item.follower ?? '', item.eventId ?? '') : state.again(item),
        session: async (_tenant, id) => ({ id: id as SessionId }),
        keep: async function* () {
          for (const { tenantId } of sessions) yield { tenantId, keep: { payload: 1_000 } };
        },
        meter: { setAside: (stage) => counted.push(stage) },
      },
      { ...runtime, version },
    );
  const quarantine = make('1.0.0');
  const ledger: Ledger = new Ledger(db, runtime, {
    setAside: (tx, { follower, event, error }) => quarantine.addEvent(tx, follower, event, error),
  });
  const react = async (tx: Tx, events: readonly LedgerEvent[]): Promise<void> => {
    reactions++;
    if (state.away) throw new HooklineError('storage-unavailable', 'The database does not answer.');
    for (const { json, id, type } of events) {
      const data = JSON.parse(json);
      if (type === 'quarantine.added' && state.deaf) throw new TypeError('cannot read this either');
      if (type === 'quarantine.added') continue;
      tx.afterCommit(() => woken.push(data.note));
      await tx.sql('hub_settings').insert({ name: id, value: data.note });
      if (data.poison && !state.mended) data.chat.id;
    }
  };
  ledger.follow('notes', react);
  const session = async (name: string): Promise<Session> => {
    const made = { id: newId('ses', 0), name, tenantId: newId('tnt', 0) };
    const times = { created_at: 0, updated_at: 0 };
    await db.write(async ({ sql }) => {
      await sql('tenants').insert({ id: made.tenantId, name: made.tenantId, ...times });
      const row = {
        id: made.id,
        tenant_id: made.tenantId,
        name,
        engine: 'sandbox',
        profile: made.id,
        desired: 'started',
        status: 'connected',
      };
      await sql('whatsapp_instances').insert({ ...row, ...times });
    });
    return made;
  };
  const sessions: [Session, Session] = [await session('a'), await session('b')];
  const append = (...notes: [Session, object][]) =>
    db.write((tx) =>
      ledger.append(
        tx,
        notes.map(([of, data]) => ({ tenantId: of.tenantId, session: of, type: 'custom.note' as const, data })),
      ),
    );
  const written = async (): Promise<string[]> => (await db.sql('hub_settings').orderBy('name')).map(({ value }) => value).sort();
  const added = async (of: Session) =>
    ((await ledger.page(of.tenantId, { limit: 1_000, types: ['quarantine.added'] }))?.events ?? []).map(({ json }) => JSON.parse(json));
  t.teardown(async () => {
    await quarantine.stop();
    await ledger.stop();
    await dispose();
  });
  return {
    db,
    clock,
    runtime,
    state,
    ledger,
    quarantine,
    make,
    sessions,
    append,
    written,
    added,
    woken,
    counted,
    reactions: () => reactions,
  };
}

for (const store of await stores()) {
  test(`${store}: an event that cannot be reacted to is set aside, and every follower and tenant goes on`, async (t) => {
    const { ledger, quarantine, sessions, append, written, added, woken, counted } = await open(t, store);
    const [a, b] = sessions;
    const [, poison] = await append(
      [a, { note: 'a1' }],
      [a, { note: 'a2', poison: true }],
      [b, { note: 'b1' }],
      [b, { note: 'b2', poison: true }],
      [a, { note: 'a3' }],
    );
    ledger.start();
    await ledger.drain();
    t.deepEqual(await written(), ['a1', 'a3', 'b1'], 'nothing is left of what was undone');
    t.deepEqual(woken, ['a1', 'b1', 'a3'], 'and it has woken nobody');
    const { data } = await quarantine.list(a.tenantId, { limit: 10 });
    const item = data.find(({ eventId }) => eventId === poison?.id);
    t.like(item, {
      stage: 'reaction',
      kind: 'event',
      follower: 'notes',
      eventId: poison?.id,
      sessionId: a.id,
      attempts: 1,
      truncated: false,
    });
    t.is(data.length, 2, 'and the event that tells of it, at which the follower throws as well, has no end of others behind it');
    t.like((await added(a))[0], { id: item?.id, follower: 'notes', eventId: poison?.id });
    t.is((await quarantine.list(undefined, { limit: 10 })).data.length, 4, "both tenants' notes, and that they were set aside");
    t.true(counted.every((stage) => stage === 'reaction'));
    t.deepEqual(await ledger.lags(), [{ follower: 'notes', events: 0, seconds: 0 }]);
  });

  test(`${store}: while the database is away a follower waits, says by how much, and sets nothing aside`, async (t) => {
    const { ledger, quarantine, clock, state, sessions, append, written, reactions } = await open(t, store);
    const [a] = sessions;
    ledger.start();
    await ledger.drain();
    state.away = true;
    await append([a, { note: 'a1' }], [a, { note: 'a2' }]);
    await ledger.drain();
    for (let n = 0; n < 5; n++) {
      clock.advance(30_000);
      await ledger.drain();
    }
    t.true(reactions() > 3);
    t.deepEqual(await ledger.lags(), [{ follower: 'notes', events: 2, seconds: 150 }]);
    t.deepEqual((await quarantine.list(undefined, { limit: 10 })).data, []);
    state.away = false;
    clock.advance(30_000);
    await ledger.drain();
    t.deepEqual(await written(), ['a1', 'a2']);
  });

  test(`${store}: what was set aside is taken in when it is tried again, by hand or by a new version once`, async (t) => {
    const { ledger, quarantine, make, state, sessions, append, written, runtime } = await open(t, store);
    state.deaf = false;
    const [a, b] = sessions;
    await append([a, { note: 'a1', poison: true }], [b, { note: 'b1', poison: true }]);
    ledger.start();
    await ledger.drain();
    const of = async (session: Session) => (await quarantine.list(session.tenantId, { limit: 10 })).data[0];
    const id = (await of(a))?.id ?? '';
    await t.throwsAsync(quarantine.retry(b.tenantId, id), { code: 'not-found' });
    const failed = await quarantine.retry(a.tenantId, id);
    t.false(failed.taken);
    t.regex(failed.error ?? '', /undefined/);
    t.is((await of(a))?.attempts, 2);
    state.mended = true;
    t.deepEqual(await quarantine.retry(a.tenantId, id), { taken: true, error: null });
    await t.throwsAsync(quarantine.get(a.tenantId, id), { code: 'not-found' });
    t.deepEqual(await written(), ['a1']);

    quarantine.start();
    await quarantine.stop();
    t.deepEqual(await written(), ['a1'], 'the same version tries nothing by itself');
    const next = make('1.0.1');
    next.start();
    await next.retryUntried();
    await next.stop();
    t.deepEqual(await written(), ['a1', 'b1']);
    t.false(runtime.log.lines.some(({ level, message }) => level === 'warn' && /tried again/.test(message)));
  });

  test(`${store}: a thing is set aside once, whole up to a bound, without what the database refuses, and goes when it is old`, async (t) => {
    const { quarantine, clock, state, sessions, added, db } = await open(t, store);
    const [a, b] = sessions;
    const owner = { tenantId: a.tenantId, session: a };
    const aside = {
      stage: 'storing',
      kind: 'message',
      engineId: 'false_x_NO\0PE\ud800',
      raw: { text: 'a\0b' },
      error: new Error('no\0'),
    } as const;
    await quarantine.setAside(owner, aside);
    await quarantine.setAside(owner, aside);
    t.is((await added(a)).length, 1);
    const [{ id = '' } = {}] = (await quarantine.list(a.tenantId, { limit: 10 })).data;
    t.like(await quarantine.get(a.tenantId, id), { engineId: 'false_x_NO\ufffdPE\ufffd', raw: '{"text":"a\\u0000b"}', error: 'no\ufffd' });
    let tried: unknown;
    state.again = async ({ raw }) => {
      tried = JSON.parse(raw);
      return async () => undefined;
    };
    t.true((await quarantine.retry(undefined, id)).taken);
    t.deepEqual(tried, aside.raw);

    await quarantine.setAside(owner, { ...aside, engineId: 'large', raw: { text: 'ü'.repeat(500_000) } });
    const [large] = (await quarantine.list(undefined, { limit: 10 })).data;
    t.like(large, { truncated: true, size: 1_000_011 });
    t.is((await quarantine.get(a.tenantId, large?.id ?? '')).raw.length, 10 + Math.floor((256 * 1_024 - 9) / 2) - 1);
    await t.throwsAsync(quarantine.retry(a.tenantId, large?.id ?? ''), { code: 'quarantine-not-retryable' });
    await quarantine.remove(a.tenantId, large?.id ?? '');

    for (let n = 0; n < 3; n++) {
      clock.advance(1);
      await quarantine.setAside(owner, { ...aside, engineId: `m${n}` });
    }
    const first = await quarantine.list(a.tenantId, { limit: 2, stage: 'storing', session: a.id });
    const rest = await quarantine.list(a.tenantId, { limit: 2, cursor: first.nextCursor ?? '' });
    t.deepEqual(
      [first, rest].flatMap(({ data }) => data.map(({ engineId }) => engineId)),
      ['m2', 'm1', 'm0'],
    );
    t.is(rest.nextCursor, null);
    t.deepEqual((await quarantine.list(b.tenantId, { limit: 10 })).data, []);
    t.deepEqual(await quarantine.countByStatus(), [{ stage: 'storing', count: 3 }]);
    clock.advance(2_000);
    await quarantine.prune();
    t.deepEqual(await quarantine.countByStatus(), []);

    await db.write(({ sql }) => sql('whatsapp_instances').where({ id: a.id }).delete());
    await quarantine.setAside(owner, { ...aside, engineId: 'of nobody' });
    t.deepEqual(await quarantine.countByStatus(), [], 'what belongs to nobody any more is dropped');
  });
}
