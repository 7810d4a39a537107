/** What flows say, as a person may say it in a chat. */
import { type ChatId, chatKind } from '../../core/message.ts';
import type { Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Database } from '../../db/open.ts';
import type { FlowLibrary } from '../catalogue/library.ts';
import { type FlowStore, flowStore } from '../catalogue/store.ts';
import type { Step } from '../language/schema.ts';
import type { Page, PageAsked } from '../page.ts';
import type { Addresses, Messages } from '../ports.ts';
import type { Catalog } from '../program/catalog.ts';
import type { Position, Program } from '../program/program.ts';
import { fillKnown } from '../text/templates.ts';
import { fold } from '../text/words.ts';
import { scopeOf } from '../turn/interpret/scope.ts';
import { FIRST_STATE } from '../turn/state.ts';
import { nothingSaidIn, saidBy } from '../understanding/inbound.ts';
import { ChatNames } from './chat-renames-store.ts';
import { ChatInbox } from './inbox-store.ts';

/** A text of a flow, filled in for a chat. */
export interface ChatText {
  flow: string;
  /** Where it stands in the flow. */
  step: Position;
  text: string;
  /** What is not known in this chat and stands in `text` as it is written, such as `{{ day }}`. */
  open: string[];
}

interface Written extends Pick<ChatText, 'flow' | 'step'> {
  program: Program;
  template: string;
  /** Its place among all of them, from 1. */
  nth: number;
}

/** Characters that are looked through for one page. */
const MOST_SEARCHED = 256 * 1_024;

/** What is known in a chat whatever a run has asked. */
const KNOWN = new Set(['contact', 'session', 'chat', 'tags', 'now', 'today', 'hours']);

export class ChatTexts {
  readonly #db: Database;
  readonly #store: FlowStore;
  readonly #library: FlowLibrary;
  readonly #messages: Pick<Messages, 'lastOfContact'>;
  readonly #addresses: Pick<Addresses, 'names'>;
  readonly #clock: Runtime['clock'];

  constructor(
    db: Database,
    {
      messages,
      library,
      addresses,
      clock,
    }: { messages: Pick<Messages, 'lastOfContact'>; library: FlowLibrary; addresses: Pick<Addresses, 'names'>; clock: Runtime['clock'] },
  ) {
    this.#db = db;
    this.#store = flowStore(db);
    this.#library = library;
    this.#messages = messages;
    this.#addresses = addresses;
    this.#clock = clock;
  }

  /**
   * By flow, in the order in which they are written; `names`: all of the chat. `search`: a piece of a text or of a flow's name, of
   * which a page may hold few or none and yet lead on.
   */
  async list(
    session: SessionRef,
    names: readonly ChatId[],
    { limit, cursor, search = '' }: PageAsked & { search?: string | undefined },
  ): Promise<Page<ChatText>> {
    const { tenantId, id: sessionId, name } = session;
    const [chatId = '' as ChatId] = names;
    const home = await new ChatNames(this.#db.sql, { tenantId, sessionId, id: chatId }).home(names);
    const inbox = new ChatInbox(this.#db, home, (tenant, one) => this.#addresses.names(tenant, one));
    const { run, facts } = await inbox.standing();
    // Of a group no one is the contact.
    const last = chatKind(chatId) === 'private' ? await this.#messages.lastOfContact(session, names) : null;
    const said = last ? saidBy(last) : nothingSaidIn(chatId);
    const catalog = await this.#store.read(tenantId, (flows) => this.#library.catalog(flows));
    const { found, next } = textsOf(catalog, { search, limit, after: Number(cursor ?? 0) });
    const filled = found.map(({ program, template, ...where }) => {
      const answers = run?.flow === where.flow ? run.state.answers : {};
      const state = { ...FIRST_STATE, answers, last: { messageId: null, sessionName: name, said } };
      const scope = scopeOf(program, state, { now: this.#clock.now(), chat: facts });
      return {
        flow: where.flow,
        step: where.step,
        ...fillKnown(template, scope, (root) => KNOWN.has(root) || Object.hasOwn(answers, root)),
      };
    });
    return { data: filled, nextCursor: next };
  }
}

function textsOf(
  catalog: Catalog,
  { search, limit, after }: { search: string; limit: number; after: number },
): { found: Written[]; next: string | null } {
  const wanted = fold(search.trim());
  const found: Written[] = [];
  let looked = 0;
  for (const one of written(catalog)) {
    if (one.nth <= after) continue;
    if (found.length === limit || looked > MOST_SEARCHED) return { found, next: String(one.nth - 1) };
    looked += one.template.length;
    if (fold(one.flow).includes(wanted) || fold(one.template).includes(wanted)) found.push(one);
  }
  return { found, next: null };
}

/** Each text once, however often the flow says it. */
function* written(catalog: Catalog): Iterable<Written> {
  let nth = 0;
  const flows = [...catalog.flows].sort((a, b) => (a.program.flow.flow < b.program.flow.flow ? -1 : 1));
  for (const { program } of flows) {
    const seen = new Set<string>();
    for (const [step, placed] of program.steps) {
      for (const template of saidIn(placed.step)) {
        if (seen.has(template) || template.trim() === '') continue;
        seen.add(template);
        yield { flow: program.flow.flow, step, program, template, nth: ++nth };
      }
    }
  }
}

/** What it tells or asks; what stands in a menu is nothing without its options. */
function saidIn(step: Step): readonly string[] {
  if (typeof step === 'string') return [];
  const wording = 'say' in step ? step.say : 'ask' in step ? step.ask : undefined;
  if (typeof wording === 'string') return [wording];
  if (wording === undefined) return [];
  if ('one_of' in wording && wording.one_of) return wording.one_of;
  return 'text' in wording && typeof wording.text === 'string' ? [wording.text] : [];
}
