import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { create, Header, type HeaderData } from 'tar';
import type { TenantId } from '../../src/core/ids.ts';
import { sealFile } from '../../src/core/sealed-file.ts';
import { packProfile, unpackProfile } from '../../src/sessions/login/backup.ts';
import { copyProfile } from '../../src/sessions/login/profile-files.ts';
import { inChunks } from '../helpers/chunks.ts';
import { until } from '../helpers/hub.ts';
import { sealFileWithoutTenant } from '../helpers/seals.ts';
import { makeRoom, type Room, SECRET_KEY } from './room.ts';

const PHONE = '5511911112222';

/** A room with the session "shop" that is linked. */
async function stage(t: ExecutionContext): Promise<{ room: Room; tenant: TenantId }> {
  const room = await makeRoom();
  t.teardown(() => room.dispose());
  const tenant = await room.tenant();
  await link(room, tenant);
  return { room, tenant };
}

async function link(room: Room, tenant: TenantId): Promise<void> {
  await room.sessions.create(tenant, { name: 'shop' });
  await (await room.sessions.sandbox(tenant, 'shop')).scan({ phone: PHONE });
}

const backupOf = async (room: Room, tenant: TenantId, name = 'shop'): Promise<Buffer> =>
  buffer((await room.sessions.backup(tenant, name)).bytes);

const restore = (room: Room, tenant: TenantId, name: string, backup: Buffer, from?: TenantId) =>
  room.sessions.restore(tenant, name, inChunks(backup, 1_000), from);

/** A backup as this hub would make it of these packed files. */
const sealed = (files: Buffer, tenantId: TenantId, { key = SECRET_KEY, engine = 'sandbox' } = {}): Promise<Buffer> =>
  buffer(sealFile(inChunks(files, 1_000), key, { label: `hookline-backup-${engine}`, tenantId }));

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
  const backup = await backupOf(room, tenant);
  await room.sessions.destroy(tenant, 'shop');
  await room.sessions.create(tenant, { name: 'shop', start: false });
  t.is((await restore(room, tenant, 'shop', backup)).status, 'stopped');
  t.like(await room.sessions.connect(tenant, 'shop'), { status: 'connected', phone: PHONE });
  t.is((await room.events(tenant, 'session.qr')).length, 1);
});

test('a session that runs goes on while it is backed up, and nothing is told of it', async (t) => {
  const { room, tenant } = await stage(t);
  const before = await room.statuses(tenant);
  t.true((await backupOf(room, tenant)).length > 0);
  t.like(await room.sessions.get(tenant, 'shop'), { status: 'connected', attempts: { made: 1, succeeded: 1 } });
  t.deepEqual(await room.statuses(tenant), before);
  await room.sessions.disconnect(tenant, 'shop');
  await backupOf(room, tenant);
  t.is((await room.statuses(tenant)).at(-1), 'stopped (requested)');
});

test('a login that changes while it is copied is whole in the copy', async (t) => {
  const { room, tenant } = await stage(t);
  const phone = await room.sessions.sandbox(tenant, 'shop');
  let going = true;
  const writing = (async () => {
    for (let i = 0; going; i++) await phone.receive({ from: `55119${i % 10}0000000`, text: 'x'.repeat(2_000) });
  })();
  const backups: Buffer[] = [];
  for (let i = 0; i < 5; i++) backups.push(await backupOf(room, tenant));
  going = false;
  await writing;
  for (const [index, backup] of backups.entries()) {
    const name = `copy-${index}`;
    await room.sessions.create(tenant, { name, start: false });
    await restore(room, tenant, name, backup);
    t.like(await room.sessions.connect(tenant, name), { status: 'connected', phone: PHONE });
    await t.notThrowsAsync((await room.sessions.sandbox(tenant, name)).receive({ from: '5511900000000', text: 'after' }));
  }
});

test('of one tenant two backups are made or read at once, and the third says when to come again', async (t) => {
  const { room, tenant } = await stage(t);
  const other = await room.tenant();
  await link(room, other);
  const [first, second] = [await room.sessions.backup(tenant, 'shop'), await room.sessions.backup(tenant, 'shop')];
  const third = await t.throwsAsync<Error & { retryAfter?: number }>(room.sessions.backup(tenant, 'shop'), { code: 'rate-limited' });
  t.true((third?.retryAfter ?? 0) > 0);
  await t.notThrowsAsync(backupOf(room, other), 'another tenant');
  t.is((await buffer(first.bytes)).length, first.size);
  second.bytes.destroy();
  await until(() => second.bytes.closed, { what: 'the second to be closed' });
  await t.notThrowsAsync(backupOf(room, tenant));
  t.deepEqual(
    (await readdir(room.tokensDir)).filter((name) => name.startsWith('.')),
    [],
  );
});

