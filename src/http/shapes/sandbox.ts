import { z } from 'zod';
import { closest } from '../../core/closest.ts';
import { ACK_LEVELS, ackLevel, WITHOUT_CONTENT } from '../../core/message.ts';
import { phoneIn } from '../../core/phone-number.ts';
import { WA_JS_CODES } from '../../sessions/engines/wa-js-codes.ts';
import { PASSKEY_VALID } from '../../sessions/passkey.ts';
import { Instant, Time } from './common.ts';
import { ChoiceShape, ContactCardShape, ListShape, PlaceShape, PollShape, RawShape } from './content.ts';

const Address = z.string().min(3).max(100);
const Text = z.string().max(65_536);
const USERNAME = /^[a-z0-9._]{3,35}$/;
const NO_USERNAME = 'is no username: 3 to 35 small letters, digits, dots and underscores';
const FILE = { mimetype: z.string().max(100), filename: z.string().max(255).optional() };
/** Bytes: `media.maxBytes` may not be more. What is larger than the tenant may have fails as it does from a real phone. */
const LARGEST_MADE_UP = 2_147_483_648;

export const Scan = z.strictObject({
  phone: z
    .string()
    .refine((text) => (phoneIn(text)?.length ?? 0) >= 6, 'is no phone number; give it with its country code, such as 5511999990000')
    .optional()
    .openapi({ maxLength: 60 }),
  name: z.string().max(100).optional(),
});
export const Receive = z.strictObject({
  from: Address,
  chat: Address.optional(),
  type: z
    .string()
    .max(40)
    .default('text')
    .openapi({
      description: `The hub's word, or WhatsApp's own for what the hub has none for. Of ${Object.keys(WITHOUT_CONTENT).join(', ')} the hub hears only that it came`,
    }),
  text: Text.optional(),
  name: z.string().max(100).optional(),
  username: z
    .string()
    .regex(USERNAME, NO_USERNAME)
    .optional()
    .openapi({ description: 'Of the writer at WhatsApp, without its @', maxLength: 35 }),
  lid: Address.optional(),
  phone: Address.optional().openapi({ description: 'Of a hidden number in "from"; with "lid" the hub is told both names of the writer' }),
  media: z
    .union([
      z.strictObject({ ...FILE, base64: z.base64().openapi({ maxLength: LARGEST_MADE_UP }) }),
      z.strictObject({ ...FILE, size: z.number().int().min(1).max(LARGEST_MADE_UP) }),
    ])
    .optional()
    .openapi({ description: 'The file in base64, or a size: so many bytes are made up, always the same ones' }),
  replyTo: Address.optional(),
  mentions: z.array(Address).max(100).optional(),
  location: PlaceShape.optional(),
  contacts: z.array(ContactCardShape).max(100).optional(),
  poll: PollShape.optional(),
  list: ListShape.optional(),
  choice: ChoiceShape.optional(),
  title: Text.optional(),
  videoNote: z.boolean().optional(),
  viewOnce: z.boolean().optional(),
  raw: RawShape.optional(),
  forwarded: z.boolean().optional(),
  engineId: z.string().min(1).max(200).optional(),
  fromMe: z.boolean().optional(),
  at: Instant.optional(),
});
const about = { from: Address, chat: Address.optional(), name: z.string().max(100).optional(), at: Instant.optional() };
const target = { ...about, messageId: z.string().min(1).max(200).openapi({ description: "The hub's id or WhatsApp's" }) };
export const Happens = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('reaction'), ...target, emoji: z.string().max(32).nullable() }),
  z.strictObject({ kind: z.literal('edited'), ...target, text: Text }),
  z.strictObject({ kind: z.literal('revoked'), ...target }),
  z.strictObject({ kind: z.literal('poll-vote'), ...target, options: z.array(z.string().max(100)).max(20) }),
  z.strictObject({
    kind: z.literal('presence'),
    ...about,
    state: z.enum(['available', 'unavailable', 'typing', 'recording']),
    lastSeenAt: Instant.optional(),
  }),
  z.strictObject({
    kind: z.literal('participants'),
    ...about,
    action: z.enum(['add', 'remove', 'promote', 'demote', 'join', 'leave']),
    participants: z.array(Address).min(1).max(100),
  }),
  z.strictObject({ kind: z.literal('call'), ...about, video: z.boolean().optional() }),
  z.strictObject({
    kind: z.literal('dialog'),
    text: z.string().min(1).max(1_000).openapi({ description: 'What WhatsApp Web shows over the chats, and the hub does not know' }),
  }),
]);
export const Received = z.object({ engineId: z.string() });
const AckNumber = z
  .number()
  .int()
  .openapi({ minimum: -1, maximum: 4 })
  .transform((number, context) => {
    const level = ackLevel(number);
    if (!level) context.addIssue('1 sent, 2 delivered, 3 read, 4 played, below 0 failed');
    return level ?? z.NEVER;
  });
