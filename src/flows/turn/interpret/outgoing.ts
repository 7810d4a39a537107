/** What requests of flows have in common: headers that are filled in, a deadline, what a failure leads to. */
import { HooklineError } from '../../../core/errors.ts';
import { headerFaults } from '../../../core/request-headers.ts';
import { OWN_HEADERS } from '../../language/schema/doing.ts';
import { milliseconds } from '../../language/schema.ts';
import type { Position } from '../../program/program.ts';
import { render, type TemplateData } from '../../text/templates.ts';
import type { HttpResult, Wait } from '../state.ts';
import { type Next, type Play, TurnFailed, target } from './play.ts';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  url: string;
  /** The flow's. */
  headers: Record<string, string>;
  /** The hub's. */
  own: Record<string, string>;
  body: string | undefined;
  /** Milliseconds. */
  deadline: number;
}

const RETRIES = 2;
const FIRST_PAUSE = 500;
/** Of what is asked for by Retry-After. */
const LONGEST_PAUSE = 60_000;

export const refused = (why: string): HooklineError => new HooklineError('flow-invalid', `The request cannot be made: ${why}.`);

/** `type`: of the body, where the flow does not say. Throws `flow-invalid`. */
export function headersOf(given: Readonly<Record<string, string>> = {}, scope: TemplateData, type?: string): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', ...(type && { 'content-type': type }) };
  for (const [name, value] of Object.entries(given)) headers[name.toLowerCase()] = render(value, scope, 'header');
  const [fault] = headerFaults(headers, { own: OWN_HEADERS });
  if (fault) throw refused(fault.name === null ? `it ${fault.message}` : `the header "${fault.name}" ${fault.message}`);
  return headers;
}

export const deadlineOf = (timeout: string | undefined, { usual, longest }: { usual: number; longest: number }): number =>
  Math.min(timeout === undefined ? usual : milliseconds(timeout), longest);

export function failureOf(result: HttpResult): { detail: string; again: boolean; retryAfter?: number | undefined } | null {
  if ('error' in result) return { detail: result.error, again: result.again };
  if (result.status >= 200 && result.status < 300) return null;
  return { detail: `The answer was ${result.status}`, again: result.status === 429 || result.status >= 500, retryAfter: result.retryAfter };
}

/** The same request once more, later; undefined where it was tried often enough. */
export function later({ world }: Play, wait: Wait, failure: ReturnType<typeof failureOf>, retries = RETRIES): Next | undefined {
  if (!failure?.again || wait.attempt >= retries) return undefined;
  const usual = FIRST_PAUSE * 2 ** wait.attempt * (0.5 + world.random());
  const pause = Math.max(usual, Math.min(failure.retryAfter ?? 0, LONGEST_PAUSE));
  return { wait: { ...wait, attempt: wait.attempt + 1, dueAt: world.now + Math.round(pause) } };
}

export function gaveUp(play: Play, position: Position, onError: string | undefined, detail: string): Next {
  if (onError !== undefined) return target(play, onError);
  throw new TurnFailed('request-failed', `${position}: ${detail}`);
}
