import type { EventDraft, EventType } from '../../core/events.ts';
import { chatKind } from '../../core/message.ts';
import type { SessionRef } from '../../core/session.ts';
import type { StoredMessage } from './stored.ts';
import { viewOf } from './view.ts';

/** The lane in which a session's sends leave, one after the other. */
export const laneOf = (sessionId: SessionRef['id']): string => `send:${sessionId}`;

/** The event of a message that has come to a new status. */
export function announcement(session: SessionRef, message: StoredMessage): EventDraft {
  const type: EventType = `message.${message.status}`;
  return { tenantId: session.tenantId, session, type, data: viewOf(message) };
}

/** The event of a message that is sent and was not delivered within the time that it may take. */
export function undelivered(session: SessionRef, message: StoredMessage): EventDraft {
  return { tenantId: session.tenantId, session, type: 'message.undelivered', data: viewOf(message) };
}

/** The event of a session whose sends fail, with the one that showed it. */
export function attention(session: SessionRef, { id, chatId, error, attempts }: StoredMessage): EventDraft {
  const data = { reason: 'sends-fail', error, messageId: id, chat: { id: chatId, kind: chatKind(chatId) }, attempts };
  return { tenantId: session.tenantId, session, type: 'session.attention', data };
}
