import { messageOf } from '../core/errors.ts';
import type { TenantId } from '../core/ids.ts';
import type { Milliseconds, Runtime, Timer } from '../core/runtime.ts';
import type { Database } from '../db/open.ts';
import type { PrunedLedger } from './ports.ts';
import { SystemRetentionStore } from './retention-store.ts';

export interface RetentionOptions {
  ledger: PrunedLedger;
  runtime: Runtime;
  /** Of every tenant. */
  keep(): AsyncIterable<{ tenantId: TenantId; keep: Keep }>;
}

/** Milliseconds that an event is kept with its deliveries, and an attempt in its log. */
interface Keep {
  payload: Milliseconds;
  attempts: Milliseconds;
}

const EVERY = 10 * 60_000;
/** Rows that one transaction removes, and the time that the others have to write before the next one. */
const BATCH = 200;
const PAUSE = 50;

/** Removes what is old in small batches, so that it holds up no other write. What an endpoint is still owed stays. */
export class Retention {
  readonly #store: SystemRetentionStore;
  readonly #options: RetentionOptions;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #started = false;

  constructor(db: Database, options: RetentionOptions) {
    this.#store = new SystemRetentionStore(db);
    this.#options = options;
  }

  start(): void {
    this.#started = true;
    this.#timer = this.#options.runtime.clock.after(EVERY, () => {
      this.#running = this.prune()
        .catch((error) => {
          if (this.#started) this.#options.runtime.log.warn('Old events could not be removed', { error: messageOf(error) });
        })
        .then(() => this.#again());
    });
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    await this.#running;
  }

  /** Removes all that is old now. */
  async prune(pause: () => Promise<void> = () => this.#pause()): Promise<void> {
    for await (const { tenantId, keep } of this.#options.keep()) await this.#pruneTenant(tenantId, keep, pause);
  }

  async #pruneTenant(tenantId: TenantId, keep: Keep, pause: () => Promise<void>): Promise<void> {
    const { ledger, runtime } = this.#options;
    const now = runtime.clock.now();
    for (const endpointId of await this.#store.endpointIds(tenantId)) {
      while ((await this.#store.removeAttempts(endpointId, now - keep.attempts, BATCH)) === BATCH) await pause();
    }
    const owed: Parameters<PrunedLedger['prune']>[1] = (tx, positions) => this.#store.owed(tx, positions);
    for (let after: number | null = 0; after !== null; ) {
      after = await ledger.prune({ tenantId, before: now - keep.payload, after, limit: BATCH }, owed);
      if (after !== null) await pause();
    }
  }

  #again(): void {
    if (this.#started) this.start();
  }

  /** Rejects once it is stopped, so that a stop waits for one batch at the most. */
  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => this.#options.runtime.clock.after(PAUSE, resolve));
    if (!this.#started) throw new Error('the hub is stopping');
  }
}
