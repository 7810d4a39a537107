/** Chats as a support lead works in them: who wrote what, answered by a flow or by a person, and why. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElementHandle } from 'puppeteer';
import { type Call, linkedSandbox, until } from '../helpers/hub.ts';
import { dashboard, EVIL } from './app.ts';

const { withBrowser, enter } = dashboard();

const ANA = '5521988887777';
const TO_ANA = `/dashboard/chats/shop/${ANA}%40c.us`;
const FLOW =
  'flow: welcome\nversion: 1\nstart:\n  - says: hello\nsteps:\n  - ask: What is your name?\n    save: name\n  - say: "Hi {{ name }}!"\n';
/** 2 × 2 pixels. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGP8z8DAwMDAxMDAwMDAAAANHQEDasKb6QAAAABJRU5ErkJggg==';

const receive = async (call: Call, body: object): Promise<string> =>
  (await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, name: 'Ana', ...body })).json.engineId;
const outbox = async (call: Call) => (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data;

withBrowser('a message comes in and is answered live, with a text, with a quote and with a file, by keyboard', async (t) => {
  const person = await enter();
  const { call, page, shows, press } = person;
  await person.at('/dashboard/chats');
  await shows('No phone is connected yet');
  await person.isSound(t, 'no session');
  await linkedSandbox(call, 'shop');
  await shows('No chats yet');
  await receive(call, { text: 'Do you open on Sunday?' });
  await receive(call, { from: '5521988880000', name: EVIL, text: EVIL });
  await shows(/Ana\n[\s\S]*Do you open on Sunday\?\n1 unread\nFlows answer/);
  await shows(EVIL);
  await person.isSound(t, 'the list');

  await page.focus('input[type=search]');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.bubble');
  t.is(decodeURIComponent(new URL(page.url()).pathname), `/dashboard/chats/shop/${ANA}@c.us`);
  t.is(await page.title(), 'Ana · Hookline');
  await until(async () => (await page.evaluate('document.activeElement.ariaLabel')) === 'Message to Ana', { what: 'the focus to write' });
  await page.keyboard.type('Yes,');
  await page.keyboard.down('Shift');
  await page.keyboard.press('Enter');
  await page.keyboard.up('Shift');
  await page.keyboard.type('from 10 to 4.');
  await page.keyboard.press('Enter');
  await shows(/Yes,\nfrom 10 to 4\.\n[\s\S]*Sent/);
  await shows('because you wrote in it.');
  await shows(/A person answers until \w+/);
  t.is((await outbox(call)).at(-1).text, 'Yes,\nfrom 10 to 4.');

  const engineId = await receive(call, { text: 'And on Monday?' });
  // The list of chats may tell of it first.
  await until(async () => (await page.$$('.bubble-in')).length === 2, { what: 'the second message' });
  await page.$$eval('.bubble-in .link', (links) => (links as unknown as { innerText: string; click(): void }[]).at(-2)?.click());
  await shows('Reply to Ana');
  await page.keyboard.type('All day');
  await page.keyboard.down('Control');
  await page.keyboard.press('Enter');
  await page.keyboard.up('Control');
  await page.waitForSelector('.bubble-out .quote');
  await until(async () => (await outbox(call)).at(-1).replyTo === engineId, { what: 'the answer with its quote' });

  const react = (key: string) => async (): Promise<boolean> => {
    const last = (await outbox(call)).at(-1);
    return last.type === 'reaction' && (last.emoji ?? last.text ?? '') === key;
  };
  await page.$$eval('.bubble-in .link', (links) => (links as unknown as { click(): void }[]).at(-3)?.click());
  await until(async () => (await page.evaluate('document.activeElement.innerText')) === '👍', { what: 'the focus on the first emoji' });
  await person.isSound(t, 'what to react with');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await until(react('❤️'), { what: 'the reaction' });
  await page.waitForSelector('.bubble-in .reactions');
  await page.$$eval('.bubble-in .link', (links) => (links as unknown as { click(): void }[]).at(-3)?.click());
  await page.waitForSelector('.reacting [aria-pressed=true]');
  await page.click('.reacting [aria-pressed=true]');
  await until(react(''), { what: 'the reaction to be taken back' });
  await until(async () => (await page.$('.bubble-in .reactions')) === null, { what: 'nothing left of it' });

  const directory = await mkdtemp(join(tmpdir(), 'hookline-chat-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'prices.pdf');
  await writeFile(file, '%PDF-1.4\n');
  await ((await page.$('input[type=file]')) as ElementHandle<never> & { uploadFile(path: string): Promise<void> }).uploadFile(file);
  await shows('Leave the file out');
  await page.type('.reply textarea', 'Our prices');
  await page.keyboard.press('Enter');
  await until(async () => (await outbox(call)).at(-1).caption === 'Our prices', { what: 'the file' });
  t.like((await outbox(call)).at(-1), { type: 'document', media: { filename: 'prices.pdf' } });
  await shows('prices.pdf');

  await call('POST', '/api/sessions/shop/sandbox/faults', { send: { failNext: 1, code: 'chat_not_found' } });
  await page.type('.reply textarea', 'Gone');
  await press('Send');
  await shows('The account has no such chat.');
  await press('Mark as read');
  await until(async () => !(await page.$$eval('.chats', ([list]) => list?.textContent))?.includes('2 unread'), { what: 'nothing unread' });
  await person.isSound(t, 'a conversation');

  await page.type('input[type=search]', 'nobody');
  await shows('No chat is like that');
  await shows('No message has these words.');
  await shows('from 10 to 4.');
  await page.$eval('input[type=search]', (field) => (field as unknown as { select(): void }).select());
  await page.keyboard.type('ON MONDAY');
  await shows(/Messages with “ON MONDAY”\nAna\n[\s\S]*And on Monday\?/);
  await page.click('.found-messages .chat-row');
  await page.waitForSelector('.bubble-found ::-p-text(And on Monday?)');
  await person.isSound(t, 'a message that was searched for');

  await page.$eval('input[type=search]', (field) => (field as unknown as { select(): void }).select());
  await page.keyboard.press('Backspace');
  await press('Template');
  await shows('There are no templates yet');
  await page.keyboard.press('Escape');
  const flow = `flow: thanks\nversion: 1\nstart:\n  - api: true\nsteps:\n  - say: "Hi {{ contact.first_name }}, until {{ day }}!"\n  - say: ${JSON.stringify(EVIL)}\n  - ask: Which day?\n    save: day\n`;
  t.is((await call('PUT', '/api/flows/thanks', flow, { 'content-type': 'application/yaml' })).status, 200);
  await press('Template');
  await shows('Hi Ana, until {{ day }}!');
  await person.isSound(t, 'templates');
  await page.keyboard.type('until');
  await until(async () => (await page.$$('.template')).length === 1, { what: 'what was searched for' });
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await shows('Fill in {{ day }} before you send it.');
  // What is to be filled in is selected.
  await until(async () => (await page.evaluate('document.activeElement.tagName')) === 'TEXTAREA', { what: 'the focus in the message' });
  await person.isSound(t, 'a template');
  await page.keyboard.type('Monday');
  await page.keyboard.press('Enter');
  await until(async () => (await outbox(call)).at(-1).text === 'Hi Ana, until Monday!', { what: 'the template to be sent' });
});

withBrowser('all that can stand in a chat is shown as text: media, quotes, reactions, edits, what was deleted, receipts', async (t) => {
  const person = await enter();
  const { call, page, shows, press } = person;
  await linkedSandbox(call, 'shop');
  const happen = (kind: string, body: object) => call('POST', '/api/sessions/shop/sandbox/happens', { kind, from: ANA, ...body });
  for (let at = 1; at <= 32; at++) await receive(call, { name: EVIL, text: `Number ${at}.` });
  // Whoever links to a chat from elsewhere knows its number.
  await person.at(`/dashboard/chats/shop/${ANA}`);
  await shows('Number 32.');
  await until(async () => (await page.$eval('h1', ({ textContent }) => textContent)) !== ANA, {
    what: 'the name in the place of the number',
  });
  const own = (await call('POST', '/api/sessions/shop/messages', { to: ANA, type: 'text', text: 'Ours' })).json.id;
  await until(async () => (await call('GET', `/api/messages/${own}`)).json.status === 'sent', { what: 'it to be sent' });
  const first = await receive(call, { name: EVIL, text: EVIL });
  await receive(call, { name: EVIL, text: 'an answer', replyTo: first });
  await receive(call, { name: EVIL, type: 'image', text: EVIL, media: { base64: PNG, mimetype: 'image/png', filename: EVIL } });
  await receive(call, { name: EVIL, type: 'document', media: { base64: 'PHA+', mimetype: 'text/html', filename: `${EVIL}.html` } });
  await receive(call, { name: EVIL, type: 'contact', contacts: [{ name: EVIL, phones: [EVIL.slice(0, 60)] }] });
  await receive(call, { name: EVIL, type: 'poll', poll: { question: EVIL, options: [EVIL, 'No'], selectable: 1 } });
  await receive(call, { name: EVIL, type: 'location', location: { latitude: -22.9, longitude: -43.2, name: EVIL } });
  const gone = await receive(call, { name: EVIL, text: 'a slip' });
  await happen('reaction', { messageId: first, emoji: '👍' });
  await happen('edited', { messageId: first, text: `${EVIL} again` });
  await happen('revoked', { messageId: gone });
  await happen('presence', { state: 'typing' });
  await call('POST', '/api/sessions/shop/sandbox/ack', { messageId: own, ack: 'read' });
  await shows('is typing…');
  await shows(`${EVIL} again`);
  await shows('👍');
  await shows('Deleted for everybody');
  await shows(/Ours\n[\s\S]*Read/);
  // It is fetched once somebody sees it.
  await page.$eval('.picture', (picture) => (picture as unknown as { scrollIntoView(): void }).scrollIntoView());
  await until(() => page.$('.picture img[src^="blob:"]'), { what: 'the picture to be fetched' });
  await person.isSound(t, 'all that there is');
  await page.click('.picture');
  await shows('Save the file');
  await person.isSound(t, 'a picture');
  await page.keyboard.press('Escape');

  await page.focus('.talk-log');
  await page.keyboard.press('Home');
  await press('Show older ones');
  await shows('Number 1.');
  await person.isSound(t, 'older messages');
});

withBrowser('a chat is taken over and given back; why a flow answered, and what its run did, stands beside it', async (t) => {
  const person = await enter();
  const { call, page, shows, press } = person;
  await linkedSandbox(call, 'shop');
  t.is((await call('PUT', '/api/flows/welcome', FLOW, { 'content-type': 'application/yaml' })).status, 200);
  await receive(call, { text: 'hello' });
  await person.at(TO_ANA);
  await shows('What is your name?');
  await shows('The flow “welcome” answers');
  await shows(/The flow “welcome”\n\nWhat is your name\?|The flow “welcome”\nWhat is your name\?/);
  await page.click('.bubble-in .link:last-child');
  await shows('The flow “welcome” took it');
  await shows('Waits for an answer at ask: What is your name?');
  await shows(/What the run did\n[\s\S]*this message\nask: What is your name\?\nMessages sent: 1/);
  await person.isSound(t, 'why');
  await press('Close');

  await press('Take over');
  await shows('For how long');
  await person.isSound(t, 'taking over');
  await press('8 hours');
  await page.click('dialog .main');
  await shows(/A person answers until \w+/);
  const { active, until: end } = (await call('GET', `/api/sessions/shop/chats/${ANA}/handoff`)).json;
  t.true(active && Date.parse(end) - Date.now() > 7 * 3_600_000);
  await receive(call, { text: 'hello?' });
  // The list of chats has it, too, and may have it earlier.
  await until(() => page.$$eval('.bubble-in', (bubbles) => bubbles.at(-1)?.textContent?.includes('hello?')), { what: 'the message' });
  await page.$$eval('.bubble-in .link:last-child', (links) => (links as unknown as { click(): void }[]).at(-1)?.click());
  await shows('No flow took it.');
  await shows('in the hands of a person');
  await person.isSound(t, 'why not');
  await press('Close');
  await press('A person answers');
  await until(() => new URL(page.url()).searchParams.get('hands') === 'person', { what: 'those that a person answers' });
  await shows(/Ana\n[\s\S]*A person answers/);
  await press('A person answers');
  // The list is another then, and what stands beside it may move.
  await until(() => !new URL(page.url()).searchParams.has('hands'), { what: 'all chats' });
  await press('Give back to the flows');
  await shows('Flows answer in this chat again.');

  await call('PUT', `/api/sessions/shop/chats/${ANA}/opt-out`);
  await shows(/Wants nothing more of flows, since \w+/);
  await person.at('/dashboard/opt-outs');
  await shows(`+${ANA}`);
  await person.isSound(t, 'opt-outs');
  await person.at(TO_ANA);
  await press('Let flows write again');
  await shows('Flows may write to this contact again.');
  t.false((await call('GET', `/api/sessions/shop/chats/${ANA}/opt-out`)).json.optedOut);
  t.false((await call('GET', `/api/sessions/shop/chats/${ANA}/handoff`)).json.active);
});

withBrowser('on a phone there is the list, then the conversation; a key that may only read is shown nothing to do', async (t) => {
  const whole = await enter();
  await linkedSandbox(whole.call, 'shop');
  await receive(whole.call, { text: 'Olá' });
  const reader = await enter({ tenant: whole, scopes: ['messages:read'], width: 390, language: 'pt-BR' });
  const { page, shows, press, tabTo } = reader;
  await reader.at('/dashboard/chats');
  await tabTo('Sessão');
  await page.keyboard.type('shop');
  await press('Abrir');
  await shows('1 não lidas');
  await page.click('.chat-row');
  await page.waitForSelector('.bubble');
  t.is(await page.$eval('.chats', (list) => (list as unknown as { offsetHeight: number }).offsetHeight), 0);
  for (const hidden of ['.reply', '.hands', '.bubble .link']) t.is(await page.$(hidden), null, hidden);
  await reader.isSound(t, 'for a reader');
  await reader.at('/dashboard/chats/nowhere');
  await page.waitForSelector('.told-trouble');
  await reader.isSound(t, 'no such session');
  await reader.at('/dashboard/sends');
  await reader.shows('Sua chave não pode listar sessões');
  await reader.isSound(t, 'sends for a reader of messages');
  await reader.at('/dashboard');
  await reader.shows('Esta chave não pode ver: Sessões, Webhooks.');
});
