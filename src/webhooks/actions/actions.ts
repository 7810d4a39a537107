import { HooklineError, messageOf } from '../../core/errors.ts';
import type { LedgerEvent } from '../../core/events.ts';
import type { EndpointId, SessionId } from '../../core/ids.ts';
import type { ChatId, SendRequest } from '../../core/message.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import { tryWithin } from '../../db/savepoint.ts';
import type { Tx } from '../../db/tx.ts';
import type { ActionResult } from '../owed/delivery.ts';
import type { ActionHandoffs, ActionOutbox, ActionSessions } from '../ports.ts';
import type { ActionRequest } from './action-requests.ts';

/** WhatsApp stops showing "typing…" after about this long (ms). */
const LONGEST_TYPING = 25_000;

/** What a phone shows and nobody sends. `typing`: for so many ms; left out where the chat is to be seen. */
interface Shown {
  sessionId: SessionId;
  chat: ChatId;
  typing?: Milliseconds;
}

/** An action on its way to its result. What goes `with` a message has the result of that. */
export type Step<Media = unknown> =
  | { index: number; kind: 'send'; session: SessionRef; send: SendRequest; media?: Media }
  | { index: number; kind: 'handoff'; session: SessionRef; chat: ChatId; pause?: Milliseconds }
  | { index: number; kind: 'with'; before: number }
  /** On a phone of another node. */
  | { index: number; kind: 'tell'; shown: Shown }
  | { index: number | null; kind: 'done'; error?: ActionResult['error'] };

interface Place {
  session: SessionRef;
  /** Null where the event is about no chat. */
  chat: ChatId | null;
  /** Null where it is about no message. */
  messageId: string | null;
}

interface Ports<Media> {
  sessions: ActionSessions;
  outbox: ActionOutbox<Media>;
  handoffs: ActionHandoffs;
}

/**
 * Does what a receiver asked for in its answer, as if it had called the API. What is sent goes into the outbox in the
 * transaction that records the attempt, under a key of the event: an answer that was lost with a crash, or that comes
 * again with a redelivery, sends nothing twice. What is wrong with an action is its result and never fails the delivery.
 */
export class Actions<Media = unknown> {
  readonly #ports: Ports<Media>;
  readonly #runtime: Runtime;

  constructor(ports: Ports<Media>, runtime: Runtime) {
    this.#ports = ports;
    this.#runtime = runtime;
  }

  /**
   * Before the transaction: what the phone only shows (seen, an indicator without a message), which may be shown again, and what
   * takes time about a file.
   */
  async show(event: LedgerEvent, asked: readonly ActionRequest[]): Promise<Step<Media>[]> {
    if (asked.length === 0) return [];
    const place = await this.#placeOf(event);
    return Promise.all(asked.map((one) => this.#step(place, one)));
  }

  /**
   * In the transaction that records the attempt, and again whenever that is. Results in the order of the answer. `before`:
   * those of the attempts before, by which a handoff that was made is not made again.
   */
  async send(
    tx: Tx,
    event: LedgerEvent,
    endpointId: EndpointId,
    steps: readonly Step<Media>[],
    before: () => Promise<ActionResult[]>,
  ): Promise<ActionResult[]> {
    const results = new Map<number | null, ActionResult>();
    for (const step of steps) {
      if (step.kind === 'done') results.set(step.index, resultOf(step.index, step.error));
      if (step.kind === 'send') results.set(step.index, await this.#enqueue(tx, event, endpointId, step));
      if (step.kind === 'handoff') results.set(step.index, await this.#handOff(tx, step, before));
      if (step.kind === 'tell') {
        tx.tell('shows', JSON.stringify(step.shown));
        results.set(step.index, resultOf(step.index));
      }
    }
    return steps.map(({ index, ...step }) =>
      step.kind === 'with' ? resultOf(index, results.get(step.before)?.error) : (results.get(index) as ActionResult),
    );
  }

  async #step(place: Place | HooklineError, asked: ActionRequest): Promise<Step<Media>> {
    const { index } = asked;
    try {
      if (asked.kind === 'refused') return { index, kind: 'done', error: asked.error };
      if (place instanceof HooklineError) throw place;
      const { session } = place;
      switch (asked.kind) {
        case 'text':
          return { index: asked.index, kind: 'send', session, send: { ...written(place, asked), type: 'text', text: asked.text } };
        case 'media': {
          const { type, caption } = asked;
          const to = written(place, asked);
          const prepared = await this.#ports.outbox.prepareMedia(session.tenantId, asked.media, type);
          const send = { ...to, type: prepared.type, media: asked.media, ...(caption !== undefined && { caption }) };
          return { index: asked.index, kind: 'send', session, send, media: prepared.media };
        }
        case 'react': {
          const { emoji, messageId = messageOfEvent(place) } = asked;
          return { index: asked.index, kind: 'send', session, send: { type: 'reaction', messageId, emoji } };
        }
        case 'handoff': {
          const { pause } = asked;
          return { index: asked.index, kind: 'handoff', session, chat: chatOf(place), ...(pause !== undefined && { pause }) };
        }
        case 'typing':
          if (asked.before !== null) return { index: asked.index, kind: 'with', before: asked.before };
          return await this.#showOrTell(asked.index, place, asked.time === true ? LONGEST_TYPING : Math.min(asked.time, LONGEST_TYPING));
        case 'seen':
          return await this.#showOrTell(asked.index, place);
      }
    } catch (error) {
      return { index, kind: 'done', error: errorOf(error) };
    }
  }

  async #enqueue(tx: Tx, event: LedgerEvent, endpointId: EndpointId, step: Step<Media> & { kind: 'send' }): Promise<ActionResult> {
    const { index, session, send, media } = step;
    // The endpoint is part of the key: flows and other endpoints answer the same event, each for itself.
    const key = `${event.id}:${index}:${endpointId}`;
    const done = await tryWithin(tx, () => this.#ports.outbox.enqueue(tx, session, { ...send, key }, media));
    if ('value' in done) return { index, ok: true, messageId: done.value.id };
    if (!(done.error instanceof HooklineError)) {
      this.#runtime.log.error('An action failed in a way that nobody foresaw', { event: event.id, index, error: messageOf(done.error) });
    }
    return resultOf(index, errorOf(done.error));
  }

  /** Once for an event and a place in the answer: somebody may have resumed since. */
  async #handOff(tx: Tx, step: Step & { kind: 'handoff' }, before: () => Promise<ActionResult[]>): Promise<ActionResult> {
    const { index, session, chat, pause } = step;
    if ((await before()).some((result) => result.index === index && result.ok)) return resultOf(index);
    await this.#ports.handoffs.beginWithin(tx, session, chat, { by: 'webhook', ...(pause !== undefined && { pause }) });
    return resultOf(index);
  }

  /** What another node has told (`tx.tell`). Every node hears it; the one that runs the session shows it. */
  async heardOf(text: string): Promise<void> {
    const shown: Shown = JSON.parse(text);
    if (this.#ports.sessions.isElsewhere(shown.sessionId)) return;
    await this.#show(shown).catch((error: unknown) =>
      this.#runtime.log.debug('What an answer asked for could not be shown on the phone', {
        session: shown.sessionId,
        error: messageOf(error),
      }),
    );
  }

