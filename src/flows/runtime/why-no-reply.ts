import { HooklineError } from '../../core/errors.ts';
import type { MessageId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import type { ChatId, MessageView } from '../../core/message.ts';
import type { Logger, Milliseconds } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Database } from '../../db/open.ts';
import { type Matched, matchAside, matchesIn, NotMatched, patternsAt } from '../aside/matching.ts';
import type { FlowLibrary } from '../catalogue/library.ts';
import { type FlowReader, type FlowStore, flowStore } from '../catalogue/store.ts';
import { type RunView, runView } from '../catalogue/view.ts';
import type { Chat } from '../chat.ts';
import { ANYTIME } from '../language/schema.ts';
import type { Addresses, Messages } from '../ports.ts';
import type { Catalog } from '../program/catalog.ts';
import { joinBurst } from '../turn/burst.ts';
import { type Candidate, type ChatFacts, candidates } from '../turn/candidates.ts';
import { wordFor } from '../turn/chat-turn.ts';
import type { Run, TracedTurn } from '../turn/run.ts';
import { saidBy, type TurnInput } from '../understanding/inbound.ts';
import type { Hit } from '../understanding/match.ts';
import { ChatNames } from './chat-renames-store.ts';
import { ChatHandoff } from './handoff-store.ts';
import { ChatInbox, type KeptFacts } from './inbox-store.ts';
import { OptOutStore } from './opt-out-store.ts';

/** Why each flow did or did not answer a message. */
export interface Explanation {
  message: { id: string; text: string | null; type: string };
  /** The run that took it, with the turn; null when none did. */
  run: Pick<RunView, 'id' | 'flow' | 'revision' | 'status' | 'error'> | null;
  turn: RunView['trace'][number] | null;
  /** How each of today's flows stood to it then. Tags and what is remembered are taken as they are now. */
  flows: { flow: string; revision: number; starts: boolean; reason: string }[];
  /** What stands before all flows. */
  notes: string[];
}

/** The run that took the message. */
interface Taken {
  run: Run;
  turn: TracedTurn;
}

/** WhatsApp's clock and the hub's are not the same, and the former counts seconds. */
const LAG: Milliseconds = 5_000;

export class WhyNoReply {
  readonly #db: Database;
  readonly #store: FlowStore;
  readonly #library: FlowLibrary;
  readonly #messages: Pick<Messages, 'get'>;
  readonly #addresses: Pick<Addresses, 'names'>;
  readonly #log: Pick<Logger, 'warn'>;

  constructor(
    db: Database,
    {
      messages,
      library,
      addresses,
      log,
    }: { messages: Pick<Messages, 'get'>; library: FlowLibrary; addresses: Pick<Addresses, 'names'>; log: Pick<Logger, 'warn'> },
  ) {
    this.#addresses = addresses;
    this.#library = library;
    this.#log = log;
    this.#db = db;
    this.#store = flowStore(db);
    this.#messages = messages;
  }

