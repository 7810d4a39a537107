import { during } from '../../core/during.ts';
import { HooklineError } from '../../core/errors.ts';
import type { EventDraft } from '../../core/events.ts';
import type { TenantId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Database } from '../../db/open.ts';
import { isPassing } from '../../db/passing.ts';
import type { Tx } from '../../db/tx.ts';
import { type Matched, matchAside, matchesIn, NotMatched, patternsAt } from '../aside/matching.ts';
import { type FlowLibrary, NotRead } from '../catalogue/library.ts';
import type { FlowSecrets } from '../catalogue/secrets.ts';
import { type FlowStore, type FlowTransactor, flowStore } from '../catalogue/store.ts';
import type { Chat } from '../chat.ts';
import { announce } from '../events.ts';
import { chatOf, isChatLane, lanesOf } from '../lane.ts';
import type {
  Addresses,
  Due,
  FlowMeter,
  FlowSettings,
  Lane,
  Lanes,
  Ledger,
  Models,
  Outbox,
  Prepared,
  Sessions,
  Voices,
  WayOut,
} from '../ports.ts';
import type { Catalog } from '../program/catalog.ts';
import { answerBehind, burstAt, joinBurst } from '../turn/burst.ts';
import { failedRun, isFromPhone, type Moment, modeOf, takeInbound, takeResult, takeTimer, type Verdict } from '../turn/chat-turn.ts';
import { voiceIn } from '../turn/hearing.ts';
import type { Run } from '../turn/run.ts';
import type { TurnInput } from '../understanding/inbound.ts';
import { isFailureEvent } from '../understanding/trigger-events.ts';
import { ChatIntake, FOLLOWED } from './chat-intake.ts';
import { ChatRenames } from './chat-renames.ts';
import { Effects, NotPrepared } from './effects.ts';
import { fetchBy } from './fetch.ts';
import { handedOff, inHands, resumed } from './handoff.ts';
import { ChatHandoff, type Handoff } from './handoff-store.ts';
import { Hearing } from './hearing.ts';
import { ChatInbox, type KeptFacts, type Standing } from './inbox-store.ts';
import { change } from './opt-outs.ts';
import { type Answered, Requests } from './requests.ts';
import { refused, Schedules } from './schedules.ts';
import type { Recorded, Turn } from './turn-record.ts';
import { record } from './turn-record.ts';

/** Chats answered at once; a turn is nothing but its transaction. */
const CONCURRENCY = 8;
/** Chats that wait for somebody's HTTP answer at the same time. */
const REQUESTS_AT_ONCE = 64;
/** Messages that are looked at together. */
const MOST_WAITING = 100;
/** Files of one turn, each of which may have to be made ready. */
const MOST_PREPARED = 50;
/** Times that what is published may change while a turn waits for it to be read. */
const MOST_READS = 5;
/** Times in a row that a turn may fail for no known reason before its chat goes on without it. */
const MOST_FAILURES = 3;

export interface FlowPorts {
  ledger: Ledger;
  lanes: Lanes;
  outbox: Outbox;
  sessions: Sessions;
  addresses: Addresses;
  egress: WayOut;
  settingsOf(tenantId: TenantId): Promise<FlowSettings>;
  secrets: Pick<FlowSecrets, 'reveal'>;
  library: FlowLibrary;
  /** None where this is left out. */
  models?: Models;
  voices?: Voices;
  meter?: FlowMeter;
}

/** What a turn is taken with, beyond what is in the database. A turn may be taken more than once, and changes nothing of it. */
interface Given {
  /** Why this turn, tried before, cannot be taken. */
  refused?: { code: string; message: string };
  /** It has failed again and again, at nobody knows what. */
  isStuck: boolean;
  answered?: Answered | undefined;
  heard?: Awaited<ReturnType<Hearing['hear']>>;
  prepared: Map<string, Prepared>;
  matched: Matched;
}

/**
 * From what comes in to replies. Each inbound message is put in the chat's queue in the transaction that moves the follower's
 * cursor; each is then given one turn, and a turn is one transaction: the message leaves the queue, the run moves on, its
 * replies are in the outbox and its events in the ledger, or nothing of it has happened. So it is with timers, which are a
 * column of the run, and with requests, which are made between two turns.
 */
