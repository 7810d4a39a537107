/**
 * A backup is put into directories and a database in which nothing is. It is looked through to its end before anything is written,
 * and the database comes last: a restore that is cut off leaves what no hub starts on, and is begun again by the same command.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import { type Fault, HooklineError, hasCode } from '../core/errors.ts';
import { keyIdOf } from '../core/seal.ts';
import { copyWhole, digestFile, writeWhole } from '../core/whole-file.ts';
import { hubOfDatabase, RESTORE_FILE, unfinishedRestore } from '../db/hub-identity.ts';
import { migrationSource } from '../db/migrate.ts';
import { type DatabaseLocation, openDatabase } from '../db/open.ts';
import { isEmpty, restoreSnapshot } from '../db/snapshot.ts';
import { keyFileOf, readKeyFile, writeKeyFile } from '../home/secret-key.ts';
import { unpackProfile } from '../sessions/login/backup.ts';
import { placesOf } from '../wiring/parts.ts';
import { eachOf } from './each-of.ts';
import {
  type BackupFile,
  blobOf,
  DATABASE_FILES,
  KEY_FILE,
  type Login,
  loginFileOf,
  type Manifest,
  type Part,
  readManifest,
  refuse,
} from './manifest.ts';

export interface RestoreTarget {
  dataDir: string;
  tokensDir: string;
  location: DatabaseLocation;
  blobs: BlobStore;
  /** The one that is configured, which goes before that of the backup. */
  configuredKey: Buffer | undefined;
}

/** A backup that was looked through, and can be put in the place of nothing. */
export interface CheckedBackup {
  directory: string;
  manifest: Manifest;
  key: Buffer | undefined;
  /** What is whole. */
  files: BackupFile[];
  logins: Login[];
}

/** Told how far a restore is, for somebody who watches. */
export type RestoreProgress = (what: 'checked' | 'media' | 'logins', done: number, total: number) => void;

/** What a hub puts into its directories to hold them, and a file system into its own. */
const OF_NOBODY = new Set(['hub.lock', 'hub.pid', 'lost+found', RESTORE_FILE]);

/**
 * Rejects where something in it is missing or was changed since, or where it does not fit here. `without`: parts of which may be
 * left out what is not whole.
 */
export async function checkBackup(
  directory: string,
  target: RestoreTarget,
  without: readonly Part[],
  progress?: RestoreProgress,
): Promise<CheckedBackup> {
  const manifest = await readManifest(directory);
  await checkVersion(manifest);
  checkDatabase(manifest, target.location);
  const { whole, broken } = await checkFiles(directory, manifest, progress);
  const asked = (path: string): boolean => without.some((part) => path.startsWith(`${part}/`));
  // A key is known by what it opens.
  const fatal = broken.filter(({ path }) => path !== KEY_FILE && !asked(path));
  const key = await keyOf(directory, manifest, target);
  if (fatal.length > 0) throw damaged(directory, fatal, key);
  if ('fault' in key) throw new HooklineError('invalid-configuration', 'The backup cannot be opened.', { errors: [key.fault] });
  const left = new Set(whole.map(({ path }) => path));
  const logins = manifest.logins.filter(({ profile }) => left.has(loginFileOf(profile)));
  return { directory, manifest, key: key.bytes, files: whole, logins };
}

/** To be called while all that it writes to is held. `settle`: what is to be done with the database before a hub may start on it. */
export async function restoreBackup(
  { directory, manifest, key, files, logins }: CheckedBackup,
  target: RestoreTarget,
  settle: () => Promise<void>,
  progress?: RestoreProgress,
): Promise<void> {
  const { dataDir, tokensDir, location, blobs } = target;
  const begun = await prepare(manifest, target);
  const media = files.filter(({ path }) => path.startsWith('media/'));
  let done = 0;
  await eachOf(media, async ({ path, sha256, size }) => {
    progress?.('media', ++done, media.length);
    const draft = join(blobs.drafts, randomUUID());
    const copied = await copyWhole(join(directory, path), draft);
    if (copied.sha256 !== sha256) throw damaged(directory, [{ path, why: 'was changed' }]);
    await blobs.put(draft, blobOf(path), size);
  });
  await blobs.tidy(false);
  for (const [index, { profile, engine, tenantId }] of logins.entries()) {
    progress?.('logins', index + 1, logins.length);
    const fresh = join(tokensDir, profile);
    await mkdir(fresh, { recursive: true, mode: 0o700 });
    const seal = { engine, tenantId, key: key as Buffer, former: false };
    await unpackProfile(createReadStream(join(directory, loginFileOf(profile))), fresh, seal);
  }
  if (key && !target.configuredKey) await writeKeyFile(keyFileOf(dataDir), key);
  if (!begun.hasDatabase) await restoreSnapshot(location, join(directory, DATABASE_FILES[manifest.database.kind]));
  await settle();
  if (manifest.hub) for (const place of placesOf(target)) await place.nameHub(manifest.hub);
  await rm(join(dataDir, RESTORE_FILE));
}

async function checkVersion({ hookline, database }: Manifest): Promise<void> {
  const known = new Set((await migrationSource.getMigrations([])).map((file) => migrationSource.getMigrationName(file)));
  const unknown = database.migrations.filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  const detail = `A later Hookline (${hookline}) has made this backup: this one does not know ${unknown.join(', ')}. Restore it with that version or a later one.`;
  throw new HooklineError('invalid-configuration', detail);
}

