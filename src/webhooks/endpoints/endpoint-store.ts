import type { Knex } from 'knex';
import type { TenantId } from '../../core/ids.ts';
import { type DialectName, locking } from '../../db/dialect.ts';
import type { Tx } from '../../db/tx.ts';
import type { Endpoint } from './endpoint.ts';

type Row = Record<string, unknown>;

export const toEndpoint = (row: Row): Endpoint => ({
  id: row.id as Endpoint['id'],
  tenantId: row.tenant_id as TenantId,
  url: row.url as string,
  description: row.description as string,
  events: JSON.parse(row.events as string),
  sessions: JSON.parse(row.sessions as string),
  ordering: row.ordering as Endpoint['ordering'],
  headers: JSON.parse(row.headers as string),
  secrets: JSON.parse(row.secrets as string),
  rateLimit: row.rate_limit as number | null,
  schedule: row.schedule === null ? null : JSON.parse(row.schedule as string),
  timeoutSeconds: row.timeout_seconds as number | null,
  signatures: JSON.parse(row.signatures as string),
  signingKeys: JSON.parse(row.signing_keys as string),
  pausedUntil: row.paused_until as number | null,
  failingSince: row.failing_since as number | null,
  resumedAt: row.resumed_at as number | null,
  disabledAt: row.disabled_at as number | null,
  disabledReason: row.disabled_reason as string | null,
  generation: row.generation as number,
  createdAt: row.created_at as number,
  updatedAt: row.updated_at as number,
});

const toRow = (endpoint: Endpoint): Row => ({
  id: endpoint.id,
  tenant_id: endpoint.tenantId,
  url: endpoint.url,
  description: endpoint.description,
  events: JSON.stringify(endpoint.events),
  sessions: JSON.stringify(endpoint.sessions),
  ordering: endpoint.ordering,
  headers: JSON.stringify(endpoint.headers),
  secrets: JSON.stringify(endpoint.secrets),
  rate_limit: endpoint.rateLimit,
  schedule: endpoint.schedule && JSON.stringify(endpoint.schedule),
  timeout_seconds: endpoint.timeoutSeconds,
  signatures: JSON.stringify(endpoint.signatures),
  signing_keys: JSON.stringify(endpoint.signingKeys),
  paused_until: endpoint.pausedUntil,
  failing_since: endpoint.failingSince,
  resumed_at: endpoint.resumedAt,
  disabled_at: endpoint.disabledAt,
  disabled_reason: endpoint.disabledReason,
  generation: endpoint.generation,
  created_at: endpoint.createdAt,
  updated_at: endpoint.updatedAt,
});

/** The endpoints of one tenant. */
export class EndpointReader {
  protected readonly sql: Knex;
  protected readonly tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId, _dialect?: DialectName) {
    this.sql = sql;
    this.tenantId = tenantId;
  }

  async get(id: string): Promise<Endpoint | undefined> {
    const row = await this.mine().where({ id }).first();
    return row && toEndpoint(row);
  }

  /** Oldest first, those after `after`. */
  async list(after: string, limit: number): Promise<Endpoint[]> {
    return (await this.mine().where('id', '>', after).orderBy('id').limit(limit)).map(toEndpoint);
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
    const row = await locking(this.mine().where({ id }).first(), this.#dialect);
    return row && toEndpoint(row);
  }

  async insert(endpoint: Endpoint): Promise<void> {
    await this.sql('webhook_endpoints').insert(toRow(endpoint));
  }

  async update(endpoint: Endpoint): Promise<void> {
    await this.mine().where({ id: endpoint.id }).update(toRow(endpoint));
  }

  /** Its deliveries go with it. False when the tenant has no such endpoint. */
  async remove(id: string): Promise<boolean> {
    return (await this.mine().where({ id }).delete()) === 1;
  }
}
