/** Whether a condition holds. Pure; throws nothing but what `Effort` does. */
import { type Condition, listOf, type Structured, TEXT_LIMIT } from '../language/schema.ts';
import { holds } from '../text/expressions.ts';
import { Text, toPhrase, toWords } from '../text/words.ts';
import type { Utterance } from '../understanding/inbound.ts';
import type { Scope } from './interpret/scope.ts';

export function isTrue(condition: Condition, scope: Scope): boolean {
  if (typeof condition === 'string') return holds(condition, scope.values, scope);
  scope.effort?.spend(KEY);
  return Object.entries(condition).every(([key, value]) => value === undefined || KEYS[key as keyof Structured](condition, scope));
}

/** What it costs to look at one, and at each phrase of it; see `Effort`. */
const KEY = 500;
const PHRASE = 200;

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
  says: ({ says }, { said, effort }) => {
    const words = wordsOf(said);
    effort?.spend(PHRASE * listOf(says).length);
    return listOf(says).some((phrase) => words.has(toPhrase(phrase).words));
  },
  media: ({ media }, { said }) => listOf(media).some((kind) => kind === said.type || (kind === 'any' && said.media !== null)),
  all: ({ all = [] }, scope) => all.every((one) => isTrue(one, scope)),
  any: ({ any = [] }, scope) => any.some((one) => isTrue(one, scope)),
  not: ({ not = {} }, scope) => !isTrue(not, scope),
};

/** Of what was said, once for all who ask. */
const heard = new WeakMap<Utterance, Text>();
function wordsOf(said: Utterance): Text {
  const known = heard.get(said) ?? new Text(toWords((said.text ?? '').slice(0, TEXT_LIMIT)));
  heard.set(said, known);
  return known;
}

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
