/**
 * Watches how a page stands with WhatsApp, and says what changed: it looks again and again, and whatever wppconnect
 * signals only brings the next look forward. (Its signals alone mislead: `inChat` comes before anybody has scanned,
 * `disconnectedMobile` comes falsely a second into every login, and a conflict is signalled nowhere but on the socket.)
 */
import type { Clock, Milliseconds } from '../../../core/runtime.ts';
import type { AccountFacts, CloseReason, EngineHost } from '../../engine.ts';
import type { PasskeyOptions } from '../../passkey.ts';
import type { Gate } from './page/page-gate.ts';
import { type Look, standing } from './wire/map-event.ts';
import type { Own } from './wire/map-message.ts';

export interface Watched {
  clock: Clock;
  host: Pick<EngineHost, 'qr' | 'pairingCode' | 'passkey' | 'passkeyCode' | 'scanned' | 'opened' | 'account'>;
  /** One look at the page; rejects while there is nothing to see, such as during a reload. */
  look(): Promise<Look>;
  end(reason: CloseReason, detail: string): void;
  /** Another WhatsApp Web has the login: whether it is being taken back. */
  takeBack(): boolean;
  /** The page of an open connection is being loaded anew, and then is back: what came between was heard by nobody. */
  interrupted(): void;
  resumed(): void;
}

/** WhatsApp takes the first code of a page for a minute and each one after it for 20 s. */
const FIRST_CODE = 60_000;
const LATER_CODE = 20_000;
/** wa-js asks for another pairing code a little after this. */
const PAIRING_CODE = 180_000;
const LOOK_EVERY = 1_000;
const LOOK_EVERY_WHEN_OPEN = 5_000;
/** A login that is just being made, and a page that loads, look unlinked for a moment. */
const UNLINKED_FOR_GOOD = 1_500;

/** What WhatsApp may take to give a login back. */
const TAKING_BACK = 5_000;

export class Watch {
  readonly #watched: Watched;
  #stopped = false;
  #looking = false;
  #again = false;
  #next: { cancel(): void } | null = null;
  #codes = 0;
  #pairingCode: string | null = null;
  #scanned = false;
  /** How it stands with the passkey of the account, where WhatsApp asks for it. */
  #gate: 'none' | 'asked' | 'withdrawn' | 'answered' = 'none';
  #gateCode: string | null = null;
  /** The QR code that WhatsApp Web has made meanwhile: it goes on with that behind its question. */
  #behind: string | null = null;
  #wasLinked = false;
  #unlinkedSince: Milliseconds | null = null;
  #open = false;
  #takingBackUntil: Milliseconds = 0;
  #isReloading = false;
  #own: Own | null = null;
  #facts: AccountFacts | null = null;

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Whether the connection was opened; that its socket may be down for a while does not take this back. */
  get isOpen(): boolean {
    return this.#open && !this.#stopped;
  }

  /** Whose account it is, once that was seen. */
  get own(): Own | null {
    return this.#own;
  }

  /** Until when the account may begin no new chats. */
  get newChatsUntil(): Milliseconds | null {
    return this.#facts?.newChatsUntil ?? null;
  }

  stop(): void {
    this.#stopped = true;
    this.#next?.cancel();
  }

