import type { Knex } from 'knex';
import { HooklineError } from '../core/errors.ts';
import { type DialectName, isRetryable, storageFailure } from './dialect.ts';
import type { Tx } from './open.ts';
import { rowsOf } from './rows.ts';
import { tryWithin } from './savepoint.ts';

interface Job {
  work(tx: Tx): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What became of one job inside a shared transaction: its answer and its wake-ups, or why it was undone. */
type Outcome = { value: unknown; callbacks: (() => void)[] } | { error: unknown };

/** Jobs that share one commit at the most: past this the fsync is no longer what the time goes into. */
const LARGEST_GROUP = 64;
const TRIES = 3;

/**
 * One writer. While one group is being committed the next one gathers, so that under load an fsync serves many callers
 * and at rest a caller waits for nobody. Order is the order of the calls.
 */
export class GroupCommit {
  readonly #writer: Knex;
  readonly #dialect: DialectName;
  readonly #waiting: Job[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(writer: Knex, dialect: DialectName) {
    this.#writer = writer;
    this.#dialect = dialect;
  }

  write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new HooklineError('shutting-down', 'The hub is stopping. Nothing was stored.'));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject });
      this.#running ??= this.#run();
    });
  }

  /** Refuses what comes from now on, and resolves when all that came before is written. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    // A turn of the microtask queue first: calls made in the same tick then share the first commit, too.
    await Promise.resolve();
    while (this.#waiting.length > 0) await this.#commit(this.#waiting.splice(0, LARGEST_GROUP));
    this.#running = undefined;
  }

  async #commit(group: Job[]): Promise<void> {
    let outcomes: Outcome[];
    try {
      outcomes = await this.#attempt(group, 1);
    } catch (error) {
      const failure = storageFailure(error) ?? error;
      for (const job of group) job.reject(failure);
      return;
    }
    for (const [index, job] of group.entries()) {
      const outcome = outcomes[index] as Outcome;
      if ('error' in outcome) job.reject(outcome.error);
      else {
        for (const callback of outcome.callbacks) callback();
        job.resolve(outcome.value);
      }
    }
  }

  /**
   * Without savepoints first: they would cost every job two statements for the rare one that throws. When one does, all
   * is rolled back and done again, each job in a savepoint, so that only that one is undone.
   */
  async #attempt(group: Job[], attempt: number, savepoints = false): Promise<Outcome[]> {
    try {
      return await this.#transaction(async (sql) => {
        const outcomes: Outcome[] = [];
        for (const job of group) outcomes.push(await this.#runJob(sql, job, savepoints));
        return outcomes;
      });
    } catch (error) {
      if (isRetryable(error) && attempt < TRIES) return this.#attempt(group, attempt + 1, savepoints);
      if (!(error instanceof Spoiled)) throw error;
      return group.length === 1 ? [{ error: error.cause }] : this.#attempt(group, attempt, true);
    }
  }

  async #runJob(sql: Knex, job: Job, savepoint: boolean): Promise<Outcome> {
    const callbacks: (() => void)[] = [];
    const tx: Tx = { sql, dialect: this.#dialect, afterCommit: (callback) => callbacks.push(callback) };
    if (savepoint) {
      const outcome = await tryWithin(tx, () => job.work(tx));
      return 'error' in outcome ? outcome : { ...outcome, callbacks };
    }
    try {
      return { value: await job.work(tx), callbacks };
    } catch (error) {
      if (storageFailure(error) || isRetryable(error)) throw error;
      throw new Spoiled(error);
    }
  }

  /**
   * On SQLite the lock is taken at once (`IMMEDIATE`): a transaction that reads first and writes later could otherwise
   * fail with SQLITE_BUSY halfway, without waiting, when another process wrote in between. The pool has one connection.
   */
  async #transaction<T>(work: (sql: Knex) => Promise<T>): Promise<T> {
    if (this.#dialect === 'postgres') return this.#writer.transaction((trx) => work(trx));
    await rowsOf(this.#writer, 'BEGIN IMMEDIATE', []);
    try {
      const value = await work(this.#writer);
      await rowsOf(this.#writer, 'COMMIT', []);
      return value;
    } catch (error) {
      // SQLite may have rolled back by itself (a full disk): then there is nothing left to undo.
      await this.#writer.raw('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
}

/** Carries the error of a job past the rollback of the transaction that it has spoiled. */
class Spoiled extends Error {
  constructor(cause: unknown) {
    super('rolled back', { cause });
  }
}
