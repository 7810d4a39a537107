/** Which of several options is meant. Pure. */
import { distance } from '../../../core/closest.ts';
import { WeighedCache } from '../../../core/weighed-cache.ts';
import type { Locale, Option } from '../../language/schema.ts';
import { contains, wordsIn } from '../../text/words.ts';
import { entries, languagesOf, WORDS } from './languages.ts';
import { plain } from './tokens.ts';
import type { Language } from './words/words.ts';
import { readYesNo } from './yes-no.ts';

export interface Choice {
  name: string;
  label: string;
  also: readonly string[];
}

export const choicesOf = (options: Record<string, Option>): Choice[] =>
  Object.entries(options).map(([name, option]) =>
    typeof option === 'string' ? { name, label: option, also: [] } : { name, label: option.label, also: option.also ?? [] },
  );

/** Of an answer that names an option. */
const MOST_WORDS = 60;

const toWords = (text: string): string[] => wordsIn(plain(text).replaceAll("'", ''));

/** Words of all languages; `first`, `last` and the like say which. */
const all = (key: 'pick' | 'pickNot' | 'last') => new Set(Object.values(WORDS).flatMap((words) => words[key].flatMap(toWords)));
const NOT = all('pickNot');
const PICK = all('pick');
const OWN = { en: new Set(WORDS.en.pick), pt: new Set(WORDS.pt.pick), es: new Set(WORDS.es.pick) };

/** Of `o` and `no` the flow's language says whether it is "the" or "or", "in the" or "not". */
interface Around {
  isNot: (word: string) => boolean;
  isPick: (word: string) => boolean;
}

function aroundIn(locale: Locale): Around {
  const own = OWN[languagesOf(locale)[0] ?? 'en'];
  const isNot = (word: string): boolean => NOT.has(word) && !own.has(word);
  return { isNot, isPick: (word) => PICK.has(word) && !isNot(word) };
}
const LAST = all('last');
const PLURAL = new Set(['as', 'os', 'las', 'los', 'ambas', 'ambos', 'both']);

interface Offer {
  choice: Choice;
  /** What is shown, and other words for it. */
  forms: readonly string[][];
}

/** Words of labels, by characters: with each answer they are those of the last one. */
const labels = new WeighedCache<string, string[]>(256 * 1_024);

function formOf(label: string): string[] {
  const known = labels.get(label);
  if (known) return known;
  const words = toWords(label);
  labels.set(label, words, label.length);
  return words;
}

const offersOf = (choices: readonly Choice[]): Offer[] =>
  choices.map((choice) => ({ choice, forms: [choice.label, ...choice.also].map(formOf) }));

/** The option that is meant: by its number, its name or id, its label or other words; null where none or several are, or one is not wanted. */
export const readChoice = (text: string, choices: readonly Choice[], locale: Locale): string | null =>
  chosenOf(text, offersOf(choices), locale);

function chosenOf(text: string, offers: readonly Offer[], locale: Locale): string | null {
  const words = toWords(text);
  if (words.length === 0 || words.length > MOST_WORDS) return null;
  const said = words.join(' ');
  const whole = offers.filter(({ choice, forms }) => nameOf(choice) === said || forms.some((form) => form.join(' ') === said));
  const around = aroundIn(locale);
  const number = numberOf(words, text, languagesOf(locale), offers.length, around);
  if (whole.length > 0) return whole[0]?.choice.name ?? null;
  if (number !== null) return byNumber(number, words, offers, around);
  return byAnswer(text, offers, locale) ?? byWords(words, text, offers, around);
}

const nameOf = ({ name }: Choice): string => toWords(name.replaceAll('_', ' ')).join(' ');
const only = (found: readonly Offer[]): string | null => (found.length === 1 ? (found[0]?.choice.name ?? null) : null);

/** The digits of an option's label say something else than its place: then neither is meant for certain. */
function byNumber(
  { place, word }: { place: number; word: string },
  words: readonly string[],
  offers: readonly Offer[],
  around: Around,
): string | null {
  const called = offers.filter(({ forms }) => forms.some((form) => form.includes(word)));
  const chosen = offers[place - 1];
  if (called.length === 0) return chosen?.choice.name ?? null;
  if (/^\d+$/.test(word)) return called.length === 1 && (!chosen || called[0] === chosen) ? only(called) : null;
  // `segunda` is the name of a day where one of the options is that day.
  return byWords(words, '', offers, around);
}

/** The only number or ordinal of a text that says nothing else. */
function numberOf(
  words: readonly string[],
  text: string,
  languages: readonly Language[],
  count: number,
  { isPick }: Around,
): { place: number; word: string } | null {
  // 1,5 is no place, and `as duas` are both.
  if (/\d\s?[.,:/]\s?\d|-\d/.test(text) || words.some((word) => PLURAL.has(word))) return null;
  const places = words.flatMap((word) => {
    const place = placeOf(word, languages, count);
    return place === null ? [] : [{ place, word }];
  });
  const others = words.filter((word) => placeOf(word, languages, count) === null && !isPick(word));
  if (others.length > 0) return null;
  // `a uma`, `the first one`: what may be an article or a pronoun counts where it stands alone.
  const sure = places.filter(({ word }) => !isPick(word));
  const [found] = sure.length > 0 ? sure : places;
  return found && sure.length <= 1 && (sure.length === 1 || places.length === 1) ? found : null;
}

function countsOf(language: Language): ReadonlyMap<string, number> {
  const { small, ordinals } = WORDS[language];
  const counts = [...entries(small).slice(1).entries(), ...entries(ordinals).entries()];
  return new Map(counts.flatMap(([index, phrases]) => phrases.map((phrase) => [phrase, index + 1] as const)));
}
const COUNTS: Record<Language, ReadonlyMap<string, number>> = { en: countsOf('en'), pt: countsOf('pt'), es: countsOf('es') };

