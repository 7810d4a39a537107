import type { Milliseconds } from './runtime.ts';

export interface Counted {
  used: number;
  /** Until it begins anew; 0 where nothing was counted. */
  msLeft: Milliseconds;
}

/** How much each of many does in a minute, which begins with the first that is counted in it. In a cluster it is counted over all nodes. */
export interface Counts {
  /** `most`: what is allowed, where that is known; nodes of a cluster tell each other the sooner of what comes near it. */
  add(who: string, more?: { count?: number; most?: number | null }): Promise<Counted>;
  /** As of now, whichever node has counted it. */
  get(who: string): Promise<Counted>;
}

/** What is counted under a name, on this node and all others. */
export type CountsOf = (name: string) => Counts;
