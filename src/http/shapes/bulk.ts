import { z } from 'zod';
import { IDEMPOTENCY_KEY, KEY_FORM } from '../idempotency.ts';
import { JsonEntry } from '../json.ts';
import { ProblemShape } from './common.ts';
import { Message } from './messages.ts';

/** 16 KB for each of a thousand messages: more than people write. Several may be under way, and each is in memory whole. */
export const LARGEST_BULK = 16 * 1_024 * 1_024;

/** Each entry is looked at by itself, so that one that is wrong keeps none of the others. */
export const Bulk = z.strictObject({
  messages: z
    .array(z.instanceof(JsonEntry).openapi({ type: 'object' }))
    .min(1)
    .max(1_000)
    .openapi({
      description:
        'Each as the body of POST /api/sessions/{id}/messages, and besides `session` (id or name) and, if you like, `idempotencyKey`',
      example: [{ session: 'shop', idempotencyKey: 'order-1042', to: '+55 11 98765-4321', type: 'text', text: 'On its way!' }],
    }),
});

/** What an entry has besides the send. */
export const BulkEntry = z.looseObject(
  { session: z.string().min(1).max(200), idempotencyKey: z.string().regex(IDEMPOTENCY_KEY, KEY_FORM).optional() },
  'must be an object with "session" and a message',
);

const index = z.number().int().openapi({ description: 'Place in the list that was sent, from 0' });

export const BulkResults = z
  .object({
    accepted: z.number().int(),
    refused: z.number().int(),
    data: z.array(
      z.union([
        z.object({ index, status: z.literal(202), replayed: z.boolean(), message: Message }),
        z.object({ index, status: z.number().int(), error: ProblemShape }),
      ]),
    ),
  })
  .openapi('BulkResults', { description: 'One entry for each that was sent, in the same order' });

export type Bulk = z.output<typeof Bulk>;
