/** Regular expressions in linear time: RE2's language, on texts without accents and capitals. */
import { RE2JS } from 're2js';
import { messageOf } from '../core/errors.ts';

const CAPACITY = 2_000;
const compiled = new Map<string, RE2JS | { refused: string }>();

function compile(pattern: string): RE2JS | { refused: string } {
  const known = compiled.get(pattern);
  if (known) return known;
  let result: RE2JS | { refused: string };
  try {
    result = RE2JS.compile(foldPattern(pattern), RE2JS.CASE_INSENSITIVE);
  } catch (error) {
    result = { refused: messageOf(error) };
  }
  if (compiled.size >= CAPACITY) compiled.delete(compiled.keys().next().value as string);
  compiled.set(pattern, result);
  return result;
}

/** `matches: não` finds "nao": the accents of the pattern go as those of the text do. */
const foldPattern = (pattern: string): string => pattern.normalize('NFKD').replace(/[\u0300-\u036f]/g, '');

/** Why RE2 does not take a pattern; undefined when it does. */
export function patternFault(pattern: string): string | undefined {
  const result = compile(pattern);
  if (!('refused' in result)) return undefined;
  const why = result.refused.replace(/^error parsing regexp: /, '');
  return `is no regular expression that can be used here (RE2): ${why}`;
}

/** `folded`: see `fold`; a message is tried with many patterns. */
export function matchesPattern(pattern: string, folded: string): boolean {
  const result = compile(pattern);
  if ('refused' in result) return false;
  try {
    return result.test(folded);
  } catch {
    return false;
  }
}
