import { envelope, type LedgerEvent } from '../core/events.ts';
import type { Clock } from '../core/runtime.ts';
import { type Asked, actionsAskedIn } from './actions-asked.ts';
import type { Attempt } from './delivery.ts';
import type { WayOut } from './ports.ts';
import { type Signers, sign } from './sign.ts';

/** Where a request goes and what makes it the endpoint's. */
export interface Target {
  url: string;
  /** Opened. */
  headers: Record<string, string>;
  /** Opened; those that sign now. */
  signers: Signers;
}

export interface AttemptOptions {
  wayOut: WayOut;
  clock: Clock;
  /** Milliseconds that an endpoint has to answer. */
  deadline: number;
  /** Of the hub, for `user-agent`. */
  version: string;
}

const KEPT_BODY = 4 * 1024;

/** An attempt and the actions that its answer asks for. */
export type Made = Attempt & { asked: Asked[] };

/** One HTTP request for one delivery. Success is a 2xx; a redirect is not followed and is a failure. Never rejects. */
export async function attempt(
  target: Target,
  event: LedgerEvent,
  number: number,
  { wayOut, clock, deadline, version }: AttemptOptions,
): Promise<Made> {
  const startedAt = clock.now();
  const timestamp = Math.floor(startedAt / 1_000);
  const body = envelope(event);
  const result = await wayOut.request({
    method: 'POST',
    url: target.url,
    headers: {
      ...target.headers,
      'content-type': 'application/json',
      'user-agent': `Hookline/${version}`,
      'webhook-id': event.id,
      'webhook-timestamp': String(timestamp),
      'webhook-signature': sign(target.signers, { id: event.id, timestamp, body }),
      'hookline-attempt': String(number),
    },
    body,
    deadline,
    repeatable: true,
  });
  const made = { number, startedAt, latency: Math.max(0, clock.now() - startedAt), actions: [] };
  if ('error' in result)
    return { ...made, status: null, errorClass: result.error, error: result.detail, responseHeaders: null, responseBody: null, asked: [] };
  const { status, headers } = result;
  const success = status >= 200 && status < 300;
  return {
    ...made,
    status,
    errorClass: success ? null : 'http',
    error: success ? null : `The endpoint answered ${status}`,
    responseHeaders: headers,
    responseBody: textOf(result.body.subarray(0, KEPT_BODY)),
    asked: success ? actionsAskedIn(result) : [],
  };
}

/** Postgres takes no NUL in a text. */
const textOf = (bytes: Buffer): string => bytes.toString('utf8').replaceAll('\0', '\u{fffd}');
