/**
 * The words for messages that every room shares: what an engine hands in, what the inbox stores and announces,
 * what a flow reads, what a send asks for.
 */
import type { MessageId, SessionId } from './ids.ts';
import type { Milliseconds } from './runtime.ts';

export type Direction = 'inbound' | 'outbound';

/** The state machine of an outbound message; an inbound one is `received` for good. */
export const MESSAGE_STATUSES = [
  'scheduled',
  'queued',
  'sending',
  'sent',
  'delivered',
  'read',
  'played',
  'failed',
  'expired',
  'canceled',
  'unknown',
  'received',
] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** A WhatsApp address: `5511987654321@c.us`, `…@g.us` (group), `…@lid` (hidden number), `…@newsletter`. */
export type ChatId = string;
export const CHAT_KINDS = ['private', 'group', 'status', 'broadcast', 'newsletter'] as const;
export type ChatKind = (typeof CHAT_KINDS)[number];

/** One person or chat partner. `lid` and `phone` (digits, without `+`) are both always there, null when not known. */
export interface Party {
  id: ChatId;
  lid: string | null;
  phone: string | null;
  name: string | null;
  /** The name that they have at WhatsApp, without its `@`, where it is known: it can be written to, and may be another tomorrow. */
  username?: string;
}

/** Messages that carry a file. */
export const MEDIA_TYPES = ['image', 'video', 'audio', 'voice', 'document', 'sticker'] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

export interface InboundMedia {
  mimetype: string;
  filename?: string;
  /** Bytes, where the engine knows it before the download. */
  size?: number;
}

/** Degrees. */
export interface Place {
  latitude: number;
  longitude: number;
  name?: string;
  address?: string;
}

/** A contact card. */
export interface ContactCard {
  name: string;
  /** International, with or without `+`. */
  phones: string[];
  organization?: string;
  emails?: string[];
}

export interface Poll {
  question: string;
  options: string[];
  /** How many of the options one person may choose. */
  selectable: number;
}

export interface ListMessage {
  title?: string;
  text: string;
  footer?: string;
  /** On the button that opens the list. */
  button: string;
  sections: { title: string; rows: { id: string; title: string; description?: string }[] }[];
}

/** What a person chose: a button, or a row of a list. */
interface Choice {
  id: string;
  title: string;
}

/** What an engine hands to the hub for each message that the phone received or sent by itself. */
export interface InboundMessage {
  /** WhatsApp's own id, `true|false_<chat>_<id>[_<author>]`; the same id twice is one message. */
  engineId: string;
  /** The account's own, typed on the phone. */
  fromMe: boolean;
  /**
   * The `type` of a SendContent, `live-location`, `button-reply`, `list-reply`, `view-once`, or WhatsApp's own word for what the
   * hub has none for.
   */
  type: string;
  chat: { id: ChatId; kind: ChatKind };
  from: Party;
  to: ChatId;
  /** In a group: who wrote it. */
  author?: Party;
  text?: string;
  caption?: string;
  media?: InboundMedia;
  /** WhatsApp's id of the message answered. */
  replyTo?: string;
  mentions?: ChatId[];
  location?: Place;
  contacts?: ContactCard[];
  poll?: Poll;
  list?: ListMessage;
  choice?: Choice;
  /** Of what has one: a product, an order, an event, an invitation, what has buttons. */
  title?: string;
  /** A video that was recorded as a round one. */
  videoNote?: boolean;
  /** It is shown once. */
  viewOnce?: boolean;
  /** What it says is not here. */
  unavailable?: Unavailable;
  /** Of what the hub has no words for: WhatsApp's own fields, see `boundedFields`. */
  raw?: Record<string, unknown>;
  /** It was written elsewhere and passed on. */
  forwarded?: boolean;
  timestamp: Milliseconds;
}

/** Why what a message says cannot be told, and what a person can do about it. */
export const UNAVAILABLE = {
  'view-once': 'It is shown once, and only on the phone: open it there.',
  undecrypted: 'It could not be decrypted on this device: read it on the phone. If it can be read here later, it comes again.',
  unsupported: 'It is of a kind that this version of WhatsApp Web does not show: read it on the phone.',
  oversized: 'It is too large for WhatsApp Web: read it on the phone.',
} as const;
export type UnavailableReason = keyof typeof UNAVAILABLE;
export interface Unavailable {
  reason: UnavailableReason;
  advice: string;
}

/** Of which types nothing is here but that they came. */
export const WITHOUT_CONTENT: Readonly<Record<string, UnavailableReason>> = {
  'view-once': 'view-once',
  ciphertext: 'undecrypted',
  unknown: 'unsupported',
  oversized: 'oversized',
};

