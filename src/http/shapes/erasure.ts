import { z } from 'zod';
import { Time } from './common.ts';

const Counts = z.record(z.string(), z.number().int());

export const Erasure = z
  .object({
    id: z.string(),
    status: z.enum(['erasing', 'waiting', 'erased']).openapi({ description: 'waiting: all is gone but what is owed' }),
    erased: Counts.openapi({
      description: 'How many messages, media, runs, events… went; rewritten: of others, who were named beside the person',
    }),
    owed: Counts.openapi({ description: 'Sends under way, and events that an endpoint is to get yet: they go after that' }),
    requestedAt: Time,
    finishedAt: Time.nullable(),
  })
  .openapi('Erasure');
