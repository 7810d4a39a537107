/** What this room needs of others; app.ts plugs it in. */
import type { TenantId } from '../core/ids.ts';
import type { ChatId } from '../core/message.ts';
import type { Eraser } from '../core/person.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { Tx } from '../db/tx.ts';

export interface ErasurePorts {
  lanes: { schedule(tx: Tx, work: readonly { kind: 'erasure'; key: string; tenantId: TenantId; dueAt: Milliseconds }[]): Promise<void> };
  /** Every name of a person, the given one first. */
  names(tenantId: TenantId, chat: ChatId): Promise<ChatId[]>;
  /** In their order: what one of them leaves the next may still ask for. */
  erasers: readonly Eraser[];
}

export type Due = Milliseconds | { retryAt: Milliseconds } | null;

/** A lane while it is pumped; see dispatch/lanes.ts. */
export interface Lane {
  readonly key: string;
  readonly tenantId: TenantId;
  commit(work: (tx: Tx) => Promise<Due>): Promise<void>;
}
