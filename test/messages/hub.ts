import type { ExecutionContext } from 'ava';
import type { LedgerEvent } from '../../src/core/events.ts';
import { type MessageId, newId, type SessionId, type TenantId } from '../../src/core/ids.ts';
import type { OutgoingMessage, SendRequest } from '../../src/core/message.ts';
import { type Clock, systemClock } from '../../src/core/runtime.ts';
import type { SessionRef } from '../../src/core/session.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import type { Database } from '../../src/db/open.ts';
import type { Tx } from '../../src/db/tx.ts';
import { LocalDispatcher } from '../../src/dispatch/local.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { AddressBook } from '../../src/messages/addresses/address-book.ts';
import { Inbox } from '../../src/messages/inbox/inbox.ts';
import { SendLane } from '../../src/messages/lane/lane.ts';
import type { SendingEngine } from '../../src/messages/ports.ts';
import { Outbox } from '../../src/messages/sends/outbox.ts';
import { testDatabase } from '../helpers/database.ts';
import { mediaLibrary } from '../helpers/media.ts';
import { testRuntime } from '../helpers/runtime.ts';

let reserved = 0;

/** Remembers what it was told; `onSend` decides what becomes of it. */
export class FakeEngine implements SendingEngine {
  readonly sent: OutgoingMessage[] = [];
  readonly asked: string[] = [];
  readonly typed: { chat: string; on: boolean }[] = [];
  inFlight = 0;
  mostInFlight = 0;
  onSend: (message: OutgoingMessage) => Promise<void> = async () => undefined;
  onResolve: (chatId: string) => Promise<string> = async (chatId) => chatId;
  onFind: (engineId: string) => 'sent' | 'absent' | 'unsure' = () => 'unsure';

  reserveId(to: string): string {
    return `true_${to}_${++reserved}`;
  }

  async send(message: OutgoingMessage): Promise<{ engineId: string }> {
    this.mostInFlight = Math.max(this.mostInFlight, ++this.inFlight);
    try {
      this.sent.push(message);
      await this.onSend(message);
      return { engineId: message.engineId };
    } finally {
      this.inFlight--;
    }
  }

  async findSent(engineId: string): Promise<'sent' | 'absent' | 'unsure'> {
    this.asked.push(engineId);
    return this.onFind(engineId);
  }

  /** The bytes of every message that comes in with media. */
  bytes: Uint8Array = Buffer.from('hello');

  async fetchMedia(): Promise<AsyncIterable<Uint8Array>> {
    const { bytes } = this;
    return (async function* () {
      yield bytes;
    })();
  }

  async exists(address: string) {
    return { exists: true, chatId: address, lid: null, phone: null };
  }

  /** Chats that would be new ones, while WhatsApp lets the account begin none. */
  readonly held = new Map<string, number>();

  async newChatUntil(chat: string): Promise<number | null> {
    return this.held.get(chat) ?? null;
  }

  async typing(chat: string, on: boolean): Promise<void> {
    this.typed.push({ chat, on });
  }

  get texts(): string[] {
    return this.sent.map((message) => (message.type === 'text' ? message.text : message.type));
  }
}

export async function insertSession(db: Database, name = 'shop'): Promise<SessionRef> {
  const session: SessionRef = { id: newId('ses', Date.now()), name, tenantId: newId('tnt', Date.now()) };
  const created = { created_at: 0, updated_at: 0 };
  await db.write(async ({ sql }) => {
    await sql('tenants').insert({ id: session.tenantId, name: session.tenantId, ...created });
    await sql('whatsapp_instances').insert({
      ...{ id: session.id, tenant_id: session.tenantId, name, engine: 'sandbox', profile: session.id },
      ...{ desired: 'started', status: 'connected', ...created },
    });
  });
  return session;
}

export interface HubOptions {
  engine?: FakeEngine;
  clock?: Clock;
  ackTimeout?: number;
}

/** The room with everything real around it but the engine. Several may run after each other on one database. */
export class Hub {
  readonly db: Database;
  readonly session: SessionRef;
  readonly engine: FakeEngine;
  readonly ledger: Ledger;
  readonly dispatcher: LocalDispatcher;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly lane: SendLane;
  readonly runtime: ReturnType<typeof testRuntime>;
  readonly touched: number[] = [];
  readonly #dispose: () => Promise<void>;
  /** What becomes of the wish for the file of a send. */
  file = <T>(file: () => Promise<T>): Promise<T> => file();
  connected = true;
  /** Something happens right after the engine was asked for. */
  onEngineOf = (): void => undefined;
  config: Record<string, unknown> = {};