function placeOf(word: string, languages: readonly Language[], count: number): number | null {
  if (/^\d{1,3}$/.test(word)) return Number(word);
  if (LAST.has(word)) return count;
  for (const language of languages) {
    const place = COUNTS[language].get(word);
    if (place !== undefined) return place;
  }
  return null;
}

/** Options that say yes and no are chosen by what means yes and no. */
function byAnswer(text: string, offers: readonly Offer[], locale: Locale): string | null {
  const meant = readYesNo(text, locale);
  return meant === null ? null : only(offers.filter(({ choice }) => readYesNo(choice.label, locale) === meant));
}

function byWords(words: readonly string[], text: string, offers: readonly Offer[], { isNot, isPick }: Around): string | null {
  // Yes and no stand inside too much that is neither.
  const isTelling = (form: readonly string[]): boolean => form.some((word) => !isPick(word) && !isNot(word));
  const isPart = (core: readonly string[], { forms }: Offer): boolean =>
    core.join(' ').length >= 3 &&
    forms.some((form) =>
      contains(
        form.filter((word) => !isPick(word)),
        core,
      ),
    );
  const inside = offers.filter(({ forms }) => forms.some((form) => isTelling(form) && contains(words, form)));
  if (inside.length > 1) return null;
  const [found] = inside;
  if (found) {
    const form = found.forms.filter((one) => contains(words, one)).sort((a, b) => b.length - a.length)[0] ?? [];
    const rest = without(words, form).filter((word) => !isPick(word));
    if (rest.some(isNot)) return null;
    // `trocar calabresa por frango`, `2 de calabresa`: a word of another option, or its place, is said as well.
    const isOther = (offer: Offer, place: number): boolean =>
      isPart(rest, offer) || rest.some((word) => word === String(place + 1) || (word.length > 3 && isWordOf(word, offer, found)));
    return offers.some((offer, place) => offer !== found && isOther(offer, place)) ? null : found.choice.name;
  }
  const core = words.filter((word) => !isPick(word));
  if (core.length === 0 || core.some(isNot) || text.includes('?')) return null;
  const part = offers.filter((offer) => isPart(core, offer));
  if (part.length > 0) return only(part);
  const said = core.join(' ');
  return only(offers.filter(({ forms }) => forms.some((form) => isNear(said, form.join(' ')) || isNear(words.join(' '), form.join(' ')))));
}

/** Of this option, and not of the one that was found. */
const isWordOf = (word: string, { forms }: Offer, found: Offer): boolean =>
  forms.some((form) => form.includes(word)) && !found.forms.some((form) => form.includes(word));

/** A word that the option does not have stands beside it as often as it is said. */
function without(words: readonly string[], form: readonly string[]): string[] {
  for (let at = 0; at + form.length <= words.length; at++) {
    if (form.every((word, index) => words[at + index] === word)) return [...words.slice(0, at), ...words.slice(at + form.length)];
  }
  return [...words];
}

const isNear = (a: string, b: string): boolean =>
  a.length >= 4 && a.length <= 60 && b.length <= 60 && distance(a, b, 2) <= (b.length >= 8 ? 2 : 1);

/** Between two of several. */
const BETWEEN = /[,;/+&\n]+|(?<![\p{L}\p{N}])(?:e|and|y|mais|tambem|tambien|also|plus)(?![\p{L}\p{N}])/u;
const EVERY = new Set('todos|todas|tudo|todo|all|everything|ambos|ambas|both'.split('|'));
const OF_TWO = new Set(['ambos', 'ambas', 'both']);
const THEM = new Set(['them', 'elas', 'eles', 'ellos', 'ellas']);
/** Pieces of an answer times the words of the options: what is more is not looked through. */
const MOST_COMPARED = 2_000;

/** All that are meant, in the order of the options: `1 e 3`, `a primeira e a última`, `todas`; null where something else is said, too. */
export function readChoices(text: string, choices: readonly Choice[], locale: Locale): string[] | null {
  const offers = offersOf(choices);
  const words = toWords(text);
  const said = words.join(' ');
  const whole = offers.find(({ forms }) => forms.some((form) => form.join(' ') === said));
  if (whole) return [whole.choice.name];
  const { isPick } = aroundIn(locale);
  const [every, ...more] = words.filter((word) => !isPick(word) && !THEM.has(word));
  if (every !== undefined && more.length === 0 && EVERY.has(every) && (choices.length === 2 || !OF_TWO.has(every)))
    return choices.map(({ name }) => name);
  if (words.length > MOST_WORDS) return null;
  const pieces = plain(text)
    .split(BETWEEN)
    .flatMap((piece) => (/^\s*\d{1,3}(?:\s+\d{1,3})+\s*$/.test(piece) ? piece.trim().split(/\s+/) : [piece]))
    .filter((piece) => piece.trim() !== '');
  const compared = pieces.length * offers.reduce((sum, { forms }) => sum + forms.length, 0);
  if (pieces.length > 1 && compared > MOST_COMPARED) return null;
  const chosen = new Set<string>();
  for (const piece of pieces) {
    const name = chosenOf(piece, offers, locale);
    // `quero`, `por favor`.
    if (name === null && toWords(piece).every(isPick)) continue;
    if (name === null) return null;
    chosen.add(name);
  }
  return chosen.size === 0 ? null : choices.map(({ name }) => name).filter((name) => chosen.has(name));
}
