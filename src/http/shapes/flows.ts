import { z } from 'zod';
import { PageQuery, Time } from './common.ts';

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
export const FlowSource = z.string().min(1).max(262_144).openapi({ description: 'A flow, as YAML' });
export const Checked = z.object({ ok: z.boolean(), errors: z.array(z.object({ path: z.string(), message: z.string() })) });
export const Run = z
  .object({
    id: z.string(),
    flow: z.string(),
    revision: z.number().int(),
    sessionId: z.string(),
    chat: z.object({ id: z.string(), kind: z.string() }),
    status: z.enum(['waiting', 'ended', 'failed']),
    answers: z.record(z.string(), z.string()),
    error: z.object({ code: z.string(), message: z.string() }).nullable(),
    startedAt: Time,
    updatedAt: Time,
    endedAt: Time.nullable(),
    trace: z.array(z.unknown()),
  })
  .openapi('Run');
export const Handoff = z
  .object({
    chat: z.object({ id: z.string(), kind: z.string() }),
    active: z.boolean(),
    since: Time.nullable(),
    until: Time.nullable().openapi({ description: 'Null: until somebody resumes' }),
    by: z.enum(['api', 'webhook']).nullable(),
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
export const RunsQuery = PageQuery.extend({
  status: z.enum(['waiting', 'ended', 'failed']).optional(),
  flow: z.string().max(100).optional(),
  session: z.string().max(100).optional().openapi({ description: 'Id or name' }),
});
export type HandOff = z.output<typeof HandOff>;
export type RunsQuery = z.output<typeof RunsQuery>;
