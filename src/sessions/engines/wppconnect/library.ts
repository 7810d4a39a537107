/**
 * The one door to the library. It is loaded on the first start of a session, not with the hub: it takes half a second
 * and some 45 MB.
 */
import type { create as createClient, Whatsapp } from '@wppconnect-team/wppconnect';
import type { initBrowser as launchBrowser } from '@wppconnect-team/wppconnect/dist/controllers/browser.js';
import type { Logger } from '../../../core/runtime.ts';

export type Client = Whatsapp;
export type Browser = Awaited<ReturnType<typeof launchBrowser>>;
export type Page = Client['page'];
export type LibraryLogger = Parameters<typeof launchBrowser>[2];

interface Wppconnect {
  create: typeof createClient;
  initBrowser: typeof launchBrowser;
}

/** For `create`; spread into a new object each time, for the library writes into what it is given. */
export const CLIENT_OPTIONS = {
  logQR: false,
  updatesLog: false,
  disableWelcome: true,
  disableGoogleAnalytics: true,
  // WhatsApp's own page, not a pinned copy of it.
  whatsappVersion: '',
  // The window for a scan is the supervisor's; the client is wanted early, so that it is listened to early.
  autoClose: 0,
  deviceSyncTimeout: 0,
  waitForLogin: false,
} as const;

let loading: Promise<Wppconnect> | undefined;

export function loadWppconnect(): Promise<Wppconnect> {
  loading ??= load();
  return loading;
}

/** Importing wppconnect hooks `unhandledRejection` for the whole process and swallows what others must hear of: taken back. */
async function load(): Promise<Wppconnect> {
  const before = new Set(process.listeners('unhandledRejection'));
  const [{ create }, { initBrowser }] = await Promise.all([
    import('@wppconnect-team/wppconnect'),
    import('@wppconnect-team/wppconnect/dist/controllers/browser.js'),
  ]);
  for (const listener of process.listeners('unhandledRejection')) {
    if (!before.has(listener)) process.off('unhandledRejection', listener);
  }
  return { create, initBrowser };
}

/** winston's face, as far as wppconnect uses it, in front of the hub's own logger. */
export function libraryLogger(log: Logger): LibraryLogger {
  const write = (level: unknown, message: unknown) => {
    const text = message instanceof Error ? message.message : String(message);
    // What is an error to the library is often a page that was just closed: the engine reports its own failures.
    if (level === 'error' || level === 'warn') log.warn(text);
    else if (level === 'info' || level === 'http') log.verbose(text);
    else log.silly(text);
  };
  const levels = ['error', 'warn', 'info', 'http', 'verbose', 'debug', 'silly'];
  return {
    log: (entry: { level: string; message: unknown }) => write(entry.level, entry.message),
    ...Object.fromEntries(levels.map((level) => [level, (message: unknown) => write(level, message)])),
  } as unknown as LibraryLogger;
}
