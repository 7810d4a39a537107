/** What the media need of others; app.ts plugs it in. */
import type { SessionId, TenantId } from '../../core/ids.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import type { SessionRef } from '../../core/session.ts';
import type { Tx } from '../../db/tx.ts';
import type { Ledger } from '../ports.ts';
import type { MediaSettings } from './media.ts';

interface Lanes {
  schedule(tx: Tx, work: readonly { kind: 'media'; key: string; tenantId: TenantId; dueAt: Milliseconds }[]): Promise<void>;
  retire(tx: Tx, prefix: string): Promise<void>;
}

interface Sessions {
  /** Null unless the session is connected. */
  engineOf(sessionId: SessionId): { fetchMedia(engineId: string): Promise<AsyncIterable<Uint8Array>> } | null;
  /** Rejects with `not-found`. */
  ref(tenantId: TenantId, sessionId: SessionId): Promise<SessionRef>;
}

/** The one way out of the hub. */
interface Egress {
  /** Rejects with `url-forbidden`. */
  check(tenantId: TenantId, url: string, path?: string): Promise<void>;
  /** Guarded at every hop; nothing rejects. The body throws what broke it off. */
  download(request: {
    tenantId: TenantId;
    url: string;
    deadline: Milliseconds;
    idle: Milliseconds;
    signal?: AbortSignal;
  }): Promise<
    | { headers: Record<string, string | string[] | undefined>; body: AsyncIterable<Uint8Array> }
    | { error: string; detail: string; status?: number }
  >;
}

export interface MediaPorts {
  ledger: Ledger;
  lanes: Lanes;
  sessions: Sessions;
  egress: Egress;
  settingsOf(tenantId: TenantId): Promise<MediaSettings>;
}
