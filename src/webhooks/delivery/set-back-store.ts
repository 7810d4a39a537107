import type { Database } from '../../db/open.ts';
import { type SetBack, setBackInstants } from '../../db/set-back.ts';

/** What waits for its next try, and endpoints that asked to be left alone for a while. */
export async function setBackWebhooks(db: Database, back: SetBack): Promise<void> {
  const pending = { table: 'webhook_deliveries', key: 'ordinal', order: ['lane', 'event_position'], column: 'due_at' };
  await setBackInstants(db, pending, back);
  await setBackInstants(db, { table: 'webhook_endpoints', key: 'id', order: ['id'], column: 'paused_until' }, back);
}
