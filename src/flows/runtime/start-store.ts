import type { SessionId, TenantId } from '../../core/ids.ts';
import type { ChatId } from '../../core/message.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { type Columns, toRow } from '../../db/columns.ts';
import type { Tx } from '../../db/tx.ts';

/** Of what is too old so much goes with each new row, so that the table stays as large as what is in use. */
const PRUNED_AT_ONCE = 100;

export interface Promised {
  position: number;
  sessionId: SessionId;
  chatId: ChatId;
  flow: string;
  key: string | null;
  fingerprint: string;
  at: Milliseconds;
}

const COLUMNS = {
  position: 'position',
  sessionId: 'session_id',
  chatId: 'chat_id',
  flow: 'flow',
  key: 'idempotency_key',
  fingerprint: 'fingerprint',
  at: 'at',
} as const satisfies Columns<Promised>;

/** Starts that the API was promised. */
export class StartStore {
  readonly #tx: Tx;
  readonly #tenantId: TenantId;

  constructor(tx: Tx, tenantId: TenantId) {
    this.#tx = tx;
    this.#tenantId = tenantId;
  }

  async byKey(key: string, since: Milliseconds): Promise<{ fingerprint: string; chatId: ChatId } | undefined> {
    return this.#rows().where({ idempotency_key: key }).where('at', '>', since).first({ fingerprint: 'fingerprint', chatId: 'chat_id' });
  }

  /** When a flow was last promised to a chat, under any of its names, that has not had its turn since `position`. */
  async promisedAt(sessionId: SessionId, chats: readonly ChatId[], flow: string, position: number): Promise<Milliseconds | undefined> {
    const query = this.#rows().where({ session_id: sessionId, flow }).whereIn('chat_id', chats).where('position', '>', position);
    const row = await query.max('at as last').first();
    return row?.last ?? undefined;
  }

  /** What is older than `since` goes. */
  async keep({ position, sessionId, chatId, flow, key, fingerprint, at }: Promised, since: Milliseconds): Promise<void> {
    const old = this.#rows().where('at', '<=', since).orderBy('at').limit(PRUNED_AT_ONCE).select('position');
    await this.#rows().whereIn('position', old).delete();
    if (key !== null) await this.#rows().where({ idempotency_key: key }).delete();
    await this.#tx.sql('flow_starts').insert({
      tenant_id: this.#tenantId,
      ...toRow(COLUMNS, { position, sessionId, chatId, flow, key, fingerprint, at }),
    });
  }

  #rows() {
    return this.#tx.sql('flow_starts').where({ tenant_id: this.#tenantId });
  }
}
