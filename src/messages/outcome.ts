/** What a message becomes after the engine was asked to do something about it. Pure. */
import { fullJitter } from '../core/backoff.ts';
import { type ErrorCode, HooklineError, hasCode, messageOf } from '../core/errors.ts';
import type { Milliseconds, Random } from '../core/runtime.ts';
import type { SendingEngine } from './ports.ts';
import { move } from './status.ts';
import type { SendError, StoredMessage } from './stored.ts';

/** Between two tries of the same message: 2 s, doubled up to 5 minutes. */
const RETRY = { base: 2_000, cap: 5 * 60_000, floor: 500 };
/** Before WhatsApp is asked again about an unknown message after it gave no answer. */
const ASK_AGAIN: Milliseconds = 60_000;

/** No later try can change these answers. */
const FINAL: ErrorCode[] = ['not-supported-by-engine', 'recipient-unknown', 'recipient-invalid'];

export function afterSent(message: StoredMessage, engineId: string, now: Milliseconds): StoredMessage {
  return move(message, 'sent', now, { engineId, error: null });
}

/** Whatever may have gone out is `unknown`: only what certainly did not is tried again by the hub. */
export function afterSendError(message: StoredMessage, thrown: unknown, now: Milliseconds, random: Random): StoredMessage {
  const { code, extra } = thrown instanceof HooklineError ? thrown : { code: 'internal', extra: undefined };
  const error: SendError = { code, message: messageOf(thrown) };
  if (extra?.refused === true || hasCode(thrown, ...FINAL)) return move(message, 'failed', now, { error });
  if (extra?.handedOver === false || code === 'session-not-connected') {
    return move(message, 'queued', now, { error, notBefore: now + fullJitter(message.attempts, RETRY, random) });
  }
  return move(message, 'unknown', now, { error });
}

/** Nothing was handed over, so whatever is not final is tried again. */
export function afterPreparing(message: StoredMessage, thrown: unknown, now: Milliseconds, random: Random): StoredMessage {
  const { code, extra } = thrown instanceof HooklineError ? thrown : { code: 'internal', extra: undefined };
  const error: SendError = { code, message: messageOf(thrown) };
  const attempts = message.attempts + 1;
  if (extra?.refused === true || hasCode(thrown, ...FINAL)) return move(message, 'failed', now, { error, attempts });
  return { ...message, attempts, error, notBefore: now + fullJitter(attempts, RETRY, random) };
}

/** An unknown message after the question whether WhatsApp has it: without a clear yes it is left to the caller. */
export function afterAsked(
  message: StoredMessage,
  answer: Awaited<ReturnType<SendingEngine['findSent']>>,
  now: Milliseconds,
): StoredMessage {
  return answer === 'sent' ? move(message, 'sent', now, { error: null }) : { ...message, wakesAt: null };
}

export function afterAskError(message: StoredMessage, now: Milliseconds): StoredMessage {
  return { ...message, wakesAt: now + ASK_AGAIN };
}

/** A message whose own time has come, and which no engine is needed for. Null: WhatsApp must be asked about it. */
export function afterWaking(message: StoredMessage, connected: boolean, now: Milliseconds): StoredMessage | null {
  switch (message.status) {
    case 'sending': {
      const error = { code: 'engine-timeout', message: 'The hub was stopped while it handed the message to WhatsApp.' };
      return move(message, 'unknown', now, { error });
    }
    case 'unknown':
      // Asked when the session is connected again.
      return connected ? null : { ...message, wakesAt: null };
    case 'sent':
      // Told once, see `awaitingDelivery`.
      return { ...message, wakesAt: null };
    default:
      return move(message, (message.expiresAt ?? now + 1) <= now ? 'expired' : 'queued', now, { error: message.error });
  }
}
