import type { Fault } from '../../../core/errors.ts';
import { didYouMean } from '../../../schema-errors/did-you-mean.ts';
import type { Path } from '../../language/parse.ts';
import { type Doing, isFromData, isPattern, kindsOf, listOf } from '../../language/schema.ts';
import { answerPatternFault, MOST_PATTERNS } from '../../text/patterns.ts';
import type { Checked } from './checked.ts';
import { lintTarget } from './names.ts';

/** What questions offer and take. */
export function* lintQuestions({ parsed: { place }, program, unread }: Checked): Iterable<Fault> {
  let patterns = 0;
  for (const [position, { step, path }] of program.steps) {
    if (typeof step === 'string' || unread.steps.has(position)) continue;
    const faults: [Path, string, ('key' | 'value')?][] = [...optionFaults(step, path), ...severalFaults(step, path)];
    if ('ask' in step) faults.push(...expectFaults(step, path));
    for (const [where, message, what = 'value'] of faults) yield { path: place(where, undefined, what), message };
    if ('options' in step && isFromData(step.options) && step.options.empty !== undefined)
      yield* lintTarget(step.options.empty, () => place([...path, 'options', 'empty']), program.targets, unread.names);
    if (!('ask' in step) || step.expect === undefined || !isPattern(step.expect)) continue;
    const fault =
      ++patterns > MOST_PATTERNS ? `is one of more than ${MOST_PATTERNS} patterns of this flow` : answerPatternFault(step.expect.pattern);
    if (fault) yield { path: place([...path, 'expect', 'pattern']), message: fault };
  }
}

type Found = [Path, string, ('key' | 'value')?];

function* optionFaults(step: Doing, path: Path): Iterable<Found> {
  const { options } = step as { options?: object };
  if ('ask' in step && listOf(isKinds(step.expect) ? step.expect : undefined).includes('choice') && !options)
    yield [[...path, 'expect'], '"choice" needs "options": { name: Label, … }'];
  if ('ask' in step && options && step.expect !== undefined && step.expect !== 'choice') {
    const what = isPattern(step.expect) ? 'a pattern' : `"${kindsOf(step).join(', ')}"`;
    yield [[...path, 'options'], `"options" goes with "expect: choice", not with ${what}`, 'key'];
  }
  if (!('go' in step) || typeof step.go !== 'object' || !options || Array.isArray(options)) return;
  if (isFromData(options)) {
    yield [[...path, 'go'], 'options from data have no names to lead from: "save" what is chosen, and use "if" or "choose"', 'key'];
    return;
  }
  const names = Object.keys(options);
  for (const option of Object.keys(step.go).filter((one) => !names.includes(one)))
    yield [[...path, 'go', option], `there is no option "${option}"${didYouMean(option, names)}`, 'key'];
}

const isKinds = (expect: unknown): expect is string | string[] => typeof expect === 'string' || Array.isArray(expect);

function* severalFaults(step: Doing, path: Path): Iterable<Found> {
  if (!('ask' in step || 'menu' in step)) return;
  if (step.multiple && !step.options) yield [[...path, 'multiple'], '"multiple" needs "options": { name: Label, … }', 'key'];
  if (!('menu' in step)) return;
  if (step.multiple && step.go) yield [[...path, 'go'], 'several options lead nowhere: "save" them, and use "if" or "choose"', 'key'];
  else if (step.save === undefined && (step.multiple || isFromData(step.options)))
    yield [[...path, 'menu'], 'needs "save": what is chosen would be lost', 'key'];
}

/** Of these every text is one. */
const TAKES_ALL = ['text', 'any'];

function* expectFaults(step: Extract<Doing, { ask: unknown }>, path: Path): Iterable<Found> {
  if (!Array.isArray(step.expect)) return;
  for (const [index, kind] of step.expect.entries()) {
    const where = [...path, 'expect', index];
    if (step.expect.indexOf(kind) < index) yield [where, `"${kind}" stands here twice`];
    else if (kind === 'choice') yield [where, '"choice" stands alone: what fits no option is asked for again'];
    else if (TAKES_ALL.includes(kind) && index < step.expect.length - 1)
      yield [where, `"${kind}" takes whatever is written: it can only be the last one`];
  }
}
