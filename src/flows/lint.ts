/** What a schema cannot say about flows: where they lead, what their texts name, and what they claim of each other. */
import type { Fault } from '../core/errors.ts';
import { didYouMean } from './explain.ts';
import { type FlowSource, MOST_FAULTS, type ParsedFlow, parseFlow } from './parse.ts';
import { compile, FIRST, type Path, type Position, type Program, successor } from './program.ts';
import type { Wording } from './schema.ts';
import { checkTemplate, RESERVED_NAMES } from './templates.ts';

/**
 * All that is wrong with `sources`, which are to be published together, beside `others`, which stay: a flow of `others`
 * with a name that `sources` have is replaced by it. Sorted by place. Never throws.
 */
export function checkFlows(sources: readonly FlowSource[], others: readonly FlowSource[] = []): { flows: ParsedFlow[]; faults: Fault[] } {
  const flows: ParsedFlow[] = [];
  const faults: Fault[] = [];
  for (const source of sources) {
    const parsed = parseFlow(source);
    if ('faults' in parsed) faults.push(...parsed.faults);
    else {
      flows.push(parsed);
      faults.push(...lintFlow(parsed));
    }
  }
  const replaced = new Set(flows.map(({ flow }) => flow.flow));
  const beside = others.map(parseFlow).filter((parsed) => 'flow' in parsed && !replaced.has(parsed.flow.flow)) as ParsedFlow[];
  faults.push(...lintTogether(flows, beside));
  return { flows, faults: faults.sort((a, b) => byPlace.compare(a.path, b.path)).slice(0, MOST_FAULTS) };
}

/** `a.yml:9:1` comes before `a.yml:10:1`. */
const byPlace = new Intl.Collator('en', { numeric: true });

function lintFlow(parsed: ParsedFlow): Fault[] {
  const program = compile(parsed.flow);
  return [...lintNames(parsed, program), ...lintTexts(parsed, program), ...lintWays(parsed, program), ...lintPhrases(parsed)];
}

function* lintNames({ place, flow }: ParsedFlow, { steps, targets }: Program): Iterable<Fault> {
  const taken = new Set(Object.keys(flow.parts ?? {}));
  for (const { step, path } of steps.values()) {
    if (step === 'end') continue;
    if (step.id && taken.has(step.id)) yield { path: place([...path, 'id']), message: `"${step.id}" names another step or part already` };
    if (step.id) taken.add(step.id);
    if ('save' in step && RESERVED_NAMES.includes(step.save)) {
      yield { path: place([...path, 'save']), message: `"${step.save}" has a meaning of its own: choose another name` };
    }
    if ('go' in step && !targets.has(step.go)) {
      yield { path: place([...path, 'go']), message: `there is no part or step "${step.go}"${didYouMean(step.go, [...targets.keys()])}` };
    }
  }
}

function* lintTexts({ place }: ParsedFlow, { steps, answers }: Program): Iterable<Fault> {
  for (const { step, path } of steps.values()) {
    if (step === 'end' || 'go' in step) continue;
    const key = 'say' in step ? 'say' : 'ask';
    for (const [text, where] of textsOf('say' in step ? step.say : step.ask, [...path, key])) {
      for (const { message, offset, length } of checkTemplate(text, answers))
        yield { path: place(where, { text, offset, length }), message };
    }
  }
}

function textsOf(wording: Wording, path: Path): [string, Path][] {
  if (typeof wording === 'string') return [[wording, path]];
  return wording.one_of.map((text, index) => [text, [...path, 'one_of', index]]);
}

/** Of several steps in a row that nothing leads to, the first is named. */
function* lintWays({ place }: ParsedFlow, program: Program): Iterable<Fault> {
  const reached = new Set<Position>();
  const open: (Position | null)[] = [FIRST];
  for (let position = open.pop(); position !== undefined; position = open.pop()) {
    if (position === null || reached.has(position)) continue;
    reached.add(position);
    open.push(successor(program, position));
  }
  let lost = false;
  for (const [position, { path }] of program.steps) {
    const first = path.at(-1) === 0;
    if (!reached.has(position) && (first || !lost)) yield { path: place(path), message: 'nothing leads to this step' };
    lost = !reached.has(position);
  }
}

function* phrasesOf({ flow, place }: ParsedFlow): Iterable<{ text: string; words: readonly string[]; place: string }> {
  let next = 0;
  const { phrases } = compile(flow);
  for (const [index, { says }] of flow.start.entries()) {
    for (const nth of says.keys()) {
      const phrase = phrases[next++];
      if (phrase) yield { ...phrase, place: place(['start', index, 'says', nth]) };
    }
  }
}

function* lintPhrases(parsed: ParsedFlow): Iterable<Fault> {
  for (const { text, words, place } of phrasesOf(parsed)) {
    if (words.length === 0) yield { path: place, message: `"${text}" has no word in it, so nothing would ever match it` };
  }
}

/** One name, one flow; one phrase, one flow. */
function* lintTogether(flows: readonly ParsedFlow[], beside: readonly ParsedFlow[]): Iterable<Fault> {
  const names = new Map<string, string>();
  const claims = new Map<string, { flow: string; place: string }>();
  for (const parsed of [...beside, ...flows]) {
    const { flow } = parsed.flow;
    const place = parsed.place(['flow']);
    const namesake = names.get(flow);
    if (namesake) yield { path: place, message: `the flow "${flow}" is also in ${namesake}` };
    else names.set(flow, place);
    for (const phrase of phrasesOf(parsed)) {
      const key = phrase.words.join(' ');
      const claim = claims.get(key);
      if (!claim) claims.set(key, { flow, place: phrase.place });
      else if (claim.flow !== flow) {
        yield { path: phrase.place, message: `"${phrase.text}" already starts the flow "${claim.flow}" (${claim.place})` };
      }
    }
  }
}
