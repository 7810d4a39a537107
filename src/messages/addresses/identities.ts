import type { TenantId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { Clock } from '../../core/runtime.ts';
import type { Tx } from '../../db/tx.ts';
import { USERNAME, variantsOf } from '../recipients.ts';
import type { AddressStore, KnownPair, Pair } from './store.ts';

/** So long a pair may be met without a note of it. */
const MET_AGAIN = 24 * 60 * 60_000;

/** A person by address; see Party. */
export interface Named {
  id: ChatId;
  lid: string | null;
  phone: string | null;
}

/**
 * Hidden number ↔ phone number. WhatsApp tells at times one, at times the other, at times both, and means the same
 * person. A hidden number is its owner's in every chat and for every account, so the tenant's sessions share the pairs.
 * Names are not kept with them: they are what the phone at hand calls somebody, and would change with each session.
 */
export class Identities {
  readonly #store: AddressStore;
  readonly #clock: Clock;

  constructor(store: AddressStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** One read when there is nothing new, however many parties, and a write a day. */
  async learn<T extends Named>(tx: Tx, tenantId: TenantId, parties: readonly T[]): Promise<T[]> {
    const seen = parties.map(readable);
    const store = this.#store.within(tx, tenantId);
    const known = await this.#pairsOf(store, seen);
    const told = pairsIn(seen);
    const fresh = told.filter((pair) => !known.some(({ lid, phone }) => lid === pair.lid && phone === pair.phone));
    const now = this.#clock.now();
    for (const some of chunks(fresh)) await store.keepPairs(some, now);
    const met = known.filter(({ seenAt }) => seenAt + MET_AGAIN <= now).map(({ lid }) => lid);
    for (const some of chunks(met)) await store.touch(some, now);
    return completed(seen, [...told, ...known]);
  }

  async complete<T extends Named>(tenantId: TenantId, parties: readonly T[]): Promise<T[]> {
    const seen = parties.map(readable);
    return completed(seen, await this.#store.read(tenantId, (store) => this.#pairsOf(store, seen)));
  }

  /** Every name under which the chat of this address may be stored, the address itself first; a few reads by index. */
  names(tenantId: TenantId, chatId: ChatId): Promise<ChatId[]> {
    return this.#store.read(tenantId, async (store) => {
      const known = chatId.endsWith(USERNAME) ? ((await store.answer(chatId))?.chatId ?? chatId) : chatId;
      const [owner] = known.endsWith('@lid') ? await store.pairs([known], []) : [];
      const forms = variantsOf(owner ? `${owner.phone}@c.us` : known);
      const phones = forms.flatMap((id) => readable({ id, lid: null, phone: null }).phone ?? []);
      const pairs = await store.pairs([], phones);
      const lids = [known, ...pairs.map(({ lid }) => lid)].filter((id) => id.endsWith('@lid'));
      return [...new Set([chatId, ...forms, ...lids, ...(await store.leadingTo(lids, USERNAME))])];
    });
  }

  async #pairsOf(store: Pick<ReturnType<AddressStore['within']>, 'pairs'>, parties: readonly Named[]): Promise<KnownPair[]> {
    const pairs: KnownPair[] = [];
    for (const some of chunks(parties)) {
      const one = (name: 'lid' | 'phone') => [...new Set(some.flatMap((party) => party[name] ?? []))];
      pairs.push(...(await store.pairs(one('lid'), one('phone'))));
    }
    return pairs;
  }
}

/** knex writes rows for SQLite as one compound SELECT, which has at most 500 terms (https://sqlite.org/limits.html#max_compound_select). */
const AT_ONCE = 500;

function* chunks<T>(list: readonly T[]): Generator<T[]> {
  for (let at = 0; at < list.length; at += AT_ONCE) yield list.slice(at, at + AT_ONCE);
}

/** Who is named both ways; each name once, as it was said last. */
function pairsIn(parties: readonly Named[]): Pair[] {
  const told = parties.flatMap(({ lid, phone }) => (lid && phone ? [{ lid, phone }] : []));
  const byLid = new Map(told.map((pair) => [pair.lid, pair]));
  return [...new Map([...byLid.values()].map((pair) => [pair.phone, pair])).values()];
}

/** With what the address itself says. */
function readable<T extends Named>(party: T): T {
  const [user = '', server] = party.id.split('@');
  return { ...party, lid: party.lid ?? (server === 'lid' ? party.id : null), phone: party.phone ?? (server === 'c.us' ? user : null) };
}

/** Of two pairs that contradict each other the first stands. */
function completed<T extends Named>(parties: readonly T[], pairs: readonly Pair[]): T[] {
  const byLid = new Map(pairs.toReversed().map(({ lid, phone }) => [lid, phone]));
  const byPhone = new Map(pairs.toReversed().map(({ lid, phone }) => [phone, lid]));
  return parties.map((party) => ({
    ...party,
    lid: party.lid ?? byPhone.get(party.phone ?? '') ?? null,
    phone: party.phone ?? byLid.get(party.lid ?? '') ?? null,
  }));
}
