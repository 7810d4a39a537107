import { HooklineError } from '../core/errors.ts';
import type { EventDraft, LedgerEvent } from '../core/events.ts';
import { newId } from '../core/ids.ts';
import { chatKind, type MessageView } from '../core/message.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Database, Tx } from '../db/open.ts';
import { resumed } from './handoff.ts';
import { ChatHandoff, type Handoff } from './handoff-store.ts';
import { type Arrival, type Chat, ChatInbox, type Inbound, SystemFlowStore } from './inbox-store.ts';
import { type Effect, FIRST_STATE, interpret, type Turn } from './interpret.ts';
import { chatOf, laneOf, lanesOf } from './lane.ts';
import { FlowLibrary } from './library.ts';
import { chooseFlow } from './match.ts';
import type { Lane, Lanes, Ledger, Outbox, Sessions } from './ports.ts';
import { type FlowStore, type FlowTransactor, flowStore, type Run, type TracedTurn } from './store.ts';

/** Chats answered at once; a turn is nothing but its transaction. */
const CONCURRENCY = 8;
/** Turns that a run's trace goes back. */
const TRACED_TURNS = 100;

/** The run of a turn, and the phrase that began it when it is the first one. */
interface Taken {
  run: Run;
  phrase?: string;
}

/**
 * From inbound messages to replies. Each inbound message of a private chat is put in the chat's queue in the transaction
 * that moves the follower's cursor; each is then given one turn, and a turn is one transaction: the message leaves the
 * queue, the run moves on, its replies are in the outbox and its events in the ledger, or nothing of it has happened.
 */
export class FlowRuntime {
  readonly #store: FlowStore;
  readonly #arrivals = new SystemFlowStore();
  readonly #library = new FlowLibrary();
  readonly #ledger: Ledger;
  readonly #lanes: Lanes;
  readonly #outbox: Outbox;
  readonly #sessions: Sessions;
  readonly #runtime: Runtime;

  constructor(db: Database, ports: { ledger: Ledger; lanes: Lanes; outbox: Outbox; sessions: Sessions }, runtime: Runtime) {
    this.#store = flowStore(db);
    this.#ledger = ports.ledger;
    this.#lanes = ports.lanes;
    this.#outbox = ports.outbox;
    this.#sessions = ports.sessions;
    this.#runtime = runtime;
    this.#lanes.register('flow', { concurrency: CONCURRENCY, pump: (lane) => this.#pump(lane) });
    this.#ledger.follow('flows', (tx, events) => this.#react(tx, events), ['message.received']);
  }

  /** For the transaction that removes a session: its rows go with it, its lanes must be told. */
  async onDestroy(tx: Tx, session: SessionRef): Promise<void> {
    await this.#lanes.retire(tx, lanesOf(session.id));
  }