  constructor(db: Database, session: SessionRef, { engine = new FakeEngine(), clock = systemClock, ackTimeout = 0 }: HubOptions = {}) {
    this.db = db;
    this.session = session;
    this.engine = engine;
    this.runtime = testRuntime({ clock, random: () => 0.5 });
    this.ledger = new Ledger(db, this.runtime);
    this.dispatcher = new LocalDispatcher(db, this.runtime);
    const sessions = {
      engineOf: (id: SessionId) => {
        const found = id === session.id && this.connected ? engine : null;
        this.onEngineOf();
        return found;
      },
      isConnected: async (id: SessionId) => id === session.id && this.connected,
      ref: async () => session,
      configured: async () => ({ ...session, config: this.config, newChatsUntil: Math.max(0, ...engine.held.values()) || null }),
      touchInbound: async (tx: Tx, _: SessionId, at: number) => tx.afterCommit(() => this.touched.push(at)),
    };
    const { media, dispose } = mediaLibrary(db, { ledger: this.ledger, lanes: this.dispatcher, sessions }, this.runtime);
    this.#dispose = dispose;
    this.dispatcher.register('media', { concurrency: 8, pump: media.pump });
    const book = new AddressBook(db, this.runtime);
    const addresses = {
      resolve: (_: SessionRef, chatId: string) => this.engine.onResolve(chatId),
      names: (tenantId: TenantId, chatId: string) => book.names(tenantId, chatId),
    };
    const ports = { ledger: this.ledger, lanes: this.dispatcher, sessions, media, addresses };
    const file: typeof media.file = (tenantId, id, type) => this.file(() => media.file(tenantId, id, type));
    this.inbox = new Inbox(db, { ...ports, addresses: book }, this.runtime);
    this.outbox = new Outbox(db, ports, { ...this.runtime, ackTimeout: ackTimeout || null });
    this.lane = new SendLane(db, { ...ports, media: { file } }, { ...this.runtime, ackTimeout: ackTimeout || null });
    this.dispatcher.register('send', { concurrency: 100, pump: (held) => this.lane.pump(held) });
    this.ledger.follow('messages', (tx, events) => this.lane.follow(tx, events));
  }

  async start(): Promise<this> {
    await this.dispatcher.start();
    this.ledger.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.ledger.stop();
    await this.dispatcher.stop();
    await this.#dispose();
  }

  async drain(): Promise<void> {
    await this.ledger.drain();
    await this.dispatcher.drain();
    await this.lane.drain();
    await this.dispatcher.drain();
  }

  /** As the sessions room says it. */
  async say(to: 'connected' | 'disconnected'): Promise<void> {
    this.connected = to === 'connected';
    const { tenantId } = this.session;
    await this.db.write((tx) => this.ledger.append(tx, [{ tenantId, session: this.session, type: 'session.status', data: { to } }]));
    await this.drain();
  }

  async accept(send: Partial<SendRequest & { type: 'text' }> = {}, idempotencyKey?: string) {
    const request: SendRequest = { to: '5511987654321', type: 'text', text: 'hello', ...send };
    return this.outbox.accept(this.session.tenantId, this.session, request, { ...(idempotencyKey && { idempotencyKey }) });
  }

  async events(type?: string): Promise<LedgerEvent[]> {
    const page = await this.ledger.page(this.session.tenantId, { limit: 10_000, ...(type && { types: [type] }) });
    return page?.events ?? [];
  }

  detail(id: string) {
    return this.outbox.get(this.session.tenantId, id as MessageId);
  }

  async statusOf(id: string): Promise<string> {
    return (await this.outbox.get(this.session.tenantId as TenantId, id as never)).status;
  }
}

/** A hub on a database of its own; both are gone after the test. */
export async function openHub(t: ExecutionContext, dialect: DialectName, options: HubOptions & { start?: boolean } = {}): Promise<Hub> {
  const { db, dispose } = await testDatabase(dialect);
  const hub = new Hub(db, await insertSession(db), options);
  if (options.start !== false) await hub.start();
  t.teardown(async () => {
    await hub.stop();
    await dispose();
  });
  return hub;
}

/** A promise and how to settle it from outside. */
export function gate(): { opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
