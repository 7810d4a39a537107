/** The app around its pages: who is signed in, where they are, what they may see, and whether it is as it is now. */
import { until } from '../helpers/hub.ts';
import { dashboard, EVIL } from './app.ts';

const { withBrowser, enter, hub, again, visit } = dashboard();

withBrowser('signed out there is a sentence, a field and the docs; a deep link is shown once somebody has signed in', async (t) => {
  const { key } = await hub().tenant();
  const { page, shows, tabTo, press, isAccessible, troubles } = await visit({ width: 1280 });
  await page.goto(`${hub().base}/`);
  await shows('Hookline links WhatsApp accounts to your systems.');
  await isAccessible(t, 'signed out');
  t.is(await page.$eval('main a', (link) => link.getAttribute('href')), '/docs');

  await page.goto(`${hub().base}/dashboard/whatsapp/connect`);
  await shows('Sign in with an API key of your tenant.');
  await tabTo('API key');
  await page.keyboard.type(key);
  await page.keyboard.press('Enter');
  await shows('Name of the session');
  t.is(new URL(page.url()).pathname, '/dashboard/whatsapp/connect');
  await shows('first key');

  await press('Sign out');
  await shows('Sign in with an API key of your tenant.');
  t.is((await page.browserContext().cookies()).length, 0);
  t.deepEqual(troubles, []);
});

withBrowser('what the key may not do is not shown, and an address that leads nowhere says so', async (t) => {
  const reader = await enter({ scopes: ['sessions:read'] });
  await reader.at('/');
  await reader.shows('Every 10 seconds');
  t.false((await reader.page.$$eval('nav a', (links) => links.map((link) => link.textContent))).includes('Webhooks'));
  await reader.at('/dashboard/whatsapp/connect');
  await reader.shows('There is no such page');
  await reader.at('/dashboard/nowhere/at/all');
  await reader.shows('There is no such page');
  await reader.isSound(t, 'nowhere');
});

withBrowser('it is live; what happens while the hub is away is filled in', async (t) => {
  const person = await enter();
  const { call, page, shows } = person;
  await person.at('/dashboard/sessions');
  await shows('Live');
  await call('POST', '/api/sessions', { name: 'first', engine: 'sandbox', start: false });
  await page.reload();
  await shows('first');
  await call('POST', '/api/sessions/first/connect');
  await shows('Waits for a scan');

  await hub().end();
  await shows('No connection');
  await again();
  await call('POST', '/api/sessions', { name: 'second', engine: 'sandbox', start: false });
  await page.evaluate('dispatchEvent(new Event("online"))');
  await shows('Live');
  await shows('second');
  t.deepEqual(person.troubles, []);
});

withBrowser('by keyboard: past the navigation, to a page and its heading, to the search, and back out of a dialog', async (t) => {
  const person = await enter();
  const { page, shows } = person;
  const focused = (): Promise<unknown> => page.evaluate('document.activeElement.innerText || document.activeElement.type');
  await person.at('/');
  await page.keyboard.press('Tab');
  t.is(await focused(), 'Skip to the content');
  await page.keyboard.press('Enter');
  t.is(await page.evaluate('document.activeElement.id'), 'main');

  await page.keyboard.type('gs');
  await until(async () => (await focused()) === 'Sessions', { what: 'the heading to have the focus' });
  t.is(await page.title(), 'Sessions · Hookline');
  await page.goBack();
  await until(async () => (await focused()) === 'Overview', { what: 'the heading of the page before' });

  await page.keyboard.type('?');
  await shows('Go to the search field');
  await person.isSound(t, 'the shortcuts');
  await page.keyboard.press('Escape');
  t.is(await page.$('dialog'), null);
});

withBrowser('on a phone the navigation is behind a button; colours and language are chosen, and kept', async (t) => {
  const person = await enter({ width: 390, language: 'de-DE' });
  const { page, shows, press } = person;
  await person.at('/');
  t.is(await page.$eval('#side-body', (body) => (body as unknown as { offsetHeight: number }).offsetHeight), 0);
  await press('Menu');
  await shows('Preferences');
  await person.isSound(t, 'the menu');
  await press('Preferences');
  await shows('What this key may do');
  await person.isSound(t, 'the preferences');
  await press('Dark');
  const theme = (): Promise<unknown> => page.evaluate('document.documentElement.dataset.theme');
  t.is(await theme(), 'dark');

  for (const [language, heading, menu] of [
    ['Português', 'Visão geral', 'Abrir menu'],
    ['Español', 'Resumen', 'Menú'],
    ['English', 'Overview', 'Menu'],
  ] as const) {
    await press(language);
    await shows(heading);
    t.is(await theme(), 'dark');
    await press(menu);
    await press(language === 'Português' ? 'Preferências' : language === 'Español' ? 'Preferencias' : 'Preferences');
  }
});

withBrowser('a key that is called like a script is shown by its name, and signed out once it is revoked', async (t) => {
  const { id } = await hub().tenant();
  const made = (await hub().admin('POST', `/api/tenants/${id}/keys`, { name: EVIL })).json;
  const { page, shows, tabTo, troubles } = await visit({ width: 1280 });
  await page.goto(`${hub().base}/`);
  await shows('API key');
  await tabTo('API key');
  await page.keyboard.type(made.key);
  await page.keyboard.press('Enter');
  await shows(EVIL);
  await shows('Live');
  await hub().admin('DELETE', `/api/tenants/${id}/keys/${made.id}`);
  await shows('Sign in with an API key of your tenant.');
  t.is(await page.evaluate('typeof ranScript'), 'undefined');
  t.deepEqual(troubles, []);
});

withBrowser('the pages of /docs are as accessible as those of the app, and fit a phone', async (t) => {
  const { page, isAccessible, troubles } = await visit({ width: 390 });
  for (const path of ['/docs/quick-start', '/docs/flows']) {
    await page.goto(hub().base + path);
    await isAccessible(t, path);
    t.true(Number(await page.evaluate('document.documentElement.scrollWidth')) <= 390, path);
  }
  t.deepEqual(troubles, []);
});
