import { distance } from '../../core/closest.ts';
import type { Option } from '../schema.ts';
import { contains, fold, toWords } from '../words.ts';
import { type Language, NO, SIGNS, YES } from './words.ts';

export interface Choice {
  name: string;
  label: string;
  also: readonly string[];
}

export const choicesOf = (options: Record<string, Option>): Choice[] =>
  Object.entries(options).map(([name, option]) =>
    typeof option === 'string' ? { name, label: option, also: [] } : { name, label: option.label, also: option.also ?? [] },
  );

/** The option that is meant: by its number, its name or id, its label or other words, whole first; null where none or several are. */
export function readChoice(text: string, choices: readonly Choice[]): string | null {
  const plain = fold(text.slice(0, 1_000)).trim();
  const number = /^\D{0,3}(\d{1,3})\D{0,3}$/.exec(plain)?.[1];
  const numbered = number === undefined ? undefined : choices[Number(number) - 1];
  if (numbered) return numbered.name;
  const words = toWords(text.slice(0, 1_000));
  if (words.length === 0) return null;
  const said = words.join(' ');
  const names = choices.map((choice) => ({ choice, forms: [choice.name.replaceAll('_', ' '), choice.label, ...choice.also].map(toWords) }));
  const whole = names.filter(({ forms }) => forms.some((form) => form.join(' ') === said));
  if (whole.length > 0) return whole[0]?.choice.name ?? null;
  const inside = names.filter(({ forms }) => forms.some((form) => contains(words, form)));
  if (inside.length > 0) return inside.length === 1 ? (inside[0]?.choice.name ?? null) : null;
  const part = names.filter(({ forms }) => said.length >= 3 && forms.some((form) => contains(form, words)));
  if (part.length > 0) return part.length === 1 ? (part[0]?.choice.name ?? null) : null;
  const near = names.filter(({ forms }) => forms.some((form) => isNear(said, form.join(' '))));
  return near.length === 1 ? (near[0]?.choice.name ?? null) : null;
}

const isNear = (a: string, b: string): boolean =>
  a.length >= 4 && a.length <= 60 && b.length <= 60 && distance(a, b) <= (b.length >= 8 ? 2 : 1);

/** True for yes, false for no; null for neither or both. */
export function readYesNo(text: string, languages: readonly Language[]): boolean | null {
  const words = toWords(text.slice(0, 1_000));
  const said = words.join(' ');
  const is = (all: Record<Language, readonly string[]>) => languages.some((language) => all[language].includes(said));
  if (is(NO) || SIGNS.no.some((sign) => text.includes(sign))) return false;
  if (is(YES) || SIGNS.yes.some((sign) => text.includes(sign))) return true;
  const begins = (all: Record<Language, readonly string[]>) =>
    languages.some((language) => all[language].some((word) => word.length > 1 && said.startsWith(`${word} `)));
  const [yes, no] = [begins(YES), begins(NO)];
  return yes === no ? null : yes;
}
