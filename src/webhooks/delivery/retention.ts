import type { TenantId } from '../../core/ids.ts';
import { Periodic } from '../../core/periodic.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import type { PrunedLedger } from '../ports.ts';
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
  /** What is still owed to an endpoint is kept for so long at the most. */
  messages: Milliseconds;
  attempts: Milliseconds;
}

const EVERY = 10 * 60_000;
/** Rows that one transaction removes. */
const BATCH = 200;

/** Removes what is old in small batches, so that it holds up no other write. What an endpoint is still owed stays. */
export class Retention {
  readonly #store: SystemRetentionStore;
  readonly #options: RetentionOptions;
  readonly periodic: Periodic;

  constructor(db: Database, options: RetentionOptions) {
    this.#store = new SystemRetentionStore(db);
    this.#options = options;
    const told = { every: EVERY, failure: 'Old events could not be removed' };
    this.periodic = new Periodic((pause) => this.prune(pause), told, options.runtime);
  }

  /** Removes all that is old now. */
  async prune(pause: () => Promise<void> = async () => undefined): Promise<void> {
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
    // An endpoint that is disabled for good is owed what came for it no longer than texts are kept at all.
    for (let after: number | null = 0; after !== null; ) {
      after = await ledger.prune(
        { tenantId, before: now - Math.max(keep.payload, keep.messages), after, limit: BATCH },
        async () => new Set(),
      );
      if (after !== null) await pause();
    }
  }
}
