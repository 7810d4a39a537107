/** Yes and no as people type them. Pure. */
import type { Locale } from '../../language/schema.ts';
import { languagesOf, SIGNS, WORDS } from './languages.ts';
import { plain } from './tokens.ts';
import type { Language } from './words/words.ts';

const KINDS = ['yes', 'mild', 'no', 'later', 'unsure', 'but', 'polite'] as const;
type Kind = (typeof KINDS)[number];

/** `siiim` is `sim`, and `nãoo` is `não`. */
const squeezed = (word: string): string => word.replace(/(.)\1+/gu, '$1');

const WORD = /\p{L}+(?:'\p{L}+)*|\p{N}+|[?!,.;:]+|\p{Extended_Pictographic}/gu;
const wordsOf = (said: string, short: Record<string, string> = {}): string[] => {
  const words = (said.match(WORD) ?? []).map(squeezed);
  return words.map((word) => (Object.hasOwn(short, word) ? squeezed(short[word] ?? word) : word));
};

/** Of an answer; who says more says something else. */
const MOST_WORDS = 60;

/** By the first word, longest first. */
type Phrases = ReadonlyMap<string, readonly { words: readonly string[]; kind: Kind }[]>;

function phrasesOf(language: Language): Phrases {
  const all = new Map<string, { words: readonly string[]; kind: Kind }[]>();
  for (const kind of KINDS) {
    for (const phrase of WORDS[language][kind]) {
      const words = wordsOf(phrase);
      const first = words[0] ?? '';
      const known = all.get(first) ?? [];
      if (!known.some((one) => one.words.join(' ') === words.join(' '))) known.push({ words, kind });
      all.set(first, known);
    }
  }
  for (const known of all.values()) known.sort((a, b) => b.words.length - a.words.length);
  return all;
}

const PHRASES: Record<Language, Phrases> = { en: phrasesOf('en'), pt: phrasesOf('pt'), es: phrasesOf('es') };

/** What asks, as it seems, and means yes. */
const ASKING_YES = new Set(
  ['why not', 'por que nao', 'porque nao', 'como no', 'pode ser', 'puede ser'].map((phrase) => wordsOf(phrase).join(' ')),
);

/** Words that want something else done, whatever the answer was. */
const OTHER_WISH = /\b(?:cance|desmarc|remarc|reagend|mud[ao]|cambi|anul|stop|sair|change|resched|atend|agent|asesor|falar|hablar)/;

interface Found {
  kind: Kind | 'other' | 'sign';
  text: string;
}

/** With its accent, and nowhere without it: `sí, si es gratis` is an "if". */
const isSpanishYes = (text: string): boolean | null =>
  /(?<!\p{L})s[íÍ]/iu.test(text) ? !/(?<!\p{L})si(?!\p{L})/iu.test(text) || null : false;

/** True for yes, false for no; null for neither or both, for what is uncertain, and where a no may be meant by what is not known. */
export function readYesNo(text: string, locale: Locale): boolean | null {
  const said = plain(text);
  const spanishYes = isSpanishYes(text.normalize('NFC'));
  for (const language of languagesOf(locale)) {
    const words = wordsOf(said, WORDS[language].short);
    if (words.length > MOST_WORDS) return null;
    const found = foundIn(words, language);
    if (isTurned(found)) return null;
    const answer = answerOf(found, spanishYes);
    if (answer !== null) return answer;
    // What this language is sure to be uncertain about is not asked of another one.
    if (found.some(({ kind }) => kind === 'unsure' || kind === 'but') || found.every(({ kind }) => kind !== 'other')) return null;
  }
  return null;
}

function foundIn(words: readonly string[], language: Language): Found[] {
  const found: Found[] = [];
  for (let at = 0; at < words.length; ) {
    const word = words[at] ?? '';
    const phrase = PHRASES[language].get(word)?.find((one) => one.words.every((expected, index) => words[at + index] === expected));
    if (SIGNS.yes.includes(word)) found.push({ kind: 'yes', text: word });
    else if (SIGNS.no.includes(word)) found.push({ kind: 'no', text: word });
    else if (phrase) found.push({ kind: phrase.kind, text: phrase.words.join(' ') });
    else if (/^[?!,.;:]/.test(word)) found.push({ kind: 'sign', text: word });
    else if (!/^\p{Extended_Pictographic}/u.test(word)) found.push({ kind: 'other', text: word });
    at += phrase ? phrase.words.length : 1;
  }
  return found;
}

function answerOf(found: readonly Found[], spanishYes: boolean | null): boolean | null {
  const has = (kind: Kind): boolean => found.some((one) => one.kind === kind);
  const spoken = found.filter(({ kind }) => kind !== 'sign' && kind !== 'polite');
  const others = spoken.filter(({ kind }) => kind === 'other');
  if (has('unsure') || others.some(({ text }) => OTHER_WISH.test(text) || isNegation(text))) return null;
  const [yes, no] = [has('yes'), has('no') || (has('later') && !has('mild'))];
  if (found.some(({ text }) => text.includes('?')) && !(others.length === 0 && ASKING_YES.has(spoken[0]?.text ?? ''))) return null;
  if ((yes && (has('no') || has('later'))) || (has('mild') && has('later'))) return null;
  if (yes || (has('mild') && !no)) return isPlain(spoken, others, found, spanishYes) && !has('but') ? true : null;
  if (!no) return null;
  // `não, prefiro outro dia`: what follows the sign is of another matter. `não sei` is none of these.
  if (others.length > 0 && !isSetOff(found)) return null;
  return has('but') && (others.length > 0 || !has('mild')) ? null : false;
}

/** A yes that leads, with words behind it that are not known: `sim, pode marcar para sexta`. */
function isPlain(spoken: readonly Found[], others: readonly Found[], found: readonly Found[], spanishYes: boolean | null): boolean {
  if (others.length === 0) return true;
  const [first] = spoken;
  if (first?.kind !== 'yes' || !LEADING.has(first.text)) return false;
  // Without an accent it may be an "if".
  return first.text !== 'si' || spanishYes === true || (spanishYes === false && isSetOff(found));
}

const LEADING = new Set(
  [
    'sim',
    'claro',
    'claro que sim',
    'com certeza',
    'yes',
    'yeah',
    'yep',
    'yup',
    'sure',
    'of course',
    'si',
    'claro que si',
    'por supuesto',
    'yes i do',
    '👍',
  ].map((phrase) => wordsOf(phrase).join(' ')),
);

const FIRM = new Set(Object.values(WORDS).flatMap(({ firm }) => firm.map((phrase) => wordsOf(phrase).join(' '))));

const NEGATIONS = new Set([
  'nao',
  'not',
  'nem',
  'ni',
  'never',
  'nunca',
  'sem',
  'sin',
  'without',
  "don't",
  'dont',
  'tampouco',
  'tampoco',
  'ou',
  'or',
  'no',
]);
const isNegation = (word: string): boolean => NEGATIONS.has(word) || /n't$/.test(word);

/** Words that say no, whose contrary is said where a negation stands before them: `não está errado`, `I don't disagree`. As `squeezed` leaves them. */
const REFUSAL =
  /^(?:er?rad|incor?r?e[ct]|wrong|fals|discord|disagre|equivocad|mal$|recus|rechaz|refus|declin|neg[ao]r?$|nieg|dispens|oponh|opong|perd(?:er|o$)|pierd|mis$|pas$)/;
/** What turns such a word, besides the negations. */
const TURNING = new Set(['nada', 'nothing', 'naum', 'jamais', 'jamas', 'cannot']);

/** Whether a refusal has a negation before it, with no sign between them that sets them off from each other. */
function isTurned(found: readonly Found[]): boolean {
  return found.some(({ text }, at) => {
    if (!text.split(' ').some((word) => REFUSAL.test(word))) return false;
    const sign = found.slice(0, at).findLastIndex(({ kind }) => kind === 'sign');
    const before = found.slice(sign + 1, at).flatMap((one) => one.text.split(' '));
    return before.some((word) => isNegation(word) || TURNING.has(word));
  });
}

/** A sign stands behind the first answer, or it is one that needs none. */
function isSetOff(found: readonly Found[]): boolean {
  const at = found.findIndex(({ kind }) => kind === 'yes' || kind === 'no' || kind === 'later');
  return at >= 0 && (found[at + 1]?.kind === 'sign' || FIRM.has(found[at]?.text ?? ''));
}
