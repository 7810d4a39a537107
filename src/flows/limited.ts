import { limitReached, type TenantLimits } from '../core/limits.ts';
import { patternsOf } from './match.ts';
import type { Program } from './program.ts';

interface Read {
  program: Pick<Program, 'triggers' | 'anytime'>;
}

/** Regular expressions by which these flows start, or go elsewhere: a message may be tried with each of them. */
export const patternsIn = (flows: readonly Read[]): number =>
  flows.reduce((count, { program }) => count + patternsOf([...program.triggers, ...program.anytime]).length, 0);

/**
 * Throws `limit-reached` where the tenant would have more than it may: with `published` in the place of `replaced`, beside
 * `others`. What makes it no more than it was is let in, however low the limit has become. `stored`: how many flows there
 * are, also such as this version of the hub cannot read; `isNew`: this is to be one more.
 */
export function limited(
  limits: Pick<TenantLimits, 'flows' | 'patterns'>,
  { stored, isNew }: { stored: number; isNew: boolean },
  { others, replaced, published }: Record<'others' | 'replaced' | 'published', readonly Read[]>,
): void {
  if (limits.flows !== null && isNew && stored >= limits.flows) {
    throw limitReached({ name: 'flows', limit: limits.flows, used: stored }, 'Delete one first.');
  }
  const [kept, before] = [patternsIn(others), patternsIn(replaced)];
  const after = patternsIn(published);
  if (limits.patterns !== null && after > before && kept + after > limits.patterns) {
    const remedy = `With this flow it would have ${kept + after}: say what people write as words ("says") where that will do.`;
    throw limitReached({ name: 'patterns', limit: limits.patterns, used: kept + before }, remedy);
  }
}
