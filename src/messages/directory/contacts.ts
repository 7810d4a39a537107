import type { Contact } from '../../core/directory.ts';
import { HooklineError } from '../../core/errors.ts';
import { iso } from '../../core/iso.ts';
import type { ChatId } from '../../core/message.ts';
import type { SessionRef } from '../../core/session.ts';
import { USERNAME } from '../recipients.ts';
import { type Page, type PageAsked, pageOf } from './paging.ts';
import { type Reach, toPerson, whoIs } from './reach.ts';
import { finder, nameKey } from './search.ts';

interface ContactsAsked extends PageAsked {
  search?: string;
  saved?: boolean;
  blocked?: boolean;
}

/** The people whom a phone knows. */
export class Contacts {
  readonly #reach: Reach;

  constructor(reach: Reach) {
    this.#reach = reach;
  }

  /** By name. */
  async list(session: SessionRef, { search, saved, blocked, ...page }: ContactsAsked): Promise<Page<Contact>> {
    const isMeant = finder(search);
    const found = (await this.#all(session)).filter(
      (contact) =>
        isMeant([contact.name, contact.phone, contact.id, contact.lid, contact.username ?? null]) &&
        (saved ?? contact.saved) === contact.saved &&
        (blocked ?? contact.blocked) === contact.blocked,
    );
    return pageOf(found, page, ({ name, id }) => [...nameKey(name), id]);
  }

  /** `not-found` for who is not in the phone. */
  async get(session: SessionRef, address: string): Promise<Contact> {
    const id = toPerson(address, 'contact');
    const contact = await this.#known(session, id);
    if (contact) return contact;
    throw new HooklineError('not-found', `The phone has no contact ${id}. Whether it is on WhatsApp is at GET …/contacts/${id}/exists.`);
  }

  /** Whether a number is on WhatsApp, and under which address it is written to. */
  async exists(session: SessionRef, address: string, asked: { fresh: boolean }) {
    const { exists, id, phone, lid, checkedAt } = await this.#reach.check(session, address, asked);
    return { exists, chatId: id, phone, lid, checkedAt: iso(checkedAt) };
  }

  async block(session: SessionRef, address: string, on: boolean): Promise<void> {
    const known = await this.#known(session, toPerson(address, 'contact'));
    const id = known?.id ?? (await this.#reach.person(session, address));
    await this.#reach.engine(session).directory.block(id, on);
  }

  async #known(session: SessionRef, id: ChatId): Promise<Contact | undefined> {
    const [named = { id, lid: null, phone: null }] = await this.#reach.complete(session, [{ id, lid: null, phone: null }]);
    const all = await this.#all(session);
    return whoIs(named, all) ?? all.find(({ username }) => username !== undefined && `${username}${USERNAME}` === id);
  }

  async #all(session: SessionRef): Promise<Contact[]> {
    return this.#reach.complete(session, await this.#reach.engine(session).directory.contacts());
  }
}