  /** The page shows a code. After a login it can only be that the login is gone, which a look will tell. */
  code(code: string): void {
    if (this.#stopped || this.#wasLinked) return;
    if (this.#gate !== 'none') {
      this.#behind = code;
      return;
    }
    this.#codes++;
    this.#watched.host.qr(code, this.#codes === 1 ? FIRST_CODE : LATER_CODE);
  }

  /** A code for the phone with this number; of the first one both the call that asked for it and the page tell. */
  pairingCode(code: string, phone: string): void {
    if (this.#stopped || this.#wasLinked || code === this.#pairingCode) return;
    this.#codes++;
    this.#pairingCode = code;
    this.#watched.host.pairingCode(asShown(code), phone, PAIRING_CODE);
  }

  /** The page asks for the passkey of the account. False: not of somebody who links, so that nobody is to be asked. */
  passkey(publicKey: PasskeyOptions, validFor: Milliseconds): boolean {
    if (this.#stopped || this.#wasLinked) return false;
    this.#gate = 'asked';
    this.#gateCode = null;
    this.#behind = null;
    // What comes before the login is told by the gate.
    this.#scanned = true;
    this.#watched.host.passkey(publicKey, validFor);
    return true;
  }

  answered(): void {
    this.#gate = 'answered';
    this.lookSoon();
  }

  /** Whether somebody may have scanned and is not linked yet, so that the page may show something in between. */
  get isBetween(): boolean {
    return this.#codes > 0 && !this.#wasLinked && !this.#stopped;
  }

  /** The page waits for the answer no longer: it may ask once more, or go back to a QR code. */
  withdrawn(): void {
    if (this.#gate === 'asked') this.#gate = 'withdrawn';
  }

  /** Whether what stands between needs nobody. Once it was signed, it may be a code that a person has to compare. */
  get mayPass(): boolean {
    return this.#gate === 'none' || this.#gate === 'withdrawn';
  }

  gate({ showsQr, code }: Gate): void {
    if (this.#gate === 'none' || this.#stopped) return;
    const { host } = this.#watched;
    if (showsQr && this.#behind !== null) {
      const next = this.#behind;
      this.#leaveGate();
      this.code(next);
    } else if (this.#gate === 'answered' && code !== null && code !== this.#gateCode) {
      this.#gateCode = code;
      host.passkeyCode(code);
    }
  }

  #leaveGate(): void {
    if (this.#gate !== 'none') this.#scanned = false;
    this.#gate = 'none';
    this.#behind = null;
  }

  pageLoaded(): void {
    this.#leaveGate();
    if (this.#open && !this.#stopped) {
      this.#isReloading = true;
      this.#watched.interrupted();
    }
    this.lookSoon();
  }

  lookSoon(): void {
    this.#next?.cancel();
    this.#again = this.#looking;
    if (!this.#stopped && !this.#looking) void this.#look();
  }

  async #look(): Promise<void> {
    this.#looking = true;
    // A page in which nothing can be seen is loading, or hangs: whether it answers at all is the watchdog's question.
    const seen = await this.#watched.look().catch(() => null);
    this.#looking = false;
    if (this.#stopped) return;
    if (seen) this.#judge(seen);
    if (this.#stopped) return;
    const settled = this.#open && this.#unlinkedSince === null && !this.#isReloading;
    this.#next = this.#watched.clock.after(this.#again ? 0 : settled ? LOOK_EVERY_WHEN_OPEN : LOOK_EVERY, () => this.lookSoon());
    this.#again = false;
  }

  #judge(seen: Look): void {
    const { clock, end } = this.#watched;
    const now = standing(seen);
    if (now.is === 'closed') this.#closed(now.reason, now.detail);
    else if (now.is !== 'unlinked') this.#linked(seen, now.is === 'open' ? now.account : null);
    else if (this.#wasLinked) {
      this.#unlinkedSince ??= clock.steady();
      if (clock.steady() - this.#unlinkedSince >= UNLINKED_FOR_GOOD) end('logged-out', 'the device is no longer linked');
    }
  }

  /** A conflict that is being taken back stays to be seen for a moment. */
  #closed(reason: CloseReason, detail: string): void {
    const { clock, end, takeBack } = this.#watched;
    if (reason === 'conflict' && clock.steady() < this.#takingBackUntil) return;
    if (reason === 'conflict' && takeBack()) this.#takingBackUntil = clock.steady() + TAKING_BACK;
    else end(reason, detail);
  }

  #linked({ registered, facts }: Look, account: Look['account']): void {
    this.#unlinkedSince = null;
    this.#wasLinked ||= registered;
    if (registered) this.#gate = 'none';
    if (this.#codes > 0 && !this.#scanned) {
      this.#scanned = true;
      this.#watched.host.scanned();
    }
    if (account) this.#opened(account);
    if (facts && this.#open) this.#tell(facts);
  }

  #tell(facts: AccountFacts): void {
    const { kind, newChatsUntil } = facts;
    if (this.#facts?.kind === kind && this.#facts.newChatsUntil === newChatsUntil) return;
    this.#facts = facts;
    this.#watched.host.account(facts);
  }

  #opened(account: NonNullable<Look['account']>): void {
    const { phone, pushName, lid } = account;
    this.#own = { phone, lid };
    if (!this.#open) this.#watched.host.opened({ phone, pushName });
    this.#open = true;
    if (this.#isReloading) this.#watched.resumed();
    this.#isReloading = false;
  }
}

/** WhatsApp shows the eight letters in two halves. */
const asShown = (code: string): string => (/^\w{8}$/.test(code) ? `${code.slice(0, 4)}-${code.slice(4)}` : code);
