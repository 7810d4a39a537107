/** Steps that wait for somebody's answer: how they ask, what they take, and what happens when none comes. */
import {
  type Doing,
  isFromData,
  kindsOf,
  milliseconds,
  type OnInvalid,
  type OnSilence,
  type Value,
  type Wording,
} from '../../language/schema.ts';
import type { Position } from '../../program/program.ts';
import { cut, render } from '../../text/templates.ts';
import { choicesOf } from '../../understanding/expect/choices.ts';
import { readLater } from '../../understanding/expect/dates.ts';
import { readAnswer, readSeveral } from '../../understanding/expect/expect.ts';
import { readYesNo } from '../../understanding/expect/yes-no.ts';
import { isTrue } from '../conditions.ts';
import type { Wait } from '../state.ts';
import { heardAs, readBackTo } from './confirmation.ts';
import { type Offer, offersOf } from './options.ts';
import { type Next, NO_WAIT, type Play, target } from './play.ts';
import { placeOf, type Scope } from './scope.ts';
import { choose, say, sayMenu, scopeNow, send } from './send.ts';

type Asking = Extract<Doing, { ask: unknown } | { menu: unknown } | { poll: unknown } | { list: unknown }>;

export const isAsking = (step: Doing): step is Asking => 'ask' in step || 'menu' in step || 'poll' in step || 'list' in step;

/** How often an answer is refused, and a silence broken, where the flow does not say. */
const TRIES = { invalid: 3, silence: 1 };

export function ask(play: Play, position: Position, step: Asking, next: Position | null): Next {
  if ('options' in step && isFromData(step.options) && offersOf(play, step.options).length === 0) {
    if (step.save !== undefined) play.state.answers[step.save] = null;
    return step.options.empty === undefined ? { to: next } : target(play, step.options.empty);
  }
  pose(play, position, step);
  if (('poll' in step || 'list' in step) && step.save === undefined && !('go' in step && step.go)) return { to: next };
  return { wait: { ...NO_WAIT, dueAt: silentUntil(play, step.on_silence) } };
}

function pose(play: Play, position: Position, step: Asking): void {
  if ('ask' in step) {
    if (step.options) sayMenu(play, position, step.ask, offersOf(play, step.options), step.typing);
    else say(play, position, step.ask, step.typing);
  } else if ('menu' in step) sayMenu(play, position, step.menu, offersOf(play, step.options), step.typing);
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

export const silentUntil = ({ world }: Play, silence: OnSilence | undefined): number | null =>
  silence ? world.now + milliseconds(silence.after) : null;

/** What a message says to the question that waits. */
export function answer(play: Play, position: Position, step: Asking, next: Position | null, wait: Wait): Next {
  const { heard, ...rest } = wait;
  if (heard !== undefined && 'ask' in step) {
    const isRight = readYesNo(play.state.last?.said.text ?? '', placeOf(play.program, play.world.now).locale);
    if (isRight === true) return saved(play, step, heard.value, next);
    if (isRight === false) return again(play, step, rest, () => pose(play, position, step));
  }
  const { value, offers } = saidTo(play, step);
  const looking = value === null ? undefined : scopeNow(play, { answer: value });
  const refusal = looking && refusalOf(step, looking);
  // What is neither a yes nor a no, nor another answer, leaves what was asked.
  if (heard !== undefined && value === null && 'ask' in step) return again(play, step, wait, () => readBackTo(play, position, step, heard));
  const later = refusal === undefined || !('ask' in step) ? null : laterFor(play, step);
  if (value === null || (refusal !== undefined && later === null)) {
    const wording = refusal ?? step.on_invalid?.say;
    return again(play, step, rest, () =>
      wording === undefined ? pose(play, position, step) : say(play, position, wording, step.typing, looking),
    );
  }
  if (!('ask' in step) || (step.confirm === undefined && later === null)) return saved(play, step, value, next);
  const place = placeOf(play.program, play.world.now);
  const understood = heardAs(later ?? value, { step, offers, place });
  readBackTo(play, position, step, understood);
  return { wait: { ...rest, heard: understood, silent: 0, dueAt: silentUntil(play, step.on_silence) } };
}

function saved(play: Play, step: Asking, value: Value, next: Position | null): Next {
  if (step.save !== undefined) play.state.answers[step.save] = value;
  const lead = 'go' in step && typeof value === 'string' && Object.hasOwn(step.go ?? {}, value) ? step.go?.[value] : undefined;
  return lead === undefined ? { to: next } : target(play, lead);
}

function saidTo(play: Play, step: Asking): { value: Value; offers: readonly Offer[] } {
  const said = play.state.last?.said;
  if (!said) return { value: null, offers: [] };
  const place = placeOf(play.program, play.world.now);
  if ('poll' in step) return { value: voteOf(play, step), offers: [] };
  const offers = offersOf(play, step.options);
  const choices = offers.map(({ choice }) => choice);
  const named = (name: string): Value => offers.find(({ choice }) => choice.name === name)?.value ?? null;
  if ('multiple' in step && step.multiple) {
    const names = readSeveral(said, place, choices);
    return { value: names?.map(named) ?? null, offers };
  }
  if ('expect' in step && step.expect !== undefined && step.expect !== 'choice')
    return { value: readAnswer(step.expect, said, place), offers: [] };
  if ('ask' in step && !step.options) return { value: readAnswer('text', said, place), offers: [] };
  const name = readAnswer('choice', said, place, choices);
  return { value: typeof name === 'string' ? named(name) : null, offers };
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
function refusalOf(step: Asking, scope: Scope): Wording | undefined {
  if (!('check' in step) || !step.check) return undefined;
  return step.check.find((check) => isTrue(check.if, scope))?.say;
}

/**
 * A time that a check refuses, twelve hours later, where it was left open which of the two is meant and no check refuses that: `3` where it is
 * open from eight to six. Read back before it is saved, as it is a guess.
 */
function laterFor(play: Play, step: Extract<Asking, { ask: unknown }>): Value {
  const [kind, ...more] = kindsOf(step);
  if ((kind !== 'time' && kind !== 'datetime') || more.length > 0) return null;
  const later = readLater(kind, play.state.last?.said.text ?? '', placeOf(play.program, play.world.now));
  return later !== null && refusalOf(step, scopeNow(play, { answer: later })) === undefined ? later : null;
}

/** Asks once more, or goes on where it was asked often enough. */
function again(play: Play, step: Asking, wait: Wait, ask: () => void): Next {
  const rule: OnInvalid = step.on_invalid ?? {};
  const tries = rule.tries ?? TRIES.invalid;
  if (rule.then !== undefined && wait.invalid >= tries) return target(play, rule.then);
  ask();
  return { wait: { ...wait, invalid: wait.invalid + 1, silent: 0, dueAt: silentUntil(play, step.on_silence) } };
}

/** Nobody has answered in time. */
export function silence(play: Play, position: Position, step: Pick<Asking, 'on_silence' | 'typing'>, wait: Wait): Next {
  const rule = step.on_silence;
  if (!rule) return { wait: { ...wait, dueAt: null } };
  const tries = rule.say === undefined ? 0 : (rule.tries ?? TRIES.silence);
  if (rule.say !== undefined && wait.silent < tries) {
    say(play, position, rule.say, step.typing);
    return { wait: { ...wait, silent: wait.silent + 1, dueAt: silentUntil(play, rule) } };
  }
  return rule.then === undefined ? { to: null } : target(play, rule.then);
}
