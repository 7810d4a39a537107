import type { Knex } from 'knex';
import { HooklineError } from '../core/errors.ts';
import { Turns } from '../core/turns.ts';
import { type DialectName, isRetryable, storageFailure } from './dialect.ts';
import type { Tx } from './open.ts';
import { Recent } from './recent.ts';
import { rowsOf } from './rows.ts';
import { tryWithin } from './savepoint.ts';

interface Job {
  /** The tenant; empty for what the hub does for all of them. */
  for: string;
  work(tx: Tx): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What became of one job inside a shared transaction: its answer and its wake-ups, or why it was undone. */
type Outcome = { value: unknown; callbacks: (() => void)[] } | { error: unknown };

/** Jobs that share one commit at the most: past this the fsync is no longer what the time goes into. */
const LARGEST_GROUP = 64;
/** Of these at the most so many are for nobody: the others find a place. */
const MOST_FOR_NOBODY = LARGEST_GROUP / 2;
/** A group that has taken this long (ms) takes no further job: whoever is in it waits for all of it. */
const LONGEST_GROUP = 50;
const TRIES = 3;
/** How long (ms) those for whom a job has thrown have theirs in savepoints. */
const SUSPECTED = 10_000;

/**
 * One writer. While one group is being committed the next one gathers, so that under load an fsync serves many callers
 * and at rest a caller waits for nobody. Tenants take turns, so that one who has a thousand jobs waiting holds up the
 * next one by one job. What is for nobody comes last in each group: a follower of the ledger then takes up at once all that
 * the others have written in it. The jobs of one tenant, and those for nobody, are run in the order of the calls.
 */
export class GroupCommit {
  readonly #writer: Knex;
  readonly #dialect: DialectName;
  readonly #onError: (error: unknown) => void;
  readonly #waiting = new Turns<Job>();
  readonly #forNobody: Job[] = [];
  readonly #suspects = new Recent(SUSPECTED);
  #reruns = 0;
  #running: Promise<void> | undefined;
  #closed = false;

  /** `onError`: told of what a callback throws after the commit. */
  constructor(writer: Knex, dialect: DialectName, onError: (error: unknown) => void) {
    this.#writer = writer;
    this.#dialect = dialect;
    this.#onError = onError;
  }

  /** Groups that were run a second time because a job in them has thrown. */
  get reruns(): number {
    return this.#reruns;
  }

  write<T>(work: (tx: Tx) => Promise<T>, tenantId: string): Promise<T> {
    if (this.#closed) return Promise.reject(new HooklineError('shutting-down', 'The hub is stopping. Nothing was stored.'));
    return new Promise<T>((resolve, reject) => {
      const job = { for: tenantId, work, resolve: resolve as (value: unknown) => void, reject };
      if (tenantId === '') this.#forNobody.push(job);
      else this.#waiting.add(tenantId, job);
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
    try {
      while (this.#waiting.size + this.#forNobody.length > 0) await this.#commit();
    } finally {
      this.#running = undefined;
    }
  }

  async #commit(): Promise<void> {
    const group: Job[] = [];
    let outcomes: Outcome[];
    try {
      outcomes = await this.#attempt(group);
    } catch (error) {
      // A transaction that could not be begun has taken none: those who wait are told, or they would wait for ever.
      if (group.length === 0) group.push(...this.#inTurn());
      const failure = storageFailure(error) ?? error;
      for (const job of group) job.reject(failure);
      return;
    }
    for (const [index, job] of group.entries()) {
      const outcome = outcomes[index] as Outcome;
      if ('error' in outcome) job.reject(outcome.error);
      else {
        for (const callback of outcome.callbacks) this.#wake(callback);
        job.resolve(outcome.value);
      }
    }
  }

  /** What is committed stays so, and the next ones are to be written, whatever a callback does. */
  #wake(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#onError(error);
    }
  }

  /** The jobs of the next group, one by one, until it is full or has taken its time. */
  *#inTurn(): Generator<Job> {
    const end = performance.now() + LONGEST_GROUP;
    const last = Math.min(MOST_FOR_NOBODY, this.#forNobody.length);
    const first = Math.min(LARGEST_GROUP - last, this.#waiting.size);
    for (let taken = 0; taken < first && (taken === 0 || performance.now() < end); taken++) yield this.#waiting.take() as Job;
    for (let taken = 0; taken < last && (taken === 0 || performance.now() < end); taken++) yield this.#forNobody.shift() as Job;
  }

  /**
   * The first run fills the group. Without savepoints: they would cost every job two statements for the rare one that
   * throws. When one does, all up to it is rolled back and done again, each job in a savepoint, so that only that one is
   * undone. For a while the jobs of its tenant then have savepoints from the start: who sends what is refused, over and
   * over, has nobody else's work done twice.
   */
  async #attempt(group: Job[], attempt = 1, savepoints = false): Promise<Outcome[]> {
    try {
      return await this.#transaction(async (sql) => {
        const outcomes: Outcome[] = [];
        const isFirst = group.length === 0;
        for (const job of isFirst ? this.#inTurn() : group) {
          if (isFirst) group.push(job);
          outcomes.push(await this.#runJob(sql, job, savepoints || this.#suspects.has(job.for)));
        }
        return outcomes;
      });
    } catch (error) {
      if (isRetryable(error) && attempt < TRIES) return this.#attempt(group, attempt + 1, savepoints);
      if (!(error instanceof Spoiled)) throw error;
      if (group.length === 1) return [{ error: error.cause }];
      this.#reruns++;
      return this.#attempt(group, attempt, true);
    }
  }

  async #runJob(sql: Knex, job: Job, savepoint: boolean): Promise<Outcome> {
    const callbacks: (() => void)[] = [];
    const tx: Tx = { sql, dialect: this.#dialect, afterCommit: (callback) => callbacks.push(callback) };
    if (savepoint) {
      const outcome = await tryWithin(tx, () => job.work(tx));
      if (!('error' in outcome)) return { ...outcome, callbacks };
      this.#suspects.note(job.for);
      return outcome;
    }
    try {
      return { value: await job.work(tx), callbacks };
    } catch (error) {
      if (storageFailure(error) || isRetryable(error)) throw error;
      this.#suspects.note(job.for);
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