export class FlowRuntime {
  readonly #store: FlowStore;
  readonly #library: FlowLibrary;
  readonly #ports: FlowPorts;
  readonly #runtime: Runtime;
  readonly #effects: Effects;
  readonly #requests: Requests;
  readonly #hearing: Hearing;
  readonly #schedules: Schedules;
  readonly #moves: ChatRenames;
  readonly #names: Addresses['names'];
  /** Lanes whose last turns failed for no known reason, and how many. */
  readonly #failures = new Map<string, number>();

  constructor(db: Database, ports: FlowPorts, runtime: Runtime) {
    this.#store = flowStore(db);
    this.#ports = ports;
    this.#library = ports.library;
    this.#runtime = runtime;
    this.#effects = new Effects(ports, runtime);
    const outside = { fetch: fetchBy(ports.egress), models: ports.models ?? [] };
    this.#requests = new Requests(db, { ...ports, ...outside }, runtime);
    this.#hearing = new Hearing({ ...outside, secrets: ports.secrets, voices: ports.voices ?? NO_VOICES }, runtime);
    this.#schedules = new Schedules(db, ports, runtime);
    this.#moves = new ChatRenames(ports, runtime);
    this.#names = (tenantId, id) => ports.addresses.names(tenantId, id);
    ports.lanes.register('flow', {
      concurrency: CONCURRENCY,
      retries: REQUESTS_AT_ONCE,
      pump: (lane) => (isChatLane(lane.key) ? this.#pump(lane) : this.#schedule(lane)),
    });
    const intake = new ChatIntake(ports, runtime.clock);
    ports.ledger.follow('flows', (tx, events) => intake.take(tx, events), FOLLOWED);
  }

  /** For the transaction that removes a session: its rows go with it, its lanes must be told. */
  async onDestroy(tx: Tx, session: SessionRef): Promise<void> {
    await this.#ports.lanes.retire(tx, lanesOf(session.id));
  }

  async #schedule(lane: Lane): Promise<void> {
    const read = await this.#schedules.read(lane);
    await lane.commit((tx) => this.#schedules.turn(tx, lane, read));
  }

  /** A turn throws what it lacks. Its transaction is undone then, and taken again when that is there. */
  async #pump(lane: Lane): Promise<void> {
    const failures = this.#failures.get(lane.key) ?? 0;
    const answered = await this.#requests.answer(lane.key, chatOf(lane));
    const heard = await this.#hearing.hear(lane.key, chatOf(lane));
    const given: Given = { prepared: new Map(), matched: new Map(), answered, heard, isStuck: failures >= MOST_FAILURES };
    for (let reads = 0; ; ) {
      try {
        await lane.commit((tx) => this.#turn(tx, lane, given));
        this.#failures.delete(lane.key);
        return;
      } catch (error) {
        if (error instanceof NotRead && ++reads < MOST_READS) await this.#read(lane);
        else if (error instanceof NotMatched) await this.#match(lane, error, given);
        else if (error instanceof NotPrepared && given.prepared.size < MOST_PREPARED) await this.#prepare(lane, error, given);
        // A reply that is refused for good would hold up the chat for ever: the run fails instead. All else is tried again.
        else if (error instanceof HooklineError && error.status < 500 && !given.refused)
          given.refused = { code: error.code, message: error.message };
        else {
          if (!isPassing(error)) this.#failures.set(lane.key, failures + 1);
          throw error;
        }
      }
    }
  }

  /** So do texts of flows. */
  async #read(lane: Lane): Promise<Catalog> {
    const { tenantId, sessionId, id } = chatOf(lane);
    return this.#store.read(tenantId, async (flows) => this.#library.catalog(flows, await flows.waitingRun(sessionId, id)));
  }

