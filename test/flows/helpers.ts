import type { MessageId } from '../../src/core/ids.ts';
import { newId, type SessionId, type TenantId } from '../../src/core/ids.ts';
import type { ChatId, MessageView } from '../../src/core/message.ts';
import type { Runtime } from '../../src/core/runtime.ts';
import type { SessionRef } from '../../src/core/session.ts';
import type { Database } from '../../src/db/open.ts';
import type { Tx } from '../../src/db/tx.ts';
import { LocalDispatcher } from '../../src/dispatch/local.ts';
import { Aside } from '../../src/flows/aside/aside.ts';
import { FlowLibrary } from '../../src/flows/catalogue/library.ts';
import { FlowSecrets } from '../../src/flows/catalogue/secrets.ts';
import { Flows } from '../../src/flows/flows.ts';
import { parseFlow } from '../../src/flows/language/parse.ts';
import type { Addresses, FlowSettings, Outbox, Reply, Voices, WayOut } from '../../src/flows/ports.ts';
import { Catalog } from '../../src/flows/program/catalog.ts';
import { checkFlows } from '../../src/flows/program/lint.ts';
import { compile, type Program } from '../../src/flows/program/program.ts';
import { Handoffs } from '../../src/flows/runtime/handoff.ts';
import { FlowRuntime } from '../../src/flows/runtime/runtime.ts';
import type { World } from '../../src/flows/turn/state.ts';
import { NOTHING_SAID, type Utterance } from '../../src/flows/understanding/inbound.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { AddressBook } from '../../src/messages/addresses/address-book.ts';
import { toChatId } from '../../src/messages/recipients.ts';
import { testRuntime } from '../helpers/runtime.ts';

export function programOf(source: string): Program {
  const parsed = parseFlow({ path: 'flows/test.yml', source });
  if ('faults' in parsed) throw new Error(parsed.faults.map(({ path, message }) => `${path} ${message}`).join('\n'));
  return compile(parsed.flow);
}

/** Throws the faults of flows that cannot be published. */
export function catalogOf(sources: Parameters<typeof checkFlows>[0]): Catalog {
  const { flows, faults } = checkFlows(sources);
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return new Catalog(flows.map(({ flow }) => ({ program: compile(flow), revision: 1 })));
}

/** What a contact writes. */
export const saying = (text: string | null, more: Partial<Utterance> = {}): Utterance => ({
  ...NOTHING_SAID,
  type: 'text',
  text,
  contact: { name: 'Ana Souza', phone: '5511999990000' },
  ...more,
});

export const worldOf = (more: Partial<World> = {}): World => ({
  now: Date.UTC(2026, 2, 24, 12),
  random: () => 0,
  chat: { id: '5511999990000@c.us', kind: 'private', engine: 'sandbox', tags: [], remembered: {}, starts: {}, optedOut: false },
  program: () => undefined,
  ...more,
});

/** Of a hub, with threads that end with the process. */
export const testLibrary = ({ log }: Pick<Runtime, 'log'> = testRuntime()): FlowLibrary => new FlowLibrary(new Aside(log));

/** A flow of these steps, started by "hi" unless said otherwise. */
export function flowOf(steps: string, { name = 'test', says = '[hi]' } = {}): string {
  return `flow: ${name}\nversion: 1\nstart:\n  - says: ${says}\nsteps:\n${steps.replace(/^/gm, '  ')}\n`;
}

/** Knows a contact again, by a tag and by what it remembers, and not more often than every two minutes. */
export const KNOWS_AGAIN = `again_after: 2m\n${flowOf(`- if: { tagged: vip }
  then:
    - say: "Welcome back, {{ contact.plan }}"
  else:
    - tag: vip
    - remember: { contact.plan: "{{ message.text | upcase }}" }
    - say: noted`)}`;

// biome-ignore lint/suspicious/noExplicitAny: a reply of any type, as the tests ask it
export type Sent = Omit<Reply, 'key'> & { session: SessionId } & Record<string, any>;

/** Takes replies as the room "messages" does: in the caller's transaction, once a key. */
export class TableOutbox implements Outbox {
  /** Thrown for the reply with this text. */
  readonly refusals = new Map<string, Error>();

