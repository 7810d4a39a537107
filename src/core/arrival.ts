/** What reaches a session from its phone, in the order in which it came, and what of it has to be made sound before it is stored. */
import type { AckLevel, ChatId, InboundMessage, Notice } from './message.ts';
import type { Milliseconds } from './runtime.ts';

export interface Ack {
  engineId: string;
  level: AckLevel;
  at: Milliseconds;
  /** In a group: whom the ack is of. Without it, it is of the message as a whole. */
  participant?: ChatId;
}

export type Told = { message: InboundMessage } | { notice: Notice };
export type Arrival = Told | { ack: Ack };

/** What could not be made an `Arrival`, as it came. */
export interface Unreadable {
  kind: 'message' | 'notice' | 'ack';
  raw: unknown;
  /** WhatsApp's id, where that much could be read. */
  engineId: string | null;
  error: unknown;
}

/** The last moment of the year 9999: no later one can be written in ISO 8601 with four digits of a year. */
const LAST = 253_402_300_799_999;

/**
 * As it came, but that every database and every reader can take it: NUL and halves of surrogate pairs, which Postgres refuses,
 * are replaced, and a time that is no time is `now`. Throws for what is no arrival at all.
 */
export function sound(arrival: Arrival, now: Milliseconds): Arrival {
  needShape(arrival);
  const clean = cleaned(arrival) as Arrival;
  if ('message' in clean) return { message: { ...clean.message, timestamp: timeOf(clean.message.timestamp, now) } };
  if ('ack' in clean) return { ack: { ...clean.ack, at: timeOf(clean.ack.at, now) } };
  const { notice } = clean;
  const at = timeOf(notice.at, now);
  if (notice.kind !== 'presence') return { notice: { ...notice, at } };
  return { notice: { ...notice, at, lastSeenAt: notice.lastSeenAt === null ? null : timeOf(notice.lastSeenAt, now) } };
}

/** As much of it as whoever puts arrivals in order looks at. */
function needShape(arrival: Arrival): void {
  const isText = (value: unknown): boolean => typeof value === 'string';
  if ('message' in arrival) {
    const { engineId, chat, text = '', caption = '' } = arrival.message;
    if (![engineId, chat.id, text, caption].every(isText))
      throw new TypeError('The message has no id, no chat or no text where one should be');
  } else if ('ack' in arrival) {
    if (!isText(arrival.ack.engineId)) throw new TypeError('The ack says of no message that it is about it');
  } else if (!isText(arrival.notice.kind)) throw new TypeError('The notice does not say what it is about');
}

const timeOf = (time: unknown, now: Milliseconds): Milliseconds =>
  typeof time === 'number' && time > 0 && time <= LAST ? Math.floor(time) : now;

export const soundText = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed();

/** What is clean comes back as it is: nearly everything is. */
function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? soundText(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(cleaned);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, cleaned(part)]));
}
