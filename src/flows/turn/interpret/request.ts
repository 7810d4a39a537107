/** The step "http": what is asked, and what the answer means. The request itself is made outside, between two turns. */
import type { Doing, Value } from '../../language/schema.ts';
import type { Position, Program } from '../../program/program.ts';
import { Effort } from '../../text/effort.ts';
import { render, renderValue } from '../../text/templates.ts';
import type { HttpResult, RunState, Wait, World } from '../state.ts';
import { deadlineOf, failureOf, gaveUp, type HttpRequest, headersOf, later, refused } from './outgoing.ts';
import type { Next, Play } from './play.ts';
import { type Scope, scopeOf } from './scope.ts';

export type HttpStep = Extract<Doing, { http: unknown }>;

const DEADLINE = { usual: 10_000, longest: 30_000 };

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
  const headers = headersOf(step.headers, scope, type);
  const deadline = deadlineOf(step.timeout, DEADLINE);
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

export function settle(play: Play, position: Position, step: HttpStep, next: Position | null, wait: Wait, result: HttpResult): Next {
  const failure = failureOf(result);
  const again = later(play, wait, failure, step.retries);
  if (again) return again;
  play.state.http = { status: 'status' in result ? result.status : null, error: failure?.detail ?? null };
  if (failure) return gaveUp(play, position, step.on_error, failure.detail);
  keep(play, step, result as Extract<HttpResult, { status: number }>);
  return { to: next };
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
