import { wait } from './deadline.ts';
import { messageOf } from './errors.ts';
import type { Milliseconds, Runtime, Timer } from './runtime.ts';

/** The time (ms) that others have to write between two batches. */
const PAUSE: Milliseconds = 50;

/** What is done in small pieces waits for `pause` between them. */
export type Piecemeal = (pause: () => Promise<void>) => Promise<void>;

/** Work that is done again and again behind everything else, one at a time; what fails is told, and done again the next time. */
export class Periodic {
  readonly #work: Piecemeal;
  readonly #options: { every: Milliseconds; failure: string };
  readonly #runtime: Pick<Runtime, 'clock' | 'log'>;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #started = false;
  #stopped = Promise.withResolvers<void>();

  /** `failure`: what the log says when the work fails. */
  constructor(work: Piecemeal, options: { every: Milliseconds; failure: string }, runtime: Pick<Runtime, 'clock' | 'log'>) {
    this.#work = work;
    this.#options = options;
    this.#runtime = runtime;
  }

  start(): void {
    if (!this.#started) this.#stopped = Promise.withResolvers();
    this.#started = true;
    this.#timer = this.#runtime.clock.after(this.#options.every, () => {
      void this.once(this.#work).then(() => {
        if (this.#started) this.start();
      });
    });
  }

  /** Resolves when the piece at hand is done. */
  async stop(): Promise<void> {
    this.#started = false;
    this.#stopped.resolve();
    this.#timer?.cancel();
    await this.#running;
  }

  /** Does this in the same way: behind what is under way, and not at all once it is stopped. Never rejects. */
  once(work: Piecemeal, failure = this.#options.failure): Promise<void> {
    this.#running = this.#running.then(async () => {
      if (!this.#started) return;
      await work(() => this.#pause()).catch((error) => {
        if (this.#started) this.#runtime.log.warn(failure, { error: messageOf(error) });
      });
    });
    return this.#running;
  }

  /** Rejects once it is stopped, so that a stop waits for one piece at the most. */
  async #pause(): Promise<void> {
    await Promise.race([wait(this.#runtime.clock, PAUSE), this.#stopped.promise]);
    if (!this.#started) throw new Error('the hub is stopping');
  }
}
