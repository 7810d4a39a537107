import { type Erased, type Eraser, Mentions, type Person } from '../core/person.ts';
import type { Database } from '../db/open.ts';
import type { Tx } from '../db/tx.ts';
import { type Named, NamingEvents } from './erasing-store.ts';
import type { Deliveries } from './ports.ts';

/** Events that are looked through together. */
const PAGE = 500;

type Attached = Pick<Deliveries, 'owedNow' | 'forgetAnswers'>;

/**
 * Events of one person. What tells of them goes, with its deliveries; what tells of others and names them reads without them
 * from then on. What a follower has not seen yet, or an endpoint is owed, stays for now.
 */
export class LedgerEraser implements Eraser<Named[]> {
  readonly #store: NamingEvents;
  readonly #deliveries: Attached;
  readonly #seen: () => Promise<number>;

  constructor(db: Database, { deliveries, seen }: { deliveries: Attached; seen(): Promise<number> }) {
    this.#store = new NamingEvents(db);
    this.#deliveries = deliveries;
    this.#seen = seen;
  }

  async look(person: Person, cursor: string | null): Promise<{ found: Named[] | null; next: string | null }> {
    const { rows, last } = await this.#store.page(person, Number(cursor ?? 0), PAGE);
    const sends = new Set(person.sends);
    const meant = rows.filter(({ at, data }) => at <= person.at || sends.has(JSON.parse(data)?.id));
    return { found: meant.length > 0 ? meant : null, next: last === null ? null : String(last) };
  }

  async erase(tx: Tx, person: Person, found: Named[]): Promise<Erased> {
    const seen = await this.#seen();
    const owed = await this.#deliveries.owedNow(
      tx,
      found.map(({ position }) => position),
    );
    const free = found.filter(({ position }) => position <= seen && !owed.has(position));
    const mentions = new Mentions(person);
    const theirs = free.filter(({ data, subject }) => mentions.isName(subject) || isAbout(mentions, JSON.parse(data)));
    const others = free.filter((event) => !theirs.includes(event));
    await this.#store.remove(tx, person.tenantId, theirs);
    for (const { position, data } of others) {
      await this.#store.rewrite(tx, position, JSON.stringify(mentions.without(JSON.parse(data))));
    }
    await this.#deliveries.forgetAnswers(
      tx,
      others.map(({ position }) => position),
    );
    const kept = found.length - free.length;
    return { erased: { events: theirs.length, rewritten: others.length }, owed: kept > 0 ? { events: kept } : {} };
  }
}

interface Told {
  chat?: { id?: string };
  from?: unknown;
  author?: unknown;
  by?: unknown;
  participants?: unknown[];
}

/** It is in their chat, or what they did, and names nobody else. */
function isAbout(mentions: Mentions, { chat, from, author, by, participants }: Told): boolean {
  if (mentions.isName(chat?.id) || mentions.isParty(from) || mentions.isParty(author)) return true;
  return participants?.every((one) => mentions.isParty(one)) === true && (by === null || by === undefined || mentions.isParty(by));
}
