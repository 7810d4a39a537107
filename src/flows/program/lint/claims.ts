import type { Fault } from '../../../core/errors.ts';
import { ANYTIME } from '../../language/schema.ts';
import type { Outline } from './checked.ts';

/** One name, one flow; one phrase, one flow, unless they start under different conditions. */
/** A word for all flows is heard before any of them, which would never hear it. */
export function* lintWords(flows: readonly Outline[], beside: readonly Outline[]): Iterable<Fault> {
  const all = [...beside, ...flows];
  const words = new Map(all.flatMap(({ flow, hears }) => (flow === ANYTIME ? hears.map((one) => [one.key, one] as const) : [])));
  if (words.size === 0) return;
  for (const { flow, hears } of all) {
    for (const { key, text, place } of flow === ANYTIME ? [] : hears) {
      const word = words.get(key);
      if (word) yield { path: place, message: `"${text}" is a word for all flows (${word.place}), and would never be heard here` };
    }
  }
}

export function* lintClaims(flows: readonly Outline[], beside: readonly Outline[]): Iterable<Fault> {
  const names = new Map<string, Outline>();
  const claims = new Map<string, Outline>();
  for (const outline of [...beside, ...flows]) {
    const { flow, place } = outline;
    const namesake = names.get(flow);
    if (namesake) yield { path: place, message: `the flow "${flow}" is also in ${namesake.place}` };
    else names.set(flow, outline);
    for (const { key, text, place } of outline.claims) {
      const first = claims.get(key);
      if (!first) claims.set(key, outline);
      else if (first.flow !== flow) {
        const where = first.claims.find((claim) => claim.key === key)?.place ?? first.place;
        yield { path: place, message: `"${text}" already starts the flow "${first.flow}" (${where})` };
      }
    }
  }
}
