import type { ChatId, OutgoingMedia, OutgoingMessage } from '../../core/message.ts';
import type { StoredMessage } from '../message/stored.ts';

/** What a message refers to, as it stands when it is handed over. */
export interface Refs {
  /** Where it goes, which may be another address of the chat than the one it was accepted for. */
  to: ChatId;
  /** WhatsApp's id of the message answered. */
  replyTo?: string | undefined;
  /** WhatsApp's id of the message that a reaction, edit, revoke or forward is about. */
  target?: string | undefined;
  media?: OutgoingMedia | undefined;
}

/** What an engine is told to send. What a type cannot do without is there since the message was accepted. */
export function outgoingOf(message: StoredMessage, refs: Refs): OutgoingMessage {
  const { engineId, type, content } = message;
  const { replyTo } = refs;
  const envelope = {
    engineId: engineId ?? '',
    to: refs.to,
    ...(replyTo !== undefined && { replyTo }),
    ...(content.mentions && { mentions: content.mentions }),
  };
  const needed = <T>(value: T | undefined, what: string): T => {
    if (value === undefined) throw new Error(`Message ${message.id} is a ${type} without ${what}`);
    return value;
  };
  const { text = '', caption, linkPreview, emoji = '' } = content;
  switch (type) {
    case 'text':
      return { ...envelope, type, text, ...(linkPreview !== undefined && { linkPreview }) };
    case 'image':
    case 'video':
    case 'audio':
    case 'voice':
    case 'document':
    case 'sticker':
      return { ...envelope, type, media: needed(refs.media, 'a file'), ...(caption !== undefined && { caption }) };
    case 'location':
      return { ...envelope, type, location: needed(content.location, 'a place') };
    case 'contact':
      return { ...envelope, type, contacts: needed(content.contacts, 'contacts') };
    case 'poll':
      return { ...envelope, type, poll: needed(content.poll, 'a poll') };
    case 'list':
      return { ...envelope, type, list: needed(content.list, 'a list') };
    case 'forward':
    case 'revoke':
      return { ...envelope, type, target: needed(refs.target, 'a target') };
    case 'reaction':
      return { ...envelope, type, target: needed(refs.target, 'a target'), emoji };
    case 'edit':
      return { ...envelope, type, target: needed(refs.target, 'a target'), text };
    default:
      throw new Error(`Message ${message.id} is of the type ${type}, which cannot be sent`);
  }
}
