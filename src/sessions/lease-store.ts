import { HooklineError } from '../core/errors.ts';
import type { SessionId } from '../core/ids.ts';
import { locking } from '../db/dialect.ts';
import type { Tx } from '../db/tx.ts';
import type { SessionToken } from './options.ts';

/**
 * Rejects with `owner-unreachable` where another node has the session than the one with this token, with `not-found` where it was deleted. Until the
 * transaction ends it stays so.
 */
export async function holdLease(tx: Tx, id: SessionId, { nodeId, generation }: SessionToken): Promise<void> {
  const lease = tx.sql('session_leases').where({ session_id: id, node_id: nodeId, generation });
  if (await locking(lease.first('generation'), tx.dialect)) return;
  if (await tx.sql('whatsapp_instances').where({ id }).first('id')) throw notOurs();
  throw new HooklineError('not-found', 'The session was deleted meanwhile.');
}

export const notOurs = (): HooklineError =>
  new HooklineError('owner-unreachable', 'Another node runs this session by now. Nothing was stored.', { retryAfter: 5 });
