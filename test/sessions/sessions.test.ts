import { readdir } from 'node:fs/promises';
import test from 'ava';
import { type ErrorCode, HooklineError } from '../../src/core/errors.ts';
import type { EngineContext, EngineFactory } from '../../src/sessions/engine.ts';
import { sandboxEngine } from '../../src/sessions/engines/sandbox/engine.ts';
import type { Sessions } from '../../src/sessions/sessions.ts';
import type { SessionView } from '../../src/sessions/view.ts';
import { stores } from '../helpers/database.ts';
import { until } from '../helpers/hub.ts';
import { testRuntime } from '../helpers/runtime.ts';
import { FakeEngine } from './fake-engine.ts';
import { makeRoom } from './room.ts';

type Body = Parameters<Sessions['create']>[1];

/** What a `session-exists` carries. */
interface Conflict {
  existing: SessionView;
  options: { use: Body; recreate: Body; name: Body };
}

async function refusal(work: Promise<unknown>, code: ErrorCode): Promise<HooklineError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof HooklineError && error.code === code) return error;
    throw error;
  }
  throw new Error(`expected ${code}`);
}

for (const dialect of await stores()) {
  test(`${dialect}: a taken name is refused with the session that has it and bodies that would do`, async (t) => {
    const room = await makeRoom({ dialect });
    const tenant = await room.tenant();
    const { session } = await room.sessions.create(tenant, { name: 'shop' });
    await room.sessions.create(tenant, { name: 'shop-2', start: false });
    const { extra } = await refusal(room.sessions.create(tenant, { name: 'shop', config: { a: 1 } }), 'session-exists');
    const { existing, options } = extra as unknown as Conflict;
    t.is(existing.id, session.id);
    t.deepEqual(options, {
      use: { name: 'shop', config: { a: 1 }, onConflict: 'use' },
      recreate: { name: 'shop', config: { a: 1 }, onConflict: 'recreate' },
      name: { name: 'shop-3', config: { a: 1 } },
    });
    t.like(await room.sessions.create(tenant, options.use), { created: false, session: { id: session.id } });
    t.like(await room.sessions.create(tenant, options.name), { created: true, session: { name: 'shop-3' } });
    const again = await room.sessions.create(tenant, options.recreate);
    t.true(again.created);
    t.not(again.session.id, session.id);
    t.deepEqual(
      room.destroyed.map(({ id }) => id),
      [session.id],
    );
    await room.dispose();
  });

  test(`${dialect}: of several that create the same name at once one makes it and the others use it`, async (t) => {
    const room = await makeRoom({ dialect });
    const tenant = await room.tenant();
    const made = await Promise.all(Array.from({ length: 5 }, () => room.sessions.create(tenant, { name: 'shop', onConflict: 'use' })));
    t.is(made.filter(({ created }) => created).length, 1);
    t.is(new Set(made.map(({ session }) => session.id)).size, 1);
    t.is((await room.sessions.get(tenant, 'shop')).attempts.made, 1);
    await room.dispose();
  });

  test(`${dialect}: a session is found by id and by name, by its own tenant only`, async (t) => {
    const room = await makeRoom({ dialect });
    const [tenant, other] = [await room.tenant(), await room.tenant()];
    const { session } = await room.sessions.create(tenant, { name: 'shop', start: false });
    t.is((await room.sessions.get(tenant, session.id)).name, 'shop');
    t.deepEqual(await room.sessions.ref(tenant, 'shop'), { id: session.id, name: 'shop', tenantId: tenant });
    for (const key of [session.id, 'shop']) {
      await refusal(room.sessions.get(other, key), 'not-found');
      await refusal(room.sessions.connect(other, key), 'not-found');
      await refusal(room.sessions.update(other, key, { name: 'mine' }), 'not-found');
      await refusal(room.sessions.destroy(other, key), 'not-found');
      await refusal(room.sessions.sandbox(other, key), 'not-found');
    }
    t.true((await room.sessions.create(other, { name: 'shop', start: false })).created);
    await room.dispose();
  });

  test(`${dialect}: a list goes from page to page, oldest first`, async (t) => {
    const room = await makeRoom({ dialect });
    const tenant = await room.tenant();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const ids: string[] = [];
    for (const name of names) ids.push((await room.sessions.create(tenant, { name, start: false })).session.id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await room.sessions.list(tenant, { limit: 2, ...(cursor && { cursor }) });
      t.true(page.data.length <= 2);
      seen.push(...page.data.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    t.deepEqual(seen, ids.sort());
    await room.dispose();
  });

  test(`${dialect}: a new name holds for events from then on, and a taken one is refused`, async (t) => {
    const room = await makeRoom({ dialect });
    const tenant = await room.tenant();
    await room.sessions.create(tenant, { name: 'shop', config: { a: 1 } });
    await room.sessions.create(tenant, { name: 'other', start: false });
    await refusal(room.sessions.update(tenant, 'shop', { name: 'other' }), 'session-exists');
    await refusal(room.sessions.update(tenant, 'shop', { name: '../x' }), 'invalid-body');
    const view = await room.sessions.update(tenant, 'shop', { name: 'store', config: { b: 2 } });
    t.like(view, { name: 'store', config: { a: 1, b: 2 } });
    await room.sessions.disconnect(tenant, 'store');
    const page = await room.ledger.page(tenant, { limit: 100, types: ['session.status'] });
    t.is(page?.events.at(-1)?.sessionName, 'store');
    await room.dispose();
  });

  test(`${dialect}: what several change of one session at once is all kept, in the row and in what runs`, async (t) => {
    const settings: EngineContext['settings'][] = [];
    const sandbox: EngineFactory = (context) => {
      settings.push(context.settings);
      return sandboxEngine(context);
    };
    const room = await makeRoom({ dialect, engines: { sandbox } });
    const tenant = await room.tenant();
    for (const start of [true, false]) {
      const { session } = await room.sessions.create(tenant, { name: `s-${start}`, start });
      for (let round = 0; round < 10; round++) {
        const changes = [{ config: { a: round } }, { name: `new-${start}-${round}` }, { config: { b: round } }];
        await Promise.all(changes.map((change) => room.sessions.update(tenant, session.id, change)));
        const view = await room.sessions.get(tenant, session.id);
        t.like(view, { name: `new-${start}-${round}`, config: { a: round, b: round } });
      }
      // A member that two set has the value of the one that was stored last, in what runs, too.
      await Promise.all([1, 2, 3].map((c) => room.sessions.update(tenant, session.id, { config: { c } })));
      await room.sessions.connect(tenant, session.id);
      t.deepEqual(settings.at(-1)?.(), (await room.sessions.get(tenant, session.id)).config);
      await room.sessions.disconnect(tenant, session.id);
      t.is((await room.ledger.page(tenant, { limit: 100, types: ['session.status'] }))?.events.at(-1)?.sessionName, `new-${start}-9`);
    }
    await room.dispose();
  });

  test(`${dialect}: of several that take the place of one session at once one makes it, and each is told of one`, async (t) => {
    const room = await makeRoom({ dialect });
    const tenant = await room.tenant();
    for (const start of [true, false]) {
      const former = await room.sessions.create(tenant, { name: `s-${start}`, start });
      const wanted: Body = { name: `s-${start}`, start, onConflict: 'recreate' };
      const made = await Promise.all(Array.from({ length: 6 }, () => room.sessions.create(tenant, wanted)));
      t.true(made.some(({ created }) => created));
      t.true(made.every(({ session }) => session.id !== former.session.id));
      const { id } = await room.sessions.get(tenant, `s-${start}`);
      t.true(made.some(({ session }) => session.id === id));
    }
    await room.dispose();
  });

  test(`${dialect}: several that delete one session, change or connect it meanwhile, are told that it is gone`, async (t) => {
    const runtime = testRuntime();
    const room = await makeRoom({ dialect, runtime });
    const tenant = await room.tenant();
    const { sessions } = room;
    for (let round = 0; round < 3; round++) {
      await sessions.create(tenant, { name: 'shop' });
      const asked = [
        ...[1, 2, 3].map(() => sessions.destroy(tenant, 'shop')),
        sessions.update(tenant, 'shop', { config: { a: 1 } }),
        sessions.connect(tenant, 'shop'),
        sessions.restart(tenant, 'shop'),
      ];
      const failed = (await Promise.allSettled(asked)).flatMap((done) => (done.status === 'rejected' ? [done.reason] : []));
      t.true(failed.length < asked.length);
      for (const error of failed) t.is(error.code, 'not-found', error.stack);
    }
    t.deepEqual(
      runtime.log.lines.filter(({ level }) => level === 'error'),
      [],
    );
    await room.dispose();
  });

  test(`${dialect}: a destroyed session leaves no row and no profile, and its last event is in the ledger`, async (t) => {
    const room = await makeRoom({ dialect });
    const tenant = await room.tenant();
    const { session } = await room.sessions.create(tenant, { name: 'shop' });
    await (await room.sessions.sandbox(tenant, 'shop')).scan();
    t.is((await readdir(room.tokensDir)).length, 1);
    await room.sessions.destroy(tenant, 'shop');
    t.deepEqual(await readdir(room.tokensDir), []);
    await refusal(room.sessions.get(tenant, session.id), 'not-found');
    t.is(room.sessions.engineOf(session.id), null);
    t.deepEqual((await room.events(tenant, 'session.status')).at(-1), { from: 'connected', to: 'stopped', reason: 'deleted' });
    t.deepEqual(room.destroyed, [{ id: session.id, name: 'shop', tenantId: tenant }]);

    for (const name of ['a', 'b']) await room.sessions.create(tenant, { name });
    await room.sessions.destroyAll(tenant);
    t.deepEqual((await room.sessions.list(tenant, { limit: 10 })).data, []);
    t.deepEqual(await readdir(room.tokensDir), []);
    await room.dispose();
  });

  test(`${dialect}: a hub that was killed resumes what should run, and only that`, async (t) => {
    const room = await makeRoom({ dialect });
    const tenant = await room.tenant();
    for (const name of ['runs', 'stopped', 'unlinked']) {
      await room.sessions.create(tenant, { name });
      await (await room.sessions.sandbox(tenant, name)).scan();
    }
    await room.sessions.disconnect(tenant, 'stopped');
    await room.sessions.logout(tenant, 'unlinked');
    const killed = room.sessions;
    await room.reboot().start();
    const view = await room.sessions.connect(tenant, 'runs');
    t.like(view, { status: 'connected', attempts: { made: 2, succeeded: 2 } });
    t.is((await room.sessions.get(tenant, 'stopped')).status, 'stopped');
    t.is((await room.sessions.get(tenant, 'unlinked')).status, 'loggedOut');
    await killed.stop();
    await room.dispose();
  });
}

test('connect, disconnect, restart and logout may each be given twice', async (t) => {
  const room = await makeRoom();
  const tenant = await room.tenant();
  await room.sessions.create(tenant, { name: 'shop' });
  await (await room.sessions.sandbox(tenant, 'shop')).scan();
  for (const [command, status] of [
    ['connect', 'connected'],
    ['disconnect', 'stopped'],
    ['restart', 'connected'],
    ['logout', 'loggedOut'],
  ] as const) {
    for (const _ of [1, 2]) t.is((await room.sessions[command](tenant, 'shop')).status, status);
  }
  t.is((await room.sessions.connect(tenant, 'shop')).status, 'qr');
  await room.dispose();
});

test('a session that another process wants started is started, also where nobody has asked anything of it here, or the news was missed', async (t) => {
  const room = await makeRoom();
  t.teardown(() => room.dispose());
  const tenant = await room.tenant();
  for (const [name, isTold] of [
    ['told', true],
    ['missed', false],
  ] as const) {
    const { session } = await room.sessions.create(tenant, { name, start: false });
    await room.db.write(({ sql }) => sql('whatsapp_instances').where({ id: session.id }).update({ desired: 'started' }));
    await room.sessions.heardOf(isTold ? session.id : null);
    const isUp = async () => (await room.sessions.get(tenant, name)).status === 'qr';
    t.true(await until(isUp, { what: `${name} to show a code` }));
  }
});

test('what another process has changed takes nothing back that was done here since it was read', async (t) => {
  const room = await makeRoom();
  t.teardown(() => room.dispose());
  const tenant = await room.tenant();
  const { session } = await room.sessions.create(tenant, { name: 'shop' });
  const phone = await room.sessions.sandbox(tenant, 'shop');
  await phone.scan();
  /** The answer to what is read of it does not come before `meanwhile` is done. */
  const heardAround = async (meanwhile: () => Promise<unknown>): Promise<void> => {
    const { sql } = room.db;
    const gate = Promise.withResolvers<void>();
    const late = (table: string) => {
      const query = sql(table);
      const read = query.then.bind(query);
      const wait = (...next: Parameters<typeof read>) => read((rows) => gate.promise.then(() => rows)).then(...next);
      return Object.defineProperty(query, 'then', { value: wait });
    };
    Object.assign(room.db, { sql: late });
    const heard = room.sessions.heardOf(session.id);
    Object.assign(room.db, { sql });
    await meanwhile();
    gate.resolve();
    await heard;
  };
  await heardAround(() => room.sessions.update(tenant, 'shop', { name: 'renamed' }));
  await phone.receive({ from: '5511988887777', text: 'hello' });
  t.is(room.received[0]?.session.name, 'renamed');
  await heardAround(() => room.sessions.disconnect(tenant, 'renamed'));
  // What would be written of a start is written by then, and done once it is known that no code is shown.
  await room.db.write(async () => undefined);
  await refusal(room.sessions.qr(tenant, 'renamed'), 'qr-unavailable');
  t.is((await room.sessions.get(tenant, 'renamed')).status, 'stopped');
});

test('a code is given as data, and refused with the status where there is none', async (t) => {
  const room = await makeRoom();
  const tenant = await room.tenant();
  await room.sessions.create(tenant, { name: 'shop', start: false });
  const { extra } = await refusal(room.sessions.qr(tenant, 'shop'), 'qr-unavailable');
  t.deepEqual(extra, { sessionStatus: 'stopped' });
  await room.sessions.connect(tenant, 'shop');
  const qr = await room.sessions.qr(tenant, 'shop');
  t.deepEqual((await room.sessions.get(tenant, 'shop')).qr, { attempt: qr.attempt, expiresAt: qr.expiresAt });
  await room.dispose();
});

test('no session of an engine that is turned off is made, nor taken the place of; one that was there says why it does not start', async (t) => {
  const room = await makeRoom({ engines: { sandbox: sandboxEngine, wppconnect: (context) => new FakeEngine(context) } });
  const tenant = await room.tenant();
  await room.sessions.create(tenant, { name: 'shop', engine: 'wppconnect' });
  await room.sessions.stop();
  await room.reboot({ engines: { sandbox: sandboxEngine } }).start();
  for (const onConflict of ['fail', 'recreate'] as const) {
    const refused = room.sessions.create(tenant, { name: 'shop', engine: 'wppconnect', onConflict });
    t.regex((await refusal(refused, 'engine-unavailable')).message, /HOOKLINE_ENGINES/);
  }
  await refusal(room.sessions.create(tenant, { name: 'other', engine: 'wppconnect' }), 'engine-unavailable');
  t.is((await room.sessions.list(tenant, { limit: 5 })).data.length, 1);
  const session = await room.sessions.connect(tenant, 'shop');
  t.is(session.status, 'failed');
  t.regex(session.reason ?? '', /^engine-unavailable: /);
  t.regex(session.advice ?? '', /HOOKLINE_ENGINES/);
  t.regex((await refusal(room.sessions.qr(tenant, 'shop'), 'qr-unavailable')).message, /HOOKLINE_ENGINES/);
  await refusal(room.sessions.sandbox(tenant, 'shop'), 'not-a-sandbox');
  await room.sessions.logout(tenant, 'shop');
  await room.sessions.destroy(tenant, 'shop');
  await room.dispose();
});

test('names that would be mistaken for a path or an id are refused', async (t) => {
  const room = await makeRoom();
  const tenant = await room.tenant();
  for (const name of ['', '.', '..', '.hidden', 'a/b', 'a b', 'ses_x', 'näme', 'a\0', 'x'.repeat(65)]) {
    const { errors } = await refusal(room.sessions.create(tenant, { name, start: false }), 'invalid-body');
    t.is(errors?.[0]?.path, 'name', name);
  }
  for (const name of ['a', 'A.b_c-9', '_x', '-', 'x'.repeat(64)]) {
    t.true((await room.sessions.create(tenant, { name, start: false })).created, name);
  }
  const { extra } = await refusal(room.sessions.create(tenant, { name: 'x'.repeat(64) }), 'session-exists');
  t.is((extra as unknown as Conflict).options.name.name, `${'x'.repeat(62)}-2`);
  await room.dispose();
});

test('a tenant that starts many browsers holds up the next tenant by one', async (t) => {
  const begun: string[] = [];
  let made = 0;
  const held = Promise.withResolvers<void>();
  const room = await makeRoom({
    launches: 1,
    engines: {
      wppconnect(context) {
        made++;
        const engine = new FakeEngine(context);
        engine.onStart = async () => {
          begun.push(context.sessionName);
          await held.promise;
        };
        return engine;
      },
    },
    answerWithin: 1,
  });
  const [many, one] = [await room.tenant(), await room.tenant()];
  for (let n = 1; n <= 5; n++) await room.sessions.create(many, { name: `many-${n}`, engine: 'wppconnect' });
  await room.sessions.create(one, { name: 'one', engine: 'wppconnect' });
  // An engine is made right before it is queued.
  await until(() => begun.length === 1 && made === 6, { what: 'one browser on its way and five that wait' });
  held.resolve();
  await until(() => begun.length === 6, { what: 'all browsers' });
  t.deepEqual(begun.slice(0, 3), ['many-1', 'many-2', 'one']);
  await room.dispose();
});
