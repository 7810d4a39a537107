import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import knex, { type Knex } from 'knex';
import type Pg from 'pg';
import type { TenantId } from '../core/ids.ts';
import type { DialectName } from './dialect.ts';
import { GroupCommit } from './group-commit.ts';
import { keepStatements, type SqliteConnection } from './kept-statements.ts';

/** A running write transaction, as a room's store is given it. */
export interface Tx {
  readonly sql: Knex;
  readonly dialect: DialectName;
  /** Runs once the transaction is on disk, never if it is rolled back. For wake-ups only: what it throws reaches nobody but the log. */
  afterCommit(callback: () => void): void;
}

export interface Database {
  readonly dialect: DialectName;
  /** For reads; sees what is committed. */
  readonly sql: Knex;
  /**
   * Runs `work` in a write transaction and resolves once it is on disk. Several calls made at the same time share one
   * commit (and one fsync); one that throws undoes only itself. For that those that came before it in the same commit may
   * be run again: `work` must have no effect except through its `Tx`.
   * `for`: whose work it is. Tenants take turns, and the calls for one of them, or for none, are run in their order.
   */
  write<T>(work: (tx: Tx) => Promise<T>, whose?: { for: TenantId }): Promise<T>;
  /** Commits that were run a second time because a write in them was refused, since this was opened. */
  reruns(): number;
  /** Writes what was asked for; a later `write` rejects with `shutting-down`. */
  close(): Promise<void>;
}

export type DatabaseLocation = { file: string } | { url: string };

/** Milliseconds that a write waits for another process before the caller is told `storage-unavailable`. */
const BUSY_TIMEOUT = 5_000;

/**
 * `synchronous=FULL` is what makes "a 2xx is on disk" true: each commit ends with an fsync of the write-ahead log
 * (https://sqlite.org/pragma.html#pragma_synchronous). Set on every connection, because all but WAL are per connection.
 */
const PRAGMAS = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA foreign_keys = ON;
  PRAGMA busy_timeout = ${BUSY_TIMEOUT};
`;

/** An error of a statement is logged: it says what was asked with `?`, never whose texts and keys stood there. */
const COMMON = { compileSqlOnError: false, log: silent() };

/** What knex would print on the terminal, past the log of the hub, it also throws. */
function silent(): Knex.Logger {
  const nothing = (): void => undefined;
  return { debug: nothing, warn: nothing, error: nothing, deprecate: nothing };
}

/** The knex settings of a store; `knexfile.ts` gives the same ones to the knex command line. */
export function knexConfig(location: DatabaseLocation, pool: { min: number; max: number }): Knex.Config {
  if ('url' in location) {
    countInNumbers();
    return {
      ...COMMON,
      client: 'pg',
      connection: { connectionString: location.url, keepAlive: true },
      pool,
      acquireConnectionTimeout: 5_000,
    };
  }
  return {
    ...COMMON,
    client: 'sqlite3',
    connection: { filename: location.file },
    useNullAsDefault: true,
    pool: {
      ...pool,
      afterCreate(connection: SqliteConnection, done: (error: Error | null, connection: SqliteConnection) => void) {
        keepStatements(connection);
        connection.exec(PRAGMAS, (error) => done(error, connection));
      },
    },
  };
}

/**
 * Counts and times are far below 2^53: Postgres' `bigint` comes as a number, as it does from SQLite. The driver is loaded as knex
 * does it, only where there is a Postgres.
 */
function countInNumbers(): void {
  const { types }: typeof Pg = createRequire(import.meta.url)('pg');
  types.setTypeParser(types.builtins.INT8, Number);
}

/** `onError`: told of what a callback of `afterCommit` throws. */
export function openDatabase(location: DatabaseLocation, onError: (error: unknown) => void = throwToNobody): Database {
  const dialect: DialectName = 'url' in location ? 'postgres' : 'sqlite';
  if ('file' in location) mkdirSync(dirname(location.file), { recursive: true });
  const readers = knex(knexConfig(location, { min: 0, max: dialect === 'postgres' ? 8 : 4 }));
  const writer = knex(knexConfig(location, { min: 0, max: 1 }));
  const commits = new GroupCommit(writer, dialect, onError);
  return {
    dialect,
    sql: readers,
    write: (work, whose) => commits.write(work, whose?.for ?? ''),
    reruns: () => commits.reruns,
    async close() {
      await commits.close();
      await Promise.all([readers.destroy(), writer.destroy()]);
    },
  };
}

/** It is a mistake in the hub, and ends up where those do: an exception that nobody catches. */
function throwToNobody(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
