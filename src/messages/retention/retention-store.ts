import type { MessageId, SessionId, TenantId } from '../../core/ids.ts';
import type { MessageStatus } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Database } from '../../db/open.ts';
import { rowsOf } from '../../db/rows.ts';
import type { Tx } from '../../db/tx.ts';

/** What becomes of these is not known yet. */
export const OPEN = ['scheduled', 'queued', 'sending'] as const satisfies readonly MessageStatus[];

interface Old {
  ordinal: number;
  id: MessageId;
  status: MessageStatus;
  createdAt: Milliseconds;
}

/** What is kept for so long and no longer, whoever the tenant is. */
export class SystemRetentionStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async sessionIds(tenantId: TenantId): Promise<SessionId[]> {
    return (await this.#db.sql('whatsapp_instances').where({ tenant_id: tenantId }).select('id')).map(({ id }) => id);
  }

  /** Messages of a session that are stored since before `before`, in their order; from the one behind `after`. */
  async old(sessionId: SessionId, { before, after, limit }: { before: Milliseconds; after: number; limit: number }): Promise<Old[]> {
    const rows = await rowsOf<Old>(
      this.#db.sql,
      'SELECT ordinal, id, status, created_at AS "createdAt" FROM messages WHERE session_id = ? AND ordinal > ? ORDER BY ordinal LIMIT ?',
      [sessionId, after, limit],
    );
    const young = rows.findIndex(({ createdAt }) => createdAt >= before);
    return young < 0 ? rows : rows.slice(0, young);
  }

  /** With all that hangs on them. */
  async remove(tx: Tx, tenantId: TenantId, ids: readonly MessageId[]): Promise<void> {
    await tx.sql('messages').where({ tenant_id: tenantId }).whereIn('id', ids).whereNotIn('status', OPEN).delete();
  }

  /** Pairs of names that were seen together last before `before`, and that nothing refers to. At most `limit`; how many there were. */
  async removeIdentities(tenantId: TenantId, before: Milliseconds, limit: number): Promise<number> {
    const unused = (name: string): string =>
      `NOT EXISTS (SELECT 1 FROM whatsapp_instances s JOIN messages m ON m.session_id = s.id AND m.chat_id = ${name} WHERE s.tenant_id = i.tenant_id)
       AND NOT EXISTS (SELECT 1 FROM whatsapp_instances s JOIN flow_chats c ON c.session_id = s.id AND c.chat_id = ${name} WHERE s.tenant_id = i.tenant_id)`;
    const found = await rowsOf<{ lid: string }>(
      this.#db.sql,
      `SELECT i.lid FROM identities i WHERE i.tenant_id = ? AND i.seen_at < ?
       AND ${unused('i.lid')} AND ${unused("i.phone || '@c.us'")} LIMIT ?`,
      [tenantId, before, limit],
    );
    const lids = found.map(({ lid }) => lid);
    if (lids.length > 0) {
      const gone = (tx: Tx) =>
        tx.sql('identities').where({ tenant_id: tenantId }).where('seen_at', '<', before).whereIn('lid', lids).delete();
      await this.#db.write(gone, { for: tenantId });
    }
    return lids.length;
  }

  /** What WhatsApp answered about addresses and is not true any more by now. */
  async removeAnswers(tenantId: TenantId, now: Milliseconds, limit: number): Promise<number> {
    const old = await this.#db
      .sql('addresses')
      .where({ tenant_id: tenantId })
      .where('expires_at', '<=', now)
      .limit(limit)
      .select('address');
    const addresses = old.map(({ address }) => address);
    if (addresses.length > 0) {
      const gone = (tx: Tx) =>
        tx.sql('addresses').where({ tenant_id: tenantId }).where('expires_at', '<=', now).whereIn('address', addresses).delete();
      await this.#db.write(gone, { for: tenantId });
    }
    return addresses.length;
  }
}
