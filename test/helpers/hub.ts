/** A hub as its users run it: a process of its own, spoken to over HTTP, killed without warning. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sqliteTemplate } from './template.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** As `openssl rand -base64 32` makes one. */
export const ADMIN_KEY = 'k+/'.repeat(14).padEnd(44, '=');

// biome-ignore lint/suspicious/noExplicitAny: tests read what the API answers without saying its type again
export type Answer = { status: number; headers: Headers; text: string; json: any };
export type Call = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;

export interface Hub {
  base: string;
  port: number;
  pid: number;
  directory: string;
  /** Where it is a Postgres. */
  databaseUrl: string | undefined;
  /** From the spawn to the first answer. */
  startMs: number;
  output(): string;
  /** Resolves when the process is gone, whoever ended it. */
  exited: Promise<number | null>;
  as(key: string): Call;
  admin: Call;
  tenant(name?: string): Promise<{ id: string; key: string; call: Call }>;
  /** Ends it and resolves with its exit code, or null when a signal ended it. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
  /** A new process on the same port and directory. */
  again(env?: Record<string, string>): Promise<Hub>;
  /** Ends it and removes its directory. */
  dispose(): Promise<void>;
}

export interface HubOptions {
  directory?: string;
  /** The address that it listens at, 127.0.0.1 when not given. */
  host?: string;
  port?: number;
  env?: Record<string, string>;
  args?: string[];
  /** What to put before the command of the hub, which it has to become (`exec`). */
  under?: readonly string[];
  /** The checkout that it is started from; this one when not given. */
  root?: string;
  /** Begins on a database that was migrated before, where it is a new one on SQLite; true when not given. */
  migrated?: boolean;
  /** It has a SQLite file to itself, also where the others do not (HOOKLINE_TEST_STORE): commands are run on that file. */
  onFile?: boolean;
  /** An answer that is not as the description of the API says is an error; when not given true in tests, where time does not matter. */
  declared?: boolean;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** The environment of the test run must not configure the hub under test. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HOOKLINE_') && name !== 'NODE_ENV'));
}

const hubOf = (root: string): readonly string[] => [process.execPath, join(root, 'hookline.js')];
const HUB = hubOf(ROOT);

/** The last argument: what to run in the place of `hookline`. */
export function spawnHub(
  args: string[],
  env: Record<string, string>,
  [program = '', ...before]: readonly string[] = HUB,
): { child: ChildProcess; output(): string } {
  const child = spawn(program, [...before, ...args], {
    cwd: ROOT,
    env: { ...cleanEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    output += chunk;
  });
  return { child, output: () => output };
}

/** As `hookline migrate up` leaves it. */
async function putDatabase(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'hookline.sqlite');
  await copyFile(await sqliteTemplate(), file);
  await chmod(file, 0o600);
}

const alive = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

