/**
 * Which hub a database and a directory are of: an id that is made once and written into each of them, so that a start
 * notices when they are of two hubs.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { HubId } from '../core/ids.ts';
import { writeWhole } from '../core/whole-file.ts';
import type { Database } from './open.ts';

/** The file in each directory. */
export const ID_FILE = 'hub.id';
/** In a data directory that `hookline restore` has begun to fill: until it is done, no hub starts there. */
export const RESTORE_FILE = 'restore.unfinished';

const SETTING = 'hub-id';

/** Undefined where none has been written yet. */
export async function hubOfDatabase({ sql }: { sql: Knex }): Promise<HubId | undefined> {
  return (await sql('hub_settings').where({ name: SETTING }).first('value'))?.value;
}

/** Whether no hub has ever been started on it. */
export async function isUnused({ sql }: { sql: Knex }): Promise<boolean> {
  return (await sql('hub_settings').first('name')) === undefined && (await sql('tenants').first('id')) === undefined;
}

export async function nameDatabase(db: Pick<Database, 'write'>, id: HubId): Promise<void> {
  await db.write(async (tx) => {
    await tx.sql('hub_settings').insert({ name: SETTING, value: id }).onConflict('name').merge();
  });
}

/** Undefined where none has been written yet, or no directory is there. */
export async function hubOfDirectory(directory: string): Promise<HubId | undefined> {
  return (await textOf(join(directory, ID_FILE)))?.trim() as HubId | undefined;
}

/** The directory is made where it is not there. */
export async function nameDirectory(directory: string, id: HubId): Promise<void> {
  await writeWhole(join(directory, ID_FILE), `${id}\n`);
}

/** What is left in it then belongs to no hub. */
export async function unnameDirectory(directory: string): Promise<void> {
  await rm(join(directory, ID_FILE), { force: true });
}

/** What a restore that was cut off has written there; undefined where none was. */
export async function unfinishedRestore(dataDirectory: string): Promise<string | undefined> {
  return (await textOf(join(dataDirectory, RESTORE_FILE)))?.trim();
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw error;
  }
}
