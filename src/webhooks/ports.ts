import type { ForeignDialect } from '../core/dialects.ts';
import type { EventDraft, EventType, LedgerEvent } from '../core/events.ts';
import type { KeyId, MediaId, MessageId, SessionId, TenantId } from '../core/ids.ts';
import type { ChatId, MediaSource, MediaType, MessageView, SendRequest } from '../core/message.ts';
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

/** A look at a tenant's URL that is to be saved; see egress/client.ts. It never rejects. */
export interface Look {
  request(request: {
    tenantId: TenantId;
    method: 'GET';
    url: string;
    headers: Record<string, string>;
    deadline: number;
  }): Promise<{ status: number; body: Buffer } | { error: ErrorClass; detail: string }>;
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

/** The session of the tenant's that has this id or name, null where none has; see sessions/. */
export interface KnownSessions {
  idOf(tenantId: TenantId, idOrName: string): Promise<SessionId | null>;
}

/** Makes and ends keys that receivers call back with, which may send in one session and nothing else; see tenants/. */
export interface CallbackKeys {
  make(tx: Tx, tenantId: TenantId, of: { name: string; sessionId: SessionId }): Promise<{ id: KeyId; key: string }>;
  remove(tx: Tx, tenantId: TenantId, id: KeyId): Promise<void>;
}

/** What is said of how an endpoint is told in its dialect; see endpoints/dialect-options.ts. */
export type DialectOptions = Record<string, unknown>;

/** One request of those that tell of an event. */
export interface DialectRequest {
  /** That of the endpoint, where it is not given. */
  url?: string;
  /** Besides those of the hub, which go along, and instead of the tenant's own; in small letters. */
  headers?: Record<string, string>;
  body: string;
}

/** Whom a dialect tells of an event. */
export interface Told {
  url: string;
  /** Secrets opened. */
  options: DialectOptions;
  /** Of the endpoint, the newest one. */
  secret: string;
  /** Null where receivers are given none. */
  callbackKey: string | null;
  /** When the requests are made. */
  now: Milliseconds;
}

/** What a dialect may ask for besides the event. It is asked at each try: what is not there any more is null. */
export interface DialectFacts {
  /** The account of a session. */
  account(tenantId: TenantId, sessionId: SessionId): Promise<{ phone: string | null; pushName: string | null } | null>;
  message(tenantId: TenantId, messageId: MessageId): Promise<MessageView | null>;
  /** By WhatsApp's id. */
  called(tenantId: TenantId, sessionId: SessionId, engineId: string): Promise<MessageView | null>;
  /** In base64; null for what is not here, or too large to stand in a body. In the log a text stands in its place. */
  file(tenantId: TenantId, mediaId: MediaId): Promise<string | null>;
}

/** How events are told in the words of another product; see dialects/. */
export interface EventDialect {
  /** Whether such an endpoint is told of events of this type at all. */
  hears(type: EventType, options: DialectOptions): boolean;
  /**
   * Those that tell of it, in their order; none where there is nothing to tell. The same each time, as far as the facts are. Where it rejects by
   * itself the event cannot be told, and is not tried again.
   */
  requestsOf(event: LedgerEvent, told: Told, facts: DialectFacts): Promise<DialectRequest[]>;
  /**
   * What is asked (GET) of a URL that is to be saved, and what it is to answer, as text; null where nothing is. `challenge`: another one each time.
   */
  handshake?(url: string, options: DialectOptions, challenge: string): { url: string; answer: string } | null;
}

export type EventDialects = Partial<Record<ForeignDialect, EventDialect>>;

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

/** `dialect`: the event could not be told in the words of the endpoint's dialect, and nothing was asked. */
export type ErrorClass = 'dns' | 'connect' | 'tls' | 'timeout' | 'http' | 'too-large' | 'blocked' | 'dialect';
