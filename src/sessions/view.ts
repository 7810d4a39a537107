import type { SessionId, TenantId } from '../core/ids.ts';
import { iso } from '../core/iso.ts';
import type { Milliseconds } from '../core/runtime.ts';
import { adviceFor } from './advice.ts';
import type { AccountFacts, EngineName } from './engine.ts';
import type { Session, SessionConfig } from './store.ts';
import type { SessionStatus } from './supervision/lifecycle.ts';
import type { PairingView } from './supervision/linking.ts';
import type { PasskeyView } from './supervision/passkey-request.ts';
import type { QrView } from './supervision/qr.ts';

/** A session as the API shows it. Times ISO 8601 UTC. */
export interface SessionView {
  id: SessionId;
  tenantId: TenantId;
  name: string;
  engine: EngineName;
  status: SessionStatus;
  /** Why it has this status: `qr-timeout`, `network`, `engine-unavailable: …`; null where that is plain. */
  reason: string | null;
  /** What a person can do about it; null where that is nothing. */
  advice: string | null;
  phone: string | null;
  pushName: string | null;
  /** What the account is; null until that is known. */
  account: { kind: NonNullable<AccountFacts['kind']> } | null;
  /** What WhatsApp lets the account do. `newChatsUntil`: until then it may write to nobody whom it has no chat with; null: it may. */
  limits: { newChatsUntil: string | null };
  /** When it last became connected. */
  connectedAt: string | null;
  lastInboundAt: string | null;
  /** While `disconnected`: when it is tried again. */
  nextAttemptAt: string | null;
  attempts: { made: number; succeeded: number };
  /** How it has fared, in ms. `uptimeMs` is of the connections that ended; the present one began at `connectedAt`. */
  stats: { timeToConnectMs: number | null; uptimeMs: number; restarts: Record<string, number> };
  /** That its browser held when it was looked at last; null where there is none, and until it was looked at. */
  memoryBytes: number | null;
  qr: { attempt: number; expiresAt: string } | null;
  /** While `pairing`; the code itself is told to whoever asked for it, and in `session.pairing-code`. */
  pairing: { expiresAt: string } | null;
  /** While `passkey`; what is to be signed is given to whoever asks for it. */
  passkey: { challengeExpiresAt: string; code: string | null } | null;
  config: SessionConfig;
  createdAt: string;
  updatedAt: string;
}

/** What a person is shown of it, while somebody has to do something. */
export interface Shown {
  qr: QrView | null;
  pairing: PairingView | null;
  passkey: PasskeyView | null;
}

export function sessionView(
  session: Session,
  { qr, pairing, passkey, memory }: Shown & { memory: number | null },
  now: Milliseconds,
): SessionView {
  const { accountKind, newChatsUntil } = session;
  return {
    id: session.id,
    tenantId: session.tenantId,
    name: session.name,
    engine: session.engine,
    status: session.status,
    reason: session.reason,
    advice: adviceFor(session.status, session.reason, passkey?.code),
    phone: session.phone,
    pushName: session.pushName,
    account: accountKind && { kind: accountKind },
    limits: { newChatsUntil: newChatsUntil !== null && newChatsUntil > now ? iso(newChatsUntil) : null },
    connectedAt: iso(session.connectedAt),
    lastInboundAt: iso(session.lastInboundAt),
    nextAttemptAt: iso(session.nextAttemptAt),
    attempts: { made: session.attemptsMade, succeeded: session.attemptsSucceeded },
    stats: { timeToConnectMs: session.connectMs, uptimeMs: session.upMs, restarts: session.restarts },
    memoryBytes: memory,
    qr: qr && { attempt: qr.attempt, expiresAt: qr.expiresAt },
    pairing: pairing && { expiresAt: pairing.expiresAt },
    passkey: passkey && { challengeExpiresAt: passkey.expiresAt, code: passkey.code },
    config: session.config,
    createdAt: iso(session.createdAt),
    updatedAt: iso(session.updatedAt),
  };
}
