import { HooklineError } from '../core/errors.ts';
import type { Clock, Milliseconds } from '../core/runtime.ts';

export interface SharesOptions {
  /** Requests of one tenant that are worked at at the same time while others ask, too. */
  each: number;
  /** Since a tenant has asked last, for which it counts as one of those that ask. */
  recent: Milliseconds;
  /** After which a request gives its place to the next one of its tenant: it waits for something else than the hub. */
  turn: Milliseconds;
  clock: Clock;
}

/** Requests of one tenant, each with what it was sent. */
const MOST_WAITING = 1_000;

const lineTooLong = (): HooklineError =>
  new HooklineError(
    'rate-limited',
    `${MOST_WAITING} requests of this tenant wait for their turn already. Wait for answers before you ask again.`,
    {
      retryAfter: 1,
    },
  );

interface Asking {
  at: Milliseconds;
  underWay: number;
  waiting: (() => void)[];
}

/**
 * Whoever asks much waits for itself: while two tenants or more ask, of each only so many requests are worked at, and the
 * others of it wait in line. Who is alone has the hub for itself.
 */
export class Shares {
  readonly #options: SharesOptions;
  readonly #tenants = new Map<string, Asking>();

  constructor(options: SharesOptions) {
    this.#options = options;
  }

  /** Resolves when it is this request's turn, with what ends it; called again that does nothing. Rejects with `rate-limited` where the line is too long. */
  async enter(tenantId: string): Promise<() => void> {
    const now = this.#options.clock.now();
    this.#forget(now);
    const asking = this.#tenants.get(tenantId) ?? { at: now, underWay: 0, waiting: [] };
    // At the end of the map: those who asked last.
    this.#tenants.delete(tenantId);
    this.#tenants.set(tenantId, asking);
    asking.at = now;
    if (this.#tenants.size > 1 && asking.underWay >= this.#options.each) {
      if (asking.waiting.length >= MOST_WAITING) throw lineTooLong();
      await new Promise<void>((resolve) => asking.waiting.push(resolve));
    } else asking.underWay++;
    return this.#turn(asking);
  }

  /** A place is handed on to the next in line, so that nobody who comes later gets before it. */
  #turn(asking: Asking): () => void {
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      timer.cancel();
      const next = asking.waiting.shift();
      if (next) next();
      else asking.underWay--;
    };
    const timer = this.#options.clock.after(this.#options.turn, end);
    return end;
  }

  #forget(now: Milliseconds): void {
    for (const [tenantId, { at, underWay }] of this.#tenants) {
      if (now - at < this.#options.recent) return;
      if (underWay === 0) this.#tenants.delete(tenantId);
    }
  }
}
