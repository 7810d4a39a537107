import type { Milliseconds } from '../../core/runtime.ts';

const SECOND = 1_000;

/** The tries of the last while, counted by the second. */
export class SlidingWindow {
  readonly #length: Milliseconds;
  #seconds: { second: number; tries: number; failures: number }[] = [];

  constructor(length: Milliseconds) {
    this.#length = length;
  }

  note(success: boolean, now: Milliseconds): void {
    const second = Math.floor(now / SECOND);
    this.#forget(second);
    let last = this.#seconds.at(-1);
    if (last?.second !== second) {
      last = { second, tries: 0, failures: 0 };
      this.#seconds.push(last);
    }
    last.tries++;
    if (!success) last.failures++;
  }

  /** Over the last `length` ms; over the whole window when not given. */
  count(now: Milliseconds, length: Milliseconds = this.#length): { tries: number; failures: number } {
    const from = Math.floor(now / SECOND) - length / SECOND;
    const total = { tries: 0, failures: 0 };
    for (const { second, tries, failures } of this.#seconds) {
      if (second <= from) continue;
      total.tries += tries;
      total.failures += failures;
    }
    return total;
  }

  /** What is too old, and what lies ahead because the clock was set back. */
  #forget(now: number): void {
    const isKept = (second: number): boolean => second <= now && second > now - this.#length / SECOND;
    if (!isKept(this.#seconds[0]?.second ?? now) || !isKept(this.#seconds.at(-1)?.second ?? now)) {
      this.#seconds = this.#seconds.filter(({ second }) => isKept(second));
    }
  }
}