function checkDatabase({ database: { kind } }: Manifest, location: DatabaseLocation): void {
  if (kind === ('url' in location ? 'postgres' : 'sqlite')) return;
  throw new HooklineError(
    'invalid-configuration',
    kind === 'sqlite'
      ? 'This is the backup of a hub on SQLite. Unset HOOKLINE_DATABASE_URL to restore it.'
      : 'This is the backup of a hub on Postgres. Name an empty database in HOOKLINE_DATABASE_URL to restore it.',
  );
}

interface Broken {
  path: string;
  why: string;
}

async function checkFiles(
  directory: string,
  { files }: Manifest,
  progress?: RestoreProgress,
): Promise<{ whole: BackupFile[]; broken: Broken[] }> {
  const whole: BackupFile[] = [];
  const broken: Broken[] = [];
  let done = 0;
  await eachOf(files, async (file) => {
    progress?.('checked', ++done, files.length);
    const found = await digestFile(join(directory, file.path)).catch((error: NodeJS.ErrnoException) => {
      if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes(error.code ?? '')) throw error;
    });
    if (found?.sha256 === file.sha256) whole.push(file);
    else
      broken.push({ path: file.path, why: !found ? 'is missing' : found.size === file.size ? 'was changed' : 'is cut off or was changed' });
  });
  return { whole, broken };
}

const TOLD = 10;

function damaged(directory: string, broken: readonly Broken[], key: Key = { bytes: undefined }): HooklineError {
  const of = (part: string): number => broken.filter(({ path }) => path.startsWith(`${part}/`)).length;
  const ways = (['logins', 'media'] as const).filter((part) => of(part) > 0);
  const rest = broken.length > of('logins') + of('media');
  const losses = { logins: 'each of these phones has to be linked anew', media: 'messages whose files these are fail, or have none' };
  const advice = rest
    ? 'Nothing can be restored without them'
    : `To go on without: --without ${ways.join(',')}; then ${ways.map((part) => losses[part]).join(', and ')}`;
  return new HooklineError('bad-request', `The backup is not whole: ${broken.length} of its files are missing or damaged. ${advice}.`, {
    errors: [
      ...('fault' in key ? [key.fault] : []),
      ...broken.slice(0, TOLD).map(({ path, why }) => ({ path: join(directory, path), message: why })),
    ],
  });
}

type Key = { bytes: Buffer | undefined } | { fault: Fault };

/** A fault where something is sealed and no key is here that opens it. */
async function keyOf(directory: string, { key: { id, needed } }: Manifest, { configuredKey }: RestoreTarget): Promise<Key> {
  const file = join(directory, KEY_FILE);
  const bytes = configuredKey ?? (await readKeyFile(file));
  if (!needed || (bytes && keyIdOf(bytes) === id)) return { bytes };
  const found = bytes ? `is the key ${keyIdOf(bytes)}` : 'is missing';
  const message = `${found}, and what is sealed in this backup, secrets of endpoints and flows and the logins, needs the key ${id}: put it there, or set HOOKLINE_SECRET_KEY to it`;
  return { fault: { path: configuredKey ? 'HOOKLINE_SECRET_KEY' : file, message } };
}

/** Rejects where something is in the places already. What an earlier try of this very backup has left there is removed. */
async function prepare({ id, hub }: Manifest, target: RestoreTarget): Promise<{ hasDatabase: boolean }> {
  const { dataDir, tokensDir, location, blobs } = target;
  const places = new Set([dataDir, tokensDir]);
  const mark = `${id} ${tokensDir}`;
  const again = (await unfinishedRestore(dataDir)) === mark;
  for (const directory of again ? [] : places) {
    const names = (await readdir(directory)).filter((name) => !OF_NOBODY.has(name));
    if (names.length > 0) throw notEmpty(directory, names);
  }
  if (!again && !(await isFree(blobs, hub))) {
    throw refuse(`${blobs.place} has files of another hub. Name another bucket, or another prefix in it, or remove what is there.`);
  }
  const hasDatabase = 'url' in location && !(await isEmpty(location));
  // The database comes whole or not at all, and so it is the one that was to come.
  if (hasDatabase && !(again && (await isOf(location, hub)))) throw notEmpty('The database that HOOKLINE_DATABASE_URL names');
  for (const directory of places) {
    for (const name of await readdir(directory)) {
      if (!OF_NOBODY.has(name)) await rm(join(directory, name), { recursive: true, force: true });
    }
  }
  await writeWhole(join(dataDir, RESTORE_FILE), `${mark}\n`);
  return { hasDatabase };
}

/** Nothing is there, or what is there is of the hub that comes back. */
async function isFree(blobs: BlobStore, hub: Manifest['hub']): Promise<boolean> {
  const found = await blobs.hub();
  if (found !== undefined) return found === hub;
  for await (const _ of blobs.tenants()) return false;
  return true;
}

async function isOf(location: DatabaseLocation, hub: Manifest['hub']): Promise<boolean> {
  const db = openDatabase(location);
  try {
    return hub !== null && (await hubOfDatabase(db)) === hub;
  } catch (error) {
    if (hasCode(error, 'storage-unavailable')) throw error;
    return false;
  } finally {
    await db.close();
  }
}

const notEmpty = (place: string, names: readonly string[] = []): HooklineError => {
  const found = names.length > 0 ? ` (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''})` : '';
  return refuse(`${place} is not empty${found}. A backup is restored into nothing: name others, or remove what is there.`);
};
