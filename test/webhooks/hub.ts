import type { ExecutionContext } from 'ava';
import { HooklineError } from '../../src/core/errors.ts';
import { type EndpointId, newId, type SessionId, type TenantId } from '../../src/core/ids.ts';
import type { Runtime } from '../../src/core/runtime.ts';
import type { SessionRef } from '../../src/core/session.ts';
import type { DialectName } from '../../src/db/dialect.ts';
import type { Database } from '../../src/db/open.ts';
import { LocalDispatcher } from '../../src/dispatch/local.ts';
import { createEgress } from '../../src/egress/client.ts';
import { Handoffs } from '../../src/flows/runtime/handoff.ts';
import { EVENTS } from '../../src/http/shapes/event-data.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { AddressBook } from '../../src/messages/addresses/address-book.ts';
import { toChatId } from '../../src/messages/recipients.ts';
import { Outbox } from '../../src/messages/sends/outbox.ts';
import { ApiKeys } from '../../src/tenants/api-keys.ts';
import { Actions } from '../../src/webhooks/actions/actions.ts';
import { Deliveries } from '../../src/webhooks/delivery/deliveries.ts';
import { WebhookDispatcher } from '../../src/webhooks/delivery/dispatcher.ts';
import { fanOut } from '../../src/webhooks/delivery/fan-out.ts';
import { Endpoints } from '../../src/webhooks/endpoints/endpoints.ts';
import { EndpointHealth } from '../../src/webhooks/health/health.ts';
import { groupOf } from '../../src/webhooks/lane-key.ts';
import type { ActionSessions, CallbackKeys, DialectFacts, EventDialects } from '../../src/webhooks/ports.ts';
import { Replays } from '../../src/webhooks/replay/replays.ts';
import { testDatabase } from '../helpers/database.ts';
import { mediaLibrary } from '../helpers/media.ts';
import { testRuntime } from '../helpers/runtime.ts';

export const SECRET_KEY = Buffer.alloc(32, 7);

export interface Session {
  id: SessionId;
  name: string;
}

const NO_FACTS: DialectFacts = { account: async () => null, message: async () => null, called: async () => null, file: async () => null };

interface HubOptions {
  runtime?: TestHub['runtime'];
  deadline?: number;
  dialects?: EventDialects;
  facts?: DialectFacts;
}

/** The rooms that a delivery passes through, plugged together as app.ts does, on a database that may be older than they are. */
export class TestHub {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly lanes: LocalDispatcher;
  readonly endpoints: Endpoints;
  readonly deliveries: Deliveries;
  readonly health: EndpointHealth;
  readonly replays: Replays;
  readonly runtime: Runtime & { log: ReturnType<typeof testRuntime>['log'] };
  /** Of every session; null: none is connected. */
  engine: ReturnType<ActionSessions['engineOf']> = null;
  readonly dispatcher: WebhookDispatcher;
  readonly handoffs: Handoffs;
  readonly #egress: ReturnType<typeof createEgress>;
  readonly #disposeMedia: () => Promise<void>;

