import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { type App, type AppOverrides, createApp } from './app.ts';
import { type Config, loadConfig } from './config/load.ts';
import { HooklineError, hasCode } from './core/errors.ts';
import type { MessageId, TenantId } from './core/ids.ts';
import { MEDIA_TYPES, type MediaType, type MessageView } from './core/message.ts';
import type { SessionRef } from './core/session.ts';
import { hasNul } from './core/utf8.ts';
import { IDEMPOTENCY_KEY, KEY_FORM } from './http/idempotency.ts';
import { SEND_TYPES, Send, type SendBody, SendForm } from './http/shapes/sends.ts';
import { PasskeyAnswer } from './http/shapes/sessions.ts';
import { TenantBody } from './http/shapes/tenants.ts';
import { refuse, validate } from './http/validate.ts';
import type { NewSession } from './sessions/new-session.ts';
import type { PasskeyCredential } from './sessions/passkey.ts';
import type { PasskeyView } from './sessions/supervision/passkey-request.ts';
import type { QrView } from './sessions/supervision/qr.ts';
import type { SessionView } from './sessions/view.ts';

/** A session as `createSession` gave it, its id, or its name; where several tenants have one of that name, with whose it is. */
export type SessionOrId = string | Pick<SessionView, 'id'> | { name: string; tenantId: string };

export interface SendOptions {
  /** The same key within a day is the same message. */
  idempotencyKey?: string;
}

/**
 * The hub for code that embeds it: the same rooms as behind the HTTP API, with the same meanings and errors. It serves
 * all tenants, so it is for the operator's own code. What has no method here is at `app.rooms`.
 */
export class WhatsAppService implements AsyncDisposable {
  readonly #hub: Config | App;
  readonly #overrides: Omit<AppOverrides, 'listen'>;
  #opening: Promise<App> | undefined;
  #app: App | undefined;
  #closed = false;

  /**
   * A hub of its own that does not listen, and that the first call opens (`open` opens it at once), or one that runs already.
   * Without a configuration it is that of the process: `config.yaml` and the environment.
   */
  constructor(hub: Config | App = loadConfig(), overrides: Omit<AppOverrides, 'listen'> = {}) {
    this.#hub = hub;
    this.#overrides = overrides;
  }

  /** Rejects as `createApp`. Closing the service stops the hub. */
  static async open(config: Config = loadConfig(), overrides: Omit<AppOverrides, 'listen'> = {}): Promise<WhatsAppService> {
    const service = new WhatsAppService(config, overrides);
    await service.#opened();
    return service;
  }

