import { HooklineError } from '../core/errors.ts';
import type { Clock, Milliseconds } from '../core/runtime.ts';

export interface SharesOptions {
  /** Requests that are worked at at the same time while several tenants ask and the hub is busy. */
  all: number;
  /** Of these a tenant has so many whatever the others do. */
  own: number;
  /** Since a tenant has asked last, for which it counts as one of those that ask. */
  recent: Milliseconds;
  /** After which a request gives its place to the next one of its tenant: it waits for something else than the hub. */
  turn: Milliseconds;
  /** Whether there is more to do than time for it. */
  isBusy: () => boolean;
  clock: Clock;
}

/** Milliseconds over which it is told how much the event loop has to do. */
const SPAN = 50;
/** Of its time. */
const BUSY = 0.5;

/** Whether the event loop has had much to do just now. */
export function busyLoop(): () => boolean {
  let [since, at, isBusy] = [performance.eventLoopUtilization(), performance.now(), false];
  return () => {
    const now = performance.now();
    if (now - at < SPAN) return isBusy;
    isBusy = performance.eventLoopUtilization(since).utilization >= BUSY;
    [since, at] = [performance.eventLoopUtilization(), now];
    return isBusy;
  };
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
 * Whoever asks much waits for itself: while two tenants or more ask and the hub is busy, only so many requests are worked at. The next
 * place is for the tenant that has the fewest of them. Who is alone has the hub for itself.
 */
export class Shares {
  readonly #options: SharesOptions;
  /** Those that asked last at the end. */
  readonly #tenants = new Map<string, Asking>();
  #underWay = 0;

  constructor(options: SharesOptions) {
    this.#options = options;
  }

  /** Resolves when it is this request's turn, with what ends it; called again that does nothing. Rejects with `rate-limited` where the line is too long. */
  async enter(tenantId: string): Promise<() => void> {
    const now = this.#options.clock.now();
    this.#forget(now);
    const asking = this.#tenants.get(tenantId) ?? { at: now, underWay: 0, waiting: [] };
    this.#tenants.delete(tenantId);
    this.#tenants.set(tenantId, asking);
    asking.at = now;
    if (asking.waiting.length === 0 && this.#mayBegin(asking)) this.#begin(asking);
    else {
      if (asking.waiting.length >= MOST_WAITING) throw lineTooLong();
      await new Promise<void>((resolve) => asking.waiting.push(resolve));
    }
    return this.#turn(asking);
  }

  #mayBegin({ underWay }: Asking): boolean {
    const { all, own, isBusy } = this.#options;
    return underWay < own || this.#underWay < all || this.#tenants.size === 1 || !isBusy();
  }

  #begin(asking: Asking): void {
    asking.underWay++;
    this.#underWay++;
  }

  #turn(asking: Asking): () => void {
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      timer.cancel();
      asking.underWay--;
      this.#underWay--;
      this.#letIn();
    };
    const timer = this.#options.clock.after(this.#options.turn, end);
    return end;
  }

  /** Those that wait, the one before the others that has the fewest under way, and of two such the one with the shorter line. */
  #letIn(): void {
    for (;;) {
      const waiting = [...this.#tenants.values()].filter((asking) => asking.waiting.length > 0);
      const [next] = waiting.sort((one, other) => one.underWay - other.underWay || one.waiting.length - other.waiting.length);
      if (!next || !this.#mayBegin(next)) return;
      this.#begin(next);
      next.waiting.shift()?.();
    }
  }

  #forget(now: Milliseconds): void {
    for (const [tenantId, { at, underWay, waiting }] of this.#tenants) {
      if (now - at < this.#options.recent) return;
      if (underWay === 0 && waiting.length === 0) this.#tenants.delete(tenantId);
    }
  }
}
