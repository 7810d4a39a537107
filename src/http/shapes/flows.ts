import { z } from 'zod';
import { upTo } from '../../flows/language/schema/values.ts';
import { IN_FLIGHT } from '../../flows/language/schema.ts';
import { contact, httpMock, item, moment, remembered } from '../../flows/simulator/script.ts';
import { Flag, Instant, pageBehind, pageById, Time } from './common.ts';

export const Flow = z
  .object({
    name: z.string(),
    revision: z.number().int(),
    origin: z.enum(['file', 'api']),
    status: z.enum(['active', 'invalid']),
    errors: z.array(z.object({ path: z.string(), message: z.string() })),
    says: z.array(z.string()).openapi({ description: 'The phrases that start it' }),
    source: z.string().openapi({ description: 'The YAML as it was written' }),
    createdAt: Time,
    updatedAt: Time,
  })
  .openapi('Flow');
export const ListedFlow = Flow.extend({
  lastDay: z
    .object({
      starts: z.number().int().openapi({ description: 'Runs of it that began' }),
      answers: z.number().int().openapi({ description: 'Messages that those have sent' }),
    })
    .openapi({ description: 'What became of it in the last 24 hours' }),
}).openapi('ListedFlow');
const revision = { revision: z.number().int(), createdAt: Time.openapi({ description: 'When it was published first' }) };
export const FlowRevision = z.object(revision).openapi('FlowRevision');
export const FlowRevisionWithSource = z
  .object({ ...revision, source: z.string().openapi({ description: 'The YAML as it was written' }) })
  .openapi('FlowRevisionWithSource');
export const PageByRevision = pageBehind(/^[1-9]\d{0,8}$/);
export const FlowSource = z.string().min(1).max(262_144).openapi({ description: 'A flow, as YAML' });
const Faults = z.array(z.object({ path: z.string().openapi({ description: 'The text, with line and column' }), message: z.string() }));
const Warnings = Faults.openapi({
  description: 'What keeps it from nothing, and will fail when it runs: secrets and sessions that are not there',
});
export const PublishedFlow = Flow.extend({ warnings: Warnings }).openapi('PublishedFlow');
const step = z.string().openapi({ description: 'Where a step stands in its text, such as steps.2.then.0' });
const Graph = z.object({
  flow: z.string(),
  start: z.array(z.string()).openapi({ description: 'What starts it' }),
  steps: z
    .array(
      z.object({
        position: step,
        id: z.string().nullable(),
        shape: z.enum(['branch', 'asks', 'does', 'end']),
        label: z.string(),
        line: z.number().int(),
        column: z.number().int(),
        ways: z
          .array(z.object({ to: step.nullable(), why: z.string() }))
          .openapi({ description: 'Where it may go on; null: the run ends' }),
      }),
    )
    .openapi({ description: 'In the order in which they are written' }),
  anytime: z.array(z.object({ says: z.string(), to: step })).openapi({ description: 'What may be said at any time, and where it leads' }),
});
export const Checked = z.object({
  ok: z.boolean(),
  errors: Faults,
  warnings: Warnings,
  graph: Graph.nullable().openapi({ description: 'What can be read of it: its steps, and where each leads. Null where that is nothing' }),
});
export const Formatted = z.object({ source: z.string() });
const Trail = z
  .object({
    steps: z.array(z.string()).openapi({ description: 'Such as booking:steps.0' }),
    ways: z.array(z.string()).openapi({ description: 'From one step to the next, such as booking:steps.0>booking:steps.1, or …>end' }),
  })
  .openapi('FlowTrail');
const run = z.object({
  id: z.string(),
  flow: z.string(),
  revision: z.number().int(),
  sessionId: z.string(),
  chat: z.object({ id: z.string(), kind: z.string() }),
  status: z.enum(['waiting', 'ended', 'failed']),
  answers: z.record(z.string(), z.unknown()),
  waitsFor: z
    .object({ kind: z.enum(['answer', 'time', 'http']), step: z.string().nullable(), until: Time.nullable() })
    .nullable()
    .openapi({ description: 'What it waits for, and until when at the most' }),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  startedAt: Time,
  updatedAt: Time,
  endedAt: Time.nullable(),
});
export const Run = run.extend({ trace: z.array(z.unknown()) }).openapi('Run');
export const ListedRun = run
  .extend({ trace: z.array(z.unknown()).optional().openapi({ description: 'Not with `trace=false`' }) })
  .openapi('ListedRun');
