/** The step "http": what is asked, and what the answer means. The request itself is made outside, between two turns. */
import { HooklineError } from '../../../core/errors.ts';
import { headerFaults } from '../../../core/request-headers.ts';
import { OWN_HEADERS } from '../../language/schema/doing.ts';
import { type Doing, milliseconds, type Value } from '../../language/schema.ts';
import type { Position, Program } from '../../program/program.ts';
import { Effort } from '../../text/effort.ts';
import { render, renderValue } from '../../text/templates.ts';
import type { HttpResult, RunState, Wait, World } from '../state.ts';
import { type Next, type Play, TurnFailed, target } from './play.ts';
import { type Scope, scopeOf } from './scope.ts';

export type HttpStep = Extract<Doing, { http: unknown }>;

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

const DEADLINE = 10_000;
const LONGEST = 30_000;
const RETRIES = 2;
const FIRST_PAUSE = 500;

/** The request of the step at which a run waits. `secrets`: by name. Throws `flow-invalid` where a text cannot be filled in. */
export function requestOf(
  program: Program,
  state: RunState,
  step: HttpStep,
  world: Pick<World, 'now' | 'chat'>,
  { secrets, key }: { secrets: Record<string, string>; key: string },
): HttpRequest {
  const scope = scopeOf(program, state, world, { secrets, effort: new Effort() });
  const [, method = 'GET', address = ''] = /^(\w+) (.*)$/s.exec(step.http) ?? [];
  const url = addressOf(address.trim(), scope);
  for (const [name, value] of Object.entries(step.query ?? {})) url.searchParams.set(name, render(value, scope, 'plain'));
  const { body, type } = bodyOf(step, scope);
  const headers: Record<string, string> = { accept: 'application/json', ...(type && { 'content-type': type }) };
  for (const [name, value] of Object.entries(step.headers ?? {})) headers[name.toLowerCase()] = render(value, scope, 'header');
  const deadline = Math.min(step.timeout === undefined ? DEADLINE : milliseconds(step.timeout), LONGEST);
  const [fault] = headerFaults(headers, { own: OWN_HEADERS });
  if (fault) throw refused(fault.name === null ? `it ${fault.message}` : `the header "${fault.name}" ${fault.message}`);
  return { method: method as HttpRequest['method'], url: url.href, headers, own: { 'idempotency-key': key }, body, deadline };
}

/** What a contact wrote is a piece of the path and never the way out of it: "..", which no encoding hides, would ask for another thing. */
function addressOf(template: string, scope: Scope): URL {
  const rendered = render(template, scope, 'url');
  const [path = ''] = rendered.split(/[?#]/);
  if (rendered !== template && /[/\\](?:\.|%2e){1,2}(?:[/\\]|$)/i.test(path))
    throw refused('filled in, its URL has "." or ".." as a part of its path');
  return new URL(rendered);
}

const refused = (why: string): HooklineError => new HooklineError('flow-invalid', `The request cannot be made: ${why}.`);

function bodyOf(step: HttpStep, scope: Scope): { body: string | undefined; type: string | undefined } {
  if (step.json !== undefined) return { body: JSON.stringify(renderValue(step.json, scope)), type: 'application/json' };
  if (step.form) {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(step.form)) form.append(name, render(value, scope, 'plain'));
    return { body: form.toString(), type: 'application/x-www-form-urlencoded' };
  }
  return step.body === undefined
    ? { body: undefined, type: undefined }
    : { body: render(step.body, scope, 'plain'), type: 'text/plain; charset=utf-8' };
}

/** Names of secrets that a step needs. */
export function secretsIn(step: HttpStep): string[] {
  const names = JSON.stringify(step).matchAll(/\bsecrets(?:\.|\[\s*\\?["'])([a-z][a-z0-9_]*)/g);
  return [...new Set([...names].map(([, name]) => name ?? ''))];
}

export function settle(play: Play, position: Position, step: HttpStep, next: Position | null, wait: Wait, result: HttpResult): Next {
  const failure = failureOf(result);
  if (failure?.again && wait.attempt < (step.retries ?? RETRIES)) {
    const pause = FIRST_PAUSE * 2 ** wait.attempt * (0.5 + play.world.random());
    return { wait: { ...wait, attempt: wait.attempt + 1, dueAt: play.world.now + Math.round(pause) } };
  }
  play.state.http = { status: 'status' in result ? result.status : null, error: failure?.detail ?? null };
  if (failure) {
    if (step.on_error !== undefined) return target(play, step.on_error);
    throw new TurnFailed('request-failed', `${position}: ${failure.detail}`);
  }
  keep(play, step, result as Extract<HttpResult, { status: number }>);
  return { to: next };
}

function failureOf(result: HttpResult): { detail: string; again: boolean } | null {
  if ('error' in result) return { detail: result.error, again: result.again };
  if (result.status >= 200 && result.status < 300) return null;
  return { detail: `The answer was ${result.status}`, again: result.status === 429 || result.status >= 500 };
}

function keep({ state }: Play, { save }: HttpStep, result: { status: number; body: Value }): void {
  if (save === undefined) return;
  if (typeof save === 'string') state.answers[save] = result.body;
  else for (const [name, path] of Object.entries(save)) state.answers[name] = at(result, path.split('.'));
}

/** Own properties only; null where there is none. */
function at(value: unknown, path: readonly string[]): Value {
  let found: unknown = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return null;
    found = (found as Record<string, unknown>)[key];
  }
  return found as Value;
}
