import type { Milliseconds } from '../core/runtime.ts';
import { pacingOf, pacingWait } from './pacing.ts';
import type { SessionFacts } from './ports.ts';
import type { MessageStore } from './store.ts';
import type { StoredMessage } from './stored.ts';

export const WAIT_REASONS = ['send-at', 'connection', 'rate', 'gap', 'chat-rate', 'warm-up', 'quiet-hours', 'retry', 'order'] as const;

/** Why a message has not left yet, and until when at least; null where nobody can say. */
export interface WaitsFor {
  reason: (typeof WAIT_REASONS)[number];
  until: Milliseconds | null;
}

/** What holds a message back at this moment: what holds its whole lane before what is its own. Null when nothing does. */
export async function waitsFor(
  store: MessageStore,
  sessions: SessionFacts,
  message: StoredMessage,
  now: Milliseconds,
): Promise<WaitsFor | null> {
  if (message.status === 'scheduled') return { reason: 'send-at', until: message.sendAt };
  if (message.status !== 'queued') return null;
  if (!sessions.engineOf(message.sessionId)) return { reason: 'connection', until: null };
  const pacing = pacingOf((await sessions.configured(message.tenantId, message.sessionId)).config);
  return store.read(message.tenantId, async (messages) => {
    const head = (await messages.head(message.sessionId)) ?? message;
    const wait = pacing && pacingWait(pacing, await messages.paces(head.sessionId, head.chatId), now);
    if (wait && wait.until >= (head.notBefore ?? 0)) return wait;
    if (head.id === message.id) return (head.notBefore ?? now) > now ? { reason: 'retry', until: head.notBefore } : null;
    return { reason: 'order', until: head.notBefore };
  });
}
