import { messageOf } from '../../../core/errors.ts';
import type { Clock, Logger } from '../../../core/runtime.ts';
import { wait } from './deadline.ts';

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

/** What must reach the hub's disk, in order: each is offered until it was stored, and nothing overtakes it. */
export class Offers {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #closing = Promise.withResolvers<void>();
  #closed = false;
  #last: Promise<void> = Promise.resolve();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  add(store: () => Promise<void>): void {
    this.#last = this.#last.then(() => this.#offer(store));
  }

  /** What still waits is offered once more and not again: a message stays unread at WhatsApp and is found there. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#closing.resolve();
    await this.#last;
  }

  async #offer(store: () => Promise<void>): Promise<void> {
    for (let pause = FIRST_PAUSE; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        return await store();
      } catch (error) {
        this.#log.warn('The hub could not store what came from WhatsApp', { error: messageOf(error), again: !this.#closed });
        if (this.#closed) return;
        await Promise.race([wait(this.#clock, pause), this.#closing.promise]);
      }
    }
  }
}
