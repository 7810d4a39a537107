/**
 * What a fault is done to: a hub with sandbox sessions under a steady load both ways, a flow that answers what comes in and a
 * receiver of webhooks. What the clients were told is kept, and compared at the end (ledgers.ts).
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { DialectName } from '../../src/db/dialect.ts';
import type { DatabaseLocation } from '../../src/db/open.ts';
import { migratedLocation } from '../helpers/database.ts';
import { type Call, type Hub, type HubOptions, linkedSandbox, startHub } from '../helpers/hub.ts';
import { type Receiver, startReceiver } from '../helpers/receiver.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { everyPage, type Row } from './clients.ts';
import { type Accepted, broken, damaged, type Heard, type Ledgers } from './ledgers.ts';

export const FLOW = `flow: echo
version: 1
typing: false
start: [{ anything: true }]
steps:
  - say: "re {{ message.text }}"
  - end
`;
const reply = ({ text }: { text: string }): string => `re ${text}`;

/** Chats of a session, each way. */
const CHATS = 4;
/** How long (ms) a client waits for an answer before it asks again. */
const PATIENCE = 30_000;

/** One request of a client, and what it was told; `status` 0: nothing. */
export interface Told {
  at: number;
  ms: number;
  what: 'send' | 'receive' | 'upload' | 'look';
  status: number;
  detail: string;
}

export interface WorldOptions extends Pick<HubOptions, 'env' | 'under'> {
  sessions?: number;
  /** Milliseconds between two requests of a client. There are two clients a session. */
  gap?: number;
  /** Without the flow that answers what comes in. */
  silent?: boolean;
  /** In which the hub has its directories; it is not removed. */
  directory?: string;
  /** Milliseconds that a client waits for an answer. */
  patience?: number;
}

export interface WorldParts extends Pick<World, 'hub' | 'receiver' | 'location' | 'sessions' | 'tenant'> {
  endpoint: string;
  silent: boolean;
  gap: number;
  patience: number;
  /** Of those sessions that run over wppconnect: what their accounts have seen. */
  phones?: ReadonlyMap<string, Phone>;
}

export class World {
  hub: Hub;
  readonly call: Call;
  readonly receiver: Receiver;
  readonly location: DatabaseLocation;
  readonly sessions: readonly string[];
  /** Everything that the clients were told, in order. */
  readonly told: Told[] = [];
  readonly accepted: Accepted[] = [];
  readonly heard: Heard[] = [];
  readonly tenant: Tenant;
  readonly #endpoint: string;
  readonly #silent: boolean;
  readonly #patience: number;
  readonly #gap: number;
  readonly #phones: ReadonlyMap<string, Phone>;
  #over = false;
  #paused: Promise<void> = Promise.resolve();
  #resume: () => void = () => undefined;
  #clients: Promise<void>[] = [];

  constructor(parts: WorldParts) {
    this.hub = parts.hub;
    this.call = parts.tenant.call;
    this.receiver = parts.receiver;
    this.location = parts.location;
    this.sessions = parts.sessions;
    this.tenant = parts.tenant;
    this.#endpoint = parts.endpoint;
    this.#silent = parts.silent;
    this.#gap = parts.gap;
    this.#phones = parts.phones ?? new Map();
    this.#patience = parts.patience;
  }

  /** Two clients a session begin: one that sends, and the contacts who write. */
  load(): this {
    this.#clients = this.sessions.flatMap((session) => [this.#send(session), this.#write(session)]);
    return this;
  }