  /** `names`: all of the chat. Throws `not-found` where the chat of the session has no such message. */
  async explain(session: SessionRef, names: readonly ChatId[], messageId: string): Promise<Explanation> {
    const message = await this.#messages.get(session.tenantId, messageId as MessageId);
    const chatId = message.chat.id;
    if (message.sessionId !== session.id || !names.includes(chatId)) {
      throw new HooklineError(
        'not-found',
        `There is no message ${messageId} in this chat. GET /api/sessions/{id}/messages?chat=… lists them.`,
      );
    }
    const of = { tenantId: session.tenantId, sessionId: session.id, id: chatId };
    const chat = await new ChatNames(this.#db.sql, of).home(names);
    return this.#store.read(session.tenantId, async (flows) => {
      const runs = await flows.runsIn(session.id, names);
      const taken = takenBy(runs, messageId);
      const facts = await new ChatInbox(this.#db, chat, (tenant, id) => this.#addresses.names(tenant, id)).facts();
      const { views, late } = await this.#flows(flows, session, message, facts, taken);
      const { id, flow, revision, status, error, trace } = taken ? runView({ ...taken.run, trace: [taken.turn] }) : { trace: [] };
      return {
        message: { id: message.id, text: message.text ?? message.caption ?? null, type: message.type },
        run: id && flow && revision !== undefined && status ? { id, flow, revision, status, error: error ?? null } : null,
        turn: trace[0] ?? null,
        flows: views,
        notes: [...(await this.#notes(chat, message, facts, taken ? undefined : runs)), ...late],
      };
    });
  }

  async #flows(
    flows: FlowReader,
    session: SessionRef,
    message: MessageView,
    facts: KeptFacts,
    taken: Taken | undefined,
  ): Promise<{ views: Explanation['flows']; late: string[] }> {
    const catalog = await this.#library.catalog(flows);
    const at = taken?.turn.at ?? Date.parse(message.timestamp);
    const started = taken?.turn.cause === 'start' ? taken.run.flow : undefined;
    const inbound = await this.#inbound(session, message, taken);
    const before = asOf(facts, { messageId: inbound.messageId, at, started });
    const { found, late } = await this.#candidates(session, catalog, { chat: before, inbound, at });
    const word = wordFor(catalog, inbound, {});
    const first = word ? ANYTIME : found.find(({ refused }) => refused === null)?.published.program.flow.flow;
    const newer = new Set((await flows.flows()).filter(({ updatedAt }) => updatedAt > at).map(({ name }) => name));
    const goesBy = message.direction === 'outbound' || facts.passed.some(([id]) => id === message.id);
    const views = catalog.flows.map((published) => {
      const { flow } = published.program.flow;
      const { hit, refused = null } =
        published === word?.published ? { hit: word.hit } : (found.find((one) => one.published === published) ?? {});
      const base = { flow, revision: published.revision };
      if (flow === started) return { ...base, starts: true, reason: beginning(taken, newer.has(flow) ? null : hit) };
      const reason = hit
        ? reasonOf(hit, otherwise(flow, { started, taken, refused, first }))
        : 'none of its ways to start fits the message';
      if (newer.has(flow)) return { ...base, starts: false, reason: `${reason} (its text is newer than the message)` };
      return { ...base, starts: !taken && !goesBy && flow === first, reason };
    });
    return { views, late: late.map((pattern) => `The regular expression "${pattern}" took too long: it counts as not matching.`) };
  }

  /** As a turn finds them, and the patterns whose time ran out. */
  async #candidates(
    { tenantId }: SessionRef,
    catalog: Catalog,
    { chat, inbound, at }: { chat: ChatFacts; inbound: TurnInput; at: Milliseconds },
  ): Promise<{ found: Candidate[]; late: readonly string[] }> {
    const matched: Matched = new Map();
    try {
      return { found: candidates(catalog, chat, inbound, { now: at, matches: matchesIn(matched) }), late: [] };
    } catch (asked) {
      if (!(asked instanceof NotMatched)) throw asked;
      const patterns = patternsAt(catalog, undefined);
      const { says, late } = await matchAside(this.#library.aside, { tenantId, patterns, asked }, this.#log);
      matched.set(asked.folded, says);
      return { found: candidates(catalog, chat, inbound, { now: at, matches: matchesIn(matched) }), late };
    }
  }

  /** As it was taken: of a burst, all of it. */
  async #inbound({ tenantId, name }: SessionRef, message: MessageView, taken: Taken | undefined): Promise<TurnInput> {
    const of = (one: MessageView): TurnInput => ({
      ...{ kind: 'message', eventId: '', messageId: one.id, at: 0, sessionName: name, said: saidBy(one) },
    });
    const { joined: before, messageId } = taken?.turn ?? {};
    if (!before || !messageId) return of(message);
    const burst = await Promise.all([...before, messageId].map((id) => this.#messages.get(tenantId, id as MessageId)));
    return joinBurst(burst.map(of));
  }

  /** `runs`: of the chat, where none of them took the message. */
  async #notes(chat: Chat, message: MessageView, { passed }: KeptFacts, runs: readonly Run[] | undefined): Promise<string[]> {
    const notes: string[] = [];
    const at = Date.parse(message.timestamp);
    if (message.direction === 'outbound')
      notes.push('It is the account’s own message: those start only what asks for the event message.fromphone.');
    const why = passed.find(([id]) => id === message.id)?.[1];
    if (why !== undefined) return [...notes, `No flow was asked about it: ${why}.`];
    const optedOut = await new OptOutStore(this.#db.sql, chat.tenantId).find(await this.#addresses.names(chat.tenantId, chat.id));
    if (optedOut) notes.push(`The contact has opted out of what flows write, on ${iso(optedOut.since)} (by ${optedOut.by}).`);
    if (!runs) return notes;
    const waiting = runs.find(({ status, startedAt }) => status === 'waiting' && startedAt <= at + LAG);
    if (waiting) notes.push(`The flow "${waiting.flow}" is under way in this chat (${waiting.id}): it takes what is said.`);
    const handoff = await new ChatHandoff(this.#db.sql, chat).current();
    if (handoff && handoff.since <= at + LAG) {
      const until = handoff.until === null ? 'until somebody resumes' : `until ${iso(handoff.until)}`;
      notes.push(`The chat is in the hands of a person (by ${handoff.by}) ${until}: flows leave it alone.`);
    }
    return notes;
  }
}

function takenBy(runs: readonly Run[], messageId: string): Taken | undefined {
  for (const run of runs) {
    const turn = run.trace.find((one) => one.messageId === messageId || one.joined?.includes(messageId));
    if (turn) return { run, turn };
  }
  return undefined;
}

/** The chat as it was before the message was taken, as far as it is known. */
function asOf(
  facts: KeptFacts,
  { messageId, at, started }: { messageId: string | null; at: Milliseconds; started: string | undefined },
): KeptFacts {
  const before = Object.entries(facts.starts).filter(([flow, time]) => flow !== started && time <= at + LAG);
  return { ...facts, known: facts.known && facts.firstMessage !== messageId, starts: Object.fromEntries(before) };
}

/** Why a flow did start. `hit`: by its text of today, if that is the one. */
function beginning(taken: Taken | undefined, hit: Hit | null | undefined): string {
  if (hit) return reasonOf(hit, null);
  const event = taken?.run.state.event?.type;
  return event === undefined ? 'it started, by a text that has changed since' : `event "${event}" fits`;
}

function reasonOf({ way, by }: Hit, but: string | null): string {
  const fits = `${way}${by ? ` "${by}"` : ''} fits`;
  return but === null ? fits : `${fits}, but ${but}`;
}

/** Why a flow that fits did not start. */
function otherwise(
  flow: string,
  {
    started,
    taken,
    refused,
    first,
  }: { started: string | undefined; taken: Taken | undefined; refused: string | null; first: string | undefined },
): string | null {
  if (taken && started === undefined) return 'the run that was under way took the message';
  if (refused !== null) return refused;
  if (started !== undefined) return `"${started}" fits better`;
  return flow === first ? null : `"${first}" fits better`;
}
