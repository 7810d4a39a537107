import PQueue from 'p-queue';
import { wait, withTimeout } from '../../core/deadline.ts';
import { HooklineError, messageOf } from '../../core/errors.ts';
import type { MediaId, TenantId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import { type ChatId, chatKind, type MediaType, type OutgoingMedia } from '../../core/message.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { MediaLibrary } from '../media/library.ts';
import type { StoredMessage } from '../message/stored.ts';
import type { Addresses, SendingEngine } from '../ports.ts';
import { outgoingOf, type Refs } from './outgoing.ts';
import { afterAskError, afterAsked, afterPreparing, afterSendError, afterSent } from './transitions.ts';
import { typingTime } from './typing.ts';

const TYPING_DEADLINE = 5_000;
/** Files that are fetched for the sends of one tenant at the same time. */
const FETCHED_AT_ONCE = 32;

/** A message before and after something was done about it. */
export interface Done {
  from: StoredMessage;
  to: StoredMessage;
}

/** All that a message needs of others before it is handed over. */
export interface Ready {
  to: ChatId;
  media?: OutgoingMedia | undefined;
}

/** Whether something has to be waited for before this message can be handed over. */
export const needsPreparing = ({ chatId, content }: StoredMessage): boolean =>
  Boolean(content.media?.id) || chatKind(chatId) === 'private' || isTyped(content);

/** Whether its file was still at its URL when it was accepted. */
export const needsFetching = ({ content: { media } }: StoredMessage): boolean => media?.status === 'pending';

/** Whether "typing…" is shown before it. */
export const isTyped = (content: StoredMessage['content']): boolean => typingFor(content) > 0;

const typingFor = ({ typing, text = '' }: StoredMessage['content']): Milliseconds => typingTime(typing, text);

/** What only others can do about one message: WhatsApp, the address book, the media library. None of it is in a transaction. */
export class HandOver {
  readonly #ports: { media: Pick<MediaLibrary, 'file'>; addresses: Addresses };
  readonly #runtime: Runtime;
  readonly #deadline: Milliseconds;
  readonly #fetches = new Map<TenantId, PQueue>();

  constructor(ports: { media: Pick<MediaLibrary, 'file'>; addresses: Addresses }, runtime: Runtime, deadline: Milliseconds) {
    this.#ports = ports;
    this.#runtime = runtime;
    this.#deadline = deadline;
  }

  /** While the message is still queued: whatever fails or crashes here has certainly not sent it. */
  async prepare(session: SessionRef, engine: SendingEngine, message: StoredMessage): Promise<Ready | Done> {
    const { chatId, content } = message;
    try {
      const to = await this.#ports.addresses.resolve(session, chatId, engine);
      await this.#mayBegin(engine, to);
      const media = await this.#file(message);
      await this.#type(engine, { ...message, chatId: to }, typingFor(content));
      return { to, media };
    } catch (error) {
      return this.#unready(message, error);
    }
  }

  /** Brings the file of a queued message to the disk of the hub. Null: it is there. */
  async fetch(message: StoredMessage): Promise<Done | null> {
    const { tenantId } = message;
    const fetches = this.#fetches.get(tenantId) ?? new PQueue({ concurrency: FETCHED_AT_ONCE });
    this.#fetches.set(tenantId, fetches);
    try {
      await fetches.add(() => this.#file(message));
      return null;
    } catch (error) {
      return this.#unready(message, error);
    } finally {
      if (fetches.pending + fetches.size === 0) this.#fetches.delete(tenantId);
    }
  }

  /** `late` hears what the engine says after the deadline, when the message is `unknown` already. */
  async send(engine: SendingEngine, message: StoredMessage, refs: Refs, late: (done: Done) => void): Promise<Done> {
    const { clock, log, random } = this.#runtime;
    let answer: ReturnType<SendingEngine['send']> | undefined;
    try {
      if (message.content.messageId !== undefined && refs.target === undefined) throw nothingToTarget();
      answer = engine.send(outgoingOf(message, refs));
      const { engineId } = await withTimeout(clock, this.#deadline, 'The engine did not answer', answer);
      return { from: message, to: afterSent(message, engineId, clock.now()) };
    } catch (error) {
      const to = afterSendError(message, error, clock.now(), random);
      log.warn(`A send did not succeed; the message is ${to.status} now`, { messageId: message.id, error: describe(to) });
      if (to.status === 'unknown') {
        // Told nothing more where the engine itself has said that it does not know: `answer` is settled then.
        answer?.then(
          ({ engineId }) => late({ from: to, to: afterSent(to, engineId, clock.now()) }),
          (rejected: unknown) => rejected !== error && late({ from: to, to: afterSendError(to, rejected, clock.now(), random) }),
        );
      }
      return { from: message, to };
    }
  }

  async ask(engine: SendingEngine, message: StoredMessage): Promise<Done> {
    const { clock, log } = this.#runtime;
    try {
      const answer = await withTimeout(clock, this.#deadline, 'The engine did not answer', engine.findSent(message.engineId ?? ''));
      return { from: message, to: afterAsked(message, answer, clock.now()) };
    } catch (error) {
      log.warn('WhatsApp could not be asked about an unknown message', { messageId: message.id, error: messageOf(error) });
      return { from: message, to: afterAskError(message, clock.now()) };
    }
  }

  /** So that it waits where it is, and is not handed over in vain. */
  async #mayBegin(engine: SendingEngine, chat: ChatId): Promise<void> {
    const until = await withTimeout(this.#runtime.clock, this.#deadline, 'The engine did not answer', engine.newChatUntil(chat));
    if (until === null) return;
    const detail = `WhatsApp lets this account begin no new chats until ${iso(until)}. It goes out then; or sooner, if they write first.`;
    throw new HooklineError('engine-failed', detail, { stage: 'new-chat', until });
  }

  /** The library has deadlines of its own. */
  async #file({ tenantId, type, content }: StoredMessage): Promise<OutgoingMedia | undefined> {
    return content.media?.id ? this.#ports.media.file(tenantId, content.media.id as MediaId, type as MediaType) : undefined;
  }

  #unready(message: StoredMessage, error: unknown): Done {
    const { clock, log, random } = this.#runtime;
    const to = afterPreparing(message, error, clock.now(), random);
    log.warn(`A message could not be made ready; it is ${to.status} now`, { messageId: message.id, error: describe(to) });
    return { from: message, to };
  }

  /** A courtesy, which may fail. */
  async #type(engine: SendingEngine, { id, chatId }: StoredMessage, time: Milliseconds): Promise<void> {
    const { clock, log } = this.#runtime;
    if (time === 0) return;
    try {
      await withTimeout(clock, TYPING_DEADLINE, 'The engine did not answer', engine.typing(chatId, true));
      await wait(clock, time);
      await withTimeout(clock, TYPING_DEADLINE, 'The engine did not answer', engine.typing(chatId, false));
    } catch (error) {
      log.debug('The typing indicator could not be shown', { messageId: id, error: messageOf(error) });
    }
  }
}

const describe = ({ error }: StoredMessage): string | null => error && `${error.code}: ${error.message}`;

const nothingToTarget = (): HooklineError =>
  new HooklineError('not-found', 'The message that this is about was never sent.', { stage: 'refused' });
