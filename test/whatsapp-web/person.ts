import puppeteer, { type Browser, type CDPSession, type Page, type Target } from 'puppeteer';
import { CONTAINER_ARGS } from '../../src/sessions/engines/wppconnect/chromium/browser.ts';
import type { PasskeyCredential, PasskeyOptions } from '../../src/sessions/passkey.ts';
import { until } from '../helpers/hub.ts';
import type { Passkey } from './authenticator.ts';
import type { WhatsAppWeb } from './server.ts';

declare const navigator: { credentials: { get(options: object): Promise<{ toJSON(): PasskeyCredential }> } };
declare const PublicKeyCredential: { parseRequestOptionsFromJSON(options: PasskeyOptions): object };
declare const chrome: { tabs: { create(wanted: object): Promise<unknown> } };
declare const personIsThere: () => Promise<void>;

const TAB = 'https://web.whatsapp.com/';

/** Somebody at a browser of their own, which keeps their passkey: Chromium's virtual authenticator signs in it as a device would. */
export class Person {
  readonly browser: Browser;
  readonly page: Page;
  /** False: whoever is asked to sign says no. */
  isWilling = true;
  readonly #passkey: Passkey;
  #pasted: Page | undefined;

  private constructor(browser: Browser, page: Page, passkey: Passkey) {
    this.browser = browser;
    this.page = page;
    this.#passkey = passkey;
  }

  static async at(executablePath: string, site: WhatsAppWeb, passkey: Passkey): Promise<Person> {
    // Behind its number is the hub, and not the stand-in as behind every name.
    const siteArgs = site.browserArgs.map((arg) => (arg.startsWith('--host-resolver-rules=') ? `${arg}, EXCLUDE 127.0.0.1` : arg));
    const args = [...CONTAINER_ARGS, '--disable-gpu', '--lang=en', ...siteArgs];
    const browser = await puppeteer.launch({ executablePath, pipe: true, enableExtensions: true, args });
    return Person.#in(browser, passkey);
  }

  static async #in(browser: Browser, passkey: Passkey): Promise<Person> {
    const person = new Person(browser, await browser.newPage(), passkey);
    await person.give(person.page);
    await person.page.goto(TAB);
    return person;
  }

  /** Somebody else, who signs in a tab of the same browser: the passkeys of a page are its own. */
  other(passkey: Passkey): Promise<Person> {
    return Person.#in(this.browser, passkey);
  }

  async give(page: Page, passkey = this.#passkey): Promise<void> {
    const devTools = await page.createCDPSession();
    await devTools.send('WebAuthn.enable');
    const { authenticatorId } = await devTools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: this.isWilling,
      },
    });
    await devTools.send('WebAuthn.addCredential', { authenticatorId, credential: passkey.forChromium });
  }

  sign(publicKey: PasskeyOptions): Promise<PasskeyCredential> {
    return this.page.evaluate(
      async (asked) => (await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) })).toJSON(),
      publicKey,
    );
  }

  /** A tab on WhatsApp Web of its own, in whose console this is pasted: the tab, and what the console shows. The one before is closed. */
  async paste(snippet: string): Promise<{ tab: Page; shown: string }> {
    // Each holds a connection open, and a browser has six to one host.
    await this.#pasted?.close();
    const tab = await this.browser.newPage();
    this.#pasted = tab;
    await this.give(tab);
    await tab.goto(TAB);
    const { result } = await consoleOf(await tab.createCDPSession(), snippet);
    return { tab, shown: String(result.value) };
  }

  /** Presses the icon of the extension on this page: the tab that it opens. */
  async pressIcon(page: Page, extensionId: string): Promise<ExtensionTab> {
    const before = new Set(this.browser.targets());
    const extension = (await this.browser.extensions()).get(extensionId);
    if (!extension) throw new Error('The extension is not there');
    await page.bringToFront();
    await page.triggerExtensionAction(extension);
    const target = await this.browser.waitForTarget((one) => !before.has(one) && one.url().includes(`${extensionId}/sign.html`));
    const tab = await target.asPage();
    const opened = new ExtensionTab(tab);
    // Who opens a tab sees it before anything is asked there; the passkey is not in it before.
    await tab.exposeFunction('personIsThere', async () => {
      const there = await this.browser.waitForTarget((one) => !opened.before.has(one) && one.type() === 'page');
      await this.give(await there.asPage());
    });
    await tab.evaluate(() => {
      const { create } = chrome.tabs;
      chrome.tabs.create = async (wanted) => {
        const made = await create(wanted);
        await personIsThere();
        return made;
      };
    });
    return opened;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
  }
}

/** As DevTools evaluate what is typed there. */
const consoleOf = (devTools: CDPSession, text: string) =>
  devTools.send('Runtime.evaluate', { expression: text, replMode: true, userGesture: true, awaitPromise: true, returnByValue: true });

/** The page of the extension, in which one signs. */
export class ExtensionTab {
  readonly page: Page;
  /** What there was when its button was pressed. */
  before: ReadonlySet<Target> = new Set();

  constructor(page: Page) {
    this.page = page;
  }

  async shows(text: string | RegExp): Promise<void> {
    let last = '';
    await until(
      async () => {
        last = await this.page.$eval('body', (body) => (body as unknown as { innerText: string }).innerText);
        return typeof text === 'string' ? last.includes(text) : text.test(last);
      },
      { what: () => `"${text}" in: ${last}` },
    );
  }

  async press(): Promise<void> {
    await this.page.bringToFront();
    this.before = new Set(this.page.browser().targets());
    await (await this.page.waitForSelector('#sign:not([hidden])'))?.click();
  }

  /** It closes itself when what was signed is taken. */
  async isClosed(): Promise<void> {
    await until(() => this.page.isClosed(), { what: 'the tab of the extension to be closed' });
  }
}
