/**
 * The flow language, said once: parsing, its errors and the JSON Schema for editors come from here. What a schema cannot
 * say (unknown targets, phrases claimed twice, templates) is in lint.ts.
 */
import { z } from 'zod';

/** Characters of one message, before and after its templates are filled in. */
export const TEXT_LIMIT = 10_000;

const name = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be small letters, digits and _, beginning with a letter, such as ask_day');

const text = z.string().min(1).max(TEXT_LIMIT).describe('What is written; {{ contact.first_name }} and the like are filled in');

const wording = z
  .union([text, z.strictObject({ one_of: z.array(text).min(1).describe('One of these is chosen by chance each time') })])
  .describe('A text, or one_of with several');
export type Wording = z.infer<typeof wording>;

const typing = z
  .union([z.boolean(), z.int().min(0).max(25_000)])
  .describe('Typing indicator before a reply: true by the length of the text, false for none, or milliseconds');
export type Typing = z.infer<typeof typing>;

const id = name.optional().describe('What "go" calls this step');

const say = z.strictObject({ say: wording, id, typing: typing.optional() }).describe('Sends a text');
const ask = z
  .strictObject({ ask: wording, save: name.describe('The answer, for {{ }} from here on'), id, typing: typing.optional() })
  .describe('Sends a question, waits for the answer and keeps it');
const go = z.strictObject({ go: name.describe('A part, or the id of a step'), id }).describe('Goes on elsewhere');
const end = z.literal('end').describe('Ends the run');

/** The key that makes a mapping this step and no other; it stands first in the step's schema. */
export const STEP_VERBS: readonly string[] = ['say', 'ask', 'go'];

const step = z.union([end, say, ask, go]);
export type Step = z.infer<typeof step>;

const steps = z.array(step).min(1);

export const flowSchema = z.strictObject({
  flow: z
    .string()
    .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be small letters, digits, _ and -, such as booking')
    .describe('The name, unique among the flows of a tenant'),
  version: z.literal(1).describe('The version of this language'),
  start: z
    .array(
      z.strictObject({
        says: z.array(z.string().min(1).max(200)).min(1).describe('Whole words or phrases; case and accents do not matter'),
      }),
    )
    .min(1)
    .describe('What a contact must do for the flow to start; one of these is enough'),
  typing: typing.optional(),
  steps: steps.describe('Done from top to bottom'),
  parts: z.record(name, steps).optional().describe('Named steps that "go" leads to'),
});
export type Flow = z.infer<typeof flowSchema>;
