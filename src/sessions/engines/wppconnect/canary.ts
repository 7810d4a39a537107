/**
 * Whether WhatsApp's page is still the one that the engine knows: it is loaded with nobody's login, and what the engine leans on is
 * looked for. What shows only after a scan cannot be seen so, and is said to be unseen.
 */
import { rm } from 'node:fs/promises';
import { wait, withTimeout } from '../../../core/deadline.ts';
import { messageOf } from '../../../core/errors.ts';
import { iso } from '../../../core/iso.ts';
import type { Milliseconds, Runtime } from '../../../core/runtime.ts';
import { OwnedBrowser } from './chromium/browser.ts';
import { CLIENT_OPTIONS, type Client, libraryLogger, loadWppconnect } from './library.ts';
import { type Leaned, lookAround, type Seen } from './page/page-canary.ts';
import { relayPasskeys } from './page/page-passkey.ts';

/** One thing that the engine leans on. `unseen`: it shows, or is loaded, only after a scan. */
export interface CanaryCheck {
  name: string;
  is: 'pass' | 'fail' | 'unseen';
  what: string;
}

/** What was found, plain JSON; times ISO 8601. */
export interface CanaryReport {
  checkedAt: string;
  /** Whether WhatsApp's page came at all; `detail` says why not. */
  reached: boolean;
  detail: string | null;
  /** WhatsApp Web's version, wa-js's and the browser's. */
  whatsapp: string | null;
  waJs: string | null;
  browser: string | null;
  checks: CanaryCheck[];
}

/** Needed before anybody is linked, by what it is for. */
const BEFORE: Record<string, Leaned> = {
  'link state': { 'WPP.conn.isRegistered': 'function', 'WPP.conn.isAuthenticated': 'function', 'WPP.conn.isMainReady': 'function' },
  socket: { 'WPP.whatsapp.Socket.state': 'string' },
  'pairing code': { 'WPP.conn.startLinkDeviceCodeForPhoneNumber': 'function' },
  passkeys: { 'navigator.credentials.get': 'function', PublicKeyCredential: 'function', AuthenticatorAssertionResponse: 'function' },
  'message events': { 'WPP.on': 'function', 'WAPI.processMessageObj': 'function' },
};

/** Loaded, it may be, only once somebody is linked. */
const AFTER: Record<string, Leaned> = {
  account: { 'WPP.whatsapp.Conn': 'object', 'WPP.conn.getMyUserWid': 'function', 'WPP.conn.getMyUserLid': 'function' },
  chats: { 'WPP.chat.find': 'function', 'WPP.chat.list': 'function', 'WPP.whatsapp.ChatStore.get': 'function' },
  messages: { 'WPP.whatsapp.MsgStore.get': 'function', 'WPP.whatsapp.MsgKey.newId': 'function', 'WPP.chat.getMessages': 'function' },
  sending: {
    'WPP.whatsapp.functions.addAndSendMsgToChat': 'function',
    'WPP.chat.sendTextMessage': 'function',
    'WPP.chat.sendFileMessage': 'function',
  },
  people: { 'WPP.whatsapp.ContactStore.get': 'function', 'WPP.contact.queryExists': 'function' },
  usernames: { 'WPP.contact.queryUsernameExists': 'function', 'WPP.whatsapp.functions.queryUsernameExists': 'function' },
  groups: { 'WPP.group.create': 'function', 'WPP.group.ensureGroup': 'function' },
};

/** That can be seen on a phone's screen, or on the page once it was scanned. */
const UNSEEN = {
  'security check': 'the "Continue" before the passkey, and the code that is compared',
  'time-lock': 'whether the account may begin new chats',
};

const CLOSE = 5_000;
const LOOK_EVERY = 250;

