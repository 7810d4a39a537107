import type { Milliseconds } from '../core/runtime.ts';
import type { Database } from './open.ts';
import type { Tx } from './tx.ts';

/** The clock on the wall was set back by `by`. It shows `now`, and has shown nothing earlier than `since` after that. */
export interface SetBack {
  now: Milliseconds;
  by: Milliseconds;
  since: Milliseconds;
}

/** Instants before which something is not to be done, because it was put off for a while: none that somebody has asked for. */
export interface Instants {
  table: string;
  /** What tells the rows apart. */
  key: string;
  /** Columns, unique together, in whose order the rows are gone through: those of an index that holds few others. */
  order: readonly string[];
  column: string;
  /** What holds of all that are meant, in the very text of that index. */
  where?: string;
}

type Key = string | number;

/** Rows that one transaction moves: others have their turn in between. */
const BATCH = 200;

/**
 * Moves the instants that lie ahead back with the clock, so that what was put off waits for what is left of its while. What was put off
 * since then, by the clock as it is now, may be moved along: it is then done sooner. `moved`: what goes along in each transaction.
 */
export async function setBackInstants(
  db: Database,
  { table, key, order, column, where }: Instants,
  { now, by }: SetBack,
  moved: (tx: Tx, keys: readonly Key[]) => Promise<void> = async () => undefined,
): Promise<void> {
  let after: Key[] | undefined;
  for (;;) {
    const ahead = db.sql(table).whereNotNull(column).where(column, '>', now);
    if (where !== undefined) ahead.whereRaw(where);
    if (after) ahead.whereRaw(`(${order.join(', ')}) > (${order.map(() => '?').join(', ')})`, after);
    const rows: Record<string, Key>[] = await ahead
      .orderBy([...order])
      .limit(BATCH)
      .select(...new Set([key, ...order]));
    const last = rows.at(-1);
    if (!last) return;
    after = order.map((name) => last[name] as Key);
    const keys = rows.map((row) => row[key] as Key);
    await db.write(async (tx) => {
      // Looked for outside of the transaction: it may be done by now.
      const those = tx.sql(table).whereIn(key, keys).where(column, '>', now);
      await those.update({ [column]: tx.sql.raw('?? - ?', [column, by]) });
      await moved(tx, keys);
    });
  }
}
