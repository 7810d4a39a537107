import type { Milliseconds } from '../../core/runtime.ts';
import { pacingOf, pacingWait } from '../lane/pacing.ts';
import type { MessageStore } from '../message/store.ts';
import type { StoredMessage } from '../message/stored.ts';
import type { SessionFacts } from '../ports.ts';

export const WAIT_REASONS = [
  'send-at',
  'connection',
  'network',
  'answer',
  'rate',
  'gap',
  'warm-up',
  'quiet-hours',
  'chat-rate',
  'newChats',
  'media',
  'retry',
  'order',
] as const;

/** Why a message has not left yet, and until when at least; null where nobody can say. */
export interface HoldReason {
  reason: (typeof WAIT_REASONS)[number];
  until: Milliseconds | null;
}

/** What holds a message back at this moment: what holds its whole session before what holds its chat. Null when nothing does. */
export async function waitsFor(
  store: MessageStore,
  sessions: SessionFacts,
  message: StoredMessage,
  now: Milliseconds,
): Promise<HoldReason | null> {
  if (message.status === 'scheduled') return { reason: 'send-at', until: message.sendAt };
  if (message.status !== 'queued') return null;
  if (!(await sessions.isConnected(message.sessionId))) return { reason: 'connection', until: null };
  const { sessionId, chatId } = message;
  const { config, newChatsUntil } = await sessions.configured(message.tenantId, sessionId);
  const pacing = pacingOf(config);
  return store.read(message.tenantId, async (messages) => {
    const hold = await messages.hold(sessionId);
    if (hold && hold.waits !== '' && (hold.until ?? 0) > now) return { reason: hold.waits, until: hold.until };
    const paces = pacing && { session: await messages.lastPace(sessionId), chat: await messages.lastPace(sessionId, chatId) };
    const ofSession = pacing && pacingWait(pacing, { session: paces?.session ?? null, chat: null }, now);
    if (ofSession) return ofSession;
    const { isHead, waits, until } = await messages.place(message);
    if (!isHead || waits === 'answer') return { reason: 'order', until };
    if (waits === 'media') return { reason: 'media', until: null };
    if (waits !== '' && (until ?? 0) > now) {
      return message.error?.code === 'new-chat' ? { reason: 'newChats', until: newChatsUntil ?? until } : { reason: waits, until };
    }
    return pacing && pacingWait(pacing, { session: null, chat: paces?.chat ?? null }, now);
  });
}
