/** What came in, as triggers, conditions and questions look at it. Plain JSON: it waits in the inbox as it is. */
import type { ChatId, MessageView, Party } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Value } from '../language/schema.ts';

export interface Contact {
  name: string | null;
  phone: string | null;
}

export interface Utterance {
  text: string | null;
  /** Of the message: `text`, `image`, `sticker`…; null for what is no message. */
  type: string | null;
  /** The id of a button or row that was chosen, the options of a vote. */
  choice: string | null;
  votes: string[] | null;
  media: { id: string | null; url: string | null; mimetype: string; filename: string | null; caption: string | null } | null;
  location: { lat: number; lng: number; name: string | null } | null;
  contact: Contact;
}

/** What begins a turn: a message, or another event of the chat. */
export interface TurnInput {
  kind: 'message' | 'event' | 'request';
  eventId: string;
  /** Of the message that came in, or that the event is about. */
  messageId: string | null;
  /** Of a burst: the messages before it. */
  joined?: string[];
  /** Voice messages in it that were written down, or why that failed. */
  heard?: ({ messageId: string | null } & ({ text: string } | { error: string }))[];
  /** By which other name the chat is known to whoever told of it. */
  alias?: ChatId;
  at: Milliseconds;
  sessionName: string;
  said: Utterance;
  /** Of what is no message. */
  event?: { type: string; data: Value };
  /** Which flow is asked for, and what it is given. */
  request?: { flow: string; by: 'api' | 'schedule'; data: Record<string, Value> };
}

export const NOTHING_SAID: Omit<Utterance, 'contact'> = { text: null, type: null, choice: null, votes: null, media: null, location: null };

export const contactOf = (party: Party | null | undefined): Contact => ({ name: party?.name ?? null, phone: party?.phone ?? null });

const phoneIn = (chat: string): string | null => /^(\d+)@c\.us$/.exec(chat)?.[1] ?? null;

/** Where nobody has written: the contact is who the chat is with. */
export const nothingSaidIn = (chat: string): Utterance => ({ ...NOTHING_SAID, contact: { name: null, phone: phoneIn(chat) } });

export function saidBy(message: MessageView): Utterance {
  const { media, location, choice } = message;
  return {
    text: message.text ?? message.caption ?? message.title ?? null,
    type: message.type,
    choice: choice?.id ?? null,
    votes: null,
    media: media
      ? { id: media.id, url: media.url, mimetype: media.mimetype, filename: media.filename ?? null, caption: message.caption ?? null }
      : null,
    location: location ? { lat: location.latitude, lng: location.longitude, name: location.name ?? null } : null,
    contact: contactOf(message.author ?? message.from),
  };
}
