import type { Browser, Page } from 'puppeteer';
import { launch } from '../test/dashboard/browser.ts';
import { type Call, type Hub, linkedSandbox, startHub, until } from '../test/helpers/hub.ts';
import { findChromium } from '../test/helpers/requirements.ts';
import { median } from './process.ts';
import type { Figure } from './report.ts';

/** How much slower than this machine the person's is. */
const SLOWER = 4;
const TIMES = 5;
/** As 5 a second are in an hour; here they come as fast as the hub takes them. */
const EVENTS = 18_000;
const AT_ONCE = 16;
/** Each with what is there once there is something to do with it. */
const PAGES: [name: string, path: string, usable: string][] = [
  ['sign-in', '/', 'form input'],
  ['connect', '/dashboard/whatsapp/connect', 'main form input'],
  ['chats', '/dashboard/chats', 'main a[href*="/chats/"]'],
  ['events', '/dashboard/events', 'tbody tr'],
  ['a flow with its editor', '/dashboard/flows/hello', '>>> .cm-content'],
];

/** Those that somebody leaves open all day. */
const WATCHED: typeof PAGES = [
  ['overview', '/', 'main a[href*="sessions"]'],
  ['events', '/dashboard/events', 'tbody tr'],
  ['chats', '/dashboard/chats', 'main a[href*="/chats/"]'],
];

/** What the pages cost who looks at them: bytes, time, and memory over a working day. */
export async function dashboard(): Promise<Figure[]> {
  const chromium = findChromium();
  if (!chromium) return [{ what: 'no Chromium was found', value: 'not measured', aim: '' }];
  const hub = await startHub({ env: { HOOKLINE_HTTP_REQUESTS_PER_MINUTE: '0' } });
  const browser = await launch(chromium);
  try {
    const { call, key } = await hub.tenant();
    await linkedSandbox(call, 'shop');
    await receive(call, 'the first');
    await call('PUT', '/api/flows/hello', 'flow: hello\nversion: 1\nstart:\n  - says: [book]\nsteps:\n  - say: hello\n', {
      'content-type': 'application/yaml',
    });
    const figures: Figure[] = [];
    for (const [name, path, usable] of PAGES) {
      const loads = [];
      for (let i = 0; i < TIMES; i++) loads.push(await firstLoad(browser, hub, { path, usable, key: name === 'sign-in' ? null : key }));
      figures.push({
        what: `${name}: bytes of script and style over the wire, and time until it can be used, on a processor ${SLOWER} times slower, median of ${TIMES}`,
        value: `${Math.round(median(loads.map(({ bytes }) => bytes)) / 1_000)} kB; ${Math.round(median(loads.map(({ ms }) => ms)))} ms`,
        aim: name === 'a flow with its editor' ? '' : '< 150 kB',
      });
    }
    const open = [];
    for (const [name, path, usable] of WATCHED) {
      const page = await signedIn(browser, hub, key);
      await page.goto(hub.base + path);
      await page.waitForSelector(usable);
      open.push({ name, page, seen: [await memory(page)] });
    }
    for (const share of [1 / 3, 2 / 3]) {
      await many(call, EVENTS * share);
      for (const { page, seen } of open) seen.push(await memory(page));
    }
    for (const { name, seen } of open) {
      figures.push({
        what: `${name}, left open: memory of its script and elements, at first, after ${EVENTS / 3} and after ${EVENTS} messages in`,
        value: seen.map(({ megabytes, elements }) => `${megabytes.toFixed(1)} MB, ${elements}`).join(' → '),
        aim: 'flat',
      });
    }
    return figures;
  } finally {
    await browser.close();
    await hub.dispose();
  }
}

async function signedIn(browser: Browser, hub: Hub, key: string | null): Promise<Page> {
  const context = await browser.createBrowserContext();
  if (key !== null) {
    const { headers } = await hub.as(key)('POST', '/dashboard/sign-in', undefined, { origin: hub.base, 'x-hookline-page': '1' });
    const [name = '', value = ''] = (headers.get('set-cookie') ?? '').split(';')[0]?.split('=') ?? [];
    await context.setCookie({ name, value, domain: '127.0.0.1', path: '/', httpOnly: true, sameSite: 'Strict' });
  }
  return context.newPage();
}

interface Load {
  path: string;
  usable: string;
  key: string | null;
}

async function firstLoad(browser: Browser, hub: Hub, { path, usable, key }: Load): Promise<{ bytes: number; ms: number }> {
  const page = await signedIn(browser, hub, key);
  await page.emulateCPUThrottling(SLOWER);
  const started = performance.now();
  await page.goto(hub.base + path, { waitUntil: 'domcontentloaded' });
  await until(async () => (await page.$(usable)) !== null, { what: usable, every: 10 });
  const ms = performance.now() - started;
  await page.waitForNetworkIdle({ idleTime: 300, concurrency: 1 });
  const bytes = await page.evaluate(
    "performance.getEntriesByType('resource').filter(({ name }) => /\\.(js|css)$/.test(name)).reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)",
  );
  await page.browserContext().close();
  return { bytes: Number(bytes), ms };
}

const receive = (call: Call, text: string): Promise<unknown> =>
  call('POST', '/api/sessions/shop/sandbox/receive', {
    from: `55219${String(8_000_0000 + Math.floor(Math.random() * 500)).padStart(8, '0')}`,
    text,
  });

async function many(call: Call, count: number): Promise<void> {
  let left = count;
  const one = async (): Promise<void> => {
    while (left-- > 0) await receive(call, `message ${left}`);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function memory(page: Page): Promise<{ megabytes: number; elements: number }> {
  const client = await page.createCDPSession();
  await client.send('HeapProfiler.collectGarbage');
  const { JSHeapUsedSize = 0, Nodes = 0 } = await page.metrics();
  await client.detach();
  return { megabytes: JSHeapUsedSize / 1e6, elements: Nodes };
}
