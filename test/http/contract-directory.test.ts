/** What the contract says of contacts, chats and groups, as a tenant's developer tries it out. */
import test from 'ava';
import { type Answer, type Call, linkedSandbox } from '../helpers/hub.ts';
import { isProblem, isRefused } from './answers.ts';
import { CHAT, eventsOf, hubOf, type Row, walk } from './tenant-world.ts';

const hub = hubOf(test);
const SHOP = '/api/sessions/shop';
const OWN = '5511999990000';
const OTHER = '5521977776666';
const LID = '123456789012345@lid';
const NO_GROUP = '120363999999999999@g.us';

/** The address as it stands in a path. */
const at = (address: string) => encodeURIComponent(address);

interface Shop {
  call: Call;
  receive(message: object): Promise<Answer>;
  faults(faults: object): Promise<Answer>;
  /** The ids on a list. */
  ids(path: string): Promise<string[]>;
}

async function shop(): Promise<Shop> {
  const { call } = await hub().tenant();
  await linkedSandbox(call, 'shop', OWN);
  return {
    call,
    receive: (message) => call('POST', `${SHOP}/sandbox/receive`, { from: CHAT, text: 'hello', ...message }),
    faults: (faults) => call('POST', `${SHOP}/sandbox/faults`, faults),
    ids: async (path) => (await call('GET', `${SHOP}/${path}`)).json.data.map(({ id }: Row) => id),
  };
}

/** Every route of the directory, as somebody calls it right. */
const ROUTES: [string, string, object?][] = [
  ['GET', 'contacts'],
  ['GET', `contacts/${CHAT}`],
  ['POST', `contacts/${CHAT}/block`],
  ['POST', `contacts/${CHAT}/unblock`],
  ['GET', 'chats'],
  ['GET', `chats/${CHAT}/presence`],
  ['POST', 'presence', { available: true }],
  ['GET', 'labels'],
  ['PUT', `chats/${CHAT}/labels`, { labels: [] }],
  ['GET', 'groups'],
  ['POST', 'groups', { subject: 'Team', participants: [CHAT] }],
  ['GET', `groups/${NO_GROUP}`],
  ['PATCH', `groups/${NO_GROUP}`, { subject: 'Crew' }],
  ['POST', `groups/${NO_GROUP}/leave`],
  ['GET', `groups/${NO_GROUP}/participants`],
  ['POST', `groups/${NO_GROUP}/participants`, { participants: [CHAT] }],
  ['POST', `groups/${NO_GROUP}/participants/remove`, { participants: [CHAT] }],
  ['POST', `groups/${NO_GROUP}/participants/promote`, { participants: [CHAT] }],
  ['POST', `groups/${NO_GROUP}/participants/demote`, { participants: [CHAT] }],
  ['GET', `groups/${NO_GROUP}/invite-link`],
  ['POST', `groups/${NO_GROUP}/invite-link`],
];
const BESIDES: typeof ROUTES = [
  ['GET', `contacts/${CHAT}/exists`],
  ...['typing', 'recording', 'seen', 'unseen'].map((command): [string, string] => ['POST', `chats/${CHAT}/${command}`]),
];

test('what the engine cannot do is 501 with its name, what WhatsApp refuses 502, without a connection 409 with what to do', async (t) => {
  const { call, faults } = await shop();
  await faults({ directory: { unsupported: true } });
  for (const [method, path, body] of ROUTES) {
    const answer = await call(method, `${SHOP}/${path}`, body);
    isProblem(t, answer, `${method} ${path}`, { status: 501, code: 'not-supported-by-engine' });
    t.is(answer.json.engine, 'sandbox');
    t.regex(answer.json.detail, /engine sandbox cannot/);
  }
  await faults({ directory: { failNext: ROUTES.length } });
  for (const [method, path, body] of ROUTES) {
    isProblem(t, await call(method, `${SHOP}/${path}`, body), `${method} ${path}`, { status: 502, code: 'engine-failed' });
  }
  t.is((await call('GET', `${SHOP}/contacts`)).status, 200);
  await call('POST', `${SHOP}/disconnect`);
  for (const [method, path, body] of [...ROUTES, ...BESIDES]) {
    const answer = await call(method, `${SHOP}/${path}`, body);
    isProblem(t, answer, `${method} ${path}`, { status: 409, code: 'session-not-connected' });
    t.regex(answer.json.detail, /connect it/);
  }
});

