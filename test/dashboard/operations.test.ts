/** The pages that a hub is run by: the day, sessions with the sandbox's phone, sends, settings, and those of the operator. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElementHandle } from 'puppeteer';
import { ADMIN_KEY, linkedSandbox, until } from '../helpers/hub.ts';
import { dashboard, EVIL } from './app.ts';

const { withBrowser, enter, hub, visit } = dashboard();

withBrowser('the day at a glance: what stands how, what came and went, and what needs a person', async (t) => {
  const person = await enter();
  const { call, shows } = person;
  await person.at('/');
  await shows('No phone is connected yet.');
  await person.isSound(t, 'the first day');
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions', { name: 'waits', engine: 'sandbox' });
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: '5521988887777', text: 'hello' });
  await call('POST', '/api/sessions/shop/sandbox/faults', { send: { failNext: 1, code: 'chat_not_found' } });
  await call('POST', '/api/sessions/shop/messages', { to: '5521988887777', type: 'text', text: EVIL });
  await call('POST', '/api/webhooks', { url: 'http://127.0.0.1:9/hook' });
  await shows(/Needs a person\nWaits for a scan\nwaits/);
  await shows('Sends that failed today: 1');
  await shows(/Messages in today\n1\n/);
  await shows(/Messages, last day\n1 in, 1 out/);
  await call('POST', '/api/sessions/shop/chats/5521988887777/handoff', {});
  await shows('Chats of “shop” that a person answers: 1');
  const flow =
    'flow: broken\nversion: 1\nstart: [{ says: [break] }]\nsteps:\n  - http: GET https://127.0.0.1:9/\n    headers: { Authorization: "{{ secrets.nothing }}" }\n';
  t.is((await call('PUT', '/api/flows/broken', flow, { 'content-type': 'application/yaml' })).status, 200);
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: '5521977776666', text: 'break' });
  await shows('Runs of flows that failed today: 1');
  await person.isSound(t, 'a day');
});

withBrowser('a session is watched, played, set, unlinked, and deleted by its name', async (t) => {
  const person = await enter();
  const { call, page, shows, press, tabTo } = person;
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  await person.at('/dashboard/sessions');
  await shows('Waits for a scan');
  await person.isSound(t, 'sessions');
  await person.at('/dashboard/sessions/shop/phone');
  await shows('Nothing was sent yet');
  await press('Scan');
  await shows('There is a code to scan only while the session waits for one.');
  await tabTo('Message');
  await page.keyboard.type(EVIL);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.phone-chat .flow-in ::-p-text(ranScript)');
  t.is((await call('GET', '/api/sessions/shop/messages')).json.data[0].text, EVIL);
  await person.isSound(t, 'the phone');

  await person.at('/dashboard/sessions/shop/settings');
  await tabTo('Messages a minute');
  await page.keyboard.type('-1');
  await press('Save');
  await page.waitForSelector('.field .error');
  await person.isSound(t, 'a setting that is wrong');
  await page.$eval('[aria-invalid]', (field) => (field as unknown as { select(): void }).select());
  await page.keyboard.type('20');
  await press('Save');
  await shows('Saved.');
  t.deepEqual((await call('GET', '/api/sessions/shop')).json.config.pacing, { perMinute: 20 });

  await person.at('/dashboard/sessions/shop');
  await shows('Connected');
  await person.isSound(t, 'a session');
  await press('Delete the session');
  await shows('Type “shop” to confirm');
  await page.keyboard.type('shoq');
  await page.keyboard.press('Enter');
  await shows('This is not the name.');
  await person.isSound(t, 'a name that differs');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('p');
  await page.keyboard.press('Enter');
  await shows('The session “shop” was deleted.');
  t.is((await call('GET', '/api/sessions/shop')).status, 404);
});

withBrowser('sends: why one waits, canceled, sent again, and many from a file', async (t) => {
  const person = await enter();
  const { call, page, shows, press } = person;
  await linkedSandbox(call, 'shop');
  const send = (text: string, more = {}) =>
    call('POST', '/api/sessions/shop/messages', { to: '5521988887777', type: 'text', text, ...more });
  await send('Later', { sendAt: new Date(Date.now() + 3_600_000).toISOString() });
  await call('POST', '/api/sessions/shop/sandbox/faults', { send: { failNext: 1, code: 'chat_not_found' } });
  await send(EVIL);
  await person.at('/dashboard/sends');
  await shows('its time, in 1 hour');
  await shows('The account has no such chat.');
  await person.isSound(t, 'sends');
  await press('Cancel');
  await shows('Cancel this send?');
  await page.click('dialog .danger');
  await shows('The send was canceled.');
  await page.goto(`${hub().base}/dashboard/sends?status=failed`);
  await shows('The account has no such chat.');
  await page.click('tbody th a');
  await shows('What became of it');
  await person.isSound(t, 'one send');
  await press('Send again');
  await page.click('dialog .danger');
  await shows(/What became of it\nWaiting[\s\S]*Sent/);

  const directory = await mkdtemp(join(tmpdir(), 'hookline-csv-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'orders.csv');
  await writeFile(file, '\ufeffto;name\r\n5511911110001;"Ana; the ""first"""\r\n5511911110002;Bia\r\nnobody;Caio\r\n');
  await person.at('/dashboard/sends/bulk');
  await ((await page.$('input[type=file]')) as ElementHandle<never> & { uploadFile(path: string): Promise<void> }).uploadFile(file);
  await page.type('textarea', 'Hello {name}');
  await shows('1 rows cannot be sent and are left out.');
  await shows('Hello Ana; the "first"');
  await call('POST', '/api/sessions/shop/sandbox/faults', { exists: { unknown: ['5511911110002'] } });
  await press('Dry run');
  await shows('Of 2 numbers 1 are not on WhatsApp.');
  await person.isSound(t, 'a file');
  await press('Send 1 messages');
  await page.waitForSelector('dialog');
  await page.click('dialog .danger');
  await shows('1 were accepted, 0 refused.');
  await shows('Left: 1');
  await person.isSound(t, 'how far they are');
  const { data } = (await call('GET', '/api/sessions/shop/sandbox/outbox')).json;
  t.is(data.at(-1).text, 'Hello Ana; the "first"');
});

withBrowser('settings show limits, what was done, and what was set aside', async (t) => {
  const person = await enter();
  const { shows } = person;
  await person.at('/dashboard/settings');
  await shows('Event streams open');
  await person.isSound(t, 'limits');
  await person.at('/dashboard/settings/audit?action=dashboard.sign-in');
  await shows('a colleague');
  await person.isSound(t, 'the audit log');
  await person.at('/dashboard/settings/keys');
  await shows(/a colleague\s+hlk_[^\n]*\s+everything\s+Good/);
  await person.isSound(t, 'the keys');
  await person.at('/dashboard/settings/quarantine');
  await shows('Nothing was set aside');
  await person.isSound(t, 'nothing aside');
});

withBrowser('the operator makes tenants and keys, sets limits, looks at what is a tenant’s, and revokes', async (t) => {
  const { page, shows, press, tabTo, isAccessible, troubles } = await visit({ width: 1280 });
  const name = `tenant ${Math.random().toString(36).slice(2)}`;
  await page.goto(`${hub().base}/`);
  await shows('API key');
  await tabTo('API key');
  await page.keyboard.type(ADMIN_KEY);
  await page.keyboard.press('Enter');
  await shows('Operator of the hub');
  await press('Make a tenant');
  await page.waitForSelector('dialog');
  await page.type('dialog input', name);
  await page.keyboard.press('Enter');
  await shows('The new key');
  const key = await page.$eval('dialog textarea', (field) => (field as unknown as { value: string }).value);
  t.is((await hub().as(key)('GET', '/api/sessions')).status, 200);
  await isAccessible(t, 'a new key');
  await press('Close');
  await shows(name);
  await page.evaluate(`[...document.querySelectorAll('tbody a')].find((link) => link.textContent === ${JSON.stringify(name)}).click()`);
  await shows('first key');
  const id = page.url().split('/').at(-1) ?? '';

  await press('Make a key');
  await page.waitForSelector('dialog');
  await page.type('dialog input', EVIL);
  await press('Make a key');
  await shows('The new key');
  await press('Close');
  await shows(EVIL);
  await isAccessible(t, 'keys');
  await press('Revoke');
  await page.click('dialog .danger');
  await shows('The key was revoked.');
  t.is((await hub().admin('GET', `/api/tenants/${id}/keys`)).json.data.filter((one: { revokedAt: unknown }) => one.revokedAt).length, 1);

  await page.goto(`${hub().base}/dashboard/tenants/${id}/settings`);
  await shows('What differs for this tenant');
  await tabTo('Sessions');
  await page.keyboard.type('3');
  await press('Save');
  await shows('Saved.');
  t.deepEqual((await hub().admin('GET', `/api/tenants/${id}`)).json.settings, { limits: { sessions: 3 } });
  await isAccessible(t, 'settings of a tenant');

  // Somebody has kept the address of a page that shows the things of one tenant.
  await page.goto(`${hub().base}/dashboard/settings/audit`);
  await shows('Choose a tenant first');
  await isAccessible(t, 'no tenant chosen');
  await page.click('main a');
  await shows(name);
  await page.evaluate(
    `[...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes(${JSON.stringify(name)})).querySelector('button').click()`,
  );
  await until(() => new URL(page.url()).pathname === '/dashboard/settings/audit', { what: 'the page that was asked for' });
  await page.goto(`${hub().base}/`);
  await shows('Today, as far as this key may see.');
  await shows('Live');
  await page.goto(`${hub().base}/dashboard/settings`);
  await shows(/Sessions\s+0\s+3/);
  await press('Leave this tenant');
  await until(() => page.url().endsWith('/dashboard/tenants'), { what: 'the tenants' });

  await page.keyboard.type('gh');
  await until(() => page.url().endsWith('/dashboard/settings/hub'), { what: 'the page of the hub' });
  await shows(/What the hub may reach[\s\S]*127\.0\.0\.0\/8/);
  await page.waitForSelector('main select');
  await page.select('main select', 'debug');
  await shows('What people write, codes and QR codes then stand in the log.');
  await isAccessible(t, 'settings of the hub');
  t.true(String(await page.evaluate('fetch("/metrics").then((answer) => answer.text())')).includes('hookline_'));
  await press('Change');
  await shows('The hub logs “debug” from now on.');
  t.deepEqual((await hub().admin('GET', '/api/log-level')).json, { level: 'debug', configured: 'info' });
  await hub().admin('PATCH', '/api/log-level', { level: 'info' });
  const changes = (await hub().admin('GET', '/api/audit?action=log-level.update')).json.data;
  t.deepEqual(
    changes.map(({ actor, tenantId }: { actor: { kind: string }; tenantId: null }) => [actor.kind, tenantId]),
    [
      ['operator', null],
      ['operator', null],
    ],
  );
  t.deepEqual(troubles, []);
});
