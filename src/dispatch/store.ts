import type { TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Database, Tx } from '../db/open.ts';
import type { LaneKind, LaneWork } from './lanes.ts';

export interface LaneRow {
  key: string;
  kind: LaneKind;
  tenant_id: TenantId;
  due_at: Milliseconds | null;
  /** 1 when the head has failed before. */
  retry: 0 | 1;
}

const ROWS_PER_INSERT = 200;

export class LaneStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** One process works all lanes here, so at its start it takes them all: what an older owner still writes comes to nothing. */
  async takeAll(token: string): Promise<void> {
    await this.#db.write(async (tx) => {
      await tx.sql('lanes').update({ token });
    });
  }

  /**
   * Makes the lanes that are new and brings `due_at` forward where the work is due earlier; with `behind` only where
   * nothing waited. Returns the keys of the lanes that it changed, each locked until the transaction ends, changed or not.
   */
  async schedule(tx: Tx, work: readonly LaneWork[], { token, behind }: { token: string; behind: boolean }): Promise<Set<string>> {
    const changed = new Set<string>();
    const rows = work.map(({ key, kind, tenantId, dueAt, retry }) => ({
      key,
      kind,
      tenant_id: tenantId,
      token,
      due_at: dueAt,
      retry: retry ? 1 : 0,
    }));
    for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
      const touched: { key: string }[] = await tx
        .sql('lanes')
        .insert(rows.slice(start, start + ROWS_PER_INSERT))
        .onConflict('key')
        .merge(['due_at'])
        .whereRaw(behind ? 'lanes.due_at IS NULL' : 'lanes.due_at IS NULL OR lanes.due_at > excluded.due_at')
        .returning('key');
      for (const { key } of touched) changed.add(key);
    }
    return changed;
  }

  /** False when the lane has another owner by now. Locks the row until the transaction ends. */
  async hold(tx: Tx, key: string, token: string): Promise<boolean> {
    const touched = await tx.sql('lanes').where({ key, token }).update({ due_at: null });
    return touched === 1;
  }

  async setDue(tx: Tx, key: string, { dueAt, retry }: { dueAt: Milliseconds; retry: 0 | 1 }): Promise<void> {
    await tx.sql('lanes').where({ key }).update({ due_at: dueAt, retry });
  }

  async retire(tx: Tx, prefix: string): Promise<void> {
    // Neither LIKE (`_` stands in every id and would match any letter) nor a range (Postgres compares by its locale).
    await tx.sql('lanes').whereRaw('substr(key, 1, ?) = ?', [prefix.length, prefix]).delete();
  }

  /** A page of the lanes with waiting work, those due first in front. */
  async waiting(before: Milliseconds, { limit, offset }: { limit: number; offset: number }): Promise<LaneRow[]> {
    return this.#db.sql<LaneRow>('lanes').where('due_at', '<=', before).orderBy(['due_at', 'key']).limit(limit).offset(offset);
  }
}
