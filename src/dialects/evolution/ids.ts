import { type ChatId, chatKind, type MessageView, type Party } from '../../core/message.ts';

/** An address as Evolution API writes it: `5511987654321@s.whatsapp.net`, where the hub has `…@c.us`. */
export const jidOf = (chat: ChatId): string => chat.replace(/@c\.us$/, '@s.whatsapp.net');

/** The phone's, where it is known: clients take what stands before the `@` for the number. */
export const personJid = ({ id, phone }: Pick<Party, 'id' | 'phone'>): string => jidOf(phone === null ? id : `${phone}@c.us`);

/** How Evolution API names a message. */
export interface Key {
  remoteJid: string;
  /** The hidden address of a chat, where `remoteJid` is the phone's instead. */
  remoteJidAlt?: string;
  addressingMode?: 'lid';
  fromMe: boolean;
  /** WhatsApp's, such as `3EB0C767D097B7C7B2A8`; the hub's, `msg_…`, of one that WhatsApp has given none yet. Both are taken in requests. */
  id: string;
  /** In a group: who wrote it. */
  participant?: string;
  participantAlt?: string;
}

/** WhatsApp's id of a message, without the chat and the author around it; null for what is no such id. */
const keyIdOf = (engineId: string | null): string | null => engineId?.split('_')[2] ?? null;

/** The id that clients know a message by, of any of its ids. */
export const idIn = (id = ''): string => keyIdOf(id) ?? id;

/** Whether the account wrote the message that has this id of WhatsApp's. */
export const isFromMe = (engineId: string): boolean => engineId.startsWith('true_');

/** Where it happened, and in a group who did it. `by`: null for the account itself. */
export function placeOf(chat: ChatId, by: Pick<Party, 'id' | 'phone'> | null): Omit<Key, 'fromMe' | 'id'> {
  if (chatKind(chat) === 'group') {
    const participant = by && personJid(by);
    return {
      remoteJid: chat,
      ...(participant !== null && { participant }),
      ...(by && participant !== jidOf(by.id) && { participantAlt: jidOf(by.id) }),
    };
  }
  const isHidden = chat.endsWith('@lid') && by !== null && by.phone !== null;
  if (!isHidden) return { remoteJid: jidOf(chat) };
  return { remoteJid: personJid(by), remoteJidAlt: chat, addressingMode: 'lid' };
}

export function keyOf({
  id,
  engineId,
  direction,
  chat,
  from,
  author,
}: Pick<MessageView, 'id' | 'engineId' | 'direction' | 'chat' | 'from' | 'author'>): Key {
  const by = author ?? (direction === 'inbound' && chatKind(chat.id) !== 'group' ? from : null);
  return { ...placeOf(chat.id, by), fromMe: direction === 'outbound', id: keyIdOf(engineId) ?? id };
}
