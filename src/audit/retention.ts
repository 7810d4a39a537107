import { messageOf } from '../core/errors.ts';
import { firstIdAt, type TenantId } from '../core/ids.ts';
import type { Milliseconds, Runtime, Timer } from '../core/runtime.ts';
import type { Database } from '../db/open.ts';
import { SystemAuditStore } from './store.ts';

/** How long the entries of a tenant are kept; null asks for those of the hub itself. A tenant that is gone has entries, too. */
export type KeepOf = (tenantId: TenantId | null) => Promise<Milliseconds>;

const EVERY = 60 * 60_000;
/** Rows that one transaction removes, and the time that the others have to write before the next one. */
const BATCH = 200;
const PAUSE = 50;

/** Removes what is old in small batches, so that it holds up no other write. */
export class AuditRetention {
  readonly #store: SystemAuditStore;
  readonly #keepOf: KeepOf;
  readonly #runtime: Runtime;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #started = false;

  constructor(db: Database, keepOf: KeepOf, runtime: Runtime) {
    this.#store = new SystemAuditStore(db);
    this.#keepOf = keepOf;
    this.#runtime = runtime;
  }

  start(): void {
    this.#started = true;
    this.#timer = this.#runtime.clock.after(EVERY, () => {
      this.#running = this.prune()
        .catch((error) => {
          if (this.#started) this.#runtime.log.warn('Old entries of the audit log could not be removed', { error: messageOf(error) });
        })
        .then(() => {
          if (this.#started) this.start();
        });
    });
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    await this.#running;
  }

  /** Removes all that is old now. */
  async prune(pause: () => Promise<void> = () => this.#pause()): Promise<void> {
    for (let owner: TenantId | null | undefined = null; owner !== undefined; owner = await this.#store.ownerAfter(owner)) {
      const before = firstIdAt('aud', this.#runtime.clock.now() - (await this.#keepOf(owner)));
      while ((await this.#store.remove(owner, before, BATCH)) === BATCH) await pause();
    }
  }

  /** Rejects once it is stopped, so that a stop waits for one batch at the most. */
  async #pause(): Promise<void> {
    await new Promise<void>((resolve) => this.#runtime.clock.after(PAUSE, resolve));
    if (!this.#started) throw new Error('the hub is stopping');
  }
}
