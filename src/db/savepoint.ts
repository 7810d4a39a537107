import { isRetryable, storageFailure } from './dialect.ts';
import { rowsOf } from './rows.ts';
import type { Tx } from './tx.ts';

/** Runs `work` as a part of the transaction and undoes whatever it wrote. Rejects as `tryWithin` does. */
export async function rehearse(tx: Tx, work: () => Promise<unknown>): Promise<void> {
  await tryWithin(tx, async () => {
    await work();
    throw new Undone();
  });
}

class Undone extends Error {}

/**
 * Runs `work` as a part of the transaction that may fail by itself: what it wrote is undone, the rest goes on. Rejects
 * only with what ends the whole transaction (a full disk, a conflict that is worth another run).
 */
export function tryWithin<T>(tx: Tx, work: () => Promise<T>): Promise<{ value: T } | { error: unknown }> {
  return tx.alone(() => inSavepoint(tx, work));
}

async function inSavepoint<T>(tx: Tx, work: () => Promise<T>): Promise<{ value: T } | { error: unknown }> {
  await rowsOf(tx.sql, 'SAVEPOINT part', []);
  try {
    const value = await work();
    await rowsOf(tx.sql, 'RELEASE SAVEPOINT part', []);
    return { value };
  } catch (error) {
    if (storageFailure(error) || isRetryable(error)) throw error;
    await rowsOf(tx.sql, 'ROLLBACK TO SAVEPOINT part', []);
    await rowsOf(tx.sql, 'RELEASE SAVEPOINT part', []);
    return { error };
  }
}
