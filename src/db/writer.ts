import { promisify } from 'node:util';
import type { Knex } from 'knex';
import type { Client } from 'pg';
import { HooklineError, messageOf } from '../core/errors.ts';
import { type DialectName, isConnectionLost, storageFailure } from './dialect.ts';
import type { SqliteConnection } from './kept-statements.ts';
import { type Topic, tellNews } from './news.ts';

/** Who may write, on Postgres: see tenure.ts. */
export interface Fence {
  /** The row that is there for as long as this hub may, as it stands behind FROM. No other hub holds the same one. */
  readonly row: string;
  /** Run first in each transaction. */
  readonly before?: string;
  /** The node whose news it is that is told with a commit; without it nothing is told. */
  readonly from?: string;
  /** A commit was refused because another hub has taken the database. */
  lost(): void;
}

export interface WriterOptions {
  /** Called with a connection before its first use. */
  prepare?: ((connection: never, done: (error: Error | null | undefined) => void) => void) | undefined;
  fence?: Fence | undefined;
  /** Throws where what would be committed now would not be found again. */
  beforeCommit?: (() => void) | undefined;
}

type PgConnection = Client & { processID: number; connection: { stream: { destroy(): void } }; __knex__disposed?: unknown };
type Connection = SqliteConnection | PgConnection;

/** Milliseconds between two looks whether a transaction has come to its end. */
const LOOK_AGAIN = 100;
const LONGEST_LOOK = 1_000;
const CLOSING = 2_000;
/** https://www.postgresql.org/docs/15/errcodes-appendix.html */
const CONNECTION_FAILURE = '08006';

/** The commit failed on the way: it may have happened. `settle` asks the database as soon as it answers; null: nobody knows. */
export class OpenCommit extends Error {
  readonly settle: () => Promise<boolean | null>;

  constructor(cause: unknown, settle: () => Promise<boolean | null>) {
    super(messageOf(cause), { cause });
    this.settle = settle;
  }
}

/**
 * The one connection that writes, held for the whole of a transaction: all that is asked through `sql` goes over it. One
 * that broke is replaced at the next `begin` and not before: over another one the rest of a transaction would be
 * committed statement by statement, without what came before.
 */
export class Writer {
  readonly sql: Knex;
  readonly #options: WriterOptions;
  #connection: Connection | undefined;
  #opening: Promise<Connection> | undefined;
  /** On Postgres: that of the running transaction. */
  #held: PgConnection | undefined;
  /** One statement at a time: SQLite's driver keeps no order by itself. */
  #turn: Promise<void> = Promise.resolve();
  #endTurn: (() => void) | undefined;
  /** Of the running transaction, as the server counts them. */
  #xid: number | null = null;
  /** What the running transaction tells other nodes. */
  readonly #news = new Map<string, { topic: Topic; text: string }>();
  #isEnding = false;

  constructor(sql: Knex, dialect: DialectName, options: WriterOptions = {}) {
    this.sql = sql;
    this.#options = options;
    sql.client.acquireConnection = dialect === 'postgres' ? async () => this.#whole() : () => this.#inTurn();
    sql.client.releaseConnection = async () => this.#endTurn?.();
  }

