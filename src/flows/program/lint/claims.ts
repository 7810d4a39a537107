import type { Fault } from '../../../core/errors.ts';
import type { Outline } from './checked.ts';

/** One name, one flow; one phrase, one flow, unless they start under different conditions. */
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
