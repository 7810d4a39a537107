/** What was understood, read back before it is saved. */

import { type Doing, type Kind, kindsOf, type Value } from '../../language/schema.ts';
import type { Position } from '../../program/program.ts';
import { type Place, readBack } from '../../text/locale-format.ts';
import { cut, render } from '../../text/templates.ts';
import type { Heard } from '../state.ts';
import type { Offer } from './options.ts';
import type { Play } from './play.ts';
import { choose, scopeNow, send } from './send.ts';

const LONGEST = 1_000;

const WORDS: Record<'en' | 'pt' | 'es', string> = {
  en: '{{ understood }}. Is that right?',
  pt: '{{ understood }}, certo?',
  es: '{{ understood }}, ¿correcto?',
};

/** Says what was understood, in the words of the flow or in the usual ones. */
export function readBackTo(play: Play, position: Position, step: Extract<Doing, { ask: unknown }>, { value, understood }: Heard): void {
  const scope = scopeNow(play, { answer: value });
  scope.values.understood = understood;
  const usual = WORDS[scope.place.locale === 'en-us' ? 'en' : scope.place.locale];
  const wording = step.confirm === undefined || step.confirm === true ? usual : choose(step.confirm, play);
  send(play, position, { type: 'text', text: render(wording, scope) }, step.typing);
}

/** As it is said to the contact. */
export function heardAs(
  value: Value,
  { step, offers, place }: { step: Extract<Doing, { ask: unknown }>; offers: readonly Offer[]; place: Place },
): Heard {
  return { value, understood: cut(inWords(value, { kinds: kindsOf(step), offers, place }), LONGEST) };
}

function inWords(value: Value, { kinds, offers, place }: { kinds: readonly Kind[]; offers: readonly Offer[]; place: Place }): string {
  if (offers.length > 0) {
    const chosen = Array.isArray(value) && !offers.some((offer) => offer.value === value) ? value : [value];
    return chosen.map((one) => offers.find((offer) => offer.value === one)?.choice.label ?? '').join(', ');
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const { name, filename, mimetype, lat, lng } = value;
    return String(name ?? filename ?? mimetype ?? `${lat}, ${lng}`);
  }
  return readBack(value, place, { isSpan: kinds.includes('duration'), isPhone: kinds.includes('phone') });
}
