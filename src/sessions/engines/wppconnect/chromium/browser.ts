/** Chromium: where it is, how it is started, and that nothing of it stays. */
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { wait, withTimeout } from '../../../../core/deadline.ts';
import { HooklineError, messageOf } from '../../../../core/errors.ts';
import type { Clock, Logger } from '../../../../core/runtime.ts';
import { notSupported } from '../../unsupported.ts';
import { type Browser, libraryLogger, loadWppconnect, type Page } from '../library.ts';
import { type Guard, timeIsOver } from './guard.ts';
import { freeze, killTree, memoryOf, type Tree, thaw } from './process-tree.ts';
import { releaseProfile, removeLock } from './profile-lock.ts';
import type { ProxyServer } from './proxy.ts';

/**
 * The binaries themselves come before the wrappers in /usr/bin: a wrapper that does not `exec` is one process more,
 * with a pid that is not the browser's. chromium-headless-shell takes about half the memory, and reads the profiles that
 * chromium has written; so it comes first.
 */
export const USUAL_PLACES: readonly string[] = [
  '/usr/lib/chromium/chromium-headless-shell',
  '/usr/lib/chromium/chromium',
  '/usr/lib/chromium-browser/chromium-browser',
  '/opt/google/chrome/chrome',
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** What Chromium needs in a container: as root, without user namespaces, with a small /dev/shm. */
export const CONTAINER_ARGS: readonly string[] = ['--no-sandbox', '--disable-setuid-sandbox', '--disable-dev-shm-usage'];

/** Always: no picture is drawn, and nothing is asked of anybody but WhatsApp. */
const QUIET_ARGS = ['--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/**
 * A login lies in what the page stores, and Chromium takes up to 5 s to write that: a browser killed meanwhile would lose
 * it. So it takes 1 s.
 */
const WRITE_SOON = '--enable-aggressive-domstorage-flushing';
/** In ms: what the page has stored before is on disk then. */
const WRITTEN = 2_000;

const LAUNCH_LIMIT = 30_000;

/** The browser to run, or null. An explicit path is the only one tried. */
export async function findChromium(explicit?: string | null): Promise<string | null> {
  for (const path of explicit ? [explicit] : USUAL_PLACES) {
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return null;
}

export interface LaunchOptions {
  executable: string;
  userDataDir: string;
  args: readonly string[];
  proxy: ProxyServer | null;
  log: Logger;
  clock: Clock;
  /** Ends the browser where this process cannot. */
  guard?: Guard | undefined;
}

/** One browser with its one page, owned from the first process to the last. */
export class OwnedBrowser {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #userDataDir: string;
  readonly #tree: Tree;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #leave: () => void;

  private constructor(browser: Browser, page: Page, root: number, options: LaunchOptions, leave: () => void) {
    const { userDataDir, clock, log } = options;
    this.#browser = browser;
    this.page = page;
    this.#userDataDir = userDataDir;
    this.#tree = treeAt(root, options);
    this.#clock = clock;
    this.#log = log;
    this.#leave = leave;
  }

  /** Rejects with `engine-failed` when the browser does not come up; nothing of it is left then. */
  static async launch(options: LaunchOptions): Promise<OwnedBrowser> {
    const { userDataDir, guard } = options;
    await mkdir(userDataDir, { recursive: true, mode: 0o700 });
    // Before there is anything: it may have to be ended while it comes up.
    const leave = (await guard?.watch(userDataDir)) ?? (() => undefined);
    return OwnedBrowser.#launch(options, leave).catch((error) => {
      leave();
      throw error;
    });
  }

  static async #launch(options: LaunchOptions, leave: () => void): Promise<OwnedBrowser> {
    const { executable, userDataDir, args, proxy, log, clock, guard } = options;
    const owner = await releaseProfile(userDataDir, clock);
    if (owner !== null) throw new HooklineError('engine-failed', `Process ${owner} uses the browser profile: end it and connect again`);
    const { initBrowser } = await loadWppconnect();
    if (guard?.isOver) throw timeIsOver();
    const browser = await initBrowser(
      'hookline',
      {
        headless: true,
        devtools: false,
        useChrome: false,
        // wppconnect and puppeteer write into what they are given: both are made anew for every start.
        browserArgs: [...QUIET_ARGS, WRITE_SOON, ...args, ...(proxy ? [`--proxy-server=${proxy.server}`] : [])],
        puppeteerOptions: {
          executablePath: executable,
          userDataDir,
          // Over a pipe nobody else can connect to the browser, and it ends by itself when the hub is killed.
          pipe: true,
          handleSIGINT: false,
          handleSIGTERM: false,
          handleSIGHUP: false,
          timeout: LAUNCH_LIMIT,
          env: environment(userDataDir),
        },
      },
      libraryLogger(log),
    ).catch((cause: unknown) => {
      throw new HooklineError('engine-failed', `Chromium (${executable}) did not start: ${messageOf(cause)}`, { cause });
    });
    const pid = browser.process()?.pid;
    if (pid === undefined) throw new HooklineError('engine-failed', `Chromium (${executable}) ended as it started`);
    try {
      const [first] = await browser.pages();
      const page = first ?? (await browser.newPage());
      if (proxy?.credentials) await page.authenticate(proxy.credentials);
      return new OwnedBrowser(browser, page, pid, options, leave);
    } catch (cause) {
      await killTree(treeAt(pid, options));
      throw new HooklineError('engine-failed', `Chromium (${executable}) came up without a page: ${messageOf(cause)}`, { cause });
    }
  }

  get alive(): boolean {
    return this.#browser.connected;
  }

  /** Bytes that its processes hold, where the system tells it. */
  memory(): Promise<number | undefined> {
    return memoryOf(this.#tree);
  }

  /**
   * Runs `work`, for `limit` ms at the most, while none of its processes runs, so that their files are as a kill at this instant would leave them. It
   * notices nothing of it but the time. What the page has stored before this was asked for is in them. See `Engine.still`.
   */
  async still(limit: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const late = new AbortController();
    // Its pid may be another's by now.
    if (this.alive) await wait(this.#clock, WRITTEN);
    if (!this.alive) return work(late.signal);
    try {
      if (!(await freeze(this.#tree))) throw notSupported('wppconnect', 'hold its browser still here');
      const working = work(late.signal);
      await withTimeout(this.#clock, limit, 'WhatsApp Web did not stand still long enough for a copy', working).catch(async (error) => {
        late.abort(error);
        await working.catch(() => undefined);
        throw error;
      });
    } finally {
      await thaw(this.#tree);
    }
  }

  onDeath(listener: () => void): void {
    this.#browser.once('disconnected', listener);
  }

  /**
   * Closes the browser in order within `limit` ms, so that it writes the login to disk, then kills what is left of it.
   * (wppconnect's own close() kills at once, and half a second after a login that lost the login.) Resolves when every
   * process is gone.
   */
  async close(limit: number): Promise<void> {
    if (this.alive) await withTimeout(this.#clock, limit, 'WhatsApp Web did not close', this.#browser.close()).catch(() => undefined);
    const left = await killTree(this.#tree);
    if (left.length > 0) this.#log.error('Processes of a browser cannot be killed', { pids: left });
    else {
      // The next start removes it, too. What cannot be removed at this moment keeps no session from ending.
      if (this.#tree.userDataDir !== null) await removeLock(this.#userDataDir).catch((error) => this.#tellKept(error));
      this.#leave();
    }
    // wppconnect ends its timers when the page closes, and the page of a browser that died does not say so.
    if (!this.page.isClosed()) this.page.emit('close', undefined);
    this.page.removeAllListeners();
  }

  #tellKept(error: unknown): void {
    this.#log.warn('The lock that a browser leaves on its profile could not be removed', { error: messageOf(error) });
  }
}

/** A node that wakes up after its time does not take the browser that another one has on the profile for its own. */
const treeAt = (root: number, { userDataDir, guard }: Pick<LaunchOptions, 'userDataDir' | 'guard'>): Tree => ({
  root,
  get userDataDir() {
    return guard?.isOver ? null : userDataDir;
  },
});

/**
 * The browser runs WhatsApp's code: it gets nothing of the hub's environment, which may hold keys, and what it writes
 * to its home (settings, crash reports) lands in the profile.
 */
function environment(userDataDir: string): Record<string, string> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: userDataDir, LANG: 'C.UTF-8', BREAKPAD_DUMP_LOCATION: join(userDataDir, 'crashes') };
}
