/** Webhooks as their developer sees them: made and tested, found failing, understood, mended, replayed. */
import { linkedSandbox, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { dashboard, EVIL } from './app.ts';

const { withBrowser, enter } = dashboard({ env: { HOOKLINE_EGRESS_ALLOW: '127.0.0.0/8' } });

withBrowser('a webhook is made in three steps by keyboard, with its secret in the code that verifies', async (t) => {
  const receiver = await startReceiver();
  t.teardown(receiver.close);
  const person = await enter();
  const { call, page, shows, press, tabTo } = person;
  await person.at('/dashboard/webhooks');
  await shows('No webhooks yet');
  await person.isSound(t, 'no webhooks');
  await page.goto(`${new URL(page.url()).origin}/dashboard/webhooks/new`);
  await shows('Where to');
  await tabTo('URL');
  await page.keyboard.type('not a url');
  await page.keyboard.press('Enter');
  await shows('This is no URL.');
  await person.isSound(t, 'a wrong URL');
  await page.$eval('[aria-invalid]', (field) => (field as unknown as { select(): void }).select());
  await page.keyboard.type(receiver.url);
  await page.keyboard.press('Enter');
  await shows('Choose what is sent there.');
  await tabTo('Everything');
  await page.keyboard.press('Enter');
  await person.isSound(t, 'the events');
  await tabTo('Create the webhook');
  await page.keyboard.press('Enter');
  await shows('The secret');
  await press('Send a test');
  await shows('It was taken.');
  const secret = await page.$eval('main textarea', (field) => (field as unknown as { value: string }).value);
  t.regex(secret, /^whsec_/);
  for (const language of ['TypeScript', 'Python', 'PHP', 'Go', 'Shell']) {
    await press(language);
    await shows(`WEBHOOK_SECRET=${secret}`);
  }
  await person.isSound(t, 'a test that was taken');
  const { data } = (await call('GET', '/api/webhooks')).json;
  t.like(data[0], { url: receiver.url, events: ['*'] });
  t.is(receiver.requests[0]?.json.type, 'webhook.test');
  await page.reload();
  await shows('Where to');
  t.false((await page.content()).includes(secret), 'the secret is shown once');
});

withBrowser('a webhook that fails is found, understood, mended and replayed; no answer runs as a script', async (t) => {
  let isMended = false;
  const receiver = await startReceiver((_, response) => {
    if (isMended) return 204;
    response.writeHead(401, { 'content-type': 'text/html', 'x-evil': EVIL }).end(EVIL);
    return undefined;
  });
  t.teardown(receiver.close);
  const person = await enter();
  const { call, page, shows, press } = person;
  await linkedSandbox(call, 'shop');
  const { id } = (await call('POST', '/api/webhooks', { url: receiver.url, events: ['message.received'], description: EVIL })).json;
  for (const text of [EVIL, 'behind it']) await call('POST', '/api/sessions/shop/sandbox/receive', { from: '5521988887777', text });
  await until(() => receiver.requests.length > 0, { what: 'an attempt' });
  await person.at('/dashboard/webhooks');
  await shows(/Failing\s+0 taken, \d+ failed/);
  t.regex((await page.$eval('svg.spark', (svg) => svg.getAttribute('aria-label'))) ?? '', /^0 taken, \d+ failed$/);
  await person.isSound(t, 'a list with one that fails');
  await page.click('tbody th a');
  await shows('It answers nothing but failures.');
  await shows(/waits for message.received \(/);
  await person.isSound(t, 'one that fails');
  await page.click('tbody td button');
  await shows(/It goes out after message.received \(dlv_/);
  await page.click('tbody th a');
  await shows('No request was made yet.');
  await shows(/waits for message.received \(/);
  await page.goBack();
  await shows(/Open the delivery that fails: message.received, attempts: \d+/);
  await page.click('.advice a');
  await shows('It does not let the hub in.');
  await shows('webhook-signature: v1,');
  await shows(`x-evil: ${EVIL}`);
  await shows(EVIL);
  await person.isSound(t, 'a delivery that failed');

  isMended = true;
  await page.click('.page-actions .main');
  await shows('Delivered');
  await person.at(`/dashboard/webhooks/${id}`);
  await shows('Healthy');
  await press('Replay');
  await page.waitForSelector('dialog select');
  await shows(/Would be sent again: 0 of \d+ events/);
  await page.select('dialog select', 'all');
  await shows(/Would be sent again: 2 of \d+ events/);
  await person.isSound(t, 'what a replay would do');
  const before = receiver.requests.length;
  await press('Send again: 2');
  await shows('Put on their way: 2.');
  await until(() => receiver.requests.length > before, { what: 'the replay' });
  await press('Close');

  await press('Pause');
  await page.click('dialog .danger');
  await shows('It is paused and sent nothing.');
  t.is((await call('GET', `/api/webhooks/${id}`)).json.disabledReason, 'requested');
  await press('Enable');
  await shows('It is enabled.');
  await press('New secret');
  await page.waitForSelector('dialog select');
  await page.select('dialog select', 'none');
  await page.click('dialog .danger');
  await shows('It is shown this once.');
  await person.isSound(t, 'a new secret');
  await press('Close');

  await person.at(`/dashboard/webhooks/${id}/settings`);
  await person.isSound(t, 'settings');
  await page.select('main select', 'chat');
  await press('Save');
  await shows('Saved.');
  t.like((await call('GET', `/api/webhooks/${id}`)).json, { ordering: 'chat', description: EVIL, schedule: null });

  const reader = await enter({ tenant: person, scopes: ['webhooks:read'], language: 'pt-BR' });
  await reader.at(`/dashboard/webhooks/${id}`);
  await reader.shows('Entregue');
  t.is(await reader.page.$('.page-actions'), null, 'a key that may only read is offered nothing else');
  await reader.isSound(t, 'a reader');
});
