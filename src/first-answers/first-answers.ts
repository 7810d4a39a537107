/**
 * One Idempotency-Key, one thing made: what a request made is answered again to whoever repeats it, and nothing is made twice. The key
 * is taken before the work begins and the answer is kept when it is done, so a crash between the two leaves a key of which nobody knows
 * what became: that is said, and not guessed.
 */
import { HooklineError, hasCode } from '../core/errors.ts';
import type { NodeId, TenantId } from '../core/ids.ts';
import { Periodic } from '../core/periodic.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import { open, seal } from '../core/seal.ts';
import { isCommitUnknown, storageFailure } from '../db/dialect.ts';
import type { Database } from '../db/open.ts';
import { answerPlace, type FirstAnswer, SystemFirstAnswerStore } from './store.ts';

/** How long a key stands for its first request, as that of a send does. */
const LASTS: Milliseconds = 24 * 60 * 60_000;
const EVERY: Milliseconds = 60 * 60_000;
/** No request is handled for longer: what another node says it does for this long, nobody does. */
const UNDER_WAY: Milliseconds = 10 * 60_000;
/** Rows that one transaction removes. */
const BATCH = 200;

/** What is asked for under a key. */
export interface Asking {
  /** Empty for what the operator asks for itself. */
  tenantId: TenantId | '';
  key: string;
  /** Of the whole request. */
  fingerprint: string;
}

export class FirstAnswers {
  readonly #db: Database;
  readonly #secretKey: Buffer;
  readonly #runtime: Runtime;
  readonly #nodeId: NodeId | null;
  /** Under way here, by owner and key. */
  readonly #under = new Set<string>();
  /** Claims of which nothing came, by owner and key, and when they were made: their row may be there all the same. */
  readonly #free = new Map<string, Milliseconds>();
  readonly periodic: Periodic;

  /** `nodeId`: of a node of a cluster. */
  constructor(db: Database, secretKey: Buffer, { nodeId = null, ...runtime }: Runtime & { nodeId?: NodeId | null }) {
    this.#db = db;
    this.#secretKey = secretKey;
    this.#runtime = runtime;
    this.#nodeId = nodeId;
    const told = { every: EVERY, failure: 'Old answers to requests with an Idempotency-Key could not be removed' };
    this.periodic = new Periodic((pause) => this.prune(pause), told, runtime);
  }

  /**
   * The answer of `work`, or the one that was given under this key before. Rejects as `work` does, and then the key is as if it had never
   * been used; with `idempotency-mismatch`, `idempotency-in-flight`, and `idempotency-unknown` where nobody knows what came of the first.
   */
  async once({ tenantId, key, fingerprint }: Asking, work: () => Promise<string>): Promise<{ answer: string; replayed: boolean }> {
    const name = { owner: tenantId, key };
    const id = `${tenantId} ${key}`;
    if (this.#under.has(id)) throw inFlight();
    this.#under.add(id);
    const createdAt = this.#runtime.clock.now();
    try {
      const first = await this.#claim({
        ...name,
        tenantId: tenantId || null,
        fingerprint,
        answer: null,
        nodeId: this.#nodeId,
        createdAt,
      });
      if (first) return { answer: open(first, this.#secretKey, answerPlace(name)), replayed: true };
      const answer = await work().catch(async (error: unknown) => {
        if (madeNothing(error)) await this.#release(name, id, createdAt);
        throw error;
      });
      const sealed = seal(answer, this.#secretKey, answerPlace(name));
      // It was made, and whoever made it is to know, whether or not it can be told again.
      await this.#db.write((tx) => new SystemFirstAnswerStore(tx.sql).keep({ ...name, answer: sealed })).catch(() => undefined);
      return { answer, replayed: false };
    } finally {
      this.#under.delete(id);
    }
  }

  /** Removes what is old now. */
  async prune(pause: () => Promise<void> = async () => undefined): Promise<void> {
    const before = this.#runtime.clock.now() - LASTS;
    while ((await this.#db.write((tx) => new SystemFirstAnswerStore(tx.sql).removeOld(before, BATCH))) === BATCH) await pause();
  }

  /** Resolves with the answer that was given, sealed; with nothing when the key is this request's now. */
  async #claim(claim: FirstAnswer): Promise<string | undefined> {
    const id = `${claim.owner} ${claim.key}`;
    const isFree = ({ nodeId, createdAt }: FirstAnswer): boolean => nodeId === this.#nodeId && createdAt === this.#free.get(id);
    const claiming = this.#db.write(async (tx) => {
      const store = new SystemFirstAnswerStore(tx.sql);
      if (await store.claim(claim)) return undefined;
      const found = await store.find(claim);
      if (found && found.createdAt + LASTS > claim.createdAt && !isFree(found)) return found;
      await store.remove(claim);
      await store.claim(claim);
      return undefined;
    });
    const first = await claiming.catch((error: unknown) => {
      if (isCommitUnknown(error)) this.#free.set(id, claim.createdAt);
      throw error;
    });
    this.#free.delete(id);
    if (!first) return undefined;
    if (first.fingerprint !== claim.fingerprint) {
      throw new HooklineError(
        'idempotency-mismatch',
        'This Idempotency-Key was used for another request. Use a new key for a new request.',
      );
    }
    if (first.answer !== null) return first.answer;
    const isElsewhere = first.isOfNode && first.nodeId !== this.#nodeId;
    if (isElsewhere && claim.createdAt - first.createdAt < UNDER_WAY) throw inFlight();
    throw new HooklineError(
      'idempotency-unknown',
      'The first request with this Idempotency-Key was not answered, and what it made is not known. Look whether it is there; where it is not, send it with a new key.',
    );
  }

  async #release(name: Pick<FirstAnswer, 'owner' | 'key'>, id: string, createdAt: Milliseconds): Promise<void> {
    await this.#db
      .write((tx) => new SystemFirstAnswerStore(tx.sql).remove(name))
      .catch(() => {
        // The database is away: the next request with the key finds the row, and that it stands for nothing. Another node may have made it anew.
        this.#free.set(id, createdAt);
      });
  }
}

const inFlight = (): HooklineError =>
  new HooklineError('idempotency-in-flight', 'The first request with this Idempotency-Key is still being handled.', { retryAfter: 1 });

/** Whether it is certain that nothing came of it. What was not foreseen may have come in the middle. */
function madeNothing(error: unknown): boolean {
  if (isCommitUnknown(error) || hasCode(error, 'engine-timeout', 'internal')) return false;
  return error instanceof HooklineError || storageFailure(error) !== undefined;
}
