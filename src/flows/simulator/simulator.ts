/**
 * A chat with the flows in memory: for tests, for the terminal, for `POST /api/flows/{name}/simulate`. Time stands still until
 * it is told to move, and requests are answered by mocks. The turns are those of the hub.
 */
import { HooklineError, messageOf } from '../../core/errors.ts';
import { listAsText } from '../../core/list-text.ts';
import { type ChatKind, chatKind } from '../../core/message.ts';
import type { Milliseconds, Random } from '../../core/runtime.ts';
import { listOf, type Value } from '../language/schema.ts';
import type { Catalog } from '../program/catalog.ts';
import type { Program } from '../program/program.ts';
import { zoneOf } from '../text/hours.ts';
import { nextOf, type Schedule, schedulesOf } from '../text/schedules.ts';
import { cut } from '../text/templates.ts';
import { answerBehind, burstAt, joinBurst } from '../turn/burst.ts';
import type { ChatFacts } from '../turn/candidates.ts';
import { type Active, modeOf, type Taken, takeInbound, takeResult, takeTimer } from '../turn/chat-turn.ts';
import { readTranscript, voiceIn, written } from '../turn/hearing.ts';
import { type AskingStep, addressIn, askedOutside } from '../turn/interpret/asked-outside.ts';
import type { Effect, HttpResult } from '../turn/state.ts';
import { type Contact, NOTHING_SAID, type TurnInput, type Utterance } from '../understanding/inbound.ts';
import { FROM_PHONE } from '../understanding/trigger-events.ts';

/** An answer to the requests that it fits; `request` is method and URL, `*` stands for anything. */
export interface HttpMock {
  request: string;
  status?: number;
  body?: Value;
  /** Instead of `body`: what a model does. */
  tools?: readonly (string | Record<string, Value>)[] | undefined;
  /** After so many answers the next one that fits answers. */
  times?: number | undefined;
  /** Instead of an answer. */
  error?: string;
}

export interface Scene {
  now: Milliseconds;
  random: Random;
  contact: Contact;
  session: string;
  chat: string;
  mocks: readonly HttpMock[];
  /** What is known of the contact at the beginning. */
  tags?: readonly string[] | undefined;
  remembered?: Record<string, Value> | undefined;
  /** Stand-ins are made for those that are asked for and not given. */
  secrets?: Record<string, string>;
}

/** Each step as `flow:steps.0`, each way from one to the next as `flow:steps.0>flow:steps.1`, or `…>end`. */
export interface Trail {
  steps: string[];
  ways: string[];
}

/** Who asks somebody outside: the step of which flow, or (nulls) the hub for it, to have a voice message written down. */
interface Asked {
  asks: 'http' | 'model' | 'transcription';
  flow: string | null;
  step: string | null;
}

/** What came out, in the order in which a person would see it. */
export type Outcome =
  | { kind: 'said'; step: string; flow: string; text: string; send: Extract<Effect, { kind: 'send' }>['send'] }
  | { kind: 'event'; type: string; data: Value }
  | ({ kind: 'request'; method: string; url: string; body: string | null; status: number | null; error: string | null } & Asked & {
        /** False: it was answered by none of the mocks, and could have been. */
        mocked: boolean;
      })
  | { kind: 'started' | 'ended'; flow: string }
  | { kind: 'failed'; flow: string; message: string }
  | { kind: 'handoff'; note: string | null }
  | { kind: 'opted_out' | 'opted_in' }
  | { kind: 'seen' }
  | { kind: 'unanswered'; why: string };

/** As the configuration has it when nobody has set it. */
const PHONE_PAUSE: Milliseconds = 720 * 60_000;
const HANDED_OFF = 'the chat is in the hands of a person';
/** More waits than this that end at once are a circle. */
const MOST_TURNS = 200;

export class Simulator {
  readonly #catalog: Catalog;
  readonly #scene: Scene;
  now: Milliseconds;
  /** Until when flows that start by the clock have had their turn. */
  #looked: Milliseconds;
  run: Active | undefined;
  chat: ChatFacts;
  /** A person has the chat; null: until somebody resumes. */
  #pause: { since: Milliseconds; until: Milliseconds | null } | undefined;
  #count = 0;
  /** How often each mock has answered. */
  readonly #used = new Map<HttpMock, number>();
  /** What came and has not had its turn: a burst that may go on, what waits for the end of the run. */
  #waiting: { inbound: TurnInput }[] = [];
  /** How much of it was left for the end of the run. */
  #leaves = 0;
  /** Every step that was done, with the flow it is of. */
  readonly visited = new Set<string>();
  /** Of the run that moved last. */
  lastAnswers: Record<string, Value> = {};
  /** Every way that was taken from one step to the next, as `flow:from>to`. */
  readonly taken = new Set<string>();

