import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { create } from 'tar';
import type { TenantId } from '../../src/core/ids.ts';
import { packProfile, sealBackup, unpackProfile } from '../../src/sessions/backup.ts';
import { makeRoom, type Room, SECRET_KEY } from './room.ts';

const PHONE = '5511911112222';

/** A room with the session "shop" that is linked. */
async function stage(t: ExecutionContext): Promise<{ room: Room; tenant: TenantId }> {
  const room = await makeRoom();
  t.teardown(() => room.dispose());
  const tenant = await room.tenant();
  await room.sessions.create(tenant, { name: 'shop' });
  await (await room.sessions.sandbox(tenant, 'shop')).scan({ phone: PHONE });
  return { room, tenant };
}

async function directory(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hookline-backup-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function profileOf(room: Room): Promise<string> {
  const [profile = ''] = await readdir(room.tokensDir);
  return join(room.tokensDir, profile);
}

test('a backup links a new session without a QR code', async (t) => {
  const { room, tenant } = await stage(t);
  const backup = await room.sessions.backup(tenant, 'shop');
  await room.sessions.destroy(tenant, 'shop');
  await room.sessions.create(tenant, { name: 'shop', start: false });
  t.is((await room.sessions.restore(tenant, 'shop', backup)).status, 'stopped');
  t.like(await room.sessions.connect(tenant, 'shop'), { status: 'connected', phone: PHONE });
  t.is((await room.events(tenant, 'session.qr')).length, 1);
});

test('a session that runs is stopped for the copy and connected again; a stopped one stays stopped', async (t) => {
  const { room, tenant } = await stage(t);
  await room.sessions.backup(tenant, 'shop');
  t.like(await room.sessions.connect(tenant, 'shop'), { status: 'connected', attempts: { made: 2, succeeded: 2 } });
  t.deepEqual((await room.statuses(tenant)).slice(-3), ['stopped (backup)', 'starting (backup)', 'connected']);
  await room.sessions.disconnect(tenant, 'shop');
  await room.sessions.backup(tenant, 'shop');
  t.is((await room.statuses(tenant)).at(-1), 'stopped (requested)');
});

test('a session that waits for a scan is connected by a restore', async (t) => {
  const { room, tenant } = await stage(t);
  const backup = await room.sessions.backup(tenant, 'shop');
  t.is((await room.sessions.create(tenant, { name: 'second' })).session.status, 'qr');
  t.like(await room.sessions.restore(tenant, 'second', backup), { status: 'connected', phone: PHONE });
});

test('a restore leaves nothing of the former profile, and no lock', async (t) => {
  const { room, tenant } = await stage(t);
  await room.sessions.disconnect(tenant, 'shop');
  const backup = await room.sessions.backup(tenant, 'shop');
  const profile = await profileOf(room);
  await writeFile(join(profile, 'later.json'), '{}');
  await room.sessions.restore(tenant, 'shop', backup);
  t.deepEqual(await readdir(room.tokensDir), [profile.slice(room.tokensDir.length + 1)]);
  t.deepEqual(await readdir(profile), ['phone.json']);
  t.is((await stat(profile)).mode & 0o777, 0o700);
  t.is((await stat(join(profile, 'phone.json'))).mode & 0o777, 0o600);
});

test('what a backup holds cannot be read in it', async (t) => {
  const { room, tenant } = await stage(t);
  const backup = await room.sessions.backup(tenant, 'shop');
  t.regex(backup.toString('latin1'), /^hookline-backup-sandbox\.v1\.[0-9a-f]{8}\n/);
  t.false(backup.includes('phone.json'));
  t.false(backup.includes(PHONE));
});

test('a backup that was changed, cut or sealed elsewhere is refused, and the session goes on as it was', async (t) => {
  const { room, tenant } = await stage(t);
  const backup = await room.sessions.backup(tenant, 'shop');
  await room.sessions.connect(tenant, 'shop');
  const changed = (index: number) => Buffer.from(backup.map((byte, i) => (i === index ? byte ^ 1 : byte)));
  const headEnds = backup.indexOf('\n');
  const refused: [Buffer, RegExp][] = [
    [Buffer.alloc(0), /none that Hookline made/],
    [Buffer.from('{"not": "a backup"}\n'), /none that Hookline made/],
    [changed(0), /was changed/],
    [changed(headEnds + 1), /was changed/],
    [changed(backup.length - 1), /was changed/],
    [backup.subarray(0, headEnds + 5), /was changed/],
    [backup.subarray(0, -1), /was changed/],
    [sealBackup(Buffer.from('x'), 'sandbox', Buffer.alloc(32, 8)), /former HOOKLINE_SECRET_KEY/],
    [sealBackup(Buffer.from('x'), 'wppconnect', SECRET_KEY), /hookline-backup-wppconnect, and the session runs on sandbox/],
  ];
  for (const [archive, message] of refused) {
    await t.throwsAsync(room.sessions.restore(tenant, 'shop', archive), { code: 'invalid-body', message });
  }
  t.like(await room.sessions.get(tenant, 'shop'), { status: 'connected', attempts: { made: 2, succeeded: 2 } });
});

test('a path that climbs out of the profile is refused, and the login stays', async (t) => {
  const { room, tenant } = await stage(t);
  const outside = await directory(t);
  await mkdir(join(outside, 'inside'));
  await writeFile(join(outside, 'evil.json'), '{}');
  const absolute = join(outside, 'evil.json');
  for (const path of ['../evil.json', absolute]) {
    const files = await buffer(create({ gzip: true, cwd: join(outside, 'inside'), preservePaths: true }, [path]));
    await rm(absolute);
    await t.throwsAsync(room.sessions.restore(tenant, 'shop', sealBackup(files, 'sandbox', SECRET_KEY)), { code: 'invalid-body' }, path);
    t.deepEqual(await readdir(outside), ['inside']);
    t.is((await readdir(room.tokensDir)).length, 1);
    await writeFile(absolute, '{}');
  }
  t.like(await room.sessions.connect(tenant, 'shop'), { status: 'connected', phone: PHONE });
});

test("another tenant's session is not found", async (t) => {
  const { room, tenant } = await stage(t);
  const other = await room.tenant();
  const { id } = await room.sessions.get(tenant, 'shop');
  const backup = await room.sessions.backup(tenant, 'shop');
  for (const key of [id, 'shop']) {
    await t.throwsAsync(room.sessions.backup(other, key), { code: 'not-found' });
    await t.throwsAsync(room.sessions.restore(other, key, backup), { code: 'not-found' });
  }
});

test('the profile of a browser is packed without caches, locks and links', async (t) => {
  const from = await directory(t);
  const chromium = join(from, 'chromium');
  const kept = ['Local State', 'Default/Preferences', 'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/000003.log'];
  const left = [
    'ShaderCache/data_0',
    'Crashpad/settings.dat',
    'Default/Cache/Cache_Data/f_000001',
    'Default/Code Cache/js/index',
    'Default/GPUCache/data_1',
    'Default/DawnWebGPUCache/data_1',
    'Default/Service Worker/CacheStorage/a/index',
  ];
  for (const path of [...kept, ...left]) {
    await mkdir(join(chromium, path, '..'), { recursive: true });
    await writeFile(join(chromium, path), path);
  }
  await symlink('host-123', join(chromium, 'SingletonLock'));
  await symlink('/etc', join(chromium, 'Default/etc'));
  await writeFile(join(from, 'owner.lock'), '{}');
  const to = await directory(t);
  await unpackProfile(await packProfile(from), to);
  const found = (await readdir(to, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory());
  t.deepEqual(found.map(({ parentPath, name }) => join(parentPath, name)).sort(), kept.map((path) => join(to, 'chromium', path)).sort());
  for (const path of kept) t.is(await readFile(join(to, 'chromium', path), 'utf8'), path);
});
