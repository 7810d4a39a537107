/** What a run waits for that somebody outside is asked: the one place that knows which steps ask. */
import type { Doing, Step } from '../../language/schema.ts';
import type { Program } from '../../program/program.ts';
import type { RunState, World } from '../state.ts';
import { modelRequestOf } from './model-request.ts';
import type { HttpRequest } from './outgoing.ts';
import { requestOf } from './request.ts';

export type AskingStep = Extract<Doing, { http: unknown } | { ask_model: unknown }>;

export const asksOutside = (step: Step | undefined): step is AskingStep =>
  typeof step === 'object' && ('http' in step || 'ask_model' in step);

/** The request of the step at which a run waits. `secrets`: by name. Throws `flow-invalid` where a text cannot be filled in. */
export function askedOutside(
  program: Program,
  state: RunState,
  step: AskingStep,
  world: Pick<World, 'now' | 'chat'>,
  with_: { secrets: Record<string, string>; key: string },
): HttpRequest {
  return 'http' in step ? requestOf(program, state, step, world, with_) : modelRequestOf(program, state, step, world, with_);
}

/** Method and URL as the flow has them, before anything is filled in. */
export function addressIn(step: AskingStep): { method: string; url: string } {
  if (!('http' in step)) return { method: 'POST', url: step.ask_model.url };
  const [method = '', url = ''] = step.http.split(' ');
  return { method, url };
}