test('a call that WhatsApp does not answer is 504 after its deadline', async (t) => {
  const { call, faults } = await shop();
  await faults({ directory: { hang: true } });
  isProblem(t, await call('GET', `${SHOP}/contacts`), 'contacts', { status: 504, code: 'engine-timeout' });
});

test('contacts are whoever wrote, found by any of their names, page by page', async (t) => {
  const { call, receive, ids } = await shop();
  t.deepEqual((await call('GET', `${SHOP}/contacts`)).json, { data: [], nextCursor: null });
  await receive({ name: 'Zoë' });
  await receive({ from: OTHER, name: 'Álvaro', lid: LID });
  await receive({ from: '5531966665555' });
  const [zoe, alvaro, nameless] = [`${CHAT}@c.us`, `${OTHER}@c.us`, '5531966665555@c.us'];
  t.deepEqual(
    (await walk(call, `${SHOP}/contacts`, 2)).map(({ id }) => id),
    [alvaro, zoe, nameless],
  );
  for (const search of ['alvaro', '+55 21 97777', LID, ' ÁLVARO '])
    t.deepEqual(await ids(`contacts?search=${at(search)}`), [alvaro], search);
  t.deepEqual(await ids('contacts?saved=true'), []);
  const contact = { id: alvaro, lid: LID, phone: OTHER, name: 'Álvaro', saved: false, business: false, blocked: false };
  for (const address of ['+55 21 97777-6666', OTHER, alvaro, LID, '552177776666', `https://wa.me/${OTHER}`]) {
    t.deepEqual((await call('GET', `${SHOP}/contacts/${at(address)}`)).json, contact, address);
  }
  const nobody = await call('GET', `${SHOP}/contacts/5511900000000`);
  isRefused(t, nobody, 'who is not there', { status: 404, code: 'not-found' });
  t.regex(nobody.json.detail, /exists/);
  for (const address of ['banana', '120363000000000001@g.us']) {
    isRefused(t, await call('GET', `${SHOP}/contacts/${address}`), address, { status: 422, code: 'recipient-invalid', at: 'contact' });
  }
  for (const [query, wrong] of Object.entries({ 'limit=0': 'limit', 'cursor=zzz': 'cursor', 'blocked=perhaps': 'blocked', 'x=1': 'x' })) {
    isRefused(t, await call('GET', `${SHOP}/contacts?${query}`), query, { status: 400, code: 'invalid-query', at: wrong });
  }
});

test('somebody is blocked and let in again, by whichever name', async (t) => {
  const { call, receive, faults, ids } = await shop();
  await receive({ lid: LID });
  for (const address of [LID, CHAT, '551188887777']) {
    t.is((await call('POST', `${SHOP}/contacts/${at(address)}/block`)).status, 204);
    t.deepEqual(await ids('contacts?blocked=true'), [`${CHAT}@c.us`], address);
    t.is((await call('POST', `${SHOP}/contacts/${at(address)}/unblock`)).status, 204);
    t.deepEqual(await ids('contacts?blocked=true'), [], address);
  }
  t.deepEqual(await ids('contacts'), [`${CHAT}@c.us`]);
  await faults({ exists: { unknown: ['12025550123'] } });
  const unknown = await call('POST', `${SHOP}/contacts/12025550123/block`);
  isRefused(t, unknown, 'a number that is not on WhatsApp', { status: 422, code: 'recipient-unknown', at: 'contact' });
});

