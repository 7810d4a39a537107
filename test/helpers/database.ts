import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DialectName } from '../../src/db/dialect.ts';
import { type Database, type DatabaseLocation, openDatabase } from '../../src/db/open.ts';
import type { Tx } from '../../src/db/tx.ts';
import { migratedDatabase, newDatabase } from './postgres-databases.ts';
import { findPostgres } from './requirements.ts';
import { sqliteTemplate } from './template.ts';

export interface TestDatabase {
  db: Database;
  location: DatabaseLocation;
  /** Closes it and removes all of it. */
  dispose(): Promise<void>;
}

/** The stores that a conformance suite runs on here: SQLite always, Postgres where there is one. */
export async function stores(): Promise<DialectName[]> {
  return (await findPostgres()) ? ['sqlite', 'postgres'] : ['sqlite'];
}

interface Place {
  location: DatabaseLocation;
  remove(): Promise<void>;
}

/** A place for one fresh database: a file in a new directory, or a new database on the test Postgres. */
export function testLocation(dialect: DialectName): Promise<Place> {
  return dialect === 'sqlite' ? newDirectory() : newDatabase();
}

/** A place for one migrated, empty database: a copy of one that was migrated once. */
export async function migratedLocation(dialect: DialectName): Promise<Place> {
  return dialect === 'sqlite' ? copyOf({ file: await sqliteTemplate() }) : migratedDatabase();
}

/** A place with a copy of what is in another, which nobody has open. */
export async function copyOf(location: DatabaseLocation): Promise<Place> {
  if ('url' in location) return newDatabase(new URL(location.url).pathname.slice(1));
  const place = await newDirectory();
  await copyFile(location.file, place.location.file);
  return place;
}

async function newDirectory(): Promise<Place & { location: { file: string } }> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-test-'));
  return { location: { file: join(directory, 'hookline.sqlite') }, remove: () => rm(directory, { recursive: true, force: true }) };
}

/**
 * A migrated, empty database of its own for one test. Each write is rehearsed, on Postgres where all rounds are asked for: it takes
 * its time.
 */
export async function testDatabase(
  dialect: DialectName = 'sqlite',
  { rehearse = dialect === 'sqlite' || process.env.HOOKLINE_TEST_FAULTS === 'full' } = {},
): Promise<TestDatabase> {
  const { location, remove } = await migratedLocation(dialect);
  // Few readers, since many tests have a Postgres open at the same time.
  const db = openDatabase(location, { readers: 2, rehearse });
  return {
    db,
    location,
    async dispose() {
      await db.close();
      await remove();
    },
  };
}

/** Has somebody else's transaction, in which `write` was done, hold the database until what this resolves with is called. */
export async function heldByAnother(location: DatabaseLocation, write: (tx: Tx) => Promise<unknown>): Promise<() => Promise<void>> {
  const other = openDatabase(location);
  const [begun, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const holding = other.write(async (tx) => {
    await write(tx);
    begun.resolve();
    await released.promise;
  });
  await begun.promise;
  return async () => {
    released.resolve();
    await holding;
    await other.close();
  };
}
