/** What stands in the `data` of events that are no message of their own, as dialects read it; see messages/inbox/notices.ts. */
import type { MessageId } from '../core/ids.ts';
import type { ChatId, MediaView, MessageView, ParticipantsAction, Party, PresenceState } from '../core/message.ts';
import type { SessionView } from '../sessions/view.ts';

/** About another message. */
export interface About {
  messageId: MessageId | null;
  engineId: string;
  chat: { id: ChatId };
  from: Party | null;
  fromMe: boolean;
  timestamp: string;
}

export type Vote = Omit<About, 'fromMe'> & { options: string[] };

export interface FileNews {
  messageId: MessageId;
  media: MediaView;
}

export interface StatusNews {
  from: SessionView['status'];
  to: SessionView['status'];
  reason: string | null;
}

export interface PresenceNews {
  chat: { id: ChatId };
  from: Party;
  state: PresenceState;
  lastSeenAt: string | null;
}

export interface ParticipantsNews {
  chat: { id: ChatId };
  action: ParticipantsAction;
  participants: Party[];
  by: Party | null;
  timestamp: string;
}

export interface CallNews {
  callId: string;
  from: Party;
  video: boolean;
  group: boolean;
  timestamp: string;
}

/** What a person has done to a message by itself is no message: it has no id of WhatsApp's that is known. */
export const isAboutAnother = ({ type }: Pick<MessageView, 'type'>): boolean => ['reaction', 'edit', 'revoke'].includes(type);
