/** What a message, and the session that sends it, becomes after the engine was asked to do something about it. Pure. */
import { fullJitter } from '../../core/backoff.ts';
import { HooklineError, messageOf, type SendStage } from '../../core/errors.ts';
import type { Milliseconds, Random } from '../../core/runtime.ts';
import { move } from '../message/status.ts';
import type { Hold } from '../message/store.ts';
import type { SendError, StoredMessage } from '../message/stored.ts';
import type { SendingEngine } from '../ports.ts';

/** Between two tries of the same message: 2 s, doubled up to 5 minutes. */
const RETRY = { base: 2_000, cap: 5 * 60_000, floor: 500 };
/** Between two tries of a session whose network is down. */
const NETWORK = { base: 2_000, cap: 60_000, floor: 1_000 };
/** Between two looks whether a chat that must not be begun is there meanwhile. */
const LOOK_AT_NEW_CHATS: Milliseconds = 5 * 60_000;
/** Before WhatsApp is asked again about an unknown message after it gave no answer. */
export const ASK_AGAIN: Milliseconds = 60_000;
/** The same answer so often in a row is the last one. */
const MOST_REPEATS = 3;
/** A message that has failed so often is worth a word to its tenant. */
const WORTH_A_WORD = 3;

export function afterSent(message: StoredMessage, engineId: string, now: Milliseconds): StoredMessage {
  return move(message, 'sent', now, { engineId, error: null, repeats: 0 });
}

/** Whatever may have gone out is `unknown`: only what certainly did not is tried again by the hub. */
export function afterSendError(message: StoredMessage, thrown: unknown, now: Milliseconds, random: Random): StoredMessage {
  const { error, stage, until } = readingOf(thrown);
  if (stage === 'refused') return move(message, 'failed', now, { error });
  if (stage === 'perhaps') return message.status === 'unknown' ? message : move(message, 'unknown', now, { error });
  const repeats = repeatsOf(message, error, stage);
  if (repeats >= MOST_REPEATS) return move(message, 'failed', now, { error, repeats });
  return move(message, 'queued', now, { error, repeats, notBefore: nextTry(stage, message.attempts, now, { random, until }) });
}

/** Nothing was handed over, so whatever is not final is tried again. */
export function afterPreparing(message: StoredMessage, thrown: unknown, now: Milliseconds, random: Random): StoredMessage {
  const { error, stage, until } = readingOf(thrown);
  // One that WhatsApp does not let out yet was not tried.
  const attempts = message.attempts + (stage === 'new-chat' ? 0 : 1);
  const repeats = repeatsOf(message, error, stage);
  if (stage === 'refused' || repeats >= MOST_REPEATS) return move(message, 'failed', now, { error, attempts, repeats });
  return { ...message, attempts, repeats, error, notBefore: nextTry(stage, attempts, now, { random, until }) };
}

/** WhatsApp's word, by an ack, for a message that it has given up. */
const REPORTED: SendError = { code: 'engine-failed', message: 'WhatsApp reported that the message failed.' };

/** Noted with a message that is being handed over: it counts if the hand-over itself says nothing better. */
export const withReport = (message: StoredMessage): StoredMessage => ({ ...message, error: REPORTED });

export function afterReport(message: StoredMessage, at: Milliseconds): StoredMessage {
  return move(message, 'failed', at, { error: REPORTED });
}

export const isReported = ({ error }: StoredMessage): boolean => error?.message === REPORTED.message;

/** What an error means for the message: its words, and whether and when it is tried again. */
function readingOf(thrown: unknown): { error: SendError; stage: SendStage; until: Milliseconds | undefined } {
  const known = thrown instanceof HooklineError ? thrown : new HooklineError('internal', messageOf(thrown));
  const { code, message, stage = 'perhaps', until } = known;
  const isHeld = stage === 'network' || stage === 'new-chat';
  return { error: { code: isHeld ? stage : code, message }, stage, until };
}

/** What the network keeps from going out waits with its whole session; a chat that is none yet may be begun by the other side. */
function nextTry(
  stage: SendStage,
  attempts: number,
  now: Milliseconds,
  { random, until }: { random: Random; until: Milliseconds | undefined },
): Milliseconds | null {
  if (stage === 'network') return null;
  return stage === 'new-chat' && until !== undefined ? Math.min(until, now + LOOK_AT_NEW_CHATS) : now + fullJitter(attempts, RETRY, random);
}

/** How often in a row this unexplained answer was given. Ids and times in it may differ. */
function repeatsOf({ error: before, repeats }: StoredMessage, error: SendError, stage: SendStage): number {
  if (stage !== 'before') return 0;
  const gist = ({ code, message }: SendError): string => `${code} ${message.replace(/[0-9A-F]{6,}|\d+/gi, '#')}`;
  return before && gist(before) === gist(error) ? repeats + 1 : 1;
}

/** What holds the whole session after one of its messages has come to this. */
export function holdAfter(hold: Hold | null, { status, error }: StoredMessage, now: Milliseconds, random: Random): Hold | null {
  if (status === 'sent') return null;
  if (error?.code !== 'network' || status !== 'queued') return hold;
  const times = (hold?.waits === 'network' ? hold.times : 0) + 1;
  return { waits: 'network', until: now + fullJitter(times, NETWORK, random), times, told: hold?.told ?? false };
}

/** Whether the tenant should hear of this failure: once for what goes wrong, not once a try. */
export const isWorthAWord = ({ status, error, attempts }: StoredMessage, hold: Hold | null): boolean =>
  (status === 'queued' || status === 'failed') && error !== null && attempts === WORTH_A_WORD && hold?.told !== true;

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

/** A message that an earlier owner of the lane was handing over. */
export function afterCrash(message: StoredMessage, now: Milliseconds): StoredMessage {
  const error = { code: 'engine-timeout', message: 'The hub was stopped while it handed the message to WhatsApp.' };
  return move(message, 'unknown', now, { error });
}

/** A message whose own time has come, and which no engine is needed for. Null: WhatsApp must be asked about it. */
export function onTimer(message: StoredMessage, connected: boolean, now: Milliseconds): StoredMessage | null {
  switch (message.status) {
    case 'sending':
      // Its owner ends it.
      return { ...message, wakesAt: null };
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
