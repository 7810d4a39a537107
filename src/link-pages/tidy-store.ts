import type { Knex } from 'knex';
import type { SessionId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';

interface Bounds {
  tenantId: TenantId;
  sessionId: SessionId;
  now: Milliseconds;
  most: number;
}

/** Removes what has a token here: of the tenant that whose time is over, and of the session that beyond the newest `most`. */
export async function tidy(sql: Knex, table: string, { tenantId, sessionId, now, most }: Bounds): Promise<void> {
  const mine = { tenant_id: tenantId };
  await sql(table).where(mine).andWhere('expires_at', '<=', now).delete();
  const newest = await sql(table)
    .where({ ...mine, session_id: sessionId })
    .orderBy('id', 'desc')
    .limit(most)
    .select('id');
  const last = newest.length === most ? newest.at(-1)?.id : undefined;
  if (last === undefined) return;
  await sql(table)
    .where({ ...mine, session_id: sessionId })
    .andWhere('id', '<', last)
    .delete();
}
