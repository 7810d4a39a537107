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
  passkey: Passkey | null;
}

/** What WhatsApp asks of the passkey of the account; time ISO 8601. */
export interface Passkey {
  expiresAt: string;
  /** Stands on the phone, too: whether they are the same is to be said. */
  code: string | null;
  /** It was signed; what is left is the code. */
  answered: boolean;
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
  /** What the passkey has signed, as the sessions take it; null: nobody will sign. Rejects with `passkey-unavailable`, `passkey-mismatch` and `passkey-expired`. */
  answerPasskey(tenantId: TenantId, sessionId: SessionId, credential: object | null): Promise<unknown>;
  /** Rejects with `passkey-unavailable` when no code is shown. */
  confirmPasskey(tenantId: TenantId, sessionId: SessionId, matches: boolean): Promise<unknown>;
}

/** What WhatsApp asks of the passkey of an account; time ISO 8601. */
export interface AskedPasskey {
  publicKey: { challenge: string; [member: string]: unknown };
  expiresAt: string;
  /** It was signed; what is left is the code. */
  answered: boolean;
}

/** What tokens for a passkey need of sessions. */
export interface PasskeySessions {
  /** Rejects with `not-found`, and with `passkey-unavailable` or `passkey-expired` where nothing is asked. */
  passkey(tenantId: TenantId, sessionId: SessionId): Promise<AskedPasskey>;
}