export const Handoff = z
  .object({
    chat: z.object({ id: z.string(), kind: z.string() }),
    active: z.boolean(),
    since: Time.nullable(),
    until: Time.nullable().openapi({ description: 'Null: until somebody resumes' }),
    by: z.enum(['api', 'webhook', 'flow', 'phone', 'loop']).nullable(),
    note: z.string().nullable().openapi({ description: 'What a flow says to the person' }),
  })
  .openapi('Handoff');
export const HandOff = z.strictObject({
  pauseSeconds: z
    .number()
    .int()
    .min(1)
    .max(365 * 24 * 3_600)
    .optional()
    .openapi({ description: 'After this flows answer again by themselves; without it when somebody resumes' }),
});
export const FlowFiles = z
  .object({
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .openapi({ description: 'Why files were not loaded, each with its place; the last good flows go on. Empty: nothing is wrong' }),
  })
  .openapi('FlowFiles');
export const OptOut = z
  .object({
    chat: z.object({ id: z.string(), kind: z.string() }),
    optedOut: z.boolean(),
    since: Time.nullable(),
    by: z.enum(['flow', 'api']).nullable(),
    flow: z.string().nullable().openapi({ description: 'The flow in which the contact said so' }),
  })
  .openapi('OptOut');
export const RunsQuery = pageById('run').extend({
  status: z.enum(['waiting', 'ended', 'failed']).optional().openapi({ description: 'How the run is' }),
  flow: z.string().max(100).optional().openapi({ description: 'The name of a flow' }),
  session: z.string().max(100).optional().openapi({ description: 'Id or name' }),
  since: Instant.optional().openapi({ description: 'It began, went on or ended at this time or later: ISO 8601 with a zone' }),
  trace: Flag.openapi({ description: 'False: without what each did turn by turn, which is long' }),
});
export const PutQuery = z.strictObject({
  runs: z
    .enum(IN_FLIGHT)
    .optional()
    .openapi({ description: 'What becomes of the runs under way: as they began, on in the new text, or ended' }),
});
export const ExplainQuery = z.strictObject({
  message: z.string().min(1).max(100).openapi({ description: 'The id of a message of this chat' }),
});
export const Explanation = z
  .object({
    message: z.object({ id: z.string(), text: z.string().nullable(), type: z.string() }),
    run: z.unknown().openapi({ description: 'The run that took it; null when none did' }),
    turn: z.unknown().openapi({ description: 'Its turn: steps, and the messages that were sent' }),
    flows: z.array(z.object({ flow: z.string(), revision: z.number().int(), starts: z.boolean(), reason: z.string() })),
    notes: z.array(z.string()),
  })
  .openapi('Explanation');
export const TextsQuery = pageBehind(/^[1-9]\d{0,8}$/).extend({
  search: z.string().min(1).max(200).optional().openapi({
    description:
      "A piece of a text or of a flow's name, in upper or lower case, with or without accents. A page looks through some of the texts, so that it may hold few or none and yet have a `nextCursor`",
  }),
});
export const ChatText = z
  .object({
    flow: z.string(),
    step: z.string().openapi({ description: 'Where it stands in the flow, such as steps.2.then.0' }),
    text: z.string().openapi({ description: 'With the name of the contact and the like filled in' }),
    open: z
      .array(z.string())
      .openapi({ description: 'What is not known in this chat, and stands in the text as it is written: {{ day }}' }),
  })
  .openapi('ChatText');
