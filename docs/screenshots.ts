/** `node docs/screenshots.ts` takes the pictures of the dashboard again, of a hub of its own in which a shop has had a busy morning. */
import { readFile } from 'node:fs/promises';
import { launch } from '../test/dashboard/browser.ts';
import { linkedSandbox, startHub, until } from '../test/helpers/hub.ts';
import { startReceiver } from '../test/helpers/receiver.ts';
import { findChromium } from '../test/helpers/requirements.ts';

const YAML = { 'content-type': 'application/yaml' };
const SIZE = { width: 1280, height: 800, deviceScaleFactor: 1 };
const CONTACTS = [
  ['5521988887777', 'Ana Souza'],
  ['5521977776666', 'Bruno Lima'],
  ['5521966665555', 'Carla Mendes'],
  ['5521955554444', 'Diego Rocha'],
] as const;

const chromium = findChromium();
if (!chromium) throw new Error('There is no Chromium here: install the package "chromium" or set HOOKLINE_CHROMIUM');
const hub = await startHub({ env: { HOOKLINE_ENGINES: 'sandbox' } });
const browser = await launch(chromium);
// Now and then its system is deployed.
let asked = 0;
const receiver = await startReceiver(() => (asked++ % 9 === 4 ? 503 : 200));
try {
  const { call, key } = await hub.tenant('A shop');
  await linkedSandbox(call, 'shop');
  const endpoint = (await call('POST', '/api/webhooks', { url: receiver.url, events: ['message.*', 'session.*'] })).json;
  const flow = await readFile(new URL('../flows/examples/booking.yml', import.meta.url), 'utf8');
  await call('PUT', '/api/flows/booking', flow, YAML);
  const says = (from: string, name: string, text: string) => call('POST', '/api/sessions/shop/sandbox/receive', { from, name, text });
  for (const [from, name] of CONTACTS.toReversed()) await says(from, name, 'Hello! Are you open on Saturday?');
  const [ana, name] = CONTACTS[0];
  await says(ana, name, 'book');
  const heard = async () => (await call('GET', `/api/sessions/shop/messages?chat=${ana}&direction=outbound`)).json.data.length;
  await until(async () => (await heard()) > 0, { what: 'the first question of the flow' });
  await call('POST', '/api/sessions/shop/messages', {
    to: `+${ana}`,
    type: 'text',
    text: 'We are, from 9 to 13. Shall I keep a table for you?',
  });
  await says(ana, name, 'Yes please, for four at 10');
  await until(async () => (await call('GET', `/api/webhooks/${endpoint.id}/deliveries?status=pending`)).json.data.length < 3, {
    what: 'the webhooks',
  });

  const { headers } = await hub.as(key)('POST', '/dashboard/sign-in', undefined, { origin: hub.base, 'x-hookline-page': '1' });
  const [cookie = '', value = ''] = (headers.get('set-cookie') ?? '').split(';')[0]?.split('=') ?? [];
  await browser.setCookie({ name: cookie, value, domain: '127.0.0.1', path: '/', httpOnly: true, sameSite: 'Strict' });
  const page = await browser.newPage();
  await page.setViewport(SIZE);
  const take = async (path: string, usable: string, file: string, press?: string): Promise<void> => {
    await page.goto(hub.base + path);
    await until(async () => (await page.$(usable)) !== null, { what: usable });
    if (press !== undefined) await page.click(`::-p-aria(${press}[role="radio"])`);
    await page.waitForNetworkIdle({ idleTime: 500, concurrency: 1 });
    await page.screenshot({ path: new URL(file, import.meta.url).pathname as `${string}.png` });
  };
  await take(`/dashboard/chats/shop/${ana}`, 'main textarea', 'dashboard-chat.png');
  await take(`/dashboard/webhooks/${endpoint.id}`, 'main table', 'dashboard-webhook.png');
  await take('/dashboard/flows/booking', '>>> .cm-content', 'dashboard-flow.png', 'Graph');
} finally {
  await browser.close();
  await receiver.close();
  await hub.dispose();
}
