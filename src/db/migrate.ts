import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import knex, { type Knex } from 'knex';
import { HooklineError } from '../core/errors.ts';
import { type DatabaseLocation, knexConfig } from './open.ts';

/** `migrations/` beside `src/`, in a checkout (`.ts`) as in the built package (`.js`). */
const DIRECTORY = fileURLToPath(new URL('../../migrations/', import.meta.url));

/**
 * Names migrations without their ending, so that a database made by a checkout and one made by the built package agree
 * on what has run.
 */
export const migrationSource: Knex.MigrationSource<string> = {
  async getMigrations() {
    const files = await readdir(DIRECTORY);
    return files.filter((file) => /^\d+_.+\.(ts|js)$/.test(file) && !file.endsWith('.d.ts')).sort();
  },
  getMigrationName: (file) => file.replace(/\.(ts|js)$/, ''),
  getMigration: (file) => import(pathToFileURL(join(DIRECTORY, file)).href) as Promise<Knex.Migration>,
};

/**
 * Brings the schema up to date (`up`) or takes everything back (`down`), whole or not at all. Returns the names of what was
 * run. Rejects where a newer Hookline has been. To be called while the database is held.
 */
export async function migrate(location: DatabaseLocation, direction: 'up' | 'down' = 'up'): Promise<string[]> {
  // Before SQLite makes it, which would let others read it; what it makes beside it takes the same mode.
  if ('file' in location) await (await open(location.file, 'a', 0o600)).close();
  const sql = knex(knexConfig(location, { min: 0, max: 1 }));
  try {
    await listed(sql);
    const config = { migrationSource };
    // Left set by one who was killed in the middle of it: whoever holds the database is alone on it.
    await sql.migrate.forceFreeMigrationsLock(config);
    const [, names] =
      direction === 'up' ? await sql.migrate.latest(config) : await sql.transaction((all) => all.migrate.rollback(config, true));
    return (names as string[]).map((file) => migrationSource.getMigrationName(file));
  } finally {
    await sql.destroy();
  }
}

/** The names of the migrations that have run and of those that wait, each in their order. */
export async function migrationStatus(location: DatabaseLocation): Promise<{ done: string[]; waiting: string[] }> {
  const sql = knex(knexConfig(location, { min: 0, max: 1 }));
  try {
    return await listed(sql);
  } finally {
    await sql.destroy();
  }
}

/** A database that a newer Hookline has changed is left alone: what this one would write there might not fit any more. */
async function listed(sql: Knex): Promise<{ done: string[]; waiting: string[] }> {
  const config = { migrationSource, disableMigrationsListValidation: true };
  const known = (await migrationSource.getMigrations([])).map((file) => migrationSource.getMigrationName(file));
  // Knex would make its tables to look into them.
  if (!(await sql.schema.hasTable('knex_migrations'))) return { done: [], waiting: known };
  const [ran, files] = (await sql.migrate.list(config)) as [{ name: string }[], string[]];
  const done = ran.map(({ name }) => name);
  const waiting = files.map((file) => migrationSource.getMigrationName(file));
  const unknown = done.filter((name) => !known.includes(name));
  if (unknown.length === 0) return { done, waiting };
  throw new HooklineError(
    'invalid-configuration',
    `A newer Hookline has changed this database: this one does not know ${unknown.join(', ')}. Run that version or a later one, or restore a backup from before the upgrade.`,
  );
}
