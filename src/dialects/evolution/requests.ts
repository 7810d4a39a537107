import { z } from 'zod';
import type { SentFile } from '../../core/message.ts';
import { EVOLUTION_EVENTS } from '../../webhooks/endpoints/dialect-options.ts';
import { Flag, fileAlong, filled, type Raw, Sections, sectionsOf, sourceOf, Whole } from '../requests.ts';

/** As the documentation of Evolution API has it, and as the node for n8n sends it (`webhookByEvents`). */
export const Webhook = z.object({
  enabled: Flag.optional(),
  url: z.string().optional(),
  headers: z.record(z.string(), z.string()).nullish(),
  events: z.array(z.enum(EVOLUTION_EVENTS)).nullish().describe('Of these alone; none: of all'),
  byEvents: Flag.optional(),
  webhookByEvents: Flag.optional(),
  base64: Flag.optional(),
  webhookBase64: Flag.optional(),
});
export type Webhook = z.output<typeof Webhook>;
export const SetWebhook = z.object({ webhook: Webhook });
export type SetWebhook = z.output<typeof SetWebhook>;

export const Instance = z.object({
  instanceName: z.string(),
  integration: z.string().optional(),
  token: z.string().optional().describe('Not taken: the answer has a key of the hub'),
  number: z.string().nullish().describe('With it the answer has a pairing code'),
  qrcode: Flag.optional().describe('Whether the answer is to have the QR code'),
  webhook: Webhook.nullish(),
  rejectCall: Flag.optional(),
  groupsIgnore: Flag.optional(),
  alwaysOnline: Flag.optional(),
  readMessages: Flag.optional(),
  readStatus: Flag.optional(),
  syncFullHistory: Flag.optional(),
  proxyHost: z.string().optional(),
  rabbitmq: z.unknown().optional(),
  chatwootAccountId: z.unknown().optional(),
});
export type Instance = z.output<typeof Instance>;

/** Settings that ask the hub to do what it does not do. */
export const Settings = Instance.pick({
  rejectCall: true,
  groupsIgnore: true,
  alwaysOnline: true,
  readMessages: true,
  readStatus: true,
  syncFullHistory: true,
});
export type Settings = z.output<typeof Settings>;

export const ConnectQuery = z.object({ number: z.string().optional() });
export type ConnectQuery = z.output<typeof ConnectQuery>;
export const InstancesQuery = z.object({
  instanceName: z.string().optional(),
  instanceId: z.string().optional(),
  number: z.string().optional(),
});
export type InstancesQuery = z.output<typeof InstancesQuery>;

const Presence = z.enum(['composing', 'recording', 'paused', 'available', 'unavailable']);
export const OwnPresence = z.object({ presence: Presence });
export type OwnPresence = z.output<typeof OwnPresence>;

/** Names a message; `remoteJid` and `fromMe` may be left out where the id is of one that the hub has. */
export const MessageKey = z.object({
  id: z.string().min(1),
  remoteJid: z.string().optional(),
  fromMe: Flag.optional(),
  participant: z.string().optional(),
});
export type MessageKey = z.output<typeof MessageKey>;

/** What any message may say besides; v1 of the API has some of it in `options`. */
const Written = {
  number: z.string(),
  delay: Whole.optional().describe('For so many ms the typing indicator is shown first'),
  quoted: z.object({ key: MessageKey }).nullish(),
  mentioned: z.array(z.string()).nullish(),
  mentionsEveryOne: Flag.optional(),
  options: z.object({ delay: Whole.optional(), linkPreview: Flag.optional(), presence: z.string().optional() }).nullish(),
};
export type Written = z.output<z.ZodObject<typeof Written>>;

export const Text = z.object({
  ...Written,
  text: z.string().optional(),
  textMessage: z.object({ text: z.string() }).optional().describe('As v1 has it'),
  linkPreview: Flag.optional(),
});
export type Text = z.output<typeof Text>;

