/** What WhatsApp Web refuses before anything goes out, of a message to a sandbox phone. */
import { type ChatId, chatKind, type OutgoingMessage } from '../../../core/message.ts';

/** What the phone has. */
interface Phone {
  hasChat(chat: ChatId): boolean;
  hasMessage(engineId: string): Promise<boolean>;
}

/** What wa-js takes for a newsletter; files go another way than what it looks at. */
const NOT_FOR_NEWSLETTERS: readonly OutgoingMessage['type'][] = ['location', 'contact', 'list', 'edit'];

/** In wa-js's words; null where it takes the message. */
export async function refusalOf(message: OutgoingMessage, phone: Phone): Promise<{ code: string; error: string } | null> {
  const { to, type, replyTo, mentions = [] } = message;
  if (!phone.hasChat(to)) return refused('chat_not_found', `Chat not found for ${to}`);
  if (chatKind(to) === 'newsletter' && NOT_FOR_NEWSLETTERS.includes(type)) {
    return refused('type_not_valid_for_newsletter', 'Please, send a valid type for send message to newsletter');
  }
  if (mentions.some((mention) => chatKind(mention) !== 'private')) return refused('mentioned_is_not_user', 'Mentioned is not an user');
  for (const id of [replyTo, 'target' in message ? message.target : undefined]) {
    if (id !== undefined && !(await phone.hasMessage(id))) return refused('msg_not_found', `Message ${id} not found`);
  }
  // In a group it may be an administrator's to delete.
  if (type === 'revoke' && chatKind(to) !== 'group' && !message.target.startsWith('true_')) return refused('not_allowed', 'Not its author');
  if (type === 'edit' && !message.target.startsWith('true_')) return refused('edit_message_error', 'Cannot edit this message');
  return null;
}

const refused = (code: string, error: string) => ({ code, error });
