/**
 * The engine port: what carries a session. `sandbox` plays a phone inside the hub, `wppconnect` drives a real WhatsApp
 * Web in Chromium; both pass test/conformance/engine.
 *
 * An engine knows nothing of rows, tenants or retries. It reports facts through `EngineHost` and does what it is told,
 * once. Whether to try again, wait, or give up is the supervisor's to decide.
 */
import type { Ack, Arrival, Unreadable } from '../core/arrival.ts';
import type { Directory } from '../core/directory.ts';
import type { ChatId, InboundMessage, Notice, OutgoingMessage } from '../core/message.ts';
import type { Milliseconds, Runtime } from '../core/runtime.ts';
import type { PasskeyCredential, PasskeyOptions } from './passkey.ts';

export const ENGINES = ['sandbox', 'wppconnect'] as const;
export type EngineName = (typeof ENGINES)[number];

/** Why a connection ended, as far as it changes what happens next. */
export type CloseReason =
  /** The network, the page or the browser went away: connect again with back-off. */
  | 'network'
  | 'browser-died'
  | 'page-died'
  /** The phone unlinked the session, or the login was lost: a person must scan again. */
  | 'logged-out'
  /** WhatsApp Web was opened elsewhere with this login. */
  | 'conflict'
  /** WhatsApp shut the account out. */
  | 'banned'
  /** WhatsApp no longer talks to this version. */
  | 'outdated';

/** What the account is, and what WhatsApp lets it do. */
export interface AccountFacts {
  /** Null where it cannot be told. */
  kind: 'personal' | 'business' | null;
  /** Until when it may write to nobody whom it has no chat with (WhatsApp's "reach-out time-lock"); null: it may. */
  newChatsUntil: Milliseconds | null;
}

export interface EngineHost {
  /** Shown to be scanned; each new code once. `validFor`: how long WhatsApp takes it, in ms. */
  qr(code: string, validFor: Milliseconds): void;
  /** A code to be typed on the phone of the account `phone` (digits), asked for by `pair`; each new one once. */
  pairingCode(code: string, phone: string, validFor: Milliseconds): void;
  /**
   * WhatsApp asks for the passkey of the account before it links; each new challenge once. `validFor`: how long it takes an
   * answer, in ms. That it is over, taken back or refused is told by a code to scan (`qr`), or by the end of the connection.
   */
  passkey(publicKey: PasskeyOptions, validFor: Milliseconds): void;
  /** A code that the phone shows, too, and that somebody has to compare; each new one once, while a passkey is asked for. */
  passkeyCode(code: string): void;
  /**
   * Something covers WhatsApp Web after the login that the engine does not know how to answer; each once. `picture`: of the page as
   * it was then (PNG), null where it could not be had.
   */
  dialog(text: string, picture: Uint8Array | null): void;
  /** The code was scanned, or typed, and the login is under way. */
  scanned(): void;
  /** Logged in and the socket is up: sends will be taken. */
  opened(account: { phone: string; pushName: string | null }): void;
  /** After it was opened, and whenever it is another: what the account is and may do. */
  account(facts: AccountFacts): void;
  /**
   * Said once a start, after which nothing else comes. An engine that closes by itself has freed everything it held
   * (process, page, timers) before it says so.
   */
  closed(reason: CloseReason, detail?: string): void;
  /**
   * To be told in WhatsApp's order, and not waited for. Resolves when the message is on disk or set aside: the hub tries by
   * itself until it is, and says each time to `trouble` why it is not yet. Rejects when the connection ends before, with
   * `session-not-connected`; after the next start the engine is asked for it by `unreadSince`.
   */
  message(message: InboundMessage, trouble?: (error: unknown) => void): Promise<void>;
  ack(ack: Ack, trouble?: (error: unknown) => void): Promise<void>;
  /** What else happened; resolves and rejects as `message` does. */
  notice(notice: Notice, trouble?: (error: unknown) => void): Promise<void>;
  /** What came and cannot be made one of these, as it is; resolves and rejects as `message` does. */
  unreadable(what: Unreadable): Promise<void>;
  /** Nobody listens for a while, such as while a page is loaded anew: what comes live waits until `resumed`. */
  interrupted(): void;
  /** Listened to again: what was missed is asked for (`unreadSince`). */
  resumed(): void;
}

/** What an engine found when it was asked about a message id that was handed over before a crash. */
export type Found = 'sent' | 'absent' | 'unsure';

export interface Health {
  ok: boolean;
  /** What was seen, for the log and for people: `socket CONNECTED`, `no answer in 5 s`. */
  detail: string;
  /** Bytes that carry the session outside this process, where they can be told. */
  memory?: number;
}

/**
 * One engine of one session. `start` and `stop` may follow each other; the other calls need an open connection and
 * reject with `session-not-connected` without one. Every call that waits for somebody else has a deadline of its own
 * and rejects with `engine-timeout`; what WhatsApp refuses rejects with `engine-failed`. Both mean "perhaps sent" for `send`
 * unless the error says another `stage` (core/errors.ts).
 */
