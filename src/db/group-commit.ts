import { HooklineError } from '../core/errors.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { Turns } from '../core/turns.ts';
import type { Availability } from './availability.ts';
import { asStorageFailure, commitUnknown, type DialectName, isAborted, isBusy, isRetryable, storageFailure } from './dialect.ts';
import { Recent } from './recent.ts';
import { rehearse, tryWithin } from './savepoint.ts';
import { SideBySide } from './side-by-side.ts';
import type { Tx } from './tx.ts';
import { OpenCommit, type Writer } from './writer.ts';

interface Job {
  /** The tenant; empty for what the hub does for all of them. */
  for: string;
  work(tx: Tx): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  phase: 'waiting' | 'running' | 'over';
}

/** What became of one job inside a shared transaction: its answer and its wake-ups, or why it was undone. */
type Outcome = { value: unknown; callbacks: (() => void)[] } | { error: unknown };

/** In milliseconds. */
export interface WriteTime {
  /** From asking for a transaction until it has begun: in a cluster until the other nodes have had their turn. */
  turn: Milliseconds;
  /** From there until it was over, in which nobody else writes. */
  held: Milliseconds;
}

/** Jobs that share one commit at the most: past this the fsync is no longer what the time goes into. */
const LARGEST_GROUP = 64;
/** Of these at the most so many go side by side. */
const SIDE_BY_SIDE = 16;
/** And so many are for nobody: the others find a place. */
const MOST_FOR_NOBODY = LARGEST_GROUP / 2;
/** A group that has taken this long (ms) takes no further job: whoever is in it waits for all of it. */
const LONGEST_GROUP = 50;
const TRIES = 3;
/** How long (ms) a caller waits at the most, whatever waits before it. */
const PATIENCE = 4_500;
/** Milliseconds between two looks at the callers. */
const LOOK = 250;
/** How long (ms) those for whom a job has thrown have theirs in savepoints. */
const SUSPECTED = 10_000;

/**
 * One writer. While one group is being committed the next one gathers, so that under load an fsync serves many callers
 * and at rest a caller waits for nobody. Tenants take turns, so that one who has a thousand jobs waiting holds up the
 * next one by one job. What is for nobody comes last in each group: a follower of the ledger then takes up at once all that
 * the others have written in it. The jobs of one tenant, and those for nobody, are run in the order of the calls.
 */
export class GroupCommit {
  readonly #writer: Writer;
  readonly #dialect: DialectName;
  readonly #availability: Availability;
  readonly #onError: (error: unknown) => void;
  readonly #rehearse: boolean;
  readonly #waiting = new Turns<Job>();
  #forNobody: Job[] = [];
  /** Those that a caller waits for, and how much longer (ms). Time in which the hub itself stood still is not counted. */
  readonly #callers = new Map<Job, number>();
  readonly #suspects = new Recent(SUSPECTED);
  #impatience: NodeJS.Timeout | undefined;
  #reruns = 0;
  #commits = 0;
  readonly #time: WriteTime = { turn: 0, held: 0 };
  #running: Promise<void> | undefined;
  #closed = false;

  /** `onError`: told of what a callback throws after the commit. `rehearse`: run each job once in vain before it is run. */
  constructor(
    writer: Writer,
    dialect: DialectName,
    options: { availability: Availability; onError: (error: unknown) => void; rehearse?: boolean },
  ) {
    this.#writer = writer;
    this.#dialect = dialect;
    this.#availability = options.availability;
    this.#onError = options.onError;
    this.#rehearse = options.rehearse ?? false;
  }

  /** Groups that were run a second time because a job in them has thrown. */
  get reruns(): number {
    return this.#reruns;
  }

  /** What became of the time since this was made. */
  get time(): Readonly<WriteTime> {
    return this.#time;
  }

  /** Groups that are on disk. */
  get commits(): number {
    return this.#commits;
  }

