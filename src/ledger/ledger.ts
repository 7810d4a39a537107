import { HooklineError, messageOf } from '../core/errors.ts';
import { type EventDraft, type EventType, envelope, type Gap, type LedgerEvent } from '../core/events.ts';
import { type EventId, type TenantId, timeOfId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Database } from '../db/open.ts';
import type { Tx } from '../db/tx.ts';
import { Follower, type Reaction, type SetAside } from './follower.ts';
import { OthersNews } from './others-news.ts';
import { type EventFilter, type Keep, LedgerStore, type Order } from './store.ts';
import { type Place, type Selection, Subscription } from './subscription.ts';

export interface EventPage {
  events: LedgerEvent[];
  /** Give it as `after` to read on; null when the end was reached. */
  next: EventId | null;
  /** Where `after` is not here any more. */
  gap?: Gap;
}

interface Filter extends Omit<Selection, 'tenantId'> {
  /** An event id or a position. */
  after?: string;
}

interface PageFilter extends Filter {
  limit: number;
  /** Oldest first where it is not given. */
  order?: Order;
  /** Those alone whose envelope has this text in it, in upper or lower case. */
  search?: string;
}

/** Of a search: rows in memory at a time, and those that it looks through for one page. */
const SEARCHED_AT_ONCE = 250;
const MOST_SEARCHED = 5_000;

/** How far a follower is behind the ledger. */
export interface Lag {
  follower: string;
  /** That it has not looked at. */
  events: number;
  /** Since the first of them was appended. */
  seconds: number;
}

/**
 * The append-only table of events, and the one way by which news travels between rooms: a room's store appends in its
 * own transaction, whoever reacts follows by cursor.
 */
export class Ledger {
  readonly #store: LedgerStore;
  readonly #db: Database;
  readonly #runtime: Runtime;
  readonly #followers: Follower[] = [];
  readonly #listeners = new Set<(events: readonly LedgerEvent[]) => void>();
  readonly #appendListeners = new Set<(events: readonly LedgerEvent[]) => void>();
  /** What other nodes append, read as they tell of it; null where there is none. */
  #others: OthersNews | null = null;

  readonly #setAside: SetAside | undefined;
  #newest = 0;
  /** Appended by the commit that was just done. */
  #fresh: LedgerEvent[] = [];

  /** `setAside`: see `Following`. */
  constructor(db: Database, runtime: Runtime, { setAside }: { setAside?: SetAside } = {}) {
    this.#db = db;
    this.#setAside = setAside;
    this.#runtime = runtime;
    this.#store = new LedgerStore(db);
  }

  /** Appends in the caller's transaction and wakes the followers when it has committed. */
  async append(tx: Tx, drafts: readonly EventDraft[]): Promise<LedgerEvent[]> {
    if (drafts.length === 0) return [];
    const events = await this.#store.append(tx, drafts, this.#runtime.clock.now());
    tx.afterCommit(() => {
      // All that one commit has appended is told together, in its order, before anybody who waited for the commit goes on.
      if (this.#fresh.length === 0) queueMicrotask(() => this.#tellFresh());
      this.#fresh.push(...events);
    });
    tx.tell('ledger', String(events.at(-1)?.position));
    return events;
  }

  #tellFresh(): void {
    const events = this.#fresh.sort((one, other) => one.position - other.position);
    this.#fresh = [];
    this.#others?.passOver(events);
    this.#wake(events);
    for (const listener of this.#appendListeners) this.#tell(listener, events);
  }

  /**
   * Registers a follower: `react` is given the events after its cursor in order (of `types` only, where given), and its
   * writes commit together with the cursor, so each event is reacted to exactly once whatever is killed when. Begins
   * with `start()`. An event on which it throws is set aside; see `again`.
   */
  follow(name: string, react: Reaction, types?: readonly EventType[]): void {
    this.#followers.push(new Follower(name, { react, types, setAside: this.#setAside }, this.#store, this.#db, this.#runtime));
  }

  /**
   * Has a follower react to an event that was set aside, in the caller's transaction. Rejects as the reaction does, and with
   * `not-found` when the event, or the follower, is not there any more.
   */
  async again(tx: Tx, follower: string, eventId: string): Promise<void> {
    const following = this.#followers.find(({ name }) => name === follower);
    const event = following && (await this.#store.byId(eventId));
    if (!event) throw new HooklineError('not-found', `The event "${eventId}", or the follower "${follower}", is not there any more.`);
    await following.again(tx, event);
  }

  /** Of every follower; one that is up with the ledger is 0 behind. */
  async lags(): Promise<Lag[]> {
    const head = await this.#store.head();
    const now = this.#runtime.clock.now();
    return Promise.all(
      this.#followers.map(async ({ name, looked = head }) => {
        const since = looked < head ? await this.#store.nextAt(looked) : undefined;
        return { follower: name, events: Math.max(0, head - looked), seconds: Math.max(0, now - (since ?? now)) / 1_000 };
      }),
    );
  }

