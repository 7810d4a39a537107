/**
 * Regular expressions in linear time: RE2's language, on texts without accents and capitals. Linear means the length of the text
 * times the size of the program that the pattern comes to, so both have a bound.
 */
import { RE2JS } from 're2js';
import { messageOf } from '../../core/errors.ts';
import { WeighedCache } from '../../core/weighed-cache.ts';

/** Instructions of one pattern; a letter is one, and `{n}` makes n of what it repeats. */
const LARGEST_PATTERN = 1_000;
/** How far above the true size an estimate may be. */
const ESTIMATE = 4;
/** Of one flow. Each message is tried with all of them. */
export const MOST_PATTERNS = 50;
/** Characters of a text that patterns look at. */
const PATTERN_TEXT = 1_000;
/** Bytes that compiled patterns may take together, by the most that each may have come to. */
const CACHE_BYTES = 32 * 1_024 * 1_024;
/** Of one: what RE2 keeps of the states that it has seen, and no more than that. */
const MOST_STATES = 8 * 1_024 * 1_024;
const INSTRUCTION_BYTES = 200;

type Compiled = { pattern: RE2JS; size: number; bytes: number } | { refused: string };
const cache = new WeighedCache<string, Compiled>(CACHE_BYTES);

function compile(pattern: string): Compiled {
  return kept(pattern, () => compiled(foldPattern(pattern), LARGEST_PATTERN));
}

function kept(key: string, make: () => Compiled): Compiled {
  const known = cache.get(key);
  if (known) return known;
  const result = make();
  cache.set(key, result, 'refused' in result ? key.length * 2 : result.bytes);
  return result;
}

function compiled(source: string, largest: number): Compiled {
  // Before RE2 makes the program, which takes time by its size, too.
  const estimate = sizeOf(source);
  if (estimate > ESTIMATE * largest) return tooLarge(estimate, largest);
  try {
    const pattern = RE2JS.compile(source, RE2JS.CASE_INSENSITIVE);
    const size = pattern.programSize();
    return size > largest ? tooLarge(size, largest) : { pattern, size, bytes: size * INSTRUCTION_BYTES };
  } catch (error) {
    const why = messageOf(error).replace(/^error parsing regexp: /, '');
    return { refused: `is no regular expression that can be used here (RE2): ${why}` };
  }
}

const tooLarge = (size: number, largest: number): Compiled => ({
  refused: `comes to ${size} instructions, and may come to ${largest}: repeat less ({n} makes n of what it repeats)${largest === LARGEST_PATTERN ? ', or use "says"' : ''}`,
});

/** `matches: não` finds "nao": the accents of the pattern go as those of the text do. */
const foldPattern = (pattern: string): string => pattern.normalize('NFKD').replace(/[\u0300-\u036f]/g, '');

/** Why a pattern cannot be used; undefined when it can. */
export function patternFault(pattern: string): string | undefined {
  const result = compile(pattern);
  return 'refused' in result ? result.refused : undefined;
}

/** `folded`: see `fold`; a message is tried with many patterns. What is beyond `PATTERN_TEXT` is not looked at. */
export function matchesPattern(pattern: string, folded: string): boolean {
  const result = compile(pattern);
  if ('refused' in result) return false;
  const text = folded.slice(0, PATTERN_TEXT);
  // With each text it may keep more of the states that it came through.
  const bytes = result.size * INSTRUCTION_BYTES + Math.min(MOST_STATES, result.bytes + text.length * (150 + 8 * result.size));
  cache.set(pattern, { ...result, bytes }, bytes);
  try {
    return result.pattern.test(text);
  } catch {
    return false;
  }
}

/** Of an answer to a question, and the instructions of a pattern for one: it is looked for in all of the text, and may stand in it twice. */
const ANSWER_TEXT = 120;
const LARGEST_FOR_ANSWERS = 200;

