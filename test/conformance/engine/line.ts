/** A line from an engine to a phone, with both ends in the hands of a test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Unreadable } from '../../../src/core/arrival.ts';
import type { InboundMessage, Notice } from '../../../src/core/message.ts';
import type { AccountFacts, CloseReason, Engine, EngineContext, EngineFactory, EngineHost } from '../../../src/sessions/engine.ts';
import type { SeenMessage } from '../../../src/sessions/engines/sandbox/disk.ts';
import type { Happens, Receive } from '../../../src/sessions/engines/sandbox/phone.ts';
import type { PasskeyOptions } from '../../../src/sessions/passkey.ts';
import { testRuntime } from '../../helpers/runtime.ts';
import type { Passkey } from '../../whatsapp-web/authenticator.ts';

/** The other end of the line, as the suite plays it. */
export interface Phone {
  /** Links the account: scans the code that the engine shows. */
  scan(account: { phone: string; name: string }): Promise<void>;
  /** Links the account by typing the pairing code that the engine shows. */
  type(code: string, account: { phone: string; name: string }): Promise<void>;
  /** WhatsApp asks the next one who links for this passkey, and has a code compared where there is one. */
  asksPasskey(passkey: Passkey, code: string | null): Promise<void>;
  /** A contact (digits) writes to the account; resolves with WhatsApp's id once it is on its way. */
  receive(message: Receive): Promise<string>;
  /** Something happens around messages; `messageId` is WhatsApp's. */
  happens(what: Happens): Promise<void>;
  /** Something that nobody foresaw covers what the engine shows. */
  covers(text: string): Promise<void>;
  /** What the phone was sent, oldest first. */
  seenMessages(): Promise<Omit<SeenMessage, 'typingMs' | 'at'>[]>;
  /** The receiver's phone got it, or read it. */
  ack(engineId: string, level: 'delivered' | 'read'): Promise<void>;
  /** WhatsApp lets the account begin no new chats until then (ms); null: it does again. */
  locksNewChats(until: number | null): Promise<void>;
  /** Whose usernames are whose hidden number (`…@lid`); null: a PIN is before it. */
  usernames(all: Record<string, string | null>): Promise<void>;
  /** The user removes this device on the phone. */
  unlink(): Promise<void>;
}

export interface EngineUnderTest {
  name: string;
  make: EngineFactory;
  /** The calls that this engine answers with `not-supported-by-engine`: `send poll`, `directory.labels`, `fetchMedia`. */
  cannot: readonly string[];
  /** What its phone can be made to do besides writing texts: the types of messages and kinds of notices. */
  plays: readonly string[];
  /** The phone of an engine that was just made. Two engines made for one `profileDir`, one after the other, have the same phone. */
  phone(engine: Engine, context: EngineContext): Promise<Phone & { close?(): Promise<void> }>;
}

export const ACCOUNT = { phone: '5511911112222', name: 'The Shop' };
export const PERSON = '5511988887777';
export const CHAT = `${PERSON}@c.us`;
/** The longest that one thing may take, in ms: a browser has to come up in it. */
export const PATIENCE = 60_000;

/** Everything that an engine reported. */
class Recorder implements EngineHost {
  readonly codes: { code: string; validFor: number }[] = [];
  readonly pairingCodes: { code: string; phone: string; validFor: number }[] = [];
  readonly opens: { phone: string; pushName: string | null }[] = [];
  readonly closes: CloseReason[] = [];
  readonly messages: InboundMessage[] = [];
  readonly acks: Parameters<EngineHost['ack']>[0][] = [];
  readonly notices: Notice[] = [];
  readonly unread: Unreadable[] = [];
  readonly passkeys: { publicKey: PasskeyOptions; validFor: number }[] = [];
  readonly passkeyCodes: string[] = [];
  readonly dialogs: { text: string; picture: Uint8Array | null }[] = [];
  readonly accounts: AccountFacts[] = [];
  scans = 0;
  /** While true, no message can be stored. */
  full = false;

  qr(code: string, validFor: number): void {
    this.codes.push({ code, validFor });
  }

  pairingCode(code: string, phone: string, validFor: number): void {
    this.pairingCodes.push({ code, phone, validFor });
  }

  passkey(publicKey: PasskeyOptions, validFor: number): void {
    this.passkeys.push({ publicKey, validFor });
  }