/** `userDataDir` is made and removed. `limit`: for all of it. Rejects with `engine-unavailable` or `engine-failed` where there is no browser that runs. */
export async function checkWhatsApp(
  { executable, args, userDataDir, limit }: { executable: string; args: readonly string[]; userDataDir: string; limit: Milliseconds },
  { clock, log }: Runtime,
): Promise<CanaryReport> {
  const end = clock.steady() + limit;
  const browser = await OwnedBrowser.launch({ executable, userDataDir, args, proxy: null, log, clock });
  const nothing = { checkedAt: iso(clock.now()), whatsapp: null, waJs: null, browser: await browser.page.browser().version(), checks: [] };
  try {
    const { page } = browser;
    // As the engine does it, so that what is found of passkeys is what a session would find.
    await page.exposeFunction('hooklineSigns', async () => null);
    await page.evaluateOnNewDocument(relayPasskeys);
    let isAnswered = false;
    page.on('response', (response) => {
      isAnswered ||= response.request().isNavigationRequest() && response.ok();
    });
    const { create } = await loadWppconnect();
    const joined: Promise<Client> = create({
      ...CLIENT_OPTIONS,
      session: 'canary',
      page,
      logger: libraryLogger(log),
      linkPreviewApiServers: [],
      catchQR: () => undefined,
    });
    joined.catch(() => undefined);
    const left = (): Milliseconds => Math.max(1, end - clock.steady());
    try {
      await withTimeout(clock, left(), 'web.whatsapp.com did not answer', joined);
    } catch (error) {
      if (!isAnswered) return { ...nothing, reached: false, detail: `WhatsApp's page did not come: ${messageOf(error).split('\n')[0]}` };
      log.warn(`wppconnect did not come up in the page: ${messageOf(error)}`);
    }
    let seen: Seen | null = null;
    let waJs: string | null = null;
    const wanted = Object.assign({}, ...Object.values({ ...BEFORE, ...AFTER })) as Leaned;
    const needed = Object.values(BEFORE).flatMap((leaned) => Object.keys(leaned));
    // The page fills itself: what is not there yet may come.
    for (;;) {
      seen = await page.evaluate(lookAround, wanted).catch(() => seen);
      waJs = await page.evaluate(waJsVersion).catch(() => waJs);
      const isWhole = seen?.showsQr && waJs !== null && !needed.some((name) => seen?.missing.includes(name));
      if (isWhole || left() <= 1) break;
      await wait(clock, Math.min(LOOK_EVERY, left()));
    }
    const { whatsapp, checks } = judged(seen, waJs);
    return { ...nothing, reached: true, detail: null, whatsapp, waJs, checks };
  } finally {
    await browser.close(CLOSE);
    await rm(userDataDir, { recursive: true, force: true });
  }
}

declare const WPP: { version: string } | undefined;
const waJsVersion = (): string | null => (typeof WPP === 'undefined' ? null : WPP.version);

function judged(seen: Seen | null, waJs: string | null): { whatsapp: string | null; checks: CanaryCheck[] } {
  const missing = seen?.missing ?? null;
  const lackOf = (leaned: Leaned): string[] => Object.keys(leaned).filter((name) => missing === null || missing.includes(name));
  const check = (name: string, leaned: Leaned, otherwise: 'fail' | 'unseen'): CanaryCheck => {
    const lacking = lackOf(leaned);
    if (lacking.length === 0) return { name, is: 'pass', what: Object.keys(leaned).join(', ') };
    return { name, is: otherwise, what: `${lacking.join(', ')} ${otherwise === 'fail' ? 'not there' : 'not there before a scan'}` };
  };
  const checks: CanaryCheck[] = [
    { name: 'wa-js', is: waJs === null ? 'fail' : 'pass', what: waJs === null ? 'it does not come up in the page' : waJs },
    { name: 'version', is: seen?.version ? 'pass' : 'fail', what: seen?.version ?? 'WhatsApp Web does not say which it is' },
    { name: 'QR code', is: seen?.showsQr ? 'pass' : 'fail', what: seen?.showsQr ? 'it is shown' : 'none is shown where one is looked for' },
    ...Object.entries(BEFORE).map(([name, leaned]) => check(name, leaned, 'fail')),
    ...Object.entries(AFTER).map(([name, leaned]) => check(name, leaned, 'unseen')),
    ...Object.entries(UNSEEN).map(([name, what]): CanaryCheck => ({ name, is: 'unseen', what: `${what}: not before a scan` })),
  ];
  return { whatsapp: seen?.version ?? null, checks };
}
