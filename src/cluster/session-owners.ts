import { HooklineError, messageOf } from '../core/errors.ts';
import type { NodeId, SessionId } from '../core/ids.ts';
import type { Milliseconds, Runtime, Timer } from '../core/runtime.ts';
import type { Tx } from '../db/tx.ts';
import type { Member, Members } from './members.ts';
import type { SessionLease, SessionOwnersStore } from './session-owners-store.ts';

/** What owning sessions comes to on the node that does. */
export interface OwnedSessions {
  /** These are this node's from here on: brings up what should run. */
  begin(ids: readonly SessionId[]): Promise<void>;
  /** Another node is to have it: resolves when nothing of it runs here. */
  end(id: SessionId): Promise<void>;
  /** Somebody else has it already: ends it without a word in the database. */
  drop(id: SessionId): Promise<void>;
}

export interface SessionOwnersOptions {
  self: NodeId;
  members: Members;
  /** Bytes of memory that a session takes, by its engine. */
  costOf(engine: string): number;
  /** Told when sessions have other owners than before. */
  onChange(): void;
}

/** Between two looks at all (ms): news of changes come at once, as a rule. */
const LOOK: Milliseconds = 30_000;
/** After so long (ms) another node places sessions than the one that is to do it, which may be on its way out. */
const PLACED_WITHIN: Milliseconds = 500;
/** For so long (ms) it is waited for an owner to hand a session over. */
const HANDED_OVER_WITHIN: Milliseconds = 15_000;

/**
 * Which node runs which session. Each has one owner at a time, which stands in its row with a number that moves with each: it lasts as long as
 * the node is heard of, or until the owner hands it over. Sessions that nobody runs are placed by one of the nodes, each on the node that is
 * filled least; those that run stay where they are. Where two nodes think that it is for them to place, the first one has.
 */
export class SessionOwners {
  readonly #store: SessionOwnersStore;
  readonly #options: SessionOwnersOptions;
  readonly #runtime: Pick<Runtime, 'clock' | 'log'>;
  #sessions: OwnedSessions | undefined;
  readonly #all = new Map<SessionId, SessionLease>();
  /** With their numbers; those that are being handed over, too. */
  readonly #own = new Map<SessionId, number>();
  /** Here, since the last look began, which does not know of them. */
  readonly #made = new Set<SessionId>();
  readonly #leaving = new Map<SessionId, Promise<void>>();
  #toLook: Set<SessionId> | 'all' = new Set();
  #looking: Promise<void> | undefined;
  #timer: Timer | undefined;
  readonly #waiting = new Set<() => void>();
  #orphansSince: Milliseconds | null = null;
  #phase: 'idle' | 'started' | 'drained' | 'over' = 'idle';

  constructor(store: SessionOwnersStore, options: SessionOwnersOptions, runtime: Pick<Runtime, 'clock' | 'log'>) {
    this.#store = store;
    this.#options = options;
    this.#runtime = runtime;
  }

  owns(id: SessionId): boolean {
    return this.#own.has(id) && !this.#leaving.has(id);
  }

  /** The number under which this node has it, until it has handed it over; undefined where it has not. */
  generationOf(id: SessionId): number | undefined {
    return this.#own.get(id);
  }

  /** As of the last look; null where none is known to. */
  ownerOf(id: SessionId): NodeId | null {
    return this.#all.get(id)?.nodeId ?? null;
  }

  /** In the transaction that makes a session here. */
  async made(tx: Tx, id: SessionId, engine: string): Promise<void> {
    const { self } = this.#options;
    const isOwn = this.#phase === 'started';
    await this.#store.begin(tx, id, isOwn ? self : null);
    tx.afterCommit(() => {
      if (!isOwn) return void this.look([id]);
      this.#own.set(id, 1);
      this.#made.add(id);
      this.#all.set(id, { sessionId: id, engine, nodeId: self, generation: 1, wantedBy: null });
    });
  }