  async #react(tx: Tx, events: readonly LedgerEvent[]): Promise<void> {
    const arrivals = await this.#arrivals.arrive(tx, events.flatMap(arrivalOf));
    const dueAt = this.#runtime.clock.now();
    await this.#lanes.schedule(
      tx,
      arrivals.map(({ chat }) => ({ kind: 'flow', key: laneOf(chat), tenantId: chat.tenantId, dueAt })),
    );
  }

  async #pump(lane: Lane): Promise<void> {
    try {
      await lane.commit((tx) => this.#turn(tx, lane));
    } catch (error) {
      // A reply that is refused for good would hold up the chat for ever: the run fails instead. All else is tried again.
      if (!(error instanceof HooklineError) || error.status >= 500) throw error;
      await lane.commit((tx) => this.#turn(tx, lane, { code: error.code, message: error.message }));
    }
  }

  /** `refused`: why this turn, tried before, cannot be taken. Answers when the lane is due again. */
  async #turn(tx: Tx, lane: Lane, refused?: { code: string; message: string }): Promise<Milliseconds | null> {
    const chat = chatOf(lane);
    const inbox = new ChatInbox(tx, chat);
    const handoff = await new ChatHandoff(tx.sql, chat).current();
    if (handoff) return this.#pause(tx, chat, inbox, handoff);
    const inbound = await inbox.take();
    if (!inbound) return null;
    const flows = this.#store.within(tx, chat.tenantId);
    const waiting = await flows.waitingRun(chat.sessionId, chat.id);
    const taken = waiting ? { run: waiting } : await this.#begin(flows, chat, inbound);
    if (taken) await this.#take(tx, flows, taken, inbound, refused);
    return (await inbox.waits()) ? this.#runtime.clock.now() : null;
  }

  /** What a person answers is no turn of a flow. The end of the pause is a turn of its own. */
  async #pause(tx: Tx, chat: Chat, inbox: ChatInbox, { until }: Handoff): Promise<Milliseconds | null> {
    const now = this.#runtime.clock.now();
    if (until !== null && until <= now) {
      await new ChatHandoff(tx.sql, chat).end();
      const session = await this.#sessions.ref(chat.tenantId, chat.sessionId);
      await this.#ledger.append(tx, [resumed(session, chat.id, 'time')]);
      return now;
    }
    await inbox.take();
    return (await inbox.waits()) ? now : until;
  }

  async #begin(flows: FlowTransactor, chat: Chat, { text }: Inbound): Promise<Taken | undefined> {
    const chosen = text === null ? undefined : chooseFlow(await this.#library.current(flows), text);
    if (!chosen) return undefined;
    const now = this.#runtime.clock.now();
    const run: Run = {
      id: newId('run', now),
      sessionId: chat.sessionId,
      chatId: chat.id,
      flow: chosen.flow.program.flow.flow,
      revision: chosen.flow.revision,
      status: 'waiting',
      state: FIRST_STATE,
      trace: [],
      error: null,
      startedAt: now,
      updatedAt: now,
    };
    return { run, phrase: chosen.phrase.text };
  }

  /** Locks in the order of every sender: the lanes of the outbox, then the ledger. So the run's own events come last. */
  async #take(
    tx: Tx,
    flows: FlowTransactor,
    { run, phrase }: Taken,
    inbound: Inbound,
    refused?: { code: string; message: string },
  ): Promise<void> {
    const session: SessionRef = { id: run.sessionId, name: inbound.sessionName, tenantId: flows.tenantId };
    const turn = await this.#play(flows, run, inbound);
    const error = refused ?? (turn.outcome === 'failed' ? turn.error : null);
    const effects = error || turn.outcome === 'failed' ? [] : turn.effects;
    const sent = await this.#say(tx, session, run, inbound, effects);
    const now = this.#runtime.clock.now();
    const traced: TracedTurn = { at: now, eventId: inbound.eventId, messageId: inbound.messageId, steps: turn.steps, sent };
    const after: Run = {
      ...run,
      status: error ? 'failed' : turn.outcome,
      state: turn.state,
      trace: [...run.trace, traced].slice(-TRACED_TURNS),
      error,
      updatedAt: now,
    };
    await flows.saveRun(after);
    await this.#ledger.append(tx, [
      ...(phrase === undefined ? [] : [announce('flow.started', session, after, { messageId: inbound.messageId, phrase })]),
      ...(after.status === 'ended' ? [announce('flow.ended', session, after)] : []),
      ...(after.status === 'failed' ? [announce('flow.failed', session, after, { error })] : []),
    ]);
  }

  async #play(flows: FlowTransactor, run: Run, { text, contact, sessionName }: Inbound): Promise<Turn> {
    const program = await this.#library.program(flows, run.flow, run.revision);
    if (program) return interpret(program, run.state, { text, contact, session: { name: sessionName } }, this.#runtime.random);
    const message = `Revision ${run.revision} of the flow "${run.flow}" cannot be read by this version of the hub.`;
    return { outcome: 'failed', state: run.state, steps: [], error: { code: 'revision-unreadable', message } };
  }

  async #say(tx: Tx, session: SessionRef, run: Run, { eventId }: Inbound, effects: readonly Effect[]): Promise<TracedTurn['sent']> {
    const sent: TracedTurn['sent'] = [];
    for (const [index, { step, text, typing }] of effects.entries()) {
      const reply = { to: run.chatId, type: 'text' as const, text, typing, key: `${eventId}:${index}` };
      const { id } = await this.#outbox.enqueue(tx, session, reply);
      sent.push({ step, messageId: id });
    }
    return sent;
  }
}

/** Only private chats start flows, and only what others wrote: the account's own messages are `message.fromphone`. */
function arrivalOf({ id, position, tenantId, sessionId, sessionName, json }: LedgerEvent): Arrival[] {
  if (sessionId === null) return [];
  const message = JSON.parse(json) as MessageView;
  if (message.chat.kind !== 'private') return [];
  const { name = null, phone = null } = message.from ?? {};
  const text = message.text ?? message.caption ?? null;
  const inbound: Inbound = { eventId: id, messageId: message.id, sessionName: sessionName ?? '', text, contact: { name, phone } };
  return [{ position, chat: { tenantId, sessionId, id: message.chat.id }, message: inbound }];
}

function announce(type: 'flow.started' | 'flow.ended' | 'flow.failed', session: SessionRef, run: Run, more: object = {}): EventDraft {
  const { id: runId, flow, revision, chatId } = run;
  const data = { runId, flow, revision, chat: { id: chatId, kind: chatKind(chatId) }, ...more };
  return { tenantId: session.tenantId, session: { id: session.id, name: session.name }, type, data };
}