/** How a message of this type is told; a type that tells its content is nothing more than that. */
export function withoutContent(type: string): Pick<InboundMessage, 'type' | 'viewOnce' | 'unavailable'> {
  const reason = Object.hasOwn(WITHOUT_CONTENT, type) ? WITHOUT_CONTENT[type] : undefined;
  if (reason === undefined) return { type };
  return { type, ...(reason === 'view-once' && { viewOnce: true }), unavailable: { reason, advice: UNAVAILABLE[reason] } };
}

/** What happens around messages; an engine hands each to the hub as it does a message. Ids are WhatsApp's, `at` when it happened. */
export type Notice = { at: Milliseconds } & (
  | { kind: 'reaction'; target: string; chat: ChatId; by: Party; fromMe: boolean /** Null: taken back. */; emoji: string | null }
  | { kind: 'edited'; target: string; chat: ChatId; by: Party; fromMe: boolean; text: string }
  | { kind: 'revoked'; target: string; chat: ChatId; by: Party | null; fromMe: boolean }
  /** All that the person has chosen now; empty: the vote was taken back. */
  | { kind: 'poll-vote'; target: string; chat: ChatId; by: Party; options: string[] }
  | { kind: 'presence'; chat: ChatId; by: Party; state: PresenceState; lastSeenAt: Milliseconds | null }
  | { kind: 'participants'; chat: ChatId; action: ParticipantsAction; participants: Party[]; by: Party | null }
  | { kind: 'call'; callId: string; by: Party; video: boolean; group: boolean }
);
export type PresenceState = 'available' | 'unavailable' | 'typing' | 'recording';
export type ParticipantsAction = 'add' | 'remove' | 'promote' | 'demote' | 'join' | 'leave';

/** Media as events and answers show it. */
export interface MediaView extends InboundMedia {
  id: string | null;
  /** Path of the hub where the bytes are, once they are. */
  url: string | null;
  /** `removed`: they were here, and went with the retention or on request. */
  status: 'pending' | 'ready' | 'failed' | 'removed';
}

/** A message as it stands in `data` of an event and in the answers of the API. Times ISO 8601 UTC. */
export interface MessageView {
  id: MessageId;
  engineId: string | null;
  sessionId: SessionId;
  direction: Direction;
  type: string;
  status: MessageStatus;
  chat: { id: ChatId; kind: ChatKind };
  from: Party | null;
  to: ChatId;
  author?: Party;
  text?: string;
  caption?: string;
  media?: MediaView;
  replyTo?: string;
  mentions?: ChatId[];
  location?: Place;
  contacts?: ContactCard[];
  poll?: Poll;
  list?: ListMessage;
  choice?: Choice;
  title?: string;
  videoNote?: boolean;
  viewOnce?: boolean;
  unavailable?: Unavailable;
  raw?: Record<string, unknown>;
  forwarded?: boolean;
  /** The flow that sent it. */
  flow?: string;
  /** The message that a reaction, edit, revoke or forward is about: the hub's id or WhatsApp's, as it was given. */
  messageId?: string;
  emoji?: string;
  /** When its text was last changed. */
  editedAt?: string;
  /** When it was deleted for everybody; the hub keeps what it said. */
  revokedAt?: string;
  reference?: string;
  /** While it is scheduled: when it is due, and until when it may be sent. */
  sendAt?: string | null;
  expiresAt?: string | null;
  error?: { code: string; message: string };
  /** In a list, where there are some: as they stand now, one a person. `from` is null for the account's own. */
  reactions?: { emoji: string; fromMe: boolean; from: Party | null; at: string }[];
  /** In the answer to a send: what may not do what its sender expects. */
  warnings?: { path: string; message: string }[];
  timestamp: string;
}

/** A message with how it came to where it stands, as `GET /api/messages/{id}` answers it. */
export interface MessageDetail extends MessageView {
  attempts: number;
  priority: number;
  sendAt: string | null;
  expiresAt: string | null;
  /** Why it has not left yet, and until when at least. */
  waitsFor?: { reason: string; until: string | null };
  /** Of a message to a group: how far it has come with each person of whom WhatsApp told. */
  recipients?: { id: ChatId; status: MessageStatus; at: string }[];
  /** Oldest first. */
  history: { status: MessageStatus; at: string; error?: { code: string; message: string } }[];
  /** What it said before it was changed, oldest first, each until `at`. */
  edits: { text: string; at: string }[];
  reactions: NonNullable<MessageView['reactions']>;
  /** As they stand now, one a person, with all options that the person has chosen. */
  votes: { options: string[]; from: Party; at: string }[];
}

