/** A session whose login lies in the database: what is copied when, and what is told where it is put on another machine. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { EVENTS } from '../../src/http/shapes/event-data.ts';
import { until } from '../helpers/hub.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { makeRoom } from './room.ts';
import { ACCOUNT, MINUTE, Stage } from './stage.ts';

/** A session that is linked under the number 1. */
async function linked(t: ExecutionContext) {
  const stage = await Stage.set(true, { travels: true });
  t.teardown(() => stage.room.dispose());
  const { room, supervisor } = stage;
  stage.generation = 1;
  await supervisor.connect();
  await stage.say((host) => host.qr('first', MINUTE));
  const [profile = ''] = (await readdir(room.tokensDir)).filter((name) => !name.startsWith('.'));
  const login = join(room.tokensDir, profile, 'chromium', 'login');
  const writes = async (text: string) => {
    await mkdir(join(login, '..'), { recursive: true });
    await writeFile(login, text);
  };
  await writes('linked');
  await stage.say((host) => host.opened(ACCOUNT));
  const copies = async () => (await room.db.sql('login_copies').where('size', '>', 0).orderBy('copied_at').pluck('generation')) as number[];
  const told = async () => {
    const events = await room.events(stage.tenant, 'session.attention');
    for (const data of events) EVENTS['session.attention'].data.parse(data);
    return events.map(({ reason }) => reason);
  };
  /** Another machine, which has run it before if `has` says what it has of that. */
  const movesTo = async (generation: number, has?: { text: string; generation: number }) => {
    await rm(join(room.tokensDir, profile), { recursive: true });
    if (has) {
      await writes(has.text);
      await writeFile(join(room.tokensDir, profile, 'owner.generation'), `${has.generation}\n`);
    }
    stage.generation = generation;
  };
  const stop = async () => {
    await supervisor.disconnect();
    await stage.copies.settled();
  };
  const damage = () =>
    room.db.write(async ({ sql }) => {
      await sql('login_copy_pieces').update({ bytes: Buffer.from('no copy') });
    });
  const here = () => readFile(login, 'utf8').catch(() => null);
  return { stage, room, supervisor, writes, copies, told, movesTo, stop, damage, here };
}

test('copies are made soon after a phone was linked, once the login has held, every hour after that, and before it is handed over', async (t) => {
  const { stage, supervisor, copies, writes, here, movesTo } = await linked(t);
  t.deepEqual(await copies(), []);
  const isCopied = async (delay: number, times: number) => {
    await stage.advance(delay - 1);
    t.is(stage.engine.count('still'), times - 1);
    await stage.advance(1);
    await stage.copies.settled();
    t.is(stage.engine.count('still'), times);
  };
  await isCopied(5_000, 1);
  t.is((await copies()).length, 1);
  await isCopied(MINUTE, 2);
  await isCopied(60 * MINUTE, 3);
  await isCopied(60 * MINUTE, 4);
  await writes('last');
  await supervisor.handOver();
  t.is(await stage.status(), 'stopped');
  await movesTo(2);
  await stage.copies.ready({ ...stage.supervisor.session, engine: 'wppconnect', profile: await profileOf(stage) });
  t.is(await here(), 'last', 'what was there at the end is copied');
});

const profileOf = async (stage: Stage): Promise<string> => (await stage.room.db.sql('whatsapp_instances').pluck('profile'))[0];

test('a login that has not worked since it was copied is handed over without another copy', async (t) => {
  const { stage, supervisor, copies, stop } = await linked(t);
  await stop();
  t.is((await copies()).length, 1);
  await supervisor.handOver();
  await stage.copies.settled();
  t.is((await copies()).length, 1);
});

test('where it moves to nobody is told of it, and it starts on the copy', async (t) => {
  const { stage, supervisor, told, movesTo, stop, here } = await linked(t);
  await stop();
  await movesTo(2, { text: 'older', generation: 0 });
  await supervisor.connect();
  t.is(await here(), 'linked');
  await stage.say((host) => host.opened(ACCOUNT));
  t.deepEqual(await told(), []);
  t.like(await stage.view(), { status: 'connected', reason: null, stats: { restarts: {} } });
});

test('a copy that does not open takes the place of no older login, and that is told; where there is none somebody has to scan', async (t) => {
  const { stage, supervisor, told, movesTo, stop, here, damage } = await linked(t);
  await stop();
  await movesTo(2);
  await supervisor.connect();
  await stage.say((host) => host.opened(ACCOUNT));
  await stop();
  await damage();
  await movesTo(3, { text: 'older', generation: 1 });
  await supervisor.connect();
  t.is(await here(), 'older');
  t.deepEqual(await told(), ['login-restored']);
  const [restored] = await stage.room.events(stage.tenant, 'session.attention');
  t.regex(restored.text, /copy of the login .* cannot be used: .* An older login was there, and is used/);
  await supervisor.disconnect();
  await stage.copies.settled();
  await movesTo(4);
  await supervisor.connect();
  t.deepEqual(await told(), ['login-restored', 'login-lost']);
  await stage.say((host) => host.qr('to scan', MINUTE));
  t.like(await stage.view(), { status: 'qr', reason: 'login-lost' });
});

