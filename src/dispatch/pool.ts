import PQueue from 'p-queue';
import type { TenantId } from '../core/ids.ts';
import { Gates } from './gates.ts';

/** So many pumps at the same time. */
export class Pool {
  readonly #queue: PQueue;
  readonly #tenants: Gates | undefined;

  /** `fair`: see `KindOptions`. */
  constructor(concurrency: number, fair: boolean) {
    this.#queue = new PQueue({ concurrency });
    // With n tenants at work none has more than the n+1st part, so that places are left for the next one (the dynamic
    // threshold of Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", 1998).
    const tenants: Gates = new Gates(() => Math.max(1, Math.floor(concurrency / (tenants.names + 1))));
    this.#tenants = fair ? tenants : undefined;
  }

  run(tenantId: TenantId, pump: () => Promise<void>): void {
    const tenants = this.#tenants;
    if (!tenants) {
      void this.#queue.add(pump);
      return;
    }
    // The place is given back inside the job: whoever waits for it is queued before the queue can call itself idle.
    const job = (): Promise<void> => pump().finally(() => tenants.leave(tenantId));
    tenants.enter(tenantId, () => void this.#queue.add(job));
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    return this.#queue.onIdle();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#tenants?.clear();
    this.#queue.clear();
  }
}
