import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { availableParallelism, freemem, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Config, exposedFile } from '../config/load.ts';
import { HooklineError, messageOf } from '../core/errors.ts';
import { systemClock, systemRandom } from '../core/runtime.ts';
import { explainConnection } from '../db/dialect.ts';
import { databaseLocation } from '../db/location.ts';
import { migrationStatus } from '../db/migrate.ts';
import { openDatabase } from '../db/open.ts';
import { refusePooler } from '../db/pooler.ts';
import { adviceOn, isFresh, nearest } from '../home/data-directory.ts';
import { createLogging } from '../ops/logging.ts';
import { findChromium } from '../sessions/engines/wppconnect/chromium/browser.ts';
import { checkBrowser } from '../sessions/engines/wppconnect/chromium/check.ts';
import { type Look, lookAtParts } from '../wiring/parts.ts';
import { blobsOf } from './storage.ts';

export interface Finding {
  is: 'ok' | 'warn' | 'fail';
  what: string;
  /** What to do about it. */
  advice?: string;
}

export type Check = (config: Config) => Promise<Finding>;

const MB = 1e6;
/** Bytes to be left for a session: its browser, which takes half of it, and more while a phone is linked and its chats are loaded. */
const SESSION = 400 * MB;
const DISK = { low: 1_000 * MB, full: 100 * MB };
const DAY = 86_400_000;
/** A receiver refuses signatures that are this much off, and so does WhatsApp (ms). */
const CLOCK_OFF = 60_000;

export const CHECKS: Record<string, Check> = {
  async node() {
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    if (major > 22 || (major === 22 && minor >= 20)) return { is: 'ok', what: `Node ${process.versions.node}` };
    return { is: 'fail', what: `Node ${process.versions.node}`, advice: 'Install Node 24 LTS; 22.20 is the oldest that will do.' };
  },
  config: configuration,
  data: ({ dataDir }) => directory(dataDir, 'HOOKLINE_DATA_DIR'),
  tokens: ({ tokensDir }) => directory(tokensDir, 'HOOKLINE_TOKENS_DIR'),
  database,
  'secret key': part('secret key'),
  hub: part('hub'),
  media: part('media'),
  logins: part('logins'),
  clock,
  memory,
  chromium: ifNeeded(chromium),
  sandbox: ifNeeded(sandbox),
  browser: ifNeeded(browser),
};

/** With each of its faults, as a start tells it. */
export function explained(error: unknown): string {
  const faults = error instanceof HooklineError ? (error.errors ?? []) : [];
  return [...faults.map(({ path, message }) => `${path} ${message}.`), messageOf(error)].join(' ');
}

async function configuration(): Promise<Finding> {
  const exposed = exposedFile();
  if (exposed === null) return { is: 'ok', what: 'understood' };
  return { is: 'warn', what: exposed.what, advice: exposed.advice };
}

/** Of the browser: without sessions that run in one it need not be there. */
function ifNeeded(check: Check): Check {
  return async (config) =>
    config.engines.includes('wppconnect') ? check(config) : { is: 'ok', what: 'not needed: the engine wppconnect is turned off' };
}

/** Whether the hub can write there; a directory that is not there yet would be made. */
async function directory(path: string, variable: string): Promise<Finding> {
  const there = await nearest(path);
  try {
    const probe = join(there, `.hookline-doctor-${randomUUID()}`);
    await writeFile(probe, 'x', { flush: true }).finally(() => rm(probe, { force: true }));
  } catch (error) {
    return {
      is: 'fail',
      what: `${there} cannot be written: ${messageOf(error)}`,
      advice: adviceOn(error, there, variable),
    };
  }
  const { bavail, bsize } = await statfs(there);
  const free = bavail * bsize;
  const what = `${path}${there === path ? '' : ' (will be made)'}, ${gigabytes(free)} free`;
  if (free < DISK.full) return { is: 'fail', what, advice: 'Make room: without any the hub takes no messages.' };
  if (free < DISK.low) return { is: 'warn', what, advice: 'Make room: media and browser profiles grow.' };
  const { mode } = await stat(there);
  if (there === path && (mode & 0o007) !== 0 && !(await isFresh(there)))
    return { is: 'warn', what: `${what}, open to other users (mode ${(mode & 0o777).toString(8)})`, advice: `chmod 700 ${path}` };
  return { is: 'ok', what };
}

