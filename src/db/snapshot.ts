/** A whole database in one file, as it was at one moment, while a hub goes on writing; and the way back. */
import { open, rename, rm } from 'node:fs/promises';
import knex, { type Knex } from 'knex';
import { HooklineError } from '../core/errors.ts';
import { copyWhole } from '../core/whole-file.ts';
import { type DatabaseLocation, knexConfig } from './open.ts';
import { dumpPostgres, restorePostgres } from './postgres-tools.ts';

/**
 * Writes all that is committed now into the new file, and resolves with what `look` finds in exactly that. On SQLite by
 * `VACUUM INTO`: it reads beside whoever writes, and so holds up nobody, but the write-ahead log grows meanwhile. (The
 * interface for online backups begins anew with every write of another process.)
 */
export async function takeSnapshot<T>(location: DatabaseLocation, file: string, look: (db: { sql: Knex }) => Promise<T>): Promise<T> {
  // Before anybody makes it whom others could read.
  await (await open(file, 'wx', 0o600)).close();
  return 'url' in location ? ofPostgres(location.url, file, look) : ofSqlite(location, file, look);
}

/** To be called while the database is held. One that this was cut off in is empty. */
export async function restoreSnapshot(location: DatabaseLocation, file: string): Promise<void> {
  if ('url' in location) return restorePostgres(location.url, file);
  const draft = `${location.file}.draft`;
  await rm(draft, { force: true });
  await copyWhole(file, draft);
  await rename(draft, location.file);
}

/** Whether nothing is in it: no table that somebody has made. */
export function isEmpty(location: { url: string }): Promise<boolean> {
  return withKnex(location, async (sql) => {
    const tables = sql('information_schema.tables').whereNotIn('table_schema', ['pg_catalog', 'information_schema']);
    return (await tables.first('table_name')) === undefined;
  });
}

async function ofSqlite<T>(location: { file: string }, file: string, look: (db: { sql: Knex }) => Promise<T>): Promise<T> {
  await withKnex(location, (sql) => sql.raw('VACUUM INTO ?', [file]));
  return withKnex({ file }, async (sql) => {
    const [row] = await sql.raw('PRAGMA quick_check');
    if (row?.quick_check !== 'ok') {
      throw new HooklineError('storage-unavailable', `The database is damaged: ${row?.quick_check}. Restore an earlier backup.`);
    }
    return look({ sql });
  });
}

function ofPostgres<T>(url: string, file: string, look: (db: { sql: Knex }) => Promise<T>): Promise<T> {
  return withKnex({ url }, (sql) =>
    sql.transaction(
      async (tx) => {
        const { rows } = await tx.raw('SELECT pg_export_snapshot() AS snapshot');
        const found = await look({ sql: tx });
        await dumpPostgres(url, file, rows[0].snapshot);
        return found;
      },
      { isolationLevel: 'repeatable read', readOnly: true },
    ),
  );
}

async function withKnex<T>(location: DatabaseLocation, work: (sql: Knex) => Promise<T>): Promise<T> {
  const sql = knex(knexConfig(location, { min: 0, max: 1 }));
  try {
    return await work(sql);
  } finally {
    await sql.destroy();
  }
}
