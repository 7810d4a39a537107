import PQueue from 'p-queue';
import type { TenantId } from '../core/ids.ts';
import { KeyedSemaphore } from './keyed-semaphore.ts';

/** So many pumps at the same time, shared out among the tenants. */
export class Pool {
  readonly #queue: PQueue;
  readonly #tenants: KeyedSemaphore;

  constructor(concurrency: number) {
    this.#queue = new PQueue({ concurrency });
    // None has more places than are left, so that the next one finds some: those who hang take a half, a quarter, an eighth…
    // (the dynamic threshold of Choudhury and Hahne, "Dynamic Queue Length Thresholds for Shared-Memory Packet Switches", 1998).
    this.#tenants = new KeyedSemaphore(() => Math.max(1, concurrency - this.#tenants.inside));
  }

  run(tenantId: TenantId, pump: () => Promise<void>): void {
    // The place is given back inside the job: whoever waits for it is queued before the queue can call itself idle.
    const job = (): Promise<void> => pump().finally(() => this.#tenants.leave(tenantId));
    this.#tenants.enter(tenantId, () => void this.#queue.add(job));
  }

  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void> {
    return this.#queue.onIdle();
  }

  /** Forgets what waits. */
  clear(): void {
    this.#tenants.clear();
    this.#queue.clear();
  }
}
