import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { AuditLog } from '../audit/audit.ts';
import { type Resource, resourceOf } from '../audit/entry.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { HooklineError, hasCode } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import { type Runtime, systemClock, systemRandom } from '../core/runtime.ts';
import { holdDatabase } from '../db/database-hold.ts';
import { databaseLocation } from '../db/location.ts';
import { migrationStatus } from '../db/migrate.ts';
import { type Database, type DatabaseLocation, openDatabase } from '../db/open.ts';
import { holdDirectory } from '../home/data-directory.ts';
import { createLogging } from '../ops/logging.ts';
import { ApiKeys } from '../tenants/api-keys.ts';
import { Tenants } from '../tenants/tenants.ts';
import { blobStoreOf } from '../wiring/blob-store.ts';
import { writeError } from './output.ts';

/** The database of a hub so configured. Rejects where none has been made yet, instead of making an empty one. */
export function existingDatabase(config: Config): DatabaseLocation {
  const location = databaseLocation(config);
  if ('url' in location || existsSync(location.file)) return location;
  throw new HooklineError(
    'storage-unavailable',
    `There is no hub here: no database at ${location.file}. Run this in the directory of the hub (such as /var/lib/hookline), as its user, or say where it is with HOOKLINE_CONFIG or HOOKLINE_DATA_DIR. A new one makes its database at its first start.`,
  );
}

/** For commands that may run beside the hub, unless they say otherwise. Refuses a database that is not up to date. */
export async function withDatabase<T>(config: Config, work: (db: Database, runtime: Runtime) => Promise<T>): Promise<T> {
  const location = existingDatabase(config);
  if ((await migrationStatus(location)).waiting.length > 0) {
    throw new HooklineError('storage-unavailable', 'The database is not up to date. Start the hub, or run "hookline migrate up".');
  }
  const logging = createLogging({ ...config.log, format: 'pretty', output: process.stderr });
  const db = openDatabase(location);
  try {
    return await work(db, { clock: systemClock, random: systemRandom, log: logging.log });
  } finally {
    await db.close();
    await logging.close();
  }
}

/** The store of files of a hub so configured. */
export function blobsOf(config: Config): BlobStore {
  const { log } = createLogging({ level: 'warn', console: true, format: 'pretty', output: process.stderr });
  return blobStoreOf(config, { clock: systemClock, random: systemRandom, log });
}

/** What a command is about to change, as the audit log tells it. */
export interface Act {
  action: string;
  /** Null for what concerns the hub itself; left out where it is what the command makes. */
  tenantId?: TenantId | null;
  resource?: Resource;
}

/** Runs a part of a command that changes something, and puts on record who did it and what became of it. */
export async function recorded<T>(db: Database, runtime: Runtime, act: Act, work: () => Promise<T>): Promise<T> {
  const audit = new AuditLog(db, runtime);
  const record = (made: unknown, { status, code }: { status: number; code: string | null }): Promise<void> => {
    const resource =
      resourceOf((made as { id?: unknown } | undefined)?.id) ?? (code === null ? act.resource : namedOnly(act.resource)) ?? null;
    const tenantId = act.tenantId === undefined ? ((resource?.type === 'tenant' ? resource.id : null) as TenantId | null) : act.tenantId;
    const actor = { kind: 'cli', name: userName() } as const;
    return audit.record({ ...{ tenantId, actor, action: act.action, resource }, address: null, status, code });
  };
  try {
    const made = await work();
    await record(made, { status: 200, code: null });
    return made;
  } catch (error) {
    if (error instanceof HooklineError) await record(undefined, error);
    throw error;
  } finally {
    await audit.stop();
  }
}

/** What was typed in the place of an id or a name and is none may be a secret that was to stand elsewhere. */
const namedOnly = (resource: Resource | undefined): Resource | undefined =>
  resource && (resourceOf(resource.id) ?? { ...resource, id: null });

/** Null where the machine has none for the number that this process runs under, as in many containers. */
function userName(): string | null {
  try {
    return userInfo().username;
  } catch {
    return null;
  }
}

/** Where the hub must not see things change under it, its directory and its database are held meanwhile. */
export async function withoutHub<T>(config: Config, work: (location: DatabaseLocation) => Promise<T>): Promise<T> {
  const location = databaseLocation(config);
  const directory = await holdDirectory('data', config.dataDir, { clock: systemClock }).catch(stopFirst);
  try {
    if ('file' in location) return await work(location);
    const database = await holdDatabase(location.url, {
      clock: systemClock,
      onLost: (error) => writeError(`${error.message}\n`),
    }).catch(stopFirst);
    try {
      // A hub that was cut off from its database and comes back finds that somebody else has had it.
      await database.claim();
      return await work(location);
    } finally {
      await database.release();
    }
  } finally {
    await directory.release();
  }
}

/** For a start another directory or database is a way out, and for a command, which is for that hub, it is none. */
export function stopFirst(error: unknown): never {
  if (!hasCode(error, 'data-directory-in-use', 'database-in-use') || error.extra?.held === undefined) throw error;
  throw new HooklineError(error.code, `${error.extra.held}. Stop the hub first (systemctl stop hookline).`, {
    extra: error.extra,
    cause: error,
  });
}

export interface TenantRooms {
  tenants: Tenants;
  keys: ApiKeys;
  db: Database;
  runtime: Runtime;
  /** See `recorded`. */
  recorded<T>(act: Act, work: () => Promise<T>): Promise<T>;
  /** Rejects with `not-found`. */
  tenantId(idOrName: string): Promise<TenantId>;
}

export function withTenants<T>(work: (rooms: TenantRooms) => Promise<T>): Promise<T> {
  return withDatabase(loadConfig({ dev: false }), (db, runtime) => {
    const keys = new ApiKeys(db, runtime);
    const tenants = new Tenants(db, { keys, belongings: { giveBack: onlyInTheHub }, runtime });
    const tenantId = async (idOrName: string): Promise<TenantId> => tenants.named(idOrName);
    return work({ tenants, keys, db, runtime, tenantId, recorded: (act, change) => recorded(db, runtime, act, change) });
  });
}

/** Browsers belong to the running hub; a tenant is deleted there. */
function onlyInTheHub(): Promise<never> {
  return Promise.reject(new Error('A tenant can only be deleted through the API of the running hub'));
}