export const Ack = z.strictObject({
  messageId: z.string().min(1).max(200).openapi({ description: "The hub's id or WhatsApp's" }),
  participant: Address.optional().openapi({ description: 'Who has got it, in a group' }),
  ack: z
    .union([z.enum(ACK_LEVELS), AckNumber])
    .openapi({ description: "A word, or WhatsApp's number: 1 sent, 2 delivered, 3 read, 4 played, below 0 failed" }),
});
export const Disconnect = z.strictObject({ reason: z.enum(['network', 'loggedOut', 'conflict', 'banned']).default('network') });
const CODES = Object.keys(WA_JS_CODES);
const failing = {
  failNext: z.number().int().min(0).max(10_000).optional(),
  code: z
    .enum(CODES, { error: ({ input }) => codeFault(String(input)) })
    .optional()
    .openapi({
      description:
        'How WhatsApp refuses those: a code of wa-js, or what WhatsApp answers to a send. Without it, in a way that nobody knows',
      example: 'chat_not_found',
    }),
};

function codeFault(code: string): string {
  const meant = closest(code, CODES);
  return `"${code.slice(0, 40)}" is no code of wa-js${meant ? `; did you mean "${meant}"?` : ''}`;
}

export const Faults = z.strictObject({
  send: z
    .strictObject({
      ...failing,
      delayMs: z.number().int().min(0).max(600_000).optional(),
      hang: z.boolean().optional(),
    })
    .optional(),
  exists: z
    .strictObject({
      unknown: z.array(z.string().max(100)).max(1_000).optional(),
      lids: z.record(z.string(), z.string().max(100)).optional(),
      usernames: z.record(z.string().regex(USERNAME, NO_USERNAME), Address.nullable()).optional(),
    })
    .optional()
    .openapi({
      description:
        'Digits of numbers that are not on WhatsApp; hidden numbers (…@lid) by the digits of the number, and by username (null: a PIN is before it)',
    }),
  media: z.strictObject({ ...failing, gone: z.boolean().optional() }).optional(),
  passkey: z
    .strictObject({
      askNext: z.number().int().min(0).max(10_000).optional(),
      code: z
        .string()
        .regex(/^[A-Z0-9]{5}$/, 'is not five capital letters or digits')
        .optional()
        .openapi({ maxLength: 5 }),
      validMs: z.number().int().min(1).max(PASSKEY_VALID).optional(),
      refuseNext: z.number().int().min(0).max(10_000).optional(),
    })
    .optional()
    .openapi({
      description:
        'So many scans ask for the passkey of the account; the code to be compared once it was signed; how long an answer may take; so many signatures are not taken',
      example: { askNext: 1, code: 'K7RWQ' },
    }),
  account: z
    .strictObject({ kind: z.enum(['personal', 'business']).optional(), newChatsUntil: Instant.optional() })
    .optional()
    .openapi({ description: 'What the account is; until when WhatsApp lets it begin no new chats' }),
  directory: z
    .strictObject({
      ...failing,
      hang: z.boolean().optional(),
      unsupported: z.boolean().optional(),
    })
    .optional()
    .openapi({ description: 'What is asked of contacts, chats, groups, presence and labels' }),
});
export const Seen = z
  .object({
    engineId: z.string(),
    to: z.string(),
    type: z.string(),
    text: z.string().optional(),
    caption: z.string().optional(),
    media: z.object({ sha256: z.string(), size: z.number(), mimetype: z.string(), filename: z.string().optional() }).optional(),
    replyTo: z.string().optional(),
    mentions: z.array(z.string()).optional(),
    linkPreview: z.boolean().optional(),
    location: PlaceShape.optional(),
    contacts: z.array(ContactCardShape).optional(),
    poll: PollShape.optional(),
    list: ListShape.optional(),
    target: z.string().optional(),
    emoji: z.string().optional(),
    typingMs: z.number(),
    at: Time,
  })
  .openapi('SandboxMessage');

export type Scan = z.output<typeof Scan>;
export type Receive = z.output<typeof Receive>;
export type Ack = z.output<typeof Ack>;
export type Disconnect = z.output<typeof Disconnect>;
export type Happens = z.output<typeof Happens>;
export type Faults = z.output<typeof Faults>;
