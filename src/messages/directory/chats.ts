import type { ChatCard, Label } from '../../core/directory.ts';
import { iso } from '../../core/iso.ts';
import { type ChatKind, chatKind } from '../../core/message.ts';
import type { SessionRef } from '../../core/session.ts';
import { type Page, type PageAsked, pageOf } from './paging.ts';
import type { Reach } from './reach.ts';
import { finder } from './search.ts';

interface ChatsAsked extends PageAsked {
  search?: string;
  kind?: ChatKind;
  unread?: boolean;
  archived?: boolean;
  /** Id. */
  label?: string;
}

/** A chat as the API shows it: with whom, by both names, when it is a private one. Times ISO 8601 UTC. */
export interface ChatView extends Omit<ChatCard, 'lastMessageAt'> {
  lid: string | null;
  phone: string | null;
  lastMessageAt: string | null;
}

/** The chats of a phone, and what can be done in one besides writing. */
export class Chats {
  readonly #reach: Reach;

  constructor(reach: Reach) {
    this.#reach = reach;
  }

  /** The one in which something was written last first. */
  async list(session: SessionRef, { search, kind, unread, archived, label, ...page }: ChatsAsked): Promise<Page<ChatView>> {
    const cards = await this.#reach.engine(session).directory.chats();
    const named = await this.#reach.complete(
      session,
      cards.map((card) => ({ ...card, lid: null, phone: null })),
    );
    const isMeant = finder(search);
    const found = named.filter(
      (chat) =>
        isMeant([chat.name, chat.phone, chat.id, chat.lid]) &&
        (kind ?? chat.kind) === chat.kind &&
        (unread ?? chat.unread > 0) === chat.unread > 0 &&
        (archived ?? chat.archived) === chat.archived &&
        (label === undefined || chat.labels.includes(label)),
    );
    const { data, nextCursor } = pageOf(found, page, ({ lastMessageAt, id }) => [-(lastMessageAt ?? 0), id]);
    return { data: data.map((chat) => ({ ...chat, lastMessageAt: iso(chat.lastMessageAt) })), nextCursor };
  }

  async typing(session: SessionRef, address: string, on: boolean): Promise<void> {
    const chat = await this.#reach.chat(session, address);
    await this.#reach.engine(session).typing(chat, on);
  }

  async recording(session: SessionRef, address: string, on: boolean): Promise<void> {
    const chat = await this.#reach.chat(session, address);
    await this.#reach.engine(session).recording(chat, on);
  }

  async seen(session: SessionRef, address: string): Promise<void> {
    const chat = await this.#reach.chat(session, address);
    await this.#reach.engine(session).seen(chat);
  }

  async unseen(session: SessionRef, address: string): Promise<void> {
    const chat = await this.#reach.chat(session, address);
    await this.#reach.engine(session).unseen(chat);
  }

  /** What is known now; from then on its changes are `presence.changed` events. */
  async presence(session: SessionRef, address: string) {
    const id = await this.#reach.chat(session, address);
    const { state, lastSeenAt } = await this.#reach.engine(session).directory.presence(id);
    return { chat: { id, kind: chatKind(id) }, state, lastSeenAt: iso(lastSeenAt) };
  }

  /** How the account itself shows. */
  setPresence(session: SessionRef, available: boolean): Promise<void> {
    return this.#reach.engine(session).directory.setPresence(available);
  }

  async labels(session: SessionRef, page: PageAsked): Promise<Page<Label>> {
    return pageOf(await this.#reach.engine(session).directory.labels(), page, ({ id }) => [id.padStart(20, '0')]);
  }

  /** `labels`: ids; the chat then has these and no others. `not-found` for a chat or label that the phone does not have. */
  async setLabels(session: SessionRef, address: string, labels: string[]): Promise<void> {
    const chat = await this.#reach.chat(session, address);
    await this.#reach.engine(session).directory.setLabels(chat, [...new Set(labels)]);
  }
}
