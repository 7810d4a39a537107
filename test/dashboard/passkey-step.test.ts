/** Where WhatsApp asks for the passkey of the account: what both pages that link a phone show then, to whoever has it. */
import test, { type ExecutionContext } from 'ava';
import type { Browser, Page } from 'puppeteer';
import { buildPages } from '../../src/dashboard/build.ts';
import { type Call, type Hub, startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { Passkey } from '../whatsapp-web/authenticator.ts';
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

const withBrowser = chromium ? test.serial : test.serial.skip;

/** The phone scans, and WhatsApp asks. */
async function gate(call: Call, passkey: object): Promise<void> {
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'qr', { what: 'a code to scan' });
  await call('POST', '/api/sessions/shop/sandbox/faults', { passkey: { askNext: 1, ...passkey } });
  await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' });
}

/** As whoever has the passkey signs, wherever that is. */
async function sign(call: Call): Promise<void> {
  const { publicKey } = (await call('GET', '/api/sessions/shop/passkey')).json;
  await call('POST', '/api/sessions/shop/passkey', { credential: new Passkey().sign(publicKey) });
}

const writtenIn = (page: Page): Promise<string> => page.$eval('textarea', (field) => (field as unknown as { value: string }).value);

/** At both widths, and in light and dark. */
async function isFit(t: ExecutionContext, { page, isAccessible }: Awaited<ReturnType<typeof visit>>, what: string): Promise<void> {
  for (const width of [390, 1280]) {
    await page.setViewport({ width, height: 900 });
    t.true(await page.$eval('body', (body, most) => body.scrollWidth <= most, width), `${what}: something sticks out at ${width} px`);
    await isAccessible(t, `${what}, ${width} px`);
  }
}

withBrowser('a link page says how to sign, compares the code, and says what came of it, in the language of the page', async (t) => {
  const { call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox', start: false });
  const { url } = (await call('POST', '/api/sessions/shop/link-pages', { locale: 'es' })).json;
  const customer = await visit(browser, { width: 1280 });
  const { page, shows, press } = customer;
  await page.goto(url);
  await shows('Escanea el código con el teléfono.');

  await gate(call, { code: 'K7RWQ' });
  await shows('Firma con la llave de acceso de la cuenta.');
  await shows(/Tiempo restante: (?:10:00|9:\d\d)/);
  await shows('Descargar la extensión');
  t.is(await page.evaluate('document.activeElement.innerText'), 'Confirma con tu llave de acceso', 'where the keyboard goes on');
  const named = await page.$eval('[data-hookline-passkey]', (found) => found.getAttribute('data-hookline-passkey') ?? '');
  t.regex(named, new RegExp(`^${hub.base}/passkey/[\\w-]{43}$`), 'what the extension looks for');
  t.is(await page.$eval('a[download]', (link) => link.getAttribute('href')), `${hub.base}/extension.zip`);
  await isFit(t, customer, 'the extension');

  await press('Sin instalar nada');
  await shows(/pulsa (?:Ctrl Shift|⌥ ⌘) J, pega el texto/);
  const { publicKey } = (await call('GET', '/api/sessions/shop/passkey')).json;
  const snippet = await writtenIn(page);
  t.true(snippet.startsWith('await (') && snippet.includes(publicKey.challenge) && snippet.includes(named), snippet);
  await press('Copiar');
  await shows('Copiado');
  await isFit(t, customer, 'the console');
  await press('Otro dispositivo');
  await shows('en un ordenador. Vale solo');
  t.is(await writtenIn(page), named);
  await isFit(t, customer, 'another device');

  await sign(call);
  await shows('¿El teléfono muestra este código?\n');
  await shows('K7RWQ');
  t.is(await page.$eval('.code', (code) => code.getAttribute('aria-label')), 'Código para comparar: K 7 R W Q');
  await isFit(t, customer, 'the code to compare');
  await customer.tabTo('No, es otro código');
  await page.keyboard.press('Enter');
  await shows('WhatsApp no aceptó la llave de acceso, o alguien lo canceló. Escanea el código con el teléfono.');
  await isFit(t, customer, 'refused');

  await gate(call, { validMs: 4_000 });
  await shows('Firma con la llave de acceso de la cuenta.');
  await shows('El tiempo para firmar con la llave de acceso terminó. Escanea el código con el teléfono.');

  await gate(call, {});
  await press('No puedo firmar. Empezar de nuevo con otro código');
  await shows('o alguien lo canceló. Escanea el código con el teléfono.');
  await page.reload();
  await shows('o alguien lo canceló. Escanea el código con el teléfono.');

  await gate(call, {});
  await shows('Firma con la llave de acceso de la cuenta.');
  await sign(call);
  await shows('Vinculado: +55 ••••••• 0000');
  t.deepEqual(customer.troubles, []);
});

withBrowser(
  'on the connect page the passkey is asked for and the code compared by keyboard alone; a phone is told where to sign',
  async (t) => {
    const { call, key } = await hub.tenant();
    await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
    const tenant = await visit(browser, { width: 390 });
    const { page, shows, tabTo } = tenant;
    await page.goto(`${hub.base}/dashboard/whatsapp/connect?session=shop`);
    await tabTo('API key');
    await page.keyboard.type(key);
    await page.keyboard.press('Enter');
    await shows('Enter the number to get a code.');

    await gate(call, { code: 'K7RWQ' });
    await shows('Sign with the passkey of the account.');
    await shows('Open this address in the browser that has the passkey');
    await isFit(t, tenant, 'on a phone');
    await tabTo('Other device');
    await page.keyboard.press('ArrowLeft');
    await shows('Text for the console');
    await page.keyboard.press('ArrowLeft');
    await shows('Download the extension');
    await sign(call);
    await shows('Does the phone show this code?');
    await tabTo('Yes, the same code');
    await page.keyboard.press('Enter');
    await shows('Linked: +55 ••••••• 0000');
    t.deepEqual(tenant.troubles, []);
  },
);
