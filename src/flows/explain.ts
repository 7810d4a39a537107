/** What the schema's complaints mean to the person who wrote the flow. */
import type { z } from 'zod';
import { closest } from '../core/closest.ts';
import { STEP_VERBS } from './schema.ts';

type RawIssue = z.core.$ZodRawIssue;
type Issue = z.core.$ZodIssue;

/** To be put behind an error: `, did you mean "say"?`, or nothing where no known word is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const meant = closest(word, known);
  return meant === undefined ? '' : `, did you mean "${meant}"?`;
}

/** zod's error map. For unknown keys: one line a key, in the order of `keys`; an empty one says nothing. */
export function explainIssue(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownKeys(issue.keys, keysOf(issue.inst)).join('\n');
    case 'invalid_type':
    case 'invalid_value':
      if (issue.input === undefined && issue.path?.length) return `"${String(issue.path.at(-1))}" is missing`;
      return `must be ${expected(issue.inst)}${quotesHint(issue.inst, issue.input)}`;
    case 'invalid_union':
      return issue.input === undefined ? `"${String(issue.path?.at(-1))}" is missing` : noAlternative(issue);
    case 'invalid_key':
      return issue.issues[0]?.message;
    case 'too_small':
      return issue.origin === 'number' || issue.origin === 'int' ? `must be ${issue.minimum} or more` : 'must not be empty';
    case 'too_big': {
      const unit = issue.origin === 'string' ? ' characters' : '';
      return `must be at most ${issue.maximum}${unit}`;
    }
    default:
      return undefined;
  }
}

/** Where a value fits none of several forms, the issues of the form that was meant; else the issue itself. */
export function* spreadIssues(issue: Issue, root: unknown): Iterable<Issue> {
  if (issue.code !== 'invalid_union') {
    yield issue;
    return;
  }
  const value = valueAt(root, issue.path);
  const meant = issue.errors
    .filter((form) => form.length > 0 && !form.some((inner) => inner.path.length === 0 && inner.code !== 'unrecognized_keys'))
    .filter(
      (form) => !form.some(({ path }) => path.length === 1 && STEP_VERBS.includes(String(path[0])) && valueAt(value, path) === undefined),
    )
    .sort((a, b) => a.length - b.length)[0];
  if (!meant) yield issue;
  else for (const inner of meant) yield* spreadIssues({ ...inner, path: [...issue.path, ...inner.path] }, root);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const segment of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = (value as Record<PropertyKey, unknown>)[segment];
  }
  return value;
}

/** A key that makes a step of its own wants a dash; the keys that came with it then need no word. */
function unknownKeys(keys: readonly string[], known: readonly string[]): string[] {
  const verb = keys.find((key) => STEP_VERBS.includes(key));
  if (verb === undefined) return keys.map((key) => `unknown key "${key}"${didYouMean(key, known)}`);
  return keys.map((key) => (key === verb ? `"${key}" is a step of its own: begin it with "- "` : ''));
}

function noAlternative(issue: RawIssue & { code: 'invalid_union' }): string {
  const text = typeof issue.input === 'string' ? didYouMean(issue.input, literalsOf(issue.inst).map(String)) : '';
  const known = optionsOf(issue.inst).flatMap(keysOf);
  const odd = isMapping(issue.input) ? Object.keys(issue.input).find((key) => !known.includes(key)) : undefined;
  if (odd !== undefined && literalsOf(issue.inst).includes(odd)) return `"${odd}" stands alone, with nothing behind it`;
  const key = odd === undefined ? '' : ` and not "${odd}"${didYouMean(odd, known)}`;
  return `must be ${expected(issue.inst)}${key}${text}${quotesHint(issue.inst, issue.input)}`;
}

const NAMES: Record<string, string> = {
  string: 'text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list (lines that begin with "- ")',
};

/** `"end" or a mapping with "say", "ask" or "go"`. */
function expected(schema: unknown): string {
  const options = optionsOf(schema);
  if (options.length === 0) return name(schema);
  const verbs = options.filter((option) => keysOf(option).length > 0).map((option) => `"${keysOf(option)[0]}"`);
  const others = options.filter((option) => keysOf(option).length === 0).map(name);
  return list(verbs.length > 0 ? [...others, `a mapping with ${list(verbs)}`] : others);
}

function name(schema: unknown): string {
  if (keysOf(schema).length > 0) return 'a mapping (lines of "key: value")';
  const literals = literalsOf(schema);
  return literals.length > 0 ? list(literals.map((literal) => JSON.stringify(literal))) : (NAMES[typeOf(schema)] ?? typeOf(schema));
}

const list = (items: string[]): string => [items.slice(0, -1).join(', '), ...items.slice(-1)].filter(Boolean).join(' or ');

function quotesHint(schema: unknown, input: unknown): string {
  const textFits = [schema, ...optionsOf(schema)].some((one) => typeOf(one) === 'string');
  return textFits && ['number', 'boolean'].includes(typeof input) ? `: put ${JSON.stringify(input)} in quotes` : '';
}

interface Definition {
  type?: string;
  shape?: object;
  options?: unknown[];
  values?: unknown[];
}

const definition = (schema: unknown): Definition => (schema as { _zod?: { def?: Definition } } | undefined)?._zod?.def ?? {};
const typeOf = (schema: unknown): string => definition(schema).type ?? 'something else';
const keysOf = (schema: unknown): string[] => Object.keys(definition(schema).shape ?? {});
const optionsOf = (schema: unknown): unknown[] => definition(schema).options ?? [];
const literalsOf = (schema: unknown): unknown[] => [schema, ...optionsOf(schema)].flatMap((one) => definition(one).values ?? []);
const isMapping = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
