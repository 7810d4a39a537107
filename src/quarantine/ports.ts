/** What this room needs of others; app.ts plugs it in. */
import type { EventDraft } from '../core/events.ts';
import type { SessionId, TenantId } from '../core/ids.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Tx } from '../db/tx.ts';
import type { Item } from './item.ts';

export interface QuarantinePorts {
  ledger: { append(tx: Tx, drafts: readonly EventDraft[]): Promise<unknown> };
  /** Makes ready to take one in after all; rejects, or what it returns does, when that fails as before. */
  again(item: Item): Promise<(tx: Tx) => Promise<void>>;
  /** Rejects with `not-found`. */
  session(tenantId: TenantId, idOrName: string): Promise<{ id: SessionId }>;
  /** Of every tenant: how long what was set aside is kept. */
  keep(): AsyncIterable<{ tenantId: TenantId; keep: { payload: Milliseconds } }>;
  meter?: { setAside(stage: string): void };
}
