import type { EventDraft, LedgerEvent } from '../core/events.ts';
import type { MessageId, SessionId, TenantId } from '../core/ids.ts';
import type { ChatId, MediaSource, MediaType, SendRequest } from '../core/message.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Tx } from '../db/tx.ts';

/** Where what happened to an endpoint is told; see ledger/. */
export interface EventLog {
  append(tx: Tx, drafts: readonly EventDraft[]): Promise<LedgerEvent[]>;
}

/** Work in a lane; see dispatch/lanes.ts. */
export interface LaneWork {
  kind: 'webhook' | 'replay';
  key: string;
  tenantId: TenantId;
  dueAt: Milliseconds;
  behind?: boolean;
  retry?: boolean;
}

/** Wake-ups for lanes of deliveries; see dispatch/lanes.ts. */
export interface Lanes {
  schedule(tx: Tx, work: readonly LaneWork[]): Promise<void>;
  retire(tx: Tx, prefix: string): Promise<void>;
}

/** A lane while it is pumped; see dispatch/lanes.ts for what `commit` asks of `work`. */
export interface Lane {
  readonly key: string;
  readonly tenantId: TenantId;
  commit(work: (tx: Tx) => Promise<Due>): Promise<void>;
}

/** When a lane is due next; `retryAt` when its head has failed before. */
export type Due = Milliseconds | { retryAt: Milliseconds } | null;

/** Whoever is told that an endpoint may have other slots than before; see dispatch/lanes.ts. */
export interface ConcurrencyGroups {
  recheck(kind: 'webhook', name: string): void;
}

/** Whether a URL may be called at all; see egress/. Rejects with `url-forbidden`. */
export interface UrlCheck {
  check(tenantId: TenantId, url: string): Promise<void>;
}

/** One request to a tenant's URL; see egress/client.ts. It never rejects. */
export interface WayOut {
  request(request: {
    tenantId: TenantId;
    method: 'POST';
    url: string;
    /** The tenant's, and the hub's own. */
    headers: Record<string, string>;
    own: Record<string, string>;
    body: string;
    deadline: number;
    repeatable: true;
  }): Promise<
    | {
        status: number;
        headers: Record<string, string | string[] | undefined>;
        body: Buffer;
        cut: boolean;
        broken: { error: ErrorClass; detail: string } | null;
      }
    | { error: ErrorClass; detail: string }
  >;
}

/** Whether a session is the tenant's, by its id or name; see sessions/. */
export interface KnownSessions {
  has(tenantId: TenantId, idOrName: string): Promise<boolean>;
}

/** Whose an address is; see messages/. */
export interface Addresses {
  /** The one form of an address; throws `recipient-invalid`, which names `path`. */
  read(address: string, path: string): ChatId;
  /** Every name of whoever has it, the given one first. */
  names(tenantId: TenantId, address: ChatId): Promise<ChatId[]>;
}

/** What an action shows on the phone; see sessions/. */
export interface ActionSessions {
  /** Rejects with `not-found`. */
  ref(tenantId: TenantId, sessionId: SessionId): Promise<SessionRef>;
  /** Another node of the cluster runs it. */
  isElsewhere(sessionId: SessionId): boolean;
  /** Null unless the session is connected here. */
  engineOf(sessionId: SessionId): { seen(chat: ChatId): Promise<void>; typing(chat: ChatId, on: boolean): Promise<void> } | null;
}

/** Where an action's message is put; see messages/outbox.ts. `Media` is a file that was made ready for its send. */
export interface ActionOutbox<Media> {
  /** What takes time about a file, before the transaction; `type` is what it is best sent as. Rejects with why it cannot be sent. */
  prepareMedia(tenantId: TenantId, source: MediaSource, type?: MediaType): Promise<{ media: Media; type: MediaType }>;
  enqueue(tx: Tx, session: SessionRef, send: SendRequest & { key: string }, media?: Media): Promise<{ id: MessageId }>;
}

/** Who keeps flows away from a chat that a person has; see flows/handoff.ts. */
export interface ActionHandoffs {
  beginWithin(tx: Tx, session: SessionRef, chat: ChatId, options: { pause?: Milliseconds; by: 'webhook' }): Promise<unknown>;
}

/** Who counts what is sent to endpoints; see ops/metrics.ts. */
export interface WebhookMeter {
  attempted(took: Milliseconds, errorClass: ErrorClass | null): void;
  ended(outcome: 'delivered' | 'dead'): void;
}

export type ErrorClass = 'dns' | 'connect' | 'tls' | 'timeout' | 'http' | 'too-large' | 'blocked';
