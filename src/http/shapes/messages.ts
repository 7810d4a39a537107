import { z } from 'zod';
import { CHAT_KINDS, MESSAGE_STATUSES } from '../../core/message.ts';
import { canonicalTimezone } from '../../core/timezones.ts';
import { WAIT_REASONS } from '../../messages/sends/hold-reason.ts';
import { Instant, PageQuery, Time } from './common.ts';
import { ChoiceShape, ContactCardShape, ListShape, PlaceShape, PollShape, RawShape, UnavailableShape } from './content.ts';
import { MediaShape } from './media.ts';

export const Party = z
  .object({
    id: z.string(),
    lid: z.string().nullable(),
    phone: z.string().nullable(),
    name: z.string().nullable(),
    username: z.string().optional().openapi({ description: 'At WhatsApp, without its @, where it is known' }),
  })
  .openapi('Party');

const Reactions = z
  .array(z.object({ emoji: z.string(), fromMe: z.boolean(), from: Party.nullable(), at: Time }))
  .openapi({ description: 'As they stand now; `from` is null for the account itself' });
const Failure = z.object({ code: z.string(), message: z.string() });

export const Message = z
  .object({
    id: z.string(),
    engineId: z.string().nullable(),
    sessionId: z.string(),
    direction: z.enum(['inbound', 'outbound']),
    type: z.string(),
    status: z.enum(MESSAGE_STATUSES),
    chat: z.object({ id: z.string(), kind: z.enum(CHAT_KINDS) }),
    from: Party.nullable(),
    to: z.string(),
    author: Party.optional(),
    text: z.string().optional(),
    caption: z.string().optional(),
    media: MediaShape.optional(),
    replyTo: z.string().optional(),
    mentions: z.array(z.string()).optional(),
    location: PlaceShape.optional(),
    contacts: z.array(ContactCardShape).optional(),
    poll: PollShape.optional(),
    list: ListShape.optional(),
    choice: ChoiceShape.optional().openapi({ description: 'The button or row that was chosen' }),
    title: z.string().optional().openapi({ description: 'Of a product, an order, an event, an invitation, or what has buttons' }),
    videoNote: z.boolean().optional().openapi({ description: 'The video was recorded as a round one' }),
    viewOnce: z.boolean().optional().openapi({ description: 'WhatsApp shows it once' }),
    unavailable: UnavailableShape.optional().openapi({ description: 'Why what it says is not here, and what a person can do' }),
    raw: RawShape.optional().openapi({
      description: "WhatsApp's own fields of what the hub has no words for; bounded in size, `truncated` says that some are left out",
    }),
    forwarded: z.boolean().optional(),
    flow: z.string().optional().openapi({ description: 'The flow that sent it' }),
    messageId: z.string().optional().openapi({ description: 'What a reaction, edit, revoke or forward is about, as it was given' }),
    emoji: z.string().optional(),
    editedAt: Time.optional(),
    revokedAt: Time.optional().openapi({ description: 'When it was deleted for everybody' }),
    reference: z.string().optional(),
    sendAt: Time.nullish().openapi({ description: 'Of one that has yet to leave' }),
    expiresAt: Time.nullish().openapi({ description: 'Of one that has yet to leave: it is given up then' }),
    error: Failure.optional(),
    reactions: Reactions.optional().openapi({
      description: 'In a list, where there are some: as they stand now; `from` is null for the account itself',
    }),
    warnings: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .optional()
      .openapi({ description: 'In the answer to a send: what may not do what you expect, such as a list' }),
    timestamp: Time,
  })
  .openapi('Message');

export const MessageWithHistory = Message.extend({
  attempts: z.number().int(),
  priority: z.number().int(),
  sendAt: Time.nullable(),
  expiresAt: Time.nullable(),
  waitsFor: z
    .object({ reason: z.enum(WAIT_REASONS), until: Time.nullable() })
    .optional()
    .openapi({ description: 'Why it has not left yet, and until when at least' }),
  recipients: z
    .array(z.object({ id: z.string(), status: z.enum(['sent', 'delivered', 'read', 'played']), at: Time }))
    .optional()
    .openapi({ description: 'In a group: how far it has come with each person of whom WhatsApp told' }),
  history: z.array(z.object({ status: z.enum(MESSAGE_STATUSES), at: Time, error: Failure.optional() })),
  edits: z.array(z.object({ text: z.string(), at: Time })).openapi({ description: 'What it said before, each until `at`; oldest first' }),
  reactions: Reactions,
  votes: z
    .array(z.object({ options: z.array(z.string()), from: Party, at: Time }))
    .openapi({ description: 'As they stand now: all options that each person has chosen' }),
}).openapi('MessageWithHistory');

export const MessagesQuery = PageQuery.extend({
  chat: z.string().max(200).optional().openapi({ description: 'A phone number or WhatsApp address' }),
  direction: z.enum(['inbound', 'outbound']).optional().openapi({ description: 'Came in, or was sent' }),
  status: z.enum(MESSAGE_STATUSES).optional().openapi({ description: 'How far it has come' }),
  reference: z.string().max(200).optional().openapi({ description: 'As the send gave it' }),
  since: Instant.optional().openapi({ description: 'ISO 8601 with a zone' }),
  search: z.string().min(1).max(200).optional().openapi({
    description:
      'What somebody has said: a piece of a text, in upper or lower case, with or without accents. A page looks through 5,000 messages at the most, so that it may hold few or none and yet have a `nextCursor`',
  }),
});

export const CountsQuery = z.strictObject({
  by: z.enum(['hour', 'day']).default('hour').openapi({ description: 'What is counted together' }),
  since: Instant.optional().openapi({
    description:
      'The first hour or day is the one with this time, at most 31 days ago; left out, the last 24 hours or 30 days. ISO 8601 with a zone',
  }),
  timezone: z
    .string()
    .max(60)
    .refine((name) => canonicalTimezone(name) !== null, 'is no time zone of IANA, such as America/Sao_Paulo')
    .default('UTC')
    .openapi({ description: 'Where hours and days begin, such as America/Sao_Paulo' }),
  session: z.string().max(100).optional().openapi({ description: 'Id or name; left out, all of them' }),
});

export const MessageCounts = z
  .object({
    by: z.enum(['hour', 'day']),
    timezone: z.string(),
    data: z
      .array(
        z.object({
          at: Time.openapi({ description: 'When the hour or day began' }),
          inbound: z.number().int().openapi({ description: 'What came in' }),
          outbound: z.number().int().openapi({ description: 'What was accepted to be sent, or was sent from the phone' }),
        }),
      )
      .openapi({ description: 'Oldest first, and none left out; the last one is not over' }),
  })
  .openapi('MessageCounts');

export const Typing = z.strictObject({ on: z.boolean().default(true) });

export type CountsQuery = z.output<typeof CountsQuery>;
export type MessagesQuery = z.output<typeof MessagesQuery>;
export type Typing = z.output<typeof Typing>;
