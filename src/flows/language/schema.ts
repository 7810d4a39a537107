/**
 * The flow language, said once: parsing, its errors and the JSON Schema for editors come from here (schema/). What a schema
 * cannot say (unknown targets, phrases claimed twice, templates) is in lint.ts.
 */
import { z } from 'zod';
import { condition } from './schema/conditions.ts';
import { transcribe } from './schema/models.ts';
import { anytime, trigger } from './schema/start.ts';
import { steps } from './schema/steps.ts';
import { clockRanges, days, duration, LOCALES, name, timezone, typing, upTo, yearDay } from './schema/values.ts';

const hours = z
  .strictObject({
    timezone,
    open: upTo(50, z.record(days, clockRanges).describe('When it is open, by days')),
    special: upTo(500, z.record(yearDay, clockRanges))
      .optional()
      .describe('Hours of a day, whatever the day of the week: { 2026-12-24: "09:00-12:00" }, and of every year: { 12-24: "09:00-12:00" }'),
    closed: upTo(500, z.array(yearDay)).optional().describe('Days on which it is closed: 2026-12-25, and of every year 12-25'),
  })
  .describe('Opening hours');
export type Hours = z.infer<typeof hours>;

const MODES = ['continue', 'restart', 'queue', 'ignore'] as const;
/** What becomes of the runs under way when a flow is published anew. */
export const IN_FLIGHT = ['keep', 'migrate', 'end'] as const;
export type InFlight = (typeof IN_FLIGHT)[number];

const inputs = z
  .union([
    upTo(50, z.array(name).min(1)),
    upTo(
      50,
      z.record(name, z.enum(['required', 'optional'])).describe('By name: required (the flow does not start without it) or optional'),
    ),
  ])
  .describe('Values that "call" and the API may give: a list of names, or a mapping that says which of them are required');

const FLOW_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export const flowSchema = z.strictObject({
  flow: z
    .string()
    .regex(FLOW_NAME, 'must be small letters, digits, _ and -, such as booking')
    .describe('The name, unique among the flows of a tenant'),
  version: z.literal(1).describe('The version of this language'),
  description: z.string().max(1_000).optional().describe('For people'),
  start: upTo(100, z.array(trigger).min(1).describe('What starts the flow; one of these is enough')),
  only_if: condition.optional().describe('Starts only where this holds; { chat: group } for groups'),
  again_after: duration.optional().describe('Not twice in one chat within this'),
  mode: z
    .enum(MODES)
    .optional()
    .describe(
      'What a message does that comes while the run does not wait for an answer: continue (goes by), queue (waits), ignore (as continue, without anytime), restart (what starts the flow starts it anew)',
    ),
  runs: z
    .enum(IN_FLIGHT)
    .optional()
    .describe('What becomes of runs under way when this text is published: keep (as they began), migrate (go on here), end'),
  gather: duration.optional().describe('Joins the messages of a burst into one: waits until nothing has come for so long'),
  locale: z.enum(LOCALES).optional().describe('How numbers, days and yes are read and written; en when not given'),
  timezone: timezone.optional().describe('What "today" is; UTC when not given'),
  inputs: inputs.optional(),
  transcribe: transcribe.optional(),
  typing: typing.optional(),
  anytime: upTo(50, z.array(anytime).min(1)).optional().describe('What a contact may say at any time in a run, and where it leads'),
  hours: upTo(50, z.record(name, hours)).optional().describe('Opening hours by name, for conditions and {{ hours.NAME.next_open | when }}'),
  steps: steps.describe('Done from top to bottom'),
  parts: z.record(name, steps).optional().describe('Named steps that "go" leads to'),
});
export type Flow = z.infer<typeof flowSchema>;

/** The flow that is heard in every chat and over every run, and that begins nowhere else: words for all flows. */
export const ANYTIME = '_anytime';

const { version, description, locale, timezone: zone, typing: shown, hours: opening, parts } = flowSchema.shape;

/** `flows/_anytime.yml`. */
export const anytimeSchema = z.strictObject({
  flow: z.literal(ANYTIME),
  ...{ version, description, locale, timezone: zone, typing: shown, hours: opening },
  anytime: upTo(50, z.array(anytime).min(1)).describe(
    'What a contact may say at any time, with a run under way or without, and where it leads',
  ),
  parts: parts.unwrap().describe('Named steps that "go" leads to'),
});

/** As the rest of the house knows a flow: one that nothing else starts, and that has no first step. */
export const asFlow = (file: z.infer<typeof anytimeSchema>): Flow => ({ ...file, start: [], steps: [] });

export function inputsOf({ inputs = [] }: Pick<Flow, 'inputs'>): { name: string; required: boolean }[] {
  if (Array.isArray(inputs)) return inputs.map((name) => ({ name, required: false }));
  return Object.entries(inputs).map(([name, need]) => ({ name, required: need === 'required' }));
}

export type { Condition, Structured } from './schema/conditions.ts';
export type { ModelField, Transcribe } from './schema/models.ts';
export type { Expect, Kind, OnInvalid, OnSilence, Option, OptionsFromData, Pattern } from './schema/questions.ts';
export { isFromData, isPattern, KINDS, kindsOf } from './schema/questions.ts';
export type { File } from './schema/sends.ts';
export type { Anytime, Trigger } from './schema/start.ts';
export type { Doing, Step } from './schema/steps.ts';
export {
  isGiven,
  type Locale,
  listOf,
  milliseconds,
  TEXT_LIMIT,
  type Typing,
  typingOf,
  type Value,
  type Wording,
} from './schema/values.ts';

/** What editors complete from, as `GET /api/flows/schema.json` and `flows/flow.schema.json`. */
export function jsonSchema(): object {
  const options = { io: 'input', target: 'draft-7' } as const;
  const { required, ...schema } = z.toJSONSchema(flowSchema, options);
  const words = z.toJSONSchema(anytimeSchema, options);
  const not = Object.keys(flowSchema.shape).filter((key) => !Object.hasOwn(anytimeSchema.shape, key));
  return {
    ...schema,
    required: ['flow', 'version'],
    title: 'Hookline reply flow',
    properties: { ...schema.properties, flow: { ...(schema.properties?.flow as object), pattern: `${ANYTIME}|${FLOW_NAME.source}` } },
    if: { properties: { flow: { const: ANYTIME } }, required: ['flow'] },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    then: { required: words.required, properties: Object.fromEntries(not.map((key) => [key, false])) },
    else: { required },
  };
}
