/**
 * Whether sessions can run on this machine: the real wppconnect in the real browser, in front of a page of our own in
 * the place of WhatsApp's. Nothing is asked of anybody.
 */
import { rm } from 'node:fs/promises';
import { wait, withTimeout } from '../../../../core/deadline.ts';
import { HooklineError, messageOf } from '../../../../core/errors.ts';
import type { Runtime } from '../../../../core/runtime.ts';
import { CLIENT_OPTIONS, type Client, libraryLogger, loadWppconnect, type Page } from '../library.ts';
import { OwnedBrowser } from './browser.ts';

const PAGE = '<!doctype html><meta charset="utf-8"><title>Hookline check</title><p>Hookline checks whether sessions can run here.</p>';
const LIMIT = 60_000;
const CLOSE = 5_000;

export interface BrowserCheck {
  /** `Chrome/150.0…` */
  version: string;
  /** Version of wa-js that runs in the page. */
  waJs: string;
  /** From the launch to wa-js in the page, in ms. */
  startMs: number;
  /** Bytes of the browser with its page; null where the system does not tell. */
  memory: number | null;
}

declare const WPP: { version: string } | undefined;

/** `userDataDir` is made and removed. Rejects with `engine-failed` or `engine-timeout`; nothing is left either way. */
export async function checkBrowser(
  { executable, args, userDataDir }: { executable: string; args: readonly string[]; userDataDir: string },
  { clock, log }: Runtime,
): Promise<BrowserCheck> {
  const begun = clock.now();
  let browser: OwnedBrowser | undefined;
  try {
    browser = await OwnedBrowser.launch({ executable, userDataDir, args, proxy: null, log, clock });
    const { page } = browser;
    await answerForWhatsApp(page);
    const { create } = await loadWppconnect();
    const client: Promise<Client> = create({ ...CLIENT_OPTIONS, session: 'check', page, logger: libraryLogger(log) });
    const waJs = await withTimeout(
      clock,
      LIMIT,
      'WhatsApp Web did not come up',
      client.then(() => waJsIn(page, () => wait(clock, 100))),
    );
    const memory = (await browser.memory()) ?? null;
    return { version: await page.browser().version(), waJs, startMs: clock.now() - begun, memory };
  } catch (cause) {
    if (cause instanceof HooklineError) throw cause;
    throw new HooklineError('engine-failed', `wppconnect did not come up in the browser: ${messageOf(cause)}`, { cause });
  } finally {
    await browser?.close(CLOSE);
    await rm(userDataDir, { recursive: true, force: true });
  }
}

async function answerForWhatsApp(page: Page): Promise<void> {
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    const answer = request.isNavigationRequest() ? request.respond({ contentType: 'text/html', body: PAGE }) : request.abort();
    answer.catch(() => undefined); // The page was closed meanwhile.
  });
}

/** Once it is there. */
async function waJsIn(page: Page, pause: () => Promise<void>): Promise<string> {
  for (;;) {
    const version = await page.evaluate(() => (typeof WPP === 'undefined' ? null : WPP.version)).catch(() => null);
    if (version || page.isClosed()) return version ?? '';
    await pause();
  }
}