/** Of its own: not without accents, for what it stands for is kept. Nothing else of its kind stands beside it. */
function compileAlone(pattern: string): Compiled {
  const key = `answer ${pattern}`;
  return kept(key, () => {
    const own = compiled(pattern, LARGEST_FOR_ANSWERS);
    return 'refused' in own ? own : compiled(`(?:^|[^\\p{L}\\p{N}])(${pattern})(?:[^\\p{L}\\p{N}]|$)`, 2 * LARGEST_FOR_ANSWERS);
  });
}

/** Why a pattern cannot say what an answer is; undefined when it can. */
export function answerPatternFault(pattern: string): string | undefined {
  const result = compileAlone(pattern);
  return 'refused' in result ? result.refused : undefined;
}

/** Digits go on behind one of these. */
const GOES_ON = /^[-./,]\p{N}/u;
const WENT_ON = /\p{N}[-./,]$/u;

/** The one piece of a text that a pattern stands for; null for none, for two that differ, and for a piece of something longer. */
export function pieceOf(pattern: string, text: string): string | null {
  const result = compileAlone(pattern);
  if ('refused' in result || text.length > ANSWER_TEXT) return null;
  try {
    const matcher = result.pattern.matcher(text);
    let found: string | null = null;
    // A third one is not looked for: each look may go through the whole text.
    for (let looks = 0, from = 0; from <= text.length && matcher.find(from); looks++) {
      const [start, end] = [matcher.start(1), matcher.end(1)];
      const piece = text.slice(start, end);
      const isPart = GOES_ON.test(text.slice(end, end + 2)) || WENT_ON.test(text.slice(Math.max(0, start - 2), start));
      if (piece.trim() === '' || isPart || looks === 2 || (found !== null && found !== piece)) return null;
      found = piece;
      from = end;
    }
    return found;
  } catch {
    return null;
  }
}

/** About what it costs to try a pattern: instructions times characters. */
export const costOf = (pattern: string, folded: string): number => sizeOf(pattern) * Math.min(folded.length, PATTERN_TEXT);

const REPEAT = /^\{(\d{1,4})(?:,(\d{0,4}))?\}/;

/**
 * About the instructions that a pattern comes to, or more: read off its text, which takes no time. An atom is a letter, a class
 * or a group, and a repetition stands behind one.
 */
export function sizeOf(pattern: string): number {
  const groups: { before: number; sum: number }[] = [];
  let [sum, atom] = [2, 0];
  for (let at = 0; at < pattern.length; at++) {
    const letter = pattern[at];
    if (letter === '(') {
      groups.push({ before: sum, sum: atom });
      [sum, atom] = [2, 0];
    } else if (letter === ')') {
      const inner = sum;
      sum = groups.pop()?.before ?? 0;
      atom = inner;
      sum += atom;
    } else if (letter === '{') {
      const [all = '', least = '', most] = REPEAT.exec(pattern.slice(at, at + 12)) ?? [];
      const times = all === '' ? 1 : Math.max(1, Number(least) + 2 * Math.max(0, Number(most || least) - Number(least)));
      sum += atom * (times - 1) + 1;
      atom *= times;
      at += Math.max(all.length - 1, 0);
    } else {
      if (letter === '[') at = endOfClass(pattern, at);
      else if (letter === '\\') at = endOfEscape(pattern, at);
      atom = 1;
      sum += 1;
    }
  }
  return groups.reduce((all, { before }) => all + before, sum);
}

function endOfClass(pattern: string, start: number): number {
  let at = start + (pattern[start + 1] === '^' ? 2 : 1);
  for (let first = true; at < pattern.length; at++, first = false) {
    if (pattern[at] === '\\') at++;
    else if (pattern.startsWith('[:', at)) at = Math.max(at, pattern.indexOf(':]', at) + 1);
    else if (pattern[at] === ']' && !first) break;
  }
  return at;
}

function endOfEscape(pattern: string, start: number): number {
  if (/^\\[pPx]\{/.test(pattern.slice(start, start + 3))) return Math.max(start + 1, pattern.indexOf('}', start));
  return start + 1;
}
