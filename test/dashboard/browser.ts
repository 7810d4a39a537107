/** A person's browser on the pages of a hub: it keeps what the page's policy reports, and what axe finds. */
import type { ExecutionContext } from 'ava';
import axe from 'axe-core';
import puppeteer, { type Browser, type Page } from 'puppeteer';
import { until } from '../helpers/hub.ts';

export const launch = (executablePath: string): Promise<Browser> =>
  puppeteer.launch({ executablePath, headless: true, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** The rules are all run; of what is as it should be no list is made. */
const FIND = "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => ({ violations }))";
/** A theme sets colours and nothing else. */
const FIND_COLORS = FIND.replace('{ ', "{ runOnly: ['color-contrast', 'link-in-text-block'], ");

export interface Visit {
  page: Page;
  /** What went wrong in it: violations of the policy, and what its script did not catch. */
  troubles: string[];
  /** Waits until the page shows these words. */
  shows(text: string | RegExp): Promise<void>;
  /** Presses what a person would call so. */
  press(name: string): Promise<void>;
  /** Tab by tab to what is called so, as whoever has no mouse. */
  tabTo(text: string): Promise<void>;
  /** Nothing that keeps somebody from using it, in light and dark, or one of them. */
  isAccessible(t: ExecutionContext, what: string, themes?: readonly ('light' | 'dark')[]): Promise<void>;
}

export async function visit(browser: Browser, { width, language = 'en-US' }: { width: 390 | 1280; language?: string }): Promise<Visit> {
  const page = await (await browser.createBrowserContext()).newPage();
  const troubles: string[] = [];
  await page.setViewport({ width, height: 900 });
  await page.evaluateOnNewDocument((tag) => Object.defineProperty(navigator, 'languages', { value: [tag] }), language);
  await page.exposeFunction('tellViolation', (what: string) => void troubles.push(what));
  await page.evaluateOnNewDocument(() => {
    const { tellViolation, addEventListener } = globalThis as unknown as {
      tellViolation(what: string): void;
      addEventListener(name: string, listener: (event: Record<string, string>) => void): void;
    };
    addEventListener('securitypolicyviolation', (event) => tellViolation(`${event.violatedDirective} ${event.blockedURI}`));
  });
  page.on('pageerror', (error) => void troubles.push(String(error)));
  const words = async (): Promise<string> => {
    const text = await page.$eval('body', (body) => (body as unknown as { innerText: string }).innerText).catch(() => '');
    return text.replaceAll('\u00a0', ' ').replace(/\n+/g, '\n');
  };
  const shows = async (text: string | RegExp): Promise<void> => {
    let last = '';
    await until(
      async () => {
        last = await words();
        return typeof text === 'string' ? last.includes(text) : text.test(last);
      },
      { what: () => `"${text}" in: ${last}` },
    );
  };
  return {
    page,
    troubles,
    shows,
    async press(name) {
      // Not waitForSelector: where roles are asked for it takes five times the processor.
      const byRole = (role: string) => page.$(`::-p-aria(${name}[role="${role}"])`);
      const found = await until(async () => (await byRole('button')) ?? byRole('radio'), { what: `"${name}" to be there` });
      await found.click();
    },
    async tabTo(text) {
      await until(
        async () => {
          await page.keyboard.press('Tab');
          const focused = await page.evaluate(
            'document.activeElement === document.body ? "" : (document.activeElement.labels?.[0] ?? document.activeElement).innerText',
          );
          return String(focused).includes(text);
        },
        { what: `"${text}" by Tab`, every: 5 },
      );
    },
    async isAccessible(t, what, themes = ['light', 'dark']) {
      for (const [nth, value] of themes.entries()) {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value }]);
        // Once in each document, and only what it finds is handed over: both are long.
        if (!(await page.evaluate('"axe" in globalThis'))) await page.evaluate(`${axe.source}; undefined`);
        const { violations } = (await page.evaluate(nth === 0 ? FIND : FIND_COLORS)) as {
          violations: { id: string; nodes: { html: string }[] }[];
        };
        t.deepEqual(
          violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`),
          [],
          `${what}, ${value}`,
        );
      }
    },
  };
}
