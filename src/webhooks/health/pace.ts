import type { EndpointId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';

const SECOND = 1_000;

/** Keeps each endpoint to its requests a second, over all of its lanes in this process. A second's worth may go at once. */
export class Pace {
  /** When the next request would be due at the pace (the generic cell rate algorithm, ITU-T I.371). */
  readonly #due = new Map<EndpointId, Milliseconds>();

  /** Takes a place and answers 0, or answers how many milliseconds to wait before asking again. */
  take(endpointId: EndpointId, perSecond: number, now: Milliseconds): number {
    const wait = this.#untilDue(endpointId, now);
    if (wait > 0) return wait;
    this.#due.set(endpointId, now + Math.max(wait, -SECOND) + SECOND / perSecond);
    return 0;
  }

  /** Milliseconds until there is a place to take. */
  wait(endpointId: EndpointId, now: Milliseconds): number {
    return Math.max(0, this.#untilDue(endpointId, now));
  }

  forget(endpointId: EndpointId): void {
    this.#due.delete(endpointId);
  }

  #untilDue(endpointId: EndpointId, now: Milliseconds): number {
    const due = this.#due.get(endpointId) ?? 0;
    // Further off than any pace can put it: the clock was set back.
    return due - now > SECOND ? 0 : due - now;
  }
}
