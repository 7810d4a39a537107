/** A world (world.ts) whose hub is several nodes behind a balancer, each on a machine of its own where there are networks for it. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import { type Answer, type Call, freePort, type Hub, ROOT, startHub, until } from '../helpers/hub.ts';
import { preloading } from '../helpers/preload.ts';
import { startReceiver } from '../helpers/receiver.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { startWhatsAppWeb, type Visit, type WhatsAppWeb } from '../whatsapp-web/server.ts';
import { type Absence, absences, type EngineLine, engineLines, type Life, sinceBoot, twoAtOnce, type Verdict } from './engines.ts';
import { Injection } from './inject.ts';
import { broken, damaged } from './ledgers.ts';
import type { Machine, Networks } from './networks.ts';
import { FLOW, World, type WorldParts } from './world.ts';
import { browserEnv, linkedPhone } from './wppconnect.ts';

/** What writes down what engines do, in a checkout: it has to be of the one whose engines these are. */
const preloadOf = (root: string): string => pathToFileURL(join(root, 'test', 'faults', 'engine-log.ts')).href;
/** Between two looks of the balancer at a node, and how long it waits for an answer (ms). */
const LOOK = 500;
const LOOK_WITHIN = 1_000;
/** For so long (ms) the engine of a node that was paused may be there when it wakes up, and do nothing. */
const GRACE = 2_000;
/** What engines in a browser are called: this, and their number. */
const BROWSER = 'the browser of ';
/** A node that was ended starts, however busy the machine (ms). */
const PATIENCE = 60_000;

/** A place for a node, whatever runs there. */
export interface Place {
  readonly nth: number;
  readonly machine: Machine | null;
  readonly injection: Injection | null;
  hub: Hub;
  /** Whether requests are sent there. */
  isUp: boolean;
}

export interface ClusterOptions {
  /** A Postgres that is empty. */
  url: string;
  nodes?: number;
  sessions: number;
  /** So many more, each over wppconnect in a Chromium. It takes networks: whose browser it is, is told by where it comes from. */
  browsers?: number;
  /** Milliseconds between two requests of a client. */
  gap: number;
  networks?: Networks;
  env?: Record<string, string>;
  silent?: boolean;
}

interface ClusterParts {
  places: Place[];
  sql: pg.Pool;
  log: string;
  directory: string;
  lives: Life[];
  /** More for the environment of a node. */
  env: Record<string, string>;
  whatsapp: WhatsAppWeb | null;
}

export class ClusterWorld extends World {
  readonly places: Place[];
  readonly sql: pg.Pool;
  readonly #log: string;
  readonly #directory: string;
  readonly #lives: Life[];
  readonly #env: Record<string, string>;
  readonly #whatsapp: WhatsAppWeb | null;
  #asked = 0;
  #isOver = false;

  constructor(parts: WorldParts & ClusterParts) {
    super(parts);
    this.places = parts.places;
    this.sql = parts.sql;
    this.#log = parts.log;
    this.#directory = parts.directory;
    this.#lives = parts.lives;
    this.#env = parts.env;
    this.#whatsapp = parts.whatsapp;
    for (const place of this.places) void this.#watch(place);
  }

