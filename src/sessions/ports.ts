import type { Told } from '../core/arrival.ts';
import type { EventDraft } from '../core/events.ts';
import type { MediaId, MessageId } from '../core/ids.ts';
import type { LimitOf } from '../core/limits.ts';
import type { Milliseconds } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { Tx } from '../db/tx.ts';
import type { EngineHost, EngineName } from './engine.ts';

/** Who counts how sessions fare; see ops/metrics.ts. */
export interface SessionMeter {
  /** `cause`: why the engine had to start again; null when somebody asked for it. */
  attempted(engine: EngineName, cause: string | null): void;
  connected(engine: EngineName, took: Milliseconds): void;
}

/** What could not be mapped, or will never be stored. */
export interface Aside {
  stage: 'mapping' | 'storing';
  kind: 'message' | 'notice' | 'ack';
  raw: unknown;
  engineId: string | null;
  error: unknown;
}

/** What sessions need of the rest of the hub; plugged in by app.ts. */
export interface SessionPorts {
  /** How many sessions a tenant may have; any number where this is left out. */
  limitOf?: LimitOf;
  ledger: { append(tx: Tx, drafts: readonly EventDraft[]): Promise<unknown> };
  /**
   * Resolves when all of it is on disk, in this order and in one transaction; the same `engineId` twice is one message. Calls
   * `Sessions.touchInbound` in it, with `mark`: up to when (ms, by WhatsApp) the session has everything then, null where that
   * stays as it is.
   */
  inbound: { take(session: SessionRef, told: readonly Told[], mark: Milliseconds | null): Promise<void> };
  /** Resolves when it is on disk, in the quarantine. */
  setAside(session: SessionRef, aside: Aside): Promise<void>;
  outbound: {
    ack(session: SessionRef, ack: Parameters<EngineHost['ack']>[0]): Promise<void>;
    /** In the transaction that changes the settings of the session. */
    rescheduleLane(tx: Tx, session: SessionRef): Promise<void>;
    /** WhatsApp's id of a message that this session sent, null when there is no such message. */
    engineIdOf(session: SessionRef, messageId: MessageId): Promise<string | null>;
  };
  /** Keeps a picture (PNG) of what a session shows, and resolves with the id of its media; it goes with the session. */
  keepScreenshot(session: SessionRef, picture: Uint8Array): Promise<MediaId>;
  /** In the transaction that removes the session, before its row goes: the last moment to cancel and announce what waited, and to retire its lanes. */
  onDestroy(tx: Tx, session: SessionRef): Promise<void>;
  meter?: SessionMeter;
}
