/** Steps that wait for somebody's answer: how they ask, what they take, and what happens when none comes. */
import { type Doing, milliseconds, type OnInvalid, type OnSilence, type Option, type Value, type Wording } from '../../language/schema.ts';
import type { Position } from '../../program/program.ts';
import { cut, render } from '../../text/templates.ts';
import { type Choice, choicesOf } from '../../understanding/expect/choices.ts';
import { readAnswer } from '../../understanding/expect/expect.ts';
import { isTrue } from '../conditions.ts';
import type { Wait } from '../state.ts';
import { type Next, NO_WAIT, type Play, target } from './play.ts';
import { placeOf } from './scope.ts';
import { choose, say, sayMenu, scopeNow, send } from './send.ts';

type Asking = Extract<Doing, { ask: unknown } | { menu: unknown } | { poll: unknown } | { list: unknown }>;

export const isAsking = (step: Doing): step is Asking => 'ask' in step || 'menu' in step || 'poll' in step || 'list' in step;

/** How often an answer is refused, and a silence broken, where the flow does not say. */
const TRIES = { invalid: 3, silence: 1 };

export function ask(play: Play, position: Position, step: Asking, next: Position | null): Next {
  pose(play, position, step);
  if (('poll' in step || 'list' in step) && step.save === undefined && !('go' in step && step.go)) return { to: next };
  return { wait: { ...NO_WAIT, dueAt: silentUntil(play, step.on_silence) } };
}

function pose(play: Play, position: Position, step: Asking): void {
  if ('ask' in step) {
    if (step.options) sayMenu(play, position, step.ask, step.options, step.typing);
    else say(play, position, step.ask, step.typing);
  } else if ('menu' in step) sayMenu(play, position, step.menu, step.options, step.typing);
  else if ('poll' in step) sendPoll(play, position, step);
  else sendList(play, position, step);
}

function sendPoll(play: Play, position: Position, step: Extract<Asking, { poll: unknown }>): void {
  const scope = scopeNow(play);
  const options = step.options.map((option) => cut(render(option, scope, 'plain'), 100));
  send(
    play,
    position,
    { type: 'poll', question: cut(render(step.poll, scope, 'plain'), 255), options, selectable: step.selectable ?? 1 },
    step.typing,
  );
}

function sendList(play: Play, position: Position, step: Extract<Asking, { list: unknown }>): void {
  const scope = scopeNow(play);
  const plain = (text: string, most: number): string => cut(render(text, scope, 'plain'), most);
  const rows = choicesOf(step.options).map(({ name, label }) => ({ id: name, title: plain(label, 24) }));
  const more = {
    ...(step.title !== undefined && { title: plain(step.title, 60) }),
    ...(step.footer !== undefined && { footer: plain(step.footer, 60) }),
  };
  send(
    play,
    position,
    {
      type: 'list',
      ...more,
      text: cut(render(choose(step.list, play), scope), 4_096),
      button: plain(step.button, 20),
      ...(step.fallback && { fallback: step.fallback }),
      sections: [{ title: '', rows }],
    },
    step.typing,
  );
}

const silentUntil = ({ world }: Play, silence: OnSilence | undefined): number | null =>
  silence ? world.now + milliseconds(silence.after) : null;

/** What a message says to the question that waits. */
export function answer(play: Play, position: Position, step: Asking, next: Position | null, wait: Wait): Next {
  const value = saidTo(play, step);
  const refusal = value === null ? undefined : refusalOf(play, step, value);
  if (value === null || refusal !== undefined) return invalid(play, position, step, wait, refusal);
  if (step.save !== undefined) play.state.answers[step.save] = value;
  const lead = 'go' in step && typeof value === 'string' && Object.hasOwn(step.go ?? {}, value) ? step.go?.[value] : undefined;
  return lead === undefined ? { to: next } : target(play, lead);
}

function saidTo(play: Play, step: Asking): Value {
  const said = play.state.last?.said;
  if (!said) return null;
  const place = placeOf(play.program, play.world.now);
  if ('poll' in step) return voteOf(play, step);
  if ('ask' in step) return readAnswer(step.expect ?? (step.options ? 'choice' : 'text'), said, place, choices(play, step.options));
  return readAnswer('choice', said, place, choices(play, step.options));
}

function choices(play: Play, options: Record<string, Option> | undefined): Choice[] {
  if (!options) return [];
  const scope = scopeNow(play);
  return choicesOf(options).map((choice) => ({ ...choice, label: render(choice.label, scope, 'plain') }));
}

/** A vote, or the same in words. One that was taken back is no answer. */
function voteOf(play: Play, step: Extract<Asking, { poll: unknown }>): Value {
  const said = play.state.last?.said;
  const scope = scopeNow(play);
  const options = step.options.map((option) => cut(render(option, scope, 'plain'), 100));
  const votes = said?.votes?.filter((vote) => options.includes(vote)) ?? [];
  if (votes.length > 0) return (step.selectable ?? 1) === 1 ? (votes[0] ?? null) : votes;
  if (!said?.text || said.votes) return null;
  const named = options.map((option, index) => ({ name: String(index), label: option, also: [] }));
  const chosen = readAnswer('choice', said, scope.place, named);
  const option = chosen === null ? undefined : options[Number(chosen)];
  return option === undefined ? null : (step.selectable ?? 1) === 1 ? option : [option];
}

/** What is said to an answer that a check refuses. */
function refusalOf(play: Play, step: Asking, value: Value): Wording | undefined {
  if (!('check' in step) || !step.check) return undefined;
  const scope = scopeNow(play, { answer: value });
  return step.check.find((check) => isTrue(check.if, scope))?.say;
}

function invalid(play: Play, position: Position, step: Asking, wait: Wait, refusal: Wording | undefined): Next {
  const rule: OnInvalid = step.on_invalid ?? {};
  const tries = rule.tries ?? TRIES.invalid;
  if (rule.then !== undefined && wait.invalid >= tries) return target(play, rule.then);
  const wording = refusal ?? rule.say;
  if (wording === undefined) pose(play, position, step);
  else say(play, position, wording, step.typing);
  return { wait: { ...wait, invalid: wait.invalid + 1, silent: 0, dueAt: silentUntil(play, step.on_silence) } };
}

/** Nobody has answered in time. */
export function silence(play: Play, position: Position, step: Asking, wait: Wait): Next {
  const rule = step.on_silence;
  if (!rule) return { wait: { ...wait, dueAt: null } };
  const tries = rule.say === undefined ? 0 : (rule.tries ?? TRIES.silence);
  if (rule.say !== undefined && wait.silent < tries) {
    say(play, position, rule.say, step.typing);
    return { wait: { ...wait, silent: wait.silent + 1, dueAt: silentUntil(play, rule) } };
  }
  return rule.then === undefined ? { to: null } : target(play, rule.then);
}
