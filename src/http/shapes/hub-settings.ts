import { z } from 'zod';
import { LOG_LEVELS } from '../../core/runtime.ts';

export const EgressSettings = z
  .object({
    allow: z.array(z.string()).openapi({
      description: 'Ranges that webhooks, flows and files may reach although they are private; what is public they may reach anyhow',
    }),
    proxies: z
      .array(z.object({ name: z.string(), server: z.string().openapi({ description: 'Without user and password' }) }))
      .openapi({ description: 'That sessions may go through: each names its own' }),
  })
  .openapi('EgressSettings');

const level = z.enum(LOG_LEVELS);
export const LogLevels = z
  .object({
    level: level.openapi({ description: 'What is logged now' }),
    configured: level.openapi({ description: 'What is logged again after the next start' }),
  })
  .openapi('LogLevels');
export const LogLevelBody = z.strictObject({
  level: level.openapi({ description: 'At debug and silly, message bodies, codes and QR codes are not hidden' }),
});
export type LogLevelBody = z.output<typeof LogLevelBody>;
