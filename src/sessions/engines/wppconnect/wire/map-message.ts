/** From what wppconnect hands over for a message to the hub's own words. Pure. */
import { type ChatId, chatKind, type InboundMessage, type Party } from '../../../../core/message.ts';
import { need, objectIn, textIn } from './fields.ts';
import { mapContent, type WireContent } from './map-content.ts';
import { milliseconds } from './map-notice.ts';

/** An address, serialised or as WhatsApp's own object: wppconnect passes on both, even in one field. */
type Address = string | { _serialized: string };

/** The fields that the hub reads of a serialised wa-js message; which of them are there depends on the type. */
export interface WireMessage extends WireContent {
  id: string | { _serialized: string };
  isNotification?: boolean;
  fromMe?: boolean;
  chatId?: Address;
  from?: Address;
  to?: Address;
  author?: Address;
  /** Seconds. */
  t?: number;
  timestamp?: number;
  notifyName?: string;
  sender?: { id?: Address; name?: string; pushname?: string; verifiedName?: string; username?: string; phoneNumber?: Address } | null;
  quotedMsgId?: Address;
  quotedStanzaID?: Address;
  mentionedJidList?: Address[];
  isForwarded?: boolean;
}

/**
 * Not messages: what WhatsApp tells its own clients or writes into a chat by itself, and what is told as a notice. All else is
 * what somebody sent, whatever is known of it.
 */
const SILENT = new Set([
  'e2e_notification',
  'notification',
  'notification_template',
  'group_notification',
  'gp2',
  'broadcast_notification',
  'newsletter_notification',
  'protocol',
  'call_log',
  'debug',
  'reaction',
  'reaction_enc',
  'poll_update',
  'pin_message',
  'keep_in_chat',
]);

/** The account itself: of its own messages WhatsApp says only one of its names. */
export interface Own {
  /** Digits. */
  phone: string;
  lid: string | null;
}

/**
 * Null for what is not a message. Throws when it cannot be made out what it says, or where; what is only beside
 * that (a name, a mention) is left out instead. A time that is none is NaN.
 */
export function mapMessage(wire: WireMessage, own: Own | null = null): InboundMessage | null {
  need(objectIn(wire, 'message'), 'message');
  const type = need(textIn(wire.type, 'type'), 'type');
  if (wire.isNotification || SILENT.has(type)) return null;
  const engineId = need(serialized(wire.id) || undefined, 'id');
  const chatId = need(serialized(wire.chatId) || engineId.split('_')[1] || undefined, 'chatId');
  const from = serialized(wire.from) ?? chatId;
  const author = serialized(wire.author);
  // The full id of the message answered, where wppconnect knows it; else WhatsApp's bare one.
  const replyTo = serialized(wire.quotedMsgId) ?? serialized(wire.quotedStanzaID);
  const mentions = Array.isArray(wire.mentionedJidList) ? wire.mentionedJidList.flatMap((address) => serialized(address) ?? []) : [];
  return {
    engineId,
    fromMe: typeof wire.fromMe === 'boolean' ? wire.fromMe : engineId.startsWith('true_'),
    ...mapContent(wire),
    chat: { id: chatId, kind: chatKind(chatId) },
    // In a group `from` is the group: the name and number of the sender are the author's.
    from: party(from, author ? null : wire, own),
    to: serialized(wire.to) ?? chatId,
    ...(author && { author: party(author, wire, own) }),
    ...(replyTo && { replyTo }),
    ...(mentions.length > 0 && { mentions }),
    ...(wire.isForwarded === true && { forwarded: true }),
    timestamp: milliseconds(wire.t ?? wire.timestamp),
  };
}

/** The part of a message id that stays when its chat gets another address. */
export function bareId(engineId: string): string {
  return engineId.split('_')[2] ?? engineId;
}

export function serialized(address: Address | null | undefined): string | undefined {
  const text = typeof address === 'string' ? address : address?._serialized;
  return typeof text === 'string' ? text : undefined;
}

/** A hidden number (`…@lid`) and a phone number name the same person; WhatsApp tells at times one, at times both. */
function party(id: ChatId, wire: WireMessage | null, own: Own | null): Party {
  const sender = wire?.sender;
  const names = [wire?.notifyName, sender?.pushname, sender?.name, sender?.verifiedName];
  const ownNames = own ? [`${own.phone}@c.us`, own.lid ?? undefined] : [];
  const known = [id, serialized(sender?.id), serialized(sender?.phoneNumber), ...(ownNames.includes(id) ? ownNames : [])];
  const lid = known.find((address) => address?.endsWith('@lid'));
  const phone = known.find((address) => address?.endsWith('@c.us'));
  return {
    id,
    lid: lid ?? null,
    phone: phone?.split('@')[0] ?? null,
    name: names.find((name) => typeof name === 'string' && name !== '') ?? null,
    ...(typeof sender?.username === 'string' && sender.username !== '' && { username: sender.username }),
  };
}
