/** A flow as whoever is no programmer writes it: broken, mended where the page says, published, and set back. */
import { linkedSandbox, until } from '../helpers/hub.ts';
import { dashboard, EVIL } from './app.ts';

const { withBrowser, enter } = dashboard({ env: { HOOKLINE_FLOWS_MODELS: 'https://models.example/' } });

const YAML = { 'content-type': 'application/yaml' };
const FLOW = `flow: booking
version: 1
start:
  - says: [book]
steps:
  - ask: Which day?
    save: day
  - say: ${JSON.stringify(EVIL)}
  - end
`;

withBrowser('a flow is broken, mended where the page says, published, set back and deleted', async (t) => {
  const person = await enter();
  const { call, page, shows, press } = person;
  await person.at('/dashboard/flows');
  await shows('There are no flows yet');
  await person.isSound(t, 'no flows');
  await press('New flow');
  await page.waitForSelector('dialog');
  await page.type('dialog input', 'Not so');
  await page.keyboard.press('Enter');
  await shows('A name has 1 to 64 small letters');
  await page.$eval('dialog input', (field) => (field as unknown as { select(): void }).select());
  await page.keyboard.type('greet-people');
  await page.keyboard.press('Enter');
  await shows('Not published yet.');
  await shows('Nothing is wrong with it.');
  await press('Publish');
  await page.waitForSelector('dialog');
  await page.click('dialog .main');
  await shows('“greet-people” was published as revision 1.');
  t.is((await call('GET', '/api/flows/greet-people')).json.revision, 1);

  await call('PUT', '/api/flows/booking', FLOW, YAML);
  await person.at('/dashboard/flows/booking');
  await shows('Nothing is wrong with it.');
  await page.click('>>> .cm-content');
  await page.keyboard.down('Control');
  await page.keyboard.press('End');
  await page.keyboard.up('Control');
  // A letter that leads elsewhere outside of the editor.
  await page.keyboard.type('g');
  await shows(/Errors: \d/);
  await shows(/Line \d+ /);
  t.truthy(await page.$('>>> .cm-why'), 'told at its place');
  t.true(page.url().endsWith('/dashboard/flows/booking'));
  await person.isSound(t, 'what is wrong');
  await press('Publish');
  await page.waitForSelector('dialog');
  await page.click('dialog .main');
  await shows(/Not published\. Line \d+: /);
  await press('Dismiss');
  await page.click('.flow-faults button');
  await page.keyboard.press('End');
  await page.keyboard.press('Backspace');
  await page.keyboard.type('# mended');
  await shows('Nothing is wrong with it.');
  // A key is completed, and then its value.
  await page.keyboard.press('Enter');
  await page.keyboard.type('mo');
  await page.waitForSelector('>>> .cm-tooltip-autocomplete li');
  await person.isSound(t, 'what may be written');
  await (await page.$('>>> .cm-tooltip-autocomplete li'))?.click();
  await (await page.waitForSelector('>>> .cm-tooltip-autocomplete li:nth-child(3)'))?.click();
  await page.keyboard.type('   # later');
  await press('Format');
  // What was changed is played, and not what is published.
  await page.type('.flow-say input', 'book');
  await page.keyboard.press('Enter');
  await shows(/book\s+booking starts\s+Which day\?/);
  await press('1d');
  await page.type('.flow-say input', EVIL);
  await page.keyboard.press('Enter');
  await shows(/1d pass[\s\S]*ranScript=1[\s\S]*booking ends/);
  await press('Start it');
  await shows('It was started');
  // It follows what is said as it is drawn.
  const below = () =>
    page.$eval('.flow-chat', (chat) => {
      const { scrollTop, clientHeight, scrollHeight } = chat as unknown as Record<string, number>;
      return Number(scrollHeight) - Number(scrollTop) - Number(clientHeight);
    });
  await until(async () => (await below()) < 8, { what: 'what was said last to be shown' });
  await person.isSound(t, 'a chat with it');
  // The chat colours the graph; a click leads to the step, and the cursor to where it is drawn.
  await press('Graph');
  await page.waitForSelector('.flow-step.gone');
  t.is((await page.$$('.flow-step.gone, .flow-step.here')).length, 3);
  await person.isSound(t, 'the graph');
  await (await page.$$('.flow-step button'))[1]?.click();
  await page.waitForSelector('.flow-step[aria-current] ::-p-text(ranScript)');
  await page.keyboard.press('ArrowUp');
  await page.waitForSelector('.flow-step[aria-current] ::-p-text(Which day?)');
  await press('Talk to it');
  await press('Keep as a test');
  await shows('The chat is now one of the tests.');
  t.regex((await call('GET', '/api/flows/booking/tests')).json.source, /- user: "book"\n {6}- bot: "Which day\?"/);
  await press('Publish');
  await page.waitForSelector('dialog select');
  await page.select('dialog select', 'migrate');
  await person.isSound(t, 'what becomes of the runs');
  await page.click('dialog .main');
  await shows('“booking” was published as revision 2.');
  t.is((await call('GET', '/api/flows/booking')).json.source, `${FLOW}# mended\nmode: queue # later\n`);

  await person.at('/dashboard/flows/booking/revisions?revision=1');
  await shows('+# mended');
  await person.isSound(t, 'what is different');
  await press('Go back to it');
  await page.waitForSelector('dialog');
  await page.click('dialog .main');
  await shows('“booking” was published as revision 3.');
  t.is((await call('GET', '/api/flows/booking')).json.source, FLOW);

  await person.at('/dashboard/flows/booking/tests');
  await shows(/book\s+Held[\s\S]*3 of 3/);
  await page.click('>>> .cm-content');
  await page.keyboard.down('Control');
  await page.keyboard.press('End');
  await page.keyboard.up('Control');
  await page.keyboard.type(`  - { name: ${JSON.stringify(EVIL)}, chat: [{ user: book }, { bot: What day? }] }`);
  await shows('Something was changed');
  await press('Run the tests');
  await shows(/ranScript[\s\S]*Failed[\s\S]*Line \d+ expected "What day\?"/);
  await person.isSound(t, 'tests');
  await press('Save');
  await shows('The tests were saved.');
  t.true((await call('GET', '/api/flows/booking/tests')).json.source.includes('What day?'));
  await page.click('>>> .cm-content');
  await page.keyboard.type('# ');
  await call(
    'PUT',
    '/api/flows/booking/tests',
    'flow: booking\ntests:\n  - { name: theirs, chat: [{ user: book }, { bot: Which day? }] }\n',
    YAML,
  );
  await page.evaluate('dispatchEvent(new Event("online"))');
  await shows('Somebody has saved other tests since you began to write.');
  await press('Discard the changes');
  await press('Run the tests');
  await shows(/theirs\s+Held/);
  await press('Delete the tests');
  await page.waitForSelector('dialog');
  await page.click('dialog .danger');
  await shows('The tests were deleted.');
  t.is((await call('GET', '/api/flows/booking/tests')).json.source, null);
  await linkedSandbox(call, 'shop');
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: '5521988887777', text: 'book' });
  await person.at('/dashboard/flows/booking/runs');
  await shows('Under way');
  await person.isSound(t, 'runs');
  await page.click('tbody th a');
  await shows(/What it did\s+Start/);
  await shows(/ask: Which day\?\nSent: ask: Which day\?/);
  await shows('an answer · ask: Which day?');
  await page.waitForSelector('.flow-step.here');
  await person.isSound(t, 'one run');

  await person.at('/dashboard/flows');
  await shows(/booking\s+Active\s+book\s+1\s+1\s/);
  await person.isSound(t, 'flows');
  await person.at('/dashboard/flows/booking');
  await press('Delete');
  await page.waitForSelector('dialog input');
  await page.keyboard.type('booking');
  await page.keyboard.press('Enter');
  await shows('“booking” was deleted.');
  t.is((await call('GET', '/api/flows/booking')).status, 404);
});

