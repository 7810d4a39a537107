import type { Clock, Milliseconds, Timer } from '../../core/runtime.ts';
import type { Health } from '../engine.ts';

/** One miss may be a busy page; at the second in a row the engine counts as dead. */
const MISSES = 2;
/** After a miss it looks again this much sooner. */
const SOONER = 3;

export interface WatchdogOptions {
  /** Milliseconds between two looks. */
  interval: Milliseconds;
  /** Bytes that the engine may hold; 0: any. */
  memoryLimit: number;
  check(): Promise<Health>;
  stale(detail: string): void;
  tooLarge(bytes: number): void;
}

/** Looks at a running engine regularly and says once when it no longer answers, or has grown too large. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #options: WatchdogOptions;
  #timer: Timer | undefined;
  #misses = 0;
  #memory: number | null = null;
  /** Moves with every start and stop, so that a look that was under way then says nothing. */
  #watch = 0;

  constructor(clock: Clock, options: WatchdogOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Bytes that the engine held when it was looked at last; null: it has not been since it started, or holds none. */
  get memory(): number | null {
    return this.#memory;
  }

  start(): void {
    this.stop();
    this.#misses = 0;
    this.#wait(this.#watch);
  }

  stop(): void {
    this.#watch++;
    this.#memory = null;
    this.#timer?.cancel();
  }

  #wait(watch: number): void {
    const { interval } = this.#options;
    this.#timer = this.#clock.after(this.#misses > 0 ? interval / SOONER : interval, () => void this.#look(watch));
  }

  async #look(watch: number): Promise<void> {
    const { ok, detail, memory } = await this.#options.check();
    if (watch !== this.#watch) return;
    this.#memory = memory ?? null;
    const { memoryLimit, stale, tooLarge } = this.#options;
    this.#misses = ok ? 0 : this.#misses + 1;
    if (this.#misses >= MISSES) stale(detail);
    else if (memory !== undefined && memoryLimit > 0 && memory > memoryLimit) tooLarge(memory);
    else this.#wait(watch);
  }
}