export async function startHub({
  directory,
  host = '127.0.0.1',
  port,
  env = {},
  args = ['serve', '--dev'],
  under = [],
  root = ROOT,
  migrated = true,
  onFile = false,
  declared = process.env.NODE_ENV === 'test',
}: HubOptions = {}): Promise<Hub> {
  const home = directory ?? (await mkdtemp(join(tmpdir(), 'hookline-hub-')));
  const taken = port ?? (await freePort());
  const started = performance.now();
  const whole: Record<string, string> & { HOOKLINE_DATA_DIR: string } = {
    ...(host !== '127.0.0.1' && { HOOKLINE_HOST: host }),
    HOOKLINE_PORT: String(taken),
    HOOKLINE_DATA_DIR: join(home, 'data'),
    HOOKLINE_TOKENS_DIR: join(home, 'tokens'),
    HOOKLINE_ADMIN_KEY: ADMIN_KEY,
    HOOKLINE_EGRESS_ALLOW: '127.0.0.0/8',
    ...env,
  };
  const place = store && !onFile && !('HOOKLINE_DATABASE_URL' in env) ? await onPostgres(store) : undefined;
  Object.assign(whole, place?.env);
  if (migrated && !('HOOKLINE_DATABASE_URL' in whole) && !existsSync(whole.HOOKLINE_DATA_DIR)) await putDatabase(whole.HOOKLINE_DATA_DIR);
  const { child, output } = spawnHub(args, whole, [...under, ...hubOf(root)]);
  alive.add(child);
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  void exited.then(() => alive.delete(child));
  const base = `http://${host}:${taken}`;
  await until(
    async () => {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`The hub ended at its start: ${output()}`);
      return (await fetch(`${base}/health/ready`).catch(() => undefined))?.ok;
    },
    { what: () => `the hub to be ready; it said: ${output()}`, within: 60_000, every: 20 },
  ).catch((error) => {
    // Nobody has a handle to end it by, and the run of the tests would wait for it.
    child.kill('SIGKILL');
    throw error;
  });
  const startMs = performance.now() - started;

  const as =
    (key: string): Call =>
    async (method, path, body, headers = {}) => {
      const response = await fetch(base + path, {
        method,
        headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const contentType = response.headers.get('content-type') ?? '';
      const json = /json/.test(contentType) ? JSON.parse(text) : undefined;
      if (declared) {
        // Loaded here: it is much for tests that do not ask for it.
        const { whyUndeclared } = await import('./declared.ts');
        const undeclared = await whyUndeclared(method, path, { status: response.status, contentType, json });
        if (undeclared !== null) throw new Error(undeclared);
      }
      return { status: response.status, headers: response.headers, text, json };
    };
  const end = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(signal);
    return exited;
  };
  return {
    base,
    port: taken,
    pid: child.pid as number,
    directory: home,
    databaseUrl: whole.HOOKLINE_DATABASE_URL,
    startMs,
    output,
    exited,
    as,
    admin: as(ADMIN_KEY),
    async tenant(name = `tenant-${Math.random().toString(36).slice(2)}`) {
      const { json } = await as(ADMIN_KEY)('POST', '/api/tenants', { name });
      return { id: json.id, key: json.apiKey.key, call: as(json.apiKey.key) };
    },
    end,
    again: (more = {}) =>
      startHub({ directory: home, host, port: taken, env: { ...env, ...place?.env, ...more }, args, under, root, onFile, declared }),
    async dispose() {
      await end('SIGKILL');
      // A browser that was killed may still be on its way out.
      await rm(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      await place?.remove();
    },
  };
}

/** `postgres` and `cluster` have hubs that name no database begin on a Postgres, in `cluster` as its only node. */
const store = process.env.HOOKLINE_TEST_STORE;
export const IN_CLUSTER = store === 'cluster';

async function onPostgres(mode: string): Promise<{ env: Record<string, string>; remove(): Promise<void> }> {
  const { migratedLocation } = await import('./database.ts');
  const { location, remove } = await migratedLocation('postgres');
  const { url } = location as { url: string };
  // What a hub did that was killed is taken over by the next one as late as this.
  const asNode = { HOOKLINE_CLUSTER: 'true', HOOKLINE_NODE_LEASE_SECONDS: '12' };
  return { env: { HOOKLINE_DATABASE_URL: url, ...(mode === 'cluster' && asNode) }, remove };
}

/** A sandbox session of this name, scanned and connected. Resolves with its id. */
export async function linkedSandbox(call: Call, name: string, phone = '5511999990000'): Promise<string> {
  const { json: session } = await call('POST', '/api/sessions', { name, engine: 'sandbox' });
  await until(async () => (await call('GET', `/api/sessions/${name}/qr`)).status === 200, { what: 'a QR code' });
  await call('POST', `/api/sessions/${name}/sandbox/scan`, { phone });
  await until(async () => (await call('GET', `/api/sessions/${name}`)).json.status === 'connected', { what: `${name} to be connected` });
  return session.id;
}

type Falsy = false | null | undefined | 0 | '';

/** The first truthy answer of `look`, or a failure that says what was waited for. */
export async function until<T>(
  look: () => Promise<T> | T,
  { what = 'a condition', within = 30_000, every = 40 }: { what?: string | (() => string); within?: number; every?: number } = {},
): Promise<Exclude<T, Falsy>> {
  const end = performance.now() + within;
  for (;;) {
    const value = await look();
    if (value) return value as Exclude<T, Falsy>;
    if (performance.now() > end) throw new Error(`Waited ${within} ms for ${typeof what === 'string' ? what : what()}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
