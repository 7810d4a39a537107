/** The step "ask_model": a conversation that a model has, turn by turn. It is asked outside, between two turns, as in "http". */
import { z } from 'zod';
import { MODEL_TURNS } from '../../language/schema/models.ts';
import type { Position } from '../../program/program.ts';
import { cut } from '../../text/templates.ts';
import { asSeen } from '../../text/unseen.ts';
import type { HttpResult, Talk, Wait } from '../state.ts';
import { type ModelStep, readModelAnswer, type Wanted } from './model-answer.ts';
import { missingOf } from './model-request.ts';
import { failureOf, gaveUp, later } from './outgoing.ts';
import { type At, type Next, NO_WAIT, type Play, target } from './play.ts';
import { silence, silentUntil } from './question.ts';
import { placeOf } from './scope.ts';
import { send } from './send.ts';

/** What goes along of a conversation: the last lines of it. */
const MOST_LINES = 40;
const MOST_CHARACTERS = 20_000;
const LONGEST_LINE = 4_000;
const RETRIES = 2;
const LONGEST_COMPLAINT = 200;

/** A run comes to the step: the model answers what the contact wrote last. */
export function beginTalk(play: Play): Next {
  play.state.talk = { turns: 0, refusals: 0, lines: [] };
  hear(play, play.state.talk);
  return askAgain(play);
}

/** The run waits at the step, and something came. */
export function talkOn(play: Play, { position, placed: { next } }: At, step: ModelStep, wait: Wait): Next {
  const { input, state, world } = play;
  if (input.kind === 'http') return wait.for === 'http' ? settle(play, { position, step, next, wait, result: input.result }) : { wait };
  if (wait.for === 'http') return { wait };
  if (input.kind === 'timer') return wait.dueAt !== null && wait.dueAt <= world.now ? silence(play, position, step, wait) : { wait };
  const talk = talkOf(play);
  hear(play, talk);
  state.talk = talk;
  return askAgain(play);
}

function askAgain({ state, world }: Play): Next {
  state.requests = (state.requests ?? 0) + 1;
  return { wait: { ...NO_WAIT, for: 'http', dueAt: world.now, request: state.requests } };
}

/** A copy: nothing of it counts unless the turn comes to its end. */
const talkOf = ({ state }: Play): Talk => ({ turns: 0, refusals: 0, ...state.talk, lines: [...(state.talk?.lines ?? [])] });

function hear({ state }: Play, talk: Talk): void {
  const said = state.last?.said;
  if (said?.type === null || said === undefined) return;
  write(talk, 'contact', said.text ?? `[${said.type}]`);
}

function write(talk: Talk, by: 'contact' | 'model', text: string): void {
  const lines = [...talk.lines, { by, text: cut(text, LONGEST_LINE) }].slice(-MOST_LINES);
  // The newest stays, whatever it is.
  while (lines.length > 1 && lines.reduce((sum, line) => sum + line.text.length, 0) > MOST_CHARACTERS) lines.shift();
  talk.lines = lines;
}

interface Settled {
  position: Position;
  step: ModelStep;
  next: Position | null;
  wait: Wait;
  result: HttpResult;
}

function settle(play: Play, { position, step, next, wait, result }: Settled): Next {
  const { state, world } = play;
  const { max_turns: most = MODEL_TURNS.usual, retries = RETRIES } = step.ask_model;
  const failure = failureOf(result);
  const again = later(play, wait, failure, retries);
  if (again) return again;
  const detail = failure && `${failure.detail}${toldBy(result)}`;
  state.http = { status: 'status' in result ? result.status : null, error: detail };
  if (detail !== null) return gaveUp(play, position, step.on_error, detail);
  const talk = talkOf(play);
  state.talk = talk;
  const place = placeOf(play.program, world.now);
  const { body } = result as Extract<HttpResult, { status: number }>;
  const answer = readModelAnswer(body, { step, place, missing: missingOf(step, state.answers) });
  talk.turns++;
  play.model = { tools: 'refused' in answer ? [] : didOf(answer), refused: null, tokens: answer.tokens };
  if ('refused' in answer) {
    const why = `The answer of the model was refused: ${answer.refused}`;
    play.model.refused = answer.refused;
    state.http.error = why;
    if (++talk.refusals > retries || talk.turns >= most) return gaveUp(play, position, step.on_error, why);
    talk.refused = answer.refused;
    return askAgain(play);
  }
  talk.refusals = 0;
  delete talk.refused;
  return carryOut(play, { position, step, next, answer, talk, isLast: talk.turns >= most });
}

const complaint = z.object({ error: z.object({ message: z.string() }) });

/** What is wrong, in the endpoint's own words: a model that there is not, a parameter that it does not know. */
function toldBy(result: HttpResult): string {
  const parsed = 'status' in result ? complaint.safeParse(result.body) : undefined;
  return parsed?.success ? `: ${cut(asSeen(parsed.data.error.message), LONGEST_COMPLAINT)}` : '';
}

const didOf = ({ save, say, leave }: Wanted): string[] => [
  ...Object.keys(save).map((name) => `save ${name}`),
  ...say.map(() => 'say'),
  ...(leave ? [leave.to === 'go' ? `go ${leave.word}` : leave.to] : []),
];

function carryOut(
  play: Play,
  {
    position,
    step,
    next,
    answer,
    talk,
    isLast,
  }: Pick<Settled, 'position' | 'step' | 'next'> & { answer: Wanted; talk: Talk; isLast: boolean },
): Next {
  Object.assign(play.state.answers, answer.save);
  for (const text of answer.say) {
    // As it is: what a model or a contact wrote is never filled in.
    send(play, position, { type: 'text', text }, step.typing);
    write(talk, 'model', text);
  }
  const { leave } = answer;
  if (leave?.to === 'handoff') {
    play.effects.push({ kind: 'handoff', step: position, pause: null, note: leave.note });
    return 'handoff';
  }
  if (leave?.to === 'go') return target(play, step.go?.[leave.word] ?? '');
  if (leave) return { to: next };
  if (isLast) return step.on_limit === undefined ? { to: next } : target(play, step.on_limit);
  if (answer.say.length === 0) return askAgain(play);
  return { wait: { ...NO_WAIT, dueAt: silentUntil(play, step.on_silence) } };
}