test('whether a number is on WhatsApp: under the form that it has there, with its hidden number, from memory until asked afresh', async (t) => {
  const { call, faults } = await shop();
  const check = async (address: string, query = '') => {
    const { status, json } = await call('GET', `${SHOP}/contacts/${at(address)}/exists${query}`);
    t.is(status, 200, address);
    const { checkedAt, ...found } = json;
    t.true(Date.parse(checkedAt) <= Date.now());
    return found;
  };
  // Each is known under another form than the one that is asked for.
  const other = { '553177776666': '5531977776666', '5215512345678': '525512345678', '5491123456789': '541123456789' };
  await faults({ exists: { unknown: ['5531977776666', '525512345678', '12025550123'], lids: { 553177776666: LID } } });
  for (const [phone, asked] of Object.entries(other)) {
    t.like(await check(asked), { exists: true, chatId: `${phone}@c.us`, phone }, asked);
  }
  t.is((await check('5531977776666')).lid, LID);
  t.deepEqual(await check(LID), { exists: true, chatId: LID, phone: '553177776666', lid: LID }, 'in the other direction, too');
  const absent = { exists: false, chatId: null, phone: '12025550123', lid: null };
  t.deepEqual(await check('+1 202 555 0123'), absent);
  await faults({});
  t.deepEqual(await check('+1 202 555 0123'), absent, 'from memory');
  t.like(await check('+1 202 555 0123', '?fresh=true'), { exists: true, chatId: '12025550123@c.us' });
  for (const address of ['banana', '12', '120363000000000001@g.us']) {
    const answer = await call('GET', `${SHOP}/contacts/${address}/exists`);
    isRefused(t, answer, address, { status: 422, code: 'recipient-invalid', at: 'contact' });
  }
  isRefused(t, await call('GET', `${SHOP}/contacts/${CHAT}/exists?fresh=x`), 'fresh', { status: 400, at: 'fresh' });
});

test('chats stand with the latest first, by kind, by what is unread, by label', async (t) => {
  const { call, receive, ids } = await shop();
  const group = '120363000000000001@g.us';
  await receive({ name: 'Ana', lid: LID, at: '2026-01-01T10:00:00Z' });
  await receive({ from: OTHER, at: '2026-01-01T12:00:00Z' });
  await receive({ from: OTHER, chat: group, at: '2026-01-01T11:00:00Z' });
  const [ana, other] = [`${CHAT}@c.us`, `${OTHER}@c.us`];
  const listed = await walk(call, `${SHOP}/chats`, 1);
  t.deepEqual(
    listed.map(({ id }) => id),
    [other, group, ana],
  );
  t.deepEqual(listed.at(-1), {
    ...{ id: ana, kind: 'private', lid: LID, phone: CHAT, name: 'Ana' },
    ...{ unread: 1, lastMessageAt: '2026-01-01T10:00:00.000Z', archived: false, labels: [] },
  });
  t.deepEqual(await ids('chats?kind=group'), [group]);
  t.deepEqual(await ids('groups'), [group], 'whoever hears from a group is in it');
  t.deepEqual(await ids('chats?search=ana'), [ana]);
  t.is((await call('POST', `${SHOP}/chats/551188887777/seen`)).status, 204, 'in any form of the number');
  t.deepEqual(await ids('chats?unread=false'), [ana]);
  t.is((await call('POST', `${SHOP}/chats/${CHAT}/unseen`)).status, 204);
  t.deepEqual(await ids('chats?unread=false'), []);

  const labels = (await call('GET', `${SHOP}/labels`)).json.data;
  t.deepEqual(await walk(call, `${SHOP}/labels`, 2), labels);
  t.is((await call('PUT', `${SHOP}/chats/${CHAT}/labels`, { labels: [labels[0].id] })).status, 204);
  t.deepEqual(await ids(`chats?label=${labels[0].id}`), [ana]);
  isRefused(t, await call('PUT', `${SHOP}/chats/${CHAT}/labels`, { labels: ['none'] }), 'a label', { status: 404, code: 'not-found' });
  isRefused(t, await call('PUT', `${SHOP}/chats/5511900000000/labels`, { labels: [] }), 'a chat', { status: 404, code: 'not-found' });
  isRefused(t, await call('PUT', `${SHOP}/chats/${CHAT}/labels`, { labels: '1' }), 'no list', { status: 422, at: 'labels' });
  t.deepEqual(await ids(`chats?label=${labels[0].id}`), [ana], 'what was refused changed nothing');
  isRefused(t, await call('GET', `${SHOP}/chats?kind=none`), 'kind', { status: 400, code: 'invalid-query', at: 'kind' });
});

