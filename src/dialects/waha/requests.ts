import { z } from 'zod';
import { HooklineError } from '../../core/errors.ts';
import { parseVcard } from '../../core/vcard.ts';
import { Flag, filled, needNothingElse, type Raw, Sections, sectionsOf, Whole } from '../requests.ts';

const Session = { session: z.string().optional().describe('default, if it is left out') };

const Webhook = z.object({
  url: z.string(),
  events: z.array(z.string()),
  hmac: z.object({ key: z.string().nullish() }).nullish().describe('Signs the body in X-Webhook-Hmac'),
  retries: z
    .object({
      policy: z.enum(['constant', 'linear', 'exponential']).nullish(),
      delaySeconds: z.number().min(0).optional(),
      attempts: z.number().int().min(1).optional(),
    })
    .nullish()
    .describe('The waits between the first tries; the last is repeated, for days'),
  customHeaders: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
});
export type Webhook = z.output<typeof Webhook>;

export const Create = z.object({
  name: z.string().nullish().describe('One is made if it is left out'),
  start: Flag.optional(),
  engine: z.enum(['WPP', 'SANDBOX']).nullish().describe('WPP: a phone, over WhatsApp Web. SANDBOX: a phone that is played, for tests'),
  config: z.looseObject({ webhooks: z.array(Webhook).nullish() }).nullish(),
  apps: z.array(z.unknown()).nullish(),
});
export type Create = z.output<typeof Create>;
export const Update = Create.omit({ name: true, start: true, engine: true });
export type Update = z.output<typeof Update>;

/** Of what a session's `config` may ask there, what does it here. */
const NO_CONFIG = {
  metadata: 'keep it with you, by the name of the session, which every event has',
  proxy: 'the way out is set by the operator, for the whole hub (chromium.proxies)',
  ignore: 'leave it out where it is received, or by the filter of an endpoint (POST /api/webhooks)',
  client: 'the name under which the device is linked is that of the hub',
};

/** An empty list asks for nothing. */
const someOf = (list: unknown): unknown => (Array.isArray(list) && list.length === 0 ? undefined : list);

/** Settings of engines that are not here ask nothing of this one. */
export function checkSettings({ config, apps }: Update): void {
  needNothingElse({ ...config, apps: someOf(apps) }, { ...NO_CONFIG, apps: 'flows of the hub answer in chats: PUT /api/flows/{name}' });
}

export const ListQuery = z.object({ all: Flag.optional().describe('Those that are stopped, too') });
export type ListQuery = z.output<typeof ListQuery>;
export const CodeQuery = z.object({ format: z.enum(['image', 'raw']).optional() });
export type CodeQuery = z.output<typeof CodeQuery>;
export const RequestCode = z.object({ phoneNumber: z.string(), method: z.string().nullish() });
export type RequestCode = z.output<typeof RequestCode>;

/** What any message may say besides. */
const Written = {
  ...Session,
  chatId: z.string(),
  reply_to: z.string().nullish().describe('The message that is answered, by any id of it'),
  mentions: z.array(z.string()).nullish(),
};
export type Written = z.output<z.ZodObject<typeof Written>>;

export const Text = z.object({ ...Written, text: z.string(), linkPreview: Flag.nullish() });
export type Text = z.output<typeof Text>;

const SentFile = z.object({
  mimetype: z.string().nullish(),
  filename: z.string().nullish(),
  url: z.string().nullish(),
  data: z.string().nullish().describe('The file in base64'),
});
export const FileMessage = z.object({
  ...Written,
  file: SentFile,
  caption: z.string().nullish(),
  convert: Flag.nullish(),
  asNote: Flag.nullish(),
});
export type FileMessage = z.output<typeof FileMessage>;

export const PollMessage = z.object({
  ...Written,
  poll: z.object({ name: z.string(), options: z.array(z.string()), multipleAnswers: Flag.nullish() }),
});
export type PollMessage = z.output<typeof PollMessage>;
export const PlaceMessage = z.object({
  ...Written,
  latitude: z.coerce.number(),
  longitude: z.coerce.number(),
  title: z.string().nullish(),
});
export type PlaceMessage = z.output<typeof PlaceMessage>;
export const ContactMessage = z.object({
  ...Written,
  contacts: z
    .array(
      z.object({
        vcard: z.string().nullish(),
        fullName: z.string().nullish(),
        organization: z.string().nullish(),
        phoneNumber: z.string().nullish(),
        whatsappId: z.string().nullish(),
      }),
    )
    .min(1),
});
export type ContactMessage = z.output<typeof ContactMessage>;
export const ListMessage = z.object({
  ...Written,
  message: z.object({
    title: z.string().nullish(),
    description: z.string().nullish(),
    footer: z.string().nullish(),
    button: z.string(),
    sections: Sections,
  }),
});
export type ListMessage = z.output<typeof ListMessage>;
export const LinkMessage = z.object({ ...Written, url: z.string(), title: z.string().nullish() });
export type LinkMessage = z.output<typeof LinkMessage>;

