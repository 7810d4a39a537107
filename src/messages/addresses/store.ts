import type { Knex } from 'knex';
import type { SessionId, TenantId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { type Columns, toRow } from '../../db/columns.ts';
import type { Database } from '../../db/open.ts';
import { rowsOf } from '../../db/rows.ts';
import { type TenantStore, tenantStore } from '../../db/tenant-store.ts';
import type { Tx } from '../../db/tx.ts';

/** What WhatsApp said of an address. */
export interface Answer {
  /** Where the account is written to; null: there is none. */
  chatId: ChatId | null;
  checkedAt: Milliseconds;
  expiresAt: Milliseconds;
}

const ANSWER = { chatId: 'chat_id', checkedAt: 'checked_at', expiresAt: 'expires_at' } as const satisfies Columns<Answer>;

/** Two names of one person: `…@lid` and digits. */
export interface Pair {
  lid: ChatId;
  phone: string;
}

/** `seenAt`: one of the two was last met then, or up to a day later. */
export type KnownPair = Pair & { seenAt: Milliseconds };

/** Of what has expired so much goes with each new answer, so that the table stays as large as what is in use. */
const PRUNED_AT_ONCE = 100;

class AddressReader {
  readonly #sql: Knex;
  readonly #tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId) {
    this.#sql = sql;
    this.#tenantId = tenantId;
  }

  /** Whatever is on record, expired or not. */
  async answer(address: ChatId): Promise<Answer | undefined> {
    return this.#sql('addresses').where({ tenant_id: this.#tenantId, address }).first(ANSWER);
  }

  /** The addresses with this ending of which WhatsApp said that one of these is meant. */
  async leadingTo(chatIds: readonly ChatId[], ending: string): Promise<ChatId[]> {
    if (chatIds.length === 0) return [];
    const rows = await this.#sql('addresses').where({ tenant_id: this.#tenantId }).whereIn('chat_id', chatIds).select('address');
    return rows.map(({ address }) => address).filter((address) => address.endsWith(ending));
  }

  /** Every pair that names one of these. One statement, by two indexes. */
  async pairs(lids: readonly string[], phones: readonly string[]): Promise<KnownPair[]> {
    const by = (name: 'lid' | 'phone', values: readonly string[]) =>
      values.length === 0
        ? []
        : `SELECT lid, phone, seen_at AS "seenAt" FROM identities WHERE tenant_id = ? AND ${name} IN (${values.map(() => '?').join(', ')})`;
    const queries = [by('lid', lids), by('phone', phones)].flat();
    if (queries.length === 0) return [];
    const values = [lids, phones].flatMap((some) => (some.length === 0 ? [] : [this.#tenantId, ...some]));
    return rowsOf(this.#sql, queries.join(' UNION '), values);
  }

  /** From which of these very addresses somebody last wrote to the session, and when. */
  async lastHeardOf(sessionId: SessionId, chatIds: readonly ChatId[]): Promise<{ chatId: ChatId; at: Milliseconds } | undefined> {
    let last: { chatId: ChatId; at: Milliseconds; ordinal: number } | undefined;
    // One by one, each from the end of its index: of all at once every message would be read.
    for (const chatId of chatIds) {
      const row = await this.#sql('messages')
        .where({ tenant_id: this.#tenantId, session_id: sessionId, chat_id: chatId, direction: 'inbound' })
        .orderBy('ordinal', 'desc')
        .first({ ordinal: 'ordinal', at: 'created_at' });
      if (row && row.ordinal > (last?.ordinal ?? 0)) last = { chatId, at: row.at, ordinal: row.ordinal };
    }
    return last;
  }
}

class AddressTransactor extends AddressReader {
  readonly #sql: Knex;
  readonly #tenantId: TenantId;

  constructor({ sql }: Tx, tenantId: TenantId) {
    super(sql, tenantId);
    this.#sql = sql;
    this.#tenantId = tenantId;
  }

  async keepAnswer(address: ChatId, { chatId, checkedAt, expiresAt }: Answer): Promise<void> {
    await this.#sql('addresses')
      .insert({ tenant_id: this.#tenantId, address, ...toRow(ANSWER, { chatId, checkedAt, expiresAt }) })
      .onConflict(['tenant_id', 'address'])
      .merge(['chat_id', 'checked_at', 'expires_at']);
    const addresses = this.#sql('addresses').where({ tenant_id: this.#tenantId });
    const old = addresses.clone().where('expires_at', '<=', checkedAt).limit(PRUNED_AT_ONCE).select('address');
    await addresses.whereIn('address', old).delete();
  }

  /** They were met again. */
  async touch(lids: readonly ChatId[], seenAt: Milliseconds): Promise<void> {
    await this.#sql('identities').where({ tenant_id: this.#tenantId }).whereIn('lid', lids).update({ seen_at: seenAt });
  }

  /**
   * Pairs that are not on record, no name twice among them. What either of the two was paired with before is not true any
   * more: a number can pass on to somebody else.
   */
  async keepPairs(pairs: readonly Pair[], seenAt: Milliseconds): Promise<void> {
    const tenant = { tenant_id: this.#tenantId };
    const phones = pairs.map(({ phone }) => phone);
    await this.#sql('identities').where(tenant).whereIn('phone', phones).delete();
    await this.#sql('identities')
      .insert(pairs.map((pair) => ({ ...tenant, ...pair, seen_at: seenAt })))
      .onConflict(['tenant_id', 'lid'])
      .merge(['phone', 'seen_at']);
  }
}

export type AddressStore = TenantStore<AddressReader, AddressTransactor>;
export const addressStore = (db: Database): AddressStore => tenantStore(db, { Reader: AddressReader, Transactor: AddressTransactor });
