import { HooklineError } from '../../src/core/errors.ts';
import { type ChatId, chatKind, type InboundMessage, type OutgoingMessage } from '../../src/core/message.ts';
import type { Engine, EngineContext, EngineHost, Found, Health } from '../../src/sessions/engine.ts';
import { noDirectory, notSupported } from '../../src/sessions/engines/unsupported.ts';
import type { PasskeyCredential } from '../../src/sessions/passkey.ts';

/**
 * An engine that does nothing by itself: the test says what it reports (to `host`) and counts what it is told. How far it is follows
 * from that, and it takes what an engine that far takes: it passes test/conformance/engine, as those do that it stands for.
 */
export class FakeEngine implements Engine {
  readonly name = 'wppconnect';
  readonly host: EngineHost;
  readonly calls: string[] = [];
  readonly sent: OutgoingMessage[] = [];
  unread: InboundMessage[] = [];
  asked: number[] = [];
  healthy = true;
  /** What its browser holds, in bytes. */
  memory = 0;
  /** Whether its page can be loaded anew. */
  reloads = true;
  /** What the next starts throw, in order. */
  startErrors: Error[] = [];
  logoutErrors: Error[] = [];
  onStart: () => void | Promise<void> = () => undefined;
  onStop: () => void = () => undefined;
  onForget: () => void = () => undefined;
  onSign: (credential: PasskeyCredential | null) => void = () => undefined;
  onConfirm: (matches: boolean) => void = () => undefined;
  /** What was reported last of what says how far it is. */
  #reported: keyof EngineHost | null = null;
  #runs = false;
  readonly #heard = new Set<string>();
  readonly #chats = new Set<ChatId>();
  #reserved = 0;

  constructor(context: EngineContext) {
    this.host = new Proxy(context.host, {
      get: (host, call: keyof EngineHost) => {
        const report = host[call] as (...given: unknown[]) => unknown;
        return (...given: unknown[]) => {
          if (call === 'message') this.#hear(given[0] as InboundMessage);
          else if (WAYPOINTS.has(call)) this.#reported = call;
          return report.apply(host, given);
        };
      },
    });
  }

  count(call: string): number {
    return this.calls.filter((name) => name === call).length;
  }

  async start(): Promise<void> {
    this.calls.push('start');
    this.#reported = null;
    const error = this.startErrors.shift();
    if (error) throw error;
    this.#runs = true;
    await this.onStart();
  }

  async stop(): Promise<void> {
    this.calls.push('stop');
    this.#end();
    this.onStop();
  }

  async reload(): Promise<void> {
    this.calls.push('reload');
    if (!this.reloads) throw new Error('the page does not answer');
  }

  /** Whether it can be held still, or what happens when that is tried. */
  holdsStill = true;
  stillErrors: Error[] = [];

  async still(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.calls.push('still');
    const error = this.stillErrors.shift();
    if (!this.holdsStill) throw notSupported('wppconnect', 'be held still');
    await work(new AbortController().signal);
    if (error) throw error;
  }

  async logout(): Promise<void> {
    this.calls.push('logout');
    const error = this.logoutErrors.shift();
    if (error) throw error;
    this.#end();
    this.onForget();
  }

  async destroy(): Promise<void> {
    this.calls.push('destroy');
    this.#end();
    this.onForget();
  }

  async health(): Promise<Health> {
    this.calls.push('health');
    const ok = this.healthy && this.#runs && this.#reported !== 'closed';
    return { ok, detail: ok ? 'fine' : 'no answer', memory: this.memory };
  }

  async unreadSince(time: number): Promise<InboundMessage[]> {
    this.asked.push(time);
    this.#needsConnection();
    return this.unread;
  }

