import { z } from 'zod';
import { HooklineError } from '../../core/errors.ts';
import { filled, type Raw } from '../requests.ts';
import { absent, NO_SUCH_TYPE } from './dialect.ts';

const File = z.object({
  id: z.string().nullish().describe('Of what was uploaded, or came in'),
  link: z.string().nullish(),
  caption: z.string().nullish(),
  filename: z.string().nullish(),
  voice: z.boolean().nullish().describe('A voice note'),
});

const Card = z.object({
  name: z.object({ formatted_name: z.string() }),
  phones: z.array(z.object({ phone: z.string().nullish(), wa_id: z.string().nullish() })).nullish(),
  emails: z.array(z.object({ email: z.string().nullish() })).nullish(),
  org: z.object({ company: z.string().nullish(), department: z.string().nullish(), title: z.string().nullish() }).nullish(),
  addresses: z.array(z.unknown()).nullish(),
  birthday: z.string().nullish(),
  urls: z.array(z.unknown()).nullish(),
});

const Action = z.object({
  button: z.string().nullish(),
  sections: z
    .array(
      z.object({
        title: z.string().nullish(),
        rows: z.array(z.object({ id: z.string(), title: z.string(), description: z.string().nullish() })),
      }),
    )
    .nullish(),
  buttons: z.array(z.object({ reply: z.object({ id: z.string(), title: z.string() }).optional() })).nullish(),
});

/** Chatwoot writes the action as JSON in a text. */
function fromJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const Interactive = z.object({
  type: z.string(),
  header: z.object({ type: z.string(), text: z.string().optional() }).nullish(),
  body: z.object({ text: z.string() }).nullish(),
  footer: z.object({ text: z.string() }).nullish(),
  action: z.preprocess(fromJson, Action),
  fallback: z
    .literal('text')
    .optional()
    .describe('A word of the hub: send it as numbered text, which is sure to be shown. Without it buttons are refused'),
});

/** What goes to `…/messages`: a message, or that one was read. */
export const Message = z.object({
  messaging_product: z.literal('whatsapp'),
  recipient_type: z.enum(['individual', 'group']).nullish(),
  to: z
    .union([z.string(), z.number().transform(String)])
    .nullish()
    .describe('A phone number in international form; of a group its id'),
  recipient: z.string().nullish().describe('Of the Cloud API alone; without "to" it is refused'),
  type: z.string().default('text'),
  context: z.object({ message_id: z.string() }).nullish().describe('The message that is answered'),
  biz_opaque_callback_data: z.string().nullish().describe('Comes back in the statuses'),
  text: z.object({ body: z.string(), preview_url: z.boolean().nullish() }).optional(),
  image: File.optional(),
  video: File.optional(),
  audio: File.optional(),
  document: File.optional(),
  sticker: File.optional(),
  location: z
    .object({ latitude: z.coerce.number(), longitude: z.coerce.number(), name: z.string().nullish(), address: z.string().nullish() })
    .optional(),
  contacts: z.array(Card).optional(),
  reaction: z.object({ message_id: z.string(), emoji: z.string().nullish().describe('Without it the reaction is taken back') }).optional(),
  interactive: Interactive.optional(),
  template: z.unknown().optional(),
  status: z.literal('read').optional().describe('Marks the chat of the message as read'),
  message_id: z.string().optional(),
  typing_indicator: z.object({ type: z.string() }).nullish().describe('Shown for 25 s, or until the next message'),
});
export type Message = z.output<typeof Message>;

export const NodeQuery = z.object({ fields: z.string().optional(), phone_number_id: z.string().optional() });
export type NodeQuery = z.output<typeof NodeQuery>;
export const PhonesQuery = z.object({ fields: z.string().optional() });
export type PhonesQuery = z.output<typeof PhonesQuery>;
export const Subscription = z.object({
  override_callback_uri: z.string().nullish().describe('Where webhooks are sent to; it is asked for hub.challenge first'),
  verify_token: z.string().nullish(),
});
export type Subscription = z.output<typeof Subscription>;
export const TokenQuery = z.object({ input_token: z.string().optional() });
export type TokenQuery = z.output<typeof TokenQuery>;

export const wrong = (path: string, message: string): HooklineError =>
  new HooklineError('invalid-body', `${path}: ${message}`, { errors: [{ path, message }] });

/** What a message of this type says, which stands under the name of the type. */
function said<Type extends keyof Message>(body: Message, type: Type): NonNullable<Message[Type]> {
  const content = body[type];
  if (content === undefined || content === null) throw wrong(type, `is missing: a message of the type "${type}" says it there`);
  return content as NonNullable<Message[Type]>;
}

function recipientOf({ to, recipient, recipient_type }: Message): string | undefined {
  // A hidden number, as webhooks tell it of whom WhatsApp shows no other.
  if (!to && recipient?.endsWith('@lid')) return recipient;
  if (!to && recipient) throw wrong('recipient', 'is an id of the Cloud API alone; a linked phone writes to numbers: give one in "to"');
  return recipient_type === 'group' && to && !to.includes('@') ? `${to}@g.us` : (to ?? undefined);
}

