/** What the flows need of the rest of the hub. */
import type { EventDraft, EventType, LedgerEvent } from '../core/events.ts';
import type { MessageId, SessionId, TenantId } from '../core/ids.ts';
import type { ChatId } from '../core/message.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Tx } from '../db/open.ts';

export interface Ledger {
  append(tx: Tx, drafts: readonly EventDraft[]): Promise<unknown>;
  follow(name: string, react: (tx: Tx, events: readonly LedgerEvent[]) => Promise<void>, types: readonly EventType[]): void;
}

export interface Lane {
  readonly key: string;
  readonly tenantId: TenantId;
  commit(work: (tx: Tx) => Promise<Milliseconds | null>): Promise<void>;
}

export interface Lanes {
  register(kind: 'flow', options: { concurrency: number; pump: (lane: Lane) => Promise<void> }): void;
  schedule(tx: Tx, work: readonly { kind: 'flow'; key: string; tenantId: TenantId; dueAt: Milliseconds }[]): Promise<void>;
  retire(tx: Tx, prefix: string): Promise<void>;
}

export interface Sessions {
  /** Rejects with `not-found`. */
  ref(tenantId: TenantId, sessionId: SessionId): Promise<SessionRef>;
}

export interface Reply {
  to: ChatId;
  type: 'text';
  text: string;
  /** Typing indicator before it: true for as long as the text asks for, or milliseconds. */
  typing: boolean | Milliseconds;
  /** The same key is the same message, however often it is asked for. */
  key: string;
}

export interface Outbox {
  /** Accepts a send in the caller's transaction. */
  enqueue(tx: Tx, session: SessionRef, reply: Reply): Promise<{ id: MessageId }>;
}
