import type { Knex } from 'knex';
import type { TenantId } from '../../core/ids.ts';

/** A file that rows have, whoever the tenant is. */
export interface NamedFile {
  tenantId: TenantId;
  /** Hexadecimal. */
  sha256: string;
}

const named = ({ sql }: { sql: Knex }) => sql('media').whereNotNull('sha256');

/** Each once, the oldest first: those are removed next. */
export async function allFiles(db: { sql: Knex }): Promise<NamedFile[]> {
  return named(db).select('tenant_id as tenantId', 'sha256').groupBy('tenant_id', 'sha256').orderByRaw('max(created_at)');
}

/** The newest, the newest first. */
export async function newestFiles(db: { sql: Knex }, limit: number): Promise<NamedFile[]> {
  return named(db).select('tenant_id as tenantId', 'sha256').orderBy('id', 'desc').limit(limit);
}

/** Whether a row has it. */
export async function isNamed(db: { sql: Knex }, { tenantId, sha256 }: NamedFile): Promise<boolean> {
  return (await named(db).where({ tenant_id: tenantId, sha256 }).first('id')) !== undefined;
}
