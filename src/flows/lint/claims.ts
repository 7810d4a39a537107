import type { Fault } from '../../core/errors.ts';
import type { Checked } from '../lint.ts';
import { toWords } from '../words.ts';
import { entriesOf } from './triggers.ts';

interface Claim {
  /** Equal keys are the same claim. */
  key: string;
  text: string;
  /** Looked up only where it is told: most flows claim nothing of each other. */
  place(): string;
}

/** One name, one flow; one phrase, one flow, unless they start under different conditions. */
export function* lintClaims(flows: readonly Checked[], beside: readonly Checked[]): Iterable<Fault> {
  const names = new Map<string, () => string>();
  const claims = new Map<string, { flow: string; place(): string }>();
  for (const { parsed } of [...beside, ...flows]) {
    const { flow } = parsed.flow;
    const place = () => parsed.place(['flow']);
    const namesake = names.get(flow);
    if (namesake) yield { path: place(), message: `the flow "${flow}" is also in ${namesake()}` };
    else names.set(flow, place);
    for (const claim of claimsOf(parsed)) {
      const key = `${JSON.stringify(parsed.flow.only_if ?? null)} ${claim.key}`;
      const first = claims.get(key);
      if (!first) claims.set(key, { flow, place: claim.place });
      else if (first.flow !== flow)
        yield { path: claim.place(), message: `"${claim.text}" already starts the flow "${first.flow}" (${first.place()})` };
    }
  }
}

function* claimsOf({ flow, place }: Checked['parsed']): Iterable<Claim> {
  for (const [index, trigger] of flow.start.entries()) {
    const path = ['start', index];
    for (const way of ['says', 'exactly'] as const) {
      for (const [text, where] of entriesOf(trigger, way, path))
        yield { key: `${way} ${toWords(text).join(' ')}`, text, place: () => place(where) };
    }
    for (const [text, where] of entriesOf(trigger, 'button', path)) yield { key: `button ${text}`, text, place: () => place(where) };
    for (const way of ['first_contact', 'anything', 'nothing_else_matched'] as const) {
      if (way in trigger) yield { key: way, text: way, place: () => place([...path, way], undefined, 'key') };
    }
  }
}