  /** `waited`: for how long (ms) a caller has waited already, who is given an answer within 5 s in all; left out where none waits. */
  write<T>(work: (tx: Tx) => Promise<T>, tenantId: string, waited?: number): Promise<T> {
    if (this.#closed) return Promise.reject(new HooklineError('shutting-down', 'The hub is stopping. Nothing was stored.'));
    return new Promise<T>((resolve, reject) => {
      this.#availability.refuseIfClosed();
      const job: Job = { for: tenantId, work, resolve: resolve as (value: unknown) => void, reject, phase: 'waiting' };
      if (tenantId === '') this.#forNobody.push(job);
      else this.#waiting.add(tenantId, job);
      if (waited !== undefined) {
        this.#callers.set(job, PATIENCE - waited);
        this.#impatience ??= setTimeout(() => this.#answerCallers(), LOOK).unref();
      }
      this.#running ??= this.#run();
    });
  }

  /** Refuses what waits; what is being committed is left alone. */
  refuse(failure: HooklineError): void {
    this.#refuse({ error: failure }, () => true);
  }

  /** Refuses what comes from now on, and resolves when all that came before is written. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running) await this.#running;
    clearTimeout(this.#impatience);
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
      const failure = asStorageFailure(error);
      if (failure) this.#availability.failed(failure);
      const told = { error: failure ?? error };
      if (group.length > 0) for (const job of group) this.#end(job, told);
      // A transaction that could not be begun has taken none: those who wait are told, or they would wait for ever.
      // A caller waits on for a lock that another process holds.
      else this.#refuse(told, (job) => !isBusy(error) || !this.#callers.has(job));
      return;
    }
    this.#commits++;
    this.#availability.succeeded();
    for (const [index, job] of group.entries()) {
      const outcome = outcomes[index] as Outcome;
      if ('callbacks' in outcome) for (const callback of outcome.callbacks) this.#wake(callback);
      this.#end(job, outcome);
    }
  }

  #refuse(told: { error: unknown }, which: (job: Job) => boolean): void {
    for (const job of [...this.#waiting.items(), ...this.#forNobody]) if (which(job)) this.#end(job, told);
    this.#forget();
  }

  /** Those that were answered while they waited. */
  #forget(): void {
    const waits = ({ phase }: Job): boolean => phase === 'waiting';
    this.#waiting.sift(waits);
    this.#forNobody = this.#forNobody.filter(waits);
  }

