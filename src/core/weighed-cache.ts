/**
 * Values by key, bounded by what they weigh together: where that is too much, those that were asked for the longest ago go.
 * The one that was put in last stays, whatever it weighs.
 */
export class WeighedCache<Key, Value> {
  readonly #most: number;
  readonly #kept = new Map<Key, { value: Value; weight: number }>();
  #weight = 0;

  /** `most`: the sum of all weights, in whatever the caller counts by. */
  constructor(most: number) {
    this.#most = most;
  }

  get weight(): number {
    return this.#weight;
  }

  get(key: Key): Value | undefined {
    const known = this.#kept.get(key);
    if (!known) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, known);
    return known.value;
  }

  /** Also for a value that is there and has grown. */
  set(key: Key, value: Value, weight: number): void {
    this.delete(key);
    this.#kept.set(key, { value, weight });
    this.#weight += weight;
    for (const oldest of this.#kept.keys()) {
      if (this.#weight <= this.#most || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    this.#weight -= this.#kept.get(key)?.weight ?? 0;
    this.#kept.delete(key);
  }
}
