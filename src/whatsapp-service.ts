import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type App, type AppOverrides, createApp } from './app.ts';
import type { Config } from './config/load.ts';
import { HooklineError } from './core/errors.ts';
import type { MessageId, TenantId } from './core/ids.ts';
import type { MessageView } from './core/message.ts';
import type { NewSession } from './sessions/sessions.ts';
import type { SessionView } from './sessions/view.ts';

/** A session as `createSession` gave it, or its id. */
export type SessionOrId = string | Pick<SessionView, 'id'>;

/**
 * The hub for code that embeds it: the same rooms as behind the HTTP API, with the same meanings and errors. It serves
 * all tenants, so it is for the operator's own code. What has no method here is at `app.rooms`.
 */
export class WhatsAppService implements AsyncDisposable {
  readonly app: App;

  constructor(app: App) {
    this.app = app;
  }

  /** A hub of its own that does not listen. Disposing of the service stops it. */
  static async open(config: Config, overrides: Omit<AppOverrides, 'listen'> = {}): Promise<WhatsAppService> {
    return new WhatsAppService(await createApp(config, { ...overrides, listen: false }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app[Symbol.asyncDispose]();
  }

  /** Starts it, too: its QR code is at `app.rooms.sessions.qr` and in `session.qr` events. `userId` is kept in its `config`. */
  async createSession(
    name: string,
    tenantId: string,
    userId: string,
    options: Pick<NewSession, 'engine' | 'start'> = {},
  ): Promise<SessionView> {
    const tenant = await this.app.rooms.tenants.get(tenantId);
    const { session } = await this.app.rooms.sessions.create(tenant.id, { ...options, name, config: { userId } });
    return session;
  }

  /** Resolves when the message is on disk; it leaves when the session is connected. `type` is `text` in this version. */
  async sendMessage(session: SessionOrId, to: string, content: string, type: string, mediaPath?: string): Promise<MessageView> {
    if (type !== 'text' || mediaPath !== undefined) {
      throw new HooklineError(
        'not-supported-by-engine',
        'This version sends messages of the type "text", without a mediaPath. Media comes with a later one.',
      );
    }
    const ref = await this.#ref(session);
    const { message } = await this.app.rooms.outbox.accept(ref.tenantId, ref, { to, type, text: content });
    return message;
  }

  async isSessionReady(session: SessionOrId): Promise<boolean> {
    return this.app.rooms.sessions.engineOf((await this.#ref(session)).id) !== null;
  }

  /** Digits with the country code; null before the session was first linked. */
  async getSessionPhone(session: SessionOrId): Promise<string | null> {
    const { tenantId, id } = await this.#ref(session);
    return (await this.app.rooms.sessions.get(tenantId, id)).phone;
  }

  /** `not-found` unless it is a session of this tenant. */
  async restartSession(session: SessionOrId, tenantId: string): Promise<SessionView> {
    return this.app.rooms.sessions.restart(tenantId as TenantId, idOf(session));
  }

  /** Leaves no process, login or row behind. */
  async destroySession(session: SessionOrId): Promise<void> {
    const { tenantId, id } = await this.#ref(session);
    await this.app.rooms.sessions.destroy(tenantId, id);
  }

  async sendTyping(session: SessionOrId, chat: string, on: boolean): Promise<void> {
    await this.app.rooms.directories.chats.typing(await this.#ref(session), chat, on);
  }

  /** Marks the chat of a message (`msg_…`) as read, up to its end. */
  async markAsSeen(session: SessionOrId, messageId: string): Promise<void> {
    const { tenantId, id } = await this.#ref(session);
    const message = await this.app.rooms.outbox.get(tenantId, messageId as MessageId);
    if (message.sessionId !== id) throw new HooklineError('not-found', `This session has no message ${messageId}.`);
    await this.app.rooms.sessions.connectedEngine(id).seen(message.chat.id);
  }

  /** The login, sealed under the hub's secret key for its tenant. */
  async getSessionTokens(session: SessionOrId): Promise<Buffer> {
    const { tenantId, id } = await this.#ref(session);
    return buffer((await this.app.rooms.sessions.backup(tenantId, id)).bytes);
  }

  /** Puts what `getSessionTokens` gave for a session of the same tenant in the place of the session's login. */
  async restoreSessionTokens(session: SessionOrId, tokens: Buffer): Promise<SessionView> {
    const { tenantId, id } = await this.#ref(session);
    return this.app.rooms.sessions.restore(tenantId, id, Readable.from([tokens]));
  }

  #ref(session: SessionOrId) {
    return this.app.rooms.sessions.refById(idOf(session));
  }
}

const idOf = (session: SessionOrId): string => (typeof session === 'string' ? session : session.id);
