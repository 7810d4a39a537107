/**
 * What keeps a flow from starting in a chat, whatever is to start it: a message, an event, the API, the clock, another flow
 * that calls it. The only place where that is asked. Pure.
 */
import { hasCode } from '../../core/errors.ts';
import type { ChatKind } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { ANYTIME, type Condition, inputsOf, isGiven, milliseconds, type Value } from '../language/schema.ts';
import type { Program } from '../program/program.ts';
import type { Effort } from '../text/effort.ts';
import { isTrue } from './conditions.ts';
import { scopeOf } from './interpret/scope.ts';
import type { RunState, World } from './state.ts';

interface Attempt {
  now: Milliseconds;
  effort: Effort;
  /** Of the way by which it would start. */
  condition?: Condition | undefined;
  /** By another flow, which decided for itself whether it answers in a group. */
  called?: boolean;
}

/** Why a flow does not start; null where it may. `state`: what it would begin with. */
export function refusalOf(program: Program, chat: World['chat'], state: RunState, attempt: Attempt): string | null {
  const { flow } = program;
  const { now, condition, effort, called = false } = attempt;
  // What it begins has been asked for by a word that is heard all the same.
  if (!called && isSilent(chat, flow.flow)) return OPTED_OUT;
  if (!called && chat.kind !== 'private' && !asksFor(flow.only_if, chat.kind))
    return `it answers in private chats, and this is a ${chat.kind}`;
  const last = Object.hasOwn(chat.starts, flow.flow) ? chat.starts[flow.flow] : undefined;
  if (flow.again_after !== undefined && last !== undefined && now < last + milliseconds(flow.again_after)) {
    return `it began here less than ${flow.again_after} ago ("again_after")`;
  }
  const [missing] = missingInputs(program, state.answers);
  // Whoever calls it fails instead: it would go on without what was to be said.
  if (missing !== undefined && !called) return `it needs the input "${missing}"`;
  if (flow.only_if === undefined && condition === undefined) return null;
  try {
    const scope = scopeOf(program, state, { now, chat }, { effort });
    if (flow.only_if !== undefined && !isTrue(flow.only_if, scope)) return `its "only_if" does not hold: ${shown(flow.only_if)}`;
    if (condition !== undefined && !isTrue(condition, scope)) return `the "if" of its start does not hold: ${shown(condition)}`;
    return null;
  } catch (error) {
    if (called || !hasCode(error, 'flow-invalid')) throw error;
    return `its condition was not looked at: with those of other flows ${error.message}`;
  }
}

const shown = (condition: Condition): string => JSON.stringify(condition).slice(0, 500);

/** Whether a flow has nothing to say in the chat, or nothing more. */
export const isSilent = ({ optedOut }: Pick<World['chat'], 'optedOut'>, flow: string): boolean => optedOut && flow !== ANYTIME;
const OPTED_OUT = 'the contact has opted out of what flows write';

/** The inputs that the flow cannot do without and that are not there, or are empty. */
export const missingInputs = ({ flow }: Program, answers: Readonly<Record<string, Value>>): string[] =>
  inputsOf(flow).flatMap(({ name, required }) => (required && !(Object.hasOwn(answers, name) && isGiven(answers[name])) ? [name] : []));

/** When each flow began last, after one has begun. Only of those that want to know. */
export function startsAfter(starts: Readonly<Record<string, Milliseconds>>, { flow }: Program, now: Milliseconds) {
  return flow.again_after === undefined ? starts : { ...starts, [flow.flow]: now };
}

/** Groups, channels and the like start nothing unless a flow says so. */
export function asksFor(condition: Condition | undefined, kind: ChatKind): boolean {
  return typeof condition === 'object' && (condition.chat === 'any' || condition.chat === kind);
}