test('typing and read marks go to the chat that the number has, and to no number that has none', async (t) => {
  const { call, faults } = await shop();
  await faults({ exists: { unknown: ['5531977776666', '12025550123'] } });
  for (const command of ['typing', 'recording', 'seen', 'unseen']) {
    t.is((await call('POST', `${SHOP}/chats/5531977776666/${command}`)).status, 204, command);
    const unknown = await call('POST', `${SHOP}/chats/12025550123/${command}`);
    isRefused(t, unknown, command, { status: 422, code: 'recipient-unknown', at: 'chat' });
    isRefused(t, await call('POST', `${SHOP}/chats/banana/${command}`), command, { status: 422, code: 'recipient-invalid', at: 'chat' });
  }
  await call('POST', `${SHOP}/chats/5531977776666/typing`, { on: true });
  isRefused(t, await call('POST', `${SHOP}/chats/${CHAT}/typing`, { on: 'yes' }), 'on', { status: 422, code: 'invalid-body', at: 'on' });
});

test('presence is asked for, then told, and the account shows its own', async (t) => {
  const { call } = await shop();
  const presence = async () => (await call('GET', `${SHOP}/chats/${CHAT}/presence`)).json;
  const chat = { id: `${CHAT}@c.us`, kind: 'private' };
  t.deepEqual(await presence(), { chat, state: 'unavailable', lastSeenAt: null });
  const lastSeenAt = '2026-01-01T10:00:00.000Z';
  await call('POST', `${SHOP}/sandbox/happens`, { kind: 'presence', from: CHAT, state: 'typing', lastSeenAt });
  t.deepEqual(await presence(), { chat, state: 'typing', lastSeenAt });
  t.is((await eventsOf(call, '&types=presence.changed')).length, 1);
  t.is((await call('POST', `${SHOP}/presence`, { available: false })).status, 204);
  isRefused(t, await call('POST', `${SHOP}/presence`, {}), 'nothing said', { status: 422, code: 'invalid-body', at: 'available' });
});

