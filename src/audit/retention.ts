import { firstIdAt, type TenantId } from '../core/ids.ts';
import { Periodic } from '../core/periodic.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import type { Database } from '../db/open.ts';
import { SystemAuditStore } from './store.ts';

/** How long the entries of a tenant are kept; null asks for those of the hub itself. A tenant that is gone has entries, too. */
export type KeepOf = (tenantId: TenantId | null) => Promise<Milliseconds>;

const EVERY = 60 * 60_000;
/** Rows that one transaction removes. */
const BATCH = 200;

/** Removes what is old in small batches, so that it holds up no other write. */
export class AuditRetention {
  readonly #store: SystemAuditStore;
  readonly #keepOf: KeepOf;
  readonly #runtime: Runtime;
  readonly periodic: Periodic;

  constructor(db: Database, keepOf: KeepOf, runtime: Runtime) {
    this.#store = new SystemAuditStore(db);
    this.#keepOf = keepOf;
    this.#runtime = runtime;
    const told = { every: EVERY, failure: 'Old entries of the audit log could not be removed' };
    this.periodic = new Periodic((pause) => this.prune(pause), told, runtime);
  }

  /** Removes all that is old now. */
  async prune(pause: () => Promise<void> = async () => undefined): Promise<void> {
    for (let owner: TenantId | null | undefined = null; owner !== undefined; owner = await this.#store.ownerAfter(owner)) {
      const before = firstIdAt('aud', this.#runtime.clock.now() - (await this.#keepOf(owner)));
      while ((await this.#store.remove(owner, before, BATCH)) === BATCH) await pause();
    }
  }
}
