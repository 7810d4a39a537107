import { HooklineError } from '../core/errors.ts';
import type { MessageId } from '../core/ids.ts';
import type { ChatId, MessageView } from '../core/message.ts';
import type { Runtime } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Database } from '../db/open.ts';
import { candidates } from './candidates.ts';
import { ChatHandoff } from './handoff-store.ts';
import { type Chat, ChatInbox } from './inbox-store.ts';
import type { FlowLibrary } from './library.ts';
import type { Messages } from './ports.ts';
import { type Inbound, saidBy } from './said.ts';
import { type FlowReader, type FlowStore, flowStore, type Run } from './store.ts';
import { type RunView, runView } from './view.ts';

/** Why each flow did or did not answer a message. */
export interface Explanation {
  message: { id: string; text: string | null; type: string };
  /** The run that took it, with the turn; null when none did. */
  run: Pick<RunView, 'id' | 'flow' | 'revision' | 'status' | 'error'> | null;
  turn: RunView['trace'][number] | null;
  /** What would become of it now, if it came again. */
  flows: { flow: string; revision: number; starts: boolean; reason: string }[];
  /** What stands before all flows. */
  notes: string[];
}

export class Explanations {
  readonly #db: Database;
  readonly #store: FlowStore;
  readonly #library: FlowLibrary;
  readonly #messages: Messages;
  readonly #runtime: Pick<Runtime, 'clock'>;

  constructor(db: Database, { messages, library }: { messages: Messages; library: FlowLibrary }, runtime: Pick<Runtime, 'clock'>) {
    this.#library = library;
    this.#db = db;
    this.#store = flowStore(db);
    this.#messages = messages;
    this.#runtime = runtime;
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
    const chat: Chat = { tenantId: session.tenantId, sessionId: session.id, id: chatId };
    return this.#store.read(session.tenantId, async (flows) => {
      const runs = await flows.runsIn(session.id, chatId);
      const run = runs.find(({ trace }) => trace.some((turn) => turn.messageId === messageId));
      const others = runs.filter(({ id }) => id !== run?.id);
      const shown = run && runView(run);
      const { id, flow, revision, status, error } = shown ?? {};
      return {
        message: { id: message.id, text: message.text ?? message.caption ?? null, type: message.type },
        run:
          id !== undefined && flow !== undefined && revision !== undefined && status
            ? { id, flow, revision, status, error: error ?? null }
            : null,
        turn: shown?.trace.find((turn) => turn.messageId === messageId) ?? null,
        flows: await this.#flows(flows, chat, message),
        notes: await this.#notes(chat, message, run ? others : runs),
      };
    });
  }

  async #flows(flows: FlowReader, chat: Chat, message: MessageView): Promise<Explanation['flows']> {
    const catalog = await this.#library.catalog(flows);
    const facts = await new ChatInbox({ sql: this.#db.sql, dialect: this.#db.dialect, afterCommit: () => undefined }, chat).facts();
    const inbound: Inbound = { kind: 'message', eventId: '', messageId: message.id, at: 0, sessionName: '', said: saidBy(message) };
    const found = candidates(catalog, facts, inbound, this.#runtime.clock.now());
    const first = found.find(({ refused }) => refused === null);
    return catalog.flows.map((published) => {
      const { flow } = published.program.flow;
      const candidate = found.find((one) => one.published === published);
      const { hit, refused = null } = candidate ?? {};
      const by = hit ? `${hit.way}${hit.by ? ` "${hit.by}"` : ''}` : '';
      const reason =
        candidate === undefined
          ? 'none of its ways to start fits the message'
          : refused !== null
            ? `${by} fits, but ${refused}`
            : candidate === first
              ? `${by} fits`
              : `${by} fits, but "${first?.published.program.flow.flow}" fits better`;
      return { flow, revision: published.revision, starts: candidate !== undefined && candidate === first, reason };
    });
  }

  async #notes(chat: Chat, message: MessageView, runs: readonly Run[]): Promise<string[]> {
    const notes: string[] = [];
    const at = Date.parse(message.timestamp);
    if (message.direction === 'outbound')
      notes.push('It is the account’s own message: those start only what asks for the event message.fromphone.');
    const waiting = runs.find(({ status, startedAt }) => status === 'waiting' && startedAt <= at + 1_000);
    if (waiting) notes.push(`The flow "${waiting.flow}" is under way in this chat (${waiting.id}): it takes what is said.`);
    const handoff = await new ChatHandoff(this.#db.sql, chat).current();
    if (handoff) {
      const until = handoff.until === null ? 'until somebody resumes' : `until ${new Date(handoff.until).toISOString()}`;
      notes.push(`The chat is in the hands of a person (by ${handoff.by}) ${until}: flows leave it alone.`);
    }
    return notes;
  }
}
