/**
 * What one input does to one chat: which run takes it, which flow it starts, what comes of it. The hub's runtime and the
 * test runner both take their turns here, the one with rows and the other in memory. Pure.
 */
import { createHash } from 'node:crypto';
import type { Milliseconds, Random } from '../core/runtime.ts';
import { type ChatFacts, candidates } from './candidates.ts';
import type { Catalog, Published } from './catalog.ts';
import { FROM_PHONE } from './heard-events.ts';
import { interpret } from './interpret.ts';
import { bestHit, heard, type Matches } from './match.ts';
import type { Program } from './program.ts';
import type { Inbound } from './said.ts';
import { type Effect, FIRST_STATE, type HttpResult, type Input, type RunState, type TurnFailure, type World } from './state.ts';

/** A run as far as a turn needs it. */
export interface Active {
  flow: string;
  revision: number;
  state: RunState;
}

export interface Moment {
  now: Milliseconds;
  random: Random;
  /** Where what patterns say is known already; may throw to ask for it. */
  matches?: Matches | undefined;
}

/** How a run came to be: `says` and the phrase, `event` and its type, `api`, `schedule`. */
export interface Start {
  way: string;
  by: string;
}

type Failure = { code: TurnFailure | 'loop'; message: string };

export interface Taken {
  run: Active;
  /** Of a run that begins with this turn. */
  started: Start | null;
  /** The run that was under way ends for it. */
  replaces: boolean;
  outcome: 'waiting' | 'ended' | 'failed';
  error: Failure | null;
  /** None when it failed. */
  effects: Effect[];
  steps: string[];
  /** The chat after it. */
  chat: ChatFacts;
}

/** `leave`: it waits in the inbox until the run is over or asks. `drop`: nothing takes it, and why. */
export type Verdict = { taken: Taken } | { leave: true } | { drop: string };

export const isFromPhone = ({ event }: Inbound): boolean => event?.type === FROM_PHONE;

/** Something came in. `run`: the one under way in the chat. */
export function takeInbound(catalog: Catalog, chat: ChatFacts, run: Active | undefined, inbound: Inbound, moment: Moment): Verdict {
  if (inbound.request) return takeRequest(catalog, chat, run, inbound, moment);
  // Whoever is at the phone decides, also over a run that is under way.
  if (isFromPhone(inbound)) return begin(catalog, chat, inbound, moment, run !== undefined);
  if (!run) return begin(catalog, chat, inbound, moment, false);
  const own = catalog.program(run.flow, run.revision);
  if (!own) return { taken: unreadable(run, chat) };
  const { said, messageId, sessionName } = inbound;
  const came = { said, messageId, sessionName };
  const asks = run.state.wait?.for === 'answer';
  if (inbound.kind === 'event') {
    if (said.votes && waitsForVote(catalog, run)) return { taken: play(catalog, run, chat, { kind: 'message', ...came }, moment) };
    return { drop: 'a run is under way' };
  }
  const mode = own.flow.mode ?? 'continue';
  if (mode === 'restart' && bestHit(own.triggers, heard(said, { matches: moment.matches }))) {
    const again = begin(catalog, chat, inbound, moment, true, run.flow);
    if ('taken' in again) return again;
  }
  if (!asks && mode === 'queue') return { leave: true };
  if (asks || mode !== 'ignore') {
    const lead = anytimeOf(catalog, run, own, inbound, moment);
    if (lead) return { taken: play(catalog, run, chat, { kind: 'anytime', ...came, ...lead }, moment) };
  }
  if (!asks) return { drop: `the run waits and its mode is "${mode}"` };
  return { taken: play(catalog, run, chat, { kind: 'message', ...came }, moment) };
}

/** The time of a run has come. */
export function takeTimer(catalog: Catalog, chat: ChatFacts, run: Active, moment: Moment): Taken {
  return play(catalog, run, chat, { kind: 'timer' }, moment);
}

/** A request was answered, or not. */
export function takeResult(catalog: Catalog, chat: ChatFacts, run: Active, result: HttpResult, moment: Moment): Taken {
  return play(catalog, run, chat, { kind: 'http', result }, moment);
}

function begin(catalog: Catalog, chat: ChatFacts, inbound: Inbound, moment: Moment, replaces: boolean, only?: string): Verdict {
  const found = candidates(catalog, chat, inbound, moment);
  const chosen = found.find(({ published, refused }) => refused === null && (only === undefined || published.program.flow.flow === only));
  if (!chosen) return { drop: found.length > 0 ? (found[0]?.refused ?? 'no flow starts') : 'no flow starts by it' };
  const { said, messageId, sessionName, event } = inbound;
  const start: Start = chosen.hit ? { way: chosen.hit.way, by: chosen.hit.by } : { way: 'event', by: event?.type ?? '' };
  const input: Input = { kind: 'start', said, messageId, sessionName, ...(event && { event }) };
  return { taken: launch(catalog, chosen.published, chat, input, start, moment, replaces) };
}

