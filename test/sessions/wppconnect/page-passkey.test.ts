/** What runs in the page when WhatsApp asks for a passkey, in a real Chromium that has one of its own besides. */
import test from 'ava';
import type { Page } from 'puppeteer';
import { CONTINUE } from '../../../src/sessions/engines/wppconnect/gate-words.ts';
import { lookAtGate, press } from '../../../src/sessions/engines/wppconnect/page/page-gate.ts';
import { relayPasskeys, type Signs } from '../../../src/sessions/engines/wppconnect/page/page-passkey.ts';
import type { PasskeyCredential } from '../../../src/sessions/passkey.ts';
import { findChromium } from '../../helpers/requirements.ts';
import { Passkey } from '../../whatsapp-web/authenticator.ts';
import { Person } from '../../whatsapp-web/person.ts';
import { startWhatsAppWeb } from '../../whatsapp-web/server.ts';

// The shell has no form to offer passkeys in (conditional mediation).
const chromium = findChromium({ whole: true });
const inChromium = chromium ? test.serial : test.serial.skip;
const own = new Passkey();
const relayed = new Passkey();
const site = await startWhatsAppWeb();
const person = chromium ? await Person.at(chromium, site, own) : null;
test.after.always(async () => {
  await person?.[Symbol.asyncDispose]();
  await site.close();
});

/** A page with the relay in it, and the hub's end of that in the hands of the test. */
async function relay(answer: (said: Signs) => Promise<PasskeyCredential | null>): Promise<{ page: Page; said: Signs[] }> {
  const page = await (person as Person).browser.newPage();
  await (person as Person).give(page, own);
  const said: Signs[] = [];
  await page.exposeFunction('hooklineSigns', (what: Signs) => {
    said.push(what);
    return answer(what);
  });
  await page.evaluateOnNewDocument(relayPasskeys);
  await page.goto('https://web.whatsapp.com/');
  return { page, said };
}

/** Runs in the page: asks for a passkey in this way, and tells what came of it. */
const ASK = `async (options, frame = window) => {
  const { abortAfter, ...asked } = options;
  const controller = new AbortController();
  if (abortAfter !== undefined) setTimeout(() => controller.abort(), abortAfter);
  if (asked.publicKey) asked.publicKey = { ...asked.publicKey, challenge: Uint8Array.from([251, 255, 190]) };
  try {
    const credential = await frame.navigator.credentials.get({ ...asked, signal: controller.signal });
    return credential && (credential.id ?? 'something else');
  } catch (error) {
    return error.name;
  }
}`;
const CHALLENGE = '-_--';
const ask = (page: Page, options: object, frame = 'window') => page.evaluate(`(${ASK})(${JSON.stringify(options)}, ${frame})`);
const WHATSAPP = { rpId: 'whatsapp.com', userVerification: 'required', timeout: 60_000 };

inChromium('a question for a passkey of whatsapp.com goes to the hub, on each page and in each frame, and no other does', async (t) => {
  const signed = async (what: Signs) => ('publicKey' in what ? relayed.sign(what.publicKey) : null);
  const { page, said } = await relay(signed);
  const id = relayed.id.toString('base64url');
  t.is(await ask(page, { publicKey: WHATSAPP }), id);
  t.like(said[0], { publicKey: { ...WHATSAPP, challenge: CHALLENGE } });
  await page.reload();
  t.is(await ask(page, { publicKey: WHATSAPP, mediation: 'required' }), id, 'on a page that was loaded anew');
  await page.evaluate(`new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.onload = resolve;
    frame.src = '/page/ids.js';
    document.body.append(frame);
  })`);
  t.is(await ask(page, { publicKey: WHATSAPP }, 'document.querySelector("iframe").contentWindow'), id, 'in a frame');
  t.is(said.length, 3);

  // The browser's own authenticator has a passkey of whatsapp.com only.
  t.is(await ask(page, { publicKey: { ...WHATSAPP, rpId: 'web.whatsapp.com', timeout: 1 } }), 'NotAllowedError');
  t.is(await ask(page, { publicKey: { ...WHATSAPP, rpId: 'example.com' } }), 'SecurityError');
  t.is(await ask(page, { publicKey: WHATSAPP, mediation: 'conditional', abortAfter: 300 }), own.id.toString('base64url'));
  t.is(await ask(page, { password: true }), null);
  t.is(said.length, 3, 'none of these is WhatsApp asking a person');
  const unchanged = `[CredentialsContainer.prototype.get.name, CredentialsContainer.prototype.get.length,
    Object.keys(navigator.credentials).length, /native code/.test(CredentialsContainer.prototype.get),
    /native code/.test(CredentialsContainer.prototype.create), Object.hasOwn(navigator, 'credentials')]`;
  t.deepEqual(await page.evaluate(unchanged), ['get', 0, 0, true, true, false]);
  await page.close();
});

