import type { SessionId, TenantId } from '../core/ids.ts';
import type { Chat } from './chat.ts';

/** Everything that a chat's flows do happens in its lane, one turn after the other. */
export const laneOf = ({ sessionId, id }: Pick<Chat, 'sessionId' | 'id'>): string => `${lanesOf(sessionId)}${id}`;

/** All lanes of a session begin with this. */
export const lanesOf = (sessionId: SessionId): string => `flow:${sessionId}:`;

export const isChatLane = (key: string): boolean => key.startsWith('flow:ses_');

export function chatOf({ key, tenantId }: { key: string; tenantId: TenantId }): Chat {
  const [, sessionId, ...chat] = key.split(':');
  return { tenantId, sessionId: sessionId as SessionId, id: chat.join(':') };
}

/** The lane in which a flow that starts by the clock is looked at. */
export const scheduleLane = (tenantId: TenantId, flow: string): string => `flow:clock:${tenantId}:${flow}`;

export const scheduledFlow = (key: string): string => key.split(':').slice(3).join(':');
