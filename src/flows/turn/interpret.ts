/** One turn of a run: from what waits and what came in to what is said and what waits next. Pure. */
import { HooklineError } from '../../core/errors.ts';
import type { Doing } from '../language/schema.ts';
import { jsonSizeOfAll, KEPT_LIMIT } from '../language/size-limit.ts';
import { FIRST, type Position, type Program } from '../program/program.ts';
import { Effort } from '../text/effort.ts';
import { missingInputs, refusalOf, startsAfter } from './guards.ts';
import { act } from './interpret/act.ts';
import { talkOn } from './interpret/model.ts';
import { type At, type Next, NO_WAIT, type Play, TurnFailed, target } from './interpret/play.ts';
import { answer, ask, isAsking, silence } from './interpret/question.ts';
import { settle } from './interpret/request.ts';
import { sendStep } from './interpret/send.ts';
import type { Input, RunState, Turn, World } from './state.ts';

const STEPS_PER_TURN = 100;
const DEEPEST_CALL = 10;

/** `program`: the run's own. The same arguments give the same turn. */
export function interpret(program: Program, state: RunState, input: Input, world: World): Turn {
  const play: Play = {
    program,
    state: copyOf(state),
    input,
    world,
    effects: [],
    steps: [],
    effort: new Effort(),
    tags: [...world.chat.tags],
    remembered: { ...world.chat.remembered },
    starts: { ...world.chat.starts },
    optedOut: world.chat.optedOut,
    typing: undefined,
  };
  try {
    enter(play);
    const outcome = run(play, begin(play));
    return {
      outcome,
      state: play.state,
      steps: play.steps,
      ...(play.model && { model: play.model }),
      effects: play.effects,
      memory: { tags: play.tags, remembered: play.remembered, starts: play.starts, optedOut: play.optedOut },
    };
  } catch (error) {
    const common = { outcome: 'failed', state: play.state, steps: play.steps, ...(play.model && { model: play.model }) } as const;
    if (error instanceof TurnFailed) return { ...common, error: { code: error.code, message: error.message } };
    if (!(error instanceof HooklineError)) throw error;
    return { ...common, error: { code: 'text-failed', message: `${play.state.at}: ${error.message}` } };
  }
}

/** A copy of what a turn changes; values themselves are put in and taken out whole. */
function copyOf(state: RunState): RunState {
  return { ...state, answers: { ...state.answers }, ...(state.frames && { frames: [...state.frames] }) };
}

/** Takes in what is new, and stands where the run waits, in the flow that it has called. */
function enter(play: Play): void {
  const { state, input } = play;
  if ('said' in input) state.last = { said: input.said, messageId: input.messageId, sessionName: input.sessionName };
  if (input.kind === 'start') {
    Object.assign(state.answers, input.data);
    if (input.event) state.event = input.event;
  }
  if (state.flow !== undefined) play.program = called(play, state.flow);
}

function called({ world }: Play, flow: string): Program {
  const program = world.program(flow);
  if (!program) throw new TurnFailed('flow-missing', `There is no flow "${flow}" that could be called.`);
  return program;
}

/** What the input means at the step that waits. */
function begin(play: Play): Next {
  const { state, input } = play;
  if (state.at === null) return input.kind === 'start' && input.go !== undefined ? target(play, input.go) : { to: FIRST };
  if (input.kind === 'anytime') return jump(play, input.flow, input.go);
  const at = placedAt(play, state.at);
  const { step, next } = at.placed;
  const wait = state.wait ?? NO_WAIT;
  if (typeof step === 'string') return { to: next };
  if ('ask_model' in step) return talkOn(play, at, step, wait);
  if (input.kind === 'http') {
    return 'http' in step ? settle(play, at.position, step, next, wait, input.result) : { wait };
  }
  if (isAsking(step)) {
    if (input.kind !== 'timer') return answer(play, at.position, step, next, wait);
    return wait.dueAt !== null && wait.dueAt <= play.world.now ? silence(play, at.position, step, wait) : { wait };
  }
  if ('wait' in step) return wait.dueAt !== null && wait.dueAt <= play.world.now ? { to: next } : { wait };
  return 'http' in step ? { wait } : { to: next };
}

