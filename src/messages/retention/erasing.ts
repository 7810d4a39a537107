import { type Erased, type Eraser, Mentions, type Person } from '../../core/person.ts';
import type { Database } from '../../db/open.ts';
import type { Tx } from '../../db/tx.ts';
import type { MediaLibrary } from '../media/library.ts';
import { type NamingMessage, NamingMessages, type NamingPage } from './erasing-store.ts';
import { OPEN } from './retention-store.ts';

/** Messages that are looked through together. */
const PAGE = 500;

/**
 * Messages of one person, and to them, go with their files, in groups, too; those of others that name them read without them.
 * A send that waits stays until it is known what became of it.
 */
export class MessageEraser implements Eraser<NamingPage> {
  readonly #store: NamingMessages;
  readonly #media: Pick<MediaLibrary, 'removeOf'>;

  constructor(db: Database, media: Pick<MediaLibrary, 'removeOf'>) {
    this.#store = new NamingMessages(db);
    this.#media = media;
  }

  async look(person: Person, cursor: string | null): Promise<{ found: NamingPage | null; next: string | null }> {
    const { last, ...page } = await this.#store.page(person, Number(cursor ?? 0), PAGE);
    const isSome = page.messages.length + page.receipts.length > 0;
    return { found: isSome ? page : null, next: last === null ? null : String(last) };
  }

  async erase(tx: Tx, person: Person, { messages, receipts }: NamingPage): Promise<Erased> {
    const mentions = new Mentions(person);
    const theirs = messages.filter((message) => isTheirs(mentions, message)).map(({ id }) => id);
    const gone = await this.#store.remove(tx, theirs, OPEN);
    const media = await this.#media.removeOf(tx, person.tenantId, gone);
    const open = theirs.filter((id) => !gone.includes(id));
    const others = messages.filter(({ id }) => !theirs.includes(id));
    let changed = 0;
    for (const message of others) {
      const { content, aftermath, history, error, reference } = message;
      const without = (json: string): string => JSON.stringify(mentions.without(JSON.parse(json)));
      const done = await this.#store.rewrite(tx, message, {
        content: without(content),
        aftermath: aftermath && without(aftermath),
        history: without(history),
        error: error && without(error),
        reference: reference && mentions.without(reference),
      });
      if (!done) changed++;
    }
    const told = await this.#store.removeReceipts(tx, receipts, person.names);
    return {
      erased: { messages: gone.length, rewritten: others.length - changed, receipts: told, media },
      owed: { ...(open.length > 0 && { sends: open.length }), ...(changed > 0 && { rewritten: changed }) },
      sends: open,
    };
  }
}

/** In a chat with them, or theirs in another one. */
function isTheirs(mentions: Mentions, { chatId, content }: NamingMessage): boolean {
  if (mentions.isName(chatId)) return true;
  const { from, author } = JSON.parse(content);
  return mentions.isParty(author) || (mentions.isParty(from) && !author);
}

/** Last of all: which names are of one person is needed as long as something else is there. */
export class NamesEraser implements Eraser<true> {
  readonly #store: NamingMessages;

  constructor(db: Database) {
    this.#store = new NamingMessages(db);
  }

  async look(): Promise<{ found: true; next: null }> {
    return { found: true, next: null };
  }

  async erase(tx: Tx, { tenantId, names }: Person): Promise<Erased> {
    if (await this.#store.isKnown(tx, tenantId, names)) return { erased: {}, owed: {} };
    const phones = names.flatMap((name) => (name.endsWith('@c.us') ? [name.slice(0, -'@c.us'.length)] : []));
    return { erased: { names: await this.#store.removeNames(tx, tenantId, names, phones) }, owed: {} };
  }
}
