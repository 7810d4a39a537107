import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import knex, { type Knex } from 'knex';
import type Pg from 'pg';
import type { TenantId } from '../core/ids.ts';
import { makeDirectorySync } from '../core/make-directory.ts';
import type { Clock, Logger, Milliseconds, Timer } from '../core/runtime.ts';
import { Availability } from './availability.ts';
import { DatabaseFile } from './database-file.ts';
import type { DatabaseHold } from './database-hold.ts';
import type { DialectName } from './dialect.ts';
import { GroupCommit, type WriteTime } from './group-commit.ts';
import { keepStatements, type SqliteConnection } from './kept-statements.ts';
import { guardReads, Readers } from './readers.ts';
import type { Tx } from './tx.ts';
import { Writer } from './writer.ts';

export interface Database {
  readonly dialect: DialectName;
  /** For reads; sees what is committed. What is written over it is in no turn and behind no fence: cluster/counts-store.ts alone does. */
  readonly sql: Knex;
  /**
   * Runs `work` in a write transaction and resolves once it is on disk. Several calls made at the same time share one
   * commit (and one fsync); one that throws undoes only itself. For that those that came before it in the same commit may
   * be run again: `work` must have no effect except through its `Tx`.
   * `for`: whose work it is. Tenants take turns, and the calls for one of them, or for none, are run in their order.
   * `waited`: for how long (ms) a caller has waited for it already; it then rejects within 5 s in all with
   * `storage-unavailable`, whatever waits before it. A rejection says whether nothing was stored or nobody knows.
   */
  write<T>(work: (tx: Tx) => Promise<T>, whose?: { for?: TenantId; waited?: Milliseconds }): Promise<T>;
  /** Commits that were run a second time because a write in them was refused, since this was opened. */
  reruns(): number;
  /** Where the time of its write transactions went, since this was opened. */
  writeTime(): Readonly<WriteTime>;
  /** Whether the last write was done, and the hub still has its hold on the database. */
  readonly up: boolean;
  /** Rejects with what is wrong while it is not up, its file is gone, or nothing can be read. */
  check(): Promise<void>;
  /** Writes what was asked for; a later `write` rejects with `shutting-down`. */
  close(): Promise<void>;
}

export type DatabaseLocation = { file: string } | { url: string };

export interface OpenOptions {
  /** Told of what a callback of `afterCommit` throws. */
  onError?: (error: unknown) => void;
  log?: Logger;
  /** Connections to Postgres that read at the same time, 8 when not given. */
  readers?: number;
  /** Where it is given, something is written now and then, so that `up` is true of now. */
  clock?: Clock;
  /** On Postgres: only while it is held anything is asked, and nothing is committed once another hub has it. */
  hold?: Pick<DatabaseHold, 'fence' | 'listen' | 'suspect'>;
  /** For tests: the work of each write is done twice, the first time in vain. What has an effect except through its `Tx` then shows it. */
  rehearse?: boolean;
}

/** Milliseconds that a write waits for another process. */
const BUSY_TIMEOUT = 4_000;

/** Together they are less than 5 s (ms): the wait for a connection of the pool, and the one for a lock. */
const POOL_TIMEOUT = 2_800;
const LOCK_TIMEOUT = 2_000;
/** Milliseconds that a server may take to let one in. */
const CONNECT_TIMEOUT = 4_000;
/** A read that takes longer (ms) is given up by the server; one whose connection is dead, a moment later. */
const READ_TIMEOUT = 4_500;
const READ_GIVEN_UP = READ_TIMEOUT + 500;
/** The same of a statement that writes: it may take what many events make due. */
const WRITE_TIMEOUT = 30_000;
/** A transaction in which nothing happens (ms): the hub stands still, and its locks must not. */
const IDLE_TIMEOUT = 10_000;
/** The same where nodes write in turns, all of which wait for one that stands still; and how long each waits for its turn. */
const IDLE_IN_TURN = 4_000;
const TURN_TIMEOUT = 6_000;
/** Milliseconds that a migration waits for a lock. */
const MIGRATION_LOCK_TIMEOUT = 60_000;

const HEARTBEAT = 15_000;
const HEARTBEAT_DOWN = 1_000;

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
  if ('url' in location) return postgresConfig(location.url, pool, { lock: MIGRATION_LOCK_TIMEOUT });
  return {
    ...COMMON,
    client: 'sqlite3',
    connection: { filename: location.file },
    useNullAsDefault: true,
    pool: { ...pool, afterCreate: prepareSqlite },
  };
}

function prepareSqlite(connection: SqliteConnection, done: Prepared): void {
  keepStatements(connection);
  connection.exec(PRAGMAS, (error) => done(error, connection));
}

type Prepared = (error: Error | null, connection?: unknown) => void;

/** Milliseconds; what is left out has no end. */
interface Timeouts {
  lock: number;
  statement?: number;
  idle?: number;
  /** After which the driver gives an answer up. */
  answer?: number;
  /** A statement is sent before the ones before it are answered. */
  pipeline?: boolean;
}

