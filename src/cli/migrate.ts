import { loadConfig } from '../config/load.ts';
import { migrate, migrationStatus } from '../db/migrate.ts';
import { write } from './output.ts';
import { existingDatabase, withoutHub } from './storage.ts';

export async function migrateUp(): Promise<void> {
  const names = await withoutHub(loadConfig({ dev: false }), (location) => migrate(location, 'up'));
  write(names.length > 0 ? names.map((name) => `done  ${name}\n`).join('') : 'The database is up to date.\n');
}

export async function migrateDown(): Promise<void> {
  const names = await withoutHub(loadConfig({ dev: false }), (location) => migrate(location, 'down'));
  write(names.length > 0 ? names.map((name) => `taken back  ${name}\n`).join('') : 'There was nothing to take back.\n');
}

export async function migrateStatus(): Promise<void> {
  const { done, waiting } = await migrationStatus(existingDatabase(loadConfig({ dev: false })));
  write([...done.map((name) => `done     ${name}\n`), ...waiting.map((name) => `waiting  ${name}\n`)].join(''));
}
