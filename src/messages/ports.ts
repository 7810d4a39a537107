/** What this room needs of others; app.ts plugs it in. */
import type { Directory } from '../core/directory.ts';
import type { EventDraft } from '../core/events.ts';
import type { SessionId, TenantId } from '../core/ids.ts';
import type { LimitOf } from '../core/limits.ts';
import type { ChatId, OutgoingMessage } from '../core/message.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Tally } from '../core/tally.ts';
import type { Tx } from '../db/tx.ts';

export interface Ledger {
  append(tx: Tx, drafts: readonly EventDraft[]): Promise<unknown>;
}

export interface Lanes {
  schedule(tx: Tx, work: readonly { kind: 'send'; key: string; tenantId: TenantId; dueAt: Milliseconds }[]): Promise<void>;
  retire(tx: Tx, prefix: string): Promise<void>;
}

/** A lane while its pump runs: fenced, so what `commit` writes is written by the lane's only owner. */
export interface Lane {
  readonly key: string;
  readonly tenantId: TenantId;
  commit(work: (tx: Tx) => Promise<Milliseconds | null>): Promise<void>;
}

/** How many messages of a tenant may wait to be sent, and do. */
export interface Queue {
  limitOf: LimitOf;
  tally: Tally;
}

/**
 * The part of an engine that sends. When `send` rejects, the `stage` of its error (core/errors.ts) says whether the message
 * has perhaps been sent; without one it has.
 */
export interface SendingEngine {
  reserveId(to: ChatId): string;
  send(message: OutgoingMessage): Promise<{ engineId: string }>;
  findSent(engineId: string): Promise<'sent' | 'absent' | 'unsure'>;
  typing(chat: ChatId, on: boolean): Promise<void>;
  exists(address: ChatId): Promise<{ exists: boolean; chatId: ChatId | null; lid: ChatId | null; phone: string | null }>;
  /** Until when WhatsApp does not let the account write there, as it would be a new chat; null: it may. */
  newChatUntil(chat: ChatId): Promise<Milliseconds | null>;
}

/** The part of an engine that answers for people, chats and groups. Each call has a deadline of its own. */
export interface ChattingEngine extends Pick<SendingEngine, 'typing' | 'exists'> {
  readonly directory: Directory;
  recording(chat: ChatId, on: boolean): Promise<void>;
  seen(chat: ChatId): Promise<void>;
  unseen(chat: ChatId): Promise<void>;
}

/** Where to send what is for an address. Its errors say by their stage whether it may work later or never will. */
export interface Addresses {
  resolve(session: SessionRef, chatId: ChatId, engine: SendingEngine): Promise<ChatId>;
}

/** A session with its settings, of which `pacing` is read here, and until when its account may begin no new chats. */
export type ConfiguredSession = SessionRef & { config: Record<string, unknown>; newChatsUntil: Milliseconds | null };

export interface Sessions {
  /** Null unless the session is connected. */
  engineOf(sessionId: SessionId): SendingEngine | null;
  /** Rejects with `not-found`. */
  ref(tenantId: TenantId, sessionId: SessionId): Promise<SessionRef>;
  configured(tenantId: TenantId, sessionId: SessionId): Promise<ConfiguredSession>;
  /** Notes when the session last received something, and up to when (ms, by WhatsApp) it has everything; null: as before. */
  touchInbound(tx: Tx, sessionId: SessionId, at: Milliseconds, mark: Milliseconds | null): Promise<void>;
}

/** Throws `session-not-connected`. */
export interface ConnectedSessions {
  connectedEngine(sessionId: SessionId): ChattingEngine;
}

/** As far as whoever sends nothing itself has to know. */
export type SessionFacts = Pick<Sessions, 'ref' | 'configured'> & {
  /** Wherever it runs. */
  isConnected(sessionId: SessionId): Promise<boolean>;
};
