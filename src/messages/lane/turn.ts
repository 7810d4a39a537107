import type { EventDraft } from '../../core/events.ts';
import type { MessageId } from '../../core/ids.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { Tx } from '../../db/tx.ts';
import { applyChange } from '../message/apply-change.ts';
import { announcement, attention, undelivered } from '../message/message-events.ts';
import { awaitingDelivery, move, wasTaken } from '../message/status.ts';
import type { Hold, MessageTransactor } from '../message/store.ts';
import type { StoredMessage } from '../message/stored.ts';
import type { ConfiguredSession, Ledger, SendingEngine } from '../ports.ts';
import { type Done, isTyped, needsFetching, needsPreparing } from './hand-over.ts';
import type { Head, HeadWaits } from './heads-store.ts';
import type { LaneMemory, News, Queued } from './lane-memory.ts';
import type { Refs } from './outgoing.ts';
import { type Pacing, paceAfter, pacingOf, pacingWait } from './pacing.ts';
import { ASK_AGAIN, afterCrash, afterReport, holdAfter, isReported, isWorthAWord, onTimer } from './transitions.ts';

const WAKING_AT_ONCE = 100;
/** Messages that are made ready at the same time, so that the next one is ready when its turn comes … */
const PREPARED_AT_ONCE = 8;
/** … of which so many show "typing…" in a session that takes its time: it is then one person who types. */
const TYPED_AT_ONCE_IF_PACED = 1;
/** Files that are fetched at the same time for one session. */
const FETCHED_AT_ONCE = 16;
/** So many hand-overs in a row without an answer are no matter of their chats: nothing more is handed over. */
const MOST_UNANSWERED = 3;
/** Heads are looked at so often in one transaction; those that cannot leave are put aside, each once. */
const LOOKS = 4;
/** What is made ready in less time (ms) is waited for; what takes longer lets others pass. */
export const MOMENT = 250;
/** A lane in which something is under way is looked at again after this, for if its process is gone by then. */
const LOOK_AGAIN: Milliseconds = 30_000;
/** However long the pace of the session is to hold it. */
const LONGEST_SLEEP: Milliseconds = 15 * 60_000;

/** A message that is `sending` on disk, and is to be handed over now. */
export interface Handing {
  engine: SendingEngine;
  message: StoredMessage;
  refs: Refs;
}

/** What is to be done once the transaction of a turn is on disk. */
export interface Plan {
  due: Milliseconds | null;
  hold: Hold | null;
  handing: Handing | null;
  prepare: Queued[];
  fetch: Queued[];
  ask: StoredMessage[];
  /** The heads that were looked at; null when none were. */
  window: Set<number> | null;
  /** Whether heads may wait for their files that are not among those fetched now. */
  mayFetch: boolean;
}

export interface TurnContext {
  ledger: Ledger;
  runtime: Runtime;
  engine: SendingEngine | null;
  /** As of now: it may have come to be since the turn began, and whoever follows that may have been here. */
  isConnected(): boolean;
  session: ConfiguredSession;
  /** As it is before the turn. Nothing of it is changed in here: a transaction may be run again. */
  memory: LaneMemory;
  deadline: Milliseconds;
  ackTimeout: Milliseconds | null;
  /** False: what came of things is written, and nothing new is begun. */
  more: boolean;
}

/** One transaction of a lane: writes what has come of things, and chooses what is done next. */
export class Turn {
  readonly #messages: MessageTransactor;
  readonly #context: TurnContext;
  readonly #tx: Tx;
  readonly #now: Milliseconds;
  readonly #drafts: EventDraft[] = [];
  readonly #plan: Plan;
  readonly #news: readonly News[];

  constructor(tx: Tx, messages: MessageTransactor, context: TurnContext, news: readonly News[]) {
    const { memory, runtime } = context;
    this.#tx = tx;
    this.#messages = messages;
    this.#context = context;
    this.#now = runtime.clock.now();
    this.#news = news;
    this.#plan = { due: null, hold: memory.hold, handing: null, prepare: [], fetch: [], ask: [], window: null, mayFetch: memory.mayFetch };
  }

