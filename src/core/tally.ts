import { wait } from './deadline.ts';
import type { TenantId } from './ids.ts';
import type { Clock, Milliseconds } from './runtime.ts';

interface Count {
  /** What was counted, what was held when that count began, and what was taken since. Unknown before the first one: infinite. */
  known: number;
  /** Taken since the count under way began. */
  since: number;
  /** Taken, and not yet there to be counted. */
  held: number;
  at: Milliseconds;
  /** How long the last count took. */
  took: Milliseconds;
  /** The count under way, and the one that is to begin behind it. */
  counting?: Promise<void> | undefined;
  next?: Promise<void> | undefined;
}

export interface Taken {
  /** How many of those that were wanted there is room for; they are taken. */
  granted: number;
  /** How many there were before, as far as is known. */
  used: number;
  /** To be called once they are there to be counted, or will never be. */
  settle(): void;
}

/** A count is made again only after so many times what it took, so that it takes a tenth of the time at the most. */
const REST = 10;
/** But then at the latest. */
const AGAIN: Milliseconds = 1_000;

/**
 * How much each tenant has of what costs too much to be counted whenever one more comes: known from the last count and
 * from what was taken since. What went away meanwhile is not noticed, so that it errs on the high side; where that would
 * refuse something it is counted anew, what takes long to count about once a second: nothing is refused for what was there before.
 * Nor is noticed what other nodes of a cluster take meanwhile: each has its part of the limit for itself, and beyond that counts anew
 * whenever the last count is not of just now.
 */
export class Tally {
  readonly #count: (tenantId: TenantId) => Promise<number>;
  readonly #clock: Clock;
  readonly #nodes: () => number;
  readonly #counts = new Map<TenantId, Count>();

  /** `nodes`: how many share the limit, 1 when not given. */
  constructor(count: (tenantId: TenantId) => Promise<number>, clock: Clock, nodes: () => number = () => 1) {
    this.#count = count;
    this.#clock = clock;
    this.#nodes = nodes;
  }

  /** Takes as many as there is room for; `whole`: all of them or none. */
  async take(tenantId: TenantId, wanted: number, limit: number | null, { whole = false } = {}): Promise<Taken> {
    if (limit !== null) await this.known(tenantId, wanted, limit);
    return this.#grant(this.#entry(tenantId), wanted, limit, whole);
  }

  /** How many there are where there may be no room for `wanted` more; fewer than there are never. */
  async known(tenantId: TenantId, wanted: number, limit: number): Promise<number> {
    const entry = this.#entry(tenantId);
    if (entry.known + wanted > limit || this.#isStale(entry, wanted, limit)) await this.#countAnew(tenantId, entry);
    return entry.known;
  }

  /** Whether other nodes may have taken what this one would. */
  #isStale({ known, at, took }: Count, wanted: number, limit: number): boolean {
    return (known + wanted) * this.#nodes() > limit && this.#clock.steady() - at > Math.min(AGAIN, took * REST);
  }

  /** As `take` of one, inside a transaction, which must not wait for a count: what a recent one does not refuse is granted. */
  takeInside(tenantId: TenantId, limit: number | null): Pick<Taken, 'granted' | 'used'> {
    const entry = this.#entry(tenantId);
    const isOver = limit !== null && entry.known + 1 > limit;
    const isRecent = this.#clock.steady() - entry.at < AGAIN;
    // One that fails is made again for the next that comes.
    if ((isOver && !isRecent) || (limit !== null && this.#isStale(entry, 1, limit)))
      this.#countAnew(tenantId, entry).catch(() => undefined);
    const taken = this.#grant(entry, 1, isOver && !isRecent ? null : limit, true);
    taken.settle();
    return taken;
  }

  /** How many there are now, with those that are taken. Counted anew no more often than for who would be refused. */
  async used(tenantId: TenantId): Promise<number> {
    const entry = this.#entry(tenantId);
    await this.#countAnew(tenantId, entry);
    return entry.known;
  }

  /** Of a tenant that is gone. */
  forget(tenantId: TenantId): void {
    this.#counts.delete(tenantId);
  }

  #entry(tenantId: TenantId): Count {
    const entry = this.#counts.get(tenantId) ?? {
      known: Number.POSITIVE_INFINITY,
      since: 0,
      held: 0,
      at: Number.NEGATIVE_INFINITY,
      took: 0,
    };
    this.#counts.set(tenantId, entry);
    return entry;
  }

  #grant(entry: Count, wanted: number, limit: number | null, whole: boolean): Taken {
    const used = entry.known;
    const room = limit === null ? wanted : Math.max(0, limit - used);
    const granted = whole && room < wanted ? 0 : Math.min(wanted, room);
    entry.known += granted;
    entry.since += granted;
    entry.held += granted;
    let left = granted;
    const settle = (): void => {
      entry.held -= left;
      left = 0;
    };
    return { granted, used, settle };
  }

  /** Resolves when a count that began after the call has ended. All who wait for it to begin share it. */
  #countAnew(tenantId: TenantId, entry: Count): Promise<void> {
    entry.next ??= this.#inTurn(tenantId, entry);
    return entry.next;
  }

  async #inTurn(tenantId: TenantId, entry: Count): Promise<void> {
    await entry.counting?.catch(() => undefined);
    const rest = entry.at + Math.min(AGAIN, entry.took * REST) - this.#clock.steady();
    if (rest > 0) await wait(this.#clock, rest);
    entry.next = undefined;
    entry.counting = this.#run(tenantId, entry);
    await entry.counting;
  }

  async #run(tenantId: TenantId, entry: Count): Promise<void> {
    const { held } = entry;
    entry.since = 0;
    const began = this.#clock.steady();
    const found = await this.#count(tenantId);
    entry.known = found + held + entry.since;
    entry.at = this.#clock.steady();
    entry.took = entry.at - began;
  }
}