async function database(config: Config): Promise<Finding> {
  const location = databaseLocation(config);
  if ('file' in location && (await nearest(location.file)) !== location.file)
    return { is: 'ok', what: 'SQLite; it is made at the first start' };
  const name = 'file' in location ? `SQLite at ${location.file}` : `Postgres at ${new URL(location.url).host}`;
  try {
    if ('url' in location) await refusePooler(location.url);
    const { waiting } = await migrationStatus(location);
    const db = openDatabase(location);
    try {
      if ('file' in location) {
        const [row] = await db.sql.raw('PRAGMA quick_check');
        if (row?.quick_check !== 'ok')
          return { is: 'fail', what: `${name} is damaged: ${row?.quick_check}`, advice: 'Restore a backup of the data directory.' };
      }
    } finally {
      await db.close();
    }
    return { is: 'ok', what: waiting.length > 0 ? `${name}; the next start brings it up to date` : name };
  } catch (error) {
    // It says itself what to do, as a start does.
    return { is: 'fail', what: `${name}: ${explained(explainConnection(error))}` };
  }
}

/** What a start would say of a part, from the same look. */
function part(name: Look['part']): Check {
  return async (config) => {
    const location = databaseLocation(config);
    const isThere = 'url' in location || (await nearest(location.file)) === location.file;
    const status = isThere ? await migrationStatus(location).catch(() => null) : undefined;
    if (status === null) return { is: 'warn', what: 'not compared without the database' };
    // None of its tables is there before the first start on a Postgres.
    if (status && status.done.length > 0 && status.waiting.length > 0)
      return { is: 'ok', what: 'compared once the database is up to date' };
    const blobs = blobsOf({ ...config, databaseWaitSeconds: 0 });
    if (name === 'media') await blobs.check();
    const db = status && status.done.length > 0 ? openDatabase(location) : null;
    const look = (await lookAtParts({ ...config, blobs }, db).finally(() => db?.close())).find((candidate) => candidate.part === name);
    const [fault] = look?.faults ?? [];
    if (fault) return { is: 'fail', what: look?.faults.map(({ path, message }) => `${path} ${message}`).join('; ') ?? '' };
    return look?.missing === undefined ? { is: 'ok', what: look?.is ?? 'there are none yet' } : { is: 'warn', what: look.missing };
  };
}

/** Against the files that the hub has written before, and WhatsApp's own clock where that can be reached. */
async function clock({ dataDir }: Config): Promise<Finding> {
  const written = await stat(dataDir).catch(() => null);
  if (written && written.mtimeMs > Date.now() + CLOCK_OFF)
    return { is: 'fail', what: `${dataDir} was written in the future`, advice: 'The clock has gone back: set it, and let NTP keep it.' };
  const there = await fetch('https://web.whatsapp.com/', { method: 'HEAD', signal: AbortSignal.timeout(5_000) }).catch(() => null);
  const date = Date.parse(there?.headers.get('date') ?? '');
  if (Number.isNaN(date)) {
    const advice = 'Sessions on real phones need it: look at the firewall, the DNS, or set a proxy (chromium.proxies).';
    return { is: 'warn', what: 'web.whatsapp.com cannot be reached from here, so the clock cannot be compared', advice };
  }
  const off = Math.abs(Date.now() - date);
  if (off < CLOCK_OFF) return { is: 'ok', what: `within ${Math.ceil(off / 1_000)} s of WhatsApp's` };
  const what = `${off > DAY ? `${Math.round(off / DAY)} days` : `${Math.round(off / 1_000)} s`} off WhatsApp's`;
  return { is: 'fail', what, advice: 'Set it, and let NTP keep it: signatures and logins depend on it.' };
}

