import { atMost } from '../core/deadline.ts';
import type { LedgerEvent } from '../core/events.ts';
import type { MessageId, TenantId } from '../core/ids.ts';
import type { MessageDetail, MessageView } from '../core/message.ts';
import type { Clock, Milliseconds } from '../core/runtime.ts';

interface SentPorts {
  outbox: { get(tenantId: TenantId, id: MessageId): Promise<MessageDetail> };
  ledger: { onAppend(listener: (events: readonly LedgerEvent[]) => void): () => void };
  clock: Clock;
  /** For so long it is waited at the most. */
  within: Milliseconds;
}

/** It may still get, or lose, the id that WhatsApp knows it by. */
const isUnderWay = ({ status }: MessageView): boolean => ['queued', 'sending'].includes(status);

/**
 * A send, as it stands once it has left or come to its end, for clients that use WhatsApp's id of a message at once. What is not there in time is
 * under way: it is sent all the same.
 */
export async function onceSent(
  tenantId: TenantId,
  accepted: MessageView,
  { outbox, ledger, clock, within }: SentPorts,
): Promise<MessageView> {
  if (!isUnderWay(accepted)) return accepted;
  const end = clock.steady() + within;
  let news = Promise.withResolvers<void>();
  const stop = ledger.onAppend((events) => {
    // What is about it names it.
    if (events.some(({ type, json }) => type.startsWith('message.') && json.includes(accepted.id))) news.resolve();
  });
  try {
    for (;;) {
      const { promise } = news;
      const now = await outbox.get(tenantId, accepted.id);
      const left = end - clock.steady();
      if (!isUnderWay(now) || left <= 0) return now;
      await atMost(clock, left, promise);
      news = Promise.withResolvers();
    }
  } finally {
    stop();
  }
}
