/**
 * The parts of a hub, and whether they fit together: the database, the secret key, the data directory, the files of messages
 * in it and the tokens directory. Whoever moves a hub and forgets one of them is told at the start, before anything is lost
 * by it; `hookline doctor` says the same.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { Config } from '../config/load.ts';
import { type Fault, HooklineError } from '../core/errors.ts';
import { type HubId, newId } from '../core/ids.ts';
import type { Runtime } from '../core/runtime.ts';
import {
  hubOfDatabase,
  hubOfDirectory,
  ID_FILE,
  isUnused,
  nameDatabase,
  nameDirectory,
  RESTORE_FILE,
  unfinishedRestore,
  unnameDirectory,
} from '../db/hub-identity.ts';
import { databaseLocation } from '../db/location.ts';
import { migrationStatus } from '../db/migrate.ts';
import { type Database, type DatabaseLocation, openDatabase } from '../db/open.ts';
import { nextKeyFileOf } from '../home/key-rotation.ts';
import { keyFault, keyFileOf, readKeyFile } from '../home/secret-key.ts';
import { newestFiles } from '../messages/media/file-store.ts';
import { newestCopies } from '../sessions/login/copy-table-store.ts';
import { allProfiles, ownedSessions } from '../sessions/login/profile-store.ts';
import { hasLogin } from '../sessions/login/vault.ts';
import { sealedWith } from './reseal.ts';

export type Places = Pick<Config, 'dataDir' | 'tokensDir' | 'databaseUrl' | 'secretKey'> & {
  blobs: BlobStore;
  sessions: Pick<Config['sessions'], 'profiles'>;
};
type Readable = Pick<Database, 'sql'>;

export const loginCopiesDirectoryOf = (dataDir: string): string => join(dataDir, 'login-copies');

/** Files of messages that are looked for, the newest ones. */
const LOOKED_FOR = 100;
/** Sessions that are named in a text. */
const NAMED = 5;

interface Place {
  what: 'data' | 'media' | 'tokens';
  /** A directory, or what a store of files is called. */
  name: string;
  /** What configures it. */
  variable: string;
  hub(): Promise<HubId | undefined>;
  /** Null: of none any more. */
  nameHub(id: HubId | null): Promise<void>;
}

export function placesOf({ dataDir, tokensDir, blobs }: Pick<Places, 'dataDir' | 'tokensDir' | 'blobs'>): Place[] {
  const variable = isDirectory(blobs) ? 'HOOKLINE_DATA_DIR' : 'HOOKLINE_S3_BUCKET';
  return [
    { what: 'data', variable: 'HOOKLINE_DATA_DIR', ...directoryPlace(dataDir) },
    { what: 'media', name: blobs.place, variable, hub: () => blobs.hub(), nameHub: (id) => blobs.nameHub(id) },
    { what: 'tokens', variable: 'HOOKLINE_TOKENS_DIR', ...directoryPlace(tokensDir) },
  ];
}

const isDirectory = ({ place }: BlobStore): boolean => !place.startsWith('s3://');

const directoryPlace = (name: string): Pick<Place, 'name' | 'hub' | 'nameHub'> => ({
  name,
  hub: () => hubOfDirectory(name),
  nameHub: (id) => (id === null ? unnameDirectory(name) : nameDirectory(name, id)),
});

/** What was found of one part. */
export interface Look {
  part: 'hub' | 'secret key' | 'media' | 'logins';
  /** How it is, where nothing is wrong. */
  is: string;
  /** With each of these no hub starts. */
  faults: readonly Fault[];
  /** What is missing, and does not keep the hub from starting. */
  missing?: string;
}

/** Changes nothing. The database is up to date; null: there is none yet. */
export async function lookAtParts(places: Places, db: Readable | null): Promise<Look[]> {
  const looks = [await lookAtKey(places, db), await lookAtIds(places, db)];
  return db ? [...looks, await lookAtMedia(places, db), await lookAtLogins(places, db)] : looks;
}

/**
 * Rejects with `invalid-configuration` where the parts do not fit together. Of a hub that has no id yet it makes one; each part
 * that has none is given the one of the hub. To be called while all of them are held.
 */