export const MediaMessage = z.object({
  ...Written,
  mediatype: z.enum(['image', 'video', 'document', 'audio']),
  media: z.string().min(1).describe('A URL, or the file in base64'),
  mimetype: z.string().nullish(),
  caption: z.string().nullish(),
  fileName: z.string().nullish(),
});
export type MediaMessage = z.output<typeof MediaMessage>;
export const Audio = z.object({ ...Written, audio: z.string().min(1), mimetype: z.string().nullish() });
export type Audio = z.output<typeof Audio>;
export const Sticker = z.object({ ...Written, sticker: z.string().min(1) });
export type Sticker = z.output<typeof Sticker>;

/** As a form, whose part `file` stands for the member that names a file. */
type WithFile<Body, Member extends keyof Body> = Omit<Body, Member> & { file: SentFile };
export const FORM = { json: ['quoted', 'options'], lists: ['mentioned'] };

export const PlaceMessage = z.object({
  ...Written,
  latitude: z.coerce.number(),
  longitude: z.coerce.number(),
  name: z.string().nullish(),
  address: z.string().nullish(),
});
export type PlaceMessage = z.output<typeof PlaceMessage>;

export const ContactMessage = z.object({
  ...Written,
  contact: z
    .array(
      z.object({
        fullName: z.string(),
        wuid: z.string().nullish(),
        phoneNumber: z.string(),
        organization: z.string().nullish(),
        email: z.string().nullish(),
      }),
    )
    .min(1),
});
export type ContactMessage = z.output<typeof ContactMessage>;

export const PollMessage = z.object({ ...Written, name: z.string(), selectableCount: Whole.optional(), values: z.array(z.string()) });
export type PollMessage = z.output<typeof PollMessage>;

export const ListMessage = z.object({
  ...Written,
  title: z.string().nullish(),
  description: z.string().nullish(),
  buttonText: z.string(),
  footerText: z.string().nullish(),
  sections: Sections,
});
export type ListMessage = z.output<typeof ListMessage>;

export const Reaction = z.object({ key: MessageKey, reaction: z.string() });
export type Reaction = z.output<typeof Reaction>;
export const Edit = z.object({ number: z.string().optional(), key: MessageKey, text: z.string() });
export type Edit = z.output<typeof Edit>;

export const Numbers = z.object({ numbers: z.array(z.string()).min(1).max(50) });
export type Numbers = z.output<typeof Numbers>;
export const ReadMessages = z.object({
  readMessages: z.array(z.object({ remoteJid: z.string(), fromMe: Flag.optional(), id: z.string().optional() })).min(1),
});
export type ReadMessages = z.output<typeof ReadMessages>;
export const ChatUnread = z.object({
  chat: z.string().optional(),
  lastMessage: z.object({ key: z.object({ remoteJid: z.string() }) }).optional(),
});
export type ChatUnread = z.output<typeof ChatUnread>;
export const SendPresence = z.object({ number: z.string(), presence: Presence, delay: Whole.optional() });
export type SendPresence = z.output<typeof SendPresence>;
export const BlockStatus = z.object({ number: z.string(), status: z.enum(['block', 'unblock']) });
export type BlockStatus = z.output<typeof BlockStatus>;
export const MediaOfMessage = z.object({ message: z.object({ key: MessageKey }), convertToMp4: Flag.optional() });
export type MediaOfMessage = z.output<typeof MediaOfMessage>;
export const FindMessages = z.object({
  where: z.object({ key: z.object({ remoteJid: z.string().optional(), id: z.string().optional() }).optional() }).optional(),
  page: Whole.pipe(z.number().int().min(1)).optional(),
  offset: Whole.pipe(z.number().int().min(1).max(1_000)).optional(),
});
export type FindMessages = z.output<typeof FindMessages>;
export const FindContacts = z.object({
  where: z.object({ id: z.string().optional(), remoteJid: z.string().optional(), pushName: z.string().optional() }).optional(),
});
export type FindContacts = z.output<typeof FindContacts>;
export const FindChats = FindContacts.extend({
  page: Whole.pipe(z.number().int().min(1)).optional(),
  offset: Whole.pipe(z.number().int().min(1).max(500)).optional(),
});
export type FindChats = z.output<typeof FindChats>;
export const FindReceipts = z.object({ where: z.object({ id: z.string().optional(), keyId: z.string().optional() }).optional() });

