import type { EventId, TenantId } from '../../core/ids.ts';
import type { Mask } from '../../core/mask.ts';
import type { Clock, Milliseconds } from '../../core/runtime.ts';
import { type ActionRequest, actionRequestsIn } from '../actions/action-requests.ts';
import { type Attempt, nthId, signedHeadersOf, timestampOf } from '../owed/delivery.ts';
import type { DialectRequest, WayOut } from '../ports.ts';
import { type Signers, sign } from '../signing/sign.ts';

/** Where a request goes and what makes it the endpoint's. */
export interface Target {
  tenantId: TenantId;
  url: string;
  /** Opened. */
  headers: Record<string, string>;
  /** Opened; those that sign now. */
  signers: Signers;
  /** Whether what it answers may ask for actions: who was told in another product's words answers as that asks. */
  mayAct: boolean;
  /** Takes the endpoint's secrets out of what is kept of an answer. */
  mask: Mask;
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
const MOST_BYTES_OF_A_CHARACTER = 4;

/** An attempt and the actions that its answer asks for. */
export type Made = Attempt & { asked: ActionRequest[] };

/**
 * The HTTP requests for one delivery, one after the other until one fails: what is noted is of the last one that was made. Success is a 2xx whose
 * body comes to its end, or is followed by what breaks the protocol. A redirect is not followed and is a failure. Never rejects.
 */
export async function attempt(
  target: Target,
  { eventId, number, requests }: { eventId: EventId; number: number; requests: readonly DialectRequest[] },
  options: AttemptOptions,
): Promise<Made> {
  const startedAt = options.clock.now();
  const signatures: string[] = [];
  let made: Made | undefined;
  for (const request of requests) {
    const nth = signatures.length + 1;
    const signature = sign(target.signers, { id: nthId(eventId, nth), timestamp: timestampOf(startedAt), body: request.body });
    signatures.push(signature);
    const own = signedHeadersOf(eventId, { number, startedAt, signature }, nth);
    made = await once(target, request, own, { number, startedAt, signature: signatures.join('\n') }, options);
    if (made.errorClass !== null) break;
  }
  if (!made) throw new Error('A delivery without a request is no attempt');
  return made;
}

async function once(
  target: Target,
  { url = target.url, headers: more, body }: DialectRequest,
  signed: Record<string, string>,
  { number, startedAt, signature }: Pick<Attempt, 'number' | 'startedAt' | 'signature'>,
  { wayOut, clock, deadline, version }: AttemptOptions,
): Promise<Made> {
  const result = await wayOut.request({
    tenantId: target.tenantId,
    method: 'POST',
    url,
    // What the dialect says itself is not the tenant's to say.
    headers: more ? Object.fromEntries(Object.entries(target.headers).filter(([name]) => !(name in more))) : target.headers,
    own: { 'content-type': 'application/json', 'user-agent': `Hookline/${version}`, ...more, ...signed },
    body,
    deadline,
    repeatable: true,
  });
  const made = { number, startedAt, signature, latency: Math.max(0, clock.now() - startedAt), actions: [] };
  if ('error' in result)
    return {
      ...made,
      status: null,
      errorClass: result.error,
      error: target.mask(result.detail),
      responseHeaders: null,
      responseBody: null,
      asked: [],
    };
  const { status, headers, broken } = result;
  const isTaken = status >= 200 && status < 300;
  // Bytes that break the protocol are a slip of who has answered already; what stays away may be one who has gone in the middle.
  const isCutOff = broken !== null && broken.error !== 'http';
  const success = isTaken && !isCutOff;
  return {
    ...made,
    status,
    errorClass: success ? null : isTaken && isCutOff ? broken.error : 'http',
    error: saidOf(status, success, broken && target.mask(broken.detail)),
    responseHeaders: masked(headers, target.mask),
    responseBody: bodyOf(result.body, target.mask),
    asked: success && target.mayAct ? actionRequestsIn(result) : [],
  };
}

/** Of an event that could not be told: nothing was asked. */
export const untold = (number: number, startedAt: Milliseconds, why: string): Made => ({
  ...{ number, startedAt, signature: null, latency: 0, actions: [], asked: [] },
  ...{ status: null, errorClass: 'dialect', error: `The event cannot be told in this dialect: ${why}` },
  ...{ responseHeaders: null, responseBody: null },
});

function saidOf(status: number, success: boolean, broken: string | null): string | null {
  if (broken !== null) return `The endpoint answered ${status}, and then: ${broken}`;
  return success ? null : `The endpoint answered ${status}`;
}

function masked(headers: NonNullable<Attempt['responseHeaders']>, mask: Mask): NonNullable<Attempt['responseHeaders']> {
  // Nearly always there is nothing to take out.
  if (!holdsSecret(headers, mask)) return headers;
  const all = Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.map(mask) : value && mask(value)]);
  return Object.fromEntries(all);
}

function holdsSecret(headers: NonNullable<Attempt['responseHeaders']>, mask: Mask): boolean {
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value) ? value.some((one) => mask(one) !== one) : value !== undefined && mask(value) !== value) return true;
  }
  return false;
}

/** Cut only when it is masked: half a secret is one that nothing knows any more. Postgres takes no NUL in a text. */
function bodyOf(bytes: Buffer, mask: Mask): string {
  if (bytes.length === 0) return '';
  const text = mask(bytes.subarray(0, KEPT_BODY + MOST_BYTES_OF_A_CHARACTER * mask.longest).toString('utf8'));
  const kept = Buffer.byteLength(text) > KEPT_BODY ? Buffer.from(text).subarray(0, KEPT_BODY).toString('utf8') : text;
  return kept.replaceAll('\0', '\u{fffd}');
}
