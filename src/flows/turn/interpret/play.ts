import type { PlacedStep, Position, Program } from '../../program/program.ts';
import type { Effort } from '../../text/effort.ts';
import type { Effect, Input, ModelTurn, RunState, TurnFailure, Wait, World } from '../state.ts';

/** A turn while it is played: what it has become so far. */
export interface Play {
  /** Of the step at hand; another one inside a call. */
  program: Program;
  /** A copy: nothing of it counts unless the turn comes to its end. */
  state: RunState;
  readonly input: Input;
  readonly world: World;
  readonly effects: Effect[];
  readonly steps: Position[];
  readonly effort: Effort;
  tags: string[];
  remembered: World['chat']['remembered'];
  starts: World['chat']['starts'];
  optedOut: boolean;
  /** What a model has answered. */
  model?: ModelTurn;
  /** From a "typing" step, for the next message. */
  typing: boolean | number | undefined;
}

/** A step where it stands. */
export interface At {
  position: Position;
  placed: PlacedStep;
}

/** Where it goes on: at a step, behind the end, or not before something happens. */
export type Next = { to: Position | null } | { wait: Wait } | { call: string } | 'handoff';

export class TurnFailed extends Error {
  readonly code: TurnFailure;

  constructor(code: TurnFailure, message: string) {
    super(message);
    this.code = code;
  }
}

export const NO_WAIT: Wait = { for: 'answer', dueAt: null, invalid: 0, silent: 0, attempt: 0, request: 0 };

/** Where a target leads; lint has seen that it is there. */
export function target(play: Play, name: string): Next {
  const to = play.program.targets.get(name);
  if (to === undefined) throw new TurnFailed('step-missing', `The revision has no part or step "${name}".`);
  return { to };
}
