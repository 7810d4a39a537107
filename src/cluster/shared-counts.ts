import type { Counted, Counts } from '../core/counts.ts';
import { messageOf } from '../core/errors.ts';
import type { NodeId, TenantId } from '../core/ids.ts';
import type { Milliseconds, Runtime, Timer } from '../core/runtime.ts';
import { SharedReads } from '../core/shared-reads.ts';
import type { CountRow, CountsStore } from './counts-store.ts';
import { MemoryCounts } from './memory-counts.ts';

/** Between two settlements (ms), and where one is wanted sooner. */
const SETTLES: Milliseconds = 1_000;
const SOON: Milliseconds = 50;
/** Of what is left of a limit, the part that a node counts for itself before it settles with the others. */
const PART = 10;
const PRUNES: Milliseconds = 60_000;
/** Who was counted since the last settlement: while the database is away no more than so many are kept. */
const MOST = 100_000;

/**
 * What the nodes of a cluster count together: each counts in memory, as a hub alone does, and settles with the others once a second, in one
 * statement for all that it has counted since. For whoever is counted for the first time in a minute that comes within 50 ms, and once a node has
 * counted a tenth of what is left of a limit the next one waits for it. So requests wait for the database only near a limit, and over it
 * goes at most what the other nodes count for themselves: a tenth of it each.
 */
export class SharedCounts {
  readonly #store: CountsStore;
  readonly #nodeId: NodeId;
  readonly #runtime: Pick<Runtime, 'clock' | 'log'>;
  readonly #memory = new Map<string, MemoryCounts>();
  /** By `name who`: counted, and not told to the others yet. */
  #unsettled = new Map<string, number>();
  /** How many streams are open here, of tenants of which that has changed. */
  #streams = new Map<TenantId, number>();
  /** By `name who`: how far what was counted here has moved by what others have counted, while somebody waits to know. */
  readonly #waiting = new Map<string, { moved: number; count: number }>();
  readonly #settling = new SharedReads<void>();
  #timer: { at: Milliseconds; timer: Timer } | undefined;
  #prunedAt: Milliseconds;
  #isOver = false;

  constructor(store: CountsStore, nodeId: NodeId, runtime: Pick<Runtime, 'clock' | 'log'>) {
    this.#store = store;
    this.#nodeId = nodeId;
    this.#runtime = runtime;
    this.#prunedAt = runtime.clock.steady();
  }

  /** What is counted under this name. It has no blanks in it. */
  readonly of = (name: string): Counts => {
    const memory = this.#memory.get(name) ?? new MemoryCounts();
    this.#memory.set(name, memory);
    return {
      add: async (who, { count = 1, most = null } = {}) => {
        const key = `${name} ${who}`;
        // At the same instant: in between others may settle.
        const adding = memory.add(who, { count });
        const unsettled = this.#note(key, count);
        const counted = await adding;
        const left = (most ?? Infinity) - (counted.used - unsettled);
        if (counted.used <= (most ?? 0) && unsettled > Math.max(1, left / PART)) return this.#settled(key, counted);
        this.#settleIn(counted.used === count ? SOON : SETTLES);
        return counted;
      },
      get: (who) => this.#get(name, who),
    };
  };

  /** For `OpenStreams`. */
  readonly streams = {
    /** How many of a tenant are open on other nodes. */
    elsewhere: (tenantId: TenantId): Promise<number> => this.#store.streamsElsewhere(this.#nodeId, tenantId),
    note: (tenantId: TenantId, open: number): void => {
      this.#streams.set(tenantId, open);
      this.#settleIn(SOON);
    },
  };

  /** Resolves when what was counted is settled, as far as the database takes it. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#timer?.timer.cancel();
    await this.#settle();
  }

  /** How much of it is not settled now. */
  #note(key: string, count: number): number {
    const known = this.#unsettled.get(key);
    if (known === undefined && this.#unsettled.size >= MOST) return 0;
    const unsettled = (known ?? 0) + count;
    this.#unsettled.set(key, unsettled);
    return unsettled;
  }

