import { type ChatId, chatKind, type MessageView } from '../../core/message.ts';

/** An address as Evolution API writes it: `5511987654321@s.whatsapp.net`, where the hub has `…@c.us`. */
export const jidOf = (chat: ChatId): string => chat.replace(/@c\.us$/, '@s.whatsapp.net');

/** How Evolution API names a message. */
export interface Key {
  remoteJid: string;
  fromMe: boolean;
  /** WhatsApp's, such as `3EB0C767D097B7C7B2A8`; the hub's, `msg_…`, of one that WhatsApp has given none yet. Both are taken in requests. */
  id: string;
  /** In a group: who wrote it. */
  participant?: string;
}

/** WhatsApp's id of a message, without the chat and the author around it; null for what is no such id. */
const keyIdOf = (engineId: string | null): string | null => engineId?.split('_')[2] ?? null;

export function keyOf({
  id,
  engineId,
  direction,
  chat,
  author,
}: Pick<MessageView, 'id' | 'engineId' | 'direction' | 'chat' | 'author'>): Key {
  return {
    remoteJid: jidOf(chat.id),
    fromMe: direction === 'outbound',
    id: keyIdOf(engineId) ?? id,
    ...(author && chatKind(chat.id) === 'group' && { participant: jidOf(author.id) }),
  };
}
