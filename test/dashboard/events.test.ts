/** Events as whoever writes a program against the hub looks at them: live, narrowed to a few, one whole. */
import { linkedSandbox, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { dashboard, EVIL } from './app.ts';

const { withBrowser, enter, hub } = dashboard({ env: { HOOKLINE_EGRESS_ALLOW: '127.0.0.0/8' } });

const ANA = '5521988887777';

withBrowser('events come in live, are narrowed to a few, held, and asked for page by page', async (t) => {
  const person = await enter();
  const { call, page, shows, press } = person;
  const receive = (text: string) => call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, name: EVIL, text });
  const firstRow = (): Promise<string> =>
    page.$eval('tbody tr', (row) => (row as unknown as { innerText: string }).innerText).catch(() => 'message.received: not loaded yet');
  await person.at('/dashboard/events');
  await shows('Nothing has happened yet');
  await person.isSound(t, 'no events');
  await linkedSandbox(call, 'shop');
  await shows('connecting → connected');
  await receive(EVIL);
  await until(async () => (await firstRow()).includes(EVIL), { what: 'the newest at the top' });
  await person.isSound(t, 'a list');

  await press('Pause');
  await receive('while it is held');
  await shows('Go on (1 new)');
  t.true((await firstRow()).includes(EVIL), 'nothing moves');
  await press('Go on (1 new)');
  await until(async () => (await firstRow()).includes('while it is held'), { what: 'what was missed' });

  await page.select('main select', 'session.*');
  await until(async () => !(await firstRow()).includes('message.received'), { what: 'those of sessions alone' });
  t.is(new URL(page.url()).searchParams.get('types'), 'session.*');
  await page.keyboard.type('/');
  await page.keyboard.type('“nowhere”');
  await shows('No event is like that');
  await person.isSound(t, 'none');

  for (let at = 1; at <= 60; at++) await receive(`Number ${at}.`);
  await person.at('/dashboard/events?types=message.received&session=shop&search=number');
  await shows('Number 60.');
  t.is((await page.$$('tbody tr')).length, 50);
  await receive('something else');
  await receive('number 61');
  await until(async () => (await firstRow()).includes('number 61'), { what: 'one of those that were asked for' });
  await press('Show older ones');
  await shows('Number 1.');
  t.is((await page.$$('tbody tr')).length, 61);
  await person.at('/dashboard/events?session=nowhere');
  await page.waitForSelector('.told-trouble');
  await person.isSound(t, 'no such session');
});

withBrowser('one event is shown whole, with what webhooks were sent of it, and what curl asks for it', async (t) => {
  const receiver = await startReceiver();
  t.teardown(receiver.close);
  const person = await enter();
  const { call, page, shows, press, tabTo } = person;
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/webhooks', { url: receiver.url, events: ['message.received'] });
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, name: EVIL, text: EVIL });
  await until(() => receiver.requests.length > 0, { what: 'the delivery' });
  const [event] = (await call('GET', '/api/events?types=message.received&order=desc')).json.data;

  await person.at('/dashboard/webhooks');
  for (const link of ['tbody th a', 'a[href*="/deliveries/"]', `a[href="/dashboard/events/${event.id}"]`]) {
    await page.waitForSelector(link);
    await page.click(link);
  }
  await shows('What webhooks were sent of it');
  await shows(/127\.0\.0\.1[^\n]*\s+Delivered/);
  await shows(JSON.stringify(event, null, 2).slice(0, 300));
  await person.isSound(t, 'an event');
  await press('Send again');
  await until(() => receiver.requests.length === 2, { what: 'it again' });
  t.is(receiver.requests[1]?.headers['webhook-id'], event.id);

  const curl = (): Promise<string> => page.$eval('.pane pre', (block) => (block as unknown as { innerText: string }).innerText);
  const asked = /'(http[^']*)'/.exec(await curl())?.[1] ?? '';
  t.deepEqual((await call('GET', asked.replace(hub().base, ''))).json, event);
  await page.click('input[value="replay"]');
  const range = JSON.parse(/-d '(.*)'/.exec(await curl())?.[1] ?? '');
  const { id } = (await call('GET', '/api/webhooks')).json.data[0];
  t.is((await call('POST', `/api/webhooks/${id}/replay`, range)).status, 202);
  await until(() => receiver.requests.length === 3, { what: 'the replay' });

  await tabTo('The chat');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.bubble');
  await person.at('/dashboard/events/evt_nobodys');
  await shows('is not kept any more');
  await person.isSound(t, 'one that is not here');

  const reader = await enter({ tenant: person, scopes: ['events:read'], width: 390, language: 'es-MX' });
  await reader.at(`/dashboard/events/${event.id}`);
  await reader.shows('Seguir desde él, en vivo');
  t.is(await reader.page.$('main table'), null);
  t.deepEqual(await reader.page.$$eval('main nav a', (links) => links.map((link) => link.getAttribute('href'))), [
    '/dashboard/events?types=message.received',
  ]);
  await reader.isSound(t, 'for a reader');
});
