import { loadConfig } from '../config/load.ts';
import { migrate, migrationStatus } from '../db/migrate.ts';
import { placesOf } from '../wiring/parts.ts';
import { answer } from './output.ts';
import { blobsOf, existingDatabase, recorded, withDatabase, withoutHub } from './storage.ts';

const UP = { action: 'migrate.up', tenantId: null };

export async function migrateUp(): Promise<void> {
  const config = loadConfig({ dev: false });
  const names = await withoutHub(config, async (location) => {
    const done = await migrate(location, 'up');
    // On record only now: before, there may have been no table for it.
    if (done.length > 0) await withDatabase(config, (db, runtime) => recorded(db, runtime, UP, async () => undefined));
    return done;
  });
  answer({ done: names }, names.length > 0 ? names.map((name) => `done  ${name}\n`).join('') : 'The database is up to date.\n');
}

/** Takes the audit log with all the rest, so that it is on record nowhere. */
export async function migrateDown(): Promise<void> {
  const config = loadConfig({ dev: false });
  const names = await withoutHub(config, async (location) => {
    const done = await migrate(location, 'down');
    // What they hold is of a hub that is no more; the next one may be made there.
    for (const place of placesOf({ ...config, blobs: blobsOf(config) })) await place.nameHub(null);
    return done;
  });
  answer(
    { takenBack: names },
    names.length > 0 ? names.map((name) => `taken back  ${name}\n`).join('') : 'There was nothing to take back.\n',
  );
}

export async function migrateStatus(): Promise<void> {
  const { done, waiting } = await migrationStatus(existingDatabase(loadConfig({ dev: false })));
  answer({ done, waiting }, [...done.map((name) => `done     ${name}\n`), ...waiting.map((name) => `waiting  ${name}\n`)].join(''));
}
