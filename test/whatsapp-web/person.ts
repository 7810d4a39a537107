import puppeteer, { type Browser, type Page } from 'puppeteer';
import { CONTAINER_ARGS } from '../../src/sessions/engines/wppconnect/chromium/browser.ts';
import type { PasskeyCredential, PasskeyOptions } from '../../src/sessions/passkey.ts';
import type { Passkey } from './authenticator.ts';
import type { WhatsAppWeb } from './server.ts';

declare const navigator: { credentials: { get(options: object): Promise<{ toJSON(): PasskeyCredential }> } };
declare const PublicKeyCredential: { parseRequestOptionsFromJSON(options: PasskeyOptions): object };

const TAB = 'https://web.whatsapp.com/';

/** Somebody at a browser of their own, which keeps their passkey: Chromium's virtual authenticator signs in it as a device would. */
export class Person {
  readonly browser: Browser;
  readonly page: Page;

  private constructor(browser: Browser, page: Page) {
    this.browser = browser;
    this.page = page;
  }

  static async at(executablePath: string, site: WhatsAppWeb, passkey: Passkey): Promise<Person> {
    const browser = await puppeteer.launch({ executablePath, pipe: true, args: [...CONTAINER_ARGS, '--disable-gpu', ...site.browserArgs] });
    const person = new Person(browser, await browser.newPage());
    await person.give(person.page, passkey);
    await person.page.goto(TAB);
    return person;
  }

  /** The passkeys of a page are its own. */
  async give(page: Page, passkey: Passkey): Promise<void> {
    const devTools = await page.createCDPSession();
    await devTools.send('WebAuthn.enable');
    const { authenticatorId } = await devTools.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    });
    await devTools.send('WebAuthn.addCredential', { authenticatorId, credential: passkey.forChromium });
  }

  sign(publicKey: PasskeyOptions): Promise<PasskeyCredential> {
    return this.page.evaluate(
      async (asked) => (await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(asked) })).toJSON(),
      publicKey,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
  }
}
