/** Patterns that take more time than a turn has: found out outside of it, and handed over. */
import type { TenantId } from '../../core/ids.ts';
import type { Logger } from '../../core/runtime.ts';
import type { Catalog } from '../program/catalog.ts';
import type { Program } from '../program/program.ts';
import { costOf, matchesPattern } from '../text/patterns.ts';
import type { RunState } from '../turn/state.ts';
import type { Matches } from '../understanding/match.ts';
import { patternsOf } from '../understanding/match.ts';
import { type Aside, OutOfBounds } from './aside.ts';

/** Of what is tried within one turn, in instructions times characters: some 5 ms at their worst. */
const WITHIN_TURN = 100_000;

/** What patterns say of texts, by text and pattern. */
export type Matched = Map<string, ReadonlyMap<string, boolean>>;

/** Thrown in a turn: what these patterns say of the text must be found out first. */
export class NotMatched extends Error {
  readonly folded: string;
  readonly pattern: string;

  constructor(pattern: string, folded: string) {
    super('a pattern takes longer than a turn may');
    this.pattern = pattern;
    this.folded = folded;
  }
}

/** For one try of a turn: tells what is known, tries what takes no time, and throws `NotMatched` for the rest. */
export function matchesIn(matched: Matched): Matches {
  let spent = 0;
  return (pattern, folded) => {
    const known = matched.get(folded)?.get(pattern);
    if (known !== undefined) return known;
    spent += costOf(pattern, folded);
    if (spent > WITHIN_TURN) throw new NotMatched(pattern, folded);
    return matchesPattern(pattern, folded);
  };
}

/** Every pattern that a message may be tried with: of all that is published, and of the run that is under way. */
export function patternsAt(catalog: Catalog, run: { flow: string; revision: number; state: RunState } | undefined): string[] {
  const programs: (Program | null | undefined)[] = catalog.flows.map(({ program }) => program);
  if (run) programs.push(catalog.program(run.flow, run.revision));
  for (const [name, revision] of Object.entries(run?.state.revisions ?? {})) programs.push(catalog.program(name, revision));
  return [...new Set(programs.flatMap((program) => (program ? patternsOf([...program.triggers, ...program.anytime]) : [])))];
}

/** Finds out what `patterns` say of the text that was asked for. One whose time runs out counts as not matching, which is told. */
export async function matchAside(
  aside: Pick<Aside, 'run'>,
  { tenantId, patterns, asked }: { tenantId: TenantId; patterns: readonly string[]; asked: Pick<NotMatched, 'pattern' | 'folded'> },
  log: Pick<Logger, 'warn'>,
): Promise<{ says: ReadonlyMap<string, boolean>; late: readonly string[] }> {
  const all = [...new Set([asked.pattern, ...patterns])];
  const { matching, late } = await aside
    .run(tenantId, 'match', { patterns: all, folded: asked.folded }, { small: false })
    .catch((error) => {
      if (!(error instanceof OutOfBounds)) throw error;
      return { matching: [] as string[], late: all };
    });
  if (late.length > 0) {
    log.warn('Regular expressions of flows took too long for a message: they count as not matching', { tenantId, patterns: late.length });
  }
  const hits = new Set(matching);
  return { says: new Map(all.map((pattern) => [pattern, hits.has(pattern)])), late };
}