  async pair(phone: string): Promise<void> {
    this.calls.push('pair');
    if (this.#reported !== 'qr') throw new HooklineError('engine-failed', 'No code is shown.');
    this.host.pairingCode(`FAKE-${String(this.count('pair')).padStart(4, '1')}`, phone, 180_000);
  }

  signErrors: Error[] = [];
  async signPasskey(credential: PasskeyCredential | null): Promise<void> {
    this.calls.push(credential ? 'sign' : 'decline');
    const error = this.signErrors.shift();
    if (error) throw error;
    if (this.#reported !== 'passkey') throw new HooklineError('engine-failed', 'No passkey is asked for.');
    this.onSign(credential);
  }

  async confirmPasskey(matches: boolean): Promise<void> {
    this.calls.push(matches ? 'same code' : 'other code');
    if (this.#reported !== 'passkeyCode') throw new HooklineError('engine-failed', 'No code is to be compared.');
    this.onConfirm(matches);
  }

  reserveId(to: ChatId): string {
    return `true_${to}_FAKE${++this.#reserved}`;
  }

  /** Texts, to people. */
  async send(message: OutgoingMessage): Promise<{ engineId: string }> {
    this.#needsConnection();
    if (message.type !== 'text') throw notSupported('wppconnect', `send "${message.type}"`);
    const { engineId, to, replyTo, mentions = [] } = message;
    if ([to, ...mentions].some((chat) => chatKind(chat) !== 'private')) throw refused('There are only people here.');
    if (replyTo !== undefined && !this.#heard.has(replyTo) && !this.#has(replyTo)) throw refused('It answers what is not there.');
    if ((await this.newChatUntil(to)) !== null) throw new HooklineError('engine-failed', 'No new chats for now. Wait.', { stage: 'later' });
    this.sent.push(message);
    return { engineId };
  }

  async findSent(engineId: string): Promise<Found> {
    this.#needsConnection();
    return this.#has(engineId) ? 'sent' : 'unsure';
  }

  async screenshot(): Promise<Uint8Array> {
    if (!this.#runs) throw new HooklineError('session-not-connected', 'The test has not started it.');
    return PICTURE;
  }

  typing = async (): Promise<void> => this.#needsConnection();
  recording = async (): Promise<void> => this.#needsConnection();
  seen = async (): Promise<void> => this.#needsConnection();
  unseen = async (): Promise<void> => this.#needsConnection();

  async exists(address: ChatId): Promise<{ exists: boolean; chatId: ChatId; lid: null; phone: null }> {
    this.#needsConnection();
    return { exists: true, chatId: address, lid: null, phone: null };
  }

  /** While WhatsApp lets the account begin no new chats: until then. */
  lockedUntil: number | null = null;

  async newChatUntil(chat: ChatId): Promise<number | null> {
    this.#needsConnection();
    return chatKind(chat) === 'private' && !this.#chats.has(chat) ? this.lockedUntil : null;
  }

  directory = noDirectory('wppconnect');
  fetchMedia = async () => Promise.reject(notSupported('wppconnect', 'fetch media'));
  read = () => null;

  #hear({ engineId, chat }: InboundMessage): void {
    this.#heard.add(engineId);
    this.#chats.add(chat.id);
  }

  #end(): void {
    this.#runs = false;
    this.#reported = null;
  }

  #has(engineId: string): boolean {
    return this.sent.some((message) => message.engineId === engineId);
  }

  #needsConnection(): void {
    if (this.#reported !== 'opened') throw new HooklineError('session-not-connected', 'The test has not opened it.', { stage: 'later' });
  }
}

/** What a PNG begins with. */
export const PICTURE = Buffer.from('89504e470d0a1a0a', 'hex');

const WAYPOINTS: ReadonlySet<keyof EngineHost> = new Set<keyof EngineHost>(['qr', 'passkey', 'passkeyCode', 'scanned', 'opened', 'closed']);

const refused = (why: string): HooklineError => new HooklineError('engine-failed', `${why} Send something else.`, { stage: 'refused' });

export function inbound(engineId: string, timestamp: number): InboundMessage {
  const chat = '5511988887777@c.us';
  return {
    engineId,
    fromMe: false,
    type: 'text',
    chat: { id: chat, kind: 'private' },
    from: { id: chat, lid: null, phone: '5511988887777', name: null },
    to: '5511900000000@c.us',
    text: engineId,
    timestamp,
  };
}