  /** What was counted here, with all that others have counted before. */
  async #settled(key: string, { used, msLeft }: Counted): Promise<Counted> {
    const waiting = this.#waiting.get(key) ?? { moved: 0, count: 0 };
    this.#waiting.set(key, waiting);
    const before = waiting.moved;
    waiting.count++;
    await this.#settle();
    waiting.count--;
    if (waiting.count === 0) this.#waiting.delete(key);
    return { used: Math.max(1, used + waiting.moved - before), msLeft };
  }

  async #get(name: string, who: string): Promise<Counted> {
    await this.#settle();
    const row = await this.#store.get(`${name} ${who}`);
    return { used: row?.used ?? 0, msLeft: row?.msLeft ?? 0 };
  }

  #settleIn(delay: Milliseconds): void {
    const { clock } = this.#runtime;
    const at = clock.steady() + delay;
    if (this.#isOver || (this.#timer && this.#timer.at <= at)) return;
    this.#timer?.timer.cancel();
    this.#timer = { at, timer: clock.after(delay, () => void this.#settle()) };
  }

  /** One at a time: who asks meanwhile waits for the next one, which begins after this. */
  #settle(): Promise<void> {
    return this.#settling.get('', () => {
      this.#timer?.timer.cancel();
      this.#timer = undefined;
      return this.#settleAll();
    });
  }

  async #settleAll(): Promise<void> {
    const [counts, streams] = [this.#unsettled, this.#streams];
    [this.#unsettled, this.#streams] = [new Map(), new Map()];
    try {
      if (counts.size > 0) await this.#settleCounts(counts);
      counts.clear();
      if (streams.size > 0)
        await this.#store.putStreams(
          this.#nodeId,
          [...streams].map(([tenantId, open]) => ({ tenantId, open })),
        );
      streams.clear();
      await this.#prune();
    } catch (error) {
      this.#runtime.log.verbose('What was counted could not be told to the other nodes; the next try comes soon', {
        error: messageOf(error),
      });
      for (const [key, count] of counts) this.#unsettled.set(key, count + (this.#unsettled.get(key) ?? 0));
      for (const [tenantId, open] of streams) if (!this.#streams.has(tenantId)) this.#streams.set(tenantId, open);
      this.#settleIn(SETTLES);
    }
  }

  async #settleCounts(counts: ReadonlyMap<string, number>): Promise<void> {
    const rows: CountRow[] = [];
    const here = new Map<string, number>();
    for (const [key, count] of counts) {
      const { memory, who } = this.#countsOf(key);
      const [getting, since] = [memory.get(who), this.#unsettled.get(key) ?? 0];
      const { used, msLeft } = await getting;
      // Its minute is over: nobody asks any more.
      if (msLeft > 0) rows.push({ name: key, used: count, msLeft: Math.ceil(msLeft) });
      here.set(key, used - since);
    }
    for (const { name: key, used, msLeft } of await this.#store.add(rows)) {
      const { memory, who } = this.#countsOf(key);
      const waiting = this.#waiting.get(key);
      if (waiting) waiting.moved += used - (here.get(key) ?? used);
      await memory.set(who, { used: used + (this.#unsettled.get(key) ?? 0), msLeft });
    }
  }

  #countsOf(key: string): { memory: MemoryCounts; who: string } {
    const end = key.indexOf(' ');
    return { memory: this.#memory.get(key.slice(0, end)) as MemoryCounts, who: key.slice(end + 1) };
  }

  /** Each node does; those that another one removes are passed over. */
  async #prune(): Promise<void> {
    const now = this.#runtime.clock.steady();
    if (now - this.#prunedAt < PRUNES) return;
    this.#prunedAt = now;
    await this.#store.prune();
  }
}