test('a group is made, changed and left, and tells who comes, rises and goes', async (t) => {
  const { call, receive } = await shop();
  await receive({ name: 'Ana', lid: LID });
  const made = await call('POST', `${SHOP}/groups`, { subject: ' Team ', participants: ['+55 11 98888-7777', '551188887777'] });
  t.is(made.status, 201);
  const ana = { id: `${CHAT}@c.us`, lid: LID, phone: CHAT };
  t.deepEqual(made.json.results, [{ ...ana, ok: true }], 'one person is one participant');
  t.like(made.json, { subject: 'Team', description: null, owner: { phone: OWN } });
  const group = `${SHOP}/groups/${made.json.id}`;
  t.deepEqual(
    made.json.participants.map(({ id, admin }: Row) => [id, admin]),
    [
      [`${OWN}@c.us`, true],
      [ana.id, false],
    ],
  );
  const { results, ...whole } = made.json;
  t.deepEqual((await call('GET', group)).json, whole);
  t.like((await call('PATCH', group, { subject: 'Crew', description: 'who sails' })).json, { subject: 'Crew', description: 'who sails' });
  t.like((await call('PATCH', group, { description: '' })).json, { subject: 'Crew', description: null });

  const change = async (action: string, ...participants: string[]) =>
    (await call('POST', `${group}/participants${action}`, { participants })).json.results;
  const other = { id: `${OTHER}@c.us`, lid: null, phone: OTHER };
  t.deepEqual(await change('', OTHER, CHAT), [
    { ...other, ok: true },
    { ...ana, ok: false, error: 'is in the group already' },
  ]);
  t.deepEqual(await change('/promote', LID), [{ ...ana, ok: true }], 'by hidden number');
  const members = await walk(call, `${group}/participants`, 2);
  t.deepEqual(
    members.map(({ id, admin }) => [id, admin]),
    [
      [ana.id, true],
      [`${OWN}@c.us`, true],
      [other.id, false],
    ],
  );
  await change('/demote', '551188887777');
  t.deepEqual(await change('/remove', OTHER, OTHER), [{ ...other, ok: true }]);
  t.deepEqual(await change('/remove', OTHER), [{ ...other, ok: false, error: 'is not in the group' }]);
  t.deepEqual(
    (await eventsOf(call, '&types=group.participants')).map(({ data }) => [data.action, data.participants[0].phone, data.by.phone]),
    [
      ['add', OTHER, OWN],
      ['promote', CHAT, OWN],
      ['demote', CHAT, OWN],
      ['remove', OTHER, OWN],
    ],
  );

  const { link } = (await call('GET', `${group}/invite-link`)).json;
  t.regex(link, /^https:\/\/chat\.whatsapp\.com\//);
  t.not((await call('POST', `${group}/invite-link`)).json.link, link);
  t.not((await call('GET', `${group}/invite-link`)).json.link, link);
  t.is((await call('POST', `${group}/leave`)).status, 204);
  isRefused(t, await call('GET', group), 'the group that was left', { status: 404, code: 'not-found' });
});

test('groups are listed by subject; what is wrong with one is said, and nothing is half done', async (t) => {
  const { call, faults, ids } = await shop();
  for (const subject of ['Zebra', 'Água', 'bar']) await call('POST', `${SHOP}/groups`, { subject, participants: [CHAT] });
  const listed = await walk(call, `${SHOP}/groups`, 2);
  t.deepEqual(
    listed.map(({ subject }) => subject),
    ['Água', 'bar', 'Zebra'],
  );
  t.false('participants' in listed[0]);
  t.deepEqual(await ids('groups?search=agua'), [listed[0].id]);

  await faults({ exists: { unknown: ['12025550123'] } });
  const wrong: [object, string, string][] = [
    [{ subject: 'x', participants: [] }, 'invalid-body', 'participants'],
    [{ subject: ' ', participants: [CHAT] }, 'invalid-body', 'subject'],
    [{ subject: 'x'.repeat(101), participants: [CHAT] }, 'invalid-body', 'subject'],
    [{ subject: 'x', participants: Array.from({ length: 101 }, () => CHAT) }, 'invalid-body', 'participants'],
    [{ subject: 'x', participants: [CHAT], topic: 'y' }, 'invalid-body', 'topic'],
    [{ subject: 'x', participants: [CHAT, 'banana'] }, 'recipient-invalid', 'participants.1'],
    [{ subject: 'x', participants: [CHAT, listed[0].id] }, 'recipient-invalid', 'participants.1'],
    [{ subject: 'x', participants: [CHAT, '12025550123'] }, 'recipient-unknown', 'participants.1'],
  ];
  for (const [body, code, path] of wrong) {
    isRefused(t, await call('POST', `${SHOP}/groups`, body), JSON.stringify(body).slice(0, 90), { status: 422, code, at: path });
  }
  const group = `${SHOP}/groups/${listed[0].id}`;
  const people = { participants: [OTHER, '12025550123', 'banana'] };
  isRefused(t, await call('POST', `${group}/participants`, people), 'add', {
    status: 422,
    code: 'recipient-invalid',
    at: 'participants.2',
  });
  isRefused(t, await call('PATCH', group, {}), 'no change', { status: 422, code: 'invalid-body', at: 'body' });
  t.is((await ids('groups')).length, 3);
  t.is((await call('GET', group)).json.participants.length, 2);
  for (const [method, path, body] of ROUTES.filter(([, path]) => path.startsWith(`groups/${NO_GROUP}`))) {
    isRefused(t, await call(method, `${SHOP}/${path}`, body), `${method} ${path}`, { status: 404, code: 'not-found' });
    const elsewhere = `${SHOP}/${path.replace(NO_GROUP, CHAT)}`;
    isRefused(t, await call(method, elsewhere, body), elsewhere, { status: 422, code: 'recipient-invalid', at: 'group' });
  }
  const nowhere = { kind: 'participants', from: CHAT, action: 'join', participants: [OTHER] };
  isRefused(t, await call('POST', `${SHOP}/sandbox/happens`, nowhere), 'in no group', { status: 422, code: 'invalid-body', at: 'chat' });
});
