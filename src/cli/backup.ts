/** The backup of a whole hub, and the way back. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Readable as NodeReadable } from 'node:stream';
import { makeBackup } from '../backup/make.ts';
import { KEY_FILE, type Manifest, type Part, refuse } from '../backup/manifest.ts';
import { type CheckedBackup, checkBackup, restoreBackup } from '../backup/restore.ts';
import { isProblem } from '../client/index.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { HooklineError, hasCode, messageOf } from '../core/errors.ts';
import type { SessionId } from '../core/ids.ts';
import { systemClock } from '../core/runtime.ts';
import { databaseLocation } from '../db/location.ts';
import { migrate, migrationStatus } from '../db/migrate.ts';
import { type Database, type DatabaseLocation, openDatabase } from '../db/open.ts';
import { type Held, holdDirectory } from '../home/data-directory.ts';
import { nextKeyFileOf } from '../home/key-rotation.ts';
import { keyFault, keyFileOf, readKeyFile } from '../home/secret-key.ts';
import { isNamed, type NamedFile } from '../messages/media/file-store.ts';
import { CopyTable } from '../sessions/login/copy-table-store.ts';
import { LoginCopies } from '../sessions/login/login-copies.ts';
import { Logins } from '../sessions/login/logins.ts';
import { allProfiles, generations, isThere, type Profile, stopAllSessions } from '../sessions/login/profile-store.ts';
import { Vault } from '../sessions/login/vault.ts';
import { adopt, lookAtParts } from '../wiring/parts.ts';
import { sealedWith } from '../wiring/reseal.ts';
import { type HubAddress, hubClient } from './hub-client.ts';
import { answer } from './output.ts';
import { type Progress, showProgress } from './progress.ts';
import { blobsOf, existingDatabase, recorded, stopFirst, withDatabase, withoutHub } from './storage.ts';

type Readable = Pick<Database, 'sql'>;

/** How often, and after how many milliseconds, a login is asked for again. */
const TRIES = 30;
const PAUSE = 1_000;

export interface BackupCommand extends HubAddress {
  without?: readonly Part[];
}

/** Of a hub that runs, or of one that is stopped, which then cannot be started meanwhile. */
export async function backupHub(directory: string, { without = [], ...address }: BackupCommand): Promise<void> {
  const config = loadConfig({ dev: false });
  const location = existingDatabase(config);
  if (!existsSync(config.dataDir)) throw new HooklineError('bad-request', `There is no data directory ${config.dataDir}.`);
  const hold = await holdUnlessHubRuns(config);
  const work = () => backUp(config, location, { directory, without, hub: hold ? undefined : address });
  const manifest = await (hold ? withTokens(config, () => hold.run(work)) : work());
  const { files, ...rest } = manifest;
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  answer({ directory, ...rest, files: files.length, bytes }, told(directory, manifest, bytes));
}

export async function restoreHub(
  directory: string,
  { without = [], stopped }: { without?: readonly Part[]; stopped: boolean },
): Promise<void> {
  const config = loadConfig({ dev: false });
  const { dataDir, tokensDir, secretKey: configuredKey } = config;
  const blobs = blobsOf(config);
  await blobs.check();
  const target = { dataDir, tokensDir, blobs, configuredKey, location: databaseLocation(config) };
  const backup = await withProgress((progress) => checkBackup(directory, target, without, progress));
  const settle = async (): Promise<void> => {
    await migrate(target.location);
    await withDatabase(config, async (db, runtime) => {
      if (stopped) await db.write((tx) => stopAllSessions(tx));
      await keepOneLogin(config, db, backup);
      await recorded(db, runtime, { action: 'hub.restore', tenantId: null }, async () => undefined);
    });
  };
  await withoutHub(config, () => withTokens(config, () => withProgress((progress) => restoreBackup(backup, target, settle, progress))));
  const { hub, startedAt, running, waiting } = backup.manifest;
  const { length: logins } = backup.logins;
  answer({ directory, hub, startedAt, running, waiting, stopped, files: backup.files.length, logins }, toldRestored(backup, stopped));
}

/** Of what was restored here nodes would know nothing that have logins of their own, and take the copies of before for newer. */
async function keepOneLogin({ tokensDir, sessions }: Config, db: Database, { logins, key }: CheckedBackup): Promise<void> {
  if (!key) return; // Then no login is in it either.
  const owners = await generations(db);
  const generationOf = (id: SessionId): number => owners.get(id) ?? 0;
  const [vault, table] = [new Vault(tokensDir, systemClock), new CopyTable(db)];
  const copies = new LoginCopies(vault, table, { key, keep: 1, clock: systemClock, generationOf });
  for (const login of logins) {
    await table.drop(login);
    if (sessions.profiles !== 'database') continue;
    await vault.mark(login.profile, generationOf(login.id));
    await copies.take(login, async (work) => work(await vault.directory(login.profile), new AbortController().signal));
  }
}

