import type { SessionId, TenantId } from '../core/ids.ts';

/** A session that is being linked, as much of it as a link page needs. */
export interface Linking {
  session: {
    id: SessionId;
    name: string;
    status: string;
    reason: string | null;
    phone: string | null;
    attempts: { succeeded: number };
  };
  qr: Code | null;
  pairing: Code | null;
}

/** A code to scan or to type; times ISO 8601. `restartsAt`: when the window closes in which it has to happen. */
export interface Code {
  code: string;
  expiresAt: string;
  restartsAt: string;
}

/** What link pages need of sessions. Each rejects with `not-found` where there is none. */
export interface LinkedSessions {
  linking(tenantId: TenantId, sessionId: SessionId): Promise<Linking>;
  connect(tenantId: TenantId, sessionId: SessionId): Promise<unknown>;
  restart(tenantId: TenantId, sessionId: SessionId): Promise<unknown>;
  /** Rejects with `pairing-unavailable` unless the session waits to be linked. */
  pair(tenantId: TenantId, sessionId: SessionId, phone: string): Promise<unknown>;
}