/** A file that is on disk whole, with what it is by its bytes, and has no row yet. */
export interface KeptFile {
  /** Hexadecimal. */
  sha256: string;
  /** Bytes. */
  size: number;
  mimetype: string;
  /** From here on only a row keeps it. Idempotent. */
  release(): void;
}

/** A file that came with a request. Whoever takes it up gives it a row; otherwise it goes. */
export interface SentFile {
  kept: KeptFile;
  filename?: string;
}

/** Where the bytes of a send come from; `kept`: they came with it. `mimetype` is a hint: the bytes decide. */
export type MediaSource = ({ url: string } | { base64: string } | { mediaId: string } | { kept: KeptFile }) & {
  filename?: string;
  mimetype?: string;
};

/** The longest that WhatsApp takes, in UTF-16 units. */
export const LONGEST_TEXT = 65_536;
export const LONGEST_CAPTION = 1_024;

/** What a caller, a flow or a webhook's answer asks the hub to send. */
export type SendRequest = SendEnvelope & SendContent;

interface SendEnvelope {
  /** Any form of an address that messages/recipients.ts takes. A reaction, edit or revoke goes to the chat of its message. */
  to?: string;
  /** The message answered: the hub's id (`msg_…`) or WhatsApp's. */
  replyTo?: string;
  mentions?: string[];
  /** Shows "typing…" first: for as long as the text takes to write, or for so many ms. */
  typing?: boolean | number;
  /** Not before this time; until then the message is `scheduled`. */
  sendAt?: Milliseconds;
  /** Not after this time; by default a day after it was due. */
  expiresAt?: Milliseconds;
  /** The caller's own word for it, carried on in every event. */
  reference?: string;
  /** A whole number; higher ones pass lower ones in the session's lane. */
  priority?: number;
}

type SendContent =
  /** `text`: 1 to 65,536 characters. */
  | { type: 'text'; text: string; linkPreview?: boolean }
  | { type: MediaType; media: MediaSource; caption?: string }
  | ({ type: 'location' } & Place)
  | { type: 'contact'; contacts: ContactCard[] }
  | { type: 'poll'; question: string; options: string[]; selectable?: number }
  /** `fallback`: it goes out as numbered text, which is sure to be shown. */
  | ({ type: 'list'; fallback?: 'text' } & ListMessage)
  /** `messageId`: the hub's id or WhatsApp's, of a message in this session. */
  | { type: 'forward'; messageId: string }
  /** An empty `emoji` takes the reaction back. */
  | { type: 'reaction'; messageId: string; emoji: string }
  | { type: 'edit'; messageId: string; text: string }
  | { type: 'revoke'; messageId: string };

/** A file that an engine is to send. */
export interface OutgoingMedia {
  /** Of the hub's own media directory; complete. */
  path: string;
  /** By the bytes. */
  mimetype: string;
  filename?: string;
  /** Bytes. */
  size: number;
  /** Hexadecimal. */
  sha256: string;
}

/** What a send asks an engine to do, once the recipient is normalised and the id reserved. */
export type OutgoingMessage = {
  /** Reserved before the hand-over, so that a crash in it can be cleared up by asking for this id. */
  engineId: string;
  to: ChatId;
  /** WhatsApp's id of the message answered. */
  replyTo?: string;
  mentions?: ChatId[];
} & OutgoingContent;

export type OutgoingContent =
  | { type: 'text'; text: string; linkPreview?: boolean }
  | { type: MediaType; media: OutgoingMedia; caption?: string }
  | { type: 'location'; location: Place }
  | { type: 'contact'; contacts: ContactCard[] }
  | { type: 'poll'; poll: Poll }
  | { type: 'list'; list: ListMessage }
  /** `target`: WhatsApp's id. */
  | { type: 'forward'; target: string }
  | { type: 'reaction'; target: string; emoji: string }
  | { type: 'edit'; target: string; text: string }
  | { type: 'revoke'; target: string };

/** How far a message has come, in the words of WhatsApp's ack numbers 1 to 4; below zero it failed. */
export const ACK_LEVELS = ['failed', 'sent', 'delivered', 'read', 'played'] as const;
export type AckLevel = (typeof ACK_LEVELS)[number];

/** From WhatsApp's ack number: below 0 the kinds of failure, 0 not sent yet, above 4 nothing that a chat partner did. */
export function ackLevel(ack: number): AckLevel | null {
  return ack < 0 ? 'failed' : (ack > 0 && ACK_LEVELS[ack]) || null;
}

export function chatKind(id: ChatId): ChatKind {
  if (id === 'status@broadcast') return 'status';
  if (id.endsWith('@g.us')) return 'group';
  if (id.endsWith('@newsletter')) return 'newsletter';
  if (id.endsWith('@broadcast')) return 'broadcast';
  return 'private';
}
