import type { Knex } from 'knex';
import type { SessionId } from '../../core/ids.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Columns } from '../../db/columns.ts';
import type { EngineName } from '../engine.ts';
import type { SessionStatus } from '../supervision/lifecycle.ts';

/** A session as the directory of its login knows it. */
export interface Profile extends SessionRef {
  engine: EngineName;
  profile: string;
  /** It was linked, and nothing has put an end to that: a login is to be there. */
  isLinked: boolean;
}

type Row = Omit<Profile, 'isLinked'> & { status: SessionStatus; phone: string | null };

const COLUMNS = {
  id: 'id',
  tenantId: 'tenant_id',
  name: 'name',
  engine: 'engine',
  profile: 'profile',
  status: 'status',
  phone: 'phone',
} as const satisfies Columns<Row>;

/** Of all tenants, in the order in which they were made. */
export async function allProfiles({ sql }: { sql: Knex }): Promise<Profile[]> {
  const rows: Row[] = await sql('whatsapp_instances').select(COLUMNS).orderBy('id');
  return rows.map(({ status, phone, ...profile }) => ({ ...profile, isLinked: phone !== null && status !== 'loggedOut' }));
}

/** Those that a node of a cluster has. */
export async function ownedSessions({ sql }: { sql: Knex }): Promise<SessionId[]> {
  return sql('session_leases').whereNotNull('node_id').pluck('session_id');
}

/** The number of the last owner of each session, where nodes have had them. */
export async function generations({ sql }: { sql: Knex }): Promise<Map<SessionId, number>> {
  const rows: { id: SessionId; generation: number }[] = await sql('session_leases').select({ id: 'session_id', generation: 'generation' });
  return new Map(rows.map(({ id, generation }) => [id, generation]));
}

/** None connects by itself at the next start. */
export async function stopAllSessions({ sql }: { sql: Knex }): Promise<void> {
  await sql('whatsapp_instances').update({ desired: 'stopped' });
}

export async function isThere({ sql }: { sql: Knex }, id: SessionId): Promise<boolean> {
  return (await sql('whatsapp_instances').where({ id }).first('id')) !== undefined;
}