test('a session that waits for a scan is connected by a restore', async (t) => {
  const { room, tenant } = await stage(t);
  const backup = await backupOf(room, tenant);
  t.is((await room.sessions.create(tenant, { name: 'second' })).session.status, 'qr');
  t.like(await restore(room, tenant, 'second', backup), { status: 'connected', phone: PHONE });
});

test('a restore leaves nothing of the former profile, and no lock', async (t) => {
  const { room, tenant } = await stage(t);
  await room.sessions.disconnect(tenant, 'shop');
  const backup = await backupOf(room, tenant);
  const profile = await profileOf(room);
  await writeFile(join(profile, 'later.json'), '{}');
  await restore(room, tenant, 'shop', backup);
  t.deepEqual(await readdir(room.tokensDir), [profile.slice(room.tokensDir.length + 1)]);
  t.deepEqual(await readdir(profile), ['phone.json']);
  t.is((await stat(profile)).mode & 0o777, 0o700);
  t.is((await stat(join(profile, 'phone.json'))).mode & 0o777, 0o600);
});

test('what a backup holds cannot be read in it', async (t) => {
  const { room, tenant } = await stage(t);
  const backup = await backupOf(room, tenant);
  t.regex(backup.toString('latin1'), /^hookline-backup-sandbox\.v2\.[0-9a-f]{8}\n/);
  t.false(backup.includes('phone.json'));
  t.false(backup.includes(PHONE));
});

