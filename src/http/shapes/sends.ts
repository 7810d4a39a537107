import { z } from 'zod';
import { closest } from '../../core/closest.ts';
import { LONGEST_CAPTION, LONGEST_TEXT, MEDIA_TYPES, type MediaSource } from '../../core/message.ts';
import { phoneIn, plainNumber } from '../../core/phone-number.ts';
import { Instant } from './common.ts';
import { ContactCardShape, ListShape, PlaceShape, PollShape } from './content.ts';
import { FilePart } from './media.ts';

/** Ids of WhatsApp's own name a chat and, in a group, who wrote; they are some 120 characters long. */
const LONGEST_ADDRESS = 200;

/** `missing` is said where the member was left out; zod's own words would not say what belongs there. */
const address = (missing: string) =>
  z
    .string({ error: ({ input }) => (input === undefined ? missing : undefined) })
    .min(1)
    .max(LONGEST_ADDRESS);

const To = address('is missing: who is to get the message, such as "+55 11 98765-4321" or "120363041234567890@g.us"').openapi({
  description: 'A phone number in international form, a WhatsApp address, or a username such as @ana.shop',
  example: '+55 11 98765-4321',
});
const MessageRef = address("is missing: the message that is meant, by the hub's id (msg_…) or WhatsApp's").openapi({
  description: "A message of this session: the hub's id (`msg_…`) or WhatsApp's",
});

/** What any send may say. */
const Common = {
  sendAt: Instant.optional(),
  expiresAt: Instant.optional(),
  reference: z.string().max(200).optional(),
  priority: z.number().int().min(-10).max(10).optional(),
};

/** What a message that is new in its chat may say besides. */
const Written = {
  ...Common,
  to: To,
  replyTo: MessageRef.optional(),
  mentions: z.array(z.string().max(LONGEST_ADDRESS)).max(1_024).optional(),
  typing: z
    .union([z.boolean(), z.number().int().min(0).max(60_000)])
    .optional()
    .openapi({ description: 'Show the typing indicator first: as long as the text asks for, or so many ms' }),
};

/** What is about a message goes to the chat of it. */
const About = {
  ...Common,
  messageId: MessageRef,
  to: To.optional().openapi({ description: 'The chat of the message; it may be left out' }),
};

/** `media.maxBytes` may not be more. */
const LARGEST_BASE64 = 2_147_483_648;

const line = (most: number) => z.string().min(1).max(most);

const ONE_SOURCE = 'needs exactly one of "url", "base64" and "mediaId"';
const Media = z
  .strictObject(
    {
      url: z.url().max(8_192).optional(),
      base64: z.string().min(1).optional().openapi({ maxLength: LARGEST_BASE64 }),
      mediaId: z.string().min(1).max(100).optional(),
      filename: z.string().min(1).max(255).optional(),
      mimetype: z.string().min(1).max(100).optional().openapi({ description: 'A hint: the bytes decide' }),
    },
    {
      error: ({ input }) =>
        input === undefined ? 'is missing: give an object, such as {"url": "https://example.com/photo.jpg"}' : undefined,
    },
  )
  .transform(({ url, base64, mediaId, ...more }, context): MediaSource => {
    const given = [url, base64, mediaId].filter((source) => source !== undefined);
    if (given.length !== 1) context.addIssue(ONE_SOURCE);
    return { ...(url !== undefined ? { url } : base64 !== undefined ? { base64 } : { mediaId: mediaId ?? '' }), ...more };
  })
  .openapi('MediaSource', { description: `It ${ONE_SOURCE}` });

/** A type of message: what a send of it says besides. */
const send = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.strictObject({ type: z.literal(type), ...shape }).openapi(`${type.charAt(0).toUpperCase()}${type.slice(1)}Send`);

const Caption = z.string().max(LONGEST_CAPTION).optional();
const mediaMessage = <Type extends (typeof MEDIA_TYPES)[number]>(type: Type) => send(type, { ...Written, media: Media, caption: Caption });

/** A card may hold what is dialed only at home, such as 190 or *123#; see `cardPhone`. */
const Phone = z
  .string()
  .max(60)
  .refine(
    (text) => phoneIn(text) !== null || /^(?=.*\d)[+\d\s().*#/-]{2,40}$/.test(plainNumber(text)),
    'is no phone number; give it in international form, such as "+55 11 98765-4321", or as it is dialed, such as "190"',
  );
const Contact = z.strictObject({ ...ContactCardShape.shape, phones: z.array(Phone).min(1).max(10) });

const SENDS = [
  send('text', { ...Written, text: line(LONGEST_TEXT), linkPreview: z.boolean().optional() }),
  mediaMessage('image'),
  mediaMessage('video'),
  mediaMessage('audio'),
  mediaMessage('voice'),
  mediaMessage('document'),
  mediaMessage('sticker'),
  send('location', { ...Written, ...PlaceShape.shape }),
  send('contact', { ...Written, contacts: z.array(Contact).min(1).max(50) }),
  send('poll', { ...Written, ...PollShape.shape, selectable: PollShape.shape.selectable.optional() }),
  send('list', {
    ...Written,
    ...ListShape.shape,
    fallback: z
      .literal('text')
      .optional()
      .openapi({ description: 'Send it as numbered text, which is sure to be shown; WhatsApp may not show a list from a linked device' }),
  }),
  send('forward', { ...Common, to: To, messageId: MessageRef }),
  send('reaction', { ...About, emoji: z.string().max(64).openapi({ description: 'Empty: take it back' }) }),
  send('edit', { ...About, text: line(LONGEST_TEXT) }),
  send('revoke', { ...About }),
] as const;

export const SEND_TYPES: readonly string[] = SENDS.map(({ shape }) => shape.type.value);

/** In the words of zod, every other type of message would be an "invalid discriminator value". */
function typeFault(type: unknown): string {
  const all = `There are ${SEND_TYPES.join(', ')}`;
  if (typeof type !== 'string') return `says what kind of message it is. ${all}`;
  const meant = closest(type, SEND_TYPES);
  return `"${type.slice(0, 40)}" is no type of message${meant ? `; did you mean "${meant}"?` : ''} ${all}`;
}

export const Send = z
  .discriminatedUnion('type', SENDS, {
    error: (issue) => (issue.code === 'invalid_union' ? typeFault((issue.input as { type?: unknown }).type) : undefined),
  })
  .openapi('Send');
export type Send = z.output<typeof Send>;
/** The same with `more` beside: for whoever reads it, as nothing is checked by it. */
export const sendsWith = (more: z.ZodRawShape): z.ZodType =>
  z.union(SENDS.map(({ shape }) => z.strictObject({ ...more, ...shape }))) as z.ZodType;
/** As a caller writes it. */
export type SendBody = z.input<typeof Send>;

const FILE_TYPES = `says what kind of message the file is: ${MEDIA_TYPES.join(', ')}`;

/** A send whose file comes with it: the same members, with `file` in the place of `media`. */
const SendFile = z
  .strictObject({ type: z.enum(MEDIA_TYPES, FILE_TYPES), ...Written, caption: Caption, file: FilePart })
  .transform(({ file: { kept, filename }, ...send }) => ({ ...send, media: { kept, ...(filename !== undefined && { filename }) } }));

export const SendForm = {
  schema: SendFile,
  json: ['priority', 'typing'],
  lists: ['mentions'],
  whole: 'message',
};
export type SendFile = z.output<typeof SendFile>;
