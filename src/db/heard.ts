import type { Milliseconds } from '../core/runtime.ts';

/** A node as it told of itself last. */
export interface Told {
  id: string;
  /** When that was noted, by the clock of the database: each time another one. */
  seenAt: Milliseconds;
  /** Not heard of for so long it is dead. */
  lease: Milliseconds;
}

/**
 * For how long a node has heard nothing new of each of the others, by a clock of its own that nobody sets: where that of the database jumps,
 * nobody looks dead. It counts from when this one looked itself: who has just come, was away or stood still has heard of nobody yet.
 */
export class Heard {
  readonly #gap: Milliseconds;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #of = new Map<string, { seenAt: Milliseconds; since: Milliseconds }>();

  /** `gap`: who does not look for so long starts anew. */
  constructor(gap: Milliseconds) {
    this.#gap = gap;
  }

  /** It was away. */
  forget(): void {
    this.#of.clear();
  }

  /** Those of `nodes` that were silent for as long as their lease, or for `least` (ms) where that is less. The database was asked and has answered at these times (ms), by any clock that only goes on. */
  silent<Node extends Told>(
    nodes: readonly Node[],
    { askedAt, answeredAt }: { askedAt: Milliseconds; answeredAt: Milliseconds },
    least = Number.POSITIVE_INFINITY,
  ): (Node & { silence: Milliseconds })[] {
    if (askedAt - this.#lookedAt > this.#gap) this.forget();
    this.#lookedAt = answeredAt;
    const before = this.#of;
    this.#of = new Map();
    return nodes.flatMap((node) => {
      const { id, seenAt, lease } = node;
      const known = before.get(id);
      // It may have told so until the answer was here, and is known to have told nothing else until this was asked.
      const heard = known?.seenAt === seenAt ? known : { seenAt, since: answeredAt };
      this.#of.set(id, heard);
      const silence = askedAt - heard.since;
      return silence >= Math.min(lease, least) ? [{ ...node, silence }] : [];
    });
  }
}
