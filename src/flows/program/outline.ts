/** What the checks of other flows ask of a flow that is published. Plain JSON: it is made once for each text, and kept. */
import type { ParsedFlow } from '../language/parse.ts';
import { inputsOf, isGiven } from '../language/schema.ts';
import { toWords } from '../text/words.ts';
import type { Claim, Outline } from './lint/checked.ts';
import { entriesOf } from './lint/triggers.ts';
import type { Program } from './program.ts';

type Answers = Pick<Outline, 'answers' | 'values' | 'calls'>;

/** A flow, those that it calls, and those that they call: what one of them saves the others know. */
export function withCalled(program: Answers, outlines: ReadonlyMap<string, Outline>): Answers[] {
  const seen = new Set<Answers>();
  const open = [program];
  for (let one = open.pop(); one; one = open.pop()) {
    if (seen.has(one)) continue;
    seen.add(one);
    for (const name of one.calls) {
      const callee = outlines.get(name);
      if (callee) open.push(callee);
    }
  }
  return [...seen];
}

export function outlineOf(parsed: ParsedFlow, { steps, answers, values, remembered, calls }: Program): Outline {
  const { flow, place } = parsed;
  const claims = [...claimsOf(parsed)];
  const callers = [...steps.values()].flatMap(({ step, path }) => {
    if (typeof step === 'string' || !('call' in step)) return [];
    const given = Object.entries(step.with ?? {}).flatMap(([name, value]) => (isGiven(value) ? [name] : []));
    return [{ flow: step.call, place: place([...path, 'call']), given }];
  });
  const hears = [...heardBy(parsed)];
  return { flow: flow.flow, place: place(['flow']), inputs: inputsOf(flow), answers, values, remembered, calls, callers, claims, hears };
}

function* heardBy({ flow, place }: ParsedFlow): Iterable<Claim> {
  for (const list of ['start', 'anytime'] as const) {
    for (const [index, trigger] of (flow[list] ?? []).entries()) {
      for (const way of ['says', 'exactly', 'button'] as const) {
        for (const [text, where] of entriesOf(trigger, way, [list, index])) {
          yield { key: `${way} ${way === 'button' ? text : toWords(text).join(' ')}`, text, place: place(where) };
        }
      }
    }
  }
}

/** Under different conditions several flows may claim the same. */
function* claimsOf({ flow, place }: ParsedFlow): Iterable<Claim> {
  const under = JSON.stringify(flow.only_if ?? null);
  for (const [index, trigger] of flow.start.entries()) {
    const path = ['start', index];
    for (const way of ['says', 'exactly'] as const) {
      for (const [text, where] of entriesOf(trigger, way, path))
        yield { key: `${under} ${way} ${toWords(text).join(' ')}`, text, place: place(where) };
    }
    for (const [text, where] of entriesOf(trigger, 'button', path)) yield { key: `${under} button ${text}`, text, place: place(where) };
    for (const way of ['first_contact', 'anything', 'nothing_else_matched'] as const) {
      if (way in trigger) yield { key: `${under} ${way}`, text: way, place: place([...path, way], undefined, 'key') };
    }
  }
}