  /** And patterns. */
  async #match(lane: Lane, asked: NotMatched, { matched }: Given): Promise<void> {
    const { tenantId, sessionId, id } = chatOf(lane);
    const run = await this.#store.read(tenantId, (flows) => flows.waitingRun(sessionId, id));
    const patterns = patternsAt(await this.#read(lane), run);
    const { says, late } = await matchAside(this.#library.aside, { tenantId, patterns, asked }, this.#runtime.log);
    if (late.length > 0) this.#ports.meter?.bounded('match', 'time');
    matched.set(asked.folded, new Map([...(matched.get(asked.folded) ?? []), ...says]));
  }

  /** Files take time, which a transaction must not. */
  async #prepare({ tenantId }: Lane, { key, send }: NotPrepared, given: Given): Promise<void> {
    try {
      given.prepared.set(key, await this.#ports.outbox.prepare(tenantId, send));
    } catch (error) {
      if (!(error instanceof HooklineError) || error.status >= 500) throw error;
      given.refused = { code: error.code, message: error.message };
    }
  }

  /** Answers when the lane is due again. */
  async #turn(tx: Tx, lane: Lane, given: Given): Promise<Due> {
    const chat = chatOf(lane);
    const inbox = new ChatInbox(tx, chat, this.#names);
    const { handoff, run, facts, version } = await this.#standing(tx, chat, inbox);
    const flows = this.#store.within(tx, chat.tenantId);
    const catalog = this.#library.held(chat.tenantId, version, run);
    const moment = { now: this.#runtime.clock.now(), random: this.#runtime.random, matches: matchesIn(given.matched) };
    const section = { tenantId: chat.tenantId, what: 'flows.turn' };
    const play = { tx, lane, flows, catalog, chat, inbox, facts, given };
    if (given.isStuck) return this.#passOver(play, run);
    if (handoff) return this.#pause(play, run, handoff, moment);

    const { answered, heard } = given;
    if (heard) {
      // Kept before anything is made of it: what was paid for once is not asked for again.
      await inbox.rewrite(heard.position, heard.inbound);
      return moment.now;
    }
    if (
      run &&
      answered &&
      answered.runId === run.id &&
      answered.request === run.state.wait?.request &&
      answered.attempt === run.state.wait.attempt
    ) {
      return this.#settle(play, {
        run,
        taken: during(section, () => takeResult(catalog, facts, run, answered.result, moment)),
        cause: 'http',
        http: answered.shown,
      });
    }
    const waiting = await inbox.waiting(facts.position, MOST_WAITING);
    const [head] = waiting;
    let due: Milliseconds | null = null;
    const alias = head?.inbound.alias;
    if (alias !== undefined && facts.known && !facts.names.includes(alias)) {
      await this.#meet(play, alias);
      return moment.now;
    }
    if (head) {
      const gathered = during(section, () => burstAt(catalog, facts, run, waiting, moment));
      if (gathered.at > moment.now) due = gathered.at;
      else {
        const burst = waiting.slice(0, gathered.count);
        const voice = voiceIn(
          catalog,
          facts,
          run,
          burst.map((one) => one.inbound),
        );
        if (voice && run) {
          const { position } = burst[voice.index] as { position: number };
          return this.#hearing.ask(tx, lane.key, { ...voice, position, state: run.state, facts }, moment.now);
        }
        const inbound = joinBurst(burst.map((one) => one.inbound));
        const position = waiting[gathered.count - 1]?.position ?? head.position;
        const verdict = (await isOwnMishap(flows, chat, inbound))
          ? { drop: 'it is what a flow said to a message that went wrong' }
          : during(section, () => takeInbound(catalog, facts, run, inbound, moment));
        const more = waiting.length > gathered.count || waiting.length === MOST_WAITING;
        if (!('leave' in verdict)) return this.#inbound(play, { run, inbound, verdict, position, more });
        // What waits for the end of the run must not keep from it the answer that it waits for.
        const next = answerBehind(run, waiting);
        if (next > 0) {
          await inbox.bringForward(waiting.slice(0, next + 1));
          return moment.now;
        }
        if (waiting.every((one) => one.inbound.kind !== 'message') && waiting.length === MOST_WAITING) {
          return this.#inbound(play, { run, inbound, verdict: { drop: 'too much waits for its end' }, position, more });
        }
      }
    }
    if (run?.wakesAt !== null && run?.wakesAt !== undefined && run.wakesAt <= moment.now) {
      if (run.state.wait?.for === 'http') return this.#requests.ask(tx, lane.key, moment.now);
      return this.#settle(play, { run, taken: during(section, () => takeTimer(catalog, facts, run, moment)), cause: 'timer' });
    }
    return soonest(due, run?.wakesAt ?? null);
  }