export const Forward = z.object({ ...Session, chatId: z.string(), messageId: z.string() });
export type Forward = z.output<typeof Forward>;
export const Reaction = z.object({ ...Session, messageId: z.string(), reaction: z.string() });
export type Reaction = z.output<typeof Reaction>;
export const Edit = z.object({ text: z.string(), linkPreview: Flag.nullish() });
export type Edit = z.output<typeof Edit>;

/** Of one chat. Which of its messages are meant makes no difference: WhatsApp Web marks a chat as read. */
export const Chat = z.object({ ...Session, chatId: z.string() });
export type Chat = z.output<typeof Chat>;
export const Person = z.object({ ...Session, contactId: z.string() });
export type Person = z.output<typeof Person>;
const PRESENCES = ['online', 'offline', 'typing', 'recording', 'paused'] as const;
export const Presence = z.object({ chatId: z.string().nullish(), presence: z.enum(PRESENCES) });
export type Presence = z.output<typeof Presence>;

export const NumberQuery = z.object({ ...Session, phone: z.string() });
export type NumberQuery = z.output<typeof NumberQuery>;
export const ContactQuery = z.object({ ...Session, contactId: z.string() });
export type ContactQuery = z.output<typeof ContactQuery>;
export const SessionQuery = z.object(Session);

const Page = {
  limit: Whole.pipe(z.number().int().min(1).max(1_000)).optional(),
  offset: Whole.pipe(z.number().int().min(0).max(10_000)).optional(),
};
export const PageQuery = z.object(Page);
export type PageQuery = z.output<typeof PageQuery>;
export const ContactsQuery = z.object({ ...Session, ...Page });
export const ChatsQuery = z.object({ ...Page, sortBy: z.string().optional(), sortOrder: z.string().optional() });
export type ChatsQuery = z.output<typeof ChatsQuery>;
export const MessagesQuery = z.object({
  ...Page,
  downloadMedia: Flag.optional(),
  'filter.fromMe': Flag.optional(),
  'filter.timestamp.gte': Whole.optional(),
  'filter.timestamp.lte': Whole.optional(),
  'filter.ack': z.string().optional(),
});
export type MessagesQuery = z.output<typeof MessagesQuery>;

/** `replyTo`: the message that `reply_to` names, as the hub takes it. */
const written = ({ chatId, mentions }: Written, replyTo: string | undefined): Raw =>
  filled({ to: chatId, replyTo, mentions: mentions?.length ? mentions : undefined });

export const textOf = (body: Text, replyTo: string | undefined): Raw => ({
  ...{ type: 'text', ...written(body, replyTo), text: body.text },
  ...(typeof body.linkPreview === 'boolean' && { linkPreview: body.linkPreview }),
});

export const linkOf = (body: LinkMessage, replyTo: string | undefined): Raw => ({
  ...{ type: 'text', ...written(body, replyTo), text: [body.title, body.url].filter(Boolean).join('\n'), linkPreview: true },
});

export const fileOf =
  (type: 'image' | 'document' | 'voice' | 'video') =>
  (body: FileMessage, replyTo: string | undefined): Raw => {
    needNothingElse(body, { asNote: 'a video is sent as it is, and not as a round one' });
    const { mimetype, filename, url, data } = body.file;
    const base64 = data?.replace(/^data:[^,]*,/s, '');
    return filled({ type, ...written(body, replyTo), media: filled({ url, base64, mimetype, filename }), caption: body.caption });
  };

export const pollOf = (body: PollMessage, replyTo: string | undefined): Raw => ({
  ...{ type: 'poll', ...written(body, replyTo), question: body.poll.name, options: body.poll.options },
  selectable: body.poll.multipleAnswers ? body.poll.options.length : 1,
});

export const placeOf = (body: PlaceMessage, replyTo: string | undefined): Raw =>
  filled({ type: 'location', ...written(body, replyTo), latitude: body.latitude, longitude: body.longitude, name: body.title });

export const contactOf = (body: ContactMessage, replyTo: string | undefined): Raw => ({
  ...{ type: 'contact', ...written(body, replyTo) },
  contacts: body.contacts.map(({ vcard, fullName, organization, phoneNumber }, at) => {
    if (vcard) return parseVcard(vcard);
    if (fullName && phoneNumber) return filled({ name: fullName, phones: [phoneNumber], organization });
    const errors = [{ path: `contacts.${at}`, message: 'needs a vcard, or fullName and phoneNumber' }];
    throw new HooklineError('invalid-body', 'A contact cannot be sent like this.', { errors });
  }),
});

export const listOf = (body: ListMessage, replyTo: string | undefined): Raw => {
  const { title, description, footer, button, sections } = body.message;
  return filled({
    ...{ type: 'list', ...written(body, replyTo), title, text: description || title, footer, button },
    sections: sectionsOf(sections),
  });
};
