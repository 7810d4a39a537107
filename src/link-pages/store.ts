import type { Knex } from 'knex';
import type { LinkPageId, SessionId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { type Columns, fromRow, toRow } from '../db/columns.ts';
import type { Database } from '../db/open.ts';
import { tenantStore } from '../db/tenant-store.ts';
import type { Tx } from '../db/tx.ts';
import { tidy } from './tidy-store.ts';

export type Locale = 'en' | 'pt' | 'es';

/** A row of `link_pages`. */
export interface LinkPage {
  id: LinkPageId;
  tenantId: TenantId;
  sessionId: SessionId;
  tokenHash: string;
  browserHash: string | null;
  connectsBefore: number;
  /** Null: the one of the browser. */
  locale: Locale | null;
  redirectUrl: string | null;
  /** Origins of the pages that may show this one in a frame. */
  frameAncestors: string[];
  createdAt: Milliseconds;
  expiresAt: Milliseconds;
}

const TABLE = 'link_pages';

const COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  sessionId: 'session_id',
  tokenHash: 'token_hash',
  browserHash: 'browser_hash',
  connectsBefore: 'connects_before',
  locale: 'locale',
  redirectUrl: 'redirect_url',
  frameAncestors: 'frame_ancestors',
  createdAt: 'created_at',
  expiresAt: 'expires_at',
} as const satisfies Columns<LinkPage>;

const toPage = fromRow<LinkPage>(COLUMNS, 'frameAncestors');

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

  async insert(page: LinkPage): Promise<void> {
    await this.sql(TABLE).insert(toRow(COLUMNS, { ...page, tenantId: this.tenantId }));
  }

  async tidy(sessionId: SessionId, bounds: { now: Milliseconds; most: number }): Promise<void> {
    await tidy(this.sql, TABLE, { tenantId: this.tenantId, sessionId, ...bounds });
  }

  /** False when a browser has opened it already. */
  async bind(id: LinkPageId, browserHash: string): Promise<boolean> {
    const bound = await this.sql(TABLE)
      .where({ tenant_id: this.tenantId, id })
      .whereNull('browser_hash')
      .update({ browser_hash: browserHash });
    return bound === 1;
  }
}

export const linkPageStore = (db: Database) => tenantStore(db, { Reader, Transactor });

/** Whose page it is is what its token says. */
export class SystemLinkPageStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  async byToken(tokenHash: string): Promise<LinkPage | undefined> {
    const row = await this.#db.sql(TABLE).select(COLUMNS).where({ token_hash: tokenHash }).first();
    return row && toPage(row);
  }
}
