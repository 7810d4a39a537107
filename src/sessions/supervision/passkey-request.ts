import { HooklineError } from '../../core/errors.ts';
import { iso } from '../../core/iso.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { checkCredential, PASSKEY_VALID, type PasskeyCredential, type PasskeyOptions } from '../passkey.ts';

/** What a person is asked for, and the code that is compared; times ISO 8601. */
export interface PasskeyView {
  /** To be signed on https://web.whatsapp.com, as `PublicKeyCredential.parseRequestOptionsFromJSON` takes it. */
  publicKey: PasskeyOptions;
  expiresAt: string;
  /** Shown on the phone, too: it is to be said whether they are the same. */
  code: string | null;
  /** It was signed; what is left is the code. */
  answered: boolean;
}

export type PasskeyState = 'request' | 'answered' | 'code' | 'refused' | 'expired';

/** WhatsApp asks for the passkey of the account once: from the challenge to its end. */
export class PasskeyRequest {
  readonly publicKey: PasskeyOptions;
  readonly expiresAt: Milliseconds;
  isAnswered = false;
  #code: string | null = null;
  #isCompared = false;

  constructor(publicKey: PasskeyOptions, askedAt: Milliseconds, validFor: Milliseconds) {
    this.publicKey = publicKey;
    this.expiresAt = askedAt + Math.min(validFor, PASSKEY_VALID);
  }

  /** The code that is still to be compared. */
  get code(): string | null {
    return this.#isCompared ? null : this.#code;
  }

  /** Whether somebody still has to do something. */
  get isOpen(): boolean {
    return !this.isAnswered || this.code !== null;
  }

  show(code: string): void {
    this.#code = code;
    this.#isCompared = false;
  }

  compared(): void {
    this.#isCompared = true;
  }

  /** Throws `passkey-expired` and `passkey-mismatch` for a credential that is too late, or answers something else. */
  check(credential: PasskeyCredential, now: Milliseconds): void {
    if (now >= this.expiresAt) throw passkeyExpired();
    checkCredential(credential, this.publicKey);
  }

  view(): PasskeyView {
    return { publicKey: this.publicKey, expiresAt: iso(this.expiresAt), code: this.code, answered: this.isAnswered };
  }

  /** For the ledger. What is to be signed and what was signed stay out of it: they are for whoever asks for them. */
  event(state: PasskeyState, detail: string | null = null) {
    return { type: 'session.passkey' as const, data: { state, expiresAt: iso(this.expiresAt), code: this.code, detail } };
  }
}

export function passkeyExpired(): HooklineError {
  return new HooklineError(
    'passkey-expired',
    'The request for the passkey is over: WhatsApp takes an answer for ten minutes. Link the phone again; each attempt has a request of its own.',
  );
}
