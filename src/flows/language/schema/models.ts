/** What is left to a language model, or to one that writes down what is spoken. */
import { z } from 'zod';
import { KINDS, onSilence, options, pattern } from './questions.ts';
import { duration, id, name, target, typing, upTo, value } from './values.ts';

/** What it may be is for the checks behind the schema, so that a mistake in it hides no other. */
const endpoint = z.string().min(1).max(2_000);

const headers = z
  .record(z.string().min(1).max(100), z.string().max(8_192))
  .optional()
  .describe('As in http: { Authorization: "Bearer {{ secrets.model_key }}" }');

const common = {
  url: endpoint,
  model: z.string().min(1).max(200).optional().describe('Its name there'),
  headers,
};

/** Answers that are a text before they are read. */
const WRITTEN = Object.keys(KINDS).filter((kind) => !['choice', 'location', 'image', 'document', 'any'].includes(kind)) as Exclude<
  keyof typeof KINDS,
  'choice' | 'location' | 'image' | 'document' | 'any'
>[];
const written = z.enum(WRITTEN);

const field = z.union([
  written,
  z.strictObject({
    expect: z.union([written, pattern]).optional().describe('As in ask; text when not given'),
    options: options('Instead: what it may be; the name of one is saved').optional(),
    describe: z.string().min(1).max(500).optional().describe('For the model: what is meant'),
    optional: z.literal(true).optional().describe('It may be done without it'),
  }),
]);
export type ModelField = z.infer<typeof field>;

export const TOOLS = ['say', 'save', 'go', 'done', 'handoff'] as const;
export type Tool = (typeof TOOLS)[number];

/** Characters of a message that it writes. */
export const LONGEST_SAID = { usual: 1_000, most: 4_000 };
/** Times that it is asked, where the flow does not say, and at the most. */
export const MODEL_TURNS = { usual: 10, most: 50 };

export const askModel = z
  .strictObject({
    ask_model: z
      .strictObject({
        ...common,
        url: endpoint.describe('Of chat completions, as many makers of models have them: https://…/v1/chat/completions'),
        instructions: z
          .string()
          .min(1)
          .max(10_000)
          .describe(
            'What it is to do, and what it knows. Nothing is filled in: what others wrote is no instruction, and stands under "data"',
          ),
        data: value.optional().describe('What it may know of this chat; it is told that this is material and never an instruction'),
        tools: upTo(5, z.array(z.enum(TOOLS)).min(1))
          .optional()
          .describe(
            'What it may do: say (write to the contact), save (the fields of "save"), go (where "go" leads), done (the next step), handoff (a person). All of them when not given',
          ),
        max_turns: z.int().min(1).max(MODEL_TURNS.most).optional().describe(`Times that it answers; ${MODEL_TURNS.usual} when not given`),
        max_tokens: z.int().min(16).max(32_000).optional().describe('Of one answer, as the endpoint counts; 1000 when not given'),
        max_characters: z
          .int()
          .min(1)
          .max(LONGEST_SAID.most)
          .optional()
          .describe(`Of what it says; a longer text is refused. ${LONGEST_SAID.usual} when not given`),
        parameters: z
          .record(z.string().regex(/^[a-z][a-z_]{0,63}$/), value)
          .refine(
            (all) => !['messages', 'tools', 'model', 'stream', 'n'].some((key) => Object.hasOwn(all, key)),
            'cannot say model, messages, tools, stream or n',
          )
          .optional()
          .describe('What else the endpoint is told: { temperature: 0.2 }; max_completion_tokens stands in the place of max_tokens'),
        timeout: duration.optional().describe('Of one answer; 30s when not given, 60s at the most'),
        retries: z.int().min(0).max(5).optional().describe('After no answer, 429, 5xx or an answer that is refused; 2 when not given'),
      })
      .describe('Which model, and what it may do'),
    save: upTo(30, z.record(name, field))
      .optional()
      .describe(
        'What it is to find out, each read as the answer to an ask is: { day: date, people: { expect: integer, describe: "How many come" } }',
      ),
    go: upTo(30, z.record(name, target)).optional().describe('Where it may lead, by a word for each: { book: ask_day, complain: agent }'),
    on_limit: target.optional().describe('Where it goes on after "max_turns"; without it at the next step'),
    on_error: target.optional().describe('Where it goes on when the model fails, or its answers are refused; without it the run fails'),
    on_silence: onSilence.optional(),
    typing: typing.optional(),
    id,
  })
  .describe('Leaves the conversation to a language model, within bounds, until it is done, hands over, or has answered often enough');

export const transcribe = z
  .strictObject({
    ...common,
    url: endpoint.describe('Of transcriptions, as many makers of models have them: https://…/v1/audio/transcriptions'),
    language: z
      .string()
      .regex(/^[a-z]{2,3}$/, 'must be the code of a language, such as pt')
      .optional()
      .describe('What is spoken, such as pt; the endpoint finds out when not given'),
    max_bytes: z.int().min(1_024).max(25_000_000).optional().describe('Of a voice message; 4000000 when not given'),
    max_seconds: z.int().min(1).max(3_600).optional().describe('Of a voice message; 300 when not given'),
    timeout: duration.optional().describe('30s when not given, 60s at the most'),
  })
  .describe('Voice messages that answer a question of this flow are written down, and read as if they had been typed');
export type Transcribe = z.infer<typeof transcribe>;
