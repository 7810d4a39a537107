import { z } from 'zod';
import { patternFault } from '../../core/event-patterns.ts';
import { pageOf, Time } from './common.ts';
import { CUSTOM, EVENTS, type EventKind, EXAMPLE_SESSION } from './event-data.ts';

const head = {
  id: z.string(),
  timestamp: Time,
  tenantId: z.string(),
  sessionId: z.string().nullable().openapi({ description: 'Null for what concerns the tenant as a whole' }),
  sessionName: z.string().nullable(),
  seq: z.number().int().openapi({ description: 'Counts the events of one session without gaps; a filter leaves some of them out' }),
};

/** `message.received` → `MessageReceivedEvent`. */
const nameOf = (type: string): string => `${type.replace(/(?:^|[.-])(\w)/g, (_, letter: string) => letter.toUpperCase())}Event`;

interface DocumentedEvent {
  type: string;
  /** Of its shape. */
  name: string;
  summary: string;
  /** The envelope, as it stands in webhooks, in `GET /api/events` and on live connections. */
  schema: z.ZodType;
  example: object;
}

function documented(type: string, name: string, Type: z.ZodType, { summary, data, example: inside }: EventKind): DocumentedEvent {
  const ofTenant = type.startsWith('webhook.');
  const example = {
    id: 'evt_01jd5x9a1b3d5f7h9k1m3p5r7t',
    type,
    timestamp: '2026-11-23T14:06:00.125Z',
    tenantId: 'tnt_01jd5x7y2v6j1k8m3p5q7s9w0z',
    sessionId: ofTenant ? null : EXAMPLE_SESSION,
    sessionName: ofTenant ? null : 'shop',
    seq: 42,
    data: inside,
  };
  const schema = z.object({ ...head, type: Type, data }).openapi(name, { description: summary, example });
  return { type, name, summary, schema, example };
}

export const DOCUMENTED_EVENTS: readonly DocumentedEvent[] = [
  ...Object.entries(EVENTS).map(([type, kind]) => documented(type, nameOf(type), z.literal(type), kind)),
  documented('custom.coupon', 'CustomEvent', z.string().regex(/^custom\./), CUSTOM),
];

export const Envelope = z.union(DOCUMENTED_EVENTS.map(({ schema }) => schema)).openapi('Event');

const Gap = z
  .object({ after: z.string(), from: Time, to: Time.nullable().openapi({ description: 'Of the first event that is given' }) })
  .openapi('Gap', { description: 'What is asked for to go on from is not kept any more: events between the two times may be missing' });

export const EventsPage = pageOf(Envelope).extend({ gap: Gap.optional() });

/** A misspelt type would otherwise be an empty page for ever. */
export const Types = z
  .string()
  .max(1_000)
  .transform((list, context) => {
    const types = list.split(',').map((type) => type.trim());
    for (const type of types) {
      const fault = patternFault(type);
      if (fault !== null) context.addIssue(fault);
    }
    return types;
  })
  .openapi({
    type: 'string',
    description: 'Comma-separated types, or all below a prefix',
    maxLength: 1_000,
    example: 'message.*,session.status',
  });

export const LiveQuery = z.strictObject({
  after: z.string().max(100).optional().openapi({
    description:
      'An event id, or the nextCursor of a page. After one that is not kept any more comes the first that is, and `gap` says so. Without it a page begins at the first event there is, and what is live with the next one. With `order=desc` a page goes on from it towards older events',
  }),
  types: Types.optional(),
  session: z.string().max(100).optional().openapi({ description: 'Id or name' }),
});
export type LiveQuery = z.output<typeof LiveQuery>;

export const EventsQuery = LiveQuery.extend({
  cursor: z.string().max(100).optional().openapi({ description: '`nextCursor` of the page before; as `after`' }),
  order: z.enum(['asc', 'desc']).default('asc').openapi({ description: 'Oldest or newest first; a page goes on in the same order' }),
  search: z.string().trim().min(1).max(200).optional().openapi({
    description:
      'Text anywhere in an event, in upper or lower case. A page looks through 5,000 events at the most, so that it may hold few or none and yet have a `nextCursor`',
  }),
  limit: z.coerce.number().int().min(1).max(1_000).default(100).openapi({ description: 'How many at the most' }),
  named: z
    .enum(['true', 'false'])
    .transform((word) => word === 'true')
    .optional()
    .openapi({
      type: 'string',
      enum: ['true', 'false'],
      description:
        "Of Server-Sent Events: whether each has the name of its type. Without names all of them come to a browser's `onmessage`",
    }),
});
export type EventsQuery = z.output<typeof EventsQuery>;