export async function fitTogether(places: Places, db: Database, { clock, log }: Pick<Runtime, 'clock' | 'log'>): Promise<void> {
  const looks = await lookAtParts(places, db);
  refuseFaults(looks.flatMap(({ faults }) => faults));
  for (const { missing } of looks) if (missing !== undefined) log.warn(missing);
  await adopt(places, db, clock.now());
}

/**
 * Before the schema of the database is changed, where that is to be: rejects with `invalid-configuration` where a directory is of another
 * hub than the database. To be called as `fitTogether`.
 */
export async function refuseForeign(places: Places, location: DatabaseLocation): Promise<void> {
  const isMade = 'url' in location || existsSync(location.file);
  const { done, waiting } = isMade ? await migrationStatus(location) : { done: [], waiting: ['all'] };
  if (waiting.length === 0) return;
  const db = done.length > 0 ? openDatabase(location) : null;
  refuseFaults((await lookAtIds(places, db).finally(() => db?.close())).faults);
}

function refuseFaults(errors: readonly Fault[]): void {
  if (errors.length > 0)
    throw new HooklineError('invalid-configuration', 'The parts of this hub do not fit together.', { errors: [...errors] });
}

/** Makes the database and the directories parts of one hub, whatever they were before. Resolves with its id. */
export async function adopt(places: Places, db: Database, now: number): Promise<HubId> {
  const own = await hubOfDatabase(db);
  const all = placesOf(places);
  const ids = await Promise.all(all.map((place) => place.hub()));
  const id = own ?? ids.find((found) => found !== undefined) ?? newId('hub', now);
  // First: a first start that is killed in between finds directories of nobody, not those of a hub that is no more.
  if (!own) await nameDatabase(db, id);
  for (const [index, place] of all.entries()) if (ids[index] !== id) await place.nameHub(id);
  return id;
}

async function lookAtKey({ dataDir, secretKey }: Places, db: Readable | null): Promise<Look> {
  const path = secretKey ? 'HOOKLINE_SECRET_KEY' : keyFileOf(dataDir);
  const [key, next] = secretKey ? [secretKey] : [await readKeyFile(path), await readKeyFile(nextKeyFileOf(dataDir))];
  const sealed = db ? await sealedWith(db) : [];
  const message = keyFault(key, sealed);
  // Of a rotation that was cut off, either.
  const isFit = message === null || (next !== undefined && keyFault(next, sealed) === null);
  return { part: 'secret key', is: key ? path : `${path}; it is made at the first start`, faults: isFit ? [] : [{ path, message }] };
}

async function lookAtIds(places: Places, db: Readable | null): Promise<Look> {
  const faults: Fault[] = [];
  const id = db ? await hubOfDatabase(db) : undefined;
  const unused = id === undefined && (!db || (await isUnused(db)));
  let first: { id: HubId; name: string } | undefined;
  for (const { what, name, variable, hub } of placesOf(places)) {
    const path = variable;
    if (what === 'data' && (await unfinishedRestore(name)) !== undefined) {
      const advice = 'Run the same "hookline restore" again, or remove what is in it';
      faults.push({ path, message: `${name}: a restore of a backup was cut off there (${RESTORE_FILE}). ${advice}` });
      continue;
    }
    const found = await hub();
    if (found === undefined || found === id) continue;
    const whose = `the ${kindOf(what, places)} ${name} is of the hub ${found} (${ID_FILE} in it)`;
    const own = `${variable} has to name the one of this hub, or HOOKLINE_DATABASE_URL the database of that one`;
    const advice = `${own}. If they are to be one hub from now on: "hookline adopt --yes"`;
    if (id !== undefined) faults.push({ path, message: `${whose}, and the database ${nameOf(places)} is of the hub ${id}. ${advice}` });
    else if (unused) {
      const empty = isOnSqlite(places)
        ? 'That one is on SQLite, which cannot be moved to Postgres: unset HOOKLINE_DATABASE_URL to go on with it, or name empty directories for a new hub'
        : 'For a new hub name empty directories; for that one its database, or restore a backup of it';
      faults.push({ path, message: `${whose}, and the database ${nameOf(places)} is new. ${empty}` });
    } else if (first && first.id !== found) {
      faults.push({ path, message: `${whose}, and ${first.name} of the hub ${first.id}. ${advice}` });
    }
    first ??= { id: found, name };
  }
  return { part: 'hub', is: id ?? 'not named yet; the next start does so', faults };
}

