/**
 * What one input does to one chat: which run takes it, which flow it starts, what comes of it. The hub's runtime and the
 * test runner both take their turns here, the one with rows and the other in memory. Pure.
 */
import { createHash } from 'node:crypto';
import type { Milliseconds, Random } from '../../core/runtime.ts';
import type { Catalog, Published } from '../program/catalog.ts';
import type { Program } from '../program/program.ts';
import { Effort } from '../text/effort.ts';
import type { TurnInput } from '../understanding/inbound.ts';
import { bestHit, type Heard, type Hit, heard, type Matches } from '../understanding/match.ts';
import { FROM_PHONE } from '../understanding/trigger-events.ts';
import { type Candidate, type ChatFacts, candidates } from './candidates.ts';
import { isSilent, refusalOf, startsAfter } from './guards.ts';
import { interpret } from './interpret.ts';
import {
  type Effect,
  FIRST_STATE,
  type HttpResult,
  type Input,
  type ModelTurn,
  type RunState,
  type TurnFailure,
  type World,
} from './state.ts';

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
  /** Why it has ended, where no step says so. */
  reason?: 'opted-out';
  outcome: 'waiting' | 'ended' | 'failed';
  error: Failure | null;
  /** None when it failed. */
  effects: Effect[];
  steps: string[];
  model?: ModelTurn;
  /** The chat after it. */
  chat: ChatFacts;
}

/** `leave`: it waits in the inbox until the run is over or asks. `drop`: nothing takes it, and why. */
export type Verdict = { taken: Taken } | { leave: true } | { drop: string };

export const isFromPhone = ({ event }: TurnInput): boolean => event?.type === FROM_PHONE;

/** Something came in. `run`: the one under way in the chat. */
export function takeInbound(catalog: Catalog, chat: ChatFacts, run: Active | undefined, inbound: TurnInput, moment: Moment): Verdict {
  const { said, messageId, sessionName } = inbound;
  const came = { said, messageId, sessionName };
  const word = everywhere(catalog, chat, run, inbound, moment);
  if (word) return word;
  if (run && isSilent(chat, run.flow) && inbound.kind !== 'request') return { taken: silenced(run, chat) };
  if (inbound.kind !== 'message') {
    const isVote = run !== undefined && said.votes !== null && waitsForVote(catalog, run);
    if (isVote && inbound.kind === 'event') return { taken: play(catalog, run, chat, { kind: 'message', ...came }, moment) };
    return begun(catalog, chat, inbound, moment, wayIn(catalog, chat, run, inbound, moment));
  }
  if (!run) return begun(catalog, chat, inbound, moment, choose(catalog, chat, inbound, moment, false));
  const own = catalog.program(run.flow, run.revision);
  if (!own) return { taken: unreadable(run, chat) };
  const asks = run.state.wait?.for === 'answer';
  const { mode, program } = modeOf(catalog, run);
  if (mode === 'restart' && program && bestHit(program.triggers, heard(said, { matches: moment.matches }))) {
    const again = choose(catalog, chat, inbound, moment, true, program.flow.flow);
    if ('chosen' in again) return begun(catalog, chat, inbound, moment, again);
  }
  if (!asks && mode === 'queue') return { leave: true };
  if (asks || mode !== 'ignore') {
    const lead = anytimeOf(catalog, run, inbound, moment);
    if (lead) return { taken: play(catalog, run, chat, { kind: 'anytime', ...came, ...lead }, moment) };
  }
  // What is written while a model thinks is for it, too.
  if (!asks && mode === 'continue' && run.state.talk) return { leave: true };
  if (!asks) return { drop: `the run waits and its mode is "${mode}"` };
  return { taken: play(catalog, run, chat, { kind: 'message', ...came }, moment) };
}

