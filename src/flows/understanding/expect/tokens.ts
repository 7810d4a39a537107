/**
 * A text as a row of marks, a letter each, so that a grammar is a few regular expressions over letters. What a language has no
 * word for is `?`; a word that changes what the rest means, and what another language would read, is `!`.
 */
import { fold } from '../../text/words.ts';
import { counted } from './counts.ts';
import { entries, WORDS } from './languages.ts';
import type { Size, Token } from './token.ts';
import type { Language, Mark, Part, Unit } from './words/words.ts';

/**
 * N number, 1 the article that is a one, a `a` of English, c a word of a number, O ordinal, r fraction, M month, m short month,
 * W weekday, w short weekday, R day from today, F feast, C noon or midnight, p part of the day, A am or pm, e now,
 * 0 none, ; comma in words, S second, I minute, h hour, D day, B day on which people work, k week, K fortnight, l month, y year, Y a day that was read, T a time that was read.
 */
const UNITS: Record<Unit, string> = {
  second: 'S',
  minute: 'I',
  hour: 'h',
  day: 'D',
  workday: 'B',
  week: 'k',
  fortnight: 'K',
  month: 'l',
  year: 'y',
};
const MARKS: Record<Mark, string> = {
  ...{ at: '@', about: '~', and: '&', of: 'd', half: 'j', halfBefore: 'H', quarter: 'q', past: 'x', after: 'v', to: 't', minus: 'z' },
  ...{
    next: '>',
    last: '<',
    ago: 'g',
    this: '=',
    in: '+',
    hence: 'f',
    now: 'e',
    day: 'E',
    percent: '_',
    comma: ';',
    feira: 'X',
    stop: '!',
    drop: '_',
    counted: '#',
  },
};

interface Entry {
  words: readonly string[];
  kind: string;
  value: number;
  part?: Part;
  size?: Size;
}

/** By their first word, the longest first. */
type Dictionary = ReadonlyMap<string, readonly Entry[]>;

function dictionaryOf(language: Language): Dictionary {
  const words = WORDS[language];
  const all = new Map<string, Entry[]>();
  const add = (phrase: string, kind: string, value = 0, more: Pick<Entry, 'part' | 'size'> = {}): void => {
    const split = phrase.split(' ');
    const first = split[0] ?? '';
    const known = all.get(first) ?? [];
    // Of several kinds of the same phrase the one that was added first holds.
    if (!known.some((entry) => entry.kind === kind && entry.words.join(' ') === phrase)) known.push({ words: split, kind, value, ...more });
    all.set(first, known);
  };
  const number = (list: string, from: number, step: number, size: (value: number) => Size): void => {
    for (const [index, phrases] of entries(list).entries()) {
      const value = from + index * step;
      for (const phrase of phrases) add(phrase, 'c', value, { size: words.one.includes(phrase) ? 'one' : size(value) });
    }
  };
  const named = (list: string, kind: string): void => {
    for (const [index, phrases] of entries(list).entries()) for (const phrase of phrases) add(phrase, kind, index + 1);
  };
  named(words.shortMonths, 'm');
  named(words.months, 'M');
  named(words.weekdays, 'W');
  number(words.small, 0, 1, (value) => (value < 10 ? 'unit' : 'teen'));
  number(words.tens, 20, 10, () => 'ten');
  number(words.hundreds, 100, 100, () => 'hundreds');
  for (const word of words.hundred ?? []) add(word, 'c', 100, { size: 'hundred' });
  for (const [word, value] of Object.entries(words.joined ?? {})) add(word, 'c', value, { size: 'teen' });
  for (const [word, value] of Object.entries(words.scales)) add(word, 'c', value, { size: 'scale' });
  for (const [word, value] of Object.entries(words.groups)) add(word, 'c', value, { size: 'group' });
  for (const word of words.articles ?? []) add(word, 'a', 1);
  for (const word of words.none) add(word, '0');
  for (const word of words.firstDay) add(word, 'O', 1);
  if (words.days31) named(words.days31, 'O');
  add('thirtieth', 'O', 30);
  named(words.shortWeekdays, 'w');
  for (const [phrase, value] of Object.entries(words.days)) add(phrase, 'R', value);
  for (const [phrase, day] of Object.entries(words.feasts)) add(phrase, 'F', Number(day.replace('-', '')));
  for (const [phrase, value] of Object.entries(words.clocks)) add(phrase, 'C', value);
  for (const [part, phrases] of Object.entries(words.parts)) for (const phrase of phrases) add(phrase, 'p', 0, { part: part as Part });
  for (const [phrase, part] of Object.entries(words.thisPart)) add(phrase, 'R', 0, { part });
  for (const [mark, phrases] of Object.entries(words.marks)) for (const phrase of phrases) add(phrase, MARKS[mark as Mark], 0);
  for (const [unit, phrases] of Object.entries(words.units)) for (const phrase of phrases) add(phrase, UNITS[unit as Unit]);
  named(words.ordinals, 'O');
  for (const known of all.values()) known.sort((a, b) => b.words.length - a.words.length);
  return all;
}

