import { z } from 'zod';
import { condition, tagName } from './conditions.ts';
import { clock, days, formByKey, MEDIA, phrase, some, target, timezone } from './values.ts';

const says = some(phrase).describe('Whole words or phrases; case and accents do not matter');
const exactly = some(phrase).describe('The whole message is this; case and accents do not matter');
const matches = some(z.string().min(1).max(500)).describe('A regular expression (RE2), on the text without accents and capitals');
const about = some(phrase).describe('Examples of what people write; spelling mistakes and other words around do not matter');
const media = some(z.enum([...MEDIA, 'location', 'contact', 'any'])).describe('The message is one of these');
const button = some(z.string().min(1).max(256)).describe('The id of a button or of a row of a list');

const whom = z.string().min(5).max(100).describe('A phone number or address');

export const trigger = formByKey([
  z.strictObject({ says }),
  z.strictObject({ exactly }),
  z.strictObject({ matches }),
  z.strictObject({ about }),
  z.strictObject({ media }),
  z.strictObject({ button }),
  z.strictObject({ first_contact: z.literal(true).describe('The first message of a chat') }),
  z.strictObject({ anything: z.literal(true).describe('Any message that starts nothing more particular') }),
  z.strictObject({ nothing_else_matched: z.literal(true).describe('A message that no other flow answers') }),
  z.strictObject({
    schedule: z
      .strictObject({
        days: days.default('mon-sun'),
        at: some(clock).describe('Times of the day, in quotes: "18:00", or ["09:00", "18:00"]'),
        timezone: timezone.optional().describe("Without it the flow's"),
        session: z.string().min(1).max(100).describe('From which session, by its name or id'),
        to: some(whom).optional().describe('To whom'),
        tagged: tagName.optional().describe('To every chat with this tag'),
      })
      .describe('By the clock, without a message: { at: "18:00", session: shop, tagged: with_visit }'),
  }),
  z.strictObject({
    event: z
      .string()
      .regex(/^[a-z]+\.[\w.-]+$/, 'must be a type of event such as call.incoming')
      .describe('An event of the chat'),
    if: condition.optional(),
  }),
  z.strictObject({ api: z.literal(true).describe('POST /api/flows/{name}/start') }),
]);
export type Trigger = z.infer<typeof trigger>;

/** What a message may do at any time while a run is under way. */
export const anytime = formByKey([
  z.strictObject({ says, go: target }),
  z.strictObject({ exactly, go: target }),
  z.strictObject({ matches, go: target }),
  z.strictObject({ about, go: target }),
  z.strictObject({ media, go: target }),
  z.strictObject({ button, go: target }),
]);
export type Anytime = z.infer<typeof anytime>;