  /** As `ownerOf`, also of a session that was made just now. */
  async find(id: SessionId): Promise<NodeId | null> {
    if (!this.#all.has(id)) await this.look([id]);
    return this.ownerOf(id);
  }

  /** The node with the most room for one more session; null where none takes any. */
  roomiest(): NodeId | null {
    return new Room(this.#options.members.all, this.#all.values(), this.#options).next(null);
  }

  /** `sessions`: left out on a node that runs none. Resolves when what is this node's is known. */
  async start(sessions?: OwnedSessions): Promise<void> {
    this.#sessions = sessions;
    this.#phase = sessions ? 'started' : 'drained';
    await this.look(null);
  }

  /** Looks now: these have another owner, perhaps; null: nobody knows which. */
  look(ids: readonly SessionId[] | null): Promise<void> {
    if (ids === null) this.#toLook = 'all';
    else if (this.#toLook !== 'all') for (const id of ids) this.#toLook.add(id);
    if (this.#phase === 'idle' || this.#phase === 'over') return Promise.resolve();
    this.#looking ??= this.#lookUntilFresh().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Has this node run these. Rejects with `owner-unreachable` where their owners do not hand them over in time. */
  async bring(ids: readonly SessionId[]): Promise<void> {
    const missing = () => ids.filter((id) => this.#all.has(id) && !this.owns(id));
    if (missing().length === 0) return;
    const { self } = this.#options;
    await this.#store.ask(missing(), self);
    await this.#store.place(missing().map((sessionId) => ({ sessionId, nodeId: self })));
    await this.look(ids);
    const late = Promise.withResolvers<never>();
    const timer = this.#runtime.clock.after(HANDED_OVER_WITHIN, () => late.reject(notHandedOver()));
    try {
      while (missing().length > 0) await Promise.race([new Promise<void>((resolve) => this.#waiting.add(resolve)), late.promise]);
    } finally {
      timer.cancel();
    }
  }

  /** Hands everything over and takes nothing more. Who has what is known all the same. Resolves when nothing runs here. */
  async drain(): Promise<void> {
    if (this.#phase === 'started') this.#phase = 'drained';
    await this.#looking;
    await Promise.all([...this.#own.keys()].map((id) => this.#handOver(id)));
  }

  async stop(): Promise<void> {
    await this.drain();
    this.#phase = 'over';
    this.#timer?.cancel();
  }

  async #lookUntilFresh(): Promise<void> {
    this.#timer?.cancel();
    while (this.#toLook === 'all' || this.#toLook.size > 0) {
      const ids = this.#toLook === 'all' ? undefined : [...this.#toLook];
      this.#toLook = new Set();
      try {
        await this.#look(ids);
      } catch (error) {
        this.#runtime.log.verbose('Who runs which session could not be looked at; the next look comes soon', { error: messageOf(error) });
        this.#toLook = 'all';
        break;
      }
    }
    const isStale = this.#toLook === 'all';
    if (this.#phase !== 'over') this.#timer = this.#runtime.clock.after(isStale ? LOOK / 30 : LOOK, () => void this.look(null));
  }

  async #look(ids: readonly SessionId[] | undefined): Promise<void> {
    const before = new Map(this.#all);
    this.#made.clear();
    const leases = await this.#store.leases(ids);
    const found = new Map(leases.map((lease) => [lease.sessionId, lease]));
    for (const lease of leases) if (!this.#made.has(lease.sessionId)) this.#all.set(lease.sessionId, lease);
    for (const id of ids ?? before.keys()) {
      if (found.has(id) || this.#made.has(id)) continue;
      this.#all.delete(id);
      this.#own.delete(id);
    }
    await this.#follow(leases);
    const isNews = leases.some(({ sessionId, nodeId }) => before.get(sessionId)?.nodeId !== nodeId);
    for (const go of this.#waiting) go();
    this.#waiting.clear();
    if (isNews) this.#options.onChange();
    await this.#place();
  }

  /** What has become of this node's, and what is new of them. */
  async #follow(leases: readonly SessionLease[]): Promise<void> {
    const { self } = this.#options;
    const gained: SessionId[] = [];
    for (const { sessionId, nodeId, generation, wantedBy } of leases) {
      const own = this.#own.get(sessionId);
      const isMine = nodeId === self;
      if (own !== undefined && !this.#leaving.has(sessionId) && (!isMine || own !== generation)) {
        this.#own.delete(sessionId);
        await this.#sessions?.drop(sessionId);
      }
      if (!isMine || this.#leaving.has(sessionId)) continue;
      if (!this.#own.has(sessionId)) {
        this.#own.set(sessionId, generation);
        gained.push(sessionId);
      }
      if (this.#phase !== 'started' || (wantedBy !== null && wantedBy !== self)) void this.#handOver(sessionId);
    }
    const begun = gained.filter((id) => this.owns(id));
    if (begun.length === 0) return;
    if (begun.length > 1) this.#runtime.log.info(`This node takes over ${begun.length} sessions`);
    this.#sessions?.begin(begun).catch((error) => {
      this.#runtime.log.error('Sessions that this node takes over could not be brought up; they are looked at again', {
        error: messageOf(error),
      });
      for (const id of begun) this.#own.delete(id);
      this.#runtime.clock.after(LOOK / 30, () => void this.look(null));
    });
  }

  /** Those that nobody runs, where it is for this node to say who does. */
  async #place(): Promise<void> {
    const { self, members } = this.#options;
    const { clock } = this.#runtime;
    const orphans = [...this.#all.values()].filter(({ nodeId }) => nodeId === null);
    if (orphans.length === 0) this.#orphansSince = null;
    if (orphans.length === 0 || this.#phase === 'over') return;
    this.#orphansSince ??= clock.steady();
    if (members.takingSessions[0]?.id !== self && clock.steady() - this.#orphansSince < PLACED_WITHIN) {
      clock.after(PLACED_WITHIN, () => void this.look(null));
      return;
    }
    const room = new Room(await this.#store.takers(), this.#all.values(), this.#options);
    const placed = orphans.flatMap(({ sessionId, engine }) => {
      const nodeId = room.next(engine);
      return nodeId === null ? [] : [{ sessionId, nodeId }];
    });
    if (placed.length === 0) return;
    await this.#store.place(placed);
    void this.look(placed.map(({ sessionId }) => sessionId));
  }

  #handOver(id: SessionId): Promise<void> {
    const known = this.#leaving.get(id);
    if (known) return known;
    const over = (async () => {
      try {
        await this.#sessions?.end(id);
        await this.#store.handOver([id], this.#options.self);
        this.#own.delete(id);
        void this.look([id]);
      } catch (error) {
        this.#runtime.log.warn('A session could not be handed over in an orderly way', { session: id, error: messageOf(error) });
        this.#runtime.clock.after(LOOK / 30, () => void this.look([id]));
      } finally {
        this.#leaving.delete(id);
      }
    })();
    this.#leaving.set(id, over);
    return over;
  }
}

/** In bytes. */
interface Filled {
  id: NodeId;
  room: number;
  taken: number;
}

/** What the nodes have of room for sessions, while several are placed one after the other. */
class Room {
  readonly #nodes: Filled[];
  readonly #costOf: (engine: string) => number;

  constructor(members: readonly Member[], leases: Iterable<SessionLease>, { costOf }: Pick<SessionOwnersOptions, 'costOf'>) {
    this.#costOf = costOf;
    const nodes = new Map(
      members
        .filter(({ draining, roomBytes }) => !draining && roomBytes !== null)
        .map(({ id, roomBytes }) => [id, { id, room: roomBytes ?? 0, taken: 0 }]),
    );
    for (const { nodeId, engine } of leases) {
      const node = nodeId && nodes.get(nodeId);
      if (node) node.taken += costOf(engine);
    }
    this.#nodes = [...nodes.values()];
  }

  /** The node that is filled least, which has one more from here on where `engine` says of which kind. */
  next(engine: string | null): NodeId | null {
    let best: Filled | undefined;
    for (const node of this.#nodes) if (!best || fill(node) < fill(best)) best = node;
    if (best && engine !== null) best.taken += this.#costOf(engine);
    return best?.id ?? null;
  }
}

/** How much of the memory that sessions can have on a node is theirs already. With none at all the one with more memory comes first. */
const fill = ({ room, taken }: { room: number; taken: number }): number => (taken + 1) / (taken + Math.max(room, 1));

const notHandedOver = (): HooklineError =>
  new HooklineError('owner-unreachable', 'The node that runs the session does not hand it over. Try again shortly.', { retryAfter: 5 });
