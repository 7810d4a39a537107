import { z } from 'zod';
import { MEDIA, name, phrase, some, upTo } from './values.ts';

/** What may be compared with an answer. */
const scalar = z.union([z.string(), z.number(), z.boolean()]);

export interface Structured {
  chat?: 'private' | 'group' | 'any' | undefined;
  open?: string | undefined;
  closed?: string | undefined;
  tagged?: string | string[] | undefined;
  not_tagged?: string | string[] | undefined;
  known?: string | string[] | undefined;
  unknown?: string | string[] | undefined;
  is?: Record<string, z.infer<typeof scalar>> | undefined;
  says?: string | string[] | undefined;
  media?: (typeof MEDIA)[number] | 'any' | ((typeof MEDIA)[number] | 'any')[] | undefined;
  all?: Condition[] | undefined;
  any?: Condition[] | undefined;
  not?: Condition | undefined;
}
export type Condition = string | Structured;

export const tagName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}_ .:-]{0,63}$/u, 'must be letters, digits, spaces, _ - . or :')
  .describe('A label that the hub keeps with the chat');

/** An answer, or what is remembered of the contact: `day`, `contact.plan`. */
const variable = z
  .string()
  .regex(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,4}$/, 'must be the name of an answer, such as day or contact.plan');

export const condition: z.ZodType<Condition> = z
  .lazy(() => z.union([expression, structured]))
  .describe('When it holds: keys that must all hold, or an expression such as "answer < today"')
  .meta({ id: 'Condition' });

const expression = z.string().min(1).max(1_000);

const structured: z.ZodType<Structured> = z.lazy(() =>
  z.strictObject({
    chat: z.enum(['private', 'group', 'any']).optional().describe('Where the chat is'),
    open: name.optional().describe('It is within these hours'),
    closed: name.optional().describe('It is outside these hours'),
    tagged: some(tagName).optional().describe('The chat has one of these tags'),
    not_tagged: some(tagName).optional().describe('The chat has none of these tags'),
    known: some(variable).optional().describe('These have a value'),
    unknown: some(variable).optional().describe('These have no value'),
    is: upTo(50, z.record(variable, scalar)).optional().describe('These have exactly these values'),
    says: some(phrase).optional().describe('The message has one of these words or phrases in it'),
    media: some(z.enum([...MEDIA, 'any']))
      .optional()
      .describe('The message is one of these'),
    all: upTo(50, z.array(condition).min(1)).optional().describe('All of these hold'),
    any: upTo(50, z.array(condition).min(1)).optional().describe('One of these holds'),
    not: condition.optional().describe('This does not hold'),
  }),
);
