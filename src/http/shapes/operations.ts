import { z } from 'zod';

export const Live = z.object({ status: z.literal('ok'), version: z.string() }).openapi('Live');

export const Ready = z
  .object({
    status: z.enum(['ready', 'not ready']),
    degraded: z
      .array(z.object({ follower: z.string(), events: z.number().int(), seconds: z.number().int() }))
      .optional()
      .openapi({ description: 'Followers of the ledger that are behind it: by how many events, and for how long' }),
    media: z
      .object({ awaySince: z.iso.datetime() })
      .optional()
      .openapi({ description: 'The store of files does not answer: what carries a file waits or is refused, and all else goes on' }),
  })
  .openapi('Ready');

export const JsonObject = z.record(z.string(), z.unknown());