/** What this process may have, in a container, too. */
async function memory(): Promise<Finding> {
  const limit = process.constrainedMemory();
  const free = Math.min(process.availableMemory(), limit > 0 ? limit : Number.POSITIVE_INFINITY) || freemem();
  const room = Math.floor(free / SESSION);
  const what = `${gigabytes(free)} available, ${availableParallelism()} processors: room for about ${room} more session${room === 1 ? '' : 's'} on real phones`;
  return room > 0
    ? { is: 'ok', what }
    : { is: 'warn', what, advice: `${SESSION / MB} MB are left for each. Sandbox sessions need none of it.` };
}

async function chromium({ chromium: { path } }: Config): Promise<Finding> {
  const found = await findChromium(path);
  if (found) return { is: 'ok', what: found };
  const advice = 'Debian, Ubuntu: apt install chromium (or chromium-headless-shell: half the memory). Or set HOOKLINE_CHROMIUM.';
  const what = path ? `there is no browser at ${path}` : 'there is no Chromium on this machine';
  return path ? { is: 'fail', what, advice } : { is: 'warn', what: `${what}; only sandbox sessions can run`, advice };
}

async function sandbox({ chromium: { args } }: Config): Promise<Finding> {
  const off = args.includes('--no-sandbox');
  const root = process.getuid?.() === 0;
  if (root && !off)
    return { is: 'fail', what: 'root without --no-sandbox', advice: 'Run the hub as another user, or add it to chromium.args.' };
  const namespaces = (await readFile('/proc/sys/user/max_user_namespaces', 'utf8').catch(() => '1')).trim() !== '0';
  if (!off && !namespaces)
    return { is: 'warn', what: 'this machine has no user namespaces', advice: 'Chromium may need --no-sandbox in chromium.args here.' };
  const shm = await statfs('/dev/shm').catch(() => null);
  if (shm && shm.blocks * shm.bsize < 256 * MB && !args.includes('--disable-dev-shm-usage'))
    return { is: 'warn', what: '/dev/shm is small', advice: 'Add --disable-dev-shm-usage to chromium.args.' };
  if (args.includes('--single-process'))
    return { is: 'warn', what: '--single-process', advice: 'It saves memory, but one bad page then ends the whole browser.' };
  return { is: 'ok', what: off ? 'off (--no-sandbox), as containers need it' : 'on' };
}

async function browser({ chromium: { path, args }, tokensDir }: Config): Promise<Finding> {
  const executable = await findChromium(path);
  if (!executable) return { is: 'warn', what: 'not tried without a browser' };
  const logging = createLogging({ level: 'error', console: false, format: 'pretty' });
  const there = (await nearest(tokensDir)) === tokensDir ? tokensDir : tmpdir();
  const userDataDir = join(there, `doctor-${randomUUID()}`, 'chromium');
  await mkdir(dirname(userDataDir), { mode: 0o700 });
  try {
    const runtime = { clock: systemClock, random: systemRandom, log: logging.log };
    const { version, waJs, startMs, memory: bytes } = await checkBrowser({ executable, args, userDataDir }, runtime);
    const size = bytes === null ? '' : `, ${Math.round(bytes / MB)} MB`;
    return { is: 'ok', what: `${version} with wa-js ${waJs} in it, up in ${(startMs / 1_000).toFixed(1)} s${size}` };
  } catch (error) {
    const advice = 'Run the browser by hand to see why; in containers it often lacks libraries, or --no-sandbox in chromium.args.';
    return { is: 'fail', what: messageOf(error).split('\n')[0] ?? '', advice };
  } finally {
    await rm(dirname(userDataDir), { recursive: true, force: true });
    await logging.close();
  }
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