/** How lists and buttons go out where the body does not say so: see the configuration. */
export type Choices = 'list' | 'text';

interface Reading {
  choices: Choices;
  /** What the hub knows a message by that the body names. */
  idOf(named: string): Promise<string>;
}

const TYPES = ['text', 'image', 'video', 'audio', 'document', 'sticker', 'location', 'contacts', 'reaction', 'interactive'];

/**
 * The send of the hub that is meant. Rejects with what cannot be sent from a linked phone, under Meta's number for it.
 */
export async function sendOf(body: Message, { idOf, choices }: Reading): Promise<Raw> {
  const { type, context, biz_opaque_callback_data: reference } = body;
  if (type === 'reaction') {
    const { message_id, emoji } = said(body, 'reaction');
    return { type, ...filled({ reference }), messageId: await idOf(message_id), emoji: emoji ?? '' };
  }
  const written = filled({ to: recipientOf(body), replyTo: context ? await idOf(context.message_id) : undefined, reference });
  switch (type) {
    case 'text': {
      const { body: text, preview_url: linkPreview } = said(body, type);
      return { type, ...written, text, ...filled({ linkPreview }) };
    }
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker': {
      const { id, link, caption, filename, voice } = said(body, type);
      const media = filled({ mediaId: id, url: link, filename });
      return { type: type === 'audio' && voice ? 'voice' : type, ...written, media, ...filled({ caption }) };
    }
    case 'location': {
      const { latitude, longitude, ...named } = said(body, type);
      return { type, ...written, latitude, longitude, ...filled(named) };
    }
    case 'contacts':
      return { type: 'contact', ...written, contacts: said(body, type).map(cardOf) };
    case 'interactive':
      return { ...written, ...choiceOf(said(body, type), choices) };
    case 'template': {
      const instead = 'A linked phone writes at any time and needs no template: send its words, with the type "text"';
      throw absent(`Templates are of the Cloud API. ${instead}.`, 132001);
    }
    default:
      throw absent(`The hub sends no messages of the type "${type}". There are ${TYPES.join(', ')}.`, NO_SUCH_TYPE);
  }
}

type CardBody = z.output<typeof Card>;

/** What a card of the hub has no place for. */
const NOT_ON_CARD: Record<string, (card: CardBody) => unknown> = {
  addresses: ({ addresses }) => addresses?.[0],
  birthday: ({ birthday }) => birthday,
  urls: ({ urls }) => urls?.[0],
  'org.department': ({ org }) => org?.department,
  'org.title': ({ org }) => org?.title,
};

function cardOf(card: CardBody, nth: number): Raw {
  const lost = Object.keys(NOT_ON_CARD).find((name) => NOT_ON_CARD[name]?.(card));
  if (lost !== undefined) throw wrong(`contacts.${nth}.${lost}`, 'has no place on a card of the hub: leave it out');
  const { name, phones, emails, org } = card;
  const addresses = (emails ?? []).flatMap(({ email }) => email || []);
  return {
    name: name.formatted_name,
    phones: (phones ?? []).flatMap(({ phone, wa_id }) => phone || (wa_id ? `+${wa_id}` : [])),
    ...filled({ organization: org?.company, emails: addresses.length > 0 ? addresses : undefined }),
  };
}

const INSTEAD =
  'send a list, or say "fallback": "text" beside the type, for numbered text, which the operator can have by itself (dialectChoices)';

/** A list as the hub has it; buttons only as numbered text, and only where that was asked for. */
function choiceOf({ type, header, body, footer, action, ...asked }: z.output<typeof Interactive>, choices: Choices): Raw {
  const fallback = choices === 'text' ? choices : asked.fallback;
  if (type !== 'list' && type !== 'button') {
    throw absent(`The hub sends nothing interactive of the type "${type}"; there is "list", and "button" as numbered text.`, NO_SUCH_TYPE);
  }
  if (type === 'button' && !fallback) throw absent(`WhatsApp shows no buttons of a linked device: ${INSTEAD}.`, NO_SUCH_TYPE);
  if (header && header.type !== 'text') throw absent('Here a header is of the type "text": send the file on its own.', NO_SUCH_TYPE);
  const shown = { type: 'list', ...filled({ title: header?.text, text: body?.text, footer: footer?.text, fallback }) };
  if (type === 'list') {
    const sections = (action.sections ?? []).map(({ title, rows }) => ({ title: title ?? '', rows: rows.map(filled) }));
    return { ...shown, ...filled({ button: action.button }), sections };
  }
  const rows = (action.buttons ?? []).map(({ reply }, nth) => {
    if (!reply) throw wrong(`interactive.action.buttons.${nth}.reply`, 'is missing: of a button for anything else there is no text');
    return reply;
  });
  // Of a list that goes out as text nobody sees the button.
  return { ...shown, button: '…', sections: [{ title: '', rows }] };
}
