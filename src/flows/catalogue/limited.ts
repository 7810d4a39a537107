import { type LimitName, limitReached, type TenantLimits } from '../../core/limits.ts';
import type { Program } from '../program/program.ts';
import { patternsOf } from '../understanding/match.ts';

interface Read {
  program: Pick<Program, 'triggers' | 'anytime'>;
  /** As JSON. */
  flow: string;
}

/** What flows use of these limits. */
export interface Used {
  /** Regular expressions by which they start, or go elsewhere: a message may be tried with each of them. */
  patterns: number;
  /** Of them as JSON. */
  characters: number;
}

export const usedBy = (flows: readonly Read[]): Used => ({
  patterns: flows.reduce((count, { program }) => count + patternsOf([...program.triggers, ...program.anytime]).length, 0),
  characters: flows.reduce((count, { flow }) => count + flow.length, 0),
});

/**
 * Throws `limit-reached` where the tenant would have more than it may: with `published` in the place of `replaced`, beside
 * `others`. What makes it no more than it was is let in, however low the limit has become. `stored`: how many flows there
 * are, also such as this version of the hub cannot read; `isNew`: this is to be one more.
 */
export function limited(
  limits: Pick<TenantLimits, 'flows' | 'patterns' | 'flowCharacters'>,
  { stored, isNew }: { stored: number; isNew: boolean },
  { others, replaced, published }: Record<'others' | 'replaced' | 'published', readonly Read[]>,
): void {
  if (limits.flows !== null && isNew && stored >= limits.flows) {
    throw limitReached({ name: 'flows', limit: limits.flows, used: stored }, 'Delete one first.');
  }
  const [kept, before, after] = [usedBy(others), usedBy(replaced), usedBy(published)];
  const keep = (name: LimitName, limit: number | null, of: keyof Used, advice: string): void => {
    if (limit === null || after[of] <= before[of] || kept[of] + after[of] <= limit) return;
    throw limitReached({ name, limit, used: kept[of] + before[of] }, `With this flow it would have ${kept[of] + after[of]}: ${advice}.`);
  };
  keep('patterns', limits.patterns, 'patterns', 'say what people write as words ("says") where that will do');
  keep('flowCharacters', limits.flowCharacters, 'characters', 'delete flows that nobody needs, or put what several say into one');
}
