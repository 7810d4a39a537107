/**
 * The passkey of an account, signed by a person in a browser of their own: by the extension that the hub serves, and by the text for
 * the console. The hub's browser is the real engine's; the stand-in verifies what was signed as WhatsApp would.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Page } from 'puppeteer';
import { codeOf, scanShown } from '../faults/wppconnect.ts';
import { startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { unzip } from '../helpers/unzip.ts';
import { isProblem } from '../http/answers.ts';
import { Passkey } from '../whatsapp-web/authenticator.ts';
import { Person } from '../whatsapp-web/person.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';

const chromium = findChromium();
/** The person's, which has extensions. */
const whole = findChromium({ whole: true });
const ACCOUNT = '5511999990000';
const PATH = '/api/sessions/shop/passkey';
const WITHIN = 90_000;
const SIGNED = 'Signed. Close this tab and go back to the page that you came from.';

const lastPart = (url: unknown): string => String(url).split('/').at(-1) ?? '';

interface Token {
  id: string;
  url: string;
  snippet: string;
  extensionUrl: string;
  expiresAt: string;
}

(chromium && whole ? test : test.skip)('a person signs by the extension or by the snippet, however the phone is linked', async (t) => {
  t.timeout(600_000);
  const site = await startWhatsAppWeb();
  t.teardown(() => site.close());
  const passkey = new Passkey();
  await using person = await Person.at(whole as string, site, passkey);
  const hub = await startHub({
    env: {
      HOOKLINE_CHROMIUM: chromium as string,
      HOOKLINE_CHROMIUM_ARGS: ['--no-sandbox', '--disable-dev-shm-usage', ...site.browserArgs].join(','),
      HOOKLINE_LOG_LEVEL: 'verbose',
    },
  });
  t.teardown(() => hub.dispose());
  const key = /hlk_[\w-]+/.exec(hub.output())?.[0] ?? '';
  const banner = hub.output().length;
  const call = hub.as(key);
  /** All that may come up nowhere but where it is asked for. */
  const secrets: string[] = [key];

  const becomes = (status: string) =>
    until(async () => (await call('GET', '/api/sessions/shop')).json.status === status, {
      what: () => `the session to be ${status}; the hub said ${hub.output().slice(-4_000)}`,
      within: WITHIN,
    });
  const linksBy = async (how: 'qr' | 'pairing', gate: Parameters<Phone['askPasskey']>[1] = {}): Promise<Phone> => {
    await becomes('qr');
    const phone = site.phone(ACCOUNT, 'Shop');
    phone.askPasskey(passkey, gate);
    if (how === 'qr') await scanShown(phone, () => codeOf(call));
    else phone.type((await call('POST', '/api/sessions/shop/pairing-code', { phone: ACCOUNT })).json.code);
    await becomes('passkey');
    return phone;
  };
  const token = async (): Promise<Token> => {
    const made = await call('POST', `${PATH}/tokens`);
    t.is(made.status, 201, made.text);
    secrets.push(lastPart(made.json.url), (await call('GET', PATH)).json.publicKey.challenge);
    return made.json;
  };
  const link = async (phone: Phone, code: string | null): Promise<void> => {
    if (code !== null) {
      await until(async () => (await call('GET', PATH)).json.code === code, { what: 'the code', within: WITHIN });
      t.is((await call('POST', `${PATH}/confirm`, { matches: true })).status, 202);
    }
    await becomes('connected');
    t.deepEqual(phone.gated(), [{ fault: null, looks: [] }, ...(code === null ? [] : [{ matches: true }])]);
  };
  const anew = async (): Promise<void> => {
    await call('POST', '/api/sessions/shop/logout');
    await call('POST', '/api/sessions/shop/connect');
  };
  const openPage = async (url: string): Promise<Page> => {
    const page = await person.browser.newPage();
    await page.goto(url);
    return page;
  };
  const times: Record<string, number> = {};
  const timed = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    const began = performance.now();
    await work();
    times[what] = Math.round(performance.now() - began);
  };

  const folder = await mkdtemp(join(tmpdir(), 'hookline-extension-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const served = await fetch(`${hub.base}/extension.zip`);
  t.is(served.headers.get('content-type'), 'application/zip');
  for (const [name, contents] of unzip(Buffer.from(await served.arrayBuffer()))) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, name), contents);
  }
  const extension = await person.browser.installExtension(folder);
  const press = (page: Page) => person.pressIcon(page, extension);

  // Where nothing is to be signed.
  const elsewhere = await press(await openPage(`${hub.base}/docs`));
  await elsewhere.shows('Nothing is to be signed on that page');
  await elsewhere.page.close();

  // By the extension, after a QR code, with a code to compare. Whoever is asked says no at first.
  await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });
  let phone = await linksBy('qr', { code: 'K7RWQ' });
  let made = await token();
  let page = await openPage(made.url);
  let tab = await press(page);
  await tab.shows(`${new URL(hub.base).host} asks to link a device`);
  person.isWilling = false;
  await tab.press();
  await tab.shows('Nothing was signed');
  t.is((await call('GET', PATH)).json.answered, false, 'a refusal is nothing to the hub: one may try again');
  person.isWilling = true;
  await timed('extension, QR code, code to compare', async () => {
    await tab.press();
    await tab.isClosed();
    await until(async () => (await call('GET', PATH)).json.answered, { what: 'what was signed to be taken' });
  });
  // Answered: nothing more can be done with it, by whichever way.
  const twice = await person.paste(made.snippet);
  t.regex(twice.shown, /^It was signed already/);
  tab = await press(page);
  await tab.shows('it was signed already');
  await link(phone, 'K7RWQ');
  isProblem(t, await call('POST', `${PATH}/tokens`), 'linked', { status: 409, code: 'passkey-unavailable' });
  const late = await fetch(`${made.url}/request`);
  t.is(late.status, 409);

  // By the snippet, after a pairing code, with a code to compare; WhatsApp asks anew meanwhile, and what is for the older challenge
  // is worth nothing.
  await anew();
  phone = await linksBy('pairing', { button: 'Continuar', code: 'ABCDE' });
  const older = await token();
  page = await openPage(older.url);
  const { challenge } = (await call('GET', PATH)).json.publicKey;
  phone.askAgain();
  await until(async () => (await call('GET', PATH)).json.publicKey?.challenge !== challenge, { what: 'another challenge' });
  t.regex((await person.paste(older.snippet)).shown, /is over: WhatsApp asks anew by now/);
  tab = await press(page);
  await tab.shows('This request is over');
  made = await token();
  person.isWilling = false;
  t.regex((await person.paste(made.snippet)).shown, /^Nothing was signed \(NotAllowedError/);
  person.isWilling = true;
  await timed('snippet, pairing code, code to compare', async () => {
    t.is((await person.paste(made.snippet)).shown, SIGNED);
    await link(phone, 'ABCDE');
  });

  // By the snippet, where WhatsApp's own policy lets it ask nobody else, after a QR code.
  await anew();
  phone = await linksBy('qr', { button: null });
  made = await token();
  site.policy.connects = 'itself';
  await timed('snippet under a policy, QR code', async () => {
    const { tab: gone } = await person.paste(made.snippet);
    await until(async () => /Signed\. Close this tab/.test(await gone.$eval('body', (body) => String(body.textContent)).catch(() => '')), {
      what: 'the page of the hub to have handed it over',
    });
    t.is(gone.url(), made.url, 'what was signed is left in no address');
    await link(phone, null);
  });

  // Nobody signs in time; then by the extension on a link page, after a pairing code, under the same policy.
  await anew();
  phone = await linksBy('qr', { button: null, validFor: 20_000 });
  made = await token();
  page = await openPage(made.url);
  tab = await press(page);
  await tab.shows('asks to link a device');
  await becomes('qr');
  site.policy.connects = 'anywhere';
  t.regex((await person.paste(made.snippet)).shown, /is over: Its time is over/);
  await tab.press();
  await tab.shows('This request is over');
  t.is((await fetch(made.url)).status, 410);
  site.policy.connects = 'itself';
  const { url: linkPage } = (await call('POST', '/api/sessions/shop/link-pages', { locale: 'en' })).json;
  page = await openPage(linkPage);
  phone = await linksBy('pairing');
  await page.bringToFront();
  const asking = await page.waitForSelector('[data-hookline-passkey]');
  secrets.push(...[linkPage, await asking?.evaluate((found) => found.getAttribute('data-hookline-passkey'))].map(lastPart));
  tab = await press(page);
  await timed('extension on the link page, pairing code', async () => {
    await tab.press();
    await tab.isClosed();
    await link(phone, null);
  });
  await until(async () => /Linked: \+55/.test(await page.$eval('body', (body) => String(body.textContent))), {
    what: 'the page to say so',
  });
  t.log(times);

  // Nothing of it is told to anybody who did not ask for it.
  const told = {
    log: hub.output().slice(banner),
    metrics: (await hub.admin('GET', '/metrics')).text,
    events: (await call('GET', '/api/events?limit=1000')).text,
    audit: (await hub.admin('GET', '/api/audit?limit=200')).text,
  };
  t.regex(told.audit, /"action":"passkey\.answer"/);
  t.regex(told.audit, /"kind":"passkey-token","keyId":null,"name":"pkt_/);
  t.regex(told.log, /passkey\/:token\/answer/);
  for (const [where, text] of Object.entries(told)) {
    for (const secret of secrets) t.false(text.includes(secret), `${where} holds ${secret}`);
    t.notRegex(text, /clientDataJSON|authenticatorData|navigator\.credentials/, where);
    // `{"type":"webauthn.get"` in base64url: whatever was signed begins so.
    t.notRegex(text, /eyJ0eXBlIjoid2ViYXV0aG4uZ2V0/, where);
  }
});
