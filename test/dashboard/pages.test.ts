/** A person with a phone, from nothing to connected, on both pages that link one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import type { Browser } from 'puppeteer';
import { create } from 'qrcode';
import { buildPages } from '../../src/dashboard/build.ts';
import { type Hub, startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { launch, visit } from './browser.ts';

const chromium = findChromium();
let hub: Hub;
let browser: Browser;

test.before(async () => {
  if (!chromium) return;
  await buildPages();
  hub = await startHub({ env: { HOOKLINE_ENGINES: 'sandbox' } });
  browser = await launch(chromium);
});
test.after.always(async () => {
  await browser?.close();
  await hub?.dispose();
});

/** The squares that a phone would see. */
const squaresOf = (code: string): number => create(code, { errorCorrectionLevel: 'L' }).modules.data.filter(Boolean).length;

const withBrowser = chromium ? test.serial : test.serial.skip;

withBrowser('on a link page a phone is linked by a code, or by scanning, and whoever sent the page is told', async (t) => {
  const { call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const messages: string[] = [];
  // The page of whoever sent the link, with it in a frame.
  const around = createServer((request, response) => {
    if (request.url?.startsWith('/told')) messages.push(decodeURIComponent(request.url.slice('/told?'.length)));
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>shop</title><iframe width="380" height="800" src="${link}"></iframe>
      <script>onmessage = (event) => fetch('/told?' + encodeURIComponent(event.origin + ' ' + JSON.stringify(event.data)))</script>`);
  }).listen(0, '127.0.0.1');
  t.teardown(() => around.close());
  await until(() => around.listening, { what: 'the page around' });
  const frameAncestors = [`http://127.0.0.1:${(around.address() as AddressInfo).port}`];
  const made = await call('POST', '/api/sessions/shop/link-pages', { locale: 'pt', redirectUrl: `${hub.base}/docs`, frameAncestors });
  t.is(made.status, 201, made.text);
  const link: string = made.json.url;

  const framed = await visit(browser, { width: 390 });
  await framed.page.goto(frameAncestors[0] as string);
  const frame = await until(() => framed.page.frames().find((one) => one.url() === link), { what: 'the frame' });
  await frame.waitForSelector('input[type=tel]:not([disabled])');
  const second = await visit(browser, { width: 1280, language: 'es-AR' });
  await second.page.goto(link);
  await second.shows('Um link só abre em um navegador');
  await second.isAccessible(t, 'opened elsewhere');

  // The same browser, with the page alone.
  const { page, ...customer } = framed;
  await page.goto(link);
  await customer.shows('Informe o número para receber um código.');
  t.is(await page.$('svg.qr'), null, 'on a phone the code comes first');
  await customer.isAccessible(t, 'the number');
  await page.type('input[type=tel]', 'meu celular');
  await customer.press('Gerar código');
  await customer.shows('Isto não é um número de telefone.');
  await until(() => page.evaluate('document.querySelector("input") === document.activeElement'), { what: 'the field to have the focus' });
  await page.$eval('input', (field) => (field as unknown as { select(): void }).select());
  await page.keyboard.type('+55 11 99999-0000');
  await page.keyboard.press('Enter');
  await customer.shows('Digite este código no celular.');
  await customer.shows(/[A-Z0-9]{4}-[A-Z0-9]{4}\nO código vale por [0-3]:\d\d/);
  await customer.shows(/Tempo restante: (?:5:00|4:\d\d)/);
  await customer.isAccessible(t, 'a pairing code');

  await customer.press('Escanear um QR code');
  await customer.shows('Escaneie o código com o celular.');
  const { code } = (await call('GET', '/api/sessions/shop/qr')).json;
  const drawn = await page.$eval('svg.qr', (svg) => {
    const { width, height } = svg.getBoundingClientRect();
    const path = svg.querySelector('path')?.getAttribute('d') ?? '';
    const places = [...path.matchAll(/M(\d+) (\d+)/g)].flatMap(([, x, y]) => [Number(x), Number(y)]);
    return { width, height, squares: places.length / 2, first: Math.min(...places), fill: svg.querySelector('rect')?.getAttribute('fill') };
  });
  t.like(drawn, { squares: squaresOf(code), first: 4, fill: '#fff' }, 'the code, in its quiet zone');
  t.true(drawn.width >= 256 && drawn.width === drawn.height, JSON.stringify(drawn));
  await customer.isAccessible(t, 'a QR code');
  t.deepEqual(await page.$eval('body', (body) => body.scrollWidth <= 390), true, 'nothing sticks out');

  // Both are open: the one in the frame tells the page around it.
  const inFrame = await page.browserContext().newPage();
  await inFrame.goto(frameAncestors[0] as string);
  await until(() => inFrame.frames().find((one) => one.url() === link), { what: 'the frame again' });
  await until(async () => (await inFrame.frames().at(-1)?.$('.told-qr')) !== null, { what: 'the state in the frame' });
  await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' });
  await customer.shows('Conectado: +55 ••••••• 0000');
  await until(() => page.url() === `${hub.base}/docs`, { what: 'to be sent on' });
  await until(() => messages.length > 0, { what: 'a message to the page around' });
  t.deepEqual(messages, [`${hub.base} {"type":"hookline.linked","phone":"+55 ••••••• 0000"}`]);
  await second.page.goto(link);
  await second.shows('Este link foi encerrado');
  await second.page.goto(`${hub.base}/link/nowhere`);
  await second.shows('Este enlace no lleva a ninguna parte');
  t.deepEqual([...customer.troubles, ...second.troubles], []);
});

withBrowser('on the connect page a tenant signs in, names a session, and links its phone, by keyboard alone', async (t) => {
  const { call, key, id } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const { page, ...tenant } = await visit(browser, { width: 1280 });
  const type = async (text: string): Promise<void> => {
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  };
  const { tabTo } = tenant;

  await page.goto(`${hub.base}/dashboard/whatsapp/connect`);
  await tenant.shows('Sign in with an API key of your tenant.');
  await tenant.isAccessible(t, 'sign in');
  await tabTo('API key');
  await type('hlk_nonsense');
  await tenant.shows('This key is not known here');
  await tenant.isAccessible(t, 'a wrong key');
  await page.$eval('input', (field) => (field as unknown as { select(): void }).select());
  await type(key);
  await tenant.shows('first key');
  await tenant.isAccessible(t, 'the name');
  t.is(await page.evaluate('document.cookie + localStorage.length'), '0', 'no script sees the cookie');

  await tabTo('Name of the session');
  await type('not a name');
  await tenant.shows('A name has 1 to 64 letters');
  for (const [way, name] of [
    ['Use the name “shop-2”', 'shop-2'],
    ['Delete it and begin anew', 'shop'],
    ['Use it', 'shop'],
  ] as const) {
    const before = (await call('GET', '/api/sessions/shop')).json;
    await page.goto(`${hub.base}/dashboard/whatsapp/connect`);
    await tenant.shows('Name of the session');
    await tabTo('Name of the session');
    await type('shop');
    await tenant.shows('“shop” exists already');
    if (way === 'Use it') await tenant.isAccessible(t, 'a name that is taken');
    await tabTo(way);
    await page.keyboard.press('Enter');
    await tenant.shows(`Session ${name}`);
    await tenant.shows('Scan the code with the phone.');
    const after = (await call('GET', '/api/sessions/shop')).json;
    t.is(after.id === before.id, way !== 'Delete it and begin anew', way);
  }
  await tenant.shows(/New code in \d:\d\d/);
  await tenant.shows(/Time left: (?:5:00|4:\d\d)/);
  await tenant.isAccessible(t, 'a QR code');

  await page.reload();
  await tenant.shows('Session shop');
  await tabTo('Use a code instead');
  await page.keyboard.press('Enter');
  await tabTo('Phone number of the account');
  await type('+55 11 99999-0000');
  await tenant.shows(/[A-Z0-9]{4}-[A-Z0-9]{4}\nCode ends in/);
  await call('POST', '/api/sessions/shop/sandbox/disconnect', { reason: 'network' });
  await tenant.shows('WhatsApp Web does not come up from this hub.');
  await tenant.shows('check whether this machine reaches web.whatsapp.com');
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'qr', { what: 'a code' });
  await tabTo('Play the scan');
  await page.keyboard.press('Enter');
  await tenant.shows(/Linked: \+\d/);
  await tenant.isAccessible(t, 'linked');

  const { data } = (await hub.admin('GET', `/api/tenants/${id}/keys`)).json;
  await hub.admin('DELETE', `/api/tenants/${id}/keys/${data[0].id}`);
  await page.reload();
  await tenant.shows('Sign in with an API key of your tenant.');
  t.deepEqual(tenant.troubles, []);
});
