/** Whether a condition holds. Pure; throws nothing. */
import { holds } from './expressions.ts';
import type { Scope } from './interpret/scope.ts';
import { type Condition, listOf, type Structured, TEXT_LIMIT } from './schema.ts';
import { contains, toPhrase, toWords } from './words.ts';

export function isTrue(condition: Condition, scope: Scope): boolean {
  if (typeof condition === 'string') return holds(condition, scope.values);
  return Object.entries(condition).every(([key, value]) => value === undefined || KEYS[key as keyof Structured](condition, scope));
}

type Test = (condition: Structured, scope: Scope) => boolean;

/** Each key of a structured condition; all that are given must hold. */
const KEYS: Record<keyof Structured, Test> = {
  chat: ({ chat }, { chat: here }) => chat === 'any' || chat === here.kind,
  open: ({ open = '' }, { opening }) => opening(open)?.open === true,
  closed: ({ closed = '' }, { opening }) => opening(closed)?.open === false,
  tagged: ({ tagged }, { chat }) => listOf(tagged).some((tag) => chat.tags.includes(tag)),
  not_tagged: ({ not_tagged: tags }, { chat }) => !listOf(tags).some((tag) => chat.tags.includes(tag)),
  known: ({ known }, scope) => listOf(known).every((name) => isKnown(lookUp(name, scope))),
  unknown: ({ unknown }, scope) => !listOf(unknown).some((name) => isKnown(lookUp(name, scope))),
  is: ({ is = {} }, scope) => Object.entries(is).every(([name, wanted]) => String(lookUp(name, scope)) === String(wanted)),
  says: ({ says }, { said }) => {
    const words = toWords((said.text ?? '').slice(0, TEXT_LIMIT));
    return listOf(says).some((phrase) => contains(words, toPhrase(phrase).words));
  },
  media: ({ media }, { said }) => listOf(media).some((kind) => kind === said.type || (kind === 'any' && said.media !== null)),
  all: ({ all = [] }, scope) => all.every((one) => isTrue(one, scope)),
  any: ({ any = [] }, scope) => any.some((one) => isTrue(one, scope)),
  not: ({ not = {} }, scope) => !isTrue(not, scope),
};

const isKnown = (value: unknown): boolean => value !== null && value !== undefined && value !== '';

/** Own properties only. */
function lookUp(name: string, { values }: Scope): unknown {
  let value: unknown = values;
  for (const key of name.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
