import { HooklineError, messageOf } from '../core/errors.ts';
import type { LedgerEvent } from '../core/events.ts';
import type { EndpointId } from '../core/ids.ts';
import type { ChatId, MessageView, SendRequest } from '../core/message.ts';
import type { Runtime } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Tx } from '../db/open.ts';
import { tryWithin } from '../db/savepoint.ts';
import type { Asked } from './actions-asked.ts';
import type { ActionResult } from './delivery.ts';
import type { ActionOutbox, ActionSessions } from './ports.ts';

/** WhatsApp stops showing "typing…" after about this long (ms). */
const LONGEST_TYPING = 25_000;

/** An action on its way to its result. What goes `with` a text has the result of that. */
export type Step =
  | { index: number; kind: 'send'; session: SessionRef; send: SendRequest }
  | { index: number; kind: 'with'; before: number }
  | { index: number | null; kind: 'done'; error?: ActionResult['error'] };

interface Place {
  session: SessionRef;
  /** Null where the event is not about a message. */
  chat: ChatId | null;
}

/**
 * Does what a receiver asked for in its answer, as if it had called the API. What is sent goes into the outbox in the
 * transaction that records the attempt, under a key of the event: an answer that was lost with a crash, or that comes
 * again with a redelivery, sends nothing twice. What is wrong with an action is its result and never fails the delivery.
 */
export class Actions {
  readonly #sessions: ActionSessions;
  readonly #outbox: ActionOutbox;
  readonly #runtime: Runtime;

  constructor({ sessions, outbox }: { sessions: ActionSessions; outbox: ActionOutbox }, runtime: Runtime) {
    this.#sessions = sessions;
    this.#outbox = outbox;
    this.#runtime = runtime;
  }

  /** Before the transaction: what the phone only shows (seen, an indicator without a text), which may be shown again. */
  async show(event: LedgerEvent, asked: readonly Asked[]): Promise<Step[]> {
    if (asked.length === 0) return [];
    const place = await this.#placeOf(event);
    return Promise.all(asked.map((one) => this.#step(place, one)));
  }

  /** In the transaction that records the attempt, and again whenever that is. Results in the order of the answer. */
  async send(tx: Tx, event: LedgerEvent, endpointId: EndpointId, steps: readonly Step[]): Promise<ActionResult[]> {
    const results = new Map<number | null, ActionResult>();
    for (const step of steps) {
      if (step.kind === 'done') results.set(step.index, resultOf(step.index, step.error));
      if (step.kind === 'send') results.set(step.index, await this.#enqueue(tx, event, endpointId, step));
    }
    return steps.map(({ index, ...step }) =>
      step.kind === 'with' ? resultOf(index, results.get(step.before)?.error) : (results.get(index) as ActionResult),
    );
  }

  async #step(place: Place | HooklineError, asked: Asked): Promise<Step> {
    const { index } = asked;
    try {
      if (asked.kind === 'refused') return { index, kind: 'done', error: asked.error };
      if (place instanceof HooklineError) throw place;
      switch (asked.kind) {
        case 'text': {
          const { text, to = place.chat, replyTo, typing } = asked;
          if (to === null)
            throw new HooklineError('invalid-body', 'This event is not about a message: say with "to" who is to get the text.');
          const options = { ...(replyTo !== undefined && { replyTo }), ...(typing !== undefined && { typing }) };
          return { index: asked.index, kind: 'send', session: place.session, send: { to, type: 'text', text, ...options } };
        }
        case 'typing':
          if (asked.before !== null) return { index: asked.index, kind: 'with', before: asked.before };
          await this.#type(place, asked.time);
          break;
        case 'seen':
          await this.#engine(place).seen(chatOf(place));
      }
      return { index, kind: 'done' };
    } catch (error) {
      return { index, kind: 'done', error: errorOf(error) };
    }
  }

  async #enqueue(tx: Tx, event: LedgerEvent, endpointId: EndpointId, step: Step & { kind: 'send' }): Promise<ActionResult> {
    const { index, session, send } = step;
    // The endpoint is part of the key: flows and other endpoints answer the same event, each for itself.
    const key = `${event.id}:${index}:${endpointId}`;
    const done = await tryWithin(tx, () => this.#outbox.enqueue(tx, session, { ...send, key }));
    if ('value' in done) return { index, ok: true, messageId: done.value.id };
    if (!(done.error instanceof HooklineError)) {
      this.#runtime.log.error('An action failed in a way that nobody foresaw', { event: event.id, index, error: messageOf(done.error) });
    }
    return resultOf(index, errorOf(done.error));
  }

  async #type(place: Place, time: number | true): Promise<void> {
    const chat = chatOf(place);
    const engine = this.#engine(place);
    await engine.typing(chat, true);
    const { clock, log } = this.#runtime;
    const stop = (): Promise<void> =>
      engine
        .typing(chat, false)
        .catch((error: unknown) => log.debug('The typing indicator could not be taken back', { error: messageOf(error) }));
    clock.after(time === true ? LONGEST_TYPING : Math.min(time, LONGEST_TYPING), () => void stop());
  }

  #engine({ session }: Place): NonNullable<ReturnType<ActionSessions['engineOf']>> {
    const engine = this.#sessions.engineOf(session.id);
    if (engine) return engine;
    throw new HooklineError('session-not-connected', 'The session was not connected, so the phone could not show it.');
  }

  /** An error is the result of every action. */
  async #placeOf({ type, tenantId, sessionId, json }: LedgerEvent): Promise<Place | HooklineError> {
    if (sessionId === null) return new HooklineError('invalid-body', 'This event belongs to no session that could act.');
    try {
      const session = await this.#sessions.ref(tenantId, sessionId);
      const chat = type.startsWith('message.') ? (JSON.parse(json) as Partial<MessageView>).chat?.id : undefined;
      return { session, chat: chat ?? null };
    } catch (error) {
      if (error instanceof HooklineError && error.status < 500) return error;
      throw error;
    }
  }
}

function chatOf({ chat }: Place): ChatId {
  if (chat === null) throw new HooklineError('invalid-body', 'This event is not about a message, so there is no chat to show it in.');
  return chat;
}

const resultOf = (index: number | null, error?: ActionResult['error']): ActionResult => ({ index, ok: !error, ...(error && { error }) });

/** What nobody foresaw may name more than a tenant should read. */
const errorOf = (error: unknown): NonNullable<ActionResult['error']> =>
  error instanceof HooklineError
    ? { code: error.code, message: error.message }
    : { code: 'internal', message: 'Something went wrong in the hub; its log says what.' };
