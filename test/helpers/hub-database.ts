import { join } from 'node:path';
import knex, { type Knex } from 'knex';
import type { Hub } from './hub.ts';

/** The database of a hub that runs, as somebody else has it open; to be destroyed. */
export function databaseOf({ databaseUrl, directory }: Pick<Hub, 'databaseUrl' | 'directory'>): Knex {
  if (databaseUrl !== undefined) return knex({ client: 'pg', connection: databaseUrl, pool: { min: 0, max: 1 } });
  return knex({
    client: 'sqlite3',
    connection: { filename: join(directory, 'data', 'hookline.sqlite') },
    useNullAsDefault: true,
    pool: { afterCreate: (connection: never, done: () => void) => wait(connection, done) },
  });
}

const wait = (connection: { exec(sql: string, done: () => void): void }, done: () => void): void =>
  connection.exec('PRAGMA busy_timeout = 30000', done);
