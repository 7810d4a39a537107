/**
 * Every way in which the hub says no. The code is part of the outside contract: clients branch on it,
 * so a code is never renamed. `status` is the HTTP status that answers it (RFC 9110).
 */
export const ERROR_CODES = {
  'bad-request': { status: 400, title: 'The request cannot be read' },
  'invalid-body': { status: 422, title: 'The body is not what this route takes' },
  'invalid-query': { status: 400, title: 'A query parameter is not what this route takes' },
  'invalid-configuration': { status: 500, title: 'The configuration is wrong' },
  unauthorized: { status: 401, title: 'No valid key' },
  forbidden: { status: 403, title: 'The key lacks the right for this' },
  'not-found': { status: 404, title: 'There is no such thing here' },
  'method-not-allowed': { status: 405, title: 'The path does not take this method' },
  'not-acceptable': { status: 406, title: 'None of the accepted formats can be made' },
  'request-timeout': { status: 408, title: 'The request did not come in time' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'expectation-failed': { status: 417, title: 'The expectation of the request is not known' },
  'headers-too-large': { status: 431, title: 'The header of the request is too large' },
  'upgrade-required': { status: 426, title: 'The path is for WebSockets only' },
  'unsupported-media-type': { status: 415, title: 'The body has a type that this route does not read' },
  'range-not-satisfiable': { status: 416, title: 'The file has no such bytes' },
  'session-exists': { status: 409, title: 'A session with this name exists' },
  'tenant-exists': { status: 409, title: 'A tenant with this name exists' },
  'session-not-connected': { status: 409, title: 'The session is not connected' },
  'session-busy': { status: 409, title: 'The session is busy with another command' },
  'not-a-sandbox': { status: 409, title: 'Only a sandbox session can be played' },
  'qr-unavailable': { status: 409, title: 'There is no QR code to show now' },
  'qr-not-waiting': { status: 409, title: 'The session does not wait for a scan' },
  'session-linked': { status: 409, title: 'The session is linked already' },
  'link-page-ended': { status: 410, title: 'The link page has ended' },
  'pairing-unavailable': { status: 409, title: 'The session cannot be linked by a pairing code now' },
  'passkey-unavailable': { status: 409, title: 'No passkey is asked for now' },
  'passkey-mismatch': { status: 422, title: 'The credential does not answer what is asked' },
  'passkey-expired': { status: 410, title: 'The request for the passkey is over' },
  'message-not-cancelable': { status: 409, title: 'The message can no longer be canceled' },
  'message-not-retryable': { status: 409, title: 'Only a failed or unknown message can be retried' },
  'quarantine-not-retryable': { status: 409, title: 'What was set aside cannot be tried again' },
  'endpoint-disabled': { status: 409, title: 'The endpoint is disabled' },
  'delivery-pending': { status: 409, title: 'The delivery is still being tried' },
  'idempotency-mismatch': { status: 422, title: 'The Idempotency-Key was used with another request' },
  'idempotency-in-flight': { status: 409, title: 'A request with this Idempotency-Key is being handled' },
  'idempotency-unknown': { status: 409, title: 'What became of the request with this Idempotency-Key is not known' },
  'recipient-invalid': { status: 422, title: 'The recipient is not a WhatsApp address' },
  'recipient-unknown': { status: 422, title: 'The recipient is not on WhatsApp' },
  'media-invalid': { status: 422, title: 'The media cannot be used' },
  'media-too-large': { status: 413, title: 'The media is larger than it may be' },
  'media-unavailable': { status: 409, title: 'The media is not here' },
  'url-forbidden': { status: 422, title: 'The URL may not be reached from here' },
  'flow-invalid': { status: 422, title: 'The flow has errors' },
  'flow-refused': { status: 409, title: 'The flow does not start here now' },
  'flow-from-file': { status: 409, title: 'The flow comes from a file' },
  'not-supported-by-engine': { status: 501, title: 'The engine of this session cannot do this' },
  'engine-unavailable': { status: 503, title: 'The engine cannot be started here' },
  'engine-failed': { status: 502, title: 'WhatsApp did not do it' },
  'engine-timeout': { status: 504, title: 'WhatsApp did not answer in time' },
  'owner-unreachable': { status: 503, title: 'The node that runs the session cannot be reached now' },
  'not-a-cluster': { status: 409, title: 'The hub is no node of a cluster' },
  'lane-lost': { status: 503, title: 'Another owner has taken this lane' },
  'storage-unavailable': { status: 503, title: 'The database or its disk does not answer' },
  'storage-full': { status: 507, title: 'The disk is full' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  // Of what there is; of what there is in a minute it is 429.
  'limit-reached': { status: 409, title: 'A limit of this tenant is reached' },
  'shutting-down': { status: 503, title: 'The hub is stopping' },
  'data-directory-in-use': { status: 500, title: 'Another hub holds the directory' },
  'database-in-use': { status: 500, title: 'Another hub holds the database' },
  'port-in-use': { status: 500, title: 'Another process listens on the port' },
  internal: { status: 500, title: 'Something went wrong in the hub' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** One thing that is wrong with an input: where (`steps.2.say`, `flows/a.yml:3:5`) and what. */
export interface Fault {
  path: string;
  message: string;
}

/**
 * How far a send had come when it failed, as far as that is known. It alone decides whether the message is sent again:
 *
 *   `refused`  not handed over, and no later try can change it
 *   `network`  not handed over, as the account cannot reach WhatsApp: all that waits in the session waits on
 *   `later`    not handed over, and known to pass: tried as long as it takes
 *   `new-chat` not handed over, as WhatsApp lets the account begin no new chats for now: this chat waits (`until`), others go on
 *   `before`   not handed over, and nobody knows why: the same answer again and again is a no for good
 *   `perhaps`  the message is perhaps out, so nobody sends it again; what an error without a stage means, too
 */
export type SendStage = 'refused' | 'network' | 'later' | 'new-chat' | 'before' | 'perhaps';

export interface ErrorDetails {
  /** What is wrong with the input, one entry a place. */
  errors?: Fault[] | undefined;
  /** Further members of the problem document, such as `existing` and `options` of `session-exists`. */
  extra?: Record<string, unknown> | undefined;
  /** Seconds after which it is worth trying again. */
  retryAfter?: number | undefined;
  /** Of a send, and of what is done for one. For the hub itself: never shown outside. */
  stage?: SendStage | undefined;
  /** With the stage `new-chat`: when it is worth trying again (ms). Not shown either. */
  until?: number | undefined;
  /** Where it is not the one of the code. */
  status?: 429;
  cause?: unknown;
}

/** What is wrong with an input, in one sentence: the first place, and how many others `errors` names. */
export function toldFaults(what: string, [first, ...others]: readonly Fault[]): string {
  const more = others.length === 0 ? '' : ` (and ${others.length} other ${others.length === 1 ? 'place' : 'places'}, see "errors")`;
  const text = `${what}: ${first?.path}: ${first?.message}${more}`;
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

/** The one error class of the hub. `message` is the `detail` that a person reads: what is wrong and what to do. */
export class HooklineError extends Error {
  override readonly name = 'HooklineError';
  readonly code: ErrorCode;
  readonly errors: Fault[] | undefined;
  readonly extra: Record<string, unknown> | undefined;
  readonly retryAfter: number | undefined;
  readonly stage: SendStage | undefined;
  readonly until: number | undefined;
  readonly status: number;

  constructor(code: ErrorCode, detail: string, { errors, extra, retryAfter, stage, until, status, cause }: ErrorDetails = {}) {
    super(detail, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = status ?? ERROR_CODES[code].status;
    this.errors = errors;
    this.extra = extra;
    this.retryAfter = retryAfter;
    this.stage = stage;
    this.until = until;
  }
}

export function hasCode(error: unknown, ...codes: ErrorCode[]): error is HooklineError {
  return error instanceof HooklineError && codes.includes(error.code);
}

/** The message of whatever was thrown; for logs and for `detail` members. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
