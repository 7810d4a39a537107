import { randomBytes, randomUUID } from 'node:crypto';
import { toBuffer } from 'qrcode';
import type { Arrival } from '../../../core/arrival.ts';
import { wait } from '../../../core/deadline.ts';
import type { Directory } from '../../../core/directory.ts';
import { diskFailure } from '../../../core/disk.ts';
import { HooklineError, messageOf } from '../../../core/errors.ts';
import { iso } from '../../../core/iso.ts';
import { setLatest } from '../../../core/memoize.ts';
import { type AckLevel, type ChatId, chatKind, type InboundMessage, type OutgoingMessage } from '../../../core/message.ts';
import type { Clock, Milliseconds, Timer } from '../../../core/runtime.ts';
import { stageBefore } from '../../../core/send-stage.ts';
import type { CloseReason, Engine, EngineContext, EngineFactory, Found, Health } from '../../engine.ts';
import { PASSKEY_VALID, type PasskeyCredential } from '../../passkey.ts';
import { directoryRefusal, guardedUsername, mediaRefusal, resultRefusal, sendRefusal } from '../refusals.ts';
import { guarded, notSupported } from '../unsupported.ts';
import type { Arrived } from './arrived.ts';
import { partyOf, SandboxDirectory } from './directory.ts';
import { type Account, PhoneDisk } from './disk.ts';
import type { Faults } from './faults.ts';
import { HandOver, untilTrouble } from './hand-over.ts';
import { refusalOf } from './refuse.ts';
import { seenOf } from './seen.ts';

/** As WhatsApp Web does it: the first code stays for a minute, the others for 20 s each (ms). */
const FIRST_CODE = 60_000;
const LATER_CODES = 20_000;
const PAIRING_CODE = 180_000;
/** What is not answered within this is given up (ms). */
const SEND_DEADLINE = 30_000;
const CALL_DEADLINE = 15_000;
/** Chats in which is remembered that somebody types. */
const MOST_CHATS = 1_000;

/** WhatsApp in process: the session's end of the line. The other end is played through `SandboxPhone`. */
export class SandboxEngine implements Engine {
  readonly name = 'sandbox';
  readonly directory: Directory;
  readonly disk: PhoneDisk;
  readonly #host: EngineContext['host'];
  readonly #clock: Clock;
  readonly #mayAct: () => boolean;
  readonly #handOver: HandOver;
  readonly #book: SandboxDirectory;
  readonly #typing = new Map<ChatId, Milliseconds>();
  readonly #typed = new Map<ChatId, Milliseconds>();
  #state: 'stopped' | 'showing-code' | 'passkey' | 'open' = 'stopped';
  /** While the login of the one who scanned first is written. */
  #isScanned = false;
  #codeTimer: Timer | undefined;
  #lockTimer: Timer | undefined;
  /** Whose phone a pairing code waits for. */
  #pairing: string | null = null;
  /** Who is linked once the passkey of the account has signed. */
  #gated: Account | null = null;
  #faults: Faults = {};

