import type { TenantId } from '../core/ids.ts';
import { Periodic } from '../core/periodic.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import type { Ledger } from './ledger.ts';
import type { Deliveries } from './ports.ts';
import type { Keep } from './store.ts';

export interface EventRetentionOptions {
  ledger: Pick<Ledger, 'prune'>;
  deliveries: Pick<Deliveries, 'owed'>;
  runtime: Runtime;
  /** Milliseconds that the events of every tenant are kept with their deliveries. */
  keep(): AsyncIterable<{
    tenantId: TenantId;
    keep: {
      payload: Milliseconds;
      /** What is still owed to an endpoint is kept for so long at the most. */
      messages: Milliseconds;
    };
  }>;
}

const EVERY = 10 * 60_000;
/** Rows that one transaction removes. */
const BATCH = 200;

/** Removes what is old in small batches, so that it holds up no other write. What an endpoint is still owed stays. */
export class EventRetention {
  readonly #options: EventRetentionOptions;
  readonly periodic: Periodic;

  constructor(options: EventRetentionOptions) {
    this.#options = options;
    const told = { every: EVERY, failure: 'Old events could not be removed' };
    this.periodic = new Periodic((pause) => this.prune(pause), told, options.runtime);
  }

  /** Removes all that is old now. */
  async prune(pause: () => Promise<void> = async () => undefined): Promise<void> {
    const { deliveries, runtime, keep: keepOf } = this.#options;
    const owed: Keep = (tx, positions) => deliveries.owed(tx, positions);
    for await (const { tenantId, keep } of keepOf()) {
      const now = runtime.clock.now();
      await this.#prune({ tenantId, before: now - keep.payload }, owed, pause);
      // An endpoint that is disabled for good is owed what came for it no longer than texts are kept at all.
      await this.#prune({ tenantId, before: now - Math.max(keep.payload, keep.messages) }, async () => new Set(), pause);
    }
  }

  async #prune(range: { tenantId: TenantId; before: Milliseconds }, keep: Keep, pause: () => Promise<void>): Promise<void> {
    for (let after: number | null = 0; after !== null; ) {
      after = await this.#options.ledger.prune({ ...range, after, limit: BATCH }, keep);
      if (after !== null) await pause();
    }
  }
}
