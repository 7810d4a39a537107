/**
 * The state machine of an outbound message:
 *
 *   scheduled → queued → sending → sent → delivered → read → played
 *
 * `queued` ends in `failed` when there is nothing to hand over (no such recipient, no such file).
 * `sending` goes back to `queued` when the message certainly did not go out, to `failed` when it was refused for good (or
 * in the same way again and again),
 * and to `unknown` when nobody can say; `unknown` is settled by WhatsApp's answer, by an ack, or by the caller.
 * An ack proves all the steps before it, so it may come early and skip some; nothing it proved is ever taken back.
 */
import { type AckLevel, chatKind, type MessageStatus } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { StoredMessage } from './stored.ts';

const ACKED = ['sent', 'delivered', 'read', 'played'] as const;

const MOVES: Record<MessageStatus, readonly MessageStatus[]> = {
  scheduled: ['queued', 'expired', 'canceled'],
  // An ack in `queued`: the engine said that the last try did not go out, and WhatsApp knows better.
  queued: ['sending', 'failed', 'expired', 'canceled', ...ACKED],
  sending: ['queued', 'failed', 'unknown', ...ACKED],
  unknown: ['queued', 'failed', ...ACKED],
  sent: ['delivered', 'read', 'played', 'failed'],
  delivered: ['read', 'played'],
  read: ['played'],
  played: [],
  failed: ['queued'],
  expired: [],
  canceled: [],
  received: [],
};

export function canMove(from: MessageStatus, to: MessageStatus): boolean {
  return MOVES[from].includes(to);
}

/**
 * What an ack makes of a message; null when it says nothing new. That a try has failed is told by the hand-over itself, and
 * with the reason: of one that is being handed over the word for it comes too early, of one that is tried again too late.
 */
export function afterAck(status: MessageStatus, level: AckLevel): MessageStatus | null {
  if (level === 'failed' && (status === 'sending' || status === 'queued')) return null;
  return canMove(status, level) ? level : null;
}

/** Whether WhatsApp has taken the message, as far as is known. */
export const wasTaken = ({ status }: StoredMessage): boolean => status === 'received' || ACKED.some((acked) => acked === status);

/** One that is tried all day, while its network is down or because somebody asks for it, is written with each try: how it began and how it stands is enough. */
const LONGEST_HISTORY = 100;

const goneOn = ([first, ...rest]: StoredMessage['history'], entry: StoredMessage['history'][number]): StoredMessage['history'] =>
  first ? [first, ...[...rest, entry].slice(1 - LONGEST_HISTORY)] : [entry];

/** The message after one move, with its history. A move that is not in the table is a bug of the caller and throws. */
export function move(
  message: StoredMessage,
  to: MessageStatus,
  at: Milliseconds,
  changes: Partial<Pick<StoredMessage, 'engineId' | 'error' | 'attempts' | 'repeats' | 'expiresAt' | 'notBefore' | 'pace'>> = {},
): StoredMessage {
  if (!canMove(message.status, to)) throw new Error(`Message ${message.id} is ${message.status} and cannot become ${to}`);
  const { error } = changes;
  const moved: StoredMessage = {
    ...message,
    ...changes,
    status: to,
    history: goneOn(message.history, error ? { status: to, at, error } : { status: to, at }),
  };
  return { ...moved, wakesAt: wakesAt(moved, at) };
}

/**
 * When a message needs its lane by itself, wherever it stands in it: a scheduled one to be queued, a queued one to
 * expire, an unknown one to be asked about, a sent one to be missed when its delivery is not reported (see `awaitingDelivery`). A `sending` one is its owner's to end; see lane.ts.
 */
export function wakesAt({ status, sendAt, expiresAt }: StoredMessage, now: Milliseconds): Milliseconds | null {
  switch (status) {
    case 'scheduled':
      return sendAt;
    case 'queued':
      return expiresAt;
    case 'unknown':
      return now;
    default:
      return null;
  }
}

/** What is acknowledged as its own by the phone of a recipient. */
const isDelivered = ({ type, chatId }: StoredMessage): boolean =>
  chatKind(chatId) === 'private' && type !== 'reaction' && type !== 'edit' && type !== 'revoke';

/** A message that was sent now, and of which it will be told when it is not delivered after `limit` ms (null: never). */
export function awaitingDelivery(message: StoredMessage, now: Milliseconds, limit: Milliseconds | null): StoredMessage {
  return message.status === 'sent' && limit !== null && isDelivered(message) ? { ...message, wakesAt: now + limit } : message;
}