  async #showOrTell(index: number, place: Place, typing?: Milliseconds): Promise<Step<Media>> {
    const sessionId = place.session.id;
    const shown: Shown = { sessionId, chat: chatOf(place), ...(typing !== undefined && { typing }) };
    if (this.#ports.sessions.isElsewhere(sessionId)) return { index, kind: 'tell', shown };
    await this.#show(shown);
    return { index, kind: 'done' };
  }

  async #show({ sessionId, chat, typing }: Shown): Promise<void> {
    const engine = this.#ports.sessions.engineOf(sessionId);
    if (!engine) throw new HooklineError('session-not-connected', 'The session was not connected, so the phone could not show it.');
    if (typing === undefined) return engine.seen(chat);
    await engine.typing(chat, true);
    const { clock, log } = this.#runtime;
    const stop = (): Promise<void> =>
      engine
        .typing(chat, false)
        .catch((error: unknown) => log.debug('The typing indicator could not be taken back', { error: messageOf(error) }));
    clock.after(typing, () => void stop());
  }

  /** An error is the result of every action. */
  async #placeOf({ type, tenantId, sessionId, json }: LedgerEvent): Promise<Place | HooklineError> {
    if (sessionId === null) return new HooklineError('invalid-body', 'This event belongs to no session that could act.');
    try {
      const session = await this.#ports.sessions.ref(tenantId, sessionId);
      const about = JSON.parse(json) as { id?: string; messageId?: string; chat?: { id?: ChatId } };
      // A message is the data of its own events; others say which one they are about.
      const messageId = about.messageId ?? (type.startsWith('message.') ? about.id : undefined);
      return { session, chat: about.chat?.id ?? null, messageId: messageId ?? null };
    } catch (error) {
      if (error instanceof HooklineError && error.status < 500) return error;
      throw error;
    }
  }
}

function chatOf({ chat }: Place): ChatId {
  if (chat === null) throw new HooklineError('invalid-body', 'This event is about no chat in which it could be done.');
  return chat;
}

function messageOfEvent({ messageId }: Place): string {
  if (messageId === null)
    throw new HooklineError('invalid-body', 'This event is about no message: say with "messageId" which one gets the reaction.');
  return messageId;
}

/** To whom, and how, a text or a file goes. */
function written({ chat }: Place, { to = chat ?? undefined, replyTo, typing }: Extract<ActionRequest, { kind: 'text' | 'media' }>) {
  if (to === undefined) throw new HooklineError('invalid-body', 'This event is about no chat: say with "to" who is to get the message.');
  return { to, ...(replyTo !== undefined && { replyTo }), ...(typing !== undefined && { typing }) };
}

const resultOf = (index: number | null, error?: ActionResult['error']): ActionResult => ({ index, ok: !error, ...(error && { error }) });

/** What nobody foresaw may name more than a tenant should read. */
const errorOf = (error: unknown): NonNullable<ActionResult['error']> =>
  error instanceof HooklineError
    ? { code: error.code, message: error.message }
    : { code: 'internal', message: 'Something went wrong in the hub; its log says what.' };
