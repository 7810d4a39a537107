import { z } from 'zod';
import { Instant, pageById, Time } from './common.ts';

export const AuditEntry = z
  .object({
    id: z.string(),
    at: Time,
    tenantId: z.string().nullable().openapi({ description: 'Null for what concerns the hub itself' }),
    actor: z
      .object({
        kind: z.enum(['key', 'operator', 'link-page', 'passkey-token', 'cli']),
        keyId: z.string().nullable(),
        name: z.string().nullable(),
      })
      .openapi({
        description:
          "A tenant's key with its name, the operator's key, a link page or a token for a passkey with its id as the name, or somebody at the command line",
      }),
    action: z.string().openapi({ description: 'The `x-audit-action` of the route', example: 'sessions.connect' }),
    resource: z
      .object({ type: z.string(), id: z.string().nullable() })
      .nullable()
      .openapi({ description: 'What was made, or what the path names' }),
    address: z.string().nullable().openapi({ description: 'Where the request came from' }),
    status: z.number().int().openapi({ description: 'As it was answered' }),
    code: z.string().nullable().openapi({ description: 'Of the problem; null for what was done' }),
  })
  .openapi('AuditEntry');

const Word = z.string().min(1).max(200);
export const AuditQuery = pageById('aud').extend({
  action: Word.optional().openapi({ description: 'The `x-audit-action` of a route' }),
  keyId: Word.optional().openapi({ description: 'The id of the key that did it' }),
  resource: Word.optional().openapi({ description: 'The id, or the name, of what it was done to' }),
  since: Instant.optional().openapi({ description: 'ISO 8601 with a zone' }),
  until: Instant.optional().openapi({ description: 'ISO 8601 with a zone' }),
});
export type AuditQuery = z.output<typeof AuditQuery>;
