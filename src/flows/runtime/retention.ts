import type { TenantId } from '../../core/ids.ts';
import { Periodic } from '../../core/periodic.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import { SystemRunStore } from './retention-store.ts';

const EVERY = 10 * 60_000;
/** Rows that one transaction removes. */
const BATCH = 200;

/** Runs go with their answers and traces; one that nobody has answered for so long, too. Tags, and what flows remember of a contact, stay. */
export class RunRetention {
  readonly #store: SystemRunStore;
  readonly #keep: () => AsyncIterable<{ tenantId: TenantId; keep: { messages: Milliseconds } }>;
  readonly #runtime: Runtime;
  readonly periodic: Periodic;

  constructor(db: Database, keep: () => AsyncIterable<{ tenantId: TenantId; keep: { messages: Milliseconds } }>, runtime: Runtime) {
    this.#store = new SystemRunStore(db);
    this.#keep = keep;
    this.#runtime = runtime;
    this.periodic = new Periodic(
      (pause) => this.prune(pause),
      { every: EVERY, failure: 'Old runs of flows could not be removed' },
      runtime,
    );
  }

  /** Removes all that is old now. */
  async prune(pause: () => Promise<void> = async () => undefined): Promise<void> {
    for await (const { tenantId, keep } of this.#keep()) {
      const before = this.#runtime.clock.now() - keep.messages;
      for (let after = ''; ; ) {
        const page = await this.#store.old(tenantId, { before, after, limit: BATCH });
        await this.#store.remove(tenantId, page.ids, before);
        if (page.last === null) break;
        after = page.last;
        await pause();
      }
    }
  }
}