  /**
   * On SQLite the lock is taken at once (`IMMEDIATE`): a transaction that reads first and writes later could otherwise
   * fail with SQLITE_BUSY halfway, without waiting, when another process wrote in between. On Postgres the row of the owner
   * is held until the end, in the same round trip: another hub takes the database before this transaction or after it.
   */
  async begin(): Promise<void> {
    this.#xid = null;
    this.#news.clear();
    const connection = await this.#ready();
    if ('all' in connection) {
      await run(connection, 'BEGIN IMMEDIATE');
      return;
    }
    const { fence } = this.#options;
    this.#held = connection;
    try {
      if (!fence) {
        await connection.query('BEGIN');
        return;
      }
      const { before = '', row } = fence;
      const hold = `${before} SELECT txid_current() AS xid FROM ${row} FOR SHARE`;
      const answers = (await connection.query(`BEGIN; ${hold}`)) as unknown as { rows: { xid: number }[] }[];
      this.#xid = answers.at(-1)?.rows[0]?.xid ?? null;
    } catch (error) {
      await this.rollback(error);
      throw error;
    }
    if (this.#xid !== null) return;
    await this.rollback();
    fence.lost();
    throw new HooklineError('storage-unavailable', 'Another hub has taken the database. Nothing was stored.', { retryAfter: 5 });
  }

  /** With the running transaction. Of the ledger the last position says all. */
  tell(topic: Topic, text: string): void {
    if (this.#options.fence?.from === undefined) return;
    const key = topic === 'ledger' ? topic : `${topic} ${text}`;
    if (topic === 'ledger' && Number(text) < Number(this.#news.get(key)?.text ?? 0)) return;
    this.#news.set(key, { topic, text });
  }

  /** Rejects with `OpenCommit` where nobody knows whether it happened; with anything else it has not. */
  async commit(): Promise<void> {
    try {
      this.#options.beforeCommit?.();
    } catch (error) {
      await this.rollback();
      throw error;
    }
    const connection = this.#connection;
    if (connection && 'all' in connection) return this.#commitFile(connection);
    try {
      await this.#commitOver(this.#whole());
    } finally {
      this.#held = undefined;
    }
  }

  /** `after`: what went wrong. */
  async rollback(after?: unknown): Promise<void> {
    const connection = this.#held ?? this.#connection;
    this.#held = undefined;
    if (!connection) return;
    if ('all' in connection) {
      // SQLite may have rolled back by itself (a full disk): then there is nothing left to undo.
      await run(connection, 'ROLLBACK').catch(() => undefined);
    } else if (isConnectionLost(after)) this.discard();
    else await connection.query('ROLLBACK').catch(() => this.discard());
  }

  /** Breaks the connection to Postgres off: what is under way on it fails at once. */
  discard(): void {
    const connection = this.#connection;
    if (!connection || 'all' in connection) return;
    this.#connection = undefined;
    connection.__knex__disposed ??= 'discarded';
    connection.connection.stream.destroy();
  }

  /** The hub stops: of a commit that the server does not tell of at the next look nobody knows. */
  end(): void {
    this.#isEnding = true;
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection && 'all' in connection) await promisify(connection.close.bind(connection))();
    else if (connection && !connection.__knex__disposed) {
      const over = setTimeout(() => connection.connection.stream.destroy(), CLOSING);
      await connection.end().catch(() => undefined);
      clearTimeout(over);
    }
    await this.sql.destroy();
  }

  async #commitFile(connection: SqliteConnection): Promise<void> {
    try {
      await run(connection, 'COMMIT');
    } catch (error) {
      await this.rollback();
      if (storageFailure(error)?.code !== 'storage-unavailable') throw error;
      // It may stand in the write-ahead log although it failed. What is written there next takes its place, and then it does not.
      throw new OpenCommit(error, () =>
        exec(connection, 'BEGIN IMMEDIATE; UPDATE hub_owner SET beats = beats + 1; COMMIT').then(
          () => false,
          async () => {
            await this.rollback();
            return null;
          },
        ),
      );
    }
  }

  async #commitOver(connection: PgConnection): Promise<void> {
    const xid = this.#xid;
    const { fence } = this.#options;
    try {
      const news = tellNews(fence?.from ?? '', this.#news.values());
      const answers = [await connection.query(`${news}COMMIT`)].flat();
      if (answers.at(-1)?.command === 'COMMIT') return;
    } catch (error) {
      if (!storageFailure(error)) {
        await this.rollback(error);
        throw error;
      }
      this.discard();
      throw new OpenCommit(error, async () => (xid === null || !fence ? null : this.#lookUp(fence, xid, connection.processID)));
    }
    throw new Error('The transaction was rolled back: a statement in it had failed');
  }

  /** Tried until the server says it, or the hub stops. A transaction that nobody ends any more is ended: it was not committed then. */
  async #lookUp({ row }: Fence, xid: number, pid: number): Promise<boolean | null> {
    const short = String(xid % 2 ** 32);
    for (let pause = LOOK_AGAIN; ; pause = Math.min(2 * pause, LONGEST_LOOK)) {
      try {
        const connection = (await this.#ready()) as PgConnection;
        await connection.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND backend_xid::text = $2', [
          pid,
          short,
        ]);
        const { rows } = await connection.query<{ status: string; locker: string }>(
          `SELECT txid_status($1) AS status, (SELECT xmax::text FROM ${row}) AS locker`,
          [xid],
        );
        const { status, locker } = rows[0] ?? {};
        if (status === 'aborted') return false;
        // After a crash of the server another transaction may have been given the number of one that never reached the disk.
        if (status !== 'in progress') return status === 'committed' && locker === short ? true : null;
      } catch (error) {
        if (/is in the future/.test(messageOf(error))) return false;
        if (!storageFailure(error)) return null;
        this.discard();
      }
      if (this.#isEnding) return null;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  /** In its turn, for one statement. */
  async #inTurn(): Promise<Connection> {
    const before = this.#turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turn = promise;
    await before;
    this.#endTurn = resolve;
    return this.#ready().catch((error) => {
      resolve();
      throw error;
    });
  }

  /** What the running transaction goes over. Throws where it has broken: the server has undone all of it, and nothing more may come to it. */
  #whole(): PgConnection {
    const held = this.#held;
    if (!held) throw new Error('Nothing is written outside a transaction');
    const { __knex__disposed: cause } = held;
    if (cause === undefined) return held;
    throw Object.assign(new Error('The connection broke in the middle of the transaction', { cause }), { code: CONNECTION_FAILURE });
  }

  async #ready(): Promise<Connection> {
    const connection = this.#connection;
    if (connection && ('all' in connection || !connection.__knex__disposed)) return connection;
    this.#connection = undefined;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  async #open(): Promise<Connection> {
    const connection: Connection = await this.sql.client.acquireRawConnection();
    this.#connection = connection;
    const { prepare } = this.#options;
    if (prepare) {
      await promisify(prepare)(connection as never).catch((error) => {
        this.discard();
        throw error;
      });
    }
    return connection;
  }
}

/** One statement, prepared once. */
const run = (connection: SqliteConnection, sql: string): Promise<void> =>
  new Promise((resolve, reject) => {
    connection.all(sql, [], (error) => (error ? reject(error) : resolve()));
  });

const exec = (connection: SqliteConnection, sql: string): Promise<void> =>
  promisify(connection.exec.bind(connection))(sql) as Promise<void>;
