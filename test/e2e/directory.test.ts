/** Contacts, chats and groups of a real WhatsApp Web, asked for over HTTP. Only WhatsApp itself is stood in for. */
import test from 'ava';
import { codeOf, scanShown } from '../faults/wppconnect.ts';
import { startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { startWhatsAppWeb } from '../whatsapp-web/server.ts';

const chromium = findChromium();
const OWN = '5511999990000';
const ANA = '5521988887777';
const BOB = '5511966665555';
const SHOP = '/api/sessions/shop';

(chromium ? test : test.skip)('a phone answers for its contacts, chats and groups, and changes them', async (t) => {
  t.timeout(240_000);
  const whatsapp = await startWhatsAppWeb();
  t.teardown(() => whatsapp.close());
  const browserArgs = ['--no-sandbox', '--disable-dev-shm-usage', ...whatsapp.browserArgs].join(',');
  const hub = await startHub({ env: { HOOKLINE_CHROMIUM: chromium as string, HOOKLINE_CHROMIUM_ARGS: browserArgs } });
  t.teardown(() => hub.dispose());
  const { call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });
  const phone = whatsapp.phone(OWN, 'Shop');
  await scanShown(phone, () => codeOf(call));
  await until(async () => (await call('GET', SHOP)).json.status === 'connected', { what: 'the link', within: 60_000 });
  phone.receive({ from: `${ANA}@c.us`, text: 'hello', notifyName: 'Ana' });
  await until(async () => (await call('GET', `${SHOP}/messages`)).json.data.length > 0, { what: 'the message' });

  /** With the status that is expected of it. */
  const ask = async (status: number, method: string, path: string, body?: object) => {
    const answer = await call(method, `${SHOP}/${path}`, body);
    t.is(answer.status, status, `${method} ${path}: ${answer.text}`);
    return answer.json;
  };
  t.like(await ask(200, 'GET', `contacts/${ANA}/exists?fresh=true`), { exists: true, phone: ANA });
  t.like(await ask(200, 'GET', `contacts/${encodeURIComponent('+55 21 98888-7777')}`), { phone: ANA, name: 'Ana', blocked: false });
  t.like((await ask(200, 'GET', 'chats?kind=private&unread=true')).data[0], { id: `${ANA}@c.us`, phone: ANA, unread: 1 });
  await ask(204, 'POST', `contacts/${ANA}/block`);
  t.is((await ask(200, 'GET', 'contacts?blocked=true')).data.length, 1);
  await ask(204, 'POST', `contacts/${ANA}/unblock`);
  t.is((await ask(200, 'GET', 'contacts?blocked=true')).data.length, 0);
  await ask(204, 'POST', 'presence', { available: true });
  t.regex((await ask(200, 'GET', `chats/${ANA}/presence`)).state, /^(un)?available$/);
  const label = (await ask(200, 'GET', 'labels')).data[0].id;
  await ask(204, 'PUT', `chats/${ANA}/labels`, { labels: [label] });
  t.is((await ask(200, 'GET', `chats?label=${label}`)).data.length, 1);

  const made = await ask(201, 'POST', 'groups', { subject: 'Team', participants: [ANA] });
  t.is(made.results.length, 1);
  t.true(made.results[0].ok);
  const group = `groups/${made.id}`;
  t.deepEqual(
    (await ask(200, 'GET', 'groups')).data.map(({ id }: { id: string }) => id),
    [made.id],
  );
  for (const [change, members] of Object.entries({ '': 3, '/promote': 3, '/demote': 3, '/remove': 2 })) {
    const { results } = await ask(200, 'POST', `${group}/participants${change}`, { participants: [BOB] });
    t.like(results[0], { phone: BOB, ok: true }, change);
    t.is((await ask(200, 'GET', `${group}/participants`)).data.length, members, change);
  }
  t.like(await ask(200, 'PATCH', group, { subject: 'Crew', description: 'who sails' }), { subject: 'Crew', description: 'who sails' });
  const { link } = await ask(200, 'GET', `${group}/invite-link`);
  t.not((await ask(200, 'POST', `${group}/invite-link`)).link, link);
  await ask(204, 'POST', `${group}/leave`);
  t.is((await ask(404, 'GET', 'groups/120363999999999999@g.us')).code, 'not-found');
  t.is((await ask(404, 'PUT', `chats/${ANA}/labels`, { labels: ['none'] })).code, 'not-found');
  t.is((await call('DELETE', SHOP)).status, 204);
});