  static async create(db: Database): Promise<TableOutbox> {
    await db.write(async (tx) => {
      if (await tx.sql.schema.hasTable('test_outbox')) return;
      await tx.sql.schema.createTable('test_outbox', (t) => {
        t.bigIncrements('ordinal');
        t.text('key').notNullable().unique();
        t.text('reply').notNullable();
      });
    });
    return new TableOutbox();
  }

  /** Sends whose media was made ready. */
  readonly prepared: unknown[] = [];

  async prepare(_tenantId: TenantId, send: unknown): Promise<unknown> {
    this.prepared.push(send);
    return { prepared: send };
  }

  async enqueue(tx: Tx, session: SessionRef, { key, ...reply }: Reply): Promise<{ id: MessageId }> {
    const refusal = this.refusals.get('text' in reply ? (reply.text ?? '') : reply.type);
    if (refusal) throw refusal;
    await tx
      .sql('test_outbox')
      .insert({ key, reply: JSON.stringify({ session: session.id, ...reply }) })
      .onConflict('key')
      .ignore();
    return { id: `msg_${key}` as MessageId };
  }
}

/** A tenant as its room would have made it. */
export async function seedTenant(db: Database): Promise<TenantId> {
  const now = Date.now();
  const id = newId('tnt', now);
  await db.write((tx) => tx.sql('tenants').insert({ id, name: id, created_at: now, updated_at: now }));
  return id;
}

/** A session, by default of a tenant of its own. */
export async function seed(db: Database, { tenantId, name = 'main' }: { tenantId?: TenantId; name?: string } = {}): Promise<SessionRef> {
  const now = Date.now();
  const session = { id: newId('ses', now), name, tenantId: tenantId ?? (await seedTenant(db)) };
  await db.write(async (tx) => {
    await tx.sql('whatsapp_instances').insert({
      ...{ id: session.id, tenant_id: session.tenantId, name: session.name, engine: 'sandbox', profile: session.id },
      ...{ desired: 'started', status: 'connected', created_at: now, updated_at: now },
    });
  });
  return session;
}

export interface Inbound {
  chat?: string;
  kind?: string;
  text?: string;
  name?: string | null;
  type?: 'message.received' | 'message.fromphone';
  /** A voice message: the id of its file. */
  voice?: string;
}

/** As the room "sessions" answers it. */
export async function refOf(db: Database, tenantId: TenantId, id: SessionId): Promise<SessionRef> {
  const row = await db.sql('whatsapp_instances').where({ id, tenant_id: tenantId }).first('name');
  return { id, name: row.name, tenantId };
}

/** As the room "messages" answers them. */
export const addressesOf = (book: AddressBook): Addresses => ({
  names: (tenantId, chat) => book.names(tenantId, chat),
  chatOf: async (session, address) => book.knownAs(session, toChatId(address)),
});

const SECRET_KEY = Buffer.alloc(32, 7);

/** A hub reduced to what the flows need: real ledger, lanes and database. */
export class Hall {
  readonly db: Database;
  readonly ledger: Ledger;
  readonly lanes: LocalDispatcher;
  readonly outbox: TableOutbox;
  readonly flows: Flows;
  readonly runtime: Runtime & { log: ReturnType<typeof testRuntime>['log'] };
  readonly flowRuntime: FlowRuntime;
  readonly handoffs: Handoffs;
  readonly secrets: FlowSecrets;
  readonly addressBook: AddressBook;
  /** What holds for every tenant. */
  settings: FlowSettings = { typing: true, phonePause: 12 * 3_600_000 };
  /** What was shown on the phone. */
  readonly shown: string[] = [];
  readonly engine = {
    seen: async () => void this.shown.push('seen'),
    typing: async () => void this.shown.push('typing'),
  };
  /** Whether messages tell the phone and the hidden number of who writes, as the inbox has them tell as soon as it knows both. */
  tellsBothNames = false;
  /** Requests as they were made; `answers` are given in their order, the last one again and again. */
  readonly requests: Parameters<WayOut['request']>[0][] = [];
  answers: (Awaited<ReturnType<WayOut['request']>> | (() => never))[] = [{ status: 200, headers: {}, body: Buffer.from('{}') }];
  /** Where they go instead, when they are to go somewhere. */
  wayOut: WayOut | null = null;
  /** Models that flows may ask, and files of voice messages by their ids. */
  readonly models: string[] = [];
  readonly files = new Map<string, Awaited<ReturnType<Voices['read']>>>();
  readonly egress: WayOut = {
    request: async (request) => {
      this.requests.push(request);
      if (this.wayOut) return this.wayOut.request(request);
      const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
      if (typeof answer === 'function') return answer();
      return answer ?? { error: 'connect', detail: 'nobody is there' };
    },
  };