/** By the API it takes the place of a run that is under way; by the clock it does not. */
function takeRequest(catalog: Catalog, chat: ChatFacts, run: Active | undefined, inbound: Inbound, moment: Moment): Verdict {
  const { flow, by, data } = inbound.request ?? { flow: '', by: 'api', data: {} };
  const published = catalog.current(flow);
  if (!published) return { drop: `there is no flow "${flow}" any more` };
  if (run && by === 'schedule') return { drop: 'a run is under way' };
  const input: Input = { kind: 'start', said: inbound.said, messageId: null, sessionName: inbound.sessionName, data };
  return { taken: launch(catalog, published, chat, input, { way: by, by: '' }, moment, run !== undefined) };
}

function launch(
  catalog: Catalog,
  { program, revision }: Published,
  chat: ChatFacts,
  input: Input,
  started: Start,
  moment: Moment,
  replaces: boolean,
): Taken {
  const revisions = catalog.revisionsFor(program);
  const { flow, again_after: again } = program.flow;
  const run: Active = { flow, revision, state: { ...FIRST_STATE, ...(revisions && { revisions }) } };
  const noted = again === undefined ? chat : { ...chat, starts: { ...chat.starts, [flow]: moment.now } };
  return { ...play(catalog, run, noted, input, moment), started, replaces };
}

/** A vote in any other poll is no answer to a question. */
function waitsForVote(catalog: Catalog, { flow, revision, state }: Active): boolean {
  const called = state.flow === undefined ? undefined : catalog.program(state.flow, state.revisions?.[state.flow] ?? 0);
  const step = (called ?? catalog.program(flow, revision))?.steps.get(state.at ?? '')?.step;
  return state.wait?.for === 'answer' && typeof step === 'object' && 'poll' in step;
}

/** What may be said at any time: of the flow that was called first, then of those that wait for it. */
function anytimeOf(
  catalog: Catalog,
  run: Active,
  own: Program,
  inbound: Inbound,
  { matches }: Moment,
): { go: string; flow: string } | undefined {
  const what = heard(inbound.said, { matches });
  const { flow, frames = [], revisions = {} } = run.state;
  const names = flow === undefined ? [] : [flow, ...frames.map((frame) => frame.flow).reverse()];
  const programs = names.map((name) => (name === run.flow ? own : catalog.program(name, revisions[name] ?? 0)));
  for (const program of programs.length > 0 ? programs : [own]) {
    if (!program) continue;
    const hits = program.anytime.map((trigger) => bestHit([trigger], what));
    const best = bestHit(program.anytime, what);
    const index = best ? hits.findIndex((hit) => hit?.way === best.way && hit.by === best.by) : -1;
    const entry = program.flow.anytime?.[index];
    if (entry) return { go: entry.go, flow: program.flow.flow };
  }
  return undefined;
}

function play(catalog: Catalog, run: Active, chat: ChatFacts, input: Input, { now, random }: Moment): Taken {
  const own = catalog.program(run.flow, run.revision);
  if (!own) return unreadable(run, chat);
  const world: World = {
    now,
    random,
    chat,
    program: (name) => (name === run.flow ? own : (catalog.program(name, run.state.revisions?.[name] ?? 0) ?? undefined)),
  };
  const turn = interpret(own, run.state, input, world);
  const base = { run: { ...run, state: turn.state }, started: null, replaces: false, steps: turn.steps };
  if (turn.outcome === 'failed') return { ...base, outcome: 'failed', error: turn.error, effects: [], chat };
  const sent = sentSince(now - LOOP_WINDOW, chat.sent, turn.effects, now);
  const after = { ...chat, ...turn.memory, known: true, sent };
  if (isLoop(sent)) return { ...base, ...stopped(), chat: { ...after, sent: [] } };
  return { ...base, outcome: turn.outcome, error: null, effects: turn.effects, chat: after };
}

function unreadable(run: Active, chat: ChatFacts): Taken {
  const message = `Revision ${run.revision} of the flow "${run.flow}" cannot be read by this version of the hub.`;
  return failedRun(run, chat, { code: 'revision-unreadable', message });
}

/** A run that ends here, whatever came. */
export function failedRun(run: Active, chat: ChatFacts, error: { code: TurnFailure; message: string }): Taken {
  return { run, started: null, replaces: false, outcome: 'failed', error, effects: [], steps: [], chat };
}

/** Two machines that answer each other would never stop. */
const LOOP_WINDOW = 5 * 60_000;
const MOST_ALIKE = 20;
const MOST_KEPT = 200;

function sentSince(since: Milliseconds, before: ChatFacts['sent'], effects: readonly Effect[], now: Milliseconds): ChatFacts['sent'] {
  const sends = effects.flatMap((effect) => (effect.kind === 'send' ? [JSON.stringify({ ...effect.send, typing: undefined })] : []));
  const digests = sends.map((send): [string, Milliseconds] => [createHash('sha1').update(send).digest('base64url').slice(0, 8), now]);
  return [...before.filter(([, at]) => at > since && at <= now), ...digests].slice(-MOST_KEPT);
}

function isLoop(sent: ChatFacts['sent']): boolean {
  const counts = new Map<string, number>();
  for (const [digest] of sent) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  return [...counts.values()].some((count) => count >= MOST_ALIKE);
}

function stopped(): Pick<Taken, 'outcome' | 'error' | 'effects'> {
  const message = `The same message was about to be sent for the ${MOST_ALIKE}th time within 5 minutes: the flows leave this chat alone until somebody resumes.`;
  return { outcome: 'failed', error: { code: 'loop', message }, effects: [] };
}
