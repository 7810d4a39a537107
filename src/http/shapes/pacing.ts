import { z } from 'zod';
import { canonicalTimezone } from '../../core/timezones.ts';
import { BEGINNING, ENDING, MINUTES_A_DAY, minutesOf } from '../../core/wall-clock.ts';

const From = z
  .string()
  .regex(new RegExp(`^${BEGINNING}$`), 'must be a time of the day such as 22:00')
  .openapi({ example: '22:00', maxLength: 5 });
const To = z
  .string()
  .regex(new RegExp(`^${ENDING}$`), 'must be a time of the day such as 07:00, or 24:00')
  .openapi({ example: '07:00', maxLength: 5, description: 'Where it is the earlier one, on the day after' });

/** Each member holds sends back by itself; see messages/pacing.ts. */
export const PacingShape = z
  .strictObject({
    perMinute: z
      .number()
      .min(0.001)
      .max(10_000)
      .optional()
      .openapi({ description: 'Messages a minute over a longer time; 0.001 is one in 16 hours' }),
    burst: z.number().int().min(1).max(10_000).optional().openapi({ description: 'So many at once after a pause; 1 if left out' }),
    minGapSeconds: z.number().min(0).max(86_400).optional().openapi({ description: 'Between two messages at least this long' }),
    jitter: z.number().min(0).max(10).optional().openapi({ description: 'Up to this part of the gap longer, by chance' }),
    perChatPerMinute: z.number().int().min(1).max(10_000).optional().openapi({ description: 'Messages a minute to one chat' }),
    quietHours: z
      .strictObject({
        from: From,
        to: To,
        timezone: z
          .string()
          .max(100)
          .refine((zone) => canonicalTimezone(zone) !== null, 'is no time zone; give an IANA name such as America/Sao_Paulo')
          .openapi({ example: 'America/Sao_Paulo' }),
      })
      .refine(({ from, to }) => minutesOf(from) !== minutesOf(to) % MINUTES_A_DAY, {
        path: ['to'],
        message: 'is the time at which they begin',
      })
      .optional()
      .openapi({ description: 'Nothing leaves in them' }),
    warmUp: z
      .strictObject({ days: z.number().int().min(1).max(365), perDay: z.number().int().min(1).max(100_000) })
      .optional()
      .openapi({ description: 'On its nth day a session sends at most n times perDay, until the days are over' }),
  })
  .openapi('Pacing', {
    description: 'When sends leave; over it they wait. A courtesy to those who get them, and no protection from being banned by WhatsApp',
  });