  private constructor(db: Database, outbox: TableOutbox, overrides: Partial<Runtime>) {
    this.db = db;
    this.outbox = outbox;
    this.runtime = testRuntime(overrides);
    this.ledger = new Ledger(db, this.runtime);
    this.lanes = new LocalDispatcher(db, this.runtime);
    const sessions = { ref: (tenantId: TenantId, id: SessionId) => refOf(db, tenantId, id), engineOf: () => this.engine };
    const settingsOf = async () => this.settings;
    this.addressBook = new AddressBook(db, this.runtime);
    const rooms = {
      ledger: this.ledger,
      lanes: this.lanes,
      outbox,
      sessions,
      egress: this.egress,
      addresses: addressesOf(this.addressBook),
    };
    const voices: Voices = { read: async (_, id) => this.files.get(id) ?? { error: 'There is no such file' } };
    const ports = { ...rooms, settingsOf, library: testLibrary(this.runtime), models: this.models, voices };
    this.flows = new Flows(db, ports, this.runtime);
    this.secrets = new FlowSecrets(db, SECRET_KEY, this.runtime);
    this.flowRuntime = new FlowRuntime(db, { ...ports, secrets: this.secrets }, this.runtime);
    this.handoffs = new Handoffs(db, ports, this.runtime);
  }

  static async open(db: Database, overrides: Partial<Runtime> = {}): Promise<Hall> {
    const hall = new Hall(db, await TableOutbox.create(db), overrides);
    await hall.lanes.start();
    hall.ledger.start();
    return hall;
  }

  /** As the inbox announces it: the event alone. */
  announce(session: SessionRef, inbound: Inbound): Promise<MessageView> {
    return this.announceOn(this.db, session, inbound);
  }

  async announceOn(
    db: Database,
    session: SessionRef,
    { chat = '5511999990000@c.us', kind = 'private', text, name = 'Ana Souza', type, voice }: Inbound,
  ): Promise<MessageView> {
    const phone = chat.endsWith('@lid') ? null : (chat.split('@')[0] ?? null);
    const party = { id: chat as ChatId, lid: null, phone, name };
    const [from = party] = this.tellsBothNames ? await this.addressBook.complete(session.tenantId, [party]) : [];
    const id = newId('msg', Date.now());
    const media =
      voice === undefined ? {} : { type: 'voice', media: { id: voice, url: `/api/media/${voice}`, mimetype: 'audio/ogg; codecs=opus' } };
    const data = { id, direction: 'inbound', type: 'text', chat: { id: chat, kind }, from, ...(text !== undefined && { text }), ...media };
    await db.write((tx) => this.ledger.append(tx, [{ tenantId: session.tenantId, session, type: type ?? 'message.received', data }]));
    return { ...data, sessionId: session.id, timestamp: new Date(this.runtime.clock.now()).toISOString() } as MessageView;
  }

  /** What a contact writes, and all that comes of it. */
  async receive(session: SessionRef, inbound: string | Inbound): Promise<MessageView> {
    const message = await this.announce(session, typeof inbound === 'string' ? { text: inbound } : inbound);
    await this.settle();
    return message;
  }

  async settle(): Promise<void> {
    await this.ledger.drain();
    await this.lanes.drain();
  }

  async sent(chat?: string): Promise<Sent[]> {
    const rows: { reply: string }[] = await this.db.sql('test_outbox').orderBy('ordinal');
    return rows.map(({ reply }) => JSON.parse(reply)).filter(({ to }) => chat === undefined || to === chat);
  }

  async texts(chat?: string): Promise<string[]> {
    return (await this.sent(chat)).map(({ text }) => text);
  }

  async events(tenantId: TenantId, ...types: string[]) {
    const page = await this.ledger.page(tenantId, { limit: 1000, types });
    // biome-ignore lint/suspicious/noExplicitAny: what is in `data` is what the tests ask
    return (page?.events ?? []).map(({ type, json }) => ({ type, data: JSON.parse(json) as any }));
  }

  async stop(): Promise<void> {
    await this.ledger.stop();
    await this.lanes.stop();
  }
}
