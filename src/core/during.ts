import type { TenantId } from './ids.ts';

/** Who does what: a route, `flows.turn`, `webhooks.fan-out`. `tenantId`: null where it is of several, or of none. */
export interface Section {
  tenantId: TenantId | null;
  what: string;
}

interface Held extends Section {
  /** Milliseconds. */
  took: number;
}

let longest: Held | undefined;

/**
 * Does a piece of work and notes who did it, so that whoever finds that the event loop was held can say by whom. Of work that
 * goes on later only its beginning counts, up to its first `await`: what comes behind has to be marked for itself.
 */
export function during<T>({ tenantId, what }: Section, work: () => T): T {
  const begun = performance.now();
  try {
    return work();
  } finally {
    const took = performance.now() - begun;
    if (took > (longest?.took ?? 0)) longest = { tenantId, what, took };
  }
}

/** The longest piece since this was asked last. */
export function longestHeld(): Held | undefined {
  const held = longest;
  longest = undefined;
  return held;
}