/** A word for all flows: it is heard before any of them, and ends the run that is under way. */
function everywhere(catalog: Catalog, chat: ChatFacts, run: Active | undefined, inbound: TurnInput, moment: Moment): Verdict | undefined {
  const found = wordFor(catalog, inbound, moment);
  if (!found) return undefined;
  const { published, hit, go } = found;
  const { said, messageId, sessionName } = inbound;
  const state: RunState = { ...FIRST_STATE, last: { said, messageId, sessionName } };
  if (refusalOf(published.program, chat, state, { now: moment.now, effort: new Effort() }) !== null) return undefined;
  const input: Input = { kind: 'start', said, messageId, sessionName, go };
  return { taken: launch(catalog, published, chat, input, { way: hit.way, by: hit.by }, moment, run !== undefined) };
}

/** The word for all flows that a message is. */
export function wordFor(
  catalog: Catalog,
  { kind, said }: Pick<TurnInput, 'kind' | 'said'>,
  { matches }: Pick<Moment, 'matches'>,
): { published: Published; hit: Hit; go: string } | undefined {
  const published = catalog.everywhere;
  if (!published || kind !== 'message') return undefined;
  const found = anytimeIn(published.program, heard(said, { matches }));
  return found && { published, ...found };
}

/** Why a flow that is asked for would not start; null where it would, now or once the run under way is over. */
export function refusalToStart(
  catalog: Catalog,
  chat: ChatFacts,
  run: Active | undefined,
  inbound: TurnInput,
  moment: Moment,
): string | null {
  const way = wayIn(catalog, chat, run, inbound, moment);
  return 'drop' in way ? way.drop : null;
}

/** The time of a run has come. */
export function takeTimer(catalog: Catalog, chat: ChatFacts, run: Active, moment: Moment): Taken {
  return isSilent(chat, run.flow) ? silenced(run, chat) : play(catalog, run, chat, { kind: 'timer' }, moment);
}

/** A request was answered, or not. */
export function takeResult(catalog: Catalog, chat: ChatFacts, run: Active, result: HttpResult, moment: Moment): Taken {
  return isSilent(chat, run.flow) ? silenced(run, chat) : play(catalog, run, chat, { kind: 'http', result }, moment);
}

/** A flow that is to begin; the run under way ends for it where it `replaces` that. */
type Way = { chosen: Candidate; replaces: boolean } | { leave: true } | { drop: string };

/**
 * What an event, or a request of the API or the clock, starts. While a run is under way the mode of its flow decides, as it
 * does over messages: "restart" begins that flow anew, "queue" has it wait until the run is over. Otherwise the API takes the
 * place of the run, unless the mode is "ignore", and nothing else does.
 */
function wayIn(catalog: Catalog, chat: ChatFacts, run: Active | undefined, inbound: TurnInput, moment: Moment): Way {
  // Whoever is at the phone decides, also over a run that is under way.
  if (!run || isFromPhone(inbound)) return choose(catalog, chat, inbound, moment, run !== undefined);
  const { mode, program } = modeOf(catalog, run);
  if (mode === 'restart' && program) {
    const again = choose(catalog, chat, inbound, moment, true, program.flow.flow);
    if ('chosen' in again) return again;
  }
  const way = choose(catalog, chat, inbound, moment, true);
  if ('chosen' in way && mode === 'queue') return { leave: true };
  if (inbound.request?.by === 'api' && mode !== 'ignore') return way;
  if (inbound.request && 'drop' in way) return way;
  return { drop: mode === 'ignore' ? 'a run is under way, and its mode is "ignore"' : 'a run is under way' };
}

/** The best flow that may start; of one only where that is given. */
function choose(catalog: Catalog, chat: ChatFacts, inbound: TurnInput, moment: Moment, replaces: boolean, only?: string): Way {
  const found = candidates(catalog, chat, inbound, moment);
  const chosen = found.find(({ published, refused }) => refused === null && (only === undefined || published.program.flow.flow === only));
  if (chosen) return { chosen, replaces };
  const { request } = inbound;
  const none = request ? `there is no flow "${request.flow}" any more` : 'no flow starts by it';
  return { drop: found.length > 0 ? (found[0]?.refused ?? 'no flow starts') : none };
}

