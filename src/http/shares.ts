import { HooklineError } from '../core/errors.ts';
import type { Clock, Milliseconds } from '../core/runtime.ts';

export interface SharesOptions {
  /** Requests of a tenant that are worked at at the same time while several tenants ask and the hub is busy. */
  own: number;
  /** Since a tenant has asked last, for which it counts as one of those that ask; and over which it is averaged how much it asks. */
  recent: Milliseconds;
  /** After which a request gives its place to the next one of its tenant: it waits for something else than the hub. */
  turn: Milliseconds;
  /** After which a request of a tenant that asks for much more than the others is worked at although the hub is busy. */
  pause: Milliseconds;
  /** Whether there is more to do than time for it. */
  isBusy: () => boolean;
  clock: Clock;
}

const SECOND = 1_000;
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

/** So many times its `own` are worked at of a tenant that asks for little: a few at once are no reason to wait. */
const BURST = 4;

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

/** Refusals a second that nobody waits for, and the longest that one does (ms). */
const REFUSALS = 20;
const LONGEST_REFUSAL = 5_000;

interface Asking {
  at: Milliseconds;
  began: Milliseconds;
  /** How many it has had open of late, on average, as it was `measured`. */
  load: number;
  measured: Milliseconds;
  /** Not answered yet. */
  open: number;
  /** How many were answered of late, as it was `measured`. */
  answered: number;
  /** When the next refusal may be told, were all of them told one by one. */
  refusesAt: Milliseconds;
  /** Of the open ones, those whose turn it is. */
  underWay: number;
  waiting: (() => void)[];
}

/**
 * Whoever asks much waits for itself. While two tenants or more ask and the hub is busy, only so many requests are worked at of
 * each that has had more open of late; those of a tenant that has had many more open than another one are worked at in the time
 * that is left, `own` at a time, and now and then for all that. Who is alone has the hub for itself.
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
    const now = this.#options.clock.steady();
    this.#forget(now);
    const asking = this.#tenants.get(tenantId) ?? newcomer(now);
    this.#tenants.delete(tenantId);
    this.#tenants.set(tenantId, asking);
    asking.at = now;
    if (asking.waiting.length >= MOST_WAITING) throw lineTooLong();
    this.#count(asking, 1);
    if (asking.waiting.length === 0 && this.#mayBegin(asking)) this.#begin(asking);
    else {
      const turn = new Promise<void>((resolve) => asking.waiting.push(resolve));
      this.#lookAgain();
      await turn;
    }
    return this.#turn(asking);
  }

  /**
   * Resolves when a refusal may be told. Who asks for what is refused, over and over and many at a time, would otherwise ask again at once; so
   * it is told no more often than another tenant is answered, while the hub is busy. `isCostly`: what comes after it has to be let go by, which makes
   * the hub busy; that is told no more often in any case.
   */
  async refuse(tenantId: string, { isCostly = false } = {}): Promise<void> {
    const { own, isBusy, clock } = this.#options;
    const asking = this.#tenants.get(tenantId);
    if (!asking || this.#tenants.size === 1) return;
    if (!isCostly && (asking.open <= own || !isBusy())) return;
    const now = clock.steady();
    const rates = this.#othersOf(asking, now).map(({ answered }) => (answered * SECOND) / this.#options.recent);
    const fair = Math.max(REFUSALS, ...rates);
    asking.refusesAt = Math.max(asking.refusesAt, now - SECOND) + SECOND / fair;
    const wait = Math.min(asking.refusesAt - now, LONGEST_REFUSAL);
    if (wait > 0) await new Promise<void>((resolve) => clock.after(wait, resolve));
  }

  #mayBegin(asking: Asking): boolean {
    const { own, pause, isBusy, clock } = this.#options;
    if (this.#tenants.size === 1) return true;
    const now = clock.steady();
    const load = this.#loadOf(asking, now);
    const busy = isBusy();
    if (!busy && load <= 2 * own) return true;
    const others = this.#othersOf(asking, now);
    const least = Math.min(...others.map((other) => other.load));
    const isMuch = load > 2 * Math.max(own, least);
    // All that waits at once would keep the others waiting as soon as there is time again.
    if (!busy) return !isMuch || asking.underWay < own;
    const isLight = load <= own || asking.open <= Math.max(own, Math.min(...others.map(({ open }) => open)));
    if (isLight) return asking.underWay < BURST * own;
    return isMuch ? asking.underWay === 0 && now - asking.began >= pause : asking.underWay < own;
  }

  /** Each with its load as it is now. */
  #othersOf(asking: Asking, now: Milliseconds): Asking[] {
    const others = [...this.#tenants.values()].filter((other) => other !== asking);
    for (const other of others) this.#loadOf(other, now);
    return others;
  }

  /** How many it has had open of late, on average. */
  #loadOf(asking: Asking, now: Milliseconds): number {
    const kept = Math.exp((asking.measured - now) / this.#options.recent);
    asking.load = asking.load * kept + asking.open * (1 - kept);
    asking.answered *= kept;
    asking.measured = now;
    return asking.load;
  }

  #count(asking: Asking, change: 1 | -1): void {
    this.#loadOf(asking, this.#options.clock.steady());
    asking.open += change;
  }

  #begin(asking: Asking): void {
    asking.underWay++;
    asking.began = this.#options.clock.steady();
  }

  #turn(asking: Asking): () => void {
    const giveWay = once(() => {
      asking.underWay--;
      this.#letIn();
    });
    const timer = this.#options.clock.after(this.#options.turn, giveWay);
    return once(() => {
      timer.cancel();
      this.#count(asking, -1);
      asking.answered++;
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

function newcomer(now: Milliseconds): Asking {
  return {
    at: now,
    began: -Infinity,
    measured: now,
    load: 0,
    open: 0,
    answered: 0,
    refusesAt: -Infinity,
    underWay: 0,
    waiting: [],
  };
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) work();
    isDone = true;
  };
}
