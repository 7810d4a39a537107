import type { EventType } from '../../core/events.ts';
import type { MessageId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import { chatKind, type Notice, type Party } from '../../core/message.ts';

/** Everybody whom a notice names. */
export const partiesOf = (notice: Notice): Party[] => [
  ...(notice.by ? [notice.by] : []),
  ...(notice.kind === 'participants' ? notice.participants : []),
];

/** The notice with `parties`, in the order of `partiesOf`, in the place of those that it named. */
export function withParties<N extends Notice>(notice: N, parties: readonly Party[]): N {
  const [first, ...rest] = parties;
  const by = notice.by && first ? first : notice.by;
  return { ...notice, by, ...(notice.kind === 'participants' && { participants: notice.by ? rest : parties }) };
}

/** The event that a notice becomes. `messageId`: of the message that it is about; null when the hub does not have that. */
export function newsOf(notice: Notice, messageId: MessageId | null): { type: EventType; data: Record<string, unknown> } {
  const timestamp = iso(notice.at);
  if (notice.kind === 'call') {
    const { callId, by, video, group } = notice;
    return { type: 'call.incoming', data: { callId, from: by, video, group, timestamp } };
  }
  const chat = { id: notice.chat, kind: chatKind(notice.chat) };
  switch (notice.kind) {
    case 'presence': {
      const { by, state, lastSeenAt } = notice;
      return { type: 'presence.changed', data: { chat, from: by, state, lastSeenAt: lastSeenAt && iso(lastSeenAt), timestamp } };
    }
    case 'participants': {
      const { action, participants, by } = notice;
      return { type: 'group.participants', data: { chat, action, participants, by, timestamp } };
    }
  }
  const about = { messageId, engineId: notice.target, chat, from: notice.by };
  switch (notice.kind) {
    case 'reaction':
      return { type: 'message.reaction', data: { ...about, fromMe: notice.fromMe, emoji: notice.emoji, timestamp } };
    case 'edited':
      return { type: 'message.edited', data: { ...about, fromMe: notice.fromMe, text: notice.text, timestamp } };
    case 'revoked':
      return { type: 'message.revoked', data: { ...about, fromMe: notice.fromMe, timestamp } };
    case 'poll-vote':
      return { type: 'poll.vote', data: { ...about, options: notice.options, timestamp } };
  }
}
