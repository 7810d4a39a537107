/** Steps that change what is kept, or tell the rest of the hub. */
import { type Doing, listOf, milliseconds, typingOf } from '../../language/schema.ts';
import type { Position } from '../../program/program.ts';
import { nextClock } from '../../text/hours.ts';
import { cut, newBudget, render, renderValue } from '../../text/templates.ts';
import { isTrue } from '../conditions.ts';
import { beginTalk } from './model.ts';
import { type At, type Next, NO_WAIT, type Play, TurnFailed, target } from './play.ts';
import { scopeNow } from './send.ts';

/** Names that one chat can have in its memory, and tags on it. */
const MOST_REMEMBERED = 200;
const MOST_TAGS = 100;

export function act(play: Play, { position, placed: { next, path } }: At, step: Doing): Next {
  const { state, world } = play;
  if ('if' in step && 'then' in step) {
    const holds = isTrue(step.if, scopeNow(play));
    if (!holds && !step.else) return { to: next };
    return { to: [...path, holds ? 'then' : 'else', 0].join('.') };
  }
  if ('choose' in step) {
    const scope = scopeNow(play);
    const index = step.choose.findIndex((one) => !('if' in one) || isTrue(one.if, scope));
    const chosen = step.choose[index];
    return { to: chosen ? [...path, 'choose', index, 'then' in chosen ? 'then' : 'else', 0].join('.') : next };
  }
  if ('set' in step) {
    const [scope, budget] = [scopeNow(play), newBudget()];
    for (const [name, value] of Object.entries(step.set)) state.answers[name] = renderValue(value, scope, budget);
    return { to: next };
  }
  if ('remember' in step) {
    const [scope, budget] = [scopeNow(play), newBudget()];
    const made = { ...play.remembered };
    for (const [name, value] of Object.entries(step.remember)) made[nameOf(name)] = renderValue(value, scope, budget);
    play.remembered = Object.fromEntries(Object.entries(made).slice(-MOST_REMEMBERED));
    return { to: next };
  }
  if ('forget' in step) {
    const gone = listOf(step.forget).map(nameOf);
    play.remembered = Object.fromEntries(Object.entries(play.remembered).filter(([name]) => !gone.includes(name)));
    return { to: next };
  }
  if ('tag' in step) {
    play.tags = [...new Set([...play.tags, ...listOf(step.tag)])].slice(-MOST_TAGS);
    return { to: next };
  }
  if ('untag' in step) {
    const gone = listOf(step.untag);
    play.tags = play.tags.filter((tag) => !gone.includes(tag));
    return { to: next };
  }
  if ('emit' in step) {
    const data = step.emit.data === undefined ? {} : renderValue(step.emit.data, scopeNow(play));
    play.effects.push({ kind: 'emit', step: position, type: `custom.${step.emit.event}`, data });
    return { to: next };
  }
  if ('seen' in step) {
    play.effects.push({ kind: 'seen', step: position });
    return { to: next };
  }
  if ('wait' in step) {
    const dueAt = wakesAt(play, position, step.wait);
    return dueAt <= world.now ? { to: next } : { wait: { ...NO_WAIT, for: 'time', dueAt } };
  }
  if ('http' in step) {
    state.requests = (state.requests ?? 0) + 1;
    return { wait: { ...NO_WAIT, for: 'http', dueAt: world.now, request: state.requests } };
  }
  if ('ask_model' in step) return beginTalk(play);
  if ('go' in step && typeof step.go === 'string') return target(play, step.go);
  if ('call' in step) {
    const [scope, budget] = [scopeNow(play), newBudget()];
    for (const [name, value] of Object.entries(step.with ?? {})) state.answers[name] = renderValue(value, scope, budget);
    return { call: step.call };
  }
  if ('handoff' in step) {
    const { pause, note } = step.handoff === true ? { pause: undefined, note: undefined } : step.handoff;
    const told = note === undefined ? null : cut(render(note, scopeNow(play), 'plain'), 1_000);
    play.effects.push({ kind: 'handoff', step: position, pause: pause === undefined ? null : milliseconds(pause), note: told });
    return 'handoff';
  }
  if ('typing' in step && step.typing !== undefined) {
    play.typing = typingOf(step.typing);
    return { to: next };
  }
  return { to: next };
}

function wakesAt(play: Play, position: Position, wait: Extract<Doing, { wait: unknown }>['wait']): number {
  const { now } = play.world;
  if (typeof wait === 'string') return now + milliseconds(wait);
  const scope = scopeNow(play);
  if ('until' in wait) return nextClock(wait.until, scope.place.zone, now);
  const opening = scope.opening(wait.opens);
  if (opening?.open) return now;
  if (!opening?.nextOpen)
    throw new TurnFailed('never-opens', `${position}: by the hours "${wait.opens}" it opens on no day within a year.`);
  return opening.nextOpen;
}

const nameOf = (field: string): string => field.slice('contact.'.length);