  /** The clients finish what they have begun and ask for nothing more until `resume`. */
  pause(): void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#paused = promise;
    this.#resume = resolve;
  }

  resume(): void {
    this.#resume();
  }

  /** Where the next request goes. */
  protected get base(): string {
    return this.hub.base;
  }

  /** The clients ask for nothing more. */
  protected stopClients(): void {
    this.#over = true;
    this.#resume();
  }

  /** How many requests were answered with a 2xx. */
  get done(): number {
    return this.accepted.length + this.heard.length;
  }

  /** SIGKILL, where it is not dead yet, and again. Resolves with the milliseconds until it was ready. */
  async restart(env: Record<string, string> = {}): Promise<number> {
    await this.hub.end('SIGKILL');
    this.hub = await this.hub.again(env);
    return this.hub.startMs;
  }

  /** Ends the load and waits until I1 to I4 hold and nothing is under way. Resolves with what does not hold after `within` ms. */
  async settled(within = 60_000): Promise<string[]> {
    this.stopClients();
    const end = performance.now() + within;
    const late = wait(within, 'late' as const, { ref: false });
    const clients = await Promise.race([Promise.all(this.#clients), late]);
    if (clients === 'late')
      return [`a client that insists was not answered with a 2xx within ${within} ms: ${JSON.stringify(this.told.at(-1))}`];
    for (let wrong: string[]; ; await wait(500)) {
      wrong = await this.ledgers().then(broken, (error: unknown) => [`the hub does not show its ledgers: ${error}`]);
      if (wrong.length === 0 || performance.now() > end) return wrong;
    }
  }

  /** As `settled`, and I5. Ends the hub. */
  async judged(within?: number): Promise<string[]> {
    const wrong = await this.settled(within);
    await this.hub.end();
    return [...wrong, ...(await damaged(this.location))];
  }

  async ledgers(): Promise<Ledgers> {
    const { call } = this;
    const sends: Row[] = [];
    const seen: Ledgers['seen'][number][] = [];
    for (const session of this.sessions) {
      const rows = await everyPage(call, `/api/sessions/${session}/messages?direction=outbound`);
      sends.push(...rows.map((row) => ({ ...row, session })));
      seen.push(...(await this.#seenBy(session)));
    }
    const dead = await everyPage(call, `/api/webhooks/${this.#endpoint}/deliveries?status=dead`);
    const events = await everyPage(call, '/api/events');
    return {
      ...{ accepted: this.accepted, heard: this.heard, reply: this.#silent ? undefined : reply, sends, seen, events },
      received: this.receiver.requests.map(({ headers, json }) => ({ webhookId: String(headers['webhook-id']), event: json })),
      dead: new Set(dead.map(({ eventId }) => eventId)),
    };
  }

  async #seenBy(session: string): Promise<Ledgers['seen']> {
    const phone = this.#phones.get(session);
    if (phone) return phone.sent().map(({ id, to, body = '' }) => ({ session, engineId: id, to, text: body }));
    const outbox = await everyPage(this.call, `/api/sessions/${session}/sandbox/outbox`);
    return outbox.map(({ engineId, to, text }) => ({ session, engineId, to, text }));
  }

  /** Once, as any client would. `status` 0: no answer. */
  async ask(
    what: Told['what'],
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Told & { json: Row }> {
    const isForm = body instanceof FormData;
    const at = Date.now();
    const began = performance.now();
    const answer = await fetch(this.base + path, {
      method,
      headers: { authorization: `Bearer ${this.tenant.key}`, ...(!isForm && { 'content-type': 'application/json' }), ...headers },
      ...(body && { body: isForm ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(this.#patience),
    })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch((error: unknown) => ({ status: 0, text: String(error) }));
    const told: Told = { what, at, ms: performance.now() - began, status: answer.status, detail: answer.text.slice(0, 500) };
    this.told.push(told);
    return { ...told, json: answer.status >= 200 && answer.status < 300 ? JSON.parse(answer.text || 'null') : undefined };
  }

  /** Until it has a 2xx; what cannot become one is thrown. */
  async #insist(what: Told['what'], path: string, body: object, headers?: Record<string, string>): Promise<Row> {
    for (;;) {
      const { status, json, detail } = await this.ask(what, 'POST', path, body, headers);
      if (status >= 200 && status < 300) return json;
      if (status >= 400 && status < 500 && status !== 409 && status !== 429) throw new Error(`${path}: ${status} ${detail}`);
      await wait(Math.max(100, this.#gap));
    }
  }

  async #send(session: string): Promise<void> {
    for (let nth = 0; !this.#over; nth++) {
      const to = `551191234${String(5_000 + (nth % CHATS))}`;
      const text = `out ${nth}`;
      const headers = { 'idempotency-key': `${session}-${nth}` };
      const { id } = await this.#insist('send', `/api/sessions/${session}/messages`, { to, type: 'text', text }, headers);
      this.accepted.push({ session, to, text, id });
      await this.#next();
    }
  }

  async #write(session: string): Promise<void> {
    for (let nth = 0; !this.#over; nth++) {
      const from = `552198888${String(7_000 + (nth % CHATS))}`;
      const text = `in ${nth}`;
      const engineId = `false_${from}@c.us_${session.toUpperCase()}N${nth}`;
      const phone = this.#phones.get(session);
      if (phone) phone.receive({ from: `${from}@c.us`, text, id: engineId });
      else await this.#insist('receive', `/api/sessions/${session}/sandbox/receive`, { from, text, engineId });
      this.heard.push({ session, from, text, engineId });
      await this.#next();
    }
  }

  async #next(): Promise<void> {
    await wait(this.#gap);
    await this.#paused;
  }
}

interface Tenant {
  id: string;
  key: string;
  call: Call;
}

/** Resolves with the world and with what ends it and removes it. */
export async function startWorld(
  store: DialectName,
  { env = {}, under = [], sessions = 3, gap = 40, silent = false, directory, patience = PATIENCE }: WorldOptions = {},
): Promise<{ world: World; dispose(): Promise<void> }> {
  const home = directory ?? (await mkdtemp(join(tmpdir(), 'hookline-fault-')));
  const place = store === 'postgres' ? await migratedLocation('postgres') : { location: { file: join(home, 'data', 'hookline.sqlite') } };
  const receiver = await startReceiver();
  const undo = async (): Promise<void> => {
    await receiver.close();
    if ('remove' in place) await place.remove();
    if (!directory) await rm(home, { recursive: true, force: true });
  };
  try {
    await mkdir(join(home, 'flows'), { recursive: true });
    const url: Record<string, string> = 'url' in place.location ? { HOOKLINE_DATABASE_URL: place.location.url } : {};
    const hub = await startHub({ directory: home, under, env: { HOOKLINE_FLOWS_DIR: join(home, 'flows'), ...url, ...env } });
    const tenant = await hub.tenant();
    const { json: endpoint } = await tenant.call('POST', '/api/webhooks', { url: receiver.url });
    const flow = silent ? undefined : await tenant.call('PUT', '/api/flows/echo', FLOW, { 'content-type': 'application/yaml' });
    if (flow && flow.status !== 200) throw new Error(`The flow was refused: ${flow.text}`);
    const names = Array.from({ length: sessions }, (_, nth) => `s${nth}`);
    for (const [nth, name] of names.entries()) await linkedSandbox(tenant.call, name, `551199999${String(1_000 + nth)}`);
    const world = new World({
      hub,
      receiver,
      location: place.location,
      sessions: names,
      tenant,
      endpoint: endpoint.id,
      silent,
      gap,
      patience,
    });
    const dispose = async (): Promise<void> => {
      await world.hub.end('SIGKILL');
      await undo();
    };
    return { world, dispose };
  } catch (error) {
    await undo();
    throw error;
  }
}
