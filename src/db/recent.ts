import type { Milliseconds } from '../core/runtime.ts';

/** Names that were noted within the last `span`; older ones take no memory. */
export class Recent {
  readonly #noted = new Map<string, Milliseconds>();
  readonly #span: Milliseconds;

  constructor(span: Milliseconds) {
    this.#span = span;
  }

  note(name: string): void {
    const now = performance.now();
    // The oldest in front: what is forgotten is found there.
    this.#noted.delete(name);
    this.#noted.set(name, now);
    for (const [oldest, at] of this.#noted) {
      if (now - at < this.#span) return;
      this.#noted.delete(oldest);
    }
  }

  has(name: string): boolean {
    const at = this.#noted.get(name);
    return at !== undefined && performance.now() - at < this.#span;
  }
}
