import { messageOf } from '../core/errors.ts';
import type { NodeId } from '../core/ids.ts';
import type { Milliseconds, Runtime, Timer } from '../core/runtime.ts';
import type { ClusterStore } from './store.ts';

/** What one node at a time does. */
export interface Shared {
  /** This node has it from here on. */
  begin(): Promise<void>;
  /** It is to be given up: resolves when nothing of it is done here any more. */
  end(): Promise<void>;
}

/** Between two looks whether something is free (ms). */
const LOOK: Milliseconds = 2_000;

/**
 * What this node does for the whole cluster. A lease lasts as long as the node is heard of (see db/node-tenure.ts), or until it gives it up:
 * there is nothing to be renewed for each.
 */
export class Leases {
  readonly #store: ClusterStore;
  readonly #nodeId: NodeId;
  readonly #isChosen: (name: string) => boolean;
  readonly #runtime: Pick<Runtime, 'clock' | 'log'>;
  readonly #onChange: () => void;
  readonly #wanted = new Map<string, Shared>();
  readonly #held = new Set<string>();
  #owners = new Map<string, NodeId>();
  #timer: Timer | undefined;
  #looking: Promise<void> | undefined;
  #isStale = false;
  #phase: 'idle' | 'started' | 'drained' | 'over' = 'idle';

  /** `isChosen`: whether of all nodes this one is to take it, so that each gets a share. `onChange`: told when others have something than before. */
  constructor(
    store: ClusterStore,
    { nodeId, isChosen, onChange }: { nodeId: NodeId; isChosen(name: string): boolean; onChange(): void },
    runtime: Pick<Runtime, 'clock' | 'log'>,
  ) {
    this.#store = store;
    this.#nodeId = nodeId;
    this.#isChosen = isChosen;
    this.#onChange = onChange;
    this.#runtime = runtime;
  }

  /** Has the node take this when nobody else has it. Before `start`. */
  want(name: string, shared: Shared): void {
    this.#wanted.set(name, shared);
  }

  has(name: string): boolean {
    return this.#held.has(name);
  }

  /** The node that has it, as of the last look; null while none is known to. */
  ownerOf(name: string): NodeId | null {
    return this.#owners.get(name) ?? null;
  }

  /** Resolves when what was free is under way here. */
  async start(): Promise<void> {
    if (this.#phase === 'idle') this.#phase = 'started';
    await this.look();
  }

  /** Looks now: somebody has said that something is free. */
  look(): Promise<void> {
    this.#isStale = true;
    this.#looking ??= this.#lookUntilFresh().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Gives everything up, in the opposite order, and takes nothing more. Who has what is known all the same. */
  async drain(): Promise<void> {
    if (this.#phase !== 'over') this.#phase = 'drained';
    await this.#looking;
    for (const name of [...this.#held].reverse()) await this.#giveUp(name);
  }

  async stop(): Promise<void> {
    this.#phase = 'over';
    this.#timer?.cancel();
    await this.drain();
  }

  async #lookUntilFresh(): Promise<void> {
    this.#timer?.cancel();
    while (this.#isStale && this.#phase !== 'over') {
      this.#isStale = false;
      await this.#look();
    }
    if (this.#phase !== 'over') this.#timer = this.#runtime.clock.after(LOOK, () => void this.look());
  }

  async #look(): Promise<void> {
    const before = this.#owners;
    try {
      this.#owners = await this.#store.owners();
      await this.#follow();
    } catch (error) {
      this.#runtime.log.verbose('What is leased could not be looked at; the next look comes soon', { error: messageOf(error) });
    }
    if (!isSame(before, this.#owners)) this.#onChange();
  }

  async #follow(): Promise<void> {
    const wanted = [...this.#wanted.keys()];
    // Taken, and the answer did not come, or to be given back, and that could not be written: nobody else does it meanwhile.
    const unheard = wanted.filter((name) => this.ownerOf(name) === this.#nodeId && !this.#held.has(name));
    if (this.#phase === 'drained' && unheard.length > 0) await this.#store.release(unheard, this.#nodeId);
    if (this.#phase !== 'started') return;
    for (const name of unheard) await this.#begin(name);
    const free = wanted.filter((name) => !this.#owners.has(name) && this.#isChosen(name));
    if (free.length === 0) return;
    const taken = await this.#store.take(free, this.#nodeId);
    for (const name of taken) this.#owners.set(name, this.#nodeId);
    for (const name of taken) await this.#begin(name);
  }

  async #begin(name: string): Promise<void> {
    this.#held.add(name);
    this.#runtime.log.info(`This node takes over: ${name}`);
    try {
      await this.#wanted.get(name)?.begin();
    } catch (error) {
      this.#runtime.log.error(`This node could not take over: ${name}`, { error: messageOf(error) });
      await this.#giveUp(name);
    }
  }

  async #giveUp(name: string): Promise<void> {
    try {
      await this.#wanted.get(name)?.end();
      this.#held.delete(name);
      await this.#store.release([name], this.#nodeId);
    } catch (error) {
      this.#held.delete(name);
      this.#runtime.log.warn(`Could not be handed over in an orderly way: ${name}`, { error: messageOf(error) });
    }
  }
}

const isSame = (one: ReadonlyMap<string, NodeId>, other: ReadonlyMap<string, NodeId>): boolean =>
  one.size === other.size && [...one].every(([name, id]) => other.get(name) === id);
