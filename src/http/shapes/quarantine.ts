import { z } from 'zod';
import { KINDS, STAGES } from '../../quarantine/item.ts';
import { pageById, Time } from './common.ts';

export const AsideFields = {
  stage: z.enum(STAGES).openapi({
    description: "What failed: reading what WhatsApp gave, storing it, or the reaction of one of the hub's own followers to an event",
  }),
  kind: z.enum(KINDS),
  engineId: z.string().nullable().openapi({ description: "WhatsApp's id of the message, where it has one" }),
  follower: z.string().nullable().openapi({ description: 'Who could not react, of an event' }),
  eventId: z.string().nullable(),
  size: z.number().int().openapi({ description: 'Bytes of what came' }),
};

const item = {
  id: z.string(),
  tenantId: z.string(),
  sessionId: z.string().nullable(),
  at: Time,
  ...AsideFields,
  error: z.string().openapi({ description: 'Of the last time' }),
  attempts: z.number().int(),
  version: z.string().openapi({ description: 'Of the hub that tried it last' }),
  triedAt: Time,
  truncated: z.boolean().openapi({ description: 'Only its first 256 KiB were kept: it cannot be tried again' }),
};

export const Aside = z.object(item).openapi('Quarantined');
export const WholeAside = z
  .object({ ...item, raw: z.string().openapi({ description: 'JSON, as it came; empty for an event, which `GET /api/events/…` has' }) })
  .openapi('QuarantinedWhole');
export const Retried = z
  .object({
    taken: z.boolean().openapi({ description: 'It was taken in, and is set aside no more' }),
    error: z.string().nullable().openapi({ description: 'Why not' }),
  })
  .openapi('QuarantineRetry');

export const QuarantineQuery = pageById('qrt').extend({
  session: z.string().min(1).max(100).optional().openapi({ description: 'Id or name' }),
  stage: z.enum(STAGES).optional().openapi({ description: 'What failed' }),
});
export type QuarantineQuery = z.output<typeof QuarantineQuery>;
