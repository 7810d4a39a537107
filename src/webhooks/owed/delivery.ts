import type { ErrorCode } from '../../core/errors.ts';
import type { DeliveryId, EndpointId, EventId, MessageId, SessionId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { ErrorClass } from '../ports.ts';

/** `dead`: given up, until somebody asks for a retry. */
export type DeliveryStatus = 'pending' | 'delivered' | 'dead';

/** One HTTP request made for a delivery, and what became of it. */
export interface Attempt {
  /** 1 for the first; the value of `hookline-attempt`. */
  number: number;
  startedAt: Milliseconds;
  /** Milliseconds until the answer was read, or until it failed. */
  latency: number;
  /** The value of `webhook-signature`, a line for each request that was made; null where it is not kept (any more). */
  signature: string | null;
  /** Null when there was no answer. */
  status: number | null;
  /** Null for a success. */
  errorClass: ErrorClass | null;
  /** What went wrong, for a person. */
  error: string | null;
  responseHeaders: Record<string, string | string[] | undefined> | null;
  /** The first 4 KiB, as text. */
  responseBody: string | null;
  /** What became of the actions in the answer, in its order; empty when it asked for none. */
  actions: ActionResult[];
}

export interface ActionResult {
  /** Its place in the answer's list, from 0; null when the list as a whole was refused. */
  index: number | null;
  ok: boolean;
  /** Of what was put into the outbox. */
  messageId?: MessageId;
  /** Why it was not done. */
  error?: { code: ErrorCode; message: string };
}

export interface DeliveryView {
  id: DeliveryId;
  endpointId: EndpointId;
  /** The value of `webhook-id`. */
  eventId: EventId;
  eventType: string;
  sessionId: SessionId | null;
  status: DeliveryStatus;
  attemptsMade: number;
  /** At the earliest; null when it is over, waits for another one, or its endpoint is disabled. */
  nextAttemptAt: string | null;
  waitsFor: WaitsFor | null;
  createdAt: string;
  finishedAt: string | null;
}

/** The delivery at the front of its lane, behind which it waits its turn. */
export interface WaitsFor {
  deliveryId: DeliveryId;
  eventType: string;
  /** When that one is tried next, at the earliest; null while their endpoint is disabled. */
  until: string | null;
}

/** A delivery whose last try failed, and that is tried again. */
export type FailingView = Pick<DeliveryView, 'eventType' | 'attemptsMade' | 'nextAttemptAt'> & { deliveryId: DeliveryId };

export type AttemptView = Omit<Attempt, 'startedAt' | 'signature'> & {
  startedAt: string;
  /** Those by which the receiver knows that it is genuine; null where they are not kept. */
  requestHeaders: Record<(typeof SIGNED_HEADERS)[number], string> | null;
};

/** What is sent in one request to whom is told in another product's words. */
export interface RequestView {
  url: string;
  body: string;
}

const SIGNED_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature', 'hookline-attempt'] as const;

/** The value of `webhook-id`: in a dialect an event may be told in several requests, and no two are the same to whoever takes each once. */
export const nthId = (eventId: EventId, nth: number): string => (nth === 1 ? eventId : `${eventId}.${nth}`);

/** What says on a request whose delivery it is, and which try. */
export const signedHeadersOf = (
  eventId: EventId,
  { number, startedAt, signature }: Pick<Attempt, 'number' | 'startedAt'> & { signature: string },
  nth = 1,
): Record<(typeof SIGNED_HEADERS)[number], string> => ({
  'webhook-id': nthId(eventId, nth),
  'webhook-timestamp': String(timestampOf(startedAt)),
  'webhook-signature': signature,
  'hookline-attempt': String(number),
});

/** In whole seconds. */
export const timestampOf = (startedAt: Milliseconds): number => Math.floor(startedAt / 1_000);
