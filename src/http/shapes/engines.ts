import { z } from 'zod';
import { ENGINES } from '../../sessions/engine.ts';
import { Time } from './common.ts';

const Check = z.object({
  name: z.string(),
  is: z.enum(['pass', 'fail', 'unseen']).openapi({ description: 'unseen: it shows only after a scan' }),
  what: z.string(),
});

/** As `hookline doctor whatsapp` writes it; what an earlier version wrote otherwise is shown as none. */
export const WhatsAppCheck = z.object({
  checkedAt: Time,
  reached: z.boolean().openapi({ description: "Whether WhatsApp's page came at all" }),
  detail: z.string().nullable(),
  whatsapp: z.string().nullable().openapi({ description: "WhatsApp Web's version" }),
  waJs: z.string().nullable(),
  browser: z.string().nullable(),
  checks: z.array(Check),
});

export const EnginesHealth = z
  .object({
    engines: z.array(z.enum(ENGINES)).openapi({ description: 'Those that are turned on' }),
    whatsapp: WhatsAppCheck.nullable().openapi({
      description: 'The last "hookline doctor whatsapp" on this data directory; null: none yet',
    }),
  })
  .openapi('EnginesHealth');