  passkeyCode(code: string): void {
    this.passkeyCodes.push(code);
  }

  dialog(text: string, picture: Uint8Array | null): void {
    this.dialogs.push({ text, picture });
  }

  scanned(): void {
    this.scans++;
  }

  opened(account: { phone: string; pushName: string | null }): void {
    this.opens.push(account);
  }

  account(facts: AccountFacts): void {
    this.accounts.push(facts);
  }

  closed(reason: CloseReason): void {
    this.closes.push(reason);
  }

  async message(message: InboundMessage): Promise<void> {
    if (this.full) throw new Error('disk full');
    this.messages.push(message);
  }

  async ack(ack: Parameters<EngineHost['ack']>[0]): Promise<void> {
    this.acks.push(ack);
  }

  async notice(notice: Notice): Promise<void> {
    this.notices.push(notice);
  }

  async unreadable(what: Unreadable): Promise<void> {
    this.unread.push(what);
  }

  interrupted(): void {}

  resumed(): void {}
}

export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export class Line implements AsyncDisposable {
  readonly engine: Engine;
  readonly host: Recorder;
  readonly phone: Phone & { close?(): Promise<void> };
  readonly profileDir: string;
  readonly #subject: EngineUnderTest;

  private constructor(subject: EngineUnderTest, profileDir: string, host: Recorder, engine: Engine, phone: Phone) {
    this.#subject = subject;
    this.profileDir = profileDir;
    this.host = host;
    this.engine = engine;
    this.phone = phone;
  }

  /** `profileDir`: of a line before, to go on where it ended. */
  static async make(subject: EngineUnderTest, profileDir?: string): Promise<Line> {
    const directory = profileDir ?? (await mkdtemp(join(tmpdir(), 'hookline-profile-')));
    const host = new Recorder();
    const context = {
      ...testRuntime(),
      sessionId: 'ses_test',
      sessionName: 'test',
      profileDir: directory,
      host,
      settings: () => ({}),
      mayAct: () => true,
    };
    const engine = subject.make(context);
    return new Line(subject, directory, host, engine, await subject.phone(engine, context));
  }

  static async open(subject: EngineUnderTest): Promise<Line> {
    const line = await Line.make(subject);
    await line.engine.start();
    await until('a code is shown', () => line.host.codes.length > 0);
    await line.phone.scan(ACCOUNT);
    await line.opened();
    return line;
  }

  /** The engine of the next process on the same profile. */
  async next(): Promise<Line> {
    await this.engine.stop();
    return Line.make(this.#subject, this.profileDir);
  }

  opened(): Promise<void> {
    return until('the session is open', () => this.host.opens.length > 0);
  }

  /** Plays a message and resolves with what the engine made of it. */
  async got(message: Receive): Promise<InboundMessage> {
    const engineId = await this.phone.receive(message);
    const found = () => this.host.messages.find((candidate) => candidate.engineId === engineId);
    await until(`the ${message.type ?? 'text'} arrives`, () => found() !== undefined);
    return found() as InboundMessage;
  }

  /** Plays what happens and resolves with what the engine made of it. */
  async noticed(what: Happens): Promise<Notice> {
    const before = this.host.notices.length;
    const fits = (notice: Notice) => notice.kind === what.kind && notice.by?.phone === what.from;
    const found = () => this.host.notices.slice(before).find(fits);
    await this.phone.happens(what);
    await until(`the notice of ${what.kind} arrives`, () => found() !== undefined);
    return found() as Notice;
  }

  send(text: string, more: { replyTo?: string } = {}, to = CHAT): Promise<{ engineId: string }> {
    return this.engine.send({ engineId: this.engine.reserveId(to), to, type: 'text', text, ...more });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.destroy();
    await this.phone.close?.();
    await rm(this.profileDir, { recursive: true, force: true });
  }
}

/** One line for many tests, opened by the first that needs it: a browser takes seconds to come up. Each test talks with a person of its own. */
export function sharedLine(subject: EngineUnderTest): () => Promise<Line> {
  let line: Promise<Line> | undefined;
  test.after.always(async () => {
    await (await line)?.[Symbol.asyncDispose]();
  });
  return () => {
    line ??= Line.open(subject);
    return line;
  };
}

let people = 0;

/** The number of somebody who has not been heard of. */
export const somebody = (): string => `55119${String(70_000_000 + people++)}`;
