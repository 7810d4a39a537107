import type { Told } from '../../core/arrival.ts';
import { during } from '../../core/during.ts';
import type { EventDraft } from '../../core/events.ts';
import type { InboundMessage, Notice } from '../../core/message.ts';
import type { Milliseconds, Runtime } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { AddressBook } from '../addresses/address-book.ts';
import type { MediaLibrary } from '../media/library.ts';
import { afterChange, isEcho, type NoticeOfMessage } from '../message/message-changes.ts';
import { type MessageStore, type MessageTransactor, messageStore } from '../message/store.ts';
import type { StoredMessage } from '../message/stored.ts';
import { viewOf } from '../message/view.ts';
import type { Ledger, Sessions } from '../ports.ts';
import { draftOfInbound } from '../sends/draft.ts';
import { newsOf, partiesOf, withParties } from './notices.ts';

interface InboxPorts {
  ledger: Ledger;
  sessions: Pick<Sessions, 'touchInbound'>;
  media: Pick<MediaLibrary, 'expect'>;
  addresses: Pick<AddressBook, 'learn'>;
}

/** The one door for what a phone received or sent by itself, live or fetched after a reconnection. */
export class Inbox {
  readonly #store: MessageStore;
  readonly #ports: InboxPorts;
  readonly #runtime: Runtime;

  constructor(db: Database, ports: InboxPorts, runtime: Runtime) {
    this.#store = messageStore(db);
    this.#ports = ports;
    this.#runtime = runtime;
  }

  /**
   * Resolves when all of it and its events are on disk, in this order, or were before. What the hub sent itself comes back under
   * the engine id that its row reserved, and is thereby a duplicate like any other. Files follow; see messages/media. `mark`: see
   * `Sessions.touchInbound`.
   */
  async take(session: SessionRef, told: readonly Told[], mark: Milliseconds | null = null): Promise<void> {
    await this.#store.transact(session.tenantId, (_, tx) => this.takeWithin(tx, session, told, mark));
  }

  /** As `take`, in a transaction that somebody else opened. */
  async takeWithin(tx: Tx, session: SessionRef, told: readonly Told[], mark: Milliseconds | null = null): Promise<void> {
    const messages = this.#store.within(tx, session.tenantId);
    let touched = mark !== null;
    for (const one of told) {
      if ('notice' in one) await this.#hear(messages, tx, session, one.notice);
      else if ((await this.#receive(messages, tx, session, one.message)) && !one.message.fromMe) touched = true;
    }
    if (touched) await this.#ports.sessions.touchInbound(tx, session.id, this.#runtime.clock.now(), mark);
  }

  receive(session: SessionRef, message: InboundMessage): Promise<void> {
    return this.take(session, [{ message }]);
  }

  notice(session: SessionRef, notice: Notice): Promise<void> {
    return this.take(session, [{ notice }]);
  }

  /** False when it is there already. */
  async #receive(messages: MessageTransactor, tx: Tx, session: SessionRef, message: InboundMessage): Promise<boolean> {
    const now = this.#runtime.clock.now();
    const [from = message.from, author] = await this.#ports.addresses.learn(tx, session, [
      message.from,
      ...(message.author ? [message.author] : []),
    ]);
    const draft = during({ tenantId: session.tenantId, what: 'messages.inbound' }, () =>
      draftOfInbound(session, { ...message, from, ...(author && { author }) }, now),
    );
    const entered = (await messages.insert(draft)) ? draft : await this.#readable(messages, draft);
    if (!entered) return false;
    const stored = message.media ? await this.#expect(tx, messages, session, entered) : entered;
    await this.#announce(tx, session, { type: message.fromMe ? 'message.fromphone' : 'message.received', data: viewOf(stored) });
    return true;
  }

  /** A message that is there without what it says, with what it says; null where there is nothing new. */
  async #readable(messages: MessageTransactor, draft: StoredMessage): Promise<StoredMessage | null> {
    if (draft.content.unavailable || draft.engineId === null) return null;
    const before = await messages.byEngineId(draft.sessionId, draft.engineId);
    if (!before?.content.unavailable) return null;
    const { type, content } = draft;
    const readable = { ...before, type, content };
    await messages.saveSaid(readable);
    return readable;
  }

  /**
   * What it changes about a message of the hub is kept with it; what says nothing new is dropped, and so is the echo of what
   * the hub does itself, whose own events tell it.
   */
  async #hear(messages: MessageTransactor, tx: Tx, session: SessionRef, told: Notice): Promise<void> {
    const notice = withParties(told, await this.#ports.addresses.learn(tx, session, partiesOf(told)));
    if (!('target' in notice)) return this.#announce(tx, session, newsOf(notice, null));
    const message = await messages.byEngineId(session.id, notice.target);
    const changed = message && afterChange(message, notice);
    if (message && !changed) return;
    if (changed) await messages.saveSaid(changed);
    if (await this.#isEcho(messages, session, notice, message)) return;
    await this.#announce(tx, session, newsOf(notice, message?.id ?? null));
  }

  async #expect(tx: Tx, messages: MessageTransactor, session: SessionRef, draft: StoredMessage): Promise<StoredMessage> {
    const media = await this.#ports.media.expect(tx, session, draft);
    const message = { ...draft, content: { ...draft.content, media } };
    await messages.saveSaid(message);
    return message;
  }

  async #isEcho(
    messages: MessageTransactor,
    session: SessionRef,
    notice: NoticeOfMessage,
    target: StoredMessage | undefined,
  ): Promise<boolean> {
    if (!('fromMe' in notice && notice.fromMe)) return false;
    return isEcho(notice, target, await messages.sending(session.id));
  }

  async #announce(tx: Tx, session: SessionRef, news: Pick<EventDraft, 'type' | 'data'>): Promise<void> {
    await this.#ports.ledger.append(tx, [{ tenantId: session.tenantId, session, ...news }]);
  }
}