test('a backup that was changed, cut or sealed elsewhere is refused, and the session goes on as it was', async (t) => {
  const { room, tenant } = await stage(t);
  const backup = await backupOf(room, tenant);
  const changed = (index: number) => Buffer.from(backup.map((byte, i) => (i === index ? byte ^ 1 : byte)));
  const headEnds = backup.indexOf('\n');
  const refused: [Buffer, RegExp][] = [
    [Buffer.alloc(0), /none that Hookline made/],
    [Buffer.from('{"not": "a backup"}\n'), /none that Hookline made/],
    [changed(0), /and the session runs on sandbox/],
    [changed(headEnds + 1), /was changed/],
    [changed(backup.length - 1), /was changed/],
    [backup.subarray(0, headEnds + 5), /was changed/],
    [backup.subarray(0, -1), /was changed/],
    [Buffer.concat([backup, backup]), /was changed/],
    [await sealed(Buffer.from('x'), tenant, { key: Buffer.alloc(32, 8) }), /former HOOKLINE_SECRET_KEY/],
    [await sealed(Buffer.from('x'), tenant, { engine: 'wppconnect' }), /hookline-backup-wppconnect, and the session runs on sandbox/],
    [await sealed(Buffer.from('x'), tenant), /cannot be unpacked/],
  ];
  for (const [archive, message] of refused) {
    await t.throwsAsync(restore(room, tenant, 'shop', archive), { code: 'invalid-body', message });
  }
  t.like(await room.sessions.get(tenant, 'shop'), { status: 'connected', attempts: { made: 1, succeeded: 1 } });
  t.is((await readdir(room.tokensDir)).length, 1, 'nothing is left of what was refused');
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
    await t.throwsAsync(restore(room, tenant, 'shop', await sealed(files, tenant)), { code: 'invalid-body' }, path);
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
  const backup = await backupOf(room, tenant);
  for (const key of [id, 'shop']) {
    await t.throwsAsync(room.sessions.backup(other, key), { code: 'not-found' });
    await t.throwsAsync(restore(room, other, key, backup), { code: 'not-found' });
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
  const [copy, drafts] = [await directory(t), await directory(t)];
  await copyProfile(from, copy, new AbortController().signal);
  const seal = { engine: 'wppconnect', tenantId: 'tnt_x' as TenantId, key: SECRET_KEY } as const;
  const { bytes } = await packProfile(copy, join(drafts, 'backup'), seal);
  await unpackProfile(bytes, to, { ...seal, former: false });
  const found = (await readdir(to, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory());
  t.deepEqual(found.map(({ parentPath, name }) => join(parentPath, name)).sort(), kept.map((path) => join(to, 'chromium', path)).sort());
  for (const path of kept) t.is(await readFile(join(to, 'chromium', path), 'utf8'), path);
});

test("one tenant's backup opens in no other, unless the operator carries it across on purpose", async (t) => {
  const { room, tenant } = await stage(t);
  const other = await room.tenant();
  await room.sessions.create(other, { name: 'shop' });
  const backup = await backupOf(room, tenant);
  const changed = Buffer.from(backup.map((byte, index) => (index === backup.length - 1 ? byte ^ 1 : byte)));
  const foreign = await t.throwsAsync(restore(room, other, 'shop', backup));
  const broken = await t.throwsAsync(restore(room, tenant, 'shop', changed));
  t.like(foreign, { code: 'invalid-body', message: broken?.message });
  t.is((await room.sessions.get(other, 'shop')).status, 'qr');
  await t.throwsAsync(restore(room, other, 'shop', backup, other), { code: 'invalid-body' });
  t.like(await restore(room, other, 'shop', backup, tenant), { status: 'connected', phone: PHONE });
});

test("a backup of the former form, which tells no tenant, is the operator's to restore", async (t) => {
  const { room, tenant } = await stage(t);
  const files = await buffer(create({ gzip: true, cwd: await profileOf(room), filter: (path) => !path.endsWith('.lock') }, ['.']));
  const former = sealFileWithoutTenant(files, SECRET_KEY, 'hookline-backup-sandbox');
  await room.sessions.create(tenant, { name: 'next' });
  await t.throwsAsync(restore(room, tenant, 'next', former), { code: 'invalid-body', message: /The operator can restore it/ });
  former.writeUInt8(former.readUInt8(former.length - 1) ^ 1, former.length - 1);
  await t.throwsAsync(restore(room, tenant, 'next', former, tenant), { code: 'invalid-body' });
  t.is((await room.sessions.get(tenant, 'next')).status, 'qr');
  former.writeUInt8(former.readUInt8(former.length - 1) ^ 1, former.length - 1);
  t.like(await restore(room, tenant, 'next', former, tenant), { status: 'connected', phone: PHONE });
});

test('a backup that unpacks to more than a profile can be is refused with both numbers, and nothing is left', async (t) => {
  const { room, tenant } = await stage(t);
  const packed = (chunks: Buffer[]): Promise<Buffer> => buffer(Readable.from(chunks).pipe(createGzip()));
  const header = (fields: Partial<HeaderData>): Buffer => {
    const block = Buffer.alloc(512);
    new Header({ mode: 0o600, size: 0, ...fields }).encode(block, 0);
    return block;
  };
  // One that would take a minute to unpack whole is refused after the first piece too many.
  const large = await packed([header({ path: 'large', type: 'ContiguousFile', size: 1_088 * 1_024 * 1_024 })]);
  const zeros = await packed([Buffer.alloc(64 * 1_024 * 1_024)]);
  const bomb = inChunks(await sealed(Buffer.concat([large, ...Array(17).fill(zeros)]), tenant), 1_000);
  const most = { bytes: 16 * 1_024 * 1_024, files: 10 };
  const seal = { engine: 'sandbox', tenantId: tenant, key: SECRET_KEY, former: false, most } as const;
  const refused = await t.throwsAsync(unpackProfile(bomb, await directory(t), seal), { code: 'payload-too-large' });
  t.regex(refused?.message ?? '', /more than 16777216 bytes: 16[78]\d{5} and/);

  const links = Array.from({ length: 20_001 }, (_, index) => header({ path: String(index), type: 'SymbolicLink', linkpath: 'x' }));
  const many = await packed([...links, Buffer.alloc(1_024)]);
  await t.throwsAsync(restore(room, tenant, 'shop', await sealed(many, tenant)), {
    code: 'payload-too-large',
    message: /more than 20000 files: 20001 /,
  });
  t.like(await room.sessions.get(tenant, 'shop'), { status: 'connected', attempts: { made: 1, succeeded: 1 } });
  t.is((await readdir(room.tokensDir)).length, 1);
});

test('what would not be restored is not backed up either', async (t) => {
  const from = await directory(t);
  const copy = async () => copyProfile(from, await directory(t), new AbortController().signal);
  const deep = join(from, ...Array(10).fill('d'.repeat(60)));
  await mkdir(deep, { recursive: true });
  await t.throwsAsync(copy(), { code: 'payload-too-large', message: /path of \d{3} characters/ });
  await rm(join(from, 'd'.repeat(60)), { recursive: true });
  await writeFile(join(from, 'large'), '');
  await truncate(join(from, 'large'), 1_025 * 1_024 * 1_024);
  await t.throwsAsync(copy(), { code: 'payload-too-large', message: /more than 1073741824 bytes: 1074790400 / });
  await t.throwsAsync(copyProfile(from, await directory(t), AbortSignal.abort(new Error('too late'))), { message: 'too late' });
});

test('a restore whose bytes stop coming leaves the session and nothing else', async (t) => {
  const { room, tenant } = await stage(t);
  const backup = await backupOf(room, tenant);
  const torn = async function* () {
    yield backup.subarray(0, 100);
    throw new Error('the connection is gone');
  };
  await t.throwsAsync(room.sessions.restore(tenant, 'shop', torn()), { message: 'the connection is gone' });
  t.like(await room.sessions.get(tenant, 'shop'), { status: 'connected', attempts: { made: 1, succeeded: 1 } });
  t.is((await readdir(room.tokensDir)).length, 1);
});
