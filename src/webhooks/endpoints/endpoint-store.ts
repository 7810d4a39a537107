import type { Knex } from 'knex';
import type { EndpointDialect } from '../../core/dialects.ts';
import type { SessionId, TenantId } from '../../core/ids.ts';
import { type Columns, fromRow, toRow } from '../../db/columns.ts';
import { type DialectName, locking } from '../../db/dialect.ts';
import type { Tx } from '../../db/tx.ts';
import type { Endpoint } from './endpoint.ts';

export const ENDPOINT_COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  url: 'url',
  description: 'description',
  events: 'events',
  sessions: 'sessions',
  filter: 'filter',
  ordering: 'ordering',
  headers: 'headers',
  secrets: 'secrets',
  rateLimit: 'rate_limit',
  schedule: 'schedule',
  timeoutSeconds: 'timeout_seconds',
  signatures: 'signatures',
  signingKeys: 'signing_keys',
  dialect: 'dialect',
  dialectOptions: 'dialect_options',
  callbackKey: 'callback_key',
  pausedUntil: 'paused_until',
  failingSince: 'failing_since',
  resumedAt: 'resumed_at',
  disabledAt: 'disabled_at',
  disabledReason: 'disabled_reason',
  generation: 'generation',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const satisfies Columns<Endpoint>;

const JSON_COLUMNS = [
  ...(['events', 'sessions', 'filter', 'headers', 'secrets', 'schedule', 'signatures', 'signingKeys'] as const),
  ...(['dialectOptions', 'callbackKey'] as const),
];

export const toEndpoint = fromRow<Endpoint>(ENDPOINT_COLUMNS, ...JSON_COLUMNS);

/** The endpoints of one tenant. */
export class EndpointReader {
  protected readonly sql: Knex;
  protected readonly tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId, _dialect?: DialectName) {
    this.sql = sql;
    this.tenantId = tenantId;
  }

  async get(id: string): Promise<Endpoint | undefined> {
    const row = await this.mine().where({ id }).first(ENDPOINT_COLUMNS);
    return row && toEndpoint(row);
  }

  /** Oldest first, those after `after`. */
  async list(after: string, limit: number): Promise<Endpoint[]> {
    return (await this.mine().where('id', '>', after).orderBy('id').limit(limit).select(ENDPOINT_COLUMNS)).map(toEndpoint);
  }

  /** The oldest one in this dialect that hears of this session alone. */
  async ofSession(sessionId: SessionId, dialect: EndpointDialect): Promise<Endpoint | undefined> {
    const alone = JSON.stringify([sessionId]);
    const row = await this.mine().where({ dialect, sessions: alone }).orderBy('id').first(ENDPOINT_COLUMNS);
    return row && toEndpoint(row);
  }

  async count(): Promise<number> {
    return Number((await this.mine().count({ n: '*' }).first())?.n ?? 0);
  }

  protected mine(): Knex.QueryBuilder {
    return this.sql('webhook_endpoints').where({ tenant_id: this.tenantId });
  }
}

export class EndpointTransactor extends EndpointReader {
  readonly #dialect: DialectName;

  constructor(tx: Tx, tenantId: TenantId) {
    super(tx.sql, tenantId);
    this.#dialect = tx.dialect;
  }

  /** Nobody else changes it before this transaction has ended. */
  async hold(id: string): Promise<Endpoint | undefined> {
    const row = await locking(this.mine().where({ id }).first(ENDPOINT_COLUMNS), this.#dialect);
    return row && toEndpoint(row);
  }

  async insert(endpoint: Endpoint): Promise<void> {
    await this.sql('webhook_endpoints').insert(toRow(ENDPOINT_COLUMNS, endpoint));
  }

  async update(endpoint: Endpoint): Promise<void> {
    await this.mine().where({ id: endpoint.id }).update(toRow(ENDPOINT_COLUMNS, endpoint));
  }

  /** Its deliveries go with it. False when the tenant has no such endpoint. */
  async remove(id: string): Promise<boolean> {
    return (await this.mine().where({ id }).delete()) === 1;
  }
}