export interface Engine {
  readonly name: EngineName;
  readonly directory: Directory;
  /**
   * Resolves when the engine runs (not when it is connected; that is told by `qr` and `opened`). Rejects with
   * `engine-unavailable` where it cannot run here (no browser) and with `engine-failed` where it did not come up; then
   * it has freed what it held.
   */
  start(): Promise<void>;
  /**
   * Closes the connection, keeps the login. Resolves when process and page are gone. Idempotent. Called while `start` is
   * under way it makes that one end soon, either way; it is then called once more.
   */
  stop(): Promise<void>;
  /**
   * Loads anew what runs in it without ending the connection to the host: the mildest remedy for one that no longer
   * answers. Rejects where that cannot be done.
   */
  reload(): Promise<void>;
  /**
   * Runs `work`, which is soon done, while nothing changes in the profile directory; the connection holds. Rejects with
   * `not-supported-by-engine`, before `work` has begun, where that cannot be done, and with `engine-timeout`, the signal
   * aborted, when it takes longer than the connection can stand. However it ends, the engine goes on.
   */
  still(work: (signal: AbortSignal) => Promise<void>): Promise<void>;
  /** Unlinks at WhatsApp where it can still be reached, and forgets the login. Leaves the engine stopped. */
  logout(): Promise<void>;
  /** After it nothing of the session is left on this machine. Leaves the engine stopped. */
  destroy(): Promise<void>;

  /**
   * Asks for a code by which the phone with this number (digits) links without scanning, and resolves when the host was
   * told of it. To be called while a QR code is shown; rejects with `engine-failed` when WhatsApp gives none.
   */
  pair(phone: string): Promise<void>;

  /**
   * Hands WhatsApp what the passkey of the account has signed, null: nobody will sign. Resolves when it is handed over; what
   * comes of it is told to the host. Rejects with `engine-failed` when it is no longer asked for.
   */
  signPasskey(credential: PasskeyCredential | null): Promise<void>;
  /** Whether the code on the phone is that of `EngineHost.passkeyCode`. Resolves and rejects as `signPasskey` does. */
  confirmPasskey(matches: boolean): Promise<void>;

  /**
   * What is seen of it now (PNG), open or not. Rejects with `session-not-connected` where nothing runs, and with `engine-timeout`.
   */
  screenshot(): Promise<Uint8Array>;

  /** A message id that WhatsApp has not seen yet, to be reserved before `send`. Needs no connection. */
  reserveId(to: ChatId): string;
  send(message: OutgoingMessage): Promise<{ engineId: string }>;
  findSent(engineId: string): Promise<Found>;
  typing(chat: ChatId, on: boolean): Promise<void>;
  recording(chat: ChatId, on: boolean): Promise<void>;
  seen(chat: ChatId): Promise<void>;
  unseen(chat: ChatId): Promise<void>;
  /** Whether the address is on WhatsApp, and under which one it is written to. `lid` and `phone` where they are known. */
  exists(address: ChatId): Promise<{ exists: boolean; chatId: ChatId | null; lid: ChatId | null; phone: string | null }>;
  /** Until when WhatsApp does not let the account write to this chat, as it would be a new one (`AccountFacts`); null: it may. */
  newChatUntil(chat: ChatId): Promise<Milliseconds | null>;
  /**
   * The bytes of a received media message, as they come. Rejects with `media-unavailable` when WhatsApp does not have
   * them (any more), and breaks off with what went wrong.
   */
  fetchMedia(engineId: string): Promise<AsyncIterable<Uint8Array>>;
  /**
   * Inbound messages that came while nobody listened, oldest first; duplicates are welcome, the inbox drops them. One that
   * cannot be read is told by `unreadable`, and keeps no other out.
   */
  unreadSince(time: Milliseconds): Promise<InboundMessage[]>;
  /** Reads once more what was `unreadable`; throws as it did before, null: there is nothing in it for the hub. Needs no connection. */
  read(what: Pick<Unreadable, 'kind' | 'raw'>): Arrival | null;
  /** A round trip to what carries the session, not a flag. Never rejects; bounded by a deadline. */
  health(): Promise<Health>;
}

/** What the supervisor gives to a new engine. */
export interface EngineContext extends Runtime {
  /** For log lines and process labels; nothing is decided by it. */
  sessionId: string;
  sessionName: string;
  /** The session's own directory (made, mode 0700); the login lives in it and nowhere else. */
  profileDir: string;
  host: EngineHost;
  /** What the tenant has set for this session, as it is now. */
  settings(): Readonly<Record<string, unknown>>;
  /**
   * Whether this process may do anything at the phone now: while it stood still, another one may have been given the session. To be asked right
   * before, where no guard has ended what would do it (chromium/guard.ts).
   */
  mayAct(): boolean;
}

export interface EngineFactory {
  (context: EngineContext): Engine;
  /**
   * It runs no browser. So it comes up whatever else does, while browsers wait for one of the few places in which they may, and no copies
   * of its login are kept: those are for the files that a browser writes as it likes.
   */
  readonly withoutBrowser?: true;
}

/** An engine as it is lent to whoever sends. */
export type ConnectedEngine = Omit<
  Engine,
  'start' | 'stop' | 'reload' | 'still' | 'logout' | 'destroy' | 'pair' | 'signPasskey' | 'confirmPasskey' | 'screenshot' | 'read'
>;