  /** A turn that fails whenever it is taken costs the chat its run, or else the message, and nothing that comes after it. */
  async #passOver(play: Play, run: Run | undefined): Promise<Due> {
    const { inbox, facts, chat } = play;
    const message = 'The hub failed at this turn, several times; its log says at what.';
    if (run) return this.#settle(play, { run, taken: failedRun(run, facts, { code: 'turn-failed', message }), cause: 'failure' });
    const [head, ...more] = await inbox.waiting(facts.position, 2);
    if (!head) return null;
    this.#runtime.log.error('A message was passed over by flows', { session: chat.sessionId, message: head.inbound.messageId });
    await inbox.take(head.position);
    const passed = [...facts.passed, ...passedOver(head.inbound, message)];
    await inbox.save(facts, { position: head.position, messageId: head.inbound.messageId, passed });
    return this.#next(play, null, more.length > 0);
  }

  /** What is kept under the other name of a chat, and what is kept under this one, becomes one. */
  async #meet({ tx, chat }: Play, alias: ChatId): Promise<void> {
    const ended = await this.#moves.meet(tx, chat, alias);
    if (ended.length === 0) return;
    const session = await this.#ports.sessions.ref(chat.tenantId, chat.sessionId);
    await this.#ports.ledger.append(
      tx,
      ended.map((run) => announce('flow.ended', session, run, { reason: 'replaced' })),
    );
  }

  /** With the first turn of a chat comes what flows keep of it under another name; not into one that it has left, where nothing is. */
  async #standing(tx: Tx, chat: Chat, inbox: ChatInbox): Promise<Standing> {
    const standing = await inbox.standing();
    if (standing.facts.known) return standing;
    const isLeft = standing.handoff === null && (await inbox.waiting(0, 1)).length === 0;
    return !isLeft && (await this.#moves.adopt(tx, chat)) ? inbox.standing() : standing;
  }

  async #inbound(
    play: Play,
    {
      run,
      inbound,
      verdict,
      position,
      more,
    }: { run: Run | undefined; inbound: TurnInput; verdict: Exclude<Verdict, { leave: true }>; position: number; more: boolean },
  ): Promise<Due> {
    await play.inbox.take(position);
    if ('taken' in verdict) return this.#settle(play, { run, taken: verdict.taken, cause: inbound.kind, inbound, position, more });
    const why = run && `the flow "${run.flow}" was under way (${run.id}): ${verdict.drop}`;
    const passed = [...play.facts.passed, ...(why ? passedOver(inbound, why) : [])];
    await play.inbox.save(play.facts, { position, messageId: inbound.messageId, passed });
    await this.#refuse(play, [inbound], why ?? verdict.drop);
    return this.#next(play, run ?? null, more);
  }

  /** Whoever asked for a flow is told why it does not start. */
  async #refuse({ tx, chat }: Play, inbounds: readonly TurnInput[], reason: string): Promise<void> {
    const { tenantId, sessionId, id } = chat;
    const drafts = inbounds.flatMap(({ request, sessionName }) =>
      request ? [refused({ id: sessionId, name: sessionName, tenantId }, id, request, reason)] : [],
    );
    if (drafts.length > 0) await this.#ports.ledger.append(tx, drafts);
  }

  /** Writes what a turn has made of the chat. Locks in the order of every sender: the lanes of the outbox, then the ledger. */
  async #settle(play: Play, turn: Turn): Promise<Due> {
    const { tx, flows, chat, inbox, facts, given } = play;
    const now = this.#runtime.clock.now();
    const sessionName = turn.taken.run.state.last?.sessionName ?? (await this.#ports.sessions.ref(chat.tenantId, chat.sessionId)).name;
    const session: SessionRef = { id: chat.sessionId, name: sessionName, tenantId: chat.tenantId };
    const made = record({ ...turn, chat, refused: given.refused, now });
    if (made.replaced) await flows.saveRun(made.replaced);
    const done = await this.#effects.carryOut(tx, session, made, given.prepared);
    made.traced.sent.push(...done.sent);
    await flows.saveRun(made.run, done.sent.length);
    const messageId = turn.inbound?.messageId ?? null;
    await inbox.save(made.facts, { position: turn.position ?? facts.position, messageId, passed: facts.passed });
    await this.#ports.ledger.append(tx, [...done.events, ...made.events(session), ...(await this.#optedOut(play, session, made, now))]);
    if (done.handoff) {
      await new ChatHandoff(tx.sql, chat).begin(done.handoff);
      await this.#ports.ledger.append(tx, [handedOff(session, chat.id, done.handoff)]);
    }
    tx.afterCommit(() => {
      this.#ports.meter?.turn(made.run.status);
      const { id, flow, error } = made.run;
      if (made.run.status !== 'failed' || !error) return;
      const { code, message } = error;
      this.#runtime.log.warn(`A run of the flow "${flow}" failed: ${message}`, {
        session: session.id,
        run: id,
        error: code,
      });
    });
    const more = turn.more ?? (await inbox.waiting(facts.position, 1)).length > 0;
    return this.#next(play, made.run.status === 'waiting' ? made.run : null, more);
  }

  /** What a turn says of whether its contact is to be written to. */
  async #optedOut(
    { tx, chat, facts }: Play,
    session: SessionRef,
    { facts: after, run }: Recorded,
    now: Milliseconds,
  ): Promise<EventDraft[]> {
    if (facts.optedOut === after.optedOut) return [];
    const names = await this.#names(chat.tenantId, chat.id);
    return [await change(tx, session, { chat: chat.id, names, out: after.optedOut, by: 'flow', flow: run.flow, now })];
  }

  /** `more`: whether more waits in the inbox. Whoever notes more from now on waits for this transaction, and wakes the lane. */
  #next({ tx, lane, catalog }: Play, run: Run | null, more: boolean): Due {
    const now = this.#runtime.clock.now();
    if (run?.state.wait?.for === 'http' && (run.wakesAt ?? now) <= now) return this.#requests.ask(tx, lane.key, now);
    const queued = run !== null && run.state.wait?.for !== 'answer' && modeOf(catalog, run).mode === 'queue';
    return more && !queued ? now : (run?.wakesAt ?? null);
  }

  /**
   * What a person answers is no turn of a flow, unless a flow starts by it: that gives the chat back. The end of the pause is a
   * turn of its own.
   */
  async #pause(play: Play, run: Run | undefined, handoff: Handoff, moment: Moment): Promise<Due> {
    const { until, by } = handoff;
    const { catalog, facts, inbox } = play;
    const { now } = moment;
    if (until !== null && until <= now) {
      await this.#giveBack(play, 'time', now);
      return now;
    }
    const waiting = await inbox.waiting(facts.position, MOST_WAITING);
    for (const { inbound, position } of waiting.filter((one) => isFromPhone(one.inbound))) {
      const verdict = during({ tenantId: play.chat.tenantId, what: 'flows.turn' }, () => takeInbound(catalog, facts, run, inbound, moment));
      if (!('taken' in verdict)) continue;
      await this.#giveBack(play, 'flow', now);
      const more = position !== waiting.at(-1)?.position || waiting.length === MOST_WAITING;
      return this.#inbound(play, { run, inbound, verdict, position, more });
    }
    const last = waiting.at(-1);
    if (!last) return until;
    await inbox.take(last.position);
    const passed = waiting.flatMap(({ inbound }) => passedOver(inbound, `the chat was in the hands of a person (by ${by})`));
    const messageId = waiting[0]?.inbound.messageId ?? null;
    await inbox.save(facts, { position: last.position, messageId, passed: [...facts.passed, ...passed] });
    await this.#refuse(
      play,
      waiting.map(({ inbound }) => inbound),
      inHands(handoff),
    );
    return waiting.length === MOST_WAITING ? now : until;
  }

  async #giveBack({ tx, chat }: Play, by: 'time' | 'flow', now: Milliseconds): Promise<void> {
    await new ChatHandoff(tx.sql, chat).end(now);
    const session = await this.#ports.sessions.ref(chat.tenantId, chat.sessionId);
    await this.#ports.ledger.append(tx, [resumed(session, chat.id, by)]);
  }
}

/** What explains later that no flow was asked about a message. */
function passedOver({ kind, messageId, joined = [] }: TurnInput, why: string): KeptFacts['passed'] {
  return kind === 'message' && messageId !== null ? [...joined, messageId].map((id) => [id, why]) : [];
}

/** The message that went wrong is what a flow said to another that did. */
async function isOwnMishap(flows: FlowTransactor, { sessionId, id }: Chat, { event, messageId }: TurnInput): Promise<boolean> {
  if (!isFailureEvent(event?.type)) return false;
  const runs = await flows.runsIn(sessionId, [id]);
  return runs.some(
    ({ state, trace }) => isFailureEvent(state.event?.type) && trace.some(({ sent }) => sent.some((one) => one.messageId === messageId)),
  );
}

interface Play {
  tx: Tx;
  lane: Lane;
  flows: FlowTransactor;
  catalog: Catalog;
  chat: Chat;
  inbox: ChatInbox;
  facts: KeptFacts;
  given: Given;
}

const NO_VOICES: Voices = { read: async () => ({ error: 'There are no files here' }) };

function soonest(a: Milliseconds | null, b: Milliseconds | null): Milliseconds | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}
