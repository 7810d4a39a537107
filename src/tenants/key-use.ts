import { messageOf } from '../core/errors.ts';
import type { KeyId } from '../core/ids.ts';
import { setLatest } from '../core/memoize.ts';
import type { Milliseconds, Runtime, Timer } from '../core/runtime.ts';
import type { SystemTenantStore } from './store.ts';

/** A key that is used all the time is written once in so long. */
const APART: Milliseconds = 60_000;
/** Keys that are used meanwhile share a write. */
const GATHERED: Milliseconds = 5_000;
const MOST_KEPT = 10_000;

/** When each key was used last. No request waits for it, and what a crash takes with it is told by the next use. */
export class KeyUse {
  readonly #store: Pick<SystemTenantStore, 'noteUse'>;
  readonly #runtime: Runtime;
  readonly #noted = new Map<KeyId, Milliseconds>();
  #waiting = new Map<KeyId, Milliseconds>();
  #timer: Timer | undefined;

  constructor(store: Pick<SystemTenantStore, 'noteUse'>, runtime: Runtime) {
    this.#store = store;
    this.#runtime = runtime;
  }

  note(id: KeyId): void {
    const now = this.#runtime.clock.now();
    if (Math.abs(now - (this.#noted.get(id) ?? Number.NEGATIVE_INFINITY)) < APART) return;
    setLatest(this.#noted, id, now, MOST_KEPT);
    this.#waiting.set(id, now);
    this.#timer ??= this.#runtime.clock.after(GATHERED, () => void this.write());
  }

  /** What waits, now. Never rejects. */
  async write(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    const uses = this.#waiting;
    if (uses.size === 0) return;
    this.#waiting = new Map();
    await this.#store
      .noteUse(uses)
      .catch((error) => this.#runtime.log.warn('When keys were used last could not be written', { error: messageOf(error) }));
  }
}
