import type { InboundMessage } from '../../src/core/message.ts';
import type { Engine, EngineContext, EngineHost, Health } from '../../src/sessions/engine.ts';
import { noDirectory, notSupported } from '../../src/sessions/engines/unsupported.ts';
import type { PasskeyCredential } from '../../src/sessions/passkey.ts';

/** An engine that does nothing by itself: the test says what it reports and counts what it is told. */
export class FakeEngine implements Engine {
  readonly name = 'wppconnect';
  readonly host: EngineHost;
  readonly calls: string[] = [];
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

  constructor(context: EngineContext) {
    this.host = context.host;
  }

  count(call: string): number {
    return this.calls.filter((name) => name === call).length;
  }

  async start(): Promise<void> {
    this.calls.push('start');
    const error = this.startErrors.shift();
    if (error) throw error;
    await this.onStart();
  }

  async stop(): Promise<void> {
    this.calls.push('stop');
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
  }

  async destroy(): Promise<void> {
    this.calls.push('destroy');
  }

  async health(): Promise<Health> {
    this.calls.push('health');
    return { ok: this.healthy, detail: this.healthy ? 'fine' : 'no answer', memory: this.memory };
  }

  async unreadSince(time: number): Promise<InboundMessage[]> {
    this.asked.push(time);
    return this.unread;
  }

  async pair(phone: string): Promise<void> {
    this.calls.push('pair');
    this.host.pairingCode(`CODE-${this.count('pair')}`, phone, 180_000);
  }

  signErrors: Error[] = [];
  async signPasskey(credential: PasskeyCredential | null): Promise<void> {
    this.calls.push(credential ? 'sign' : 'decline');
    const error = this.signErrors.shift();
    if (error) throw error;
  }

  async confirmPasskey(matches: boolean): Promise<void> {
    this.calls.push(matches ? 'same code' : 'other code');
  }

  read = () => null;
  reserveId = () => 'true_x';
  send = async () => ({ engineId: 'true_x' });
  findSent = async () => 'unsure' as const;
  newChatUntil = async () => null;
  typing = async () => undefined;
  recording = async () => undefined;
  seen = async () => undefined;
  unseen = async () => undefined;
  exists = async () => ({ exists: true, chatId: null, lid: null, phone: null });
  directory = noDirectory('wppconnect');
  fetchMedia = async () => Promise.reject(new Error('no media'));
}

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
