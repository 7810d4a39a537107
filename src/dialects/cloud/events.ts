/** The events of the hub, as Meta tells webhooks of them: one message or one status a request. */
import { createHmac } from 'node:crypto';
import { ERROR_CODES, type ErrorCode } from '../../core/errors.ts';
import type { EventType, LedgerEvent } from '../../core/events.ts';
import type { MessageId } from '../../core/ids.ts';
import type { ChatId, ChatKind, ContactCard, MessageView, Party } from '../../core/message.ts';
import type { DialectFacts, DialectOptions, EventDialect } from '../../webhooks/ports.ts';
import { NO_SUCH_TYPE, toldOf } from './dialect.ts';
import { digitsOf, wamid, wamidOf } from './ids.ts';

interface CloudOptions {
  appSecret?: string;
  verifyToken?: string;
  groups?: boolean;
}

/** What stands in one `value`, beside who it is for. */
interface Change {
  field: 'messages' | 'smb_message_echoes';
  value: Record<string, unknown>;
}

interface Asked {
  event: LedgerEvent;
  facts: DialectFacts;
  /** The digits of the phone itself; empty while it has none. */
  own: string;
  groups: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: each reads the `data` of its own type of event
type Teller = (data: any, asked: Asked) => Promise<Change | null> | Change | null;

const status =
  (name: 'sent' | 'delivered' | 'read' | 'failed'): Teller =>
  (message: MessageView, asked) =>
    isHeard(message.chat, asked) && !NO_MESSAGE.includes(message.type)
      ? changeOf({ statuses: [statusOf(message, name, asked.event)] })
      : null;

/** They change a message that has gone: Meta has none of them. */
const NO_MESSAGE: readonly string[] = ['edit', 'revoke'];

/** With its file it is told of once that is here, or cannot be had: its receivers ask for it at once, and only then. */
const came: Teller = (message: MessageView, asked) => (message.media?.status === 'pending' ? null : told(message, asked));

/** By the type of the hub. What is not here is not told. */
const TELLERS: Partial<Record<EventType, Teller>> = {
  'message.received': came,
  'message.fromphone': came,
  'media.ready': fileCame,
  'media.failed': fileCame,
  'message.sent': status('sent'),
  'message.delivered': status('delivered'),
  'message.read': status('read'),
  // Not all receivers know "played", and who has heard it has read it.
  'message.played': status('read'),
  'message.failed': status('failed'),
  'message.expired': status('failed'),
  'message.canceled': status('failed'),
  'message.reaction': reactionOf,
  // Asked for by whoever wants to see that the endpoint is reached.
  'webhook.test': () => changeOf({}),
};

export const cloudEvents: EventDialect = {
  hears: (type) => type in TELLERS,

  async requestsOf(event, { options: given, secret }, facts) {
    const options: CloudOptions = given;
    const teller = TELLERS[event.type];
    if (!teller) return [];
    const account = event.sessionId && (await facts.account(event.tenantId, event.sessionId));
    const own = account?.phone ?? '';
    const change = await teller(JSON.parse(event.json), { event, facts, own, groups: options.groups ?? false });
    if (!change) return [];
    const metadata = { display_phone_number: own, phone_number_id: event.sessionId ?? '' };
    const value = { messaging_product: 'whatsapp', metadata, ...change.value };
    const body = escaped({
      object: 'whatsapp_business_account',
      entry: [{ id: event.tenantId, changes: [{ value, field: change.field }] }],
    });
    return [{ body, headers: { 'x-hub-signature-256': `sha256=${signed(body, options.appSecret ?? secret)}` } }];
  },

  handshake(url, { verifyToken }: DialectOptions & CloudOptions, challenge) {
    if (verifyToken === undefined) return null;
    const asked = new URL(url);
    for (const [name, value] of [
      ['hub.mode', 'subscribe'],
      ['hub.challenge', challenge],
      ['hub.verify_token', verifyToken],
    ] as const) {
      asked.searchParams.set(name, value);
    }
    return { url: asked.href, answer: challenge };
  },
};

const changeOf = (value: Change['value'], field: Change['field'] = 'messages'): Change => ({ field, value });

/** As Meta writes JSON: in ASCII. Receivers that go by Meta's words make the signature of that. */
const escaped = (value: unknown): string =>
  JSON.stringify(value).replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const signed = (body: string, secret: string): string => createHmac('sha256', secret).update(body).digest('hex');

const secondsOf = (timestamp: string): string => String(Math.floor(Date.parse(timestamp) / 1_000));

/** A receiver answers whoever wrote, and would answer what is said in a group in private: of groups is told where that is asked for. */
const isHeard = ({ kind }: { kind: ChatKind }, { groups }: Asked): boolean => kind === 'private' || (groups && kind === 'group');

/** Of somebody without a number that is known there is the hidden one, under a name by which it is no number: it can be written to. */
function personOf({ id, phone, lid, name }: Party) {
  const digits = phone ?? digitsOf(id);
  const hidden = lid ?? (id.endsWith('@lid') ? id : null);
  return {
    name: name ?? (digits === undefined ? '' : `+${digits}`),
    from: digits === undefined ? { ...(hidden !== null && { from_user_id: hidden }) } : { from: digits },
    contact: digits === undefined ? { ...(hidden !== null && { user_id: hidden }) } : { wa_id: digits },
  };
}

async function told(message: MessageView, asked: Asked): Promise<Change | null> {
  if (!isHeard(message.chat, asked)) return null;
  const said = { timestamp: secondsOf(message.timestamp), ...(await contextOf(message, asked)), ...contentOf(message) };
  const place = message.chat.kind === 'group' ? { group_id: message.chat.id } : {};
  if (message.direction === 'outbound') {
    const to = digitsOf(message.chat.id) ?? digitsOf(message.to) ?? message.chat.id;
    return changeOf({ message_echoes: [{ from: asked.own, to, ...place, id: wamidOf(message), ...said }] }, 'smb_message_echoes');
  }
  const author = message.author ?? message.from;
  if (!author) return null;
  const { name, from, contact } = personOf(author);
  return changeOf({ contacts: [{ profile: { name }, ...contact }], messages: [{ ...from, ...place, id: wamidOf(message), ...said }] });
}

async function fileCame({ messageId }: { messageId: MessageId }, asked: Asked): Promise<Change | null> {
  const message = await asked.facts.message(asked.event.tenantId, messageId);
  return message && told(message, asked);
}

/** The message that is answered, under the id by which the receiver knows it. */
async function contextOf({ replyTo, forwarded, chat }: MessageView, { event, facts, own }: Asked) {
  if (replyTo === undefined) return forwarded ? { context: { forwarded: true } } : {};
  const answered = event.sessionId && (await facts.called(event.tenantId, event.sessionId, replyTo));
  const from = replyTo.startsWith('true_') ? own : (answered?.from?.phone ?? digitsOf(chat.id));
  return { context: { ...(from && { from }), id: answered ? wamidOf(answered) : wamid(replyTo), ...(forwarded && { forwarded: true }) } };
}

function contentOf(message: MessageView): Record<string, unknown> {
  const { type, text = '', caption, media, location, contacts = [], choice } = message;
  const as = (name: string, content: object): Record<string, unknown> => ({ type: name, [name]: content });
  const file = { id: media?.id ?? '', mime_type: media?.mimetype ?? '' };
  const shown = { ...file, ...(caption !== undefined && { caption }) };
  switch (type) {
    case 'text':
      return as('text', { body: text });
    case 'image':
    case 'video':
      return as(type, shown);
    case 'document':
      return as(type, { ...shown, ...(media?.filename !== undefined && { filename: media.filename }) });
    case 'audio':
    case 'voice':
      return as('audio', { ...file, voice: type === 'voice' });
    case 'sticker':
      return as(type, { ...file, animated: false });
    case 'location':
    case 'live-location':
      return as('location', { ...location });
    case 'contact':
      return { type: 'contacts', contacts: contacts.map(cardOf) };
    case 'button-reply':
      return as('interactive', { type: 'button_reply', button_reply: { id: choice?.id ?? '', title: choice?.title ?? text } });
    case 'list-reply':
      return as('interactive', { type: 'list_reply', list_reply: { id: choice?.id ?? '', title: choice?.title ?? text } });
    default: {
      const title = 'Message type unknown';
      const details = `A message of the type "${type}", for which the Cloud API has no words: GET /api/messages/${message.id} tells it.`;
      return { type: 'unsupported', errors: [{ code: NO_SUCH_TYPE, title, message: title, error_data: { details } }] };
    }
  }
}

const cardOf = ({ name, phones, emails, organization }: ContactCard) => ({
  name: { formatted_name: name, first_name: name },
  phones: phones.map((phone) => ({ phone, wa_id: phone.replace(/\D/g, ''), type: 'CELL' })),
  ...(emails && { emails: emails.map((email) => ({ email })) }),
  ...(organization !== undefined && { org: { company: organization } }),
});

interface Reaction {
  messageId: MessageId | null;
  engineId: string;
  chat: { id: ChatId; kind: ChatKind };
  from: Party | null;
  fromMe: boolean;
  emoji: string | null;
  timestamp: string;
}

/** WhatsApp's id of a reaction is not known: it has that of the event. */
function reactionOf({ messageId, engineId, chat, from, fromMe, emoji, timestamp }: Reaction, asked: Asked): Change | null {
  if (fromMe || !from || !isHeard(chat, asked)) return null;
  const { name, from: person, contact } = personOf(from);
  const place = chat.kind === 'group' ? { group_id: chat.id } : {};
  const reaction = { message_id: wamid(messageId ?? engineId), ...(emoji && { emoji }) };
  const said = { id: wamid(asked.event.id), timestamp: secondsOf(timestamp), type: 'reaction', reaction };
  return changeOf({ contacts: [{ profile: { name }, ...contact }], messages: [{ ...person, ...place, ...said }] });
}

const UNSENT: Partial<Record<MessageView['status'], string>> = {
  expired: 'It was not sent before its time was over.',
  canceled: 'It was canceled before it was sent.',
};

function recipientOf({ chat, to }: MessageView) {
  if (chat.kind === 'group') return { recipient_id: chat.id, recipient_type: 'group' };
  const digits = digitsOf(to) ?? digitsOf(chat.id);
  // Receivers count on the one; a hidden number is none.
  return digits === undefined ? { recipient_id: '', recipient_user_id: chat.id } : { recipient_id: digits };
}

function statusOf(message: MessageView, name: string, event: LedgerEvent) {
  const { reference, error } = message;
  return {
    id: wamidOf(message),
    status: name,
    timestamp: String(Math.floor(event.at / 1_000)),
    ...recipientOf(message),
    ...(reference !== undefined && { biz_opaque_callback_data: reference }),
    ...(name === 'failed' && {
      errors: [faultOf(error ?? { code: message.status, message: UNSENT[message.status] ?? 'WhatsApp did not take it.' })],
    }),
  };
}

/** Why a message did not arrive, under Meta's number. */
function faultOf({ code, message }: { code: string; message: string }) {
  const known = code in ERROR_CODES ? (code as ErrorCode) : 'engine-failed';
  const { status: usual, title } = ERROR_CODES[known];
  return { code: toldOf(known, usual).code, title, message: title, error_data: { details: message } };
}
