/** One hub and one browser for all tests of a file about the pages of the app, and what each page has to be. */
import test, { type ExecutionContext } from 'ava';
import type { Browser } from 'puppeteer';
import { buildPages } from '../../src/dashboard/build.ts';
import type { Scope } from '../../src/tenants/scopes.ts';
import { type Call, type Hub, startHub } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { launch, type Visit, visit } from './browser.ts';

/** For the names and texts that come from outside: run as a script, it would show in `isSound`. */
export const EVIL = `"'><img src=x onerror="ranScript=1"><script>ranScript=1</script>`;

export interface Entered extends Visit {
  tenantId: string;
  key: string;
  /** As the tenant of whoever is signed in. */
  call: Call;
  /** To a page of the app, by its address. */
  at(path: string): Promise<void>;
  /** At 390 px in light and at 1280 px in dark: axe finds nothing, nothing sticks out, the policy was kept and no text ran as a script. */
  isSound(t: ExecutionContext, what: string): Promise<void>;
}

interface Entering {
  /** Of the key; left out: all. */
  scopes?: readonly Scope[];
  /** A tenant that is there already. */
  tenant?: Pick<Entered, 'tenantId'>;
  width?: 390 | 1280;
  language?: string;
}

/** To be called once in a file. Without a Chromium its tests are skipped aloud. */
export function dashboard({ env = {} }: { env?: Record<string, string> } = {}) {
  const chromium = findChromium();
  let hub: Hub;
  let browser: Browser;

  test.before(async () => {
    if (!chromium) return;
    await buildPages();
    const starts = await Promise.allSettled([startHub({ env: { HOOKLINE_ENGINES: 'sandbox', ...env } }), launch(chromium)]);
    const [started, launched] = starts;
    if (started.status === 'fulfilled') hub = started.value;
    if (launched.status === 'fulfilled') browser = launched.value;
    // What did start is ended below.
    for (const one of starts) if (one.status === 'rejected') throw one.reason;
  });
  // What is open goes on: it asks the hub, and draws what it hears.
  test.afterEach.always(async () => {
    for (const context of browser?.browserContexts() ?? []) if (context !== browser.defaultBrowserContext()) await context.close();
  });
  test.after.always(async () => {
    await browser?.close();
    await hub?.dispose();
  });

  /** A browser of a person who has signed in. */
  async function enter({ scopes, tenant, width = 1280, language }: Entering = {}): Promise<Entered> {
    const tenantId = tenant?.tenantId ?? (await hub.tenant()).id;
    const { key } = (await hub.admin('POST', `/api/tenants/${tenantId}/keys`, { name: 'a colleague', ...(scopes && { scopes }) })).json;
    const visited = await visit(browser, { width, ...(language !== undefined && { language }) });
    const { page, isAccessible, troubles } = visited;
    const own = { origin: hub.base, 'x-hookline-page': '1' };
    const { headers } = await hub.as(key)('POST', '/dashboard/sign-in', undefined, own);
    const [name = '', value = ''] = (headers.get('set-cookie') ?? '').split(';')[0]?.split('=') ?? [];
    await page.browserContext().setCookie({ name, value, domain: '127.0.0.1', path: '/', httpOnly: true, sameSite: 'Strict' });
    return {
      ...{ ...visited, tenantId, key, call: hub.as(key) },
      async at(path) {
        await page.goto(hub.base + path);
        await page.waitForSelector('main h1');
      },
      async isSound(t, what) {
        const former = page.viewport()?.width ?? width;
        for (const [wide, theme] of [
          [390, 'light'],
          [1280, 'dark'],
        ] as const) {
          await page.setViewport({ width: wide, height: 900 });
          const sticking = await page.evaluate('document.documentElement.scrollWidth');
          t.true(Number(sticking) <= wide, `${what}: something sticks out at ${wide} px (${sticking})`);
          await isAccessible(t, `${what}, ${wide} px`, [theme]);
        }
        await page.setViewport({ width: former, height: 900 });
        t.is(await page.evaluate('typeof ranScript'), 'undefined', `${what}: a text ran as a script`);
        t.deepEqual(troubles, [], what);
      },
    };
  }

  return {
    withBrowser: chromium ? test.serial : test.serial.skip,
    enter,
    hub: () => hub,
    /** A new process in the place of one that has ended. */
    async again() {
      hub = await hub.again();
    },
    /** Somebody who has not signed in. */
    visit: (options: Parameters<typeof visit>[1]) => visit(browser, options),
  };
}
