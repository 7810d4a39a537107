/** What a person asks of a session that is being linked: codes to scan and to type, and what the passkey of the account signs. */
import { HooklineError } from '../core/errors.ts';
import type { SessionId, TenantId } from '../core/ids.ts';
import type { Clock } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import type { PasskeyCredential } from './passkey.ts';
import type { PairingView } from './supervision/linking.ts';
import { type PasskeyView, passkeyExpired } from './supervision/passkey-request.ts';
import type { QrView } from './supervision/qr.ts';
import type { Supervisor } from './supervision/supervisor.ts';
import type { SessionView } from './view.ts';

interface KnownSessions {
  ref(tenantId: TenantId, idOrName: string): Promise<SessionRef>;
  get(tenantId: TenantId, id: SessionId): Promise<SessionView>;
}

interface Supervised {
  clock: Clock;
  supervisor(id: SessionId): Supervisor | undefined;
  /** Waits for `work`, but no longer than an answer may take. */
  atMost(work: Promise<void>): Promise<void>;
}

export class LinkRequests {
  readonly #sessions: KnownSessions;
  readonly #supervised: Supervised;

  constructor(sessions: KnownSessions, supervised: Supervised) {
    this.#sessions = sessions;
    this.#supervised = supervised;
  }

  /** See `Sessions.qr`. */
  async qr(tenantId: TenantId, idOrName: string): Promise<QrView> {
    const { id, name } = await this.#sessions.ref(tenantId, idOrName);
    const supervisor = await this.#settled(id);
    if (supervisor?.qr) return supervisor.qr;
    throw notShown('qr-unavailable', await this.#sessions.get(tenantId, id), `Connect "${name}" to get a QR code.`);
  }

  /** See `Sessions.pair`. */
  async pair(tenantId: TenantId, idOrName: string, phone: string): Promise<PairingView> {
    const { id, name } = await this.#sessions.ref(tenantId, idOrName);
    const supervisor = await this.#settled(id);
    const pairing = await supervisor?.pair(phone);
    if (pairing) return pairing;
    throw notShown('pairing-unavailable', await this.#sessions.get(tenantId, id), `Connect "${name}" to link it by a pairing code.`);
  }

  /** See `Sessions.passkey`. */
  async passkey(tenantId: TenantId, idOrName: string): Promise<PasskeyView> {
    const { id } = await this.#sessions.ref(tenantId, idOrName);
    const supervisor = await this.#settled(id);
    const passkey = supervisor?.passkey;
    if (!passkey) throw notAsked(await this.#sessions.get(tenantId, id), 'passkey');
    if (this.#supervised.clock.now() >= Date.parse(passkey.expiresAt)) throw passkeyExpired();
    return passkey;
  }

  /** See `Sessions.answerPasskey`. */
  async answerPasskey(tenantId: TenantId, idOrName: string, credential: PasskeyCredential | null): Promise<SessionView> {
    const { id } = await this.#sessions.ref(tenantId, idOrName);
    if (await this.#supervised.supervisor(id)?.answerPasskey(credential)) return this.#sessions.get(tenantId, id);
    throw notAsked(await this.#sessions.get(tenantId, id), 'passkey');
  }

  /** See `Sessions.confirmPasskey`. */
  async confirmPasskey(tenantId: TenantId, idOrName: string, matches: boolean): Promise<SessionView> {
    const { id } = await this.#sessions.ref(tenantId, idOrName);
    if (await this.#supervised.supervisor(id)?.confirmPasskey(matches)) return this.#sessions.get(tenantId, id);
    throw notAsked(await this.#sessions.get(tenantId, id), 'code');
  }

  /** Who sees to it, when what is on its way has been waited for a little. */
  async #settled(id: SessionId): Promise<Supervisor | undefined> {
    const supervisor = this.#supervised.supervisor(id);
    if (supervisor) await this.#supervised.atMost(supervisor.settled());
    return supervisor;
  }
}

/** Why there is no code of this kind, and what to do. */
function notShown(code: 'qr-unavailable' | 'pairing-unavailable', session: SessionView, connect: string): HooklineError {
  const { name, status, reason, advice } = session;
  const why = status === 'failed' ? (advice ?? reason) : null;
  return new HooklineError(code, `The session "${name}" is ${status}. ${WHY_NO_CODE[status] ?? why ?? connect}`, {
    extra: { sessionStatus: status },
    ...(status === 'starting' && { retryAfter: 1 }),
  });
}

/** Why nothing is to be signed, or compared, and what to do. */
function notAsked(session: SessionView, what: 'passkey' | 'code'): HooklineError {
  const { name, status, advice } = session;
  const isAsked = status === 'passkey';
  const else_ = WHY_NO_PASSKEY[status] ?? advice ?? `Connect "${name}" and link its phone; WhatsApp asks then, or does not.`;
  const why = what === 'code' && isAsked ? 'WhatsApp shows no code to compare.' : isAsked ? 'It was signed already.' : else_;
  return new HooklineError('passkey-unavailable', `The session "${name}" is ${status}. ${why}`, { extra: { sessionStatus: status } });
}

const WHY_NO_PASSKEY: Partial<Record<SessionView['status'], string>> = {
  starting: 'What was asked before is over. Link the phone again when a code is shown.',
  qr: 'WhatsApp asks when the code is scanned, or does not.',
  pairing: 'WhatsApp asks when the code is typed, or does not.',
  connecting: 'The phone is being linked; nothing more is asked.',
  connected: 'It is linked; no passkey is asked for.',
};

const WHY_NO_CODE: Partial<Record<SessionView['status'], string>> = {
  starting: 'A code is about to be shown; ask again in a second.',
  passkey: 'A code was scanned or typed, and WhatsApp asks for the passkey of the account: see GET …/passkey.',
  pairing: 'A pairing code was asked for, to be typed on the phone. Restart the session to get a QR code instead.',
  connecting: 'The phone is being linked.',
  connected: 'It is linked; no code is needed.',
  disconnected: 'It connects again by itself.',
};
