import type { Knex } from 'knex';
import type { TenantId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Place, Reseal } from '../../core/seal.ts';
import type { Database } from '../../db/open.ts';
import { type TenantStore, tenantStore } from '../../db/tenant-store.ts';
import type { Tx } from '../../db/tx.ts';

class SecretReader {
  readonly sql: Knex;
  readonly tenantId: TenantId;

  constructor(sql: Knex, tenantId: TenantId) {
    this.sql = sql;
    this.tenantId = tenantId;
  }

  async list({ after, limit }: { after?: string; limit?: number }): Promise<{ name: string; updatedAt: Milliseconds }[]> {
    const query = this.sql('flow_secrets')
      .where('tenant_id', this.tenantId)
      .orderBy('name')
      .select({ name: 'name', updatedAt: 'updated_at' });
    if (after !== undefined) query.where('name', '>', after);
    if (limit !== undefined) query.limit(limit);
    return query;
  }

  async sealed(names: readonly string[]): Promise<{ name: string; sealed: string }[]> {
    return this.sql('flow_secrets')
      .where('tenant_id', this.tenantId)
      .whereIn('name', [...names])
      .select('name', 'sealed');
  }
}

class SecretTransactor extends SecretReader {
  constructor(tx: Tx, tenantId: TenantId) {
    super(tx.sql, tenantId);
  }

  async save(name: string, sealed: string, now: Milliseconds): Promise<void> {
    await this.sql('flow_secrets')
      .insert({ tenant_id: this.tenantId, name, sealed, updated_at: now })
      .onConflict(['tenant_id', 'name'])
      .merge(['sealed', 'updated_at']);
  }

  /** False when there was none. */
  async remove(name: string): Promise<boolean> {
    return (await this.sql('flow_secrets').where({ tenant_id: this.tenantId, name }).delete()) > 0;
  }
}

export type SecretStore = TenantStore<SecretReader, SecretTransactor>;

export const secretStore = (db: Database): SecretStore => tenantStore(db, { Reader: SecretReader, Transactor: SecretTransactor });

export const secretPlace = (tenantId: TenantId, name: string): Place => ({ tenantId, purpose: 'flow-secret', of: [name] });

/** Seals the secrets of every tenant again, in the caller's transaction; see webhooks/reseal-store.ts. Resolves with how many there are. */
export async function resealFlowSecrets({ sql }: Pick<Tx, 'sql'>, again: Reseal): Promise<number> {
  const rows: { tenantId: TenantId; name: string; sealed: string }[] = await sql('flow_secrets').select({
    tenantId: 'tenant_id',
    name: 'name',
    sealed: 'sealed',
  });
  for (const { tenantId, name, sealed } of rows)
    await sql('flow_secrets')
      .where({ tenant_id: tenantId, name })
      .update({ sealed: again(sealed, secretPlace(tenantId, name)) });
  return rows.length;
}

/** One of the seals of flow secrets; undefined where there is none. */
export async function sealOfFlowSecrets({ sql }: Pick<Tx, 'sql'>): Promise<string | undefined> {
  const row: { sealed: string } | undefined = await sql('flow_secrets').first('sealed');
  return row?.sealed;
}
