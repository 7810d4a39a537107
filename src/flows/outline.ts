/** What the checks of other flows ask of a flow that is published. Plain JSON: it is made once for each text, and kept. */
import { entriesOf } from './lint/triggers.ts';
import type { ParsedFlow } from './parse.ts';
import type { Program } from './program.ts';
import { toWords } from './words.ts';

/** What starts a flow, and no other. Equal keys are the same claim. */
export interface Claim {
  key: string;
  text: string;
  /** `flows/booking.yml:5:11`. */
  place: string;
}

export interface Outline {
  flow: string;
  place: string;
  inputs: readonly string[];
  answers: readonly string[];
  values: readonly string[];
  remembered: readonly string[];
  calls: readonly string[];
  claims: readonly Claim[];
}

export function outlineOf(parsed: ParsedFlow, { answers, values, remembered, calls }: Program): Outline {
  const { flow, place } = parsed;
  const claims = [...claimsOf(parsed)];
  return { flow: flow.flow, place: place(['flow']), inputs: flow.inputs ?? [], answers, values, remembered, calls, claims };
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
