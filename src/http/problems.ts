import { diskFailure } from '../core/disk.ts';
import { ERROR_CODES, type ErrorCode, HooklineError, messageOf } from '../core/errors.ts';
import type { Logger } from '../core/runtime.ts';
import { storageFailure } from '../db/dialect.ts';

/** An RFC 9457 problem document. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  errors?: { path: string; message: string }[];
  [member: string]: unknown;
}

/** What a code means is told there (RFC 9457, section 3.1.1). */
export const problemType = (code: ErrorCode): string => `https://hookline.dev/problems/${code}`;

/** An error may repeat what was sent, and that may be long: nobody reads on beyond this. */
const LONGEST = 1_000;
const bounded = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1).toWellFormed()}…` : text);

/** What was asked for is not given, and not because something is wrong with the hub. */
export const isRefusal = (error: unknown): boolean => error instanceof HooklineError && error.status < 500;

/** The one place where an error becomes an answer. What was not foreseen is logged whole and told in one sentence. */
export function toProblem(error: unknown, log: Logger): { problem: Problem; headers: Record<string, string> } {
  const known = error instanceof HooklineError ? error : (storageFailure(error) ?? diskFailure(error) ?? unforeseen(error, log));
  const { status } = known;
  const { title } = ERROR_CODES[known.code];
  if (status >= 500) log.warn(`Answered ${status} ${known.code}: ${known.message}`, { cause: known.cause && messageOf(known.cause) });
  const headers: Record<string, string> = {};
  if (known.retryAfter !== undefined) headers['Retry-After'] = String(Math.ceil(known.retryAfter));
  // RFC 9110, section 15.5.2: who is turned away learns how to show a key.
  if (known.code === 'unauthorized') headers['WWW-Authenticate'] = 'Bearer realm="hookline"';
  // Section 15.5.22: who asks for an upgrade names the protocol.
  if (known.code === 'upgrade-required') Object.assign(headers, { Upgrade: 'websocket', Connection: 'Upgrade' });
  // Section 15.5.17: who asked for bytes that are not there learns how many there are.
  if (known.code === 'range-not-satisfiable') headers['Content-Range'] = `bytes */${known.extra?.size}`;
  const members = {
    type: problemType(known.code),
    title,
    status,
    detail: bounded(known.message),
    code: known.code,
    ...(known.errors ? { errors: known.errors.map(({ path, message }) => ({ path: bounded(path), message: bounded(message) })) } : {}),
  };
  // Again at the end: what an error has besides can take the place of none of them.
  return { problem: { ...members, ...known.extra, ...members }, headers };
}

function unforeseen(error: unknown, log: Logger): HooklineError {
  log.error('A request failed for a reason that the hub did not foresee', {
    error: messageOf(error),
    stack: error instanceof Error ? error.stack : undefined,
  });
  return new HooklineError('internal', 'The hub failed to answer; its log says why. Trying again is safe with the same Idempotency-Key.', {
    cause: error,
  });
}
