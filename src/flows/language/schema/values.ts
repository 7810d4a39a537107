/** The small words of the language: names, texts, durations, days. Every rule here is also what editors are told. */
import { DateTime } from 'luxon';
import { z } from 'zod';
import { canonicalTimezone } from '../../../core/timezones.ts';
import { BEGINNING, ENDING } from '../../../core/wall-clock.ts';

/** Characters of one message, before and after its templates are filled in. */
export const TEXT_LIMIT = 10_000;

export const name = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be small letters, digits and _, beginning with a letter, such as ask_day');

export const text = z
  .string()
  .min(1)
  .max(TEXT_LIMIT)
  .describe('What is written; {{ contact.first_name }} and the like are filled in')
  .meta({ id: 'Text' });

/**
 * A list or mapping with so many entries at the most: with more, none of them is looked at. By itself zod says that there are
 * too many when it has looked at all. It must stand outermost: what zod makes of it (`describe`) forgets the bound.
 */
export function upTo<T extends z.ZodArray | z.ZodRecord>(most: number, schema: T): T {
  const bounded = (schema instanceof z.ZodArray ? schema.max(most) : schema.check(hasAtMost(most))) as T;
  const { parse } = bounded._zod;
  bounded._zod.parse = (payload, context) => (entriesOf(payload.value) > most ? payload : parse(payload, context));
  return bounded;
}

const hasAtMost =
  (maximum: number): z.core.CheckFn<unknown> =>
  ({ value: input, issues }) => {
    if (entriesOf(input) > maximum) issues.push({ code: 'too_big', origin: 'map', maximum, inclusive: true, input });
  };

const entriesOf = (value: unknown): number => (typeof value === 'object' && value !== null ? Object.keys(value).length : 0);

/**
 * One of several forms, where each mapping among them has a first key that it must have: only those are tried whose key is
 * there. By itself zod tries all, and makes an issue of all that is wrong by each.
 */
export function formByKey<const T extends readonly z.ZodType[]>(forms: T): z.ZodUnion<T> {
  const union = z.union(forms);
  const keys = forms.map((form) => (form instanceof z.ZodObject ? Object.keys(form.shape)[0] : undefined));
  union._zod.run = (payload, context) => {
    const { value } = payload;
    const isMapping = typeof value === 'object' && value !== null;
    const bare = forms.filter((form) => !(form instanceof z.ZodObject));
    if (!isMapping && bare.length === 1 && bare[0]) return bare[0]._zod.run(payload, context);
    const errors: z.core.$ZodIssue[][] = [];
    for (const [index, form] of forms.entries()) {
      const key = keys[index];
      const fits = key === undefined ? !isMapping : isMapping && Object.hasOwn(value, key);
      const tried = fits ? form._zod.run({ value, issues: [] }, context) : undefined;
      if (tried instanceof Promise) throw new Error('A form of the language cannot be asynchronous');
      if (tried?.issues.length === 0) return tried;
      errors.push((tried?.issues ?? []).map((issue) => z.core.util.finalizeIssue(issue, context, z.core.config())));
    }
    payload.issues.push({ code: 'invalid_union', input: value, inst: union, errors });
    return payload;
  };
  return union;
}

export const oneOf = z.strictObject({ one_of: upTo(100, z.array(text).min(1).describe('One of these is chosen by chance each time')) });
export const wording = z.union([text, oneOf]).describe('A text, or one_of with several').meta({ id: 'Wording' });
export type Wording = z.infer<typeof wording>;

const DURATION = /^(?:\d{1,6}(?:\.\d{1,3})?(?:ms|s|m|h|d)){1,4}$/;
const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST = 366 * 86_400_000;

/** Milliseconds of `10m`, `1h30m`, `2d`. */
export function milliseconds(duration: string): number {
  let sum = 0;
  for (const [, count, unit] of duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) sum += Number(count) * (UNITS[unit ?? ''] ?? 0);
  return Math.min(Math.round(sum), LONGEST);
}

export const duration = z
  .string()
  .regex(DURATION, 'must be a duration such as 30s, 10m, 2h or 1d')
  .describe('A duration: 30s, 10m, 1h30m, 2d')
  .meta({ id: 'Duration' });

export const typing = z
  .union([z.boolean(), z.int().min(0).max(25_000), duration])
  .describe('Typing indicator before a reply: true by the length of the text, false for none, or how long (a duration, or milliseconds)');
export type Typing = z.infer<typeof typing>;

/** As the outbox takes it: true by the length of the text, or milliseconds. */
export function typingOf(value: Typing): boolean | number {
  return typeof value === 'string' ? Math.min(milliseconds(value), 25_000) : value;
}

export const id = name.optional().describe('What "go" calls this step');
export const target = name.describe('A part, or the id of a step');

/** What every step that sends may say besides. */
export const sending = { typing: typing.optional(), id };

/** A list, or its only entry by itself. */
export const some = <T extends z.ZodType>(one: T) => z.union([one, upTo(200, z.array(one).min(1))]);
export const listOf = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

export const phrase = z.string().min(1).max(200);

const JSON_TYPES = [z.string(), z.number(), z.boolean(), z.null()] as const;
export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
/** Anything that JSON can say; texts in it are filled in. */
export const value: z.ZodType<Value> = z
  .lazy(() => z.union([...JSON_TYPES, z.array(value), z.record(z.string(), value)]))
  .describe('Any value; {{ }} in its texts are filled in')
  .meta({ id: 'Value' });

export const LOCALES = ['en', 'en-us', 'pt', 'es'] as const;
export type Locale = (typeof LOCALES)[number];

export const MEDIA = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const;

/** By the one name that the system has for it: what reads the clock there keeps something for each name. */
export const timezone = z
  .string()
  .refine((zone) => canonicalTimezone(zone) !== null, 'is no time zone; one looks like America/Sao_Paulo')
  .overwrite((zone) => canonicalTimezone(zone) ?? zone)
  .describe('An IANA time zone, such as America/Sao_Paulo');

const DAY = '(?:mon|tue|wed|thu|fri|sat|sun)';
export const days = z
  .string()
  .regex(new RegExp(`^${DAY}(?:-${DAY})?(?:, ?${DAY}(?:-${DAY})?)*$`), 'must be days such as mon-fri, sat or "mon,wed"')
  .describe('Days: mon-fri, sat, "mon,wed"');
export const clock = z.string().regex(new RegExp(`^${BEGINNING}$`), 'must be a time such as "09:00"');
const RANGE = `${BEGINNING}-${ENDING}`;
export const clockRanges = z
  .string()
  .regex(new RegExp(`^${RANGE}(?: ${RANGE})*$`), 'must be times such as "08:00-12:00 13:00-18:00"')
  .describe(
    'From when to when; several with spaces between: "08:00-12:00 13:00-18:00". What ends before it begins ends on the day after: "18:00-02:00"',
  );
/** It is in the calendar, and on the clock. */
export const isIso = (text: string): boolean => DateTime.fromISO(text).isValid;
/** Of one year or of every year, which is a leap year here. */
export const yearDay = z
  .string()
  .regex(/^(?:\d{4}-)?\d{2}-\d{2}$/, 'must be a day such as 2026-12-25, or 12-25 for every year')
  .refine((day) => isIso(day.length === 5 ? `2028-${day}` : day), 'there is no such day');

export const isGiven = (value: Value | undefined): boolean =>
  value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '');