  /** The first that it is told stands. */
  #end(job: Job, outcome: { value: unknown } | { error: unknown }): void {
    this.#callers.delete(job);
    job.phase = 'over';
    if ('error' in outcome) job.reject(outcome.error);
    else job.resolve(outcome.value);
  }

  /** Of what waits in the queue nothing will be stored; of what is being written that is not known. */
  #answerCallers(): void {
    for (const [job, left] of this.#callers) {
      if (left > LOOK) this.#callers.set(job, left - LOOK);
      else this.#end(job, { error: job.phase === 'waiting' ? tooLong() : commitUnknown() });
    }
    this.#forget();
    this.#impatience = this.#callers.size === 0 ? undefined : setTimeout(() => this.#answerCallers(), LOOK).unref();
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
    yield* taken(first, end, () => this.#waiting.take());
    yield* taken(last, end, () => this.#forNobody.shift());
  }

  /**
   * The first run fills the group. Without savepoints: they would cost every job two statements for the rare one that
   * throws. When one does, all up to it is rolled back and done again, each job in a savepoint, so that only that one is
   * undone. For a while the jobs of its tenant then have savepoints from the start: who sends what is refused, over and
   * over, has nobody else's work done twice.
   */
  async #attempt(group: Job[], attempt = 1, savepoints = false): Promise<Outcome[]> {
    try {
      return await this.#transaction(() => this.#runAll(group, savepoints));
    } catch (error) {
      if (isRetryable(error) && attempt < TRIES) return this.#attempt(group, attempt + 1, savepoints);
      if (!(error instanceof Spoiled)) throw error;
      if (group.length === 1) return [{ error: error.cause }];
      this.#reruns++;
      return this.#attempt(group, attempt, true);
    }
  }

  /**
   * On Postgres jobs of different tenants, which have no row in common, go side by side over the connection: a round trip to the server then serves all of
   * them. What is for nobody comes behind them, alone, as does whatever has a savepoint, also one of its own (`Tx.alone`): it would hold what others write meanwhile.
   */
  async #runAll(group: Job[], savepoints: boolean): Promise<Outcome[]> {
    const isFirst = group.length === 0;
    const outcomes: Outcome[] = [];
    const failures: unknown[] = [];
    const lines = new Map<string, Promise<void>>();
    const running = new Set<Promise<void>>();
    const sideBySide = new SideBySide();
    let nth = 0;
    for (const job of isFirst ? this.#inTurn() : group) {
      if (isFirst) group.push(job);
      const place = nth++;
      const savepoint = savepoints || this.#suspects.has(job.for);
      const isApart = this.#dialect !== 'postgres' || this.#rehearse || savepoint || job.for === '';
      if (isApart) await Promise.all(running);
      if (failures.length > 0) break;
      const run = async (): Promise<void> => {
        await lines.get(job.for);
        if (failures.length > 0) return;
        try {
          outcomes[place] = await sideBySide.run((alone) => this.#runJob(job, savepoint, alone));
        } catch (error) {
          failures.push(error);
        }
      };
      const over = run().finally(() => running.delete(over));
      running.add(over);
      lines.set(job.for, over);
      if (isApart) await over;
      else if (running.size >= SIDE_BY_SIDE) await Promise.race(running);
      if (failures.length > 0) break;
    }
    await Promise.all(running);
    if (failures.length > 0) throw failures.sort((one, other) => weightOf(other) - weightOf(one))[0];
    return outcomes;
  }

  async #runJob(job: Job, savepoint: boolean, alone: Tx['alone']): Promise<Outcome> {
    let callbacks: (() => void)[] = [];
    const tx: Tx = {
      sql: this.#writer.sql,
      dialect: this.#dialect,
      afterCommit: (callback) => callbacks.push(callback),
      tell: (topic, text) => this.#writer.tell(topic, text),
      alone,
    };
    if (this.#rehearse) {
      await rehearse(tx, () => job.work(tx));
      callbacks = [];
    }
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
      if (!isAborted(error)) this.#suspects.note(job.for);
      throw new Spoiled(error);
    }
  }

  async #transaction(work: () => Promise<Outcome[]>): Promise<Outcome[]> {
    const asked = performance.now();
    await this.#writer.begin();
    const begun = performance.now();
    this.#time.turn += begun - asked;
    try {
      return await this.#within(work);
    } finally {
      this.#time.held += performance.now() - begun;
    }
  }

  async #within(work: () => Promise<Outcome[]>): Promise<Outcome[]> {
    let outcomes: Outcome[];
    try {
      outcomes = await work();
    } catch (error) {
      await this.#writer.rollback(error instanceof Spoiled ? error.cause : error);
      throw error;
    }
    try {
      await this.#writer.commit();
    } catch (error) {
      if (!(error instanceof OpenCommit)) throw error;
      const failure = storageFailure(error.cause);
      if (failure) this.#availability.failed(failure);
      const stored = await error.settle();
      if (stored === null) throw commitUnknown(error.cause);
      if (!stored) throw error.cause;
    }
    return outcomes;
  }
}

/** What went wrong first: of the others, whose transaction it has spoiled, nothing else is known. */
function weightOf(error: unknown): number {
  if (!(error instanceof Spoiled)) return 2;
  return isAborted(error.cause) ? 0 : 1;
}

/** Up to `most`, the first in any case, the others until `end`; without those that were answered while they waited. */
function* taken(most: number, end: number, take: () => Job | undefined): Generator<Job> {
  for (let count = 0; count < most && (count === 0 || performance.now() < end); ) {
    const job = take();
    if (!job) return;
    if (job.phase === 'over') continue;
    job.phase = 'running';
    count++;
    yield job;
  }
}

const tooLong = (): HooklineError =>
  new HooklineError(
    'storage-unavailable',
    `The database did not take this within ${PATIENCE / 1_000} s. Nothing was stored; try again shortly.`,
    {
      retryAfter: 5,
    },
  );

/** Carries the error of a job past the rollback of the transaction that it has spoiled. */
class Spoiled extends Error {
  constructor(cause: unknown) {
    super('rolled back', { cause });
  }
}
