/**
 * A backup of a whole hub, in a directory of its own: the database as of one moment, the secret key, the files that this database
 * names, and the logins. All that was accepted before it began is in it. The hub may run meanwhile; it is another process
 * that makes it.
 */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import type { Readable } from 'node:stream';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { SessionId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import { makeDirectorySync } from '../core/make-directory.ts';
import { type Milliseconds, systemClock } from '../core/runtime.ts';
import { keyIdOf } from '../core/seal.ts';
import { VERSION } from '../core/version.ts';
import { digestFile, writeStream, writeWhole } from '../core/whole-file.ts';
import { hubOfDatabase } from '../db/hub-identity.ts';
import type { Database, DatabaseLocation } from '../db/open.ts';
import { takeSnapshot } from '../db/snapshot.ts';
import { allFiles, type NamedFile } from '../messages/media/file-store.ts';
import { SystemQueueStore } from '../messages/message/backlog-store.ts';
import { newestCopies } from '../sessions/login/copy-table-store.ts';
import { allProfiles, type Profile } from '../sessions/login/profile-store.ts';
import { Vault } from '../sessions/login/vault.ts';
import { SystemBacklogStore } from '../webhooks/delivery/backlog-store.ts';
import { sealedWith } from '../wiring/reseal.ts';
import { eachOf } from './each-of.ts';
import {
  type BackupFile,
  DATABASE_FILES,
  KEY_FILE,
  loginFileOf,
  type Manifest,
  mediaFileOf,
  type Part,
  refuse,
  writeManifest,
} from './manifest.ts';

export interface BackupSource {
  dataDir: string;
  tokensDir: string;
  /** Each machine has logins of its own, and copies of all of them lie in the database: those that are newer than what is here. */
  areLoginsInDatabase: boolean;
  location: DatabaseLocation;
  blobs: BlobStore;
  /** Whether the hub has a row for it now. */
  isNamed(file: NamedFile): Promise<boolean>;
  migrations: string[];
  running: boolean;
  /** The key, where there is one; it goes into the backup where it is the hub's own, and not one that is configured. */
  key: { bytes: Buffer; isConfigured: boolean } | undefined;
  /** The login of a session, sealed; null where the session is gone meanwhile. */
  login(profile: Profile): Promise<Readable | null>;
}

export interface BackupOptions {
  without: readonly Part[];
  /** Told how far it is, for somebody who watches. */
  progress?(what: 'media' | 'logins', done: number, total: number): void;
  now(): Milliseconds;
}

/** How often the database is read anew because files of it were removed meanwhile. */
const ROUNDS = 5;

/** `directory`: a new one, or an empty one. Nothing is left in it of a backup that fails. */
export async function makeBackup(directory: string, source: BackupSource, options: BackupOptions): Promise<Manifest> {
  const made = await makeDirectory(directory, source);
  try {
    const manifest = await fill(directory, source, options);
    await writeManifest(directory, manifest);
    return manifest;
  } catch (error) {
    if (made) await rm(directory, { recursive: true, force: true });
    else for (const name of await readdir(directory)) await rm(join(directory, name), { recursive: true, force: true });
    throw error;
  }
}

async function fill(directory: string, source: BackupSource, { without, now, progress }: BackupOptions): Promise<Manifest> {
  const startedAt = now();
  const { seen, media, missing } = await databaseAndMedia(directory, source, { without: without.includes('media'), progress });
  const files: BackupFile[] = [await digested(directory, databaseFileOf(source)), ...media];

  const { key } = source;
  if (key && !key.isConfigured && !without.includes('key')) {
    await writeWhole(join(directory, KEY_FILE), `${key.bytes.toString('base64')}\n`);
    files.push(await digested(directory, KEY_FILE));
  }

  const logins = without.includes('logins') ? { saved: [], files: [], missing: [] } : await saveLogins(directory, source, seen, progress);
  files.push(...logins.files);
  return {
    ...{ format: 'hookline-backup', version: 1, id: randomUUID(), hookline: VERSION, hub: seen.hub ?? null },
    ...{ startedAt: iso(startedAt), finishedAt: iso(now()), running: source.running },
    database: { kind: kindOf(source), migrations: source.migrations },
    waiting: { sends: seen.sends, deliveries: seen.deliveries },
    key: { id: key ? keyIdOf(key.bytes) : null, needed: seen.isSealed || logins.saved.length > 0 },
    logins: logins.saved.map(({ id, tenantId, name, engine, profile }) => ({ id, tenantId, name, engine, profile })),
    without: [...without],
    missing: { media: missing, logins: logins.missing.map(({ name }) => name) },
    files,
  };
}

const kindOf = ({ location }: Pick<BackupSource, 'location'>) => ('url' in location ? 'postgres' : 'sqlite');
const databaseFileOf = (source: Pick<BackupSource, 'location'>): string => DATABASE_FILES[kindOf(source)];

const digested = async (directory: string, path: string): Promise<BackupFile> => ({ path, ...(await digestFile(join(directory, path))) });

async function look(db: Pick<Database, 'sql'>) {
  return {
    hub: await hubOfDatabase(db),
    isSealed: (await sealedWith(db)).length > 0,
    profiles: await allProfiles(db),
    copies: await newestCopies(db),
    files: await allFiles(db),
    sends: await new SystemQueueStore(db).queued(),
    deliveries: await new SystemBacklogStore(db).pending(),
  };
}

/**
 * A file that the database names may be removed, with its row, before it is copied. Then the database is read anew, which takes what
 * is copied already as it is: in the end each file that this database names is there.
 */
async function databaseAndMedia(
  directory: string,
  source: BackupSource,
  { without, progress }: { without: boolean; progress: BackupOptions['progress'] },
) {
  const copied = new Map<string, BackupFile>();
  const copy = async (file: NamedFile): Promise<boolean> => {
    const path = mediaFileOf(file);
    if (copied.has(path)) return true;
    const bytes = await source.blobs.read(file);
    if (!bytes) return false;
    const digest = await writeStream(bytes, join(directory, path)).finally(() => bytes.destroy());
    if (digest.sha256 !== file.sha256) {
      // What the disk has damaged is as good as gone.
      await rm(join(directory, path));
      return false;
    }
    copied.set(path, { path, ...digest });
    return true;
  };
  for (let round = 1; ; round++) {
    const seen = await takeSnapshot(source.location, join(directory, databaseFileOf(source)), look);
    const wanted = without ? [] : seen.files;
    let done = 0;
    const lost: NamedFile[] = [];
    const gone: NamedFile[] = [];
    await eachOf(wanted, async (file) => {
      progress?.('media', ++done, wanted.length);
      if (await copy(file)) return;
      // It was gone before, or it has gone since.
      if (!(await source.isNamed(file))) gone.push(file);
      else if (!(await copy(file))) lost.push(file);
    });
    if (gone.length > 0 && round < ROUNDS) {
      await rm(join(directory, databaseFileOf(source)));
      continue;
    }
    const named = new Set(wanted.map(mediaFileOf));
    for (const path of [...copied.keys()].filter((candidate) => !named.has(candidate))) {
      await rm(join(directory, path));
      copied.delete(path);
    }
    return { seen, media: [...copied.values()], missing: lost.length + gone.length };
  }
}

async function saveLogins(
  directory: string,
  { tokensDir, areLoginsInDatabase, login }: BackupSource,
  { profiles, copies }: { profiles: readonly Profile[]; copies: ReadonlyMap<SessionId, number> },
  progress: BackupOptions['progress'],
) {
  const saved: Profile[] = [];
  const files: BackupFile[] = [];
  const missing: Profile[] = [];
  const vault = new Vault(tokensDir, systemClock);
  const isNewest = async ({ id, profile }: Profile): Promise<boolean> => {
    const copy = areLoginsInDatabase ? copies.get(id) : undefined;
    return (await vault.hasLogin(profile)) && (copy === undefined || ((await vault.generation(profile)) ?? -1) >= copy);
  };
  // One after the other: a browser stands still for it, and a hub makes only so many at a time.
  for (const [index, profile] of profiles.entries()) {
    progress?.('logins', index + 1, profiles.length);
    const bytes = (await isNewest(profile)) ? await login(profile) : null;
    if (bytes) {
      const path = loginFileOf(profile.profile);
      files.push({ path, ...(await writeStream(bytes, join(directory, path))) });
      saved.push(profile);
    } else if (profile.isLinked && !(areLoginsInDatabase && copies.has(profile.id))) missing.push(profile);
  }
  return { saved, files, missing };
}

/** Resolves with whether it was made. */
async function makeDirectory(directory: string, { dataDir, tokensDir }: BackupSource): Promise<boolean> {
  const path = resolve(directory);
  for (const own of [dataDir, tokensDir]) {
    if (`${path}${sep}`.startsWith(`${resolve(own)}${sep}`))
      throw refuse(`A backup cannot be kept in ${own}, which it is of. Name another directory.`);
  }
  makeDirectorySync(dirname(path));
  const made = await mkdir(path, { mode: 0o700 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  if (!made && (await readdir(path)).length > 0) throw refuse(`${directory} is not empty. Give a new directory for each backup.`);
  await chmod(path, 0o700);
  return made;
}
