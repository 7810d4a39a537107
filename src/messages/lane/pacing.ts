/**
 * When a session may hand over its next message. Pure: time and chance are arguments, and the state is what the last
 * paced message of the session, and of the chat, was stored with. None of it keeps WhatsApp from banning an account.
 */
import type { Milliseconds, Random } from '../../core/runtime.ts';
import type { QuietHours } from './quiet-hours.ts';
import { quietUntil } from './quiet-hours.ts';

/** `config.pacing` of a session; what is left out does not hold anything back. */
export interface Pacing {
  /** Over a longer time, so many messages a minute … */
  perMinute?: number | undefined;
  /** … and so many at once after a pause. Default 1: evenly. */
  burst?: number | undefined;
  /** Between two messages at least this long … */
  minGapSeconds?: number | undefined;
  /** … and up to this part of it longer, by chance: 0.5 makes 10 s into 10 to 15 s. */
  jitter?: number | undefined;
  /** So many a minute to one chat, which may come at once. */
  perChatPerMinute?: number | undefined;
  quietHours?: QuietHours | undefined;
  warmUp?: { days: number; perDay: number } | undefined;
}

/** What a message is stored with when it is handed over under pacing; what a later one needs to know. */
export interface Pace {
  at: Milliseconds;
  /** When the bucket of the session is full again, that of the chat, and when the gap is over. */
  bucket: Milliseconds;
  chatBucket: Milliseconds;
  gap: Milliseconds;
  /** `since`: the first message under a warm-up. `sent`: on its day so far. */
  warmUp: { since: Milliseconds; day: number; sent: number } | null;
}

/** Of the session, and of the chat that the next message goes to. */
export interface Paces {
  session: Pace | null;
  chat: Pace | null;
}

type WaitReason = 'rate' | 'gap' | 'chat-rate' | 'warm-up' | 'quiet-hours';
export interface Wait {
  reason: WaitReason;
  until: Milliseconds;
}

/** Of a session's settings; null when nothing is set. */
export const pacingOf = (config: Record<string, unknown>): Pacing | null => (config.pacing as Pacing | null | undefined) ?? null;

const MINUTE: Milliseconds = 60_000;
const DAY: Milliseconds = 24 * 60 * MINUTE;

/** What the next message waits for longest; null when it may leave now. */
export function pacingWait(pacing: Pacing, { session, chat }: Paces, now: Milliseconds): Wait | null {
  const { perMinute, burst = 1, perChatPerMinute, quietHours } = pacing;
  const waits: Wait[] = [
    { reason: 'rate', until: perMinute && session ? session.bucket - (burst - 1) * (MINUTE / perMinute) : 0 },
    { reason: 'gap', until: pacing.minGapSeconds && session ? session.gap : 0 },
    { reason: 'chat-rate', until: perChatPerMinute && chat ? chat.chatBucket - (perChatPerMinute - 1) * (MINUTE / perChatPerMinute) : 0 },
    { reason: 'warm-up', until: warmUpUntil(pacing, session, now) },
  ];
  const longest = waits.reduce((a, b) => (b.until > a.until ? b : a));
  const due = Math.ceil(Math.max(longest.until, now));
  const quiet = quietHours ? quietUntil(quietHours, due) : null;
  if (quiet !== null) return { reason: 'quiet-hours', until: quiet };
  return due > now ? { reason: longest.reason, until: due } : null;
}

/** What a message that is handed over now is stored with. */
export function paceAfter(pacing: Pacing, { session, chat }: Paces, now: Milliseconds, random: Random): Pace {
  const { perMinute, burst = 1, perChatPerMinute, minGapSeconds = 0, jitter = 0 } = pacing;
  return {
    at: now,
    bucket: refilled(session?.bucket, now, perMinute, burst),
    chatBucket: refilled(chat?.chatBucket, now, perChatPerMinute, perChatPerMinute ?? 1),
    gap: now + Math.round(minGapSeconds * 1_000 * (1 + jitter * random())),
    warmUp: warmed(pacing, session, now),
  };
}

/**
 * A token bucket told by the time at which it is full again (the theoretical arrival time of the generic cell rate
 * algorithm, ITU-T I.371). Never later than an empty bucket takes: the settings may have changed since.
 */
function refilled(full: Milliseconds | undefined, now: Milliseconds, perMinute: number | undefined, burst: number): Milliseconds {
  if (!perMinute) return now;
  const token = MINUTE / perMinute;
  return Math.min(Math.max(full ?? now, now) + token, now + burst * token);
}

/** Counted in spans of 24 hours from the first message, which no change of clocks makes longer or shorter. */
const dayOf = (since: Milliseconds, now: Milliseconds): number => Math.floor((now - since) / DAY) + 1;

/** On its nth day a session sends n times `perDay`, until its `days` are over. */
function warmUpUntil({ warmUp }: Pacing, session: Pace | null, now: Milliseconds): Milliseconds {
  const state = session?.warmUp;
  if (!warmUp || !state) return 0;
  const day = dayOf(state.since, now);
  if (day > warmUp.days || day !== state.day || state.sent < warmUp.perDay * day) return 0;
  return state.since + day * DAY;
}

function warmed({ warmUp }: Pacing, session: Pace | null, now: Milliseconds): Pace['warmUp'] {
  const state = session?.warmUp ?? null;
  if (!warmUp) return state;
  if (!state) return { since: now, day: 1, sent: 1 };
  const day = dayOf(state.since, now);
  return { since: state.since, day, sent: day === state.day ? state.sent + 1 : 1 };
}
