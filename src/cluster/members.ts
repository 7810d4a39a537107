import { createHash } from 'node:crypto';
import type { NodeId } from '../core/ids.ts';

/** A node as the others know it. */
export interface Member {
  id: NodeId;
  url: string;
  role: string;
  draining: boolean;
  /** Bytes of memory that it could still give to sessions; null: it takes none. */
  roomBytes: number | null;
}

/** Roles of nodes that do what is no session's. */
export const WORKERS = ['all', 'worker'];

const KEPT = 10_000;

/**
 * Which of the nodes does what, where it matters that it is always the same one and not which: by highest random weight
 * (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998), so that a node that comes or goes moves its own share
 * and no other. Nodes may differ for a moment in whom they know; nothing is built on that they do not.
 */
export class Members {
  #all: readonly Member[] = [];
  #able: readonly NodeId[] = [];
  #known = '';
  #chosen = new Map<string, NodeId>();
  #listeners: (() => void)[] = [];

  /** In the order of their ids. */
  get all(): readonly Member[] {
    return this.#all;
  }

  /** Those that take sessions, in the order of their ids. */
  get takingSessions(): readonly Member[] {
    return this.#all.filter(({ draining, roomBytes }) => !draining && roomBytes !== null);
  }

  /** As of now. Tells whoever wants to know when those who take something on are others than before. */
  set(members: readonly Member[]): void {
    this.#all = members;
    const known = members.map(({ id, draining, roomBytes }) => `${id} ${draining} ${roomBytes !== null}`).join();
    if (known === this.#known) return;
    this.#known = known;
    this.#able = members.filter(({ role, draining }) => WORKERS.includes(role) && !draining).map(({ id }) => id);
    this.#chosen.clear();
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** How many there are, this one included; 0 where there is no cluster. */
  get count(): number {
    return this.#all.length;
  }

  /** Where a node is; null for one that is not there. */
  urlOf(id: string): string | null {
    return this.#all.find((member) => member.id === id)?.url ?? null;
  }

  /** Who does this; null while nobody takes work on. */
  chosenFor(name: string): NodeId | null {
    const known = this.#chosen.get(name);
    if (known) return known;
    let [chosen, highest]: [NodeId | null, string] = [null, ''];
    for (const id of this.#able) {
      const weight = createHash('sha256').update(`${id} ${name}`).digest('hex');
      if (weight > highest) [chosen, highest] = [id, weight];
    }
    if (chosen && this.#chosen.size < KEPT) this.#chosen.set(name, chosen);
    return chosen;
  }
}
