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
  const known = cache.get(pattern);
  if (known) return known;
  const result = compiled(pattern);
  cache.set(pattern, result, 'refused' in result ? pattern.length * 2 : result.bytes);
  return result;
}

function compiled(source: string): Compiled {
  // Before RE2 makes the program, which takes time by its size, too.
  const estimate = sizeOf(source);
  if (estimate > ESTIMATE * LARGEST_PATTERN) return tooLarge(estimate);
  try {
    const pattern = RE2JS.compile(foldPattern(source), RE2JS.CASE_INSENSITIVE);
    const size = pattern.programSize();
    return size > LARGEST_PATTERN ? tooLarge(size) : { pattern, size, bytes: size * INSTRUCTION_BYTES };
  } catch (error) {
    const why = messageOf(error).replace(/^error parsing regexp: /, '');
    return { refused: `is no regular expression that can be used here (RE2): ${why}` };
  }
}

const tooLarge = (size: number): Compiled => ({
  refused: `comes to ${size} instructions, and may come to ${LARGEST_PATTERN}: repeat less ({n} makes n of what it repeats), or use "says"`,
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
