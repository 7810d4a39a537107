import type { Knex } from 'knex';
import type { PasskeyTokenId, SessionId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { type Columns, toRow } from '../db/columns.ts';
import type { Database } from '../db/open.ts';
import { tenantStore } from '../db/tenant-store.ts';
import type { Tx } from '../db/tx.ts';
import { tidy } from './tidy-store.ts';

/** A row of `passkey_tokens`. */
export interface PasskeyToken {
  id: PasskeyTokenId;
  tenantId: TenantId;
  sessionId: SessionId;
  tokenHash: string;
  /** Of the challenge that it is for. */
  challengeHash: string;
  createdAt: Milliseconds;
  expiresAt: Milliseconds;
}

const TABLE = 'passkey_tokens';

const COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  sessionId: 'session_id',
  tokenHash: 'token_hash',
  challengeHash: 'challenge_hash',
  createdAt: 'created_at',
  expiresAt: 'expires_at',
} as const satisfies Columns<PasskeyToken>;

class Reader {
  protected readonly sql: Knex;
  protected readonly tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId) {
    this.sql = sql;
    this.tenantId = tenantId;
  }
}

class Transactor extends Reader {
  constructor(tx: Tx, tenantId: TenantId) {
    super(tx.sql, tenantId);
  }

  async insert(token: PasskeyToken): Promise<void> {
    await this.sql(TABLE).insert(toRow(COLUMNS, { ...token, tenantId: this.tenantId }));
  }

  async tidy(sessionId: SessionId, bounds: { now: Milliseconds; most: number }): Promise<void> {
    await tidy(this.sql, TABLE, { tenantId: this.tenantId, sessionId, ...bounds });
  }
}

export const passkeyTokenStore = (db: Database) => tenantStore(db, { Reader, Transactor });

/** Whose it is is what it says itself. */
export class SystemPasskeyTokenStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async byToken(tokenHash: string): Promise<PasskeyToken | undefined> {
    return this.#db.sql(TABLE).select(COLUMNS).where({ token_hash: tokenHash }).first();
  }
}