test('a login that is gone with its machine before there was a copy is said to be lost, and not where nobody had one', async (t) => {
  const { stage, told, movesTo } = await linked(t);
  await stage.supervisor.drop();
  await movesTo(2);
  const next = await stage.again();
  await next.connect();
  t.deepEqual(await told(), ['login-lost']);
  await stage.say((host) => host.qr('to scan', MINUTE));
  t.like(await stage.view(), { status: 'qr', reason: 'login-lost' });
  const never = await Stage.set(true, { travels: true });
  t.teardown(() => never.room.dispose());
  never.generation = 1;
  await never.supervisor.connect();
  await never.say((host) => host.qr('to scan', MINUTE));
  t.like(await never.view(), { status: 'qr', reason: null });
  t.deepEqual(await never.room.events(never.tenant, 'session.attention'), []);
});

test('a copy that was put there and is of no use is not put there again', async (t) => {
  const { stage, supervisor, told, movesTo, stop } = await linked(t);
  await stop();
  await movesTo(2);
  await supervisor.connect();
  await stage.say((host) => host.qr('no login', MINUTE));
  t.deepEqual(await told(), ['login-lost']);
  t.like(await stage.view(), { status: 'qr', reason: 'login-lost' });
});

test('a database that is away is no reason to start without a login', async (t) => {
  const { stage, supervisor, movesTo, stop, here } = await linked(t);
  await stop();
  await movesTo(2);
  const { ready } = stage.copies;
  stage.copies.ready = () => Promise.reject(new Error('away'));
  await supervisor.connect();
  t.is(await stage.status(), 'disconnected');
  t.is(await here(), null);
  stage.copies.ready = ready;
  await stage.advance(MINUTE);
  t.is(await stage.status(), 'starting');
  t.is(await here(), 'linked');
});

test('a login that is restored from a backup is copied, and the former one is nowhere put back', async (t) => {
  const { stage, room, supervisor, movesTo, stop, writes, here } = await linked(t);
  await writes('backed up');
  await stop();
  const backup = await stage.sessions.backup(stage.tenant, 'shop');
  await supervisor.connect();
  await writes('later');
  await stop();
  const { Logins } = await import('../../src/sessions/login/logins.ts');
  const { SECRET_KEY } = await import('./room.ts');
  const [session] = await room.db.sql('whatsapp_instances').select('id', 'profile');
  const whose = { ...session, tenantId: stage.tenant, engine: 'wppconnect' };
  await new Logins(stage.vault, SECRET_KEY, stage.copies).unpack(whose, supervisor, backup.bytes, undefined);
  await supervisor.settled();
  await stage.copies.settled();
  await movesTo(2, { text: 'later', generation: 0 });
  await supervisor.connect();
  t.is(await here(), 'backed up');
});

test('logins of sessions that rest, and of which there is no copy yet, are copied as this machine gets them', async (t) => {
  const room = await makeRoom({ loginCopies: { keep: 2, every: 0 } });
  t.teardown(() => room.dispose());
  const tenant = await room.tenant();
  for (const name of ['linked', 'new']) await room.sessions.create(tenant, { name, start: false });
  const rows = await room.db.sql('whatsapp_instances').select('id', 'profile').orderBy('name');
  for (const { profile } of rows) {
    await mkdir(join(room.tokensDir, profile));
    await writeFile(join(room.tokensDir, profile, 'login'), 'x');
  }
  await room.db.write(async ({ sql }) => {
    await sql('whatsapp_instances').where({ id: rows[0].id }).update({ phone: '5511' });
  });
  await room.sessions.start();
  const copied = () => room.db.sql('login_copies').where('size', '>', 0).pluck('session_id');
  await until(async () => (await copied()).length > 0, { what: 'a copy' });
  t.deepEqual(await copied(), [rows[0].id]);
});

test('profiles that a machine has of sessions that are gone, or whose login another one has given up, are removed within the hour', async (t) => {
  const clock = new FakeClock();
  const room = await makeRoom({ runtime: testRuntime({ clock }), loginCopies: { keep: 2, every: 0 } });
  t.teardown(() => room.dispose());
  const tenant = await room.tenant();
  const profiles = ['00000000-0000-4000-8000-000000000000'];
  for (const name of ['here', 'out']) await room.sessions.create(tenant, { name, start: false });
  const rows = await room.db.sql('whatsapp_instances').select('id', 'name', 'profile').orderBy('name');
  profiles.push(...rows.map(({ profile }) => profile));
  for (const profile of profiles) {
    await mkdir(join(room.tokensDir, profile));
    await writeFile(join(room.tokensDir, profile, 'owner.generation'), '3\n');
    await writeFile(join(room.tokensDir, profile, 'login'), 'x');
  }
  // Not one of the vault's, for all it knows.
  await mkdir(join(room.tokensDir, '00000000-0000-4000-8000-000000000001'));
  await room.db.write(async ({ sql }) => {
    for (const [index, { id }] of rows.entries())
      await sql('login_copies').insert({ session_id: id, copied_at: 1, generation: 3 + index, key_id: 'k', size: 0 });
  });
  await room.sessions.start();
  clock.advance(60 * MINUTE);
  const left = async () => (await readdir(room.tokensDir)).sort();
  await until(async () => (await left()).length === 2, { what: 'two of them to be removed' });
  t.deepEqual(await left(), ['00000000-0000-4000-8000-000000000001', rows[0].profile].sort());
});
