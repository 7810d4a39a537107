import type { EndpointId } from '../../core/ids.ts';
import type { Clock, Milliseconds, Timer } from '../../core/runtime.ts';
import type { Attempt } from '../owed/delivery.ts';
import type { ConcurrencyGroups } from '../ports.ts';
import { Breaker, type BreakerState } from './breaker.ts';
import { Pace } from './pace.ts';
import { SlidingWindow } from './sliding-window.ts';
import { isOverload, SlowDown } from './slow-down.ts';

/** Over this long a rate is measured. */
const MEASURED = 10_000;

interface Known {
  breaker: Breaker;
  slowDown: SlowDown;
  recent: SlidingWindow;
  timer?: Timer;
}

/** An endpoint from when it was looked at until it begins anew. */
export interface Course {
  /** What became of a try. Once the endpoint has begun anew it touches nothing. */
  note(attempt: Pick<Attempt, 'status' | 'errorClass' | 'startedAt'>): void;
  readonly breaker: BreakerState;
  /** The endpoint has begun anew: what was read of it before is out of date. */
  readonly over: boolean;
}

/**
 * What this process knows of how endpoints fare, and so how much each may be sent now. In memory: a hub that starts
 * learns it anew within a few tries.
 */
export class EndpointHealth {
  readonly #clock: Clock;
  readonly #groups: ConcurrencyGroups;
  readonly #most: number;
  readonly #pace = new Pace();
  readonly #known = new Map<EndpointId, Known>();

  /** `slots`: lanes of one endpoint that run at the same time when all is well. */
  constructor({ clock, lanes, slots }: { clock: Clock; lanes: ConcurrencyGroups; slots: number }) {
    this.#clock = clock;
    this.#groups = lanes;
    this.#most = slots;
  }

  /** Lanes of the endpoint that may run now. When that is none, the lanes are asked again in time. */
  slots(id: EndpointId): number {
    const known = this.#known.get(id);
    if (!known) return this.#most;
    const now = this.#clock.now();
    const wait = this.#pace.wait(id, now);
    const slots = wait > 0 ? 0 : known.breaker.slots(now);
    if (slots === 0) this.#askAgain(id, known, Math.max(wait, (known.breaker.probeAt ?? now) - now));
    return slots;
  }

  /** Takes the endpoint's next place in time and answers 0, or answers how many milliseconds to wait before asking again. */
  take(id: EndpointId, limit: number | null): number {
    const rate = Math.min(limit ?? Infinity, this.#known.get(id)?.slowDown.rate ?? Infinity);
    return rate === Infinity ? 0 : this.#pace.take(id, rate, this.#clock.now());
  }

  /** To be asked before the endpoint is read, so that nothing of an older one is noted on a newer one. */
  course(id: EndpointId): Course {
    const known = this.#known.get(id) ?? {
      breaker: new Breaker(this.#most),
      slowDown: new SlowDown(),
      recent: new SlidingWindow(MEASURED),
    };
    this.#known.set(id, known);
    const isOver = (): boolean => this.#known.get(id) !== known;
    return {
      note: (attempt) => this.#note(known, attempt),
      get breaker() {
        return known.breaker.state;
      },
      get over() {
        return isOver();
      },
    };
  }

  /** `rateLimit`: requests a second that it is slowed down to; null when it is not. */
  of(id: EndpointId): { breaker: BreakerState; rateLimit: number | null } {
    const known = this.#known.get(id);
    return { breaker: known?.breaker.state ?? 'closed', rateLimit: known?.slowDown.rate ?? null };
  }

  /** It begins anew, as one that was never tried: it was enabled, has another URL, or is gone. */
  forget(id: EndpointId): void {
    this.#known.get(id)?.timer?.cancel();
    this.#known.delete(id);
    this.#pace.forget(id);
    this.#groups.recheck('webhook', id);
  }

  #note({ breaker, slowDown, recent }: Known, attempt: Parameters<Course['note']>[0]): void {
    const now = this.#clock.now();
    const success = attempt.errorClass === null;
    recent.note(success, now);
    breaker.note(success, { startedAt: attempt.startedAt, now });
    if (isOverload(attempt.status)) slowDown.overloaded((recent.count(now).tries * 1_000) / MEASURED, now);
    else if (success) slowDown.succeeded(now);
  }

  #askAgain(id: EndpointId, known: Known, wait: Milliseconds): void {
    known.timer?.cancel();
    known.timer = this.#clock.after(wait, () => this.#groups.recheck('webhook', id));
  }
}