export const StartFlow = z.strictObject({
  session: z.string().min(1).max(100).openapi({ description: 'Id or name' }),
  chat: z.string().min(1).max(200).openapi({ description: 'A phone number or WhatsApp address' }),
  data: z.record(z.string(), z.json()).optional().openapi({ type: 'object', description: 'Values of its "inputs"' }),
});
export const FlowRequested = z.object({ flow: z.string(), sessionId: z.string(), chat: z.string(), status: z.literal('requested') });
/** Items of a script; their shape is that of `*.test.yml`. */
const Script = upTo(500, z.array(item)).openapi({ type: 'array', maxItems: 500, items: { type: 'object' } });
export const Simulate = z.strictObject({
  messages: upTo(500, z.array(z.string().max(65_536)))
    .optional()
    .openapi({ description: 'What the contact writes' }),
  chat: Script.optional().openapi({ description: 'Instead: user, bot, advance, expect…, as in *.test.yml' }),
  source: z.string().min(1).max(262_144).optional().openapi({ description: 'YAML, instead of what is published' }),
  now: moment.optional().openapi({ maxLength: 25 }),
  contact: contact.optional(),
  tags: upTo(100, z.array(z.string().max(100)))
    .optional()
    .openapi({ description: 'Tags that the chat has at the beginning' }),
  remembered: remembered.optional().openapi({ type: 'object', description: 'What is remembered of the contact at the beginning, by name' }),
  http_mocks: upTo(100, z.array(httpMock))
    .optional()
    .openapi({ type: 'array', maxItems: 100, items: { type: 'object' } }),
});
export const Simulated = z
  .object({
    ok: z.boolean(),
    failures: z.array(z.object({ item: z.number().int(), message: z.string() })),
    transcript: z.array(z.object({ item: z.number().int(), outcomes: z.array(z.unknown()) })),
    run: z.unknown(),
    tags: z.array(z.string()),
    remembered: z.record(z.string(), z.unknown()),
    handoff: z.boolean(),
    optedOut: z.boolean(),
    trail: Trail,
  })
  .openapi('Simulation');
export const TestFlow = z.strictObject({
  tests: z
    .string()
    .min(1)
    .max(262_144)
    .optional()
    .openapi({ description: 'Conversations, as YAML: the text of a *.test.yml; left out, those that the flow has' }),
  source: z.string().min(1).max(262_144).optional().openapi({ description: 'YAML, instead of what is published' }),
});
export const TestsSource = z.string().min(1).max(262_144).openapi({ description: 'Conversations, as YAML: the text of a *.test.yml' });
export const Tests = z
  .object({
    path: z.string().nullable().openapi({ description: 'Of the file that they stand in, beside that of the flow' }),
    source: z.string().nullable().openapi({ description: 'As YAML; null: the flow has none' }),
    revision: z.number().int().nullable().openapi({ description: 'Of tests that were put: it moves on with each text' }),
    updatedAt: Time.nullable(),
  })
  .openapi('FlowTests');
export const Tested = z
  .object({
    ok: z.boolean().openapi({ description: 'Every conversation held' }),
    results: z.array(
      z.object({
        name: z.string(),
        place: z.string(),
        failures: Faults.openapi({ description: 'What was not as it was expected, and where in the tests; none where it held' }),
      }),
    ),
    coverage: z.object({
      flow: z.string(),
      steps: z.object({ done: z.number().int(), all: z.number().int() }),
      branches: z.object({ gone: z.number().int(), all: z.number().int() }),
      missed: Faults.openapi({ description: 'What no conversation goes through, and where in the flow' }),
      trail: Trail,
    }),
  })
  .openapi('FlowTestRun');
export const Secret = z.object({ name: z.string(), updatedAt: Time }).openapi('FlowSecret');
export const SecretBody = z.strictObject({ value: z.string().min(1).max(8_192) });
export type PutQuery = z.output<typeof PutQuery>;
export type TextsQuery = z.output<typeof TextsQuery>;
export type ExplainQuery = z.output<typeof ExplainQuery>;
export type StartFlow = z.output<typeof StartFlow>;
export type Simulate = z.output<typeof Simulate>;
export type TestFlow = z.output<typeof TestFlow>;
export type SecretBody = z.output<typeof SecretBody>;
export type HandOff = z.output<typeof HandOff>;
export type RunsQuery = z.output<typeof RunsQuery>;