  constructor({ profileDir, host, clock, log, mayAct }: EngineContext) {
    this.disk = new PhoneDisk(profileDir, log, mayAct);
    this.#host = host;
    this.#clock = clock;
    this.#mayAct = mayAct;
    this.#handOver = new HandOver(this.disk, host, log);
    this.#book = new SandboxDirectory(this.disk, clock, {
      needOpen: () => this.#needOpen(),
      hear: (notice) => this.#hand({ notice, key: randomUUID() }),
    });
    this.directory = guarded(this.#book, (call) => this.#directoryFaults(call));
  }

  async start(): Promise<void> {
    if (this.#state !== 'stopped') return;
    await this.#book.load();
    const account = await this.disk.account();
    if (account) this.#open(account);
    else this.#showCode(FIRST_CODE);
  }

  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#pairing = null;
    this.#gated = null;
    this.#codeTimer?.cancel();
    this.#lockTimer?.cancel();
    this.#typing.clear();
    this.#typed.clear();
  }

  async reload(): Promise<void> {
    this.#needOpen();
  }

  /** Each file is whole at any moment, or ends in half a line, which counts for nothing: they may be read while it goes on. */
  async still(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    await work(new AbortController().signal);
  }

  async logout(): Promise<void> {
    await this.stop();
    await this.disk.unlink();
  }

  /** All that the phone remembers lies in the profile directory, which goes with the session. */
  async destroy(): Promise<void> {
    await this.logout();
  }

  async pair(phone: string): Promise<void> {
    if (this.#state !== 'showing-code') throw new HooklineError('engine-failed', 'The phone is linked, or the engine does not run.');
    this.#pairing = phone;
    this.#showPairingCode(phone);
  }

  async signPasskey(credential: PasskeyCredential | null): Promise<void> {
    const account = this.#needGate();
    const { passkey = {} } = this.#faults;
    if (credential === null || passkey.refuseNext) {
      if (credential && passkey.refuseNext) passkey.refuseNext--;
      this.#showCode(FIRST_CODE);
    } else if (passkey.code) this.#host.passkeyCode(passkey.code);
    else await this.#linkAs(account);
  }

  async confirmPasskey(matches: boolean): Promise<void> {
    const account = this.#needGate();
    if (matches) await this.#linkAs(account);
    else this.#showCode(FIRST_CODE);
  }

  /** A real picture, which says how it stands to whoever scans it: this phone has no screen. */
  async screenshot(): Promise<Uint8Array> {
    if (this.#state === 'stopped')
      throw new HooklineError('session-not-connected', 'The session does not run, so that nothing is to be seen. Connect it first.');
    return toBuffer(`Hookline sandbox: ${this.#state}`);
  }

  /** Something covers what a page would show, until somebody looks at it. */
  async showDialog(text: string): Promise<void> {
    this.#needOpen();
    this.#host.dialog(text, await this.screenshot());
  }

  /** Whose phone the pairing code that is shown waits for; null while it is a QR code. */
  get pairing(): string | null {
    return this.#pairing;
  }

  reserveId(to: ChatId): string {
    return `true_${to}_${newMessageId()}`;
  }

  async send(message: OutgoingMessage): Promise<{ engineId: string }> {
    this.#needOpen();
    const phone = { hasChat: (chat: ChatId) => this.#hasChat(chat), hasMessage: (id: string) => this.disk.hasMessage(id) };
    const refusal = await refusalOf(message, phone).catch(notWritten);
    if (refusal) throw sendRefusal(this.name, { ...refusal, socket: 'CONNECTED', handedOver: false });
    if ((await this.newChatUntil(message.to)) !== null) throw sendRefusal(this.name, { ...NEW_CHATS_LOCKED, handedOver: false });
    const said = await seenOf(message);
    await this.#sendFaults();
    // The process may have stood still meanwhile.
    this.#needOpen();
    const now = this.#clock.now();
    const typingMs = this.#typedIn(message.to, now);
    await this.disk.see({ ...said, typingMs, at: iso(now) }).catch(notWritten);
    await this.#book.note(message.to, null, now);
    return { engineId: message.engineId };
  }

  async findSent(engineId: string): Promise<Found> {
    this.#needOpen();
    return (await this.disk.hasSeen(engineId)) ? 'sent' : 'absent';
  }

  async typing(chat: ChatId, on: boolean): Promise<void> {
    this.#needOpen();
    const now = this.#clock.now();
    if (on) {
      if (!this.#typing.has(chat)) setLatest(this.#typing, chat, now, MOST_CHATS);
      return;
    }
    const since = this.#typing.get(chat);
    if (since !== undefined) setLatest(this.#typed, chat, (this.#typed.get(chat) ?? 0) + now - since, MOST_CHATS);
    this.#typing.delete(chat);
  }

  async recording(): Promise<void> {
    this.#needOpen();
  }

  async seen(chat: ChatId): Promise<void> {
    this.#needOpen();
    this.#book.read(chat, 0);
  }

  async unseen(chat: ChatId): Promise<void> {
    this.#needOpen();
    this.#book.read(chat, 1);
  }

  async exists(address: ChatId): Promise<Awaited<ReturnType<Engine['exists']>>> {
    this.#needOpen();
    const { unknown = [], lids = {}, usernames = {} } = this.#faults.exists ?? {};
    if (address.endsWith('@username')) {
      const name = address.split('@')[0] as string;
      const found = Object.hasOwn(usernames, name) ? usernames[name] : this.#book.named(name);
      if (found === null) throw guardedUsername(name);
      if (found === undefined) return { exists: false, chatId: null, lid: null, phone: null };
      return { exists: true, chatId: found, ...named(found) };
    }
    const { lid, phone } = partyOf(address, null);
    if (phone !== null && unknown.includes(phone)) return { exists: false, chatId: null, lid: null, phone: null };
    return { exists: true, chatId: address, lid: lid ?? lids[phone ?? ''] ?? null, phone };
  }

  async fetchMedia(engineId: string): Promise<AsyncIterable<Uint8Array>> {
    this.#needOpen();
    const { media } = this.#faults;
    const file = media?.gone ? null : await this.disk.media(engineId);
    if (!file) throw new HooklineError('media-unavailable', 'WhatsApp does not have the file of this message any more.');
    if (!media?.failNext) return file;
    media.failNext--;
    file.destroy();
    throw mediaRefusal({ ...told(media.code), gone: false });
  }

  /** All that the hub has not taken, whatever its time: the phone keeps nothing else. */
  async unreadSince(): Promise<InboundMessage[]> {
    this.#needOpen();
    return (await this.#handOver.waiting()).flatMap((arrived) => ('message' in arrived ? [arrived.message] : []));
  }

  read({ kind, raw }: Parameters<Engine['read']>[0]): Arrival | null {
    if (typeof raw === 'object' && raw !== null) return { [kind]: raw } as unknown as Arrival;
    throw new TypeError("A line on the phone's disk is no message");
  }

  async health(): Promise<Health> {
    const { health } = this.#faults;
    if (health?.failNext) {
      health.failNext--;
      return { ok: false, detail: 'asked to fail' };
    }
    return { ok: this.#state !== 'stopped', detail: this.#state };
  }

  /** The code is scanned: `qr-not-waiting` when none is shown. */
  async link(account: Account): Promise<void> {
    this.#needCode();
    const { passkey } = this.#faults;
    if (passkey?.askNext) {
      passkey.askNext--;
      this.#askPasskey(account, passkey.validMs ?? PASSKEY_VALID);
    } else await this.#linkAs(account);
  }

  async #linkAs(account: Account): Promise<void> {
    const before = this.#state;
    this.#isScanned = true;
    const [written] = await Promise.allSettled([this.disk.link(account)]);
    this.#isScanned = false;
    // Stopped meanwhile, and its profile removed perhaps: nothing is linked.
    if (this.#state !== before) {
      await this.disk.unlink();
      throw notWaiting();
    }
    if (written.status === 'rejected') throw written.reason;
    this.#codeTimer?.cancel();
    this.#host.scanned();
    this.#open(account);
  }

  /** Something reaches the phone. Resolves when the hub has it, or at once while the hub does not listen. */
  async receive(arrived: Arrived): Promise<void> {
    if ('broken' in arrived) return;
    if ('message' in arrived) {
      const { engineId, chat, fromMe, from, author, timestamp } = arrived.message;
      await Promise.all([this.disk.hear(engineId), this.#book.note(chat.id, fromMe ? null : (author ?? from), timestamp)]);
    } else {
      await this.#book.told(arrived.notice);
    }
    await this.#hand(arrived);
  }

  async ack(engineId: string, level: AckLevel, participant?: ChatId): Promise<void> {
    this.#needOpen();
    const ack = { engineId, level, at: this.#clock.now(), ...(participant !== undefined && { participant }) };
    await untilTrouble((trouble) => this.#host.ack(ack, trouble));
  }

  async cut(reason: CloseReason): Promise<void> {
    if (this.#state === 'stopped')
      throw new HooklineError('session-not-connected', 'The session is not running, so there is nothing to cut.');
    if (reason === 'logged-out' || reason === 'banned') await this.disk.unlink();
    await this.stop();
    this.#host.closed(reason, 'as the sandbox was told');
  }

  setFaults(faults: Faults): void {
    this.#faults = structuredClone(faults);
    if (this.#state === 'open') this.#tellAccount();
  }

  async newChatUntil(chat: ChatId): Promise<Milliseconds | null> {
    this.#needOpen();
    return chatKind(chat) === 'private' && !this.#book.has(chat) ? this.#newChatsUntil : null;
  }

  get #newChatsUntil(): Milliseconds | null {
    const until = this.#faults.account?.newChatsUntil ?? 0;
    return until > this.#clock.now() ? until : null;
  }

  #tellAccount(): void {
    this.#lockTimer?.cancel();
    const newChatsUntil = this.#newChatsUntil;
    this.#host.account({ kind: this.#faults.account?.kind ?? 'business', newChatsUntil });
    if (newChatsUntil !== null) this.#lockTimer = this.#clock.after(newChatsUntil - this.#clock.now(), () => this.#tellAccount());
  }

  #needCode(): void {
    if (this.#state !== 'showing-code' || this.#isScanned) throw notWaiting();
  }

  #needGate(): Account {
    if (this.#state === 'passkey' && this.#gated && !this.#isScanned) return this.#gated;
    throw new HooklineError('engine-failed', 'The phone no longer asks for a passkey.');
  }

  /** In the words in which WhatsApp asks. Whoever is asked too long is not waited for: the session starts over. */
  #askPasskey(account: Account, validFor: Milliseconds): void {
    this.#codeTimer?.cancel();
    this.#state = 'passkey';
    this.#pairing = null;
    this.#gated = account;
    const challenge = randomBytes(32).toString('base64url');
    const asked = { challenge, rpId: 'whatsapp.com', allowCredentials: [], userVerification: 'required', extensions: { uvm: true } };
    this.#host.passkey({ ...asked, timeout: validFor }, validFor);
  }

  #open({ phone, name }: Account): void {
    this.#state = 'open';
    this.#pairing = null;
    this.#gated = null;
    this.#host.opened({ phone, pushName: name });
    this.#tellAccount();
    this.#handOver.offer();
  }

  #showCode(validFor: Milliseconds): void {
    this.#state = 'showing-code';
    this.#gated = null;
    const part = () => randomBytes(32).toString('base64');
    this.#host.qr(`2@${part()},${part()},${part()}`, validFor);
    this.#codeTimer = this.#clock.after(validFor, () => this.#showCode(LATER_CODES));
  }

  #showPairingCode(phone: string): void {
    this.#codeTimer?.cancel();
    this.#host.pairingCode(newPairingCode(), phone, PAIRING_CODE);
    this.#codeTimer = this.#clock.after(PAIRING_CODE, () => this.#showPairingCode(phone));
  }

  async #sendFaults(): Promise<void> {
    const { send } = this.#faults;
    if (!send) return;
    if (send.hang) {
      await this.#wait(SEND_DEADLINE);
      throw new HooklineError('engine-timeout', `WhatsApp did not answer the send within ${SEND_DEADLINE / 1000} s.`);
    }
    if (send.delayMs) await this.#wait(send.delayMs);
    if (send.failNext) {
      send.failNext--;
      // What WhatsApp answers comes when it has the message; all else before.
      if (send.code?.startsWith('ERROR_')) throw resultRefusal(send.code, -1);
      throw sendRefusal(this.name, { ...told(send.code), handedOver: false });
    }
  }

  async #directoryFaults(call: string): Promise<void> {
    const { directory } = this.#faults;
    if (!directory) return;
    if (directory.unsupported) throw notSupported(this.name, `do "${call}", as it was told`);
    if (directory.hang) {
      await this.#wait(CALL_DEADLINE);
      throw new HooklineError('engine-timeout', `WhatsApp did not answer within ${CALL_DEADLINE / 1000} s.`);
    }
    if (directory.failNext) {
      directory.failNext--;
      throw directoryRefusal(this.name, `do "${call}"`, told(directory.code));
    }
  }

  /** People are there unless the sandbox was told otherwise; a group or newsletter is when something was heard of it. */
  #hasChat(chat: ChatId): boolean {
    const kind = chatKind(chat);
    if (kind === 'group' || kind === 'newsletter') return this.#book.has(chat);
    const { phone } = partyOf(chat, null);
    return phone === null || !this.#faults.exists?.unknown?.includes(phone);
  }

  #hand(arrived: Arrived): Promise<void> {
    return this.#handOver.receive(arrived, () => this.#state === 'open');
  }

  #wait(duration: Milliseconds): Promise<void> {
    return wait(this.#clock, duration);
  }

  /** How long typing was on in the chat; begins anew with each message. */
  #typedIn(chat: ChatId, now: Milliseconds): Milliseconds {
    const running = now - (this.#typing.get(chat) ?? now);
    const total = running + (this.#typed.get(chat) ?? 0);
    this.#typed.delete(chat);
    this.#typing.delete(chat);
    return total;
  }

  #needOpen(): void {
    if (this.#state === 'open' && this.#mayAct()) return;
    throw new HooklineError('session-not-connected', 'The session is not connected. Connect it and try again.', { stage: 'later' });
  }
}

const named = (id: ChatId): { lid: ChatId | null; phone: string | null } => {
  const { lid, phone } = partyOf(id, null);
  return { lid, phone };
};

const notWaiting = (): HooklineError => new HooklineError('qr-not-waiting', 'The session shows no code. Connect it first.');

const NEW_CHATS_LOCKED = { code: 'new_chats_locked', error: 'no new chats for now', socket: 'CONNECTED' };

/** What WhatsApp Web says when the sandbox was told to fail. */
const told = (code = '') => ({ code, error: 'as the sandbox was told', socket: 'CONNECTED' });

/** What is not on the phone's disk whole has not reached the phone. */
function notWritten(cause: unknown): never {
  const { code = 'engine-failed', message = messageOf(cause) } = diskFailure(cause) ?? {};
  throw new HooklineError(code, `The phone could not use its disk, and sent nothing. ${message}`, { stage: stageBefore(code), cause });
}

export const sandboxEngine: EngineFactory = Object.assign((context: EngineContext) => new SandboxEngine(context), {
  withoutBrowser: true as const,
});

/** The last part of a message id, as WhatsApp Web makes it. */
export const newMessageId = (): string => `3EB0${randomBytes(9).toString('hex').toUpperCase()}`;

/** As WhatsApp shows them: without 0, I, O and U, which are easily misread. */
const PAIRING_LETTERS = '123456789ABCDEFGHJKLMNPQRSTVWXYZ';

function newPairingCode(): string {
  const letters = [...randomBytes(8)].map((byte) => PAIRING_LETTERS[byte % PAIRING_LETTERS.length]).join('');
  return `${letters.slice(0, 4)}-${letters.slice(4)}`;
}
