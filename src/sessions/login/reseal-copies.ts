import { keyIdOf } from '../../core/seal.ts';
import type { Database } from '../../db/open.ts';
import { resealed } from './backup.ts';
import { CopyTable, copiesUnder } from './copy-table-store.ts';

/**
 * Seals the newest copy of each login with another key, beside those under the former one, so that whoever is cut off has both. Where that is
 * done already nothing happens. To be called while no hub runs. Resolves with how many there were; `failed`: told of each that does not open.
 */
export async function resealCopies(db: Database, from: Buffer, to: Buffer, failed: (error: unknown) => void): Promise<number> {
  const store = new CopyTable(db);
  const found = await copiesUnder(db, keyIdOf(from));
  for (const { login, copy } of found) {
    const { tenantId, engine, profile } = login;
    const bytes = resealed(store.read(login, copy), { tenantId, engine, key: from, copyOf: profile }, to);
    const { generation } = copy;
    await store.add(login, { at: copy.at + 1, generation, keyId: keyIdOf(to), keep: Number.POSITIVE_INFINITY }, bytes).catch(failed);
  }
  return found.length;
}
