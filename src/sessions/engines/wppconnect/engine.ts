/** The engine that carries a session in a real WhatsApp Web: wppconnect in a Chromium of its own. */
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Arrival, Unreadable } from '../../../core/arrival.ts';
import type { Directory } from '../../../core/directory.ts';
import { HooklineError, messageOf } from '../../../core/errors.ts';
import { type ChatId, chatKind, type InboundMessage, type OutgoingMessage } from '../../../core/message.ts';
import type { Milliseconds } from '../../../core/runtime.ts';
import { toVcard } from '../../../core/vcard.ts';
import type { Engine, EngineContext, EngineFactory, Found, Health } from '../../engine.ts';
import type { PasskeyCredential } from '../../passkey.ts';
import { guardedUsername, resultRefusal, sendRefusal } from '../refusals.ts';
import { CONTAINER_ARGS } from './chromium/browser.ts';
import type { Guard } from './chromium/guard.ts';
import { Quarantine } from './chromium/quarantine.ts';
import { Connection, type Deadlines } from './connection.ts';
import { wppDirectory } from './directory.ts';
import type { Client, Page } from './library.ts';
import { fetchFile, sendFile } from './media.ts';
import { findAck, inboundSince, isListed, look, lookUp, lookUpUsername, mayWrite, openChat } from './page/page-calls.ts';
import { show } from './page/page-presence.ts';
import { sendInPage } from './page/page-send.ts';
import { standing } from './wire/map-event.ts';
import { bareId } from './wire/map-message.ts';
import { readArrival } from './wire/read.ts';

export interface WppconnectOptions {
  /** Path of the browser; null or absent: the first found in the usual places. */
  chromium?: string | null;
  /** Instead of CONTAINER_ARGS. */
  browserArgs?: readonly string[];
  /** In addition to them. */
  extraBrowserArgs?: readonly string[];
  /** Where browsers may go through, each under the name that sessions give (`config.proxy`): `office=http://user:password@host:port`. */
  proxies?: readonly string[];
  /** When WhatsApp Web is opened elsewhere with a session's login; a session may say otherwise (`config.onConflict`). Default `yield`. */
  onConflict?: 'yield' | 'useHere';
  deadlines?: Partial<Deadlines>;
  /** Ends browsers where this process cannot, as on a node of a cluster that stands still. */
  guard?: Guard | undefined;
}

/** What is not said in the options. */
export const DEADLINES: Deadlines = {
  start: 90_000,
  send: 30_000,
  media: 300_000,
  call: 15_000,
  list: 60_000,
  health: 5_000,
  still: 10_000,
  close: 5_000,
  decrypt: 120_000,
};

export function wppconnectEngine(options: WppconnectOptions = {}): EngineFactory {
  return (context) => new WppconnectEngine(context, options);
}

class WppconnectEngine implements Engine {
  readonly name = 'wppconnect';
  readonly directory: Directory;
  readonly #context: EngineContext;
  readonly #options: WppconnectOptions;
  readonly #deadlines: Deadlines;
  readonly #quarantine: Quarantine;
  #connection: Connection | null = null;
  #starting: Promise<void> = Promise.resolve();

