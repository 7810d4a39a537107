import type { Database } from './db/open.ts';
import { resealFlowSecrets } from './flows/secret-store.ts';
import { resealEndpoints } from './webhooks/reseal-store.ts';

/** Seals again, in one transaction, everything in the database that is sealed. Resolves with how many secrets there are. */
export function resealAll(db: Database, from: Buffer, to: Buffer): Promise<number> {
  return db.write(async (tx) => (await resealEndpoints(tx, from, to)) + (await resealFlowSecrets(tx, from, to)));
}
