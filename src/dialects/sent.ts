import { atMost } from '../core/deadline.ts';
import { ERROR_CODES, type ErrorCode, HooklineError } from '../core/errors.ts';
import type { LedgerEvent } from '../core/events.ts';
import type { MessageId, TenantId } from '../core/ids.ts';
import type { MessageDetail, MessageView, SendRequest } from '../core/message.ts';
import type { Clock, Milliseconds } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Outbox } from '../messages/sends/outbox.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Raw } from './requests.ts';

export interface NewsPorts {
  ledger: { onAppend(listener: (events: readonly LedgerEvent[]) => void): () => void };
  clock: Clock;
  /** For so long it is waited at the most. */
  within: Milliseconds;
}

/**
 * What `look` finds, once `isThere` says that it is what is waited for, or when the time is over. It looks again after the events that `concern`
 * it.
 */
export async function onceThere<T>(
  look: () => Promise<T>,
  isThere: (found: T) => boolean,
  concerns: (event: LedgerEvent) => boolean,
  { ledger, clock, within }: NewsPorts,
): Promise<T> {
  const end = clock.steady() + within;
  let news = Promise.withResolvers<void>();
  const stop = ledger.onAppend((events) => {
    if (events.some(concerns)) news.resolve();
  });
  try {
    for (;;) {
      const { promise } = news;
      const found = await look();
      const left = end - clock.steady();
      if (isThere(found) || left <= 0) return found;
      await atMost(clock, left, promise);
      news = Promise.withResolvers();
    }
  } finally {
    stop();
  }
}

interface SentPorts extends NewsPorts {
  outbox: { get(tenantId: TenantId, id: MessageId): Promise<MessageDetail> };
}

/** It may still get, or lose, the id that WhatsApp knows it by. */
const isUnderWay = ({ status }: MessageView): boolean => ['queued', 'sending'].includes(status);

/**
 * A send, as it stands once it has left or come to its end, for clients that use WhatsApp's id of a message at once. What is not there in time is
 * under way: it is sent all the same.
 */
async function onceSent(tenantId: TenantId, accepted: MessageView, { outbox, ...news }: SentPorts): Promise<MessageView> {
  if (!isUnderWay(accepted)) return accepted;
  return onceThere<MessageView>(
    () => outbox.get(tenantId, accepted.id),
    (message) => !isUnderWay(message),
    // What is about it names it.
    ({ type, json }) => type.startsWith('message.') && json.includes(accepted.id),
    news,
  );
}

export interface SendPorts extends Pick<NewsPorts, 'ledger' | 'clock'> {
  outbox: Pick<Outbox, 'accept' | 'get'>;
  sessions: Pick<Sessions, 'isConnected'>;
  /** A send by the rules of the hub; throws `invalid-body`. */
  readSend(body: Raw): SendRequest;
  /** The Idempotency-Key of a request, if it has one. */
  idempotencyKeyOf(header: Asked['header']): string | undefined;
  /** For so long a send waits for WhatsApp's id. */
  answerWithin: Milliseconds;
}

interface Asked {
  tenantId: TenantId;
  target: SessionRef;
  header(name: string): string | undefined;
}

/**
 * Accepts a send, durably, and answers once it has left, or when that takes long. What WhatsApp did not take is refused by its code, with the
 * address (`extra.to`).
 */
export async function sendNow({ tenantId, target, header }: Asked, raw: Raw, ports: SendPorts): Promise<MessageView> {
  const idempotencyKey = ports.idempotencyKeyOf(header);
  const { message } = await ports.outbox.accept(
    tenantId,
    target,
    ports.readSend(raw),
    idempotencyKey === undefined ? {} : { idempotencyKey },
  );
  const within = (await ports.sessions.isConnected(target.id)) ? ports.answerWithin : 0;
  const sent = await onceSent(tenantId, message, { ...ports, within });
  if (sent.status !== 'failed') return message.warnings ? { ...sent, warnings: message.warnings } : sent;
  const { code = 'engine-failed', message: why = 'WhatsApp did not take it.' } = sent.error ?? {};
  throw new HooklineError(code in ERROR_CODES ? (code as ErrorCode) : 'engine-failed', why, { extra: { to: sent.to } });
}

/** What was answered by the hub's id is so by WhatsApp's, where there is one by now. */
export function repliesNamed(outbox: Pick<Outbox, 'called'>, session: SessionRef, views: readonly MessageView[]): Promise<MessageView[]> {
  return Promise.all(
    views.map(async (view) => {
      const about = view.replyTo?.startsWith('msg_') ? await outbox.called(session, view.replyTo) : null;
      return about?.engineId ? { ...view, replyTo: about.engineId } : view;
    }),
  );
}