async function withProgress<T>(work: (to: Progress['to']) => Promise<T>): Promise<T> {
  using progress = showProgress();
  return await work(progress.to);
}

/** What is missing in them is taken for lost from here on. */
export async function adoptParts(): Promise<void> {
  const config = loadConfig({ dev: false });
  existingDatabase(config);
  const id = await withoutHub(config, () =>
    withTokens(config, () =>
      withDatabase(config, (db, runtime) =>
        recorded(db, runtime, { action: 'hub.adopt', tenantId: null }, () =>
          adopt({ ...config, blobs: blobsOf(config) }, db, runtime.clock.now()),
        ),
      ),
    ),
  );
  answer({ hub: id }, `The database, ${config.dataDir} and ${config.tokensDir} are one hub now: ${id}\n`);
}

interface Wanted {
  directory: string;
  without: readonly Part[];
  /** How the hub that runs is asked, which holds the browsers. */
  hub: HubAddress | undefined;
}

async function backUp(config: Config, location: DatabaseLocation, { directory, without, hub }: Wanted): Promise<Manifest> {
  const { done: migrations, waiting } = await migrationStatus(location);
  const make = async (db: Readable): Promise<Manifest> => {
    // What is backed up is what a start would take. Of an earlier schema nobody knows.
    if (waiting.length === 0) await refuseUnlessFit(config, db, without);
    const key = await keyInUse(config, db);
    const withLogins = !without.includes('logins') && (await allProfiles(db)).length > 0;
    const ofHub = hub && withLogins ? await loginsOfHub(hub, config, db) : undefined;
    const login = ofHub ?? ((session: Profile) => loginOfStopped(config, key?.bytes, session));
    const { dataDir, tokensDir } = config;
    const hubHas = (file: NamedFile): Promise<boolean> => isNamed(db, file);
    const source = {
      dataDir,
      tokensDir,
      areLoginsInDatabase: config.sessions.profiles === 'database',
      location,
      blobs: blobsOf(config),
      isNamed: hubHas,
      migrations,
      running: hub !== undefined,
      key,
      login,
    };
    return withProgress((progress) => makeBackup(directory, source, { without, now: systemClock.now, progress }));
  };
  if (waiting.length === 0) {
    return withDatabase(config, (db, runtime) => recorded(db, runtime, { action: 'hub.backup', tenantId: null }, () => make(db)));
  }
  const db = openDatabase(location);
  return make(db).finally(() => db.close());
}

/** The one that opens what is sealed: of a rotation that was cut off it may be the next one. */
async function keyInUse({ dataDir, secretKey }: Config, db: Readable) {
  if (secretKey) return { bytes: secretKey, isConfigured: true };
  const sealed = await sealedWith(db);
  const [key, next] = [await readKeyFile(keyFileOf(dataDir)), await readKeyFile(nextKeyFileOf(dataDir))];
  const bytes = next && keyFault(key, sealed) !== null ? next : key;
  return bytes && { bytes, isConfigured: false };
}

/** A configuration that is not the hub's (another directory, no key) would make a backup of something else. */
async function refuseUnlessFit(config: Config, db: Readable, without: readonly Part[]): Promise<void> {
  const parts = { 'secret key': 'key', media: 'media', logins: 'logins', hub: undefined } as const;
  const looks = await lookAtParts({ ...config, blobs: blobsOf(config) }, db);
  const errors = looks.filter(({ part }) => !without.some((left) => left === parts[part])).flatMap(({ faults }) => faults);
  if (errors.length > 0)
    throw new HooklineError('invalid-configuration', 'This is not what the hub runs on: configure the command as the hub.', { errors });
}

/** Undefined: a hub runs. */
async function holdUnlessHubRuns(config: Config): Promise<{ run<T>(work: () => Promise<T>): Promise<T> } | undefined> {
  const probe = await holdDirectory('data', config.dataDir, { clock: systemClock }).catch((error) => {
    if (hasCode(error, 'data-directory-in-use')) return undefined;
    throw error;
  });
  if (!probe) return undefined;
  await probe.release();
  return { run: (work) => withoutHub(config, work) };
}

async function withTokens<T>({ dataDir, tokensDir }: Config, work: () => Promise<T>): Promise<T> {
  if (resolve(tokensDir) === resolve(dataDir)) return work();
  const held: Held = await holdDirectory('tokens', tokensDir, { clock: systemClock }).catch(stopFirst);
  return work().finally(() => held.release());
}

