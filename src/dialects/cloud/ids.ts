import type { ChatId, MessageView } from '../../core/message.ts';

const PREFIX = 'wamid.';

/** How the Cloud API names a message. The id inside is the hub's (`msg_…`), or WhatsApp's of one that the hub does not have. */
export const wamid = (id: string): string => `${PREFIX}${Buffer.from(id).toString('base64url')}`;

/**
 * By the hub's own id, which is there from the moment a send is accepted and never changes: what a send was answered with is what its statuses
 * name.
 */
export const wamidOf = ({ id }: Pick<MessageView, 'id'>): string => wamid(id);

/**
 * What the hub knows the message by. Any other id is taken as it is: the hub's own, WhatsApp's, or that without the chat around it. So is one of
 * Meta's own making, which has other bytes inside, and is of no message here.
 */
export function idIn(named: string): string {
  const inside = named.startsWith(PREFIX) ? Buffer.from(named.slice(PREFIX.length), 'base64url').toString() : '';
  return /^[!-~]+$/.test(inside) ? inside : named;
}

/** WhatsApp's id with the chat and the author around it, by which a message may be named though the hub does not have it. */
export const isWhole = (id: string): boolean => /^(true|false)_[^_\s]+@[^_\s]+_[^_\s]+(_[^_\s]+)?$/.test(id);

/** The digits of a phone number; undefined for a group and for whom WhatsApp shows no number of. */
export const digitsOf = (chat: ChatId): string | undefined => /^(\d+)@c\.us$/.exec(chat)?.[1];