/** Leaves the calls inside of which it was heard, up to the flow that leads on. */
function jump(play: Play, flow: string, go: string): Next {
  const { state } = play;
  while (play.program.flow.flow !== flow && state.frames?.length) giveBack(play);
  return target(play, go);
}

function placedAt({ program }: Play, position: Position): At {
  const placed = program.steps.get(position);
  if (!placed) throw new TurnFailed('step-missing', `The revision has no step ${position}.`);
  return { position, placed };
}

function run(play: Play, first: Next): 'waiting' | 'ended' {
  const { state } = play;
  delete state.wait;
  for (let next = first; ; ) {
    if (next === 'handoff') return 'ended';
    if ('wait' in next) {
      state.wait = next.wait;
      return 'waiting';
    }
    if ('call' in next) next = enterCall(play, next.call);
    const position: Position | null = next.to ?? returnOf(play);
    delete state.talk;
    if (position === null) return 'ended';
    const at = placedAt(play, position);
    state.at = position;
    if (play.steps.length === STEPS_PER_TURN) {
      const message = `More than ${STEPS_PER_TURN} steps in one turn: its "go" leads in a circle without a question or "wait".`;
      throw new TurnFailed('too-many-steps', message);
    }
    play.steps.push(state.flow === undefined ? position : `${state.flow}:${position}`);
    next = doStep(play, at);
    keepsWithin(play);
  }
}

/** What a run keeps is read and written with each of its turns. */
function keepsWithin({ state, remembered, effort }: Play): void {
  effort.spend(40 * Object.keys(state.answers).length);
  const most = `more than ${KEPT_LIMIT / 1_024} KiB, or are nested too deeply`;
  if (jsonSizeOfAll(state.answers) > KEPT_LIMIT) throw new TurnFailed('too-large', `${state.at}: the answers of the run come to ${most}.`);
  if (jsonSizeOfAll(remembered) > KEPT_LIMIT)
    throw new TurnFailed('too-large', `${state.at}: the values remembered of the contact come to ${most}.`);
}

function doStep(play: Play, at: At): Next {
  const { step, next } = at.placed;
  if (step === 'end') return { to: null };
  if (step === 'opt_out' || step === 'opt_in') {
    play.optedOut = step === 'opt_out';
    return { to: next };
  }
  if (typeof step === 'string') return act(play, at, (step === 'seen' ? { seen: true } : { handoff: true }) as Doing);
  if (isAsking(step)) return ask(play, at.position, step, next);
  return sendStep(play, at.position, step) ? { to: next } : act(play, at, step);
}

/** What keeps a flow from starting keeps it from being called, too: its caller goes on. */
function enterCall(play: Play, flow: string): { to: Position | null } {
  const { state, world, tags, remembered, starts, effort } = play;
  const { next } = placedAt(play, state.at ?? FIRST).placed;
  const frames = [...(state.frames ?? []), { flow: play.program.flow.flow, at: next }];
  if (frames.length > DEEPEST_CALL) throw new TurnFailed('too-deep', `More than ${DEEPEST_CALL} flows call each other.`);
  const program = called(play, flow);
  const chat = { ...world.chat, tags, remembered, starts };
  if (refusalOf(program, chat, state, { now: world.now, effort, called: true }) !== null) return { to: next };
  const [missing] = missingInputs(program, state.answers);
  if (missing !== undefined) throw new TurnFailed('input-missing', `${state.at}: the flow "${flow}" needs the input "${missing}".`);
  play.program = program;
  play.starts = startsAfter(starts, program, world.now);
  state.frames = frames;
  state.flow = flow;
  return { to: FIRST };
}

/** Where the caller goes on; null at the end of the run. */
function returnOf(play: Play): Position | null {
  while (play.state.frames?.length) {
    const at = giveBack(play);
    if (at !== null) return at;
  }
  return null;
}

function giveBack(play: Play): Position | null {
  const { state } = play;
  const frame = state.frames?.pop();
  if (!frame) return null;
  play.program = called(play, frame.flow);
  if (state.frames?.length) state.flow = frame.flow;
  else delete state.flow;
  if (state.frames?.length === 0) delete state.frames;
  return frame.at;
}
