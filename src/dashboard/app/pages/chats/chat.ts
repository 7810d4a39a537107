import type { Chat, HubEvent, Message } from '../../../../client/index.ts';
import { addressText } from '../../parts/address.ts';

export const CHATS = '/dashboard/chats';

/** `chat`: left out, the list of those of the session. */
export const pathTo = (session: string, chat?: string): string =>
  [CHATS, ...[session, chat].flatMap((part) => (part === undefined ? [] : [encodeURIComponent(part)]))].join('/');

/** A session by its name or id, and one of its chats by an address. */
export interface Place {
  session: string;
  chat: string;
}

/** All addresses that a chat is known by. */
export const namesOf = ({ id, lid, phone }: Pick<Chat, 'id' | 'lid' | 'phone'>): string[] => [
  id,
  ...(lid === null ? [] : [lid]),
  ...(phone === null ? [] : [`${phone}@c.us`, phone]),
];

export const nameOf = ({ id, name, phone }: Pick<Chat, 'id' | 'name' | 'phone'>): string => name ?? (phone ? `+${phone}` : addressText(id));

export const isOfSession = ({ sessionId, sessionName }: HubEvent, session: string): boolean =>
  sessionId === session || sessionName === session;

/** The chat that an event is about. */
export const chatOf = ({ data }: HubEvent): string | undefined => (data as { chat?: { id: string } }).chat?.id;

/** Sends that show in the message that they are about. */
const CHANGES: readonly string[] = ['reaction', 'edit', 'revoke'];
const UNDONE: readonly Message['status'][] = ['failed', 'expired', 'unknown'];

/** Whether it stands in the conversation by itself. */
export const isShown = ({ type, status }: Message): boolean => !CHANGES.includes(type) || UNDONE.includes(status);

/** The message whose look an event changes; undefined: any. */
export function changedBy({ data }: HubEvent): string | null | undefined {
  const { id, direction, type, messageId } = data as Partial<Message>;
  if (direction === undefined) return messageId ?? null;
  return CHANGES.includes(type ?? '') ? undefined : id;
}

/** The message that another one is about, by the id of the hub or that of WhatsApp. */
export const findMessage = (messages: readonly Message[], ref: string | undefined): Message | undefined =>
  ref === undefined ? undefined : messages.find(({ id, engineId }) => id === ref || engineId === ref);

/** Who wrote it; null: the account, through the hub. */
export const authorOf = ({ author, from, direction }: Message): string | null => {
  const party = author ?? from;
  return direction === 'outbound' || party === null ? null : nameOf(party);
};

/** What a file is sent as. */
export function typeOfFile({ type }: File): 'image' | 'video' | 'audio' | 'document' {
  if (/^image\/(?:png|jpeg|webp)$/.test(type)) return 'image';
  if (/^video\/(?:mp4|3gpp)$/.test(type)) return 'video';
  return type.startsWith('audio/') ? 'audio' : 'document';
}
