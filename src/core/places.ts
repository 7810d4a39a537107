import { HooklineError } from './errors.ts';

export interface PlacesOptions {
  /** Of one tenant at the same time. */
  each: number;
  /** Of all of them together. */
  all: number;
  /** What takes a place, for people: `large bodies`. */
  what: string;
}

/** Seconds after which somebody else may have gone. */
const RETRY_AFTER = 5;

/** For work that takes so much room that only so much of it may go on at the same time. Nobody waits: there is a place or there is none. */
export class Places {
  readonly #options: PlacesOptions;
  readonly #taken = new Map<string, number>();
  #all = 0;

  constructor(options: PlacesOptions) {
    this.#options = options;
  }

  /** Throws `rate-limited` when there is none. Returns what gives it back; called again that does nothing. */
  take(who: string): () => void {
    const { each, all, what } = this.#options;
    const own = this.#taken.get(who) ?? 0;
    const detail =
      own >= each
        ? `${own} ${what} of this tenant are under way already, and there may be ${each} at the same time. Try again when one is done.`
        : `${this.#all} ${what} are under way in this hub, and there may be ${all} at the same time. Try again shortly.`;
    if (own >= each || this.#all >= all) throw new HooklineError('rate-limited', detail, { retryAfter: RETRY_AFTER });
    this.#taken.set(who, own + 1);
    this.#all++;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      this.#all--;
      const left = (this.#taken.get(who) ?? 1) - 1;
      if (left === 0) this.#taken.delete(who);
      else this.#taken.set(who, left);
    };
  }
}
