import type { Counted, Counts } from '../core/counts.ts';
import { messageOf } from '../core/errors.ts';
import type { NodeId, TenantId } from '../core/ids.ts';
import type { Milliseconds, Runtime, Timer } from '../core/runtime.ts';
import type { CountsStore } from './counts-store.ts';
import { MemoryCounts } from './memory-counts.ts';

/** Between two settlements (ms), and where one is wanted sooner. */
const SETTLES: Milliseconds = 1_000;
const SOON: Milliseconds = 50;
/** Of what is allowed, the part that a node counts for itself before it tells the others sooner. */
const PART = 10;
const PRUNES: Milliseconds = 60_000;
/** Who was counted since the last settlement: while the database is away no more than so many are kept. */
const MOST = 100_000;

/**
 * What the nodes of a cluster count together: each counts in memory, as a hub alone does, and settles with the others once a second, in one
 * statement for all that it has counted since. So no request waits for the database, and over its limit goes at most what the other
 * nodes count between two settlements. Those are closer where it matters: for whoever is counted for the first time in a minute, and once a
 * tenth of a limit was counted here, the next one begins within 50 ms.
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
  #timer: { at: Milliseconds; timer: Timer } | undefined;
  #settling: Promise<void> | undefined;
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
        const counted = await memory.add(who, { count });
        this.#note(`${name} ${who}`, { count, isFirst: counted.used === count, most: most !== null && counted.used <= most ? most : null });
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

  #note(key: string, { count, isFirst, most }: { count: number; isFirst: boolean; most: number | null }): void {
    const known = this.#unsettled.get(key);
    if (known === undefined && this.#unsettled.size >= MOST) return;
    const unsettled = (known ?? 0) + count;
    this.#unsettled.set(key, unsettled);
    this.#settleIn(isFirst || (most !== null && unsettled * PART >= most) ? SOON : SETTLES);
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

  /** One at a time: who asks meanwhile waits for one that begins after this. */
  async #settle(): Promise<void> {
    while (this.#settling) await this.#settling;
    this.#timer?.timer.cancel();
    this.#timer = undefined;
    this.#settling = this.#settleAll().finally(() => {
      this.#settling = undefined;
    });
    await this.#settling;
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
    const rows = [];
    for (const [key, used] of counts) {
      const { msLeft } = await this.#countsOf(key).memory.get(this.#countsOf(key).who);
      // Its minute is over: nobody asks any more.
      if (msLeft > 0) rows.push({ name: key, used, msLeft: Math.ceil(msLeft) });
    }
    for (const { name: key, used, msLeft } of await this.#store.add(rows)) {
      const { memory, who } = this.#countsOf(key);
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
