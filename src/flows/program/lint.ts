/** What a schema cannot say about flows: where they lead, what their texts name, and what they claim of each other. */
import type { Fault } from '../../core/errors.ts';
import { didYouMean } from '../../schema-errors/did-you-mean.ts';
import { MOST_FAULTS } from '../../schema-errors/zod-messages.ts';
import { type FlowSource, type ParsedFlow, parseFlow } from '../language/parse.ts';
import { UNNAMED } from '../language/salvage.ts';
import { type Checked, NOTHING_UNREAD, type Outline, type Together } from './lint/checked.ts';
import { lintClaims, lintWords } from './lint/claims.ts';
import { lintModels } from './lint/models.ts';
import { lintNames } from './lint/names.ts';
import { lintQuestions } from './lint/questions.ts';
import { lintTexts } from './lint/texts.ts';
import { lintTriggers } from './lint/triggers.ts';
import { lintWays } from './lint/ways.ts';
import { type Need, needsOf } from './needs.ts';
import { outlineOf, withCalled } from './outline.ts';
import { compile } from './program.ts';

/** A flow that was checked, for those that are checked beside it later. */
export interface CheckedFlow extends ParsedFlow {
  outline: Outline;
  needs: Need[];
}

/**
 * All that is wrong with `sources`, which are to be published together, beside `others`, which stay: a flow of `others`
 * with a name that `sources` have is replaced by it. Sorted by place. What cannot be read of one makes no fault in what can,
 * there or in another. `models`: those that flows may ask, where that is known. `flows`: those of which something can be read, all of it where there are no faults. Never throws.
 */
export function checkFlows(
  sources: readonly FlowSource[],
  others: readonly Outline[] = [],
  { models }: { models?: readonly string[] | undefined } = {},
): { flows: CheckedFlow[]; faults: Fault[] } {
  const flows: (Checked & { outline: Outline })[] = [];
  const faults: Fault[] = [];
  const unread = new Set<string>();
  for (const source of sources) {
    const read = parseFlow(source);
    const isFaulty = 'faults' in read;
    faults.push(...(isFaulty ? read.faults : read.slips));
    if (isFaulty) for (const name of read.unread.names) unread.add(name);
    const parsed = isFaulty ? read.rest : read;
    if (!parsed) continue;
    const program = compile(parsed.flow);
    flows.push({ parsed, program, outline: outlineOf(parsed, program), unread: isFaulty ? read.unread : NOTHING_UNREAD });
  }
  const replaced = new Set(flows.map(({ outline }) => outline.flow));
  const beside = others.filter(({ flow }) => !replaced.has(flow));
  const outlines = new Map([...beside, ...flows.map(({ outline }) => outline)].map((outline) => [outline.flow, outline]));
  const remembered = [...new Set([...outlines.values()].flatMap((outline) => outline.remembered))];
  const together: Together = { outlines, remembered, unread };
  for (const checked of flows) faults.push(...lintFlow(checked, together, models));
  // What has no name that can be read claims nothing.
  const own = flows.map(({ outline }) => outline).filter(({ flow }) => flow !== UNNAMED);
  faults.push(
    ...firstOf(lintClaims(own, beside), MOST_FAULTS),
    ...firstOf(lintWords(own, beside), MOST_FAULTS),
    ...firstOf(lintInputs(own, together), MOST_FAULTS),
  );
  faults.sort((a, b) => byPlace.compare(a.path, b.path));
  const named = flows.filter(({ outline }) => outline.flow !== UNNAMED);
  return {
    flows: named.map(({ parsed, outline, program }) => ({ ...parsed, outline, needs: needsOf(parsed, program) })),
    faults: faults.slice(0, MOST_FAULTS),
  };
}

/** `a.yml:9:1` comes before `a.yml:10:1`. */
const byPlace = new Intl.Collator('en', { numeric: true });

function lintFlow(checked: Checked, together: Together, models: readonly string[] | undefined): Fault[] {
  const all = [
    lintNames(checked),
    lintQuestions(checked),
    lintCalls(checked, together),
    lintTexts(checked, together),
    lintWays(checked),
    lintTriggers(checked),
    lintModels(checked, models),
  ];
  return all.flatMap((faults) => firstOf(faults, MOST_FAULTS));
}

function firstOf<T>(all: Iterable<T>, most: number): T[] {
  const found: T[] = [];
  for (const one of all) if (found.push(one) === most) break;
  return found;
}

function* lintCalls({ parsed: { place }, program }: Checked, { outlines, unread }: Together): Iterable<Fault> {
  for (const { step, path } of program.steps.values()) {
    if (typeof step === 'string' || !('call' in step)) continue;
    const callee = outlines.get(step.call);
    if (!callee && unread.has(step.call)) continue;
    if (!callee) {
      yield { path: place([...path, 'call']), message: `there is no flow "${step.call}"${didYouMean(step.call, [...outlines.keys()])}` };
      continue;
    }
    const names = callee.inputs.map((input) => input.name);
    for (const name of Object.keys(step.with ?? {})) {
      if (names.includes(name) || unread.has(name)) continue;
      const message = `the flow "${step.call}" has no input "${name}"${didYouMean(name, names)}`;
      yield { path: place([...path, 'with', name], undefined, 'key'), message };
    }
  }
}

/**
 * Calls that lack an input that is required, also of flows that stay, where they call one that changes. What a flow, or one
 * that it calls, saves is there for those that it calls: it need not be given.
 */
function* lintInputs(own: readonly Outline[], { outlines, unread }: Together): Iterable<Fault> {
  const changed = new Set(own);
  for (const caller of outlines.values()) {
    const isOwn = changed.has(caller);
    const needing = caller.callers.filter(({ flow }) => outlines.get(flow)?.inputs.some(({ required }) => required));
    if (needing.length === 0) continue;
    for (const { flow, place, given } of needing) {
      const callee = outlines.get(flow) as Outline;
      if (!isOwn && !changed.has(callee)) continue;
      // Not by the flow itself, which counts its inputs among what it knows.
      const others = new Map([...outlines].filter(([name]) => name !== flow));
      const saved = new Set(withCalled(caller, others).flatMap(({ answers }) => answers));
      const there = (name: string): boolean => given.includes(name) || saved.has(name) || unread.has(name);
      for (const { name } of callee.inputs.filter((input) => input.required && !there(input.name))) {
        yield isOwn
          ? { path: place, message: `the flow "${flow}" needs the input "${name}": give it under "with"` }
          : {
              path: callee.place,
              message: `the flow "${caller.flow}" (${place}) calls this one without the input "${name}", which is required`,
            };
      }
    }
  }
}