withBrowser('answers of outside calls are set beside the text, and go with the chat into a test', async (t) => {
  const person = await enter();
  const { call, page, shows, press } = person;
  const flow = `flow: order
version: 1
start:
  - says: [order]
steps:
  - id: look_up
    http: GET https://shop.example/orders/7?full=yes
    save: { total: body.total }
    on_error: sorry
  - say: "It is {{ total }}."
  - end
parts:
  sorry:
    - ask_model:
        url: https://models.example/v1/chat/completions
        instructions: Say sorry.
    - say: ${JSON.stringify(EVIL)}
`;
  t.is((await call('PUT', '/api/flows/order', flow, YAML)).status, 200);
  await person.at('/dashboard/flows/order');
  await shows('Nothing is wrong with it.');
  await page.type('.flow-say input', 'order');
  await page.keyboard.press('Enter');
  await shows(/look_up: GET https:\/\/shop\.example\/orders\/7\?full=yes → nothing is set for it/);
  await shows(/POST https:\/\/models\.example\/v1\/chat\/completions → nothing is set for it/);
  await person.isSound(t, 'requests that nothing is set for');
  await press('Set its answer');
  await shows('Say what comes back at “look_up”');
  await page.$eval('dialog [inputmode=numeric]', (field) => (field as unknown as { select(): void }).select());
  await page.type('dialog [inputmode=numeric]', '99');
  await page.click('dialog .main');
  await shows('A status is a number from 100 to 599.');
  await person.isSound(t, 'an answer that cannot be');
  await page.$eval('dialog [inputmode=numeric]', (field) => (field as unknown as { select(): void }).select());
  await page.keyboard.type('200');
  await page.type('dialog textarea', JSON.stringify({ total: EVIL }));
  await page.click('dialog .main');
  await shows(/look_up: GET \S+ → 200/);
  await shows(/It is .*ranScript/);
  await shows('Answers of outside calls');
  await person.isSound(t, 'an answer that is set');
  await press('Keep as a test');
  await shows('The chat is now one of the tests.');
  const { source } = (await call('GET', '/api/flows/order/tests')).json;
  t.regex(source, /http_mocks:\n {6}- \{"request":"GET https:\/\/shop\.example\/orders\/7","status":200,/);
  t.true((await call('POST', '/api/flows/order/test', {})).json.ok, source);
  await press('Remove GET https://shop.example/orders/7');
  await shows(/look_up: GET \S+ → nothing is set for it/);
  // The model, too.
  await page.$$eval('.flow-note .link', (links) => (links as unknown as { click(): void }[]).at(-1)?.click());
  await shows('What the model does');
  await page.$eval('dialog textarea', (field) => (field as unknown as { select(): void }).select());
  await page.keyboard.type('["done"]');
  await page.click('dialog .main');
  await shows(/chat\/completions → 200/);
});

withBrowser('a secret is set, replaced and deleted, and shown nowhere; who may only read has nothing to press', async (t) => {
  const person = await enter({ language: 'pt-BR' });
  const { call, page, shows, press } = person;
  await person.at('/dashboard/flow-secrets');
  await shows('Ainda não há segredos');
  await press('Adicionar um segredo');
  await page.waitForSelector('dialog');
  const [name, value] = await page.$$('dialog input');
  await name?.type('clinic_key');
  await value?.type('s3cret-of-the-clinic');
  await page.keyboard.press('Enter');
  await shows('O segredo “clinic_key” foi definido.');
  await person.isSound(t, 'secrets');
  t.false((await page.content()).includes('s3cret-of-the-clinic'));
  t.is((await call('GET', '/api/flow-secrets')).json.data[0].name, 'clinic_key');

  await call('PUT', '/api/flows/booking', FLOW, YAML);
  const reader = await enter({ tenant: person, scopes: ['flows:read'], width: 390 });
  await reader.at('/dashboard/flows/booking');
  await reader.shows('Nothing is wrong with it.');
  await until(async () => (await reader.page.$('>>> .cm-content')) !== null, { what: 'the editor' });
  await reader.page.click('>>> .cm-content');
  await reader.page.keyboard.type('x');
  await reader.shows('Nothing is wrong with it.');
  t.deepEqual(await reader.page.$$('.page-actions button'), []);
  await reader.isSound(t, 'a flow to read');

  await press('Excluir');
  await page.waitForSelector('dialog');
  await page.click('dialog .danger');
  await shows('“clinic_key” foi excluído.');
  t.deepEqual((await call('GET', '/api/flow-secrets')).json.data, []);
  const needs =
    'flow: needs\nversion: 1\nstart: [{ says: [go] }]\nsteps:\n  - http: GET https://a.example/\n    headers: { Authorization: "{{ secrets.nowhere }}" }\n';
  t.is((await call('PUT', '/api/flows/needs', needs, YAML)).status, 200);
  await person.at('/dashboard/flows/needs');
  await page.waitForSelector('[aria-label="O que precisa e ainda não existe"] ::-p-text(nowhere)');
});