const kindOf = (what: Place['what'], { blobs }: Pick<Places, 'blobs'>): string =>
  what === 'media' && !isDirectory(blobs) ? 'store of media' : `${what} directory`;

async function lookAtMedia(places: Places, db: Readable): Promise<Look> {
  const { blobs } = places;
  const files = await newestFiles(db, LOOKED_FOR);
  const here = await Promise.all(files.map((file) => blobs.find(file)));
  const gone = here.filter((is) => !is).length;
  const part = { part: 'media', is: blobs.place, faults: [] } as const;
  if (gone === 0) return part;
  const missing = `${gone} of the newest ${files.length} files that the database names are not in the ${kindOf('media', places)} ${blobs.place}`;
  const lost = 'without them sends fail, and downloads are 404';
  return missingIn(places, 'media', db, { ...part, all: gone === files.length, missing, lost });
}

async function lookAtLogins(places: Places, db: Readable): Promise<Look> {
  const { tokensDir } = places;
  const isInDatabase = places.sessions.profiles === 'database';
  const linked = (await allProfiles(db)).filter(({ isLinked }) => isLinked);
  const here = await Promise.all(linked.map(({ profile }) => hasLogin(tokensDir, profile)));
  // The login of a session that another node runs is there.
  const copies = await newestCopies(db);
  const elsewhere = new Set([...copies.keys(), ...(isInDatabase ? await ownedSessions(db) : [])]);
  const gone = linked.filter(({ id }, index) => !here[index] && !elsewhere.has(id));
  const [count, copied] = [here.filter(Boolean).length, linked.filter(({ id }) => copies.has(id)).length];
  const is = isInDatabase ? `of ${linked.length} ${count} in ${tokensDir}, ${copied} in the database` : `${linked.length} in ${tokensDir}`;
  const part = { part: 'logins', is, faults: [] } as const;
  if (gone.length === 0) return part;
  const names = gone.slice(0, NAMED).map(({ name }) => name);
  const missing = `the logins of ${gone.length} of ${linked.length} linked sessions (${names.join(', ')}${gone.length > NAMED ? ', …' : ''}) are ${isInDatabase ? 'neither in the database nor' : 'not'} in the tokens directory ${tokensDir}`;
  const lost = 'without them each of these phones has to be linked anew';
  return missingIn(places, 'tokens', db, { ...part, all: gone.length === linked.length, missing, lost });
}

/**
 * All of it is missing in a directory that was never of this hub: then it is elsewhere, and was forgotten. Otherwise something
 * has become of it, which a start does not make worse.
 */
async function missingIn(
  places: Places,
  what: Place['what'],
  db: Readable,
  { all, missing, lost, ...look }: Look & { all: boolean; missing: string; lost: string },
): Promise<Look> {
  const place = placesOf(places).find((candidate) => candidate.what === what) as Place;
  const [id, found] = [await hubOfDatabase(db), await place.hub()];
  if (!all || id === undefined || found !== undefined) {
    const text = missing.charAt(0).toUpperCase() + missing.slice(1);
    return { ...look, is: missing, missing: `${text}: ${lost}. Restore them from a backup` };
  }
  const copied = what === 'media' ? ' ("hookline media copy" brings files from one store to another)' : '';
  const advice = `Bring them along from where the hub was${copied}, or restore a backup; if they are lost, "hookline adopt --yes" says so`;
  return { ...look, faults: [{ path: place.variable, message: `${missing}: ${lost}. ${advice}` }] };
}

/** A Postgres is configured, and beside it is the database of a hub that had none. */
const isOnSqlite = ({ databaseUrl, dataDir }: Places): boolean => {
  const without = databaseLocation({ dataDir });
  return databaseUrl !== undefined && 'file' in without && existsSync(without.file);
};

/** Without the password. */
function nameOf(places: Places): string {
  const location = databaseLocation(places);
  if ('file' in location) return location.file;
  const { host, pathname } = new URL(location.url);
  return `${host}${pathname}`;
}
