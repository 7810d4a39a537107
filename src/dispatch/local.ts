import { randomUUID } from 'node:crypto';
import { fullJitter } from '../core/backoff.ts';
import { HooklineError, hasCode, messageOf } from '../core/errors.ts';
import type { Milliseconds, Runtime, Timer } from '../core/runtime.ts';
import { SharedReads } from '../core/shared-reads.ts';
import type { Database } from '../db/open.ts';
import type { SetBack } from '../db/set-back.ts';
import type { Tx } from '../db/tx.ts';
import { KeyedSemaphore } from './keyed-semaphore.ts';
import type { Dispatcher, Due, KindOptions, Lane, LaneKind, LaneOwners, LaneWork, Pump } from './lanes.ts';
import { Pool } from './pool.ts';
import { type LaneRow, LaneStore, type Overdue } from './store.ts';

/**
 * One lane in memory, from its first wake-up until nothing waits in it:
 *
 *   idle (not in memory) → timed (due later) → held (due, waits for a slot of its group) → queued (waits for one of its
 *   pool) → running → idle | timed | held
 *
 * A wake-up while running is remembered (`again`), so work that arrives behind the pump's back is never left lying.
 */
interface LaneState {
  row: LaneRow;
  phase: 'timed' | 'held' | 'queued' | 'running';
  again: boolean;
  failures: number;
  timer?: Timer;
}

interface Kind extends Pick<KindOptions, 'pump' | 'group'> {
  first: Pool;
  retries: Pool;
  groups: KeyedSemaphore;
}

/** Looks for due lanes whose wake-up was lost, and loads the timers of the next while. */
const SWEEP = 30_000;
/** The longest wait (ms) after a failure of the database itself, which is told elsewhere: it is soon noticed that it works again. */
const DATABASE_DOWN = 5_000;
/** Lanes due later than this are left to a later sweep, so that a million sleeping lanes are rows and not timers. */
const HORIZON = 2 * SWEEP;
const LANES_PER_PAGE = 1_000;

/** The longest text by which other nodes are told of lanes; behind it they look at all of theirs. */
const LONGEST_NEWS = 900;

/**
 * Lanes over p-queue, due times by timer, no polling. In a cluster each lane is one node's, whose token stands in its row: who notes work for it
 * tells that node. A lane of a node that is gone is taken by the one that `owners` names for it, and so is one that is to be elsewhere
 * by now, once its owner gives it away between two pumps.
 */
export class LocalDispatcher implements Dispatcher {
  readonly #store: LaneStore;
  readonly #db: Database;
  readonly #runtime: Runtime;
  readonly #kinds = new Map<LaneKind, Kind>();
  readonly #lanes = new Map<string, LaneState>();
  readonly #owners: LaneOwners | undefined;
  readonly #token: string;
  #started = false;
  #isOver = false;
  /** One at a time, and one timer for the next: who asks meanwhile waits for that one. */
  readonly #sweeps = new SharedReads<void>();
  #sweepTimer: Timer | undefined;
  /** Of the sweep under way, or the last one. */
  #swept: Promise<void> = Promise.resolve();
  /** The next sweep looks at lanes that are awake, too, whose time may not be what it was. */
  #isTimeNew = false;

  constructor(db: Database, runtime: Runtime, owners?: LaneOwners) {
    this.#db = db;
    this.#runtime = runtime;
    this.#store = new LaneStore(db);
    this.#owners = owners;
    this.#token = owners?.self ?? randomUUID();
  }

  register(kind: LaneKind, { concurrency, retries, pump, group }: KindOptions): void {
    const first = new Pool(concurrency);
    const groups = new KeyedSemaphore((name) => group?.slots(name) ?? concurrency);
    this.#kinds.set(kind, { pump, group, first, retries: retries === undefined ? first : new Pool(retries), groups });
  }

