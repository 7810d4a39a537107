/**
 * What a test needs from the machine beside Node: a browser, a Postgres, the right to make a network namespace. Missing,
 * the test is skipped aloud; named in HOOKLINE_TEST_REQUIRE (CI sets `chromium,postgres`), it fails instead.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import pg from 'pg';
import { USUAL_PLACES } from '../../src/sessions/engines/wppconnect/chromium/browser.ts';

type Requirement = 'chromium' | 'postgres' | 'registry' | 'netns' | 'networks' | 'gcc' | 'mount' | Language;
/** What the examples for receivers are written in. */
export type Language = 'node' | 'python3' | 'php' | 'go' | 'openssl';

const required = new Set((process.env.HOOKLINE_TEST_REQUIRE ?? '').split(',').filter(Boolean));

/** Returns whether to go on; throws when the thing is required and says on the terminal when it is skipped. */
function decide(requirement: Requirement, found: boolean, how: string): boolean {
  if (found) return true;
  if (required.has(requirement)) throw new Error(`HOOKLINE_TEST_REQUIRE names ${requirement}, but there is none: ${how}`);
  process.stderr.write(`SKIPPED for want of ${requirement}: ${how}\n`);
  return false;
}

const isShell = (path: string): boolean => path.endsWith('-headless-shell');

/**
 * The browser to test with, or null: as for a hub, chromium-headless-shell where it is installed, which also takes less than half the
 * processor. `whole`: one with all that a person's has (windows, extensions, a lock on the profile).
 */
export function findChromium({ whole = false }: { whole?: boolean } = {}): string | null {
  const candidates = [process.env.HOOKLINE_CHROMIUM, ...USUAL_PLACES];
  const path = candidates.find((candidate) => candidate && !(whole && isShell(candidate)) && existsSync(candidate)) ?? null;
  const how = `install the package "chromium"${whole ? '' : ' or "chromium-headless-shell"'}, or set HOOKLINE_CHROMIUM`;
  return decide('chromium', path !== null, how) ? path : null;
}

/** Whether the program is on the path. */
export function hasLanguage(program: Language): boolean {
  const { status } = spawnSync(program, [program === 'go' || program === 'openssl' ? 'version' : '--version'], { stdio: 'ignore' });
  return decide(program, status === 0, `install ${program}`);
}

/** In it every IPv4 and IPv6 address is this namespace's own: nothing leads out, and whatever is connected to can be listened for. */
const NETWORK_OF_ITS_OWN = 'ip link set lo up && ip route add local default dev lo && ip -6 route add local default dev lo && exec "$@"';

/** What to put before a command to run it without a route out (see above), or null. */
export function findNetworkNamespace(): string[] | null {
  const prefix = ['unshare', '--net', '--map-root-user', 'sh', '-c', NETWORK_OF_ITS_OWN, 'sh'];
  const [program = '', ...args] = prefix;
  const { status } = spawnSync(program, [...args, 'true'], { stdio: 'ignore' });
  const how = 'install util-linux and iproute2, and allow network namespaces (in a container: CAP_SYS_ADMIN)';
  return decide('netns', status === 0, how) ? prefix : null;
}

/** Whether machines can be made that have networks of their own (see test/faults/networks.ts). */
export function mayMakeNetworks(): boolean {
  const { status } = spawnSync('unshare', ['--net', 'ip', 'link', 'add', 'b0', 'type', 'bridge'], { stdio: 'ignore' });
  const isRoot = process.getuid?.() === 0;
  return decide(
    'networks',
    isRoot && status === 0,
    'install iproute2, and run as root, in a container with CAP_NET_ADMIN and CAP_SYS_ADMIN',
  );
}

/** Whether npm knows of packages, from a registry or what it keeps of one. */
export function hasRegistry(): boolean {
  const { status } = spawnSync('npm', ['view', 'zod', 'version', '--prefer-offline', '--fetch-retries=0', '--fetch-timeout=5000'], {
    stdio: 'ignore',
  });
  return decide('registry', status === 0, 'let npm reach its registry');
}

/** Whether what a hub is to fail by can be compiled (see test/faults/inject.c). */
export function hasCompiler(): boolean {
  const { status } = spawnSync('gcc', ['--version'], { stdio: 'ignore' });
  return decide('gcc', status === 0 && process.platform === 'linux', 'install gcc, on Linux');
}

/** Whether file systems can be mounted, and programs be run as somebody else. */
export function mayMount(): boolean {
  const { status } = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' });
  return decide('mount', status === 0, 'run as root, in a container with CAP_SYS_ADMIN');
}

/** Where test databases may be made: HOOKLINE_TEST_POSTGRES_URL names a role with CREATEDB. */
const POSTGRES_URL = process.env.HOOKLINE_TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

let postgres: Promise<string | null> | undefined;

/** The URL of a Postgres that answers, or null. Asked once a process. */
export function findPostgres(): Promise<string | null> {
  postgres ??= (async () => {
    const client = new pg.Client({ connectionString: POSTGRES_URL, connectionTimeoutMillis: 2_000 });
    const found = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => undefined);
    return decide('postgres', found, 'start one, or set HOOKLINE_TEST_POSTGRES_URL') ? POSTGRES_URL : null;
  })();
  return postgres;
}