  constructor(catalog: Catalog, scene: Scene) {
    this.#catalog = catalog;
    this.#scene = scene;
    this.now = this.#looked = scene.now;
    const kind: ChatKind = chatKind(scene.chat);
    const [tags, remembered] = [[...(scene.tags ?? [])], { ...scene.remembered }];
    const known = tags.length > 0 || Object.keys(remembered).length > 0;
    this.chat = { id: scene.chat, kind, engine: 'sandbox', known, tags, remembered, starts: {}, optedOut: false, sent: [] };
  }

  /** A message comes in, or the part of one that is told. */
  receive(said: Partial<Utterance> & { text?: string | null }): Outcome[] {
    const type = said.type ?? (said.media ? 'image' : said.location ? 'location' : 'text');
    return this.#take({
      kind: 'message',
      said: {
        ...NOTHING_SAID,
        contact: this.#scene.contact,
        ...said,
        text: said.text === undefined || said.text === null ? null : cut(said.text, 65_536),
        type,
      },
    });
  }

  vote(options: string[]): Outcome[] {
    return this.#take({
      kind: 'event',
      said: { ...NOTHING_SAID, contact: this.#scene.contact, votes: options },
      event: { type: 'poll.vote', data: { options } },
    });
  }

  event(type: string, data: Value): Outcome[] {
    const text = type === FROM_PHONE && typeof data === 'object' && !Array.isArray(data) ? data?.text : null;
    const said = { ...NOTHING_SAID, text: typeof text === 'string' ? text : null, contact: this.#scene.contact };
    return this.#take({ kind: 'event', said, event: { type, data } });
  }

  start(flow: string, data: Record<string, Value>): Outcome[] {
    const said = { ...NOTHING_SAID, contact: this.#scene.contact };
    return this.#take({ kind: 'request', said, request: { flow, by: 'api', data } });
  }

  #startByClock({ flow, session }: { flow: string; session: string }): Outcome[] {
    const said = { ...NOTHING_SAID, contact: this.#scene.contact };
    return this.#take({ kind: 'request', said, sessionName: session, request: { flow, by: 'schedule', data: {} } });
  }

  /** Time passes; what falls due on the way happens at its time. */
  advance(by: Milliseconds): Outcome[] {
    const end = this.now + by;
    const outcomes: Outcome[] = [];
    for (let turns = 0; turns < MOST_TURNS; turns++) {
      const gathered = this.gatheredAt;
      const wakes = (this.#pause === undefined ? this.run?.state.wait?.dueAt : this.#pause.until) ?? Number.POSITIVE_INFINITY;
      const { asked, at } = this.#scheduled();
      const dueAt = Math.min(gathered ?? Number.POSITIVE_INFINITY, wakes, at);
      if (dueAt > end) break;
      this.now = Math.max(this.now, dueAt);
      this.#looked = Math.max(this.#looked, dueAt);
      if (at <= dueAt) outcomes.push(...asked.flatMap((one) => this.#startByClock(one)));
      else if (this.#pause) this.#giveBack(this.#pause);
      else if (gathered !== null && gathered <= wakes) outcomes.push(...this.#takeWaiting());
      else if (this.run)
        outcomes.push(...this.#settle(takeTimer(this.#catalog, this.chat, this.run, this.#moment())), ...this.#takeWaiting());
    }
    this.now = Math.max(this.now, end);
    this.#looked = Math.max(this.#looked, end);
    return outcomes;
  }

  /** What the clock asks for next in this chat, which is one of whatever session is named: each flow once. */
  #scheduled(): { at: Milliseconds; asked: { flow: string; session: string }[] } {
    let next = { at: Number.POSITIVE_INFINITY, asked: [] as { flow: string; session: string }[] };
    for (const { program } of this.#catalog.flows) {
      const { flow } = program.flow;
      for (const schedule of schedulesOf(program.flow).filter((one) => this.#isFor(one))) {
        const at = nextOf(program.flow, schedule, this.#looked);
        const asked = { flow, session: schedule.session };
        if (at < next.at) next = { at, asked: [asked] };
        else if (at === next.at && !next.asked.some((one) => one.flow === flow)) next.asked.push(asked);
      }
    }
    return next;
  }

  #isFor({ to, tagged }: Schedule): boolean {
    if (tagged !== undefined && this.chat.tags.includes(tagged)) return true;
    const { chat, contact } = this.#scene;
    return listOf(to).some((address) => address === chat || (contact.phone !== null && address.replace(/\D/g, '') === contact.phone));
  }

  /** Waits until a burst that has begun is over: what comes next comes as an answer to what is said. */
  settle(): Outcome[] {
    const outcomes: Outcome[] = [];
    for (let at = this.gatheredAt; at !== null; at = this.gatheredAt) outcomes.push(...this.advance(Math.max(0, at - this.now)));
    return outcomes;
  }

  /** When the burst that has begun is over; null where there is none. */
  get gatheredAt(): Milliseconds | null {
    if (this.paused || this.#isHeld() || this.#waiting.length === 0) return null;
    return burstAt(this.#catalog, this.chat, this.run, this.#waiting, this.#moment()).at;
  }

  /** What waits for the end of the run. */
  #isHeld(): boolean {
    const { run } = this;
    if (!run || run.state.wait?.for === 'answer') return false;
    return this.#leaves > 0 && modeOf(this.#catalog, run).mode === 'queue';
  }

  /** All that was gone through. */
  get trail(): Trail {
    return { steps: [...this.visited], ways: [...this.taken] };
  }

  /** That of the first flow. */
  get zone(): string {
    return zoneIn(this.#catalog);
  }

  /** The clock is set: what falls due on the way to a later time happens. */
  setClock(to: Milliseconds): Outcome[] {
    if (to >= this.now) return this.advance(to - this.now);
    this.now = this.#looked = to;
    return [];
  }

  get paused(): boolean {
    return this.#pause !== undefined;
  }

  #takeOver(pause: Milliseconds | null): void {
    this.#pause = { since: this.#pause?.since ?? this.now, until: pause === null ? null : this.now + pause };
  }

  /** As in the hub: the time that a person took is not the contact's silence. */
  #giveBack({ since }: { since: Milliseconds }): void {
    this.#pause = undefined;
    const wait = this.run?.state.wait;
    if (wait?.for === 'answer' && wait.dueAt !== null) wait.dueAt += this.now - since;
  }

  #moment() {
    return { now: this.now, random: this.#scene.random };
  }

  #take(what: Pick<TurnInput, 'kind' | 'said'> & Partial<TurnInput>): Outcome[] {
    const due = this.advance(0);
    const own = what.event?.type === FROM_PHONE;
    if (this.paused && !own) return [...due, { kind: 'unanswered', why: HANDED_OFF }];
    const id = `msg_simulated${++this.#count}`;
    const inbound: TurnInput = { eventId: id, messageId: id, at: this.now, sessionName: this.#scene.session, ...what };
    if (!own) {
      this.#waiting.push({ inbound });
      return [...due, ...this.#takeWaiting()];
    }
    const verdict = takeInbound(this.#catalog, this.chat, this.run, inbound, this.#moment());
    if (!('taken' in verdict)) {
      this.#takeOver(PHONE_PAUSE);
      return [...due, { kind: 'handoff', note: null }];
    }
    this.#pause = undefined;
    return [...due, ...this.#settle(verdict.taken)];
  }

  /** As in a chat's lane: each burst when it is over, and what waits for the end of the run behind it. */
  #takeWaiting(): Outcome[] {
    const outcomes: Outcome[] = [];
    this.#leaves = 0;
    for (let turns = 0; turns < MOST_TURNS && this.#waiting.length > 0; turns++) {
      if (this.paused) {
        outcomes.push(...this.#waiting.splice(0).map(() => ({ kind: 'unanswered' as const, why: HANDED_OFF })));
        break;
      }
      const { at, count } = burstAt(this.#catalog, this.chat, this.run, this.#waiting, this.#moment());
      if (at > this.now) break;
      const voice = voiceIn(
        this.#catalog,
        this.chat,
        this.run,
        this.#waiting.slice(0, count).map((one) => one.inbound),
      );
      if (voice) {
        const asked: Asked = { asks: 'transcription', flow: null, step: null };
        const { result, shown } = this.#ask('POST', voice.transcribe.url, null, asked);
        outcomes.push(shown);
        this.#waiting[voice.index] = { inbound: written(voice.inbound, readTranscript(result)) };
        continue;
      }
      const inbound = joinBurst(this.#waiting.slice(0, count).map((one) => one.inbound));
      const verdict = takeInbound(this.#catalog, this.chat, this.run, inbound, this.#moment());
      if ('leave' in verdict) {
        const next = answerBehind(this.run, this.#waiting);
        if (next > 0) {
          this.#waiting.unshift(...this.#waiting.splice(next, 1));
          continue;
        }
        this.#leaves = count;
        outcomes.push({ kind: 'unanswered', why: 'it waits until the run is over' });
        break;
      }
      this.#waiting.splice(0, count);
      if ('taken' in verdict) outcomes.push(...this.#settle(verdict.taken));
      else {
        this.chat = { ...this.chat, known: true };
        outcomes.push({ kind: 'unanswered', why: verdict.drop });
      }
    }
    return outcomes;
  }

  #settle(first: Taken): Outcome[] {
    const outcomes: Outcome[] = [];
    for (let taken = first, turns = 0; turns < MOST_TURNS; turns++) {
      outcomes.push(...this.#outcomesOf(taken));
      const { wait } = taken.run.state;
      if (taken.outcome !== 'waiting' || wait?.for !== 'http' || !this.run) break;
      // Between two tries of a request nothing happens that a person would see.
      this.now = Math.max(this.now, wait.dueAt ?? this.now);
      const { result, shown } = this.#request(this.run);
      outcomes.push(shown);
      taken = takeResult(this.#catalog, this.chat, this.run, result, this.#moment());
    }
    return outcomes;
  }

  #outcomesOf(taken: Taken): Outcome[] {
    const outcomes: Outcome[] = [];
    const { flow } = taken.run;
    if (taken.replaces && this.run) outcomes.push({ kind: 'ended', flow: this.run.flow });
    if (taken.started) outcomes.push({ kind: 'started', flow });
    this.#note(taken);
    for (const effect of taken.effects) outcomes.push(...this.#outcomeOf(effect, flow));
    if (taken.chat.optedOut !== this.chat.optedOut) outcomes.push({ kind: taken.chat.optedOut ? 'opted_out' : 'opted_in' });
    if (taken.outcome === 'failed') outcomes.push({ kind: 'failed', flow, message: taken.error?.message ?? '' });
    if (taken.outcome === 'ended') outcomes.push({ kind: 'ended', flow });
    this.lastAnswers = taken.run.state.answers;
    this.run = taken.outcome === 'waiting' ? taken.run : undefined;
    this.chat = { ...taken.chat, known: true };
    return outcomes;
  }

  #outcomeOf(effect: Effect, flow: string): Outcome[] {
    switch (effect.kind) {
      case 'send':
        return [{ kind: 'said', step: effect.step, flow, text: textOf(effect.send), send: { typing: true, ...effect.send } }];
      case 'emit':
        return [{ kind: 'event', type: effect.type, data: effect.data }];
      case 'handoff':
        this.#takeOver(effect.pause);
        return [{ kind: 'handoff', note: effect.note }];
      case 'seen':
        return [{ kind: 'seen' }];
    }
  }

  #note({ run, steps, started }: Taken): void {
    const waited = started ? undefined : this.run?.state;
    const full = (step: string): string => (step.includes(':') ? step : `${run.flow}:${step}`);
    let from = waited?.at ? full(waited.flow === undefined ? waited.at : `${waited.flow}:${waited.at}`) : undefined;
    for (const step of steps.map(full)) {
      this.visited.add(step);
      if (from !== undefined) this.taken.add(`${from}>${step}`);
      from = step;
    }
    if (run.state.at === null || from === undefined) return;
    if (run.state.wait === undefined) this.taken.add(`${from}>end`);
  }

  #request(run: Active): { result: HttpResult; shown: Outcome } {
    const program = this.#programAt(run);
    const step = program?.steps.get(run.state.at ?? '')?.step as AskingStep;
    const flow = run.state.flow ?? run.flow;
    const asked: Asked = { asks: 'http' in step ? 'http' : 'model', flow, step: run.state.at };
    const secrets = new Proxy<Record<string, string>>({ ...this.#scene.secrets }, STAND_INS);
    let made: ReturnType<typeof askedOutside>;
    try {
      made = askedOutside(program as Program, run.state, step, { now: this.now, chat: this.chat }, { secrets, key: 'simulated' });
    } catch (error) {
      // As in the hub: what cannot be filled in is a request that fails.
      if (!(error instanceof HooklineError || error instanceof TypeError)) throw error;
      const why = messageOf(error);
      const shown: Outcome = { kind: 'request', ...addressIn(step), body: null, status: null, error: why, ...asked, mocked: true };
      return { result: { error: why, again: false }, shown };
    }
    return this.#ask(made.method, made.url, made.body ?? null, asked);
  }

  #ask(method: string, url: string, body: string | null, asked: Asked): { result: HttpResult; shown: Outcome } {
    const mock = this.#mockFor(method, url);
    const result: HttpResult =
      mock && mock.error === undefined
        ? { status: mock.status ?? 200, body: mock.tools ? completionOf(mock.tools) : (mock.body ?? null) }
        : { error: mock?.error ?? `there is no http mock for ${method} ${url}`, again: false };
    const shown = { kind: 'request', method, url, body, ...asked, mocked: mock !== undefined } as const;
    return 'status' in result
      ? { result, shown: { ...shown, status: result.status, error: null } }
      : { result, shown: { ...shown, status: null, error: result.error } };
  }

  #mockFor(method: string, url: string): HttpMock | undefined {
    const used = (mock: HttpMock): number => this.#used.get(mock) ?? 0;
    const found = this.#scene.mocks.find(
      (mock) => used(mock) < (mock.times ?? Number.POSITIVE_INFINITY) && fits(mock.request, method, url),
    );
    if (found) this.#used.set(found, used(found) + 1);
    return found;
  }

  #programAt({ flow, revision, state }: Active): Program | null | undefined {
    if (state.flow === undefined || state.flow === flow) return this.#catalog.program(flow, revision);
    return this.#catalog.program(state.flow, state.revisions?.[state.flow] ?? 0);
  }
}

/** As a model answers that calls these tools. */
function completionOf(tools: NonNullable<HttpMock['tools']>): Value {
  const calls = tools.map((tool) => {
    const [name = '', given = {}] = typeof tool === 'string' ? [tool] : (Object.entries(tool)[0] ?? []);
    const args = name === 'say' ? { text: given } : name === 'go' ? { to: given } : given;
    return { type: 'function', function: { name, arguments: JSON.stringify(args) } };
  });
  return { choices: [{ message: { role: 'assistant', content: null, tool_calls: calls } }] };
}

/** A time without a zone is one of the flow that is meant, which is the first. */
export function zoneIn(catalog: Catalog): string {
  const [first] = catalog.flows;
  return first ? zoneOf(first.program.flow) : 'UTC';
}

/** Every secret that is asked for is there. */
const STAND_INS: ProxyHandler<Record<string, string>> = {
  get: (given, name) => (typeof name === 'string' ? (given[name] ?? `secret-${name}`) : undefined),
  getOwnPropertyDescriptor: (given, name) => ({
    configurable: true,
    enumerable: true,
    value: given[String(name)] ?? `secret-${String(name)}`,
  }),
};

function fits(pattern: string, method: string, url: string): boolean {
  const [wanted = '', where = ''] = pattern.includes(' ') ? pattern.split(/ (.*)/s) : ['*', pattern];
  if (wanted !== '*' && wanted !== method) return false;
  return matchesGlob(where, url) || matchesGlob(where, url.split('?')[0] ?? '');
}

/** `*` stands for any characters. Linear: no regular expression is made of what somebody wrote. */
function matchesGlob(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (rest.length === 0) return pattern === text;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop() ?? '';
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/** A send as a test reads it. */
function textOf(send: Extract<Effect, { kind: 'send' }>['send']): string {
  switch (send.type) {
    case 'text':
      return send.text;
    case 'location':
      return `[location ${send.latitude}, ${send.longitude}${send.name ? ` ${send.name}` : ''}]`;
    case 'contact':
      return `[contact ${send.contacts.map(({ name }) => name).join(', ')}]`;
    case 'poll':
      return `[poll] ${send.question}: ${send.options.join(' / ')}`;
    case 'list':
      if (send.fallback === 'text') return listAsText(send);
      return `[list] ${send.text}: ${send.sections.flatMap(({ rows }) => rows.map(({ title }) => title)).join(' / ')}`;
    case 'reaction':
      return `[reaction ${send.emoji}]`;
    default: {
      const { media } = send;
      const source = 'url' in media ? media.url : 'mediaId' in media ? media.mediaId : 'file';
      return `[${send.type} ${source}]${send.caption ? ` ${send.caption}` : ''}`;
    }
  }
}