  constructor(db: Database, { runtime = testRuntime(), deadline = 15_000, dialects = {}, facts = NO_FACTS }: HubOptions = {}) {
    this.db = db;
    this.runtime = runtime;
    this.ledger = new Ledger(db, runtime);
    this.lanes = new LocalDispatcher(db, runtime);
    this.#egress = createEgress({ allow: ['127.0.0.0/8'] });
    this.health = new EndpointHealth({ clock: runtime.clock, lanes: this.lanes, slots: 16 });
    const needs = { ledger: this.ledger, lanes: this.lanes, health: this.health, egress: this.#egress, secretKey: SECRET_KEY, runtime };
    const addresses = new AddressBook(db, runtime);
    const chats = { read: toChatId, names: (tenantId: TenantId, chat: string) => addresses.names(tenantId, chat) };
    const known = { idOf: async (tenantId: TenantId, idOrName: string) => (await this.#row(tenantId, idOrName))?.id ?? null };
    const keys = new ApiKeys(db, runtime);
    const callbackKeys: CallbackKeys = {
      make: (tx, tenantId, of) => keys.createWithin(tx, tenantId, { ...of, scopes: ['messages:send'] }),
      remove: (tx, tenantId, id) => keys.removeWithin(tx, tenantId, id),
    };
    this.endpoints = new Endpoints(db, {
      ...needs,
      sessions: known,
      addresses: chats,
      callbackKeys,
      dialects: ['hookline', 'evolution'],
      events: dialects,
    });
    const telling = { dialects, facts };
    this.deliveries = new Deliveries(db, { ...needs, telling });
    this.ledger.follow('webhooks', fanOut(db, { ...needs, addresses: chats, dialects }));
    const sessions = {
      isElsewhere: () => false,
      engineOf: () => this.engine,
      isConnected: async () => this.engine !== null,
      ref: (tenantId: TenantId, id: string) => this.#ref(tenantId, id),
      configured: async (tenantId: TenantId, id: string) => ({ ...(await this.#ref(tenantId, id)), config: {}, newChatsUntil: null }),
    };
    const { media, dispose } = mediaLibrary(db, { ...needs, sessions: { ...sessions, engineOf: () => null } }, runtime);
    this.#disposeMedia = dispose;
    const outbox = new Outbox(db, { ...needs, sessions, media, addresses }, runtime);
    this.handoffs = new Handoffs(db, { ...needs, addresses }, runtime);
    const actions = new Actions({ sessions, outbox, handoffs: this.handoffs }, runtime);
    this.dispatcher = new WebhookDispatcher(db, { ...needs, actions, telling, version: '0.0.0', deadline });
    this.replays = new Replays(db, { ...needs, addresses: chats, dialects });
    this.lanes.register('replay', { concurrency: 2, pump: this.replays.pump });
    this.lanes.register('webhook', {
      concurrency: 20,
      retries: 20,
      pump: this.dispatcher.pump,
      group: { of: groupOf, slots: (id) => this.health.slots(id as EndpointId) },
    });
  }

  async start(): Promise<this> {
    await this.lanes.start();
    await this.dispatcher.start();
    this.ledger.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.dispatcher.stop();
    await this.ledger.stop();
    await this.lanes.stop();
    await this.#disposeMedia();
    this.#egress.close();
  }

  /** Nothing is running and nothing is due. */
  async drain(): Promise<void> {
    await this.ledger.drain();
    await this.dispatcher.drain();
    await this.lanes.drain();
  }

  async tenant(): Promise<TenantId> {
    const now = this.runtime.clock.now();
    const id = newId('tnt', now);
    await this.db.write((tx) => tx.sql('tenants').insert({ id, name: id, created_at: now, updated_at: now }));
    return id;
  }

  async session(tenantId: TenantId, name: string): Promise<Session> {
    const now = this.runtime.clock.now();
    const id = newId('ses', now);
    const row = { id, tenant_id: tenantId, name, engine: 'sandbox', profile: id, desired: 'started', status: 'connected' };
    await this.db.write((tx) => tx.sql('whatsapp_instances').insert({ ...row, created_at: now, updated_at: now }));
    return { id, name };
  }

  #row(tenantId: TenantId, idOrName: string): Promise<{ id: SessionId; name: string } | undefined> {
    const mine = this.db.sql('whatsapp_instances').where({ tenant_id: tenantId });
    return mine.andWhere((which) => which.where({ id: idOrName }).orWhere({ name: idOrName })).first('id', 'name');
  }

  async #ref(tenantId: TenantId, id: string): Promise<SessionRef> {
    const row = await this.#row(tenantId, id);
    if (!row) throw new HooklineError('not-found', `There is no session ${id} here.`);
    return { ...row, tenantId };
  }

  /** Appends one `message.received` a text and returns the ids of the events. */
  async receive(tenantId: TenantId, session: Session, ...texts: string[]): Promise<string[]> {
    const message = EVENTS['message.received'].example as object;
    const drafts = texts.map((text) => ({
      tenantId,
      session,
      type: 'message.received' as const,
      data: { ...message, sessionId: session.id, text },
    }));
    const events = await this.db.write((tx) => this.ledger.append(tx, drafts));
    return events.map(({ id }) => id);
  }
}

export interface Started {
  hub: TestHub;
  tenantId: TenantId;
  session: Session;
}

/** A running hub on a fresh database, with one tenant that has one session; gone when the test is over. */
export async function startHub(t: ExecutionContext, dialect: DialectName, options: HubOptions = {}): Promise<Started> {
  const database = await testDatabase(dialect);
  const hub = await new TestHub(database.db, options).start();
  t.teardown(async () => {
    await hub.stop();
    await database.dispose();
  });
  const tenantId = await hub.tenant();
  return { hub, tenantId, session: await hub.session(tenantId, 'shop') };
}

/** Asks again until it holds; for what happens behind a border of the process. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, within = 10_000): Promise<void> {
  const end = Date.now() + within;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Waited ${within} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