  async run(): Promise<Plan> {
    const { memory, session, engine, more } = this.#context;
    if (!memory.isSettled) await this.#settle();
    const before = this.#plan.hold;
    for (const news of this.#news) await this.#note(news);
    this.#holdWhileSilent();
    if (this.#plan.hold !== before) await this.#messages.setHold(session.id, this.#plan.hold);
    let alarms = await this.#messages.alarms(session.id);
    if (isDue(alarms.wakesAt, this.#now)) await this.#wake();
    if (isDue(alarms.dueAt, this.#now)) await this.#messages.heads.freeDue(session.id, this.#now);
    const next = engine ? await this.#next(engine) : null;
    if (more) await this.#fetchFiles();
    await this.#context.ledger.append(this.#tx, this.#drafts);
    if (this.#plan.handing) this.#plan.due = this.#now;
    else {
      alarms = await this.#messages.alarms(session.id);
      const { prepare, fetch, ask } = this.#plan;
      const ended = this.#news.filter(({ kind }) => kind !== 'late').length;
      const underWay = memory.underWay - ended + prepare.length + fetch.length + ask.length;
      this.#plan.due = earliest(alarms.wakesAt, alarms.dueAt, next, underWay > 0 ? this.#now + LOOK_AGAIN : null);
    }
    return this.#plan;
  }

  /** Of what nobody in this process knows: it may have gone out, so it is asked about and not handed over again. */
  async #settle(): Promise<void> {
    const { memory, session } = this.#context;
    for (const message of await this.#messages.sending(session.id)) {
      if (!memory.handedOver.has(message.id)) await this.#save({ from: message, to: afterCrash(message, this.#now) });
    }
    await this.#messages.heads.freeAll(session.id, 'answer');
    this.#plan.hold = await this.#messages.hold(session.id);
  }

  async #note(news: News): Promise<void> {
    const { session, runtime } = this.#context;
    const { heads } = this.#messages;
    if (news.kind === 'fetched') {
      // Had something more urgent come meanwhile, its head would be another one, which is looked at anew.
      await heads.free(session.id, news.message.chatId, 'media');
      return;
    }
    const done = news.kind === 'answered' ? await this.#withReport(news.done) : news.done;
    const isSaved = await this.#save(await this.#withFreeId(done));
    this.#plan.hold = holdAfter(this.#plan.hold, done.to, this.#now, runtime.random);
    if (isSaved && isWorthAWord(done.to, this.#plan.hold)) {
      this.#drafts.push(attention(session, done.to));
      this.#plan.hold = { ...(this.#plan.hold ?? NOTHING), told: true };
    }
    if (news.kind === 'answered' && news.isLate) await heads.free(session.id, done.to.chatId, 'answer');
  }

  /** Where one message after the other is not answered it is not their chats that WhatsApp keeps waiting. */
  #holdWhileSilent(): void {
    const { memory, deadline } = this.#context;
    const answered = new Set(this.#news.flatMap((news) => (news.kind === 'answered' ? [news.done.to.id] : [])));
    const hanging = [...memory.handedOver].filter(([id]) => !answered.has(id));
    const { hold } = this.#plan;
    if (hanging.length >= MOST_UNANSWERED && memory.unanswered >= MOST_UNANSWERED) {
      if (hold?.waits === 'answer' && (hold.until ?? 0) > this.#now) return;
      const until = Math.max(this.#now + 1_000, Math.min(...hanging.map(([, { since }]) => since)) + deadline);
      this.#plan.hold = { ...(hold ?? NOTHING), waits: 'answer', until };
    } else if (hold?.waits === 'answer') this.#plan.hold = hold.told ? { ...hold, waits: '', until: null } : null;
  }

  /** Messages whose own time has come. */
  async #wake(): Promise<void> {
    const { memory, session, isConnected } = this.#context;
    for (const message of await this.#messages.waking(session.id, this.#now, WAKING_AT_ONCE)) {
      const to = onTimer(message, isConnected(), this.#now);
      await this.#save({ from: message, to: to ?? { ...message, wakesAt: this.#now + ASK_AGAIN } });
      if (!to && !memory.asking.has(message.id)) this.#plan.ask.push(message);
    }
  }

  /** Chooses what is handed over and what is made ready. Answers when the lane is due for the next one, null where something else wakes it. */
  async #next(engine: SendingEngine): Promise<Milliseconds | null> {
    const { session, more } = this.#context;
    const { hold } = this.#plan;
    if (hold && (hold.until ?? 0) > this.#now) return hold.until;
    const pacing = pacingOf(session.config);
    if (pacing) {
      const wait = pacingWait(pacing, { session: await this.#messages.lastPace(session.id), chat: null }, this.#now);
      // The rules of a time zone, or the clock, may have changed when it looks again.
      if (wait)
        return (await this.#messages.heads.first(session.id, '', 1)).length > 0 ? Math.min(wait.until, this.#now + LONGEST_SLEEP) : null;
    }
    if (!more) return (await this.#messages.heads.first(session.id, '', 1)).length > 0 ? this.#now : null;
    for (let look = 0; look < LOOKS; look++) {
      const aside = await this.#look(engine, pacing);
      if (aside === 0 || this.#plan.handing) return null;
    }
    return this.#now;
  }

  /** Looks at the first heads that are free. Answers how many of them were put aside. */
  async #look(engine: SendingEngine, pacing: Pacing | null): Promise<number> {
    const { memory, session } = this.#context;
    const { heads } = this.#messages;
    const first = await heads.first(session.id, '', PREPARED_AT_ONCE + 1);
    this.#plan.window = new Set([...(this.#plan.window ?? []), ...first.map(({ ordinal }) => ordinal)]);
    const isNew = ({ ordinal, chatId }: Head): boolean =>
      !memory.preparing.has(ordinal) && !memory.ready.has(ordinal) && !this.#isAwaited(chatId);
    const read = await this.#messages.queued(first.filter(isNew).map(({ ordinal }) => ordinal));
    let aside = 0;
    let isHeldUp = false;
    const putAside = async (head: Head, waits: HeadWaits, until: Milliseconds | null = null): Promise<void> => {
      await heads.hold(session.id, head, waits, until);
      aside++;
    };
    for (const head of first) {
      const { ordinal, chatId } = head;
      const message = memory.ready.get(ordinal)?.message ?? read.get(ordinal);
      if (this.#isAwaited(chatId)) await putAside(head, 'answer');
      // What is ready in a moment keeps its place before the others.
      const since = memory.preparing.get(ordinal)?.quickSince ?? null;
      if (since !== null && this.#now - since < MOMENT) isHeldUp = true;
      if (!message || this.#isAwaited(chatId) || isDue(message.expiresAt, this.#now)) continue;
      if (needsFetching(message) && !memory.fetched.has(message.id)) {
        this.#plan.mayFetch = true;
        await putAside(head, 'media');
        continue;
      }
      const free = pacing?.perChatPerMinute ? await this.#chatWait(pacing, message) : null;
      if (free !== null) {
        await putAside(head, 'chat-rate', free);
        continue;
      }
      if (memory.ready.has(ordinal) || !needsPreparing(message) || this.#knows(message)) {
        if (!this.#plan.handing && !isHeldUp) await this.#hand(engine, pacing, { ordinal, message });
      } else if (this.#mayPrepare(message, pacing)) {
        this.#plan.prepare.push({ ordinal, message });
        if (!isTyped(message.content)) isHeldUp = true;
      }
    }
    return aside;
  }

  /** Whether the message before it in the chat is handed over and not answered. */
  #isAwaited(chatId: string): boolean {
    const { memory } = this.#context;
    const answered = (id: MessageId) => this.#news.some((news) => news.kind === 'answered' && news.done.to.id === id);
    return [...memory.handedOver].some(([id, handed]) => handed.chatId === chatId && !answered(id));
  }

  /** Whether all that it needs is the address of its chat, and that is known. */
  #knows({ chatId, content }: StoredMessage): boolean {
    return !content.media && !isTyped(content) && (this.#context.memory.addresses.get(chatId)?.until ?? 0) > this.#now;
  }

  #mayPrepare({ content }: StoredMessage, pacing: Pacing | null): boolean {
    const { memory } = this.#context;
    const { prepare } = this.#plan;
    if (memory.preparing.size + prepare.length >= PREPARED_AT_ONCE) return false;
    if (!pacing || !isTyped(content)) return true;
    const typed =
      [...memory.preparing.values()].filter((preparing) => preparing.isTyped).length +
      prepare.filter(({ message }) => isTyped(message.content)).length;
    return typed < TYPED_AT_ONCE_IF_PACED;
  }

  async #chatWait({ perChatPerMinute }: Pacing, { sessionId, chatId }: StoredMessage): Promise<Milliseconds | null> {
    const chat = await this.#messages.lastPace(sessionId, chatId);
    return pacingWait({ perChatPerMinute }, { session: null, chat }, this.#now)?.until ?? null;
  }

  async #hand(engine: SendingEngine, pacing: Pacing | null, { ordinal, message: from }: Queued): Promise<void> {
    const { memory, runtime } = this.#context;
    const ready = memory.ready.get(ordinal)?.ready;
    const to = ready?.to ?? memory.addresses.get(from.chatId)?.to ?? from.chatId;
    const pace = pacing ? paceAfter(pacing, await this.#paces(from), this.#now, runtime.random) : from.pace;
    const changes = { engineId: from.engineId ?? engine.reserveId(to), attempts: from.attempts + 1, notBefore: null, pace };
    const message = move(from, 'sending', this.#now, changes);
    // Not saved: it was canceled, or an ack of an earlier try has come.
    if (!(await this.#save({ from, to: message }))) return;
    const refs = { ...(await this.#refsOf(from)), to, ...(ready && { media: ready.media }) };
    this.#plan.handing = { engine, message, refs };
  }

  async #paces({ sessionId, chatId }: StoredMessage) {
    return { session: await this.#messages.lastPace(sessionId), chat: await this.#messages.lastPace(sessionId, chatId) };
  }

  /** Files are fetched whatever holds the session. */
  async #fetchFiles(): Promise<void> {
    const { memory, session } = this.#context;
    const ended = new Set(this.#news.flatMap((news) => ('ordinal' in news ? [news.ordinal] : [])));
    const running = [...memory.fetching].filter((ordinal) => !ended.has(ordinal));
    const places = FETCHED_AT_ONCE - running.length;
    if (!this.#plan.mayFetch || places <= 0) return;
    const limit = places + memory.fetching.size;
    const waiting = await this.#messages.heads.first(session.id, 'media', limit);
    const missing = waiting.filter(({ ordinal }) => !running.includes(ordinal)).slice(0, places);
    const read = await this.#messages.queued(missing.map(({ ordinal }) => ordinal));
    this.#plan.fetch = [...read].map(([ordinal, message]) => ({ ordinal, message }));
    this.#plan.mayFetch = waiting.length === limit;
  }

  /** False, and nothing is written, when the message is no longer as it was: an ack has told more, or it was canceled. */
  async #save({ from, to }: Done): Promise<boolean> {
    const { session, ackTimeout } = this.#context;
    const saved = await this.#messages.save(from.status === to.status ? to : awaitingDelivery(to, this.#now, ackTimeout), from.status);
    if (!saved) return false;
    if (to.status !== from.status) {
      await applyChange(this.#messages, from, to, this.#now);
      this.#drafts.push(announcement(session, to));
    } else if (to.status === 'sent') this.#drafts.push(undelivered(session, to));
    return true;
  }

  /** Of a message that may have gone out WhatsApp may have said, meanwhile, that it did not. */
  async #withReport({ from, to }: Done): Promise<Done> {
    const isOpen = to.status === 'unknown';
    const noted = isOpen ? await this.#messages.byId(from.id) : undefined;
    return noted && isReported(noted) ? { from, to: afterReport(from, this.#now) } : { from, to };
  }

  /** WhatsApp may have sent it under another id than the reserved one; its echo may have come in under that already. */
  async #withFreeId({ from, to }: Done): Promise<Done> {
    const taken = to.engineId !== from.engineId && to.engineId !== null && (await this.#messages.byEngineId(to.sessionId, to.engineId));
    return taken ? { from, to: { ...to, engineId: from.engineId } } : { from, to };
  }

  /** One that never got to WhatsApp cannot be quoted, which does not keep the answer from being sent. */
  async #refsOf({ content: { replyTo, messageId } }: StoredMessage): Promise<Omit<Refs, 'to'>> {
    const engineIdOf = async (reference: string | undefined): Promise<string | undefined> => {
      if (!reference?.startsWith('msg_')) return reference;
      const message = await this.#messages.byId(reference as MessageId);
      return message && (wasTaken(message) || message.status === 'unknown') ? (message.engineId ?? undefined) : undefined;
    };
    return { replyTo: await engineIdOf(replyTo), target: await engineIdOf(messageId) };
  }
}

const NOTHING: Hold = { waits: '', until: null, times: 0, told: false };

const isDue = (time: Milliseconds | null, now: Milliseconds): boolean => time !== null && time <= now;

function earliest(...times: (Milliseconds | null)[]): Milliseconds | null {
  const known = times.filter((time) => time !== null);
  return known.length > 0 ? Math.min(...known) : null;
}
