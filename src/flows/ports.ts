/** What the flows need of the rest of the hub. */
import type { EventDraft, EventType, LedgerEvent } from '../core/events.ts';
import type { MessageId, SessionId, TenantId } from '../core/ids.ts';
import type { TenantLimits } from '../core/limits.ts';
import type { ChatId, MessageView, SendRequest } from '../core/message.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Tx } from '../db/tx.ts';

export interface Ledger {
  append(tx: Tx, drafts: readonly EventDraft[]): Promise<readonly Pick<LedgerEvent, 'position'>[]>;
  follow(name: string, react: (tx: Tx, events: readonly LedgerEvent[]) => Promise<void>, types: readonly EventType[]): void;
}

/** When a lane is due next; null when nothing waits in it. `retryAt`: among those that wait for somebody outside. */
export type Due = Milliseconds | { retryAt: Milliseconds } | null;

export interface Lane {
  readonly key: string;
  readonly tenantId: TenantId;
  commit(work: (tx: Tx) => Promise<Due>): Promise<void>;
}

export interface Lanes {
  register(kind: 'flow', options: { concurrency: number; retries: number; pump: (lane: Lane) => Promise<void> }): void;
  schedule(tx: Tx, work: readonly { kind: 'flow'; key: string; tenantId: TenantId; dueAt: Milliseconds }[]): Promise<void>;
  retire(tx: Tx, prefix: string): Promise<void>;
  forget(tx: Tx, keys: readonly string[]): Promise<void>;
}

/** By which names WhatsApp calls a chat. */
export interface Addresses {
  /** All of them, the given one first. */
  names(tenantId: TenantId, chat: ChatId): Promise<ChatId[]>;
  /** The chat of an address as people write it, by the name under which the session knows it. Rejects with `recipient-invalid`. */
  chatOf(session: SessionRef, address: string): Promise<ChatId>;
}

export interface Sessions {
  /** Rejects with `not-found`. */
  ref(tenantId: TenantId, sessionId: SessionId): Promise<SessionRef>;
  /** Null unless the session is connected. */
  engineOf(sessionId: SessionId): { seen(chat: ChatId): Promise<void> } | null;
}

/** What holds for a tenant. */
export interface FlowSettings {
  /** Whether "typing…" is shown before what is said, where neither step nor flow says. */
  typing: boolean;
  /** How long flows leave a chat alone in which somebody has written on the phone. */
  phonePause: Milliseconds;
}

export type Reply = SendRequest & {
  to: ChatId;
  /** The same key is the same message, however often it is asked for. */
  key: string;
  /** The flow that says it. */
  flow: string;
};

/** What `prepare` has made of the media of a send. */
export type Prepared = unknown;

export interface Outbox {
  /** What accepting a send waits for, before any transaction. Rejects with what is wrong with its media. */
  prepare(tenantId: TenantId, send: SendRequest): Promise<Prepared>;
  /** Accepts a send in the caller's transaction; `prepared` belongs to one with media. */
  enqueue(tx: Tx, session: SessionRef, reply: Reply, prepared?: Prepared): Promise<{ id: MessageId }>;
}

/** One request to somebody outside; see egress/client.ts. It never rejects. */
export interface WayOut {
  request(request: {
    tenantId: TenantId;
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    url: string;
    /** The flow's, and the hub's own. */
    headers: Record<string, string>;
    own: Record<string, string>;
    body?: string | Buffer;
    deadline: number;
    maxBytes: number;
    whole: true;
  }): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: Buffer } | { error: string; detail: string }>;
}

/** Who counts turns; see ops/metrics.ts. `status`: what the run is after it. */
export interface FlowMeter {
  turn(status: 'waiting' | 'ended' | 'failed'): void;
  /** Work that was ended because it took too long, or too much memory. */
  bounded(task: string, bound: 'time' | 'memory'): void;
}

/** For explaining what became of a message, and for the contact's name. */
export interface Messages {
  /** Rejects with `not-found`. */
  get(tenantId: TenantId, messageId: MessageId): Promise<MessageView>;
  /** What came in last in a chat, which is known by `names`; null: nothing did. */
  lastOfContact(session: SessionRef, names: readonly ChatId[]): Promise<MessageView | null>;
}

/** The files of voice messages. `pending`: it is still to come. */
export interface Voices {
  read(tenantId: TenantId, mediaId: string, most: number): Promise<{ bytes: Buffer; mimetype: string } | { error: string } | 'pending'>;
}

/** Beginnings of the URLs that models may be asked at, `any` for all; none: no flow asks one. */
export type Models = readonly string[];

/** What a tenant may have of what this room keeps; null: any number. */
export type Limits = (tenantId: TenantId) => Promise<Pick<TenantLimits, 'flows' | 'patterns' | 'flowCharacters'>>;
