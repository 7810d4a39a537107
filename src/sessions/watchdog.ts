import type { Clock, Milliseconds, Timer } from '../core/runtime.ts';
import type { Health } from './engine.ts';

/** One miss may be a busy page; at the second in a row the engine counts as dead. */
const MISSES = 2;

export interface WatchdogOptions {
  /** Milliseconds between two looks. */
  interval: Milliseconds;
  check(): Promise<Health>;
  stale(detail: string): void;
}

/** Looks at a running engine regularly and says once when it no longer answers. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #options: WatchdogOptions;
  #timer: Timer | undefined;
  #misses = 0;
  /** Moves with every start and stop, so that a look that was under way then says nothing. */
  #watch = 0;

  constructor(clock: Clock, options: WatchdogOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  start(): void {
    this.stop();
    this.#misses = 0;
    this.#wait(this.#watch);
  }

  stop(): void {
    this.#watch++;
    this.#timer?.cancel();
  }

  #wait(watch: number): void {
    this.#timer = this.#clock.after(this.#options.interval, () => void this.#look(watch));
  }

  async #look(watch: number): Promise<void> {
    const { ok, detail } = await this.#options.check();
    if (watch !== this.#watch) return;
    this.#misses = ok ? 0 : this.#misses + 1;
    if (this.#misses >= MISSES) this.#options.stale(detail);
    else this.#wait(watch);
  }
}
