import { wait } from './deadline.ts';
import { messageOf } from './errors.ts';
import type { Milliseconds, Runtime, Timer } from './runtime.ts';

/** The time (ms) that others have to write between two batches. */
const PAUSE: Milliseconds = 50;

/** Work that is done again and again behind everything else, in small pieces; one that fails is told, and done again the next time. */
export class Periodic {
  readonly #work: (pause: () => Promise<void>) => Promise<void>;
  readonly #options: { every: Milliseconds; failure: string };
  readonly #runtime: Pick<Runtime, 'clock' | 'log'>;
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #started = false;

  /** `work` waits for `pause` between its pieces. `failure`: what the log says of one that failed. */
  constructor(
    work: (pause: () => Promise<void>) => Promise<void>,
    options: { every: Milliseconds; failure: string },
    runtime: Pick<Runtime, 'clock' | 'log'>,
  ) {
    this.#work = work;
    this.#options = options;
    this.#runtime = runtime;
  }

  start(): void {
    this.#started = true;
    this.#timer = this.#runtime.clock.after(this.#options.every, () => {
      this.#running = this.#work(() => this.#pause())
        .catch((error) => {
          if (this.#started) this.#runtime.log.warn(this.#options.failure, { error: messageOf(error) });
        })
        .then(() => {
          if (this.#started) this.start();
        });
    });
  }

  /** Resolves when the piece at hand is done. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    await this.#running;
  }

  /** Rejects once it is stopped, so that a stop waits for one piece at the most. */
  async #pause(): Promise<void> {
    await wait(this.#runtime.clock, PAUSE);
    if (!this.#started) throw new Error('the hub is stopping');
  }
}
