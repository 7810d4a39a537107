/** What a schema's complaints mean to the person who wrote the JSON, or the query. */
import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';
import { formatOf, givenTo, keysOf, listed, literalsAt, literalsOf, optionsOf, requiredKeysOf, typeOf } from './schema-parts.ts';

type RawIssue = z.core.$ZodRawIssue;

/** More members than these are not all named. */
const MOST_NAMED = 6;

/** zod's error map, in the words of whoever writes JSON. For unknown keys one line a key, in the order of `keys`. */
export function explainJson(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(key, keysOf(issue.inst))).join('\n');
    case 'invalid_type':
    case 'invalid_value':
    case 'invalid_union':
      if ('discriminator' in issue && typeof issue.discriminator === 'string')
        return unknownForm(issue.inst, issue.discriminator, issue.input);
      return missing(issue) ?? `must be ${wanted(issue)}${nearest(issue)}`;
    case 'invalid_format':
      return FORMATS[issue.format] === undefined ? undefined : `must be ${FORMATS[issue.format]}${lostPlus(issue.input)}`;
    case 'too_small':
      return `must ${bound(issue, 'small')}`;
    case 'too_big':
      return `must ${bound(issue, 'big')}`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_key':
      return issue.issues[0]?.message;
    case 'custom':
      return issue.message ?? 'is not what can stand here';
    default:
      return undefined;
  }
}

/** What the members of other products are called here. */
const OTHERS: Record<string, string> = {
  chat: 'to',
  chatId: 'to',
  number: 'to',
  phone: 'to',
  recipient: 'to',
  message: 'text',
  body: 'text',
};

function unknownKey(key: string, known: readonly string[]): string {
  const other = Object.hasOwn(OTHERS, key) ? OTHERS[key] : undefined;
  return `unknown key${other !== undefined && known.includes(other) ? `, did you mean "${other}"?` : didYouMean(key, known)}`;
}

/**
 * What else is wrong with an object that does not say by its member `key` which form it has: what most forms need, and what none knows.
 */
export function faultsOfAnyForm(schema: z.ZodType, key: string, value: object): { path: string; message: string }[] {
  const forms = optionsOf(schema) as z.ZodObject[];
  const known = [...new Set(forms.flatMap(keysOf))];
  const needed = known.filter(
    (one) =>
      one !== key && !Object.hasOwn(value, one) && forms.filter((form) => requiredKeysOf(form).includes(one)).length > forms.length / 2,
  );
  return [
    ...needed.map((one) => {
      const member = forms.find((form) => keysOf(form).includes(one))?.shape[one] as z.ZodType;
      return { path: one, message: member.safeParse(undefined, { error: explainJson }).error?.issues[0]?.message ?? 'is missing' };
    }),
    ...Object.keys(value).flatMap((one) => (known.includes(one) ? [] : [{ path: one, message: unknownKey(one, known) }])),
  ];
}

/** What belongs in a place that was left out. */
const missing = (issue: RawIssue): string | undefined => (issue.input === undefined ? `is missing: give ${wanted(issue)}` : undefined);

const NAMES: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  record: 'an object',
  object: 'an object',
  null: 'null',
};

const FORMATS: Record<string, string> = {
  url: 'a URL, such as https://shop.example/hook',
  datetime: 'a time with its zone, such as 2026-11-23T14:05:00Z',
  base64: 'base64',
  email: 'an e-mail address',
  uuid: 'a UUID',
};

/** In a URL a `+` is a blank. */
const lostPlus = (input: unknown): string => (/ \d{2}:\d{2}$/.test(String(input)) ? '; in a URL the + of a zone is written %2B' : '');

/** By the issue, where it knows better than the schema: a whole number is a number with a check. */
function wanted(issue: RawIssue): string {
  const isKnown = issue.code === 'invalid_type' && issue.expected !== 'nonoptional';
  return name(issue.inst, isKnown ? issue.expected : typeOf(issue.inst));
}

function name(schema: unknown, type: string): string {
  const options = optionsOf(schema);
  if (options.length > 0) return listed([...new Set(options.map(givenTo).map((option) => name(option, typeOf(option))))]);
  const literals = literalsOf(schema);
  if (literals.length > 0) return listed(literals.map((literal) => JSON.stringify(literal)));
  const needed = requiredKeysOf(schema);
  if (needed.length === 0) return (type === 'string' ? FORMATS[formatOf(schema) ?? ''] : undefined) ?? NAMES[type] ?? type;
  const more = needed.length > MOST_NAMED ? [...needed.slice(0, MOST_NAMED), '…'] : needed;
  return `an object with ${listed(
    more.map((key) => (key === '…' ? 'more' : `"${key}"`)),
    'and',
  )}`;
}

/** By the member that says which form is meant. */
function unknownForm(schema: unknown, key: string, input: unknown): string {
  const [known, given] = [literalsAt(schema, key).map(String), (input as Record<string, unknown>)[key]];
  const all = listed(known.map((one) => JSON.stringify(one)));
  if (given === undefined) return `is missing: give ${all}`;
  return `must be ${all}${typeof given === 'string' ? didYouMean(given, known) : ''}`;
}

function nearest({ inst, input }: RawIssue): string {
  const literals = [inst, ...optionsOf(inst)].flatMap(literalsOf).map(String);
  return typeof input === 'string' ? didYouMean(input, literals) : '';
}

interface Bounded {
  origin: string;
  minimum?: number | bigint;
  maximum?: number | bigint;
  inclusive?: boolean;
}

function bound({ origin, minimum, maximum, inclusive = true }: Bounded, side: 'small' | 'big'): string {
  const limit = side === 'small' ? minimum : maximum;
  const unit = UNITS[origin];
  if (unit === undefined) {
    if (side === 'small') return inclusive ? `be ${limit} or more` : `be more than ${limit}`;
    return inclusive ? `be ${limit} or less` : `be less than ${limit}`;
  }
  if (side === 'big') return `have at most ${limit} ${unit}`;
  return limit === undefined || limit <= 1 ? 'not be empty' : `have at least ${limit} ${unit}`;
}

/** Of what has a length. */
const UNITS: Record<string, string> = { string: 'characters', array: 'entries', set: 'entries', map: 'entries', object: 'members' };
