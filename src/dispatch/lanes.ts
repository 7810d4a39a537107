import type { TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Tx } from '../db/tx.ts';

/** `webhook`: one lane per (endpoint, session). `replay`: one per replay. `send`: one per session. `flow`: one per (session, chat). `media`: one per session. `erasure`: one per person whose data is to go. */
export type LaneKind = 'webhook' | 'replay' | 'send' | 'flow' | 'media' | 'erasure';

/** Work that became due in a lane; given with the rows themselves, in the same transaction. */
export interface LaneWork {
  kind: LaneKind;
  /** Unique among all lanes, such as `send:ses_…`. */
  key: string;
  tenantId: TenantId;
  /** 0: due without a time, whatever the clock says. */
  dueAt: Milliseconds;
  /**
   * The work stands behind whatever waits in the lane, so it counts only if nothing does: a lane that waits is neither
   * woken nor brought forward.
   */
  behind?: boolean;
  /** The work has failed before, so the lane begins among the retries. */
  retry?: boolean;
}

/** When a lane is due next; null when nothing waits in it. `retryAt` when its head has failed before: it then runs among the retries. */
export type Due = Milliseconds | { retryAt: Milliseconds } | null;

/** A lane while its pump runs: the only one that does, in this process and in any other. */
export interface Lane {
  readonly kind: LaneKind;
  readonly key: string;
  readonly tenantId: TenantId;
  /**
   * Writes what the pump has done. `work` answers when the lane is due next; it must read that in this transaction,
   * after its writes. If the lane was taken by another owner meanwhile nothing is
   * written and `lane-lost` is thrown: the pump must stop.
   */
  commit(work: (tx: Tx) => Promise<Due>): Promise<void>;
}

/** Does what is due in one lane, in order, and commits; may return early, it is called again while the lane is due. */
export type Pump = (lane: Lane) => Promise<void>;

export interface KindOptions {
  /** Lanes of the kind that are pumped at the same time. A tenant takes only so many of them that as many are left for the others. */
  concurrency: number;
  /** Places of their own for lanes whose head has failed before; they take those of `concurrency` when not given. */
  retries?: number;
  pump: Pump;
  group?: ConcurrencyGroup;
}

/** Lanes that lean on the same thing (an endpoint) share its slots, so that it can hold up only them. */
interface ConcurrencyGroup {
  /** The name of the thing; null for a lane that need not wait for it. */
  of(key: string): string | null;
  /** How many of its lanes may run now, asked whenever one comes or goes. 0 holds them all until `recheck`. */
  slots(name: string): number;
}

/** Which node of a cluster works a lane: the one whose token stands in its row. It gives the lane away, or is gone; nobody else takes it. */
export interface LaneOwners {
  /** The token of this node. */
  readonly self: string;
  /** The node that is to work a lane; null where none is known now. Nodes may differ in that for a moment. */
  ownerOf(kind: LaneKind, key: string): string | null;
}

export interface Dispatcher {
  /** Says who works the lanes of a kind, and how many of them at once. Before `start()`. */
  register(kind: LaneKind, options: KindOptions): void;
  /** Notes in the caller's transaction that lanes have work, and wakes them once it has committed. */
  schedule(tx: Tx, work: readonly LaneWork[]): Promise<void>;
  /** Removes lanes that will never have work again: all whose key begins with `prefix`. */
  retire(tx: Tx, prefix: string): Promise<void>;
  /** Removes these lanes. */
  forget(tx: Tx, keys: readonly string[]): Promise<void>;
  /** Asks a group again how many slots it has: for when they change by themselves, with time. */
  recheck(kind: LaneKind, name: string): void;
  start(): Promise<void>;
  /** Resolves when nothing is running and nothing is due now; what a group without slots holds back does not count. */
  drain(): Promise<void>;
  /** Starts no further pump and resolves when those that run have returned. */
  stop(): Promise<void>;
}