  protected override get base(): string {
    return nextOf(this.places, this.#asked++).hub.base;
  }

  get directory(): string {
    return this.#directory;
  }

  /** What the engines have written down until now, and what WhatsApp saw of browsers. */
  get engines(): EngineLine[] {
    return [...engineLines(this.#log), ...this.#browsers];
  }

  /** A browser is there as long as it is connected, whatever its node has written down. */
  get #browsers(): EngineLine[] {
    return (this.#whatsapp?.visits ?? []).flatMap((visit) => this.#linesOf(visit));
  }

  #linesOf({ from, to, device, address }: Visit): EngineLine[] {
    const phone = device.account?.phone;
    const ago = sinceBoot() - performance.now();
    const node = this.#lives.findLast(({ at, what, host }) => what === 'started' && host === address && at < from + ago);
    if (!phone || !node) return [];
    const line = { pid: node.pid, profile: BROWSER + phone };
    const end: EngineLine[] = to === Number.POSITIVE_INFINITY ? [] : [{ ...line, at: to + ago, what: 'ended' }];
    return [{ ...line, at: from + ago, what: 'began' }, ...end];
  }

  /** Whether two nodes ever had an engine of one session at once. That its node stands still is no excuse for a browser. */
  judgeEngines(): Verdict {
    const ofSandbox = twoAtOnce(engineLines(this.#log), this.#lives, GRACE);
    const ofBrowsers = twoAtOnce(
      this.#browsers,
      this.#lives.filter(({ what }) => what !== 'paused'),
      0,
    );
    return { ...ofSandbox, broken: [...ofSandbox.broken, ...ofBrowsers.broken] };
  }

  pauseNode({ hub }: Place): void {
    this.#lives.push({ at: sinceBoot(), pid: hub.pid, what: 'paused' });
    process.kill(hub.pid, 'SIGSTOP');
  }

  /** Its end is noted when it has ended by itself by then. */
  wakeNode({ hub }: Place): void {
    this.#lives.push({ at: sinceBoot(), pid: hub.pid, what: 'resumed' });
    process.kill(hub.pid, 'SIGCONT');
  }

  /** Starts a node where one has ended. `root`: from another checkout. */
  async startAgain(place: Place, { root = ROOT }: { root?: string } = {}): Promise<void> {
    await place.hub.end('SIGKILL');
    const { host, port, under, env } = optionsOf(place, this.#directory, this.location as { url: string }, this.#log, root);
    place.hub = await startHub({
      directory: this.#directory,
      host,
      port: place.hub.port ?? port,
      under,
      env: { ...env, ...this.#env },
      args: ['serve'],
      root,
    });
    noteLife(place, this.#lives);
  }

  /** Profiles whose engines run at a place, as the engines have written down. */
  profilesAt({ hub }: Place): string[] {
    if (this.#lives.some(({ pid, what }) => pid === hub.pid && what === 'died')) return [];
    const there = new Map<string, boolean>();
    for (const { pid, profile, what } of this.engines) if (pid === hub.pid && what !== 'acted') there.set(profile, what === 'began');
    return [...there].filter(([, is]) => is).map(([profile]) => profile);
  }

  /** The place at which most sessions run; one with a browser counts for many. */
  get busiest(): Place {
    const weight = (profile: string): number => (isBrowser(profile) ? 1_000 : 1);
    const loads = this.places.map((place) => ({ place, count: this.profilesAt(place).reduce((sum, each) => sum + weight(each), 0) }));
    return loads.reduce((most, one) => (one.count > most.count ? one : most)).place;
  }

  /**
   * Waits until all sessions that a process had at `since` have an engine elsewhere. Resolves with how long each was without, in which those that
   * are not back within `within` count with that.
   */
  async takenOver(pid: number, since: number, within: number): Promise<Absence[]> {
    const look = (): Absence[] => absences(this.engines, this.#lives, { pid, since, now: sinceBoot() });
    const isDone = () => look().every(({ ms }) => since + ms < sinceBoot() - LOOK) || sinceBoot() - since > within;
    await until(isDone, { within: within + PATIENCE, every: LOOK });
    return look();
  }

  /** The clients rest until I1 to I4 hold. Resolves with what does not after `within` ms. */
  async calm(within: number): Promise<string[]> {
    this.pause();
    const end = performance.now() + within;
    for (let wrong: string[]; ; await wait(1_000)) {
      wrong = await this.ledgers().then(broken, (error: unknown) => [`the cluster does not show its ledgers: ${error}`]);
      if (wrong.length === 0 || performance.now() > end) {
        this.resume();
        return wrong;
      }
    }
  }

  override async judged(within?: number): Promise<string[]> {
    const wrong = await this.settled(within);
    this.#isOver = true;
    await Promise.all(this.places.map(({ hub }) => hub.end()));
    return [...wrong, ...this.judgeEngines().broken, ...(await damaged(this.location))];
  }

  async dispose(): Promise<void> {
    this.stopClients();
    this.#isOver = true;
    await Promise.all(this.places.map(({ hub }) => hub.end('SIGKILL')));
    for (const { injection } of this.places) injection?.close();
    await Promise.all([this.sql.end(), this.receiver.close(), this.#whatsapp?.close()]);
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** As a balancer does. */
  async #watch(place: Place): Promise<void> {
    while (!this.#isOver) {
      const asked = fetch(`${place.hub.base}/health/ready`, { signal: AbortSignal.timeout(LOOK_WITHIN) });
      place.isUp = await asked.then(
        ({ ok }) => ok,
        () => false,
      );
      await wait(LOOK);
    }
  }
}

export const isBrowser = (profile: string): boolean => profile.startsWith(BROWSER);

/** In turn among those that are up; where none is, among all. */
function nextOf(places: readonly Place[], nth: number): Place {
  const up = places.filter(({ isUp }) => isUp);
  const those = up.length > 0 ? up : places;
  return those[nth % those.length] as Place;
}

function noteLife({ machine, hub: { pid, exited } }: Pick<Place, 'machine' | 'hub'>, lives: Life[]): void {
  lives.push({ at: sinceBoot(), pid, what: 'started', host: machine?.host ?? '127.0.0.1' });
  void exited.then(() => lives.push({ at: sinceBoot(), pid, what: 'died' }));
}

function optionsOf(
  { machine, injection }: Pick<Place, 'machine' | 'injection'>,
  directory: string,
  { url }: { url: string },
  log: string,
  root = ROOT,
) {
  const env = {
    HOOKLINE_DATABASE_URL: url,
    HOOKLINE_CLUSTER: 'true',
    HOOKLINE_ENGINES: 'sandbox',
    HOOKLINE_FLOWS_DIR: join(directory, 'flows'),
    HOOKLINE_LOG_FORMAT: 'json',
    HOOKLINE_EGRESS_ALLOW: '127.0.0.0/8,10.0.0.0/8',
    NODE_OPTIONS: preloading(preloadOf(root)),
    ENGINE_LOG: log,
    ...injection?.env,
  };
  return { host: machine?.host ?? '127.0.0.1', port: undefined, under: machine?.under ?? [], env };
}

/** As `linkedSandbox`, of a cluster whose nodes may not have found each other yet. */
async function link(call: Call, name: string, phone: string): Promise<void> {
  let last = '';
  const asked = async (...request: Parameters<Call>): Promise<Answer> => {
    const answer = await call(...request);
    last = `${request[1]}: ${answer.status} ${answer.text}`;
    return answer;
  };
  const what = () => `${name} to be connected; ${last}`;
  const path = `/api/sessions/${name}`;
  await until(async () => [201, 409].includes((await asked('POST', '/api/sessions', { name, engine: 'sandbox' })).status), {
    what,
    within: PATIENCE,
  });
  await until(async () => (await asked('GET', `${path}/qr`)).status === 200, { what, within: PATIENCE });
  // What was not answered may have been done.
  const isConnected = async () => (await asked('GET', path)).json?.status === 'connected';
  await until(async () => (await asked('POST', `${path}/sandbox/scan`, { phone })).status < 300 || isConnected(), {
    what,
    within: PATIENCE,
  });
  await until(isConnected, { what, within: PATIENCE });
}

/** Resolves when all sessions are connected, and nobody asks for anything yet. */
export async function startClusterWorld({
  url,
  nodes = 3,
  sessions,
  browsers = 0,
  gap,
  networks,
  env: more = {},
  silent = false,
}: ClusterOptions): Promise<ClusterWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-cluster-'));
  const log = join(directory, 'engines.jsonl');
  await mkdir(join(directory, 'flows'));
  const lives: Life[] = [];
  const places: Place[] = [];
  const receiver = await startReceiver(() => 204, networks?.net.host);
  const whatsapp = browsers > 0 ? await startWhatsAppWeb(networks?.net.host) : null;
  const env = { ...(whatsapp && { ...browserEnv(whatsapp), HOOKLINE_ENGINES: 'sandbox,wppconnect' }), ...more };
  const sql = new pg.Pool({ connectionString: url, max: 2 });
  // Of a database that is stopped on purpose.
  sql.on('error', () => undefined);
  try {
    for (let nth = 0; nth < nodes; nth++) {
      const machine = networks?.machines[nth] ?? null;
      const injection = networks ? new Injection(await mkdtemp(join(directory, 'faults-'))) : null;
      const options = optionsOf({ machine, injection }, directory, { url }, log);
      const { host, under } = options;
      const hub = await startHub({
        directory,
        host,
        port: await freePort(),
        under,
        env: { ...options.env, ...env },
        args: ['serve'],
      });
      noteLife({ machine, hub }, lives);
      places.push({ nth, machine, injection, hub, isUp: true });
    }
    let asked = 0;
    const [first] = places as [Place];
    const { id, key } = await first.hub.tenant();
    const call: Call = (...request) => nextOf(places, asked++).hub.as(key)(...request);
    const { json: endpoint } = await call('POST', '/api/webhooks', { url: receiver.url });
    if (!silent) {
      const flow: Answer = await call('PUT', '/api/flows/echo', FLOW, { 'content-type': 'application/yaml' });
      if (flow.status !== 200) throw new Error(`The flow was refused: ${flow.text}`);
    }
    const names = Array.from({ length: sessions }, (_, nth) => `s${nth}`);
    await Promise.all(names.map((name, nth) => link(call, name, `55119999${String(10_000 + nth)}`)));
    const phones = new Map<string, Phone>();
    // One after the other: of a busy machine nobody wants three browsers at once.
    for (let nth = 0; whatsapp && nth < browsers; nth++)
      phones.set(`b${nth}`, await linkedPhone(call, whatsapp, `b${nth}`, `55119998${String(10_000 + nth)}`));
    const parts = { hub: first.hub, receiver, location: { url }, sessions: [...names, ...phones.keys()], tenant: { id, key, call } };
    const own = { places, sql, log, directory, lives, env, whatsapp };
    return new ClusterWorld({ ...parts, endpoint: endpoint.id, silent, gap, patience: 20_000, phones, ...own });
  } catch (error) {
    for (const { hub } of places) await hub.end('SIGKILL');
    await Promise.all([sql.end(), receiver.close(), whatsapp?.close()]);
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