  constructor(context: EngineContext, options: WppconnectOptions) {
    this.#context = context;
    this.#quarantine = new Quarantine(context);
    this.#options = options;
    this.#deadlines = { ...DEADLINES, ...options.deadlines };
    this.directory = wppDirectory(() => this.#connected());
  }

  start(): Promise<void> {
    const previous = this.#connection;
    if (!previous || previous.isFreed) {
      const connection = this.#newConnection();
      this.#connection = connection;
      this.#starting = Promise.resolve(previous?.free()).then(() => connection.start());
    }
    return this.#starting;
  }

  async stop(): Promise<void> {
    await this.#connection?.free();
  }

  async reload(): Promise<void> {
    await this.#connected().call('load itself anew', (_, page) => page.reload({ timeout: 0 }));
  }

  async still(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const connection = this.#connection;
    await (connection ? connection.still(work) : work(new AbortController().signal));
  }

  async logout(): Promise<void> {
    const connection = this.#connection;
    if (connection?.isOpen) {
      connection.hush();
      await connection
        .call('unlink', (client) => client.logout())
        .catch((error: unknown) => this.#context.log.warn('WhatsApp was not told of the logout', { error: messageOf(error) }));
    }
    await this.stop();
    await rm(this.#userDataDir, { recursive: true, force: true });
  }

  async destroy(): Promise<void> {
    await this.stop();
    await rm(this.#context.profileDir, { recursive: true, force: true });
  }

  async pair(phone: string): Promise<void> {
    await this.#running().pair(phone);
  }

  async signPasskey(credential: PasskeyCredential | null): Promise<void> {
    await this.#running().signPasskey(credential);
  }

  async confirmPasskey(matches: boolean): Promise<void> {
    await this.#running().confirmPasskey(matches);
  }

  async screenshot(): Promise<Uint8Array> {
    if (!this.#connection)
      throw new HooklineError('session-not-connected', 'The session does not run, so that nothing is to be seen. Connect it first.');
    return this.#connection.screenshot();
  }

  /** In the form of WhatsApp Web's own ids: `3EB0` and 18 hexadecimal digits. */
  reserveId(to: ChatId): string {
    return `true_${to}_3EB0${randomBytes(9).toString('hex').toUpperCase()}`;
  }

  async send(message: OutgoingMessage): Promise<{ engineId: string }> {
    const connection = this.#connected();
    const { send } = this.#deadlines;
    const order = { message, bareId: bareId(message.engineId), cards: cardsOf(message) };
    connection.own(message.engineId);
    const outcome =
      'media' in message
        ? await sendFile(connection, order, message.media, send)
        : await connection.call('send', (_, page) => page.evaluate(sendInPage, order, null), send);
    if ('error' in outcome) throw sendRefusal(this.name, outcome);
    // wa-js resolves for a message that failed, with an ack below 0.
    if (outcome.ack < 0 || outcome.result !== 'OK') throw resultRefusal(outcome.result, outcome.ack);
    return { engineId: outcome.engineId };
  }

  async findSent(engineId: string): Promise<Found> {
    const [, chat = ''] = engineId.split('_');
    const ack = await this.#connected()
      .call('look for a message', (_, page) => page.evaluate(findAck, { chat, bareId: bareId(engineId) }))
      .catch(() => 0);
    if (ack === null) return 'absent';
    // 0: still in the page's own queue; below: WhatsApp Web gave up on it, which says nothing of the server.
    return ack > 0 ? 'sent' : 'unsure';
  }

  async typing(chat: ChatId, on: boolean): Promise<void> {
    await this.#busyIn('show typing', chat, on, (client) => (on ? client.startTyping(chat) : client.stopTyping(chat)));
  }

  async recording(chat: ChatId, on: boolean): Promise<void> {
    await this.#busyIn('show recording', chat, on, (client) => (on ? client.startRecording(chat) : client.stopRecording(chat)));
  }

  async seen(chat: ChatId): Promise<void> {
    await this.#inChat('mark the chat as read', chat, (client) => client.sendSeen(chat));
  }

  async unseen(chat: ChatId): Promise<void> {
    await this.#inChat('mark the chat as unread', chat, (client) => client.markUnseenMessage(chat));
  }

  async fetchMedia(engineId: string): Promise<AsyncIterable<Uint8Array>> {
    return fetchFile(this.#connected(), engineId, this.#deadlines.media);
  }

  async exists(address: ChatId) {
    const connection = this.#connected();
    const [user = '', server] = address.split('@');
    if (!['c.us', 'lid', 'username'].includes(server ?? '')) {
      const listed = await connection.call('look up a chat', (_, page) => page.evaluate(isListed, address));
      return { exists: listed, chatId: listed ? address : null, lid: null, phone: null };
    }
    // Without a connection wa-js answers "does not exist" instead of failing.
    const { socket } = await connection.call('show its state', (_, page) => page.evaluate(look));
    if (socket !== 'CONNECTED') {
      throw new HooklineError('engine-failed', `WhatsApp cannot be asked now: socket ${socket}`, { stage: 'network' });
    }
    const found =
      server === 'username'
        ? await connection.call('look up a username', (_, page) => page.evaluate(lookUpUsername, user))
        : await connection.call('look up a number', (_, page) => page.evaluate(lookUp, address));
    if (found && 'keyRequired' in found) throw guardedUsername(user);
    return found ? { exists: true, ...found } : { exists: false, chatId: null, lid: null, phone: null };
  }

  async newChatUntil(chat: ChatId): Promise<Milliseconds | null> {
    const connection = this.#connected();
    const until = connection.newChatsUntil;
    if (until === null || chatKind(chat) !== 'private') return null;
    return (await connection.call('look for a chat', (_, page) => page.evaluate(mayWrite, chat))) ? null : until;
  }

  async unreadSince(time: Milliseconds): Promise<InboundMessage[]> {
    const since = Math.floor(time / 1000);
    const connection = this.#connected();
    const list = await connection.call('list what is new', (_, page) => page.evaluate(inboundSince, since), this.#deadlines.list);
    for (const { raw, error } of list.failed) this.#setAside({ kind: 'message', raw, engineId: null, error });
    return list.messages.flatMap((wire) => {
      const read = connection.listed(wire);
      if (read && 'unreadable' in read) this.#setAside(read.unreadable);
      return read && !('unreadable' in read) ? [read] : [];
    });
  }

  read({ kind, raw }: Parameters<Engine['read']>[0]): Arrival | null {
    return readArrival(kind, raw);
  }

  async health(): Promise<Health> {
    const connection = this.#connection;
    if (!connection || connection.isFreed) return { ok: false, detail: 'not started' };
    try {
      const seen = await connection.call('answer', (_, page) => page.evaluate(look), this.#deadlines.health);
      const now = standing(seen);
      const memory = await connection.memory();
      const ok = connection.isOpen ? now.is === 'open' : now.is !== 'closed';
      return { ok, detail: `socket ${seen.socket}`, ...(memory !== undefined && { memory }) };
    } catch (error) {
      return { ok: false, detail: messageOf(error) };
    }
  }

  #setAside(what: Unreadable): void {
    this.#context.host.unreadable(what).catch(() => undefined); // The hub tries again by itself.
  }

  get #userDataDir(): string {
    return join(this.#context.profileDir, 'chromium');
  }

  #newConnection(): Connection {
    const {
      chromium = null,
      browserArgs = CONTAINER_ARGS,
      extraBrowserArgs = [],
      proxies = [],
      onConflict = 'yield',
      guard,
    } = this.#options;
    return new Connection(this.#context, {
      chromium,
      userDataDir: this.#userDataDir,
      args: [...browserArgs, ...extraBrowserArgs],
      proxies,
      onConflict,
      quarantine: this.#quarantine,
      guard,
      deadlines: this.#deadlines,
    });
  }

  /** Open or not. */
  #running(): Connection {
    if (!this.#connection || this.#connection.isFreed) throw new HooklineError('engine-failed', 'The session was stopped meanwhile.');
    return this.#connection;
  }

  #connected(): Connection {
    if (!this.#connection?.isOpen) {
      throw new HooklineError('session-not-connected', 'The session is not connected: connect it and wait until it is', { stage: 'later' });
    }
    return this.#connection;
  }

  async #inChat(what: string, chat: ChatId, act: (client: Client, page: Page) => Promise<unknown>): Promise<void> {
    await this.#connected().call(what, async (client, page) => {
      await page.evaluate(openChat, chat);
      await act(client, page);
    });
  }

  /** Who types is there. */
  async #busyIn(what: string, chat: ChatId, busy: boolean, act: (client: Client) => Promise<unknown>): Promise<void> {
    await this.#inChat(what, chat, async (client, page) => {
      if (busy) await page.evaluate(show, { chat, busy });
      await act(client);
      if (!busy) await page.evaluate(show, { chat, busy });
    });
  }
}

function cardsOf(message: OutgoingMessage): { displayName: string; vcard: string }[] {
  if (message.type !== 'contact') return [];
  return message.contacts.map((card) => ({ displayName: card.name, vcard: toVcard(card) }));
}