/** Rejects at once where the hub does not answer, or not to this key. */
async function loginsOfHub(address: HubAddress, config: Config, db: Readable) {
  const { hub, base } = await operatorsHub(address, config);
  return async ({ id, name, tenantId }: Profile): Promise<NodeReadable | null> => {
    for (let left = TRIES; ; left--) {
      try {
        const answer = await hub.getSessionBackup(id, { tenant: tenantId });
        return NodeReadable.fromWeb(answer.body as Parameters<typeof NodeReadable.fromWeb>[0]);
      } catch (error) {
        const status = isProblem(error) ? error.status : undefined;
        if (status === 404 && !(await isThere(db, id))) return null;
        if (status === 404)
          throw refuse(`The hub at ${base} does not know the session ${id}: it is not the one that runs on ${config.dataDir}.`);
        // Its tenant makes backups, too.
        if (status !== 429 || left === 0) throw refuse(`The login of the session "${name}" (${id}) cannot be had: ${messageOf(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  };
}

async function operatorsHub(address: HubAddress, config: Config) {
  try {
    const client = hubClient(address, config);
    await client.hub.listTenants({ limit: 1 });
    return client;
  } catch (error) {
    const advice =
      "A hub runs here, and the logins are had from it, with the operator's key (--key, HOOKLINE_API_KEY or the configured adminKey). Or stop it, or leave them out: --without logins.";
    throw refuse(`${messageOf(error)} ${advice}`);
  }
}

async function loginOfStopped({ tokensDir }: Config, key: Buffer | undefined, session: Profile): Promise<NodeReadable | null> {
  if (!key)
    throw new HooklineError(
      'invalid-configuration',
      'Logins are sealed with the secret key, and there is none. Restore it, or leave them out: --without logins.',
    );
  const vault = new Vault(tokensDir, systemClock);
  const { profile } = session;
  const still = async (_: unknown, work: (directory: string, signal: AbortSignal) => Promise<void>): Promise<void> => {
    await vault.lock(profile);
    await vault
      .directory(profile)
      .then((directory) => work(directory, new AbortController().signal))
      .finally(() => vault.unlock(profile));
  };
  return (await new Logins(vault, key).pack(session, { still })).bytes;
}

const counted = (count: number, one: string): string => `${count >= 100_000 ? 'at least ' : ''}${count} ${one}${count === 1 ? '' : 's'}`;

function told(directory: string, { files, logins, missing, waiting, key, running, without }: Manifest, bytes: number): string {
  const lines: string[] = [];
  const media = files.filter(({ path }) => path.startsWith('media/')).length;
  const what = `${counted(media, 'media file')} and ${counted(logins.length, 'login')}`;
  lines.push(`The backup is whole: ${directory}, ${(bytes / 1e6).toFixed(1)} MB, with ${what}.`);
  if (files.some(({ path }) => path === KEY_FILE)) lines.push('The secret key is in it: whoever has this directory has the accounts.');
  else if (key.id)
    lines.push(`The secret key ${key.id} is not in it. Keep it elsewhere: nothing that is sealed in the backup opens without.`);
  if (without.length > 0) lines.push(`Left out, as you asked: ${without.join(', ')}.`);
  if (missing.media > 0) lines.push(`Missing: ${counted(missing.media, 'file')} that the database names and the hub no longer has.`);
  if (missing.logins.length > 0) lines.push(`Missing: the logins of ${missing.logins.join(', ')}, which the hub no longer has.`);
  if (waiting.sends + waiting.deliveries > 0) {
    const owed = `${counted(waiting.sends, 'message')} and ${counted(waiting.deliveries, 'webhook')}`;
    lines.push(`A hub that it is restored to sends ${owed} that waited then.`);
    if (running) lines.push('So does the hub that runs here: see docs/backup.md before both do.');
  }
  return lines.map((line) => `${line}\n`).join('');
}

function toldRestored({ manifest, files, logins }: CheckedBackup, stopped: boolean): string {
  const { hub, startedAt, waiting, running } = manifest;
  const lines = [`Restored: the hub ${hub ?? '(without an id yet)'} as of ${startedAt}, with ${counted(logins.length, 'login')}.`];
  const unlinked = manifest.without.includes('logins') || manifest.missing.logins.length > 0 || logins.length < manifest.logins.length;
  if (unlinked) lines.push('Logins are missing in this backup: their phones have to be linked anew.');
  const isWhole = files.length === manifest.files.length && !manifest.without.includes('media') && manifest.missing.media === 0;
  if (!isWhole && !unlinked) lines.push('Media files are missing in this backup: what needs them fails, and the rest goes on.');
  if (stopped) lines.push('Its sessions are stopped: nothing is sent before they are connected.');
  else if (waiting.sends > 0) lines.push(`At its start it sends ${counted(waiting.sends, 'message')} that waited then.`);
  if (running) {
    const look = stopped ? '' : ' To look before anything is sent, restore with --stopped.';
    lines.push(
      `The hub that it was made of ran on, and may have sent since what waited at ${startedAt}. Both must never run: they share the logins.${look}`,
    );
  }
  return lines.map((line) => `${line}\n`).join('');
}
