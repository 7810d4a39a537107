import { z } from 'zod';
import { Time } from './common.ts';

export const Node = z
  .object({
    id: z.string().openapi({ description: 'Of one start of it' }),
    url: z.string().openapi({ description: 'How other nodes reach it' }),
    version: z.string(),
    role: z.string(),
    startedAt: Time,
    seenAt: Time.openapi({ description: 'When it was last heard of' }),
    draining: z.boolean().openapi({ description: 'It hands over what it does for the others, and takes nothing more' }),
    sessions: z.object({ count: z.number().int() }).openapi({ description: 'That run on it' }),
    memoryBytes: z.number().int(),
    followers: z
      .record(z.string(), z.number().int())
      .openapi({ description: 'The followers of the ledger that it runs, and how many events each is behind' }),
  })
  .openapi('Node');