  async schedule(tx: Tx, work: readonly LaneWork[]): Promise<void> {
    const earliest = new Map<string, LaneWork>();
    for (const item of work) {
      const known = earliest.get(item.key);
      if (!known || item.dueAt < known.dueAt || (known.behind && !item.behind)) earliest.set(item.key, item);
    }
    // In one order everywhere: two transactions that note the same lanes must not wait for each other.
    const sorted = [...earliest.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    const [behind, ahead] = [sorted.filter((item) => item.behind), sorted.filter((item) => !item.behind)];
    const tokenOf = ({ kind, key }: LaneWork): string => (this.#owners ? (this.#owners.ownerOf(kind, key) ?? '') : this.#token);
    await this.#store.schedule(tx, ahead, { tokenOf, behind: false });
    const begun = await this.#store.schedule(tx, behind, { tokenOf, behind: true });
    const woken = sorted.filter(({ key, behind: last }) => !last || begun.has(key));
    const own = this.#owners ? await this.#tellOwners(tx, woken, tokenOf) : woken;
    tx.afterCommit(() => {
      for (const { kind, key, tenantId, dueAt, retry } of own) this.#wake({ kind, key, tenantId, dueAt, retry: retry ? 1 : 0 }, dueAt);
    });
  }

  /** Those of the lanes that are this node's. */
  async #tellOwners(tx: Tx, work: readonly LaneWork[], tokenOf: (work: LaneWork) => string): Promise<LaneWork[]> {
    const keys = work.map(({ key }) => key);
    const tokens = await this.#store.tokens(tx, keys);
    const own: LaneWork[] = [];
    const others = new Map<string, string[]>();
    for (const item of work) {
      let token = tokens.get(item.key);
      if (token === null) {
        token = tokenOf(item);
        if (token !== '') await this.#store.give(tx, [item.key], null, token);
      }
      if (token === this.#token) own.push(item);
      else if (token) others.set(token, [...(others.get(token) ?? []), item.key]);
    }
    for (const [token, theirs] of others) tellLanes(tx, token, theirs);
    return own;
  }

  /** Other nodes have noted work, or given lanes to this one; null: nobody knows in which. */
  async heardOf(news: string | null): Promise<void> {
    const [token, ...keys] = news?.split('\n') ?? [this.#token];
    if (token !== this.#token) return;
    if (keys.length === 0) return this.lookAgain();
    for (const row of await this.#store.rows(keys, this.#token)) {
      if (this.#started) this.#wake(row, row.dueAt ?? 0);
      else await this.#giveAway(row);
    }
  }

  /** Nodes came or went, or what they do is another than before: sweeps now. */
  async lookAgain(): Promise<void> {
    if (this.#started || this.#isOver) await this.#look();
  }

  #look(): Promise<void> {
    this.#swept = this.#sweeps.get('', () => this.#sweep());
    return this.#swept;
  }

  retire(tx: Tx, prefix: string): Promise<void> {
    return this.#store.retire(tx, prefix);
  }

  forget(tx: Tx, keys: readonly string[]): Promise<void> {
    return this.#store.forget(tx, keys);
  }

  recheck(kind: LaneKind, name: string): void {
    if (this.#started) this.#kinds.get(kind)?.groups.admit(name);
  }

  overdue(): Promise<Overdue[]> {
    return this.#store.overdue(this.#runtime.clock.now());
  }

  /** The clock was set back: after the rows of all rooms, from which the pumps say when their lanes are due. */
  async setBack(back: SetBack): Promise<void> {
    await this.#store.setBack(back);
    this.#isTimeNew = true;
    await this.#look();
  }

  async start(): Promise<void> {
    if (!this.#owners) await this.#store.takeAll(this.#token);
    this.#started = true;
    await this.#look();
  }

  async drain(): Promise<void> {
    for (;;) {
      await this.#swept;
      const busy = [...this.#lanes.values()].some(({ phase }) => phase === 'queued' || phase === 'running');
      if (!busy) return;
      await this.#idle();
    }
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#isOver = true;
    this.#sweepTimer?.cancel();
    for (const lane of this.#lanes.values()) lane.timer?.cancel();
    for (const { first, retries, groups } of this.#kinds.values()) {
      groups.clear();
      first.clear();
      retries.clear();
    }
    await this.#swept;
    await this.#idle();
    this.#lanes.clear();
    if (this.#owners) await this.#look();
  }

  async #idle(): Promise<void> {
    await Promise.all([...this.#kinds.values()].flatMap(({ first, retries }) => [first.idle(), retries.idle()]));
  }

  async #sweep(): Promise<void> {
    this.#sweepTimer?.cancel();
    const all = this.#isTimeNew;
    this.#isTimeNew = false;
    try {
      if (this.#started) await this.#wakeAll(all);
      // A node that works no more lanes gives up those that were noted for it meanwhile, too, for as long as it is there.
      else if (this.#owners) await this.#store.giveUp(this.#token);
    } catch (error) {
      this.#isTimeNew ||= all;
      if (hasCode(error, 'shutting-down')) return;
      this.#runtime.log.warn('The sweep for due lanes failed; the next one will look again', { error: messageOf(error) });
    }
    if (this.#started || this.#owners) this.#sweepTimer = this.#runtime.clock.after(SWEEP, () => void this.#look());
  }

  async #wakeAll(all: boolean): Promise<void> {
    const now = this.#runtime.clock.now();
    if (this.#owners) await this.#adopt(this.#owners, now);
    for await (const page of this.#pages(now, this.#owners && { token: this.#token })) {
      for (const row of page) {
        if (all || !this.#lanes.has(row.key)) this.#wake(row, row.dueAt ?? now);
      }
    }
  }

  async *#pages(now: Milliseconds, of?: { token: string } | 'nobody'): AsyncGenerator<LaneRow[]> {
    for (let after: LaneRow | undefined, more = true; more; ) {
      const page = await this.#store.waiting(now + HORIZON, { limit: LANES_PER_PAGE, after, ...(of && { of }) });
      yield page;
      after = page.at(-1);
      more = page.length === LANES_PER_PAGE;
    }
  }

  /** Takes the lanes of nodes that are gone which are to be this one's. */
  async #adopt({ ownerOf }: LaneOwners, now: Milliseconds): Promise<void> {
    for await (const page of this.#pages(now, 'nobody')) {
      const keys = page.filter(({ kind, key }) => ownerOf(kind, key) === this.#token).map(({ key }) => key);
      if (keys.length > 0) await this.#db.write((tx) => this.#store.give(tx, keys, null, this.#token));
    }
  }

  /** Whether it is to be worked elsewhere, and was given away. */
  async #giveAway({ kind, key }: LaneRow): Promise<boolean> {
    const owner = this.#owners?.ownerOf(kind, key) ?? null;
    if (owner === null || owner === this.#token) return false;
    await this.#db.write(async (tx) => {
      const given = await this.#store.give(tx, [key], this.#token, owner);
      if (given.length > 0) tellLanes(tx, owner, given);
    });
    return true;
  }

  #wake(row: LaneRow, dueAt: Milliseconds): void {
    if (!this.#started) return;
    const known = this.#lanes.get(row.key);
    if (known?.phase === 'running') {
      known.again = true;
      return;
    }
    // Held or queued it will see the new work; after a failure it waits out its back-off.
    if (known && (known.phase !== 'timed' || known.failures > 0)) return;
    const lane: LaneState = known ?? { row, phase: 'timed', again: false, failures: 0 };
    this.#lanes.set(row.key, lane);
    this.#await(lane, dueAt);
  }

  /** Waits for the due time, which never moves back: an earlier wake-up has its own timer already. */
  #await(lane: LaneState, dueAt: Milliseconds): void {
    const wait = dueAt - this.#runtime.clock.now();
    if (wait <= 0) {
      this.#enqueue(lane);
      return;
    }
    if (lane.timer && (lane.row.dueAt ?? 0) <= dueAt) return;
    lane.timer?.cancel();
    lane.row = { ...lane.row, dueAt };
    lane.phase = 'timed';
    if (wait > HORIZON) {
      this.#lanes.delete(lane.row.key);
      return;
    }
    lane.timer = this.#runtime.clock.after(wait, () => this.#enqueue(lane));
  }

  #enqueue(lane: LaneState): void {
    const kind = this.#kinds.get(lane.row.kind);
    if (!kind || !this.#started) return;
    lane.timer?.cancel();
    delete lane.timer;
    lane.phase = 'held';
    const { key, tenantId } = lane.row;
    const group = kind.group?.of(key) ?? null;
    // A slot of its group first, then one of the pool: whoever waits for the former keeps nobody from the latter.
    const begin = (): void => {
      lane.phase = 'queued';
      const pool = lane.row.retry ? kind.retries : kind.first;
      pool.run(tenantId, async () => {
        await this.#run(lane, kind.pump);
        if (group !== null) kind.groups.leave(group);
      });
    };
    if (group === null) begin();
    else kind.groups.enter(group, begin);
  }

  async #run(state: LaneState, pump: Pump): Promise<void> {
    state.phase = 'running';
    state.again = false;
    let next: Milliseconds | null | undefined;
    const lane: Lane = {
      kind: state.row.kind,
      key: state.row.key,
      tenantId: state.row.tenantId,
      commit: async (work) => {
        const due = await this.#db.write((tx) => this.#commit(tx, state.row.key, work), { for: lane.tenantId });
        next = due?.dueAt ?? null;
        if (due) state.row = { ...state.row, retry: due.retry };
      },
    };
    try {
      if (await this.#giveAway(state.row)) {
        this.#lanes.delete(state.row.key);
        return;
      }
      // What a pump does elsewhere (a request of a webhook) could not be noted, and would be done again with each try.
      if (state.failures > 0 || !this.#db.up) await this.#db.write((tx) => this.#store.touch(tx, lane.key), { for: lane.tenantId });
      await pump(lane);
      state.failures = 0;
    } catch (error) {
      next = this.#afterFailure(state, error);
    }
    if (!this.#started) return;
    const now = this.#runtime.clock.now();
    // A pump that never committed has found nothing to do.
    const dueAt = state.again ? now : (next ?? null);
    if (dueAt === null) this.#lanes.delete(state.row.key);
    else {
      state.phase = 'timed';
      this.#await(state, dueAt);
    }
  }

  async #commit(tx: Tx, key: string, work: (tx: Tx) => Promise<Due>): Promise<{ dueAt: Milliseconds; retry: LaneRow['retry'] } | null> {
    // The row first: whoever notes new work waits for this transaction, or this one sees what they noted.
    const held = await this.#store.hold(tx, key, this.#token);
    if (held === 'gone') throw new LaneGone(key);
    if (held === 'taken') throw new HooklineError('lane-lost', `Another owner has taken the lane ${key}. Nothing was written.`);
    const next = await work(tx);
    if (next === null) return null;
    const due = typeof next === 'number' ? { dueAt: next, retry: 0 as const } : { dueAt: next.retryAt, retry: 1 as const };
    await this.#store.setDue(tx, key, due);
    return due;
  }

  #afterFailure(state: LaneState, error: unknown): Milliseconds | null {
    if (hasCode(error, 'lane-lost')) {
      if (!(error instanceof LaneGone)) this.#runtime.log.warn(error.message);
      return null;
    }
    // It outlasted the grace of a stop. Its row says that it is due, so the next start takes it up.
    if (hasCode(error, 'shutting-down')) return null;
    state.failures++;
    const { up } = this.#db;
    const delay = fullJitter(state.failures, { base: 1_000, cap: up ? SWEEP : DATABASE_DOWN, floor: 250 }, this.#runtime.random);
    this.#runtime.log[up ? 'error' : 'verbose'](`The pump of lane ${state.row.key} failed; trying again in ${delay} ms`, {
      error: messageOf(error),
    });
    state.again = false;
    return this.#runtime.clock.now() + delay;
  }
}

function tellLanes(tx: Tx, token: string, keys: readonly string[]): void {
  const text = [token, ...keys].join('\n');
  tx.tell('lanes', text.length > LONGEST_NEWS ? token : text);
}

/** What it was for was deleted while its pump ran: nobody has taken it, and nothing is left to be done. */
class LaneGone extends HooklineError {
  constructor(key: string) {
    super('lane-lost', `The lane ${key} was removed. Nothing was written.`);
  }
}