inChromium('a question that nobody answers, or that the page takes back, ends as a browser ends it, and the hub is told', async (t) => {
  let answers: (PasskeyCredential | null)[] = [];
  const { page, said } = await relay(async (what) => {
    if ('over' in what) return null;
    const [answer] = answers.splice(0, 1);
    return answer === undefined ? new Promise(() => undefined) : answer;
  });
  answers = [null];
  t.is(await ask(page, { publicKey: WHATSAPP }), 'NotAllowedError', 'somebody said no');
  t.is(await ask(page, { publicKey: { ...WHATSAPP, timeout: 200 } }), 'NotAllowedError', 'nobody came');
  t.is(await ask(page, { publicKey: WHATSAPP, abortAfter: 200 }), 'AbortError');
  t.is(await ask(page, { publicKey: WHATSAPP, abortAfter: 0 }), 'AbortError');
  const asked = said.flatMap((what) => ('publicKey' in what ? what.id : []));
  const over = said.flatMap((what) => ('over' in what ? what.over : []));
  t.deepEqual(over, asked.slice(1));
  await page.close();
});

inChromium(
  'what stands before a login is known by its role and words: what can be pressed, which code is shown, whether a QR code is seen',
  async (t) => {
    const page = await (person as Person).browser.newPage();
    const shown = async (html: string) => {
      await page.setContent(html);
      return page.evaluate(lookAtGate);
    };
    const QR = '<div data-ref="2@x"><canvas width="264" height="264"></canvas></div>';
    const COVER = '<div style="position: fixed; inset: 0; background: white">';
    t.deepEqual(await shown(QR), { showsQr: true, code: null });
    t.deepEqual(await shown(`${QR}${COVER}Is it you?</div>`), { showsQr: false, code: null });
    t.deepEqual(await shown(`<div hidden>${QR}</div>`), { showsQr: false, code: null });
    const letters = [...'K7RWQ'].map((letter) => `<span>${letter}</span>`).join(' ');
    t.is((await shown(`<h1>Same code?</h1><div><p>${letters}</p></div><button>CLOSE</button>`)).code, 'K7RWQ');
    t.is((await shown('<p style="display: none">AAAAA</p><p>K7RW-42QX</p>')).code, 'K7RW-42QX');
    t.is((await shown('<p>HELLO there</p><div role="button">CLOSE</div>')).code, null);

    const presses = async (html: string) => {
      await page.setContent(`${html}<script>document.addEventListener('click', ({ target }) => { document.title = target.id; });</script>`);
      return (await page.evaluate(press, { words: CONTINUE, within: 'body' })) ? page.title() : null;
    };
    const yes = [
      '<button id="it">Continue</button>',
      '<div role="button" id="it">\n  Tiếp  TỤC </div>',
      '<div role="button" id="it" aria-label="Weiter">→</div>',
    ];
    for (const button of ['<button>Log in with phone number</button>', '<button hidden id="no">Continue</button>'])
      for (const it of yes) t.is(await presses(button + it), 'it', it);
    t.is(await presses('<p>Continue</p><a href="#">Continue</a><button>Continue without saving</button>'), null);
    await page.close();
  },
);
