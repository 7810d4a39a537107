import { extendZodWithOpenApi } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';

extendZodWithOpenApi(z);

export const Time = z.iso.datetime().openapi({ description: 'ISO 8601, UTC', example: '2026-11-23T14:05:00.000Z' });

/** Fractions of a second may be as long as one likes. */
const LONGEST_TIME = 40;

/** A time in a request: ISO 8601 with a zone; milliseconds inside the hub. */
export const Instant = z.iso
  .datetime({ offset: true })
  .max(LONGEST_TIME)
  .transform((text) => Date.parse(text))
  .openapi({ type: 'string', format: 'date-time', maxLength: LONGEST_TIME });

/** `?unread=false` is not the same as to leave it out. */
export const Flag = z
  .enum(['true', 'false'])
  .transform((word) => word === 'true')
  .optional()
  .openapi({ type: 'boolean' });

/** `?limit=&cursor=`; a page is at most 200, of events 1,000. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).openapi({ description: 'How many at the most' }),
  cursor: z.string().max(200).optional().openapi({ description: '`nextCursor` of the page before' }),
});

/** Any other text would be an empty page, or the first. */
export const pageBehind = (last: RegExp) =>
  PageQuery.extend({
    cursor: z
      .string()
      .regex(last, 'is none that this list gave out. Give "nextCursor" of the page before, or leave it out')
      .optional()
      .openapi({ description: '`nextCursor` of the page before', maxLength: 200 }),
  });

/** Of a list in the order of its ids, whose cursor is the last id that was given. */
export const pageById = (prefix: string) => pageBehind(new RegExp(`^${prefix}_[0-9a-z]{26}$`));

/** Of a list in the order of names such as those of flows and their secrets. */
export const PageByName = pageBehind(/^[a-z0-9_][a-z0-9_-]{0,63}$/);
/** By chat. */
export const PageByChat = pageBehind(/^[\w.:@-]{1,200}$/);

export const pageOf = <T extends z.ZodType>(item: T) => z.object({ data: z.array(item), nextCursor: z.string().nullable() });

export const ProblemShape = z
  .object({
    type: z.url(),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().openapi({ description: 'What is wrong with this request and what to do' }),
    code: z.string().openapi({ description: 'Stable: branch on it', example: 'session-exists' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');

export type PageQuery = z.output<typeof PageQuery>;
