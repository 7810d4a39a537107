import { HooklineError } from '../core/errors.ts';
import type { Clock, Milliseconds } from '../core/runtime.ts';

export interface SharesOptions {
  /** Requests of a tenant that are worked at at the same time while several tenants ask and the hub is busy. */
  own: number;
  /** Since a tenant has asked last, for which it counts as one of those that ask. */
  recent: Milliseconds;
  /** After which a request gives its place to the next one of its tenant: it waits for something else than the hub. */
  turn: Milliseconds;
  /** After which a request of a tenant that asks for much more than the others is worked at although the hub is busy. */
  pause: Milliseconds;
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

/** Milliseconds after which it is looked again whether there is time for those that wait. */
const LOOK = 10;

interface Asking {
  at: Milliseconds;
  began: Milliseconds;
  /** Not answered yet. */
  open: number;
  /** Of the open ones, those whose turn it is. */
  underWay: number;
  waiting: (() => void)[];
}

/**
 * Whoever asks much waits for itself. While two tenants or more ask and the hub is busy, only so many requests of each are worked at;
 * those of a tenant that asks for much more than another one are worked at in the time that is left, and now and then for all that.
 * Who is alone has the hub for itself.
 */
export class Shares {
  readonly #options: SharesOptions;
  /** Those that asked last at the end. */
  readonly #tenants = new Map<string, Asking>();
  #looksAgain = false;

  constructor(options: SharesOptions) {
    this.#options = options;
  }

  /** Resolves when it is this request's turn, with what ends it; called again that does nothing. Rejects with `rate-limited` where the line is too long. */
  async enter(tenantId: string): Promise<() => void> {
    const now = this.#options.clock.now();
    this.#forget(now);
    const asking = this.#tenants.get(tenantId) ?? { at: now, began: -Infinity, open: 0, underWay: 0, waiting: [] };
    this.#tenants.delete(tenantId);
    this.#tenants.set(tenantId, asking);
    asking.at = now;
    if (asking.waiting.length >= MOST_WAITING) throw lineTooLong();
    asking.open++;
    if (asking.waiting.length === 0 && this.#mayBegin(asking)) this.#begin(asking);
    else {
      const turn = new Promise<void>((resolve) => asking.waiting.push(resolve));
      this.#lookAgain();
      await turn;
    }
    return this.#turn(asking);
  }

  #mayBegin(asking: Asking): boolean {
    const { own, pause, isBusy, clock } = this.#options;
    if (this.#tenants.size === 1 || !isBusy()) return true;
    if (!this.#asksMuch(asking)) return asking.underWay < own;
    return asking.underWay === 0 && clock.now() - asking.began >= pause;
  }

  #asksMuch(asking: Asking): boolean {
    const others = [...this.#tenants.values()].flatMap((other) => (other === asking ? [] : [other.open]));
    return asking.open > 2 * Math.max(this.#options.own, Math.min(...others));
  }

  #begin(asking: Asking): void {
    asking.underWay++;
    asking.began = this.#options.clock.now();
  }

  #turn(asking: Asking): () => void {
    const giveWay = once(() => {
      asking.underWay--;
      this.#letIn();
    });
    const timer = this.#options.clock.after(this.#options.turn, giveWay);
    return once(() => {
      timer.cancel();
      asking.open--;
      giveWay();
    });
  }

  /** Of those that wait, the one before the others that has the fewest under way, and of two such the one with the shorter line. */
  #letIn(): void {
    for (;;) {
      const waiting = [...this.#tenants.values()].filter((asking) => asking.waiting.length > 0);
      const [next] = waiting
        .filter((asking) => this.#mayBegin(asking))
        .sort((one, other) => one.underWay - other.underWay || one.waiting.length - other.waiting.length);
      if (!next) {
        if (waiting.length > 0) this.#lookAgain();
        return;
      }
      this.#begin(next);
      next.waiting.shift()?.();
    }
  }

  #lookAgain(): void {
    if (this.#looksAgain) return;
    this.#looksAgain = true;
    this.#options.clock.after(LOOK, () => {
      this.#looksAgain = false;
      this.#letIn();
    });
  }

  #forget(now: Milliseconds): void {
    for (const [tenantId, { at, open }] of this.#tenants) {
      if (now - at < this.#options.recent) return;
      if (open === 0) this.#tenants.delete(tenantId);
    }
  }
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
