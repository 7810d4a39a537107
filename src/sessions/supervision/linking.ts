/**
 * What a person is shown to link the phone, and for how long: QR codes that follow each other, or a pairing code that
 * was asked for and takes their place. All of it lives within one window; too many windows in vain and nobody is there.
 * After it the passkey of the account, where WhatsApp asks for it, which has a time of its own.
 */
import { iso } from '../../core/iso.ts';
import type { Milliseconds } from '../../core/runtime.ts';
import { answers, type PasskeyCredential, type PasskeyOptions } from '../passkey.ts';
import type { StatusChange } from '../store.ts';
import type { SessionStatus } from './lifecycle.ts';
import { type PasskeyRequest, passkeyExpired } from './passkey-request.ts';
import { type QrView, QrWindow } from './qr.ts';

/** A code to be typed on the phone; times ISO 8601. `restartsAt`: when the window closes and the session starts over. */
export interface PairingView {
  code: string;
  /** Digits: the account that may use it. */
  phone: string;
  issuedAt: string;
  expiresAt: string;
  restartsAt: string;
}

/** Told where the node changes while a phone is being linked: what was shown is worth nothing any more. Undefined where none was. */
export function linkingAnew(status: SessionStatus): StatusChange['events'] {
  if (!LINKING.includes(status)) return undefined;
  const text = 'The phone was being linked while its node stopped. It begins anew on another node: what was shown before is not valid.';
  const data = { reason: 'linking-anew', text, advice: 'Scan the new QR code, or ask for another pairing code.' };
  return [{ type: 'session.attention', data }];
}

const LINKING: readonly SessionStatus[] = ['qr', 'pairing', 'passkey', 'connecting'];

/** Why the phone has to be linked once more. */
export type PasskeyEnd = 'passkey-refused' | 'passkey-expired';

export interface LinkingOptions {
  /** Milliseconds that a person has, over all codes. */
  qrWindow: Milliseconds;
  /** Windows that are opened one after the other before the session fails with `qr-timeout`. */
  qrRounds: number;
}

export class Linking {
  readonly #options: LinkingOptions;
  #window: QrWindow | undefined;
  #qr: QrView | null = null;
  #pairing: PairingView | null = null;
  #passkey: PasskeyRequest | null = null;
  /** What nobody signed in time: who comes with it now is too late. */
  #expired: PasskeyOptions | null = null;
  #inVain: PasskeyEnd | null = null;
  #latest: string | undefined;
  #rounds = 0;

  constructor(options: LinkingOptions) {
    this.#options = options;
  }

  /** The QR code that is shown now. */
  get qr(): QrView | null {
    return this.#qr;
  }

  /** The pairing code that may be typed now. */
  get pairing(): PairingView | null {
    return this.#pairing;
  }

  /** What WhatsApp asked of the passkey in this attempt to link, answered or not. */
  get passkey(): PasskeyRequest | null {
    return this.#passkey;
  }

  /** What came of the last request for a passkey, where that was no link, until there is another one or somebody begins anew. */
  get inVain(): PasskeyEnd | null {
    return this.#inVain;
  }

  get endsAt(): Milliseconds {
    return this.#window?.endsAt ?? 0;
  }

  /** To be called as a QR code is made: by the time that it can be told there may be a newer one. */
  note(code: string): void {
    this.#latest = code;
  }

  /** Whether the QR code is still to be told. While somebody types a pairing code, none is. */
  isNews(code: string): boolean {
    return code === this.#latest && this.#pairing === null;
  }

  draw(code: string, issuedAt: Milliseconds, validFor: Milliseconds): Promise<QrView> {
    this.#window ??= new QrWindow(issuedAt, this.#options.qrWindow);
    return this.#window.show(code, issuedAt, validFor);
  }

  showQr(qr: QrView): void {
    this.#passkey = null;
    this.#qr = qr;
  }

  /** Whoever asks for a pairing code is there: the window begins anew. A code that takes the place of an older one ends with it. */
  pairingCode(code: string, phone: string, issuedAt: Milliseconds, validFor: Milliseconds): PairingView {
    if (this.#pairing?.phone !== phone || !this.#window) this.#window = new QrWindow(issuedAt, this.#options.qrWindow);
    const { endsAt } = this.#window;
    return {
      code,
      phone,
      issuedAt: iso(issuedAt),
      expiresAt: iso(Math.min(issuedAt + validFor, endsAt)),
      restartsAt: iso(endsAt),
    };
  }

  showPairing(pairing: PairingView): void {
    this.#qr = null;
    this.#pairing = pairing;
  }

  showPasskey(request: PasskeyRequest): void {
    this.hide();
    this.#inVain = null;
    this.#passkey = request;
  }

  /** The request that is still to be answered, by this credential where there is one. Null when there is none; throws as `check`. */
  passkeyFor(credential: PasskeyCredential | null, now: Milliseconds): PasskeyRequest | null {
    const late = this.#expired;
    if (credential && late && answers(credential, late)) throw passkeyExpired();
    const request = this.#passkey;
    if (!request || request.isAnswered) return null;
    if (credential) request.check(credential, now);
    return request;
  }

  /** Its time is over. */
  expirePasskey(): void {
    this.#expired = this.#passkey?.publicKey ?? null;
    this.#inVain = 'passkey-expired';
  }

  /** Somebody said no, or WhatsApp did. */
  refusePasskey(): void {
    this.#inVain = 'passkey-refused';
  }

  /** The window closed and nobody came. Whether another one is to be opened. */
  missed(): boolean {
    this.#rounds++;
    return this.#rounds < this.#options.qrRounds;
  }

  /** Nothing is shown any more. */
  hide(): void {
    this.#qr = null;
    this.#pairing = null;
  }

  /** The engine was stopped: what it shows next opens a new window. */
  close(): void {
    this.hide();
    this.#passkey = null;
    this.#window = undefined;
  }

  /** Somebody came, or asked for the session again. */
  beginAnew(): void {
    this.#rounds = 0;
    this.#inVain = null;
  }
}
