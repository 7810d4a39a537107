import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type BackupSource, makeBackup } from '../../src/backup/make.ts';
import { checkBackup, type RestoreTarget, restoreBackup } from '../../src/backup/restore.ts';
import { DiskStore } from '../../src/blobs/disk-store.ts';
import { HooklineError } from '../../src/core/errors.ts';
import { newId, type TenantId } from '../../src/core/ids.ts';
import { nameDatabase } from '../../src/db/hub-identity.ts';
import { migrationStatus } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/open.ts';
import { isNamed } from '../../src/messages/media/file-store.ts';
import { fitTogether } from '../../src/wiring/parts.ts';
import { stores, testDatabase, testLocation } from '../helpers/database.ts';
import { testRuntime } from '../helpers/runtime.ts';

const KEY = Buffer.alloc(32, 7);
const NOW = 1_000_000;

async function newDirectory(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hookline-backup-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A hub with a file of each of these contents, as the database and the disk have it. */
async function stage(t: ExecutionContext, store: Awaited<ReturnType<typeof stores>>[number], contents: readonly string[]) {
  const { db, location, dispose } = await testDatabase(store);
  t.teardown(dispose);
  const home = await newDirectory(t);
  const [dataDir, tokensDir] = [join(home, 'data'), join(home, 'tokens')];
  const tenantId: TenantId = newId('tnt', NOW);
  await nameDatabase(db, newId('hub', NOW));
  const pathOf = (sha256: string): string => join(dataDir, 'media', tenantId, sha256.slice(0, 2), sha256);
  await db.write(async ({ sql }) => {
    await sql('tenants').insert({ id: tenantId, name: 'shop', settings: '{}', created_at: NOW, updated_at: NOW });
    for (const [at, content] of contents.entries()) {
      const sha256 = name(content);
      const row = { direction: 'inbound', status: 'ready', mimetype: 'text/plain', created_at: NOW + at, size: 1 };
      await sql('media').insert({ id: newId('med', NOW + at), tenant_id: tenantId, sha256, ...row });
      await mkdir(dirname(pathOf(sha256)), { recursive: true });
      await writeFile(pathOf(sha256), content);
    }
  });
  const source: BackupSource = {
    ...{
      dataDir,
      tokensDir,
      location,
      blobs: new DiskStore(join(dataDir, 'media')),
      areLoginsInDatabase: false,
      running: true,
      migrations: (await migrationStatus(location)).done,
    },
    isNamed: (file) => isNamed(db, file),
    key: { bytes: KEY, isConfigured: false },
    login: async () => null,
  };
  return { db, source, tenantId, pathOf, backup: join(home, 'backup') };
}

const options = { without: [], now: () => NOW };
const name = (content: string): string => createHash('sha256').update(content).digest('hex');

async function emptyTarget(t: ExecutionContext, store: Awaited<ReturnType<typeof stores>>[number]): Promise<RestoreTarget> {
  const { location, remove } = await testLocation(store);
  t.teardown(remove);
  const home = await newDirectory(t);
  const [dataDir, tokensDir] = [join(home, 'data'), join(home, 'tokens')];
  for (const directory of [dataDir, tokensDir]) await mkdir(directory);
  return {
    dataDir,
    tokensDir,
    blobs: new DiskStore(join(dataDir, 'media')),
    configuredKey: undefined,
    location: 'url' in location ? location : { file: join(dataDir, 'hookline.sqlite') },
  };
}

for (const store of await stores()) {
  test(`${store}: of a file that is removed while it is copied, the database in the backup names none`, async (t) => {
    const { db, source, pathOf, backup } = await stage(t, store, ['a', 'b', 'c']);
    await rm(pathOf(name('b')));
    // Its row goes as the retention takes it: after the database was read, and before the file is looked for once more.
    const isNamedNow: BackupSource['isNamed'] = async ({ sha256 }) => {
      await db.write((tx) => tx.sql('media').where({ sha256 }).update({ sha256: null, status: 'removed' }));
      return false;
    };
    const manifest = await makeBackup(backup, { ...source, isNamed: isNamedNow }, options);
    t.is(manifest.missing.media, 0);
    const target = await emptyTarget(t, store);
    await restoreBackup(await checkBackup(backup, target, []), target, async () => undefined);
    const copy = openDatabase(target.location);
    t.teardown(() => copy.close());
    const named = await copy.sql('media').whereNotNull('sha256').orderBy('sha256').pluck('sha256');
    const left = [name('a'), name('c')].sort();
    t.deepEqual(named, left);
    t.deepEqual(
      manifest.files
        .map(({ path }) => path)
        .filter((path) => path.startsWith('media/'))
        .map((path) => path.slice(-64))
        .sort(),
      left,
    );
  });

  test(`${store}: a file that was gone before is told, and keeps nobody from a backup`, async (t) => {
    const { source, pathOf, backup } = await stage(t, store, ['a', 'b']);
    await rm(pathOf(name('b')));
    t.is((await makeBackup(backup, source, options)).missing.media, 1);
  });

  test(`${store}: a file that the disk has damaged counts as gone: it is in no backup, and the others are restored`, async (t) => {
    const { source, tenantId, pathOf, backup } = await stage(t, store, ['a', 'b']);
    await writeFile(pathOf(name('b')), 'B');
    const manifest = await makeBackup(backup, source, options);
    t.is(manifest.missing.media, 1);
    t.deepEqual(
      (await readdir(backup, { recursive: true })).filter((path) => path.endsWith(name('b'))),
      [],
    );
    const target = await emptyTarget(t, store);
    await restoreBackup(await checkBackup(backup, target, []), target, async () => undefined);
    const restored = (file: string) => target.blobs.find({ tenantId, sha256: name(file) });
    t.like(await restored('a'), { size: 1 });
    t.is(await restored('b'), null);
  });

  test(`${store}: on a restore that was cut off no hub starts, and the same one again completes it`, async (t) => {
    const { source, backup } = await stage(t, store, ['a']);
    await makeBackup(backup, source, options);
    const target = await emptyTarget(t, store);
    const cut = new Error('cut off');
    const restore = (settle: () => Promise<void>) =>
      checkBackup(backup, target, []).then((checked) => restoreBackup(checked, target, settle));
    // After the database, which is the last part to come.
    t.is(await t.throwsAsync(restore(() => Promise.reject(cut))), cut);
    const places = {
      ...target,
      sessions: { profiles: 'shared' as const },
      secretKey: undefined,
      databaseUrl: 'url' in target.location ? target.location.url : undefined,
    };
    const db = openDatabase(target.location);
    const refused = await t.throwsAsync<HooklineError>(fitTogether(places, db, testRuntime()), { instanceOf: HooklineError });
    t.is(refused?.code, 'invalid-configuration');
    t.regex(refused?.errors?.[0]?.message ?? '', /cut off there .* Run the same "hookline restore" again/);
    await db.close();
    const others = await emptyTarget(t, store);
    await makeBackup(`${backup}.2`, source, options);
    await t.throwsAsync(
      checkBackup(`${backup}.2`, target, []).then((checked) => restoreBackup(checked, target, async () => undefined)),
      {
        message: /is not empty/,
      },
    );
    await restoreBackup(await checkBackup(`${backup}.2`, others, []), others, async () => undefined);

    await restore(async () => undefined);
    const again = openDatabase(target.location);
    t.teardown(() => again.close());
    await t.notThrowsAsync(fitTogether(places, again, testRuntime()));
    t.deepEqual(
      (await readdir(target.dataDir)).filter((file) => /restore|draft/.test(file)),
      [],
    );
    await t.throwsAsync(
      restore(async () => undefined),
      { message: /is not empty/ },
    );
  });
}

test('a manifest names nothing outside of its directory', async (t) => {
  const { source, backup } = await stage(t, 'sqlite', ['a']);
  const manifest = await makeBackup(backup, source, options);
  const target = await emptyTarget(t, 'sqlite');
  for (const path of ['../x', 'media/../../x', `media/tnt_${'0'.repeat(26)}/../${name('a')}`, '/etc/passwd', `logins/../${name('a')}`]) {
    const files = [...manifest.files, { path, size: 1, sha256: name('a') }];
    await writeFile(join(backup, 'manifest.json'), JSON.stringify({ ...manifest, files }));
    await t.throwsAsync(checkBackup(backup, target, []), { message: /is not what "hookline backup" writes/ });
  }
  for (const text of ['', '{', 'null', '[]', '{"version": 2}', JSON.stringify({ ...manifest, id: 1 })]) {
    await writeFile(join(backup, 'manifest.json'), text);
    await t.throwsAsync(checkBackup(backup, target, []), { instanceOf: HooklineError });
  }
});
