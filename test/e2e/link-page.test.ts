/**
 * A person links a phone on the page that was sent, with the real engine behind it: the hub's browser on the stand-in of WhatsApp
 * Web, and the person's on the page of the hub, which has the passkey, too.
 */
import test from 'ava';
import { buildPages } from '../../src/dashboard/build.ts';
import type { PasskeyOptions } from '../../src/sessions/passkey.ts';
import { visit } from '../dashboard/browser.ts';
import { startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { Passkey } from '../whatsapp-web/authenticator.ts';
import { Person } from '../whatsapp-web/person.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';

const chromium = findChromium();
const ACCOUNT = '5511999990000';
const WITHIN = 90_000;

(chromium ? test : test.skip)(
  'a window that runs out begins anew on the page, and a scan, the passkey and the code that is compared link the phone; the connect page links another',
  async (t) => {
    t.timeout(600_000);
    await buildPages();
    const site = await startWhatsAppWeb();
    t.teardown(() => site.close());
    const env = {
      HOOKLINE_CHROMIUM: chromium as string,
      HOOKLINE_CHROMIUM_ARGS: ['--no-sandbox', '--disable-dev-shm-usage', ...site.browserArgs].join(','),
      HOOKLINE_SESSIONS_QR_WINDOW_SECONDS: '20',
      HOOKLINE_SESSIONS_QR_ROUNDS: '20',
    };
    const hub = await startHub({ env });
    t.teardown(() => hub.dispose());
    const { call, key } = await hub.tenant();
    await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect', start: false });
    const made = await call('POST', '/api/sessions/shop/link-pages', { locale: 'en' });
    const passkey = new Passkey();
    await using person = await Person.at(chromium as string, site, passkey);
    const { page, troubles, shows, press } = await visit(person.browser, { width: 1280 });
    await page.setDefaultTimeout(WITHIN);

    // Whoever opens it is there: the session starts. Nobody scans.
    await page.goto(made.json.url);
    await shows('Preparing the code…');
    const drawn = () => page.$eval('svg.qr path', (path) => path.getAttribute('d')).catch(() => null);
    const first = await until(drawn, { what: 'a code', within: WITHIN });
    await shows(/Time left: 0:(?:20|1\d)/);
    await until(async () => (await page.$eval('[role=status]', (told) => told.textContent)) === 'Session restarting…', {
      what: 'the window to run out',
      within: WITHIN,
      every: 20,
    });
    t.is(await page.$('svg.qr'), null, 'what can no longer be scanned is not shown');
    const second = await until(drawn, { what: 'a code of the next window', within: WITHIN });
    t.not(second, first);
    await shows(/Time left: 0:(?:20|1\d)/);
    t.is((await call('GET', '/api/sessions/shop')).json.stats.restarts['qr-timeout'], 1);

    const phone = site.phone(ACCOUNT, 'Shop');
    phone.askPasskey(passkey, { code: 'K7RWQ' });
    // A window may end just now, and its code with it.
    await until(
      async () => {
        const { status, json } = await call('GET', '/api/sessions/shop/qr');
        return status === 200 && Date.parse(json.restartsAt) - Date.now() > 10_000 ? (phone.scan(json.code) ?? true) : null;
      },
      { what: 'a code with time left', within: WITHIN },
    );
    await until(async () => page.$('[data-hookline-passkey]'), { what: 'the passkey to be asked for', within: WITHIN });
    await shows('Sign with the passkey of the account.');
    const named = () => page.$eval('[data-hookline-passkey]', (found) => found.getAttribute('data-hookline-passkey') ?? '');
    const older = await named();

    // WhatsApp asks anew: what the page named before is over.
    phone.askAgain();
    await shows('WhatsApp asks anew. Sign once more');
    const url = await until(async () => ((await named().catch(() => older)) === older ? null : named()), { what: 'another token' });
    const over = await fetch(`${older}/request`);
    t.is(over.status, 410, await over.text());
    const { publicKey } = (await (await fetch(`${url}/request`)).json()) as { publicKey: PasskeyOptions };
    const body = JSON.stringify({ credential: await person.sign(publicKey) });
    const answered = await fetch(`${url}/answer`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    t.is(answered.status, 204, await answered.text());
    await shows('Does the phone show this code?');
    await shows('K7RWQ');
    await press('Yes, the same code');
    await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the link', within: WITHIN });
    await shows('Linked: +55 ••••••• 0000');
    t.deepEqual(phone.gated(), [{ fault: null, looks: [] }, { matches: true }]);
    t.deepEqual(troubles, []);
    const told = hub.output() + JSON.stringify((await call('GET', '/api/events?limit=1000')).json);
    for (const secret of [publicKey.challenge, url.split('/').at(-1) as string]) t.false(told.includes(secret));

    // Whoever works here links another phone on the connect page.
    const tenant = await visit(person.browser, { width: 1280 });
    await tenant.page.goto(`${hub.base}/dashboard/whatsapp/connect`);
    await tenant.tabTo('API key');
    await tenant.page.keyboard.type(key);
    await tenant.page.keyboard.press('Enter');
    await tenant.shows('Name of the session');
    await tenant.tabTo('Name of the session');
    await tenant.page.keyboard.type('branch');
    await tenant.page.keyboard.press('Enter');
    const other = site.phone('5511988880000', 'Branch');
    await until(async () => tenant.page.$('svg.qr'), { what: 'a code on the connect page', within: WITHIN });
    await until(
      async () => {
        const { status, json } = await call('GET', '/api/sessions/branch/qr');
        return status === 200 && Date.parse(json.restartsAt) - Date.now() > 10_000 ? (other.scan(json.code) ?? true) : null;
      },
      { what: 'a code with time left', within: WITHIN },
    );
    await until(async () => (await call('GET', '/api/sessions/branch')).json.status === 'connected', { what: 'the link', within: WITHIN });
    await tenant.shows('Linked: +55 ••••••• 0000');
    t.is((await call('GET', '/api/sessions/branch')).json.engine, 'wppconnect');
    t.deepEqual(tenant.troubles, []);
  },
);
