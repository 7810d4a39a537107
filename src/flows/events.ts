import type { EventDraft } from '../core/events.ts';
import type { TenantId } from '../core/ids.ts';
import { chatKind } from '../core/message.ts';
import type { SessionRef } from '../core/session.ts';
import type { Run } from './turn/run.ts';

/** The event that asks for a flow in a chat. */
export function requested(
  { id, name, tenantId }: { id: string; name: string; tenantId: TenantId },
  chat: string,
  what: { flow: string; by: 'api' | 'schedule'; data: object },
): EventDraft {
  return {
    tenantId,
    session: { id: id as never, name },
    type: 'flow.requested',
    data: { ...what, chat: { id: chat, kind: chatKind(chat) } },
  };
}

export function announce(
  type: 'flow.started' | 'flow.ended' | 'flow.failed',
  session: SessionRef,
  run: Pick<Run, 'id' | 'flow' | 'revision' | 'chatId'>,
  more: object = {},
): EventDraft {
  const { id: runId, flow, revision, chatId } = run;
  const data = { runId, flow, revision, chat: { id: chatId, kind: chatKind(chatId) }, ...more };
  return { tenantId: session.tenantId, session: { id: session.id, name: session.name }, type, data };
}
