import { z } from 'zod';
import { LIMIT_NAMES, type LimitName } from '../../core/limits.ts';
import { Time } from './common.ts';

const Limit = z.object({
  limit: z.number().int().nullable().openapi({ description: 'Null: any number' }),
  used: z.number().int(),
  resetsAt: Time.optional().openapi({ description: 'When the minute ends that began with the first' }),
});

export const Limits = z
  .object({ limits: z.object(Object.fromEntries(LIMIT_NAMES.map((name) => [name, Limit])) as Record<LimitName, typeof Limit>) })
  .openapi('Limits');
