import { z } from 'zod';
import { IDEMPOTENCY_KEY, KEY_FORM } from '../idempotency.ts';
import { JsonEntry } from '../json.ts';
import { ProblemShape } from './common.ts';
import { Message } from './messages.ts';
import { sendsWith } from './sends.ts';

/** 16 KB for each of a thousand messages: more than people write. Several may be under way, and each is in memory whole. */
export const LARGEST_BULK = 16 * 1_024 * 1_024;

/** What an entry has besides the send. */
const BESIDES = { session: z.string().min(1).max(200), idempotencyKey: z.string().regex(IDEMPOTENCY_KEY, KEY_FORM).optional() };
export const BulkEntry = z.looseObject(BESIDES, 'must be an object with "session" and a message');

/** An entry as it is described. */
export const BulkSend = sendsWith({
  session: BESIDES.session.openapi({ description: 'Id or name' }),
  idempotencyKey: BESIDES.idempotencyKey.openapi({ maxLength: 255 }),
}).openapi('BulkSend', {
  description: 'The body of POST /api/sessions/{id}/messages, with the session, and an idempotency key if you like',
});

/** Each entry is looked at by itself, so that one that is wrong keeps none of the others. */
export const Bulk = z.strictObject({
  messages: z
    .array(z.instanceof(JsonEntry).openapi({ type: 'object', $ref: '#/components/schemas/BulkSend' } as object))
    .min(1)
    .max(1_000),
});

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