  /** How many events each follower is behind the newest that is known of here; without asking the database. */
  behind(which: (name: string) => boolean): Record<string, number> {
    const newest = Math.max(this.#newest, ...this.#followers.map(({ looked = 0 }) => looked));
    const followers = this.#followers.filter(({ name }) => which(name));
    return Object.fromEntries(followers.map(({ name, looked = newest }) => [name, Math.max(0, newest - looked)]));
  }

  /**
   * Removes a batch of a tenant's events that are older than `before`, with all that hangs on them, but those that `keep`
   * names and those that a follower has yet to see. Answers where to go on (as `after`), null at the end.
   */
  async prune(range: { tenantId: TenantId; before: number; after: number; limit: number }, keep: Keep): Promise<number | null> {
    return this.#store.prune({ ...range, upTo: await this.seen() }, keep);
  }

  /**
   * The last event that every follower is done with. Not what is written of how far they are: those who react to few types write
   * it seldom.
   */
  async seen(): Promise<number> {
    // Of those on other nodes this one knows no more than they have written.
    if (this.#others) return this.#store.lowestCursor(this.followers);
    return Math.min(...this.#followers.map(({ looked = 0 }) => looked));
  }

  /** Reads from here on what other nodes append. To be called before anybody is given a stream. */
  async hearOthers(): Promise<void> {
    const deliver = (events: readonly LedgerEvent[]): void => this.#wake(events);
    for (const follower of this.#followers) follower.share();
    this.#others = new OthersNews(this.#store, { from: await this.#store.head(), deliver, runtime: this.#runtime });
  }

  /** Other nodes have appended up to this position; null: nobody knows up to which. */
  heardOf(position: number | null): void {
    this.#others?.heardOf(position);
  }

  /** The names of the followers; `start` begins all of them. */
  get followers(): string[] {
    return this.#followers.map(({ name }) => name);
  }

  startOne(name: string): void {
    this.#followers.find((follower) => follower.name === name)?.start();
  }

  async stopOne(name: string): Promise<void> {
    const follower = this.#followers.find((one) => one.name === name);
    await follower?.stop();
    // Another node goes on with it, and knows.
    follower?.forget();
  }

  start(): void {
    for (const follower of this.#followers) follower.start();
  }

  /** Resolves when every follower has reacted to all that is committed, also to what the reactions themselves appended. */
  async drain(): Promise<void> {
    while (this.#followers.some((follower) => follower.busy)) await Promise.all(this.#followers.map((follower) => follower.idle()));
  }

  /** Of other nodes nothing is heard any more. */
  stopHearing(): void {
    this.#others?.stop();
    this.#others = null;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.stop()));
  }

  /** Tells `listener` what this process has appended, after it was committed. */
  onOwnAppend(listener: (events: readonly LedgerEvent[]) => void): void {
    this.#appendListeners.add(listener);
  }

  /** Tells `listener` what was appended, here or on another node, after it was committed; returns how to stop that. */
  onAppend(listener: (events: readonly LedgerEvent[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** One event of a tenant; undefined where it is not here (any more). */
  get(tenantId: TenantId, eventId: string): Promise<LedgerEvent | undefined> {
    return this.#store.ofTenant(tenantId, eventId);
  }

  /**
   * From `after`, or without it from the first in the order. Of a search a page may hold few events or none and yet lead on.
   * Undefined comes back for what is no place in a ledger.
   */
  async page(tenantId: TenantId, { after, search, ...filter }: PageFilter): Promise<EventPage | undefined> {
    const place = after === undefined ? undefined : await this.#placeOf(tenantId, after);
    if (after !== undefined && !place) return undefined;
    const isUp = filter.order !== 'desc';
    // Its place is before what is kept of its time or later, and that is newer.
    const behind = place && (place.gap && !isUp ? place.position + 1 : place.position);
    const selection = { ...filter, tenantId, ...(behind !== undefined && { after: behind }) };
    const page = search === undefined ? await this.#read(selection) : await this.#search(selection, search);
    return { ...page, ...(isUp && place?.gap && { gap: place.gap }) };
  }

  async #read(filter: EventFilter): Promise<EventPage> {
    const events = await this.#store.read({ ...filter, limit: filter.limit + 1 });
    const more = events.length > filter.limit;
    if (more) events.pop();
    return { events, next: more ? (events.at(-1) as LedgerEvent).id : null };
  }

  async #search(filter: EventFilter, search: string): Promise<EventPage> {
    const wanted = search.toLowerCase();
    // As it stands inside of a JSON text.
    const written = JSON.stringify(wanted).slice(1, -1);
    const events: LedgerEvent[] = [];
    let last: LedgerEvent | undefined;
    for (let looked = 0; looked < MOST_SEARCHED; looked += SEARCHED_AT_ONCE) {
      const some = await this.#store.read({ ...filter, ...(last && { after: last.position }), limit: SEARCHED_AT_ONCE });
      for (const event of some) {
        if (last && events.length === filter.limit) return { events, next: last.id };
        last = event;
        const text = envelope(event).toLowerCase();
        if (text.includes(written) || text.includes(wanted)) events.push(event);
      }
      if (some.length < SEARCHED_AT_ONCE) return { events, next: null };
    }
    return { events, next: last?.id ?? null };
  }

  /**
   * As `page`, but it does not end: from `after`, or without it from what is appended next. Undefined comes back for what is
   * no place in a ledger.
   */
  async subscribe(tenantId: TenantId, { after, ...selection }: Filter): Promise<Subscription | undefined> {
    const place = after === undefined ? { position: await this.#store.head(), gap: null } : await this.#placeOf(tenantId, after);
    if (!place) return undefined;
    const source = { store: this.#store, clock: this.#runtime.clock, onAppend: this.onAppend.bind(this) };
    return new Subscription(source, { ...selection, tenantId }, place);
  }

  /**
   * Of an event, or a position. One that is not here, of a time of which events were removed, tells by its id when it was:
   * what is here of then or later comes, and that some may be missing. Whether another tenant has it makes no difference.
   */
  async #placeOf(tenantId: TenantId, after: string): Promise<Place | undefined> {
    if (/^\d{1,15}$/.test(after)) return { position: Math.min(Number(after), await this.#store.head()), gap: null };
    const position = await this.#store.positionOf(tenantId, after);
    if (position !== undefined) return { position, gap: null };
    const time = timeOfId('evt', after);
    const prunedTo = time === null ? null : await this.#store.prunedTo(tenantId);
    if (time === null || prunedTo === null || time > prunedTo) return undefined;
    const [head, first] = [await this.#store.head(), await this.#store.firstSince(tenantId, time)];
    const gap = { after, from: iso(time), to: first ? iso(first.at) : null };
    return { position: first ? first.position - 1 : head, gap };
  }

  /** One that throws keeps none of the others from being told. */
  #wake(events: readonly LedgerEvent[]): void {
    this.#newest = Math.max(this.#newest, events.at(-1)?.position ?? 0);
    for (const follower of this.#followers) follower.wake(events);
    for (const listener of this.#listeners) this.#tell(listener, events);
  }

  #tell(listener: (events: readonly LedgerEvent[]) => void, events: readonly LedgerEvent[]): void {
    try {
      listener(events);
    } catch (error) {
      this.#runtime.log.error('Whoever listens to the ledger failed', { error: messageOf(error) });
    }
  }
}
