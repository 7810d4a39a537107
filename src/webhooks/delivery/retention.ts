import type { TenantId } from '../../core/ids.ts';
import { Periodic } from '../../core/periodic.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import { SystemRetentionStore } from './retention-store.ts';

/** Milliseconds that an attempt of each tenant is kept in its log. */
type KeepOfTenants = () => AsyncIterable<{ tenantId: TenantId; keep: { attempts: Milliseconds } }>;

const EVERY = 10 * 60_000;
/** Rows that one transaction removes. */
const BATCH = 200;

/** Removes old attempts in small batches, so that it holds up no other write. A delivery goes with its event; see ledger/retention.ts. */
export class AttemptRetention {
  readonly #store: SystemRetentionStore;
  readonly #keep: KeepOfTenants;
  readonly #runtime: Runtime;
  readonly periodic: Periodic;

  constructor(db: Database, keep: KeepOfTenants, runtime: Runtime) {
    this.#store = new SystemRetentionStore(db);
    this.#keep = keep;
    this.#runtime = runtime;
    const told = { every: EVERY, failure: 'Old attempts of webhooks could not be removed' };
    this.periodic = new Periodic((pause) => this.prune(pause), told, runtime);
  }

  /** Removes all that is old now. */
  async prune(pause: () => Promise<void> = async () => undefined): Promise<void> {
    for await (const { tenantId, keep } of this.#keep()) {
      const before = this.#runtime.clock.now() - keep.attempts;
      for (const endpointId of await this.#store.endpointIds(tenantId)) {
        while ((await this.#store.removeAttempts(endpointId, before, BATCH)) === BATCH) await pause();
      }
    }
  }
}
