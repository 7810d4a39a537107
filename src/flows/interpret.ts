/** One turn of a run: from what waits and what came in to what is said and what waits next. Pure. */
import { HooklineError } from '../core/errors.ts';
import type { Random } from '../core/runtime.ts';
import { FIRST, type Position, type Program, successor } from './program.ts';
import { TEXT_LIMIT, type Typing, type Wording } from './schema.ts';
import { cut, render } from './templates.ts';

/** What came in: an inbound message and who wrote it. `text` is null for what has none, such as a sticker. */
export interface Input {
  text: string | null;
  contact: { name: string | null; phone: string | null };
  session: { name: string };
}

/** Plain JSON, kept in the run's row between turns. */
export interface RunState {
  /** The step that waits for an answer; null before the first one, and of a run that is over the last one done. */
  at: Position | null;
  answers: Record<string, string>;
}

export interface Effect {
  kind: 'say';
  step: Position;
  text: string;
  /** Typing indicator before it: true for as long as the text asks for, or milliseconds. */
  typing: Typing;
}

export const FIRST_STATE: RunState = { at: null, answers: {} };

interface Common {
  state: RunState;
  /** Every step done, in order. */
  steps: Position[];
}

type TurnFailure = 'too-many-steps' | 'text-failed' | 'step-missing' | 'revision-unreadable';

/** A turn that fails says nothing: half of what was meant is worse than a person's answer. */
export type Turn =
  | (Common & { outcome: 'waiting' | 'ended'; effects: Effect[] })
  | (Common & { outcome: 'failed'; error: { code: TurnFailure; message: string } });

const STEPS_PER_TURN = 100;

/** The same arguments give the same turn. */
export function interpret(program: Program, state: RunState, input: Input, random: Random): Turn {
  const answers = { ...state.answers };
  const steps: Position[] = [];
  const effects: Effect[] = [];
  let { at } = state;
  const common = (): Common => ({ state: { at, answers }, steps });
  const failed = (code: TurnFailure, message: string): Turn => ({
    ...common(),
    outcome: 'failed',
    error: { code, message },
  });
  try {
    let next = at === null ? FIRST : answer(program, at, input, answers);
    while (next !== null) {
      at = next;
      const step = program.steps.get(at)?.step;
      if (step === undefined) return failed('step-missing', `The revision has no step ${at}.`);
      if (steps.length === STEPS_PER_TURN) {
        return failed('too-many-steps', `More than ${STEPS_PER_TURN} steps in one turn: its "go" leads in a circle without an "ask".`);
      }
      steps.push(at);
      if (step !== 'end' && !('go' in step)) {
        const text = render(choose('say' in step ? step.say : step.ask, random), dataOf(program, answers, input));
        // WhatsApp takes no empty message; a template may well come out empty.
        if (text.trim() !== '') effects.push({ kind: 'say', step: at, text, typing: step.typing ?? program.flow.typing ?? true });
        if ('ask' in step) return { ...common(), outcome: 'waiting', effects };
      }
      next = successor(program, at);
    }
    return { ...common(), outcome: 'ended', effects };
  } catch (error) {
    if (!(error instanceof HooklineError)) throw error;
    return failed('text-failed', `${at}: ${error.message}`);
  }
}

/** Keeps the answer and says where the run goes on: at the same question when nothing was said. */
function answer(program: Program, at: Position, { text }: Input, answers: Record<string, string>): Position | null {
  const step = program.steps.get(at)?.step;
  if (step === undefined || step === 'end' || !('ask' in step)) return at;
  const said = text?.trim();
  if (!said) return at;
  answers[step.save] = cut(said, TEXT_LIMIT);
  return successor(program, at);
}

function choose(wording: Wording, random: Random): string {
  return typeof wording === 'string' ? wording : (wording.one_of[Math.floor(random() * wording.one_of.length)] as string);
}

function dataOf(program: Program, answers: Record<string, string>, { text, contact, session }: Input) {
  const name = contact.name?.trim() || null;
  return {
    contact: { name, first_name: name?.split(/\s+/)[0] ?? null, phone: contact.phone },
    message: { text },
    session: { name: session.name },
    answers: { ...Object.fromEntries(program.answers.map((key) => [key, null])), ...answers },
  };
}