function begun(catalog: Catalog, chat: ChatFacts, inbound: TurnInput, moment: Moment, way: Way): Verdict {
  if (!('chosen' in way)) return way;
  const { said, messageId, sessionName, event, request } = inbound;
  const { hit, published } = way.chosen;
  const start: Start = hit ? { way: hit.way, by: hit.by } : request ? { way: request.by, by: '' } : { way: 'event', by: event?.type ?? '' };
  const given = { ...(event && { event }), ...(request && { data: request.data }) };
  const input: Input = { kind: 'start', said, messageId, sessionName, ...given };
  return { taken: launch(catalog, published, chat, input, start, moment, way.replaces) };
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
  const run: Active = { flow: program.flow.flow, revision, state: { ...FIRST_STATE, ...(revisions && { revisions }) } };
  const noted = { ...chat, starts: startsAfter(chat.starts, program, moment.now) };
  return { ...play(catalog, run, noted, input, moment), started, replaces };
}

/** A vote in any other poll is no answer to a question. */
function waitsForVote(catalog: Catalog, { flow, revision, state }: Active): boolean {
  const called = state.flow === undefined ? undefined : catalog.program(state.flow, state.revisions?.[state.flow] ?? 0);
  const step = (called ?? catalog.program(flow, revision))?.steps.get(state.at ?? '')?.step;
  return state.wait?.for === 'answer' && typeof step === 'object' && 'poll' in step;
}

/** The flow that was called last, then those that wait for it. */
export function programsOf(catalog: Catalog, run: Active): Program[] {
  const { flow, frames = [], revisions = {} } = run.state;
  const names = flow === undefined ? [run.flow] : [flow, ...frames.map((frame) => frame.flow).reverse()];
  const revisionOf = (name: string): number => (name === run.flow ? run.revision : (revisions[name] ?? 0));
  return names.flatMap((name) => catalog.program(name, revisionOf(name)) ?? []);
}

type Mode = NonNullable<Program['flow']['mode']>;

/** What becomes of that which comes while the run is under way, and the flow that says so: the first of them that says anything. */
export function modeOf(catalog: Catalog, run: Active): { mode: Mode; program: Program | undefined } {
  const programs = programsOf(catalog, run);
  const program = programs.find(({ flow }) => flow.mode !== undefined) ?? programs.at(-1);
  return { mode: program?.flow.mode ?? 'continue', program };
}

/** What may be said at any time. */
function anytimeOf(catalog: Catalog, run: Active, inbound: TurnInput, { matches }: Moment): { go: string; flow: string } | undefined {
  const what = heard(inbound.said, { matches });
  for (const program of programsOf(catalog, run)) {
    const found = anytimeIn(program, what);
    if (found) return { go: found.go, flow: program.flow.flow };
  }
  return undefined;
}

function anytimeIn(program: Program, what: Heard): { hit: Hit; go: string } | undefined {
  const best = bestHit(program.anytime, what);
  if (!best) return undefined;
  const hits = program.anytime.map((trigger) => bestHit([trigger], what));
  const entry = program.flow.anytime?.[hits.findIndex((hit) => hit?.way === best.way && hit.by === best.by)];
  return entry && { hit: best, go: entry.go };
}

/** A run that goes on for nobody: whoever it talks to has opted out. */
function silenced(run: Active, chat: ChatFacts): Taken {
  return { run, started: null, replaces: false, outcome: 'ended', error: null, effects: [], steps: [], chat, reason: 'opted-out' };
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
  const base = {
    run: { ...run, state: turn.state },
    started: null,
    replaces: false,
    steps: turn.steps,
    ...(turn.model && { model: turn.model }),
  };
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