const DICTIONARIES: Record<Language, Dictionary> = { en: dictionaryOf('en'), pt: dictionaryOf('pt'), es: dictionaryOf('es') };

/** What a language does not know and another reads as a number, a day, a time or a limit. */
const READ_ELSEWHERE = new Set('c0MWRFCO!qIhklyB');
/** What the flow's own language reads so is left unread by another one, and does no harm there. */
const HARMLESS = new Set('_d~tE=1a+XSI#');

/** In the middle of a text; digits and the signs between them stay by themselves, or make whole numbers. */
const PIECES = /\d+|\p{L}+(?:'\p{L}+)*|[^\s\d\p{L}]/gu;
const CURRENCY = /(?:\b(?:r|u|us|mx|a|c)\s?)?\$|[€£]|\b(?:brl|usd|eur|mxn|ars|gbp)\b/g;

/** `tres veintiunavos`, `dos millonésimas`. */
const PART = /(?:avos|[ei]sim[oa]s)$/;

const FRACTIONS: Record<string, string> = { '½': '1/2', '¼': '1/4', '¾': '3/4' };

/** What is written may be just what is not meant. */
export const DENIED = /(?<!\p{L})(?:nao|not|nem|nunca|never|isnt|isn't|sem|sin|ni)(?!\p{L})/u;

/** Folded, with one form of each sign; `é` (is) is no `e` (and). */
export function plain(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text))
    return text
      .toLowerCase()
      .replace(/[`\s]+/g, (found) => (found.includes('`') ? "'" : ' '))
      .trim();
  const signs = text
    .normalize('NFC')
    .replace(/[½¼¾]/g, (sign) => ` ${FRACTIONS[sign]} `)
    .replace(/(?<!\p{L})[éÉ](?!\p{L})/gu, 'eh')
    .replace(/🔟/gu, ' 10 ')
    .replace(/(?<=m)[²³]/g, '')
    .replace(/[’‘´`]/g, "'")
    .replace(/[–—−‐‑]/g, '-');
  return fold(signs).replace(/\s+/g, ' ').trim();
}

/** Words, numbers and signs of an answer; who says more says something else. */
const MOST_PIECES = 60;
const MOST_MARKS = 20;

interface Piece {
  text: string;
  isGlued: boolean;
}

function piecesOf(text: string): Piece[] {
  let end = -1;
  return [...text.matchAll(PIECES)].map((found) => {
    const isGlued = found.index === end;
    end = found.index + found[0].length;
    return { text: found[0], isGlued };
  });
}

const DIGITS = /^\d+$/;
const LETTERS = /^\p{L}/u;
const SEPARATORS = new Set(['.', ',', ':', '/', '-']);

/** Of digits with points, commas and spaces; null where they are no number. */
export type Numeral = (written: string) => number | null;

/** By the words of one language. `own` is the flow's: what stops there stops in every language. With `numeral` `1.200,50` is one number. */
export function tokensOf(text: string, language: Language, own: Language, numeral?: Numeral): Token[] {
  const pieces = piecesOf(text.replace(CURRENCY, numeral ? ' ' : ' < '));
  if (pieces.length > MOST_PIECES) return [NONSENSE];
  const dictionary = DICTIONARIES[language];
  const others = (['en', 'pt', 'es'] as const).filter((other) => other !== language);
  const tokens: Token[] = [];
  for (let at = 0; at < pieces.length; at++) {
    const piece = pieces[at] as Piece;
    const { text: word, isGlued } = piece;
    const before = tokens.at(-1);
    const [previous, following] = [pieces[at - 1], pieces[at + 1]];
    const push = (kind: string, value = 0): void => void tokens.push({ kind, value, text: word, isGlued });
    if (DIGITS.test(word)) push('N', Number(word));
    else if (SEPARATORS.has(word)) {
      const isBetween = DIGITS.test(previous?.text ?? '') && DIGITS.test(following?.text ?? '');
      const isTight = isGlued && following?.isGlued === true;
      if (isBetween && (isTight || word === ':' || word === '/' || word === '-')) push(word);
      else if (word === '-' && following?.isGlued && DIGITS.test(following.text) && !isGlued) push('-');
      // `,5`, without its zero.
      else if ('.,'.includes(word) && !isGlued && following?.isGlued && DIGITS.test(following.text)) push('!');
      else if (word === ',' || (word === '-' && !isTight)) push('_');
      else if (word === '/') push(isTight && (before?.kind === 'N' || DIGITS.test(following?.text ?? '')) ? '/' : '!');
    } else if (!LETTERS.test(word)) {
      if (word === '&') push('&');
      else if ('()'.includes(word)) push(word);
      else if (word === ';') push('_');
      else if ('<>+'.includes(word) && !(word === '+' && tokens.length === 0)) push('!');
    } else {
      const known = entryAt(dictionary, pieces, at, before);
      const ownStop = language === own ? undefined : stopAt(own, pieces, at, before);
      const isDropped = known?.kind === '_' && language !== own && isReadElsewhere(own, pieces, at, true);
      const entry = ownStop ?? (isDropped ? undefined : known);
      if (isGlued && before?.kind === 'N' && DIGITS.test(previous?.text ?? '')) {
        if (isOrdinal(word, language, following)) {
          tokens[tokens.length - 1] = { ...before, kind: 'O', text: `${before.text}${word}` };
          continue;
        }
        if (word === 'p' || (word === 'a' && language === 'en')) {
          push('A', word === 'p' ? 12 : 0);
          continue;
        }
      }
      const meridiem = meridiemAt(pieces, at);
      if (meridiem > 0 && (before === undefined || 'NIhCcjq_'.includes(before.kind))) {
        push('A', word.startsWith('p') ? 12 : 0);
        at += meridiem - 1;
        continue;
      }
      if (entry) {
        // `7 tonight` is the seventh hour of the night that is today's.
        if (entry.kind === 'R' && entry.part) tokens.push({ kind: 'p', value: 0, text: word, isGlued, part: entry.part });
        tokens.push({
          kind: entry.kind,
          value: entry.value,
          text: entry.words.join(' '),
          isGlued,
          ...(entry.part && entry.kind === 'p' && { part: entry.part }),
          ...(entry.size && { size: entry.size }),
        });
        at += spanOf(pieces, at, entry.words.length) - 1;
        continue;
      }
      const foreign = others.some((other) => isReadElsewhere(other, pieces, at, other === own));
      const isTail = isGlued && DIGITS.test(previous?.text ?? '') && word.length < 3;
      const isHead = following?.isGlued === true && DIGITS.test(following.text) && word.length < 3;
      push(foreign || isTail || isHead || PART.test(word) ? '!' : '?');
    }
  }
  const all = counted(numeral ? assembled(tokens, numeral) : tokens, language).filter(({ kind }) => kind !== '_');
  return all.filter(({ kind }) => kind !== '?').length > MOST_MARKS ? [NONSENSE] : all;
}

/** `1.200,50` and `12 345`. */
function assembled(tokens: readonly Token[], numeral: Numeral): Token[] {
  const out: Token[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const first = tokens[at] as Token;
    out.push(first);
    if (first.kind !== 'N') continue;
    let written = first.text;
    for (let next = tokens[at + 1]; next; next = tokens[at + 1]) {
      const isSign = next.kind === '.' || next.kind === ',';
      const isGroup = next.kind === 'N' && !next.isGlued && next.text.length === 3 && /^\d{1,3}(?: \d{3})*$/.test(written);
      if (!isSign && !isGroup) break;
      written += isSign ? `${next.text}${tokens[at + 2]?.text}` : ` ${next.text}`;
      at += isSign ? 2 : 1;
    }
    const value = numeral(written);
    out[out.length - 1] = value === null ? NONSENSE : { ...first, value };
  }
  return out;
}

/** The pieces that so many words take: a dash may stand between two. */
function spanOf(pieces: readonly Piece[], at: number, words: number): number {
  let span = 0;
  for (let found = 0; found < words && at + span < pieces.length; span++) if (LETTERS.test(pieces[at + span]?.text ?? '')) found++;
  return span;
}

function entryAt(dictionary: Dictionary, pieces: readonly Piece[], at: number, before: Token | undefined): Entry | undefined {
  const fitting = (dictionary.get(pieces[at]?.text ?? '') ?? []).filter(({ words }) => stands(words, pieces, at));
  const longest = fitting.filter(({ words }) => words.length === fitting[0]?.words.length);
  if (longest.length < 2) return longest[0];
  const afterNumber = before !== undefined && 'N/d-cO'.includes(before.kind);
  // `25 dez` is in December, `dez` alone is ten; `mar` is a day of the week or a month.
  if (afterNumber && longest.some(({ kind }) => kind === 'm')) return longest.find(({ kind }) => kind === 'm');
  return longest.find(({ kind }) => kind !== 'm') ?? longest[0];
}

function stands(words: readonly string[], pieces: readonly Piece[], at: number): boolean {
  let place = at;
  for (const [index, word] of words.entries()) {
    if (index > 0 && pieces[place]?.text === '-' && pieces[place]?.isGlued && pieces[place + 1]?.isGlued) place++;
    if (pieces[place]?.text !== word) return false;
    place++;
  }
  return true;
}

const isReadElsewhere = (language: Language, pieces: readonly Piece[], at: number, isOwn: boolean): boolean =>
  (DICTIONARIES[language].get(pieces[at]?.text ?? '') ?? []).some(
    ({ kind, words }) =>
      stands(words, pieces, at) && (isOwn ? !HARMLESS.has(kind) : READ_ELSEWHERE.has(kind) && (pieces[at]?.text.length ?? 0) > 1),
  );

function stopAt(own: Language, pieces: readonly Piece[], at: number, before: Token | undefined): Entry | undefined {
  const entry = entryAt(DICTIONARIES[own], pieces, at, before);
  return entry?.kind === '!' ? entry : undefined;
}

const ORDINALS: Record<Language, RegExp> = {
  en: /^(?:st|nd|rd|th)$/,
  pt: /^(?:o|a)$/,
  es: /^(?:o|a|ro|ra|er|do|da|to|ta|mo|ma)$/,
};
const isOrdinal = (word: string, language: Language, following: Piece | undefined): boolean =>
  ORDINALS[language].test(word) && !(following?.isGlued && LETTERS.test(following.text));

/** How many pieces `pm`, `p m` and `p.m` take; 0 where there is none. */
function meridiemAt(pieces: readonly Piece[], at: number): number {
  const word = pieces[at]?.text ?? '';
  if (word === 'am' || word === 'pm') return 1;
  if (word !== 'a' && word !== 'p') return 0;
  const dot = pieces[at + 1]?.text === '.' ? 1 : 0;
  return pieces[at + 1 + dot]?.text === 'm' ? 2 + dot : 0;
}

export const kindsOf = (tokens: readonly Token[]): string => tokens.map(({ kind }) => kind).join('');

/** What stands for some tokens: undefined where the rule does not hold for them. */
export type Rule = readonly [pattern: RegExp, build: (tokens: readonly Token[]) => Token | undefined];

/** Each rule in turn, from left to right, over what the rules before it left. */
export function reduce(tokens: readonly Token[], rules: readonly Rule[]): Token[] {
  let all = [...tokens];
  for (const [pattern, build] of rules) {
    const kinds = kindsOf(all);
    const next: Token[] = [];
    let end = 0;
    for (const found of kinds.matchAll(pattern)) {
      const read = build(all.slice(found.index, found.index + found[0].length));
      if (!read) continue;
      next.push(...all.slice(end, found.index), read);
      end = found.index + found[0].length;
    }
    if (end > 0) all = [...next, ...all.slice(end)];
  }
  return all;
}

export const token = (kind: string, value = 0, more: Partial<Token> = {}): Token => ({ kind, value, text: '', isGlued: false, ...more });

/** `20h, 4 pessoas`: the last number stands by itself before what it counts, which another language may have no word for. */
export function countsOthers(tokens: readonly Token[]): boolean {
  const number = tokens.findLast(({ kind }) => kind === 'N');
  const counted = tokens.at(-1)?.kind;
  if (!number || number.isGlued) return false;
  return counted === '#' || (counted === '?' && !number.isSpelled && number.text.length === 1);
}

/** What was understood in part, and makes no sense. */
export const NONSENSE = token('!');
