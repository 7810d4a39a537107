import { appendFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import type { SessionId, TenantId } from '../../src/core/ids.ts';
import { EVENTS } from '../../src/http/shapes/event-data.ts';
import { CopyDirectory } from '../../src/sessions/login/copy-directory.ts';
import { LoginCopies } from '../../src/sessions/login/login-copies.ts';
import { SECRET_KEY } from './room.ts';
import { ACCOUNT, MINUTE, Stage } from './stage.ts';

const CORRUPT = () => new HooklineError('engine-failed', 'it does not start', { extra: { closed: 'profile-corrupt' } });

/** A session that is linked, whose engine keeps a file as a browser does; and what is in its files, copies and events. */
async function linked(t: ExecutionContext) {
  const stage = await Stage.set();
  t.teardown(() => stage.room.dispose());
  const { room, supervisor } = stage;
  await supervisor.connect();
  await stage.say((host) => host.qr('first', MINUTE));
  const [profile = ''] = (await readdir(room.tokensDir)).filter((name) => !name.startsWith('.'));
  const login = join(room.tokensDir, profile, 'chromium', 'login');
  await mkdir(join(login, '..'), { recursive: true });
  await writeFile(login, 'linked');
  await stage.say((host) => host.opened(ACCOUNT));
  const directory = join(room.copiesDir, profile);
  const copies = async () => (await readdir(directory).catch((): string[] => [])).sort();
  const told = async () => {
    const events = await room.events(stage.tenant, 'session.attention');
    for (const data of events) EVENTS['session.attention'].data.parse(data);
    return events.map(({ reason }) => reason);
  };
  const stop = async () => {
    await supervisor.disconnect();
    await stage.copies.settled();
  };
  /** The profile as a damaged disk leaves it, and a start on it. */
  const losesLogin = async () => {
    await rm(login);
    await supervisor.connect();
    await stage.say((host) => host.qr('another', MINUTE));
  };
  const damage = async () => {
    for (const name of await copies()) await appendFile(join(directory, name), 'x');
  };
  return { stage, room, supervisor, profile, login, directory, copies, told, stop, losesLogin, damage };
}

test('a copy is made once a login has held, and at each clean stop; the newest two stay, each sealed and readable by nobody else', async (t) => {
  const { stage, supervisor, directory, copies, stop } = await linked(t);
  t.deepEqual(await copies(), []);
  await stage.advance(MINUTE);
  await stage.copies.settled();
  const [first] = await copies();
  t.is(stage.engine.count('still'), 1, 'the session went on');
  await stop();
  const second = await copies();
  t.is(second.length, 2);
  await supervisor.connect();
  await stage.say((host) => host.opened(ACCOUNT));
  await stop();
  const third = await copies();
  t.is(third.length, 2);
  t.false(third.includes(first as string));
  t.is(third[0], second[1]);
  const bytes = await readFile(join(directory, third[1] as string));
  t.regex(bytes.toString('latin1'), /^hookline-login-copy-wppconnect\.v2\.[0-9a-f]{8}\n/);
  t.false(bytes.includes('linked'));
});

test('a session that never connected, or that the hub found no login in, is not copied', async (t) => {
  const { stage, supervisor, copies } = await linked(t);
  await supervisor.disconnect();
  await stage.copies.settled();
  const before = await copies();
  await supervisor.connect();
  await supervisor.disconnect();
  await stage.copies.settled();
  t.deepEqual(await copies(), before);
});

test('a login that is gone is put back before a code is shown, once; what connects on it is told as before', async (t) => {
  const { stage, room, login, told, stop, losesLogin } = await linked(t);
  await stop();
  const qrs = (await room.events(stage.tenant, 'session.qr')).length;
  await losesLogin();
  t.is(await readFile(login, 'utf8'), 'linked');
  t.is(await stage.status(), 'starting');
  t.deepEqual(await told(), ['login-restored']);
  t.is((await stage.view()).reason, 'login-restored');
  t.is((await room.events(stage.tenant, 'session.qr')).length, qrs, 'no code was shown');
  const [{ copiedAt, text }] = await room.events(stage.tenant, 'session.attention');
  t.is(copiedAt, new Date(stage.clock.now()).toISOString());
  t.regex(text, /no login .* was put back/);
  await stage.say((host) => host.opened(ACCOUNT));
  t.like(await stage.view(), { status: 'connected', stats: { restarts: { 'login-restored': 1 } } });
  // Connected in between: the next loss is another one.
  await stop();
  await losesLogin();
  t.deepEqual(await told(), ['login-restored', 'login-restored']);
});

test('a login that is of no use after it was put back either is asked for, and it is said why', async (t) => {
  const { stage, room, told, stop, losesLogin } = await linked(t);
  await stop();
  await losesLogin();
  await stage.say((host) => host.qr('and again', MINUTE));
  t.deepEqual(await told(), ['login-restored', 'login-lost']);
  t.like(await stage.view(), { status: 'qr', reason: 'login-lost' });
  t.regex((await stage.view()).advice ?? '', /Scan the QR code/);
  await stage.say((host) => host.qr('the next code', MINUTE));
  t.deepEqual(await told(), ['login-restored', 'login-lost'], 'once');
  t.is((await room.events(stage.tenant, 'session.qr')).length, 3);
});

test('a profile on which nothing starts is put back, and what was set aside of it stays', async (t) => {
  const { stage, room, supervisor, profile, login, told, stop } = await linked(t);
  await stop();
  await rm(login);
  await mkdir(join(room.tokensDir, profile, 'chromium.quarantined-1'));
  stage.engine.startErrors = [CORRUPT()];
  await supervisor.connect();
  t.is(await stage.status(), 'starting');
  t.is(await readFile(login, 'utf8'), 'linked');
  t.deepEqual((await readdir(join(room.tokensDir, profile))).sort(), ['chromium', 'chromium.quarantined-1', 'owner.lock']);
  await stage.say((host) => host.opened(ACCOUNT));
  t.deepEqual(await told(), ['login-restored']);
});

test('where the copies are damaged as well somebody has to scan, and is told so', async (t) => {
  const { stage, supervisor, told, stop, damage } = await linked(t);
  await stop();
  await damage();
  stage.engine.startErrors = [CORRUPT()];
  await supervisor.connect();
  t.like(await stage.view(), { status: 'loggedOut', reason: 'profile-corrupt' });
  const [lost] = await stage.room.events(stage.tenant, 'session.attention');
  t.like(lost, { reason: 'login-lost' });
  t.regex(lost.text, /did not start .* no copy of it can be put back: .* was changed since it was sealed/);
  await supervisor.connect();
  await stage.say((host) => host.qr('to scan', MINUTE));
  t.like(await stage.view(), { status: 'qr', reason: 'login-lost' });
  t.deepEqual(await told(), ['login-lost']);
});

test('the newest copy that opens is taken', async (t) => {
  const { stage, supervisor, directory, login, copies, told, stop, losesLogin } = await linked(t);
  await stop();
  await supervisor.connect();
  await stage.say((host) => host.opened(ACCOUNT));
  await writeFile(login, 'later');
  await stop();
  await appendFile(join(directory, (await copies())[1] as string), 'x');
  await losesLogin();
  t.is(await readFile(login, 'utf8'), 'linked');
  t.deepEqual(await told(), ['login-restored']);
});

test('a copy opens for its own session only, and for its tenant', async (t) => {
  const { stage, room, profile, directory, stop } = await linked(t);
  await stop();
  const { tenant, clock, vault } = stage;
  const copies = new LoginCopies(vault, new CopyDirectory(room.copiesDir), { keep: 2, key: SECRET_KEY, clock });
  const another = vault.newProfile();
  await cp(directory, join(room.copiesDir, another), { recursive: true });
  const own = { id: 'ses_own' as SessionId, tenantId: tenant, engine: 'wppconnect', profile } as const;
  const opened = async (login: Parameters<LoginCopies['putBack']>[0]) => {
    let placed = false;
    const outcome = await copies.putBack(login, async () => {
      placed = true;
    });
    t.is(placed, outcome !== null && 'of' in outcome);
    return placed;
  };
  t.true(await opened(own));
  t.false(await opened({ ...own, profile: another }));
  t.false(await opened({ ...own, tenantId: 'tnt_another' as TenantId }));
  t.false(await opened({ ...own, engine: 'sandbox' }));
});

test('copies go with the login: on logout, unlinked, linked anew, restored from a backup, deleted', async (t) => {
  const ends: Record<string, (staged: Awaited<ReturnType<typeof linked>>) => Promise<unknown>> = {
    logout: ({ supervisor }) => supervisor.logout(),
    unlinked: ({ stage }) => stage.say((host) => host.closed('logged-out')),
    'linked anew': async ({ stage, supervisor, damage }) => {
      await damage();
      await supervisor.restart();
      await stage.say((host) => host.qr('anew', MINUTE));
      await stage.say((host) => host.opened(ACCOUNT));
    },
    'restored from a backup': async ({ stage: { sessions, tenant }, stop }) => {
      await stop();
      const backup = await sessions.backup(tenant, 'shop');
      await sessions.restore(tenant, 'shop', backup.bytes);
    },
    deleted: ({ supervisor }) => supervisor.destroy(),
  };
  for (const [name, end] of Object.entries(ends)) {
    const staged = await linked(t);
    await staged.stop();
    await staged.supervisor.connect();
    await staged.stage.say((host) => host.opened(ACCOUNT));
    t.is((await staged.copies()).length, 1, name);
    await end(staged);
    t.deepEqual(await staged.copies(), [], name);
  }
});

test('a session that is deleted while a copy is made of it leaves none', async (t) => {
  const { stage, room, supervisor, copies } = await linked(t);
  const begun = Promise.withResolvers<void>();
  const goesOn = Promise.withResolvers<void>();
  const { still } = stage.engine;
  stage.engine.still = async (work) => {
    begun.resolve();
    await goesOn.promise;
    await still.call(stage.engine, work);
  };
  stage.clock.advance(MINUTE);
  await begun.promise;
  const gone = supervisor.destroy();
  goesOn.resolve();
  await gone;
  await stage.copies.settled();
  t.deepEqual(await copies(), []);
  t.deepEqual(await readdir(room.tokensDir), []);
});

test('a hub that stops waits for a copy so long and no longer', async (t) => {
  const { stage, supervisor, copies } = await linked(t);
  const begun = Promise.withResolvers<void>();
  const { vault } = stage;
  const withDraft = vault.withDraft.bind(vault);
  vault.withDraft = async (work) => {
    begun.resolve();
    await new Promise<void>((resolve) => stage.clock.after(MINUTE, resolve));
    return withDraft(work);
  };
  const closed = stage.copies.close(5_000, supervisor.suspend());
  await begun.promise;
  stage.clock.advance(MINUTE);
  await closed;
  t.deepEqual(await copies(), []);
  t.is(await stage.status(), 'stopped');
});