  /** The hub, once it is open. */
  get app(): App {
    if (this.#app) return this.#app;
    throw new HooklineError('bad-request', 'The hub is not open yet: await a call first, or make the service by WhatsAppService.open().');
  }

  /** Finishes what is in flight and closes the browsers. */
  async close(): Promise<void> {
    this.#closed = true;
    const app = await this.#opening?.catch(() => undefined);
    await app?.[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /**
   * Starts it, too: its QR code is at `getSessionQr` and in `session.qr` events. `tenant`: an id or a name; a name that no tenant
   * has is a new tenant's. `userId` is kept in its `config`.
   */
  async createSession(
    name: string,
    tenant: string,
    userId: string,
    options: Pick<NewSession, 'engine' | 'start' | 'onConflict'> = {},
  ): Promise<SessionView> {
    const { sessions } = await this.#rooms();
    const { session } = await sessions.create(await this.#tenant(tenant, { make: true }), { ...options, name, config: { userId } });
    return session;
  }

  async getSession(session: SessionOrId): Promise<SessionView> {
    const { tenantId, id } = await this.#ref(session);
    return (await this.#rooms()).sessions.get(tenantId, id);
  }

  /** The code to scan, once there is one; null where the phone is linked. `qr-unavailable` when none is coming, with why. */
  async getSessionQr(session: SessionOrId): Promise<QrView | null> {
    const { tenantId, id } = await this.#ref(session);
    const { sessions } = await this.#rooms();
    for (;;) {
      try {
        return await sessions.qr(tenantId, id);
      } catch (error) {
        if (!hasCode(error, 'qr-unavailable')) throw error;
        if (LINKED.includes(error.extra?.sessionStatus)) return null;
        if (error.retryAfter === undefined) throw error;
        await setTimeout(error.retryAfter * 1_000);
      }
    }
  }

  /** What the passkey of the account is asked to sign, and the code to compare. `passkey-unavailable` where WhatsApp asks for neither. */
  async getSessionPasskey(session: SessionOrId): Promise<PasskeyView> {
    const { tenantId, id } = await this.#ref(session);
    return (await this.#rooms()).sessions.passkey(tenantId, id);
  }

  /** Hands over `toJSON()` of what the passkey signed on https://web.whatsapp.com; null: nobody will, and the session starts over. */
  async answerSessionPasskey(session: SessionOrId, credential: PasskeyCredential | null): Promise<SessionView> {
    const { tenantId, id } = await this.#ref(session);
    const { sessions } = await this.#rooms();
    const { credential: checked } = validate(PasskeyAnswer, { credential }, 'invalid-body');
    return sessions.answerPasskey(tenantId, id, checked);
  }

  /** Whether the code that is shown is that on the phone. */
  async confirmSessionPasskey(session: SessionOrId, matches: boolean): Promise<SessionView> {
    const { tenantId, id } = await this.#ref(session);
    return (await this.#rooms()).sessions.confirmPasskey(tenantId, id, matches);
  }

  /** What the browser of the session shows now, as PNG. */
  async getSessionScreenshot(session: SessionOrId): Promise<Buffer> {
    const { tenantId, id } = await this.#ref(session);
    return Buffer.from(await (await this.#rooms()).sessions.screenshot(tenantId, id));
  }

  /**
   * Resolves when the message is on disk; it leaves when the session is connected. `mediaPath`: of a file in the configured media
   * directory (`mediaDir`), which is copied; `content` is its caption then, empty for none.
   */
  sendMessage(session: SessionOrId, to: string, content: string, type?: 'text'): Promise<MessageView>;
  sendMessage(session: SessionOrId, to: string, content: string, type: MediaType, mediaPath: string): Promise<MessageView>;
  async sendMessage(
    session: SessionOrId,
    to: string,
    content: string,
    type: 'text' | MediaType = 'text',
    mediaPath?: string,
  ): Promise<MessageView> {
    if (isMediaType(type)) return this.#sendFile(session, { to, type, ...(content && { caption: content }) }, mediaPath);
    if (type !== 'text' && SEND_TYPES.includes(type)) refuse('type', `sendMessage sends texts and files; a ${type} goes by send()`);
    if (mediaPath !== undefined && type === 'text')
      refuse('mediaPath', 'A text has no file. Say which type the file is: "image", "document", …');
    return this.send(session, { to, type, text: content });
  }

  /** As `POST /api/sessions/{id}/messages`: every type of message, scheduled ones and answers, too. */
  async send(session: SessionOrId, body: SendBody, { idempotencyKey }: SendOptions = {}): Promise<MessageView> {
    const { outbox } = await this.#rooms();
    const ref = await this.#ref(session);
    if (idempotencyKey !== undefined && !IDEMPOTENCY_KEY.test(idempotencyKey)) throw new HooklineError('bad-request', KEY_FORM);
    const send = validate(Send, body, 'invalid-body');
    const { message } = await outbox.accept(ref.tenantId, ref, send, idempotencyKey === undefined ? {} : { idempotencyKey });
    return message;
  }

  async isSessionReady(session: SessionOrId): Promise<boolean> {
    const { id } = await this.#ref(session);
    return (await this.#rooms()).sessions.isConnected(id);
  }

  /** Digits with the country code; null before the session was first linked. */
  async getSessionPhone(session: SessionOrId): Promise<string | null> {
    return (await this.getSession(session)).phone;
  }

  /** `not-found` unless it is a session of this tenant. */
  async restartSession(session: SessionOrId, tenant: string): Promise<SessionView> {
    const { sessions } = await this.#rooms();
    return sessions.restart(await this.#tenant(tenant), nameOf(session));
  }

  /** Leaves no process, login or row behind. */
  async destroySession(session: SessionOrId): Promise<void> {
    const { tenantId, id } = await this.#ref(session);
    await (await this.#rooms()).sessions.destroy(tenantId, id);
  }

  async sendTyping(session: SessionOrId, chat: string, on: boolean): Promise<void> {
    const ref = await this.#ref(session);
    await (await this.#rooms()).directories.chats.typing(ref, chat, on);
  }

  /** Marks the chat of a message (`msg_…`) as read, up to its end. */
  async markAsSeen(session: SessionOrId, messageId: string): Promise<void> {
    const { tenantId, id } = await this.#ref(session);
    const { outbox, sessions } = await this.#rooms();
    const message = await outbox.get(tenantId, messageId as MessageId);
    if (message.sessionId !== id) throw new HooklineError('not-found', `This session has no message ${messageId}.`);
    await sessions.connectedEngine(id).seen(message.chat.id);
  }

  /** The login, sealed under the hub's secret key for its tenant. */
  async getSessionTokens(session: SessionOrId): Promise<Buffer> {
    const { tenantId, id } = await this.#ref(session);
    return buffer((await (await this.#rooms()).sessions.backup(tenantId, id)).bytes);
  }

  /** Puts what `getSessionTokens` gave for a session of the same tenant in the place of the session's login. */
  async restoreSessionTokens(session: SessionOrId, tokens: Buffer): Promise<SessionView> {
    const { tenantId, id } = await this.#ref(session);
    return (await this.#rooms()).sessions.restore(tenantId, id, Readable.from([tokens]));
  }

  async #sendFile(session: SessionOrId, fields: object, mediaPath: string | undefined): Promise<MessageView> {
    const { media, openFile, outbox } = await this.#rooms();
    const ref = await this.#ref(session);
    const { handle, filename, size } = await openFile(mediaPath);
    try {
      const chunks = handle.createReadStream({ autoClose: false });
      const kept = await media.keep(ref.tenantId, { chunks, announced: size });
      const send = await Promise.resolve()
        .then(() => validate(SendForm.schema, { ...fields, file: { kept, filename } }, 'invalid-body'))
        .catch(async (error) => {
          await media.drop(ref.tenantId, kept);
          throw error;
        });
      return (await outbox.accept(ref.tenantId, ref, send)).message;
    } finally {
      await handle.close();
    }
  }

  #opened(): Promise<App> {
    if (this.#closed) throw new HooklineError('shutting-down', 'This service was closed: make another one.');
    this.#opening ??= this.#open().catch((error) => {
      // What stood in its way may be gone at the next call.
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<App> {
    this.#app = 'rooms' in this.#hub ? this.#hub : await createApp(this.#hub, { ...this.#overrides, listen: false });
    return this.#app;
  }

  async #rooms(): Promise<App['rooms']> {
    return (await this.#opened()).rooms;
  }

  async #ref(session: SessionOrId): Promise<SessionRef> {
    const { sessions } = await this.#rooms();
    const isOfTenant = typeof session === 'object' && session !== null && !('id' in session);
    return isOfTenant ? sessions.ref(await this.#tenant(session.tenantId), nameOf(session)) : sessions.refOfAny(nameOf(session));
  }

  /** `make`: a tenant of that name where there is none. */
  async #tenant(idOrName: string, { make = false } = {}): Promise<TenantId> {
    const { tenants } = await this.#rooms();
    if (!isName(idOrName)) refuse('tenantId', 'Give the id of a tenant, or its name');
    const named = await tenants.idOf(idOrName);
    if (named) return named;
    if (!make || idOrName.startsWith('tnt_')) return (await tenants.get(idOrName)).id;
    const { name } = validate(TenantBody, { name: idOrName }, 'invalid-body');
    return tenants.create(name).then(
      ({ id }) => id,
      // Two first sessions of a tenant, made at the same time.
      async (error) => {
        const id = hasCode(error, 'tenant-exists') ? await tenants.idOf(name) : null;
        if (id) return id;
        throw error;
      },
    );
  }
}

const LINKED: unknown[] = ['connecting', 'connected'];

const isMediaType = (type: string): type is MediaType => (MEDIA_TYPES as readonly string[]).includes(type);

/** The id where there is one. */
function nameOf(session: SessionOrId): string {
  const name = typeof session === 'object' && session !== null ? ('id' in session ? session.id : session.name) : session;
  return isName(name) ? name : refuse('session', 'Give the id of a session, its name, or what createSession gave');
}

const isName = (text: unknown): text is string => typeof text === 'string' && text !== '' && !hasNul(text);