export const GroupQuery = z.object({ groupJid: z.string().min(1) });
export type GroupQuery = z.output<typeof GroupQuery>;
export const GroupsQuery = z.object({ getParticipants: Flag.optional() });
export type GroupsQuery = z.output<typeof GroupsQuery>;
export const NewGroup = z.object({
  subject: z.string().min(1),
  description: z.string().nullish(),
  participants: z.array(z.string()).min(1),
});
export type NewGroup = z.output<typeof NewGroup>;
export const Subject = z.object({ subject: z.string().min(1) });
export const Description = z.object({ description: z.string() });
export const SendInvite = z.object({
  groupJid: z.string(),
  description: z.string().nullish(),
  numbers: z.array(z.string()).min(1).max(100),
});
export type SendInvite = z.output<typeof SendInvite>;
export const Participants = z.object({ action: z.enum(['add', 'remove', 'promote', 'demote']), participants: z.array(z.string()).min(1) });
export type Participants = z.output<typeof Participants>;
/** How a bot stands in a chat. */
export const BotStatus = z.object({ remoteJid: z.string(), status: z.enum(['opened', 'paused', 'closed']) });
export type BotStatus = z.output<typeof BotStatus>;

/** `replyTo`: the message that `quoted` names, by an id of the hub's or WhatsApp's own. */
const written = ({ number, delay, mentioned, options }: Written, replyTo: string | undefined): Raw => {
  const typing = delay ?? options?.delay;
  return filled({
    to: number,
    replyTo,
    mentions: mentioned?.length ? mentioned : undefined,
    typing: typing ? Math.min(typing, 60_000) : undefined,
  });
};

export function textOf(body: Text, replyTo: string | undefined): Raw {
  const linkPreview = body.linkPreview ?? body.options?.linkPreview;
  return {
    type: 'text',
    ...written(body, replyTo),
    text: body.text ?? body.textMessage?.text,
    ...(linkPreview !== undefined && { linkPreview }),
  };
}

export function mediaOf(body: MediaMessage | WithFile<MediaMessage, 'media'>, replyTo: string | undefined): Raw {
  const { mediatype, mimetype, caption, fileName } = body;
  const file = 'file' in body ? fileAlong(body.file, fileName) : { media: sourceOf(body.media, { mimetype, filename: fileName }) };
  return filled({ type: mediatype, ...written(body, replyTo), ...file, caption });
}

export const audioOf = (body: Audio | WithFile<Audio, 'audio'>, replyTo: string | undefined): Raw => ({
  ...{ type: 'voice', ...written(body, replyTo) },
  ...('file' in body ? fileAlong(body.file) : { media: sourceOf(body.audio, { mimetype: body.mimetype }) }),
});
export const stickerOf = (body: Sticker | WithFile<Sticker, 'sticker'>, replyTo: string | undefined): Raw => ({
  ...{ type: 'sticker', ...written(body, replyTo) },
  ...('file' in body ? fileAlong(body.file) : { media: sourceOf(body.sticker) }),
});

export const placeOf = (body: PlaceMessage, replyTo: string | undefined): Raw =>
  filled({
    ...{ type: 'location', ...written(body, replyTo) },
    latitude: body.latitude,
    longitude: body.longitude,
    name: body.name,
    address: body.address,
  });

export const contactOf = (body: ContactMessage, replyTo: string | undefined): Raw => ({
  ...{ type: 'contact', ...written(body, replyTo) },
  contacts: body.contact.map(({ fullName, phoneNumber, organization, email }) =>
    filled({ name: fullName, phones: [phoneNumber], organization, emails: email ? [email] : undefined }),
  ),
});

export const pollOf = (body: PollMessage, replyTo: string | undefined): Raw => ({
  // 0: any number of them.
  ...{ type: 'poll', ...written(body, replyTo), question: body.name, options: body.values },
  selectable: body.selectableCount === 0 ? body.values.length : body.selectableCount,
});

export const listOf = (body: ListMessage, replyTo: string | undefined): Raw =>
  filled({
    ...{ type: 'list', ...written(body, replyTo), title: body.title, text: body.description || body.title, footer: body.footerText },
    button: body.buttonText,
    sections: sectionsOf(body.sections),
  });