/** `added`: told of each new connection. */
function postgresConfig(
  connectionString: string,
  pool: { min: number; max: number },
  timeouts: Timeouts,
  added: (connection: Pg.Client) => void = () => undefined,
): Knex.Config {
  countInNumbers();
  const { lock, statement = 0, idle = 0, answer, pipeline = false } = timeouts;
  // Set by statements: a pooler in front of the server refuses what it does not know at the start of a connection.
  const settings = `SET lock_timeout = ${lock}; SET statement_timeout = ${statement}; SET idle_in_transaction_session_timeout = ${idle}`;
  return {
    ...COMMON,
    client: 'pg',
    connection: {
      connectionString,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      ...(answer === undefined ? {} : { query_timeout: answer }),
      ...(pipeline && { pipeline }),
    },
    pool: {
      ...pool,
      afterCreate(connection: Pg.Client, done: Prepared) {
        added(connection);
        connection.query(settings, (error) => done(error, connection));
      },
    },
    acquireConnectionTimeout: POOL_TIMEOUT,
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

export function openDatabase(location: DatabaseLocation, options: OpenOptions = {}): Database {
  const dialect: DialectName = 'url' in location ? 'postgres' : 'sqlite';
  if ('file' in location) makeDirectorySync(dirname(location.file));
  const { onError = throwToNobody, readers = 8, log, clock, hold, rehearse = false } = options;
  const availability = new Availability({ log, onDown: () => heart?.hurry() });
  const file = 'file' in location ? new DatabaseFile(location.file) : undefined;
  const pools = openPools(location, availability, { max: readers, inTurn: hold?.fence.before !== undefined });
  const writer = new Writer(pools.writer, dialect, {
    prepare(connection, done) {
      file?.note();
      pools.prepare(connection, done);
    },
    fence: hold && { ...hold.fence, lost: hold.suspect },
    beforeCommit: file && (() => file.check()),
  });
  const commits = new GroupCommit(writer, dialect, { availability, onError, rehearse });
  hold?.listen({
    away(reason) {
      availability.close(reason);
      commits.refuse(reason);
      pools.readers.breakOff();
      writer.discard();
    },
    back() {
      availability.open();
      heart?.beat();
    },
  });
  const probe = (tx: Tx): Promise<unknown> => (hold ? Promise.resolve() : tx.sql('hub_owner').increment('beats'));
  const heart = clock && heartbeat(clock, { availability, count: () => commits.commits, write: () => commits.write(probe, '') });
  return {
    dialect,
    sql: pools.reader,
    write: (work, whose) => commits.write(work, whose?.for ?? '', whose?.waited),
    reruns: () => commits.reruns,
    writeTime: () => commits.time,
    get up() {
      return availability.why === undefined;
    },
    async check() {
      if (availability.why) throw availability.why;
      file?.check();
      await pools.reader.raw('SELECT 1');
    },
    async close() {
      heart?.stop();
      writer.end();
      await commits.close();
      await Promise.all([pools.reader.destroy(), writer.close()]);
    },
  };
}

type Prepare = (connection: never, done: Prepared) => void;

function openPools(location: DatabaseLocation, availability: Availability, { max, inTurn }: { max: number; inTurn: boolean }) {
  const readers = new Readers();
  if ('file' in location) {
    const [reader, writer] = [4, 1].map((connections) => knex(knexConfig(location, { min: 0, max: connections }))) as [Knex, Knex];
    return { reader, writer, readers, prepare: prepareSqlite as Prepare };
  }
  const reading: Timeouts = { lock: LOCK_TIMEOUT, statement: READ_TIMEOUT, answer: READ_GIVEN_UP };
  const [lock, idle] = inTurn ? [TURN_TIMEOUT, IDLE_IN_TURN] : [LOCK_TIMEOUT, IDLE_TIMEOUT];
  const writing: Timeouts = { lock, statement: WRITE_TIMEOUT, idle, answer: WRITE_TIMEOUT + 5_000, pipeline: true };
  const reader = knex(postgresConfig(location.url, { min: 0, max }, reading, (connection) => readers.add(connection as never)));
  guardReads(reader, { availability, longest: READ_GIVEN_UP });
  const config = postgresConfig(location.url, { min: 0, max: 1 }, writing);
  return { reader, writer: knex(config), readers, prepare: config.pool?.afterCreate as Prepare };
}

/**
 * While nothing else is written it writes something, more often while that fails: whether the database is up is then true
 * of now. `count`: what was written.
 */
function heartbeat(clock: Clock, options: { availability: Availability; count(): number; write(): Promise<unknown> }) {
  const { availability, count, write } = options;
  let timer: Timer | undefined;
  let seen = 0;
  let stopped = false;
  const wait = (): void => {
    timer?.cancel();
    if (!stopped) timer = clock.after(availability.why ? HEARTBEAT_DOWN : HEARTBEAT, beat);
  };
  const beat = (): void => {
    timer?.cancel();
    const isQuiet = availability.why !== undefined || count() === seen;
    seen = count();
    // What is wrong is known when it fails.
    if (isQuiet) void write().then(wait, wait);
    else wait();
  };
  wait();
  return {
    beat,
    /** Something has failed: the next one comes sooner. */
    hurry: wait,
    stop(): void {
      stopped = true;
      timer?.cancel();
    },
  };
}

/** It is a mistake in the hub, and ends up where those do: an exception that nobody catches. */
function throwToNobody(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
