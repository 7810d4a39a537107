/** Clients of WAHA against the hub: what they send, and what they read of the answers. */
import { createHmac } from 'node:crypto';
import test from 'ava';
import { startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { hubOf } from '../http/tenant-world.ts';
import { type Client, type Json, wahaOf } from './clients.ts';

const hub = hubOf(test);
const ME = '5511999990000@c.us';
const ANA = '5511988887777@c.us';
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

const working = (waha: Client, name: string) =>
  until(async () => (await waha('GET', `/api/sessions/${name}`)).json.status === 'WORKING', { what: `${name} to be WORKING` });

/** A tenant with a session that is linked. */
async function linked(name = 'default') {
  const { call, key } = await hub().tenant();
  const waha = wahaOf(hub(), key);
  await waha('POST', '/api/sessions', { name, engine: 'SANDBOX' });
  await until(async () => (await waha('GET', `/api/${name}/auth/qr?format=raw`)).status === 200, { what: 'a code' });
  await call('POST', `/api/sessions/${name}/sandbox/scan`, { phone: '5511999990000' });
  await working(waha, name);
  const outbox = async (): Promise<Json[]> => (await call('GET', `/api/sessions/${name}/sandbox/outbox`)).json.data;
  const receive = async (body: object): Promise<Json> =>
    (await call('POST', `/api/sessions/${name}/sandbox/receive`, { from: ANA, name: 'Ana', ...body })).json;
  return { call, key, waha, outbox, receive };
}

test('a session is made, shows its code, is linked, stopped, started, unlinked and deleted', async (t) => {
  const { call, key } = await hub().tenant();
  const waha = wahaOf(hub(), key);
  t.deepEqual(await waha('GET', '/api/sessions?all=true'), { status: 200, json: [] });
  const config = { debug: false, noweb: { store: { enabled: true } }, proxy: null, webhooks: [] };
  const made = await waha('POST', '/api/sessions', { name: 'shop', engine: 'SANDBOX', start: true, config, apps: [] });
  t.is(made.status, 201, JSON.stringify(made.json));
  t.like(made.json, { name: 'shop', me: null, engine: { engine: 'SANDBOX' } });
  t.deepEqual(await waha('POST', '/api/sessions', { name: 'shop' }), {
    status: 422,
    json: { statusCode: 422, message: "Session 'shop' already exists. Use PUT to update it.", error: 'Unprocessable Entity' },
  });
  const raw = await until(async () => {
    const { status, json } = await waha('GET', '/api/shop/auth/qr?format=raw');
    return status === 200 && json;
  });
  t.regex(raw.value, /^2@/);
  t.is((await waha('GET', '/api/sessions/shop')).json.status, 'SCAN_QR_CODE');
  const base64 = await waha('GET', '/api/shop/auth/qr', undefined, { accept: 'application/json' });
  t.is(base64.json.mimetype, 'image/png');
  const image = await fetch(`${hub().base}/compat/waha/api/shop/auth/qr?format=image`, { headers: { 'X-Api-Key': key, accept: '*/*' } });
  t.is(image.headers.get('content-type'), 'image/png');
  t.is(
    Buffer.from(await image.arrayBuffer())
      .toString('base64')
      .slice(0, 8),
    base64.json.data.slice(0, 8),
  );
  const code = await waha('POST', '/api/shop/auth/request-code', { phoneNumber: '5511999990001', method: null });
  t.is(code.status, 201);
  t.regex(code.json.code, /^\w{4}-\w{4}$/);
  t.is((await waha('POST', '/api/shop/auth/request-code', { phoneNumber: '5511999990001', method: 'sms' })).status, 400);
  t.is((await waha('GET', '/api/sessions/shop/me')).json, null);

  await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' });
  await working(waha, 'shop');
  t.like((await waha('GET', '/api/sessions/shop/me')).json, { id: ME });
  t.like((await waha('GET', '/api/sessions')).json[0], { name: 'shop', status: 'WORKING', me: { id: ME } });
  const linkedAlready = await waha('GET', '/api/shop/auth/qr');
  t.is(linkedAlready.status, 422);
  t.regex(linkedAlready.json.message, /the session is WORKING/);
  t.is((await waha('PUT', '/api/sessions/shop', { config: { debug: true } })).json.name, 'shop');

  t.is((await waha('POST', '/api/sessions/shop/stop')).status, 201);
  await until(async () => (await waha('GET', '/api/sessions/shop')).json.status === 'STOPPED');
  t.deepEqual((await waha('GET', '/api/sessions')).json, []);
  t.is((await waha('GET', '/api/sessions?all=true')).json.length, 1);
  t.is((await waha('POST', '/api/sessions/shop/start')).status, 201);
  await working(waha, 'shop');
  t.is((await waha('POST', '/api/sessions/shop/restart')).status, 201);
  await working(waha, 'shop');
  t.is((await waha('POST', '/api/sessions/shop/logout')).status, 201);
  await until(async () => (await waha('GET', '/api/sessions/shop')).json.status !== 'WORKING');
  t.is((await waha('DELETE', '/api/sessions/shop')).status, 200);
  t.deepEqual(await waha('GET', '/api/sessions/shop'), {
    status: 404,
    json: { statusCode: 404, message: 'Session not found', error: 'Not Found' },
  });
  const unnamed = await waha('POST', '/api/sessions', { engine: 'SANDBOX', start: false });
  t.regex(unnamed.json.name, /^session_/);
  t.is(unnamed.json.status, 'STOPPED');
  t.deepEqual((await waha('GET', '/ping')).json, { message: 'pong' });
  t.like((await waha('GET', '/api/server/version')).json, { engine: 'WPP' });
});

test('what the hub does not do for a session is refused with what to do instead, and nothing is made', async (t) => {
  const { key } = await hub().tenant();
  const waha = wahaOf(hub(), key);
  const refused: [object, RegExp][] = [
    [{ config: { metadata: { 'user.id': '1' } } }, /^metadata keep it with you/],
    [{ config: { proxy: { server: 'p:1' } } }, /^proxy the way out is set by the operator/],
    [{ config: { ignore: { groups: true } } }, /^ignore leave it out/],
    [{ config: { webhooks: [{ url: 'https://example.com', events: ['messages'] }] } }, /^dialectOptions\.events\.0 /],
    [{ apps: [{ app: 'calls' }] }, /^apps flows of the hub/],
  ];
  for (const [more, why] of refused) {
    const { status, json } = await waha('POST', '/api/sessions', { name: 'shop', engine: 'SANDBOX', ...more });
    t.is(status, 400);
    t.is(json.error, 'Bad Request');
    t.regex(json.message[0], why);
  }
  const nowhere = { name: 'shop', engine: 'SANDBOX', config: { webhooks: [{ url: 'nowhere', events: ['message'] }] } };
  t.is((await waha('POST', '/api/sessions', nowhere)).status, 422);
  t.is((await waha('POST', '/api/sessions', { name: 'shop', engine: 'NOWEB' })).status, 400);
  t.deepEqual((await waha('GET', '/api/sessions?all=true')).json, []);
  const buttons = await waha('POST', '/api/sendButtons', { session: 'shop' });
  t.is(buttons.status, 501);
  t.regex(buttons.json.message, /use a list/);
});

test('messages of every kind reach the phone, and are answered with WhatsApp’s id', async (t) => {
  const { waha, outbox, key } = await linked();
  const file = { mimetype: 'image/png', filename: 'd.png', data: DOT };
  const vcard = 'BEGIN:VCARD\nVERSION:3.0\nFN:Jane Doe\nORG:Company;\nTEL;type=CELL;waid=5511988886666:+55 11 98888-6666\nEND:VCARD';
  const list = {
    ...{ title: 'T', description: 'D', footer: 'F', button: 'B' },
    sections: [{ title: 'S', rows: [{ title: 'r', rowId: '1', description: null }] }],
  };
  const sends: [path: string, body: object, answered: object, seen: object][] = [
    [
      'sendText',
      { text: 'oi', linkPreview: false, reply_to: null },
      { body: 'oi', hasMedia: false, media: null },
      { type: 'text', text: 'oi' },
    ],
    ['sendImage', { file, caption: 'c' }, { body: 'c', hasMedia: true }, { type: 'image', caption: 'c' }],
    ['sendFile', { file: { ...file, data: `data:image/png;base64,${DOT}` } }, { hasMedia: true }, { type: 'document' }],
    [
      'sendPoll',
      { poll: { name: 'q', options: ['a', 'b'], multipleAnswers: true } },
      { body: 'q' },
      { type: 'poll', poll: { selectable: 2 } },
    ],
    [
      'sendLocation',
      { latitude: -23.5, longitude: -46.6, title: 'n' },
      { location: { latitude: '-23.5', description: 'n' } },
      { type: 'location' },
    ],
    ['sendContactVcard', { contacts: [{ vcard }] }, {}, { type: 'contact', contacts: [{ name: 'Jane Doe', phones: ['+5511988886666'] }] }],
    [
      'sendContactVcard',
      { contacts: [{ fullName: 'Bo', phoneNumber: '+55 11 98888-6666', whatsappId: '5511988886666', vcard: null }] },
      {},
      { type: 'contact', contacts: [{ name: 'Bo' }] },
    ],
    ['sendList', { message: list }, { body: 'D' }, { type: 'list' }],
    ['sendLinkPreview', { url: 'https://example.com', title: 't' }, { body: 't\nhttps://example.com' }, { type: 'text' }],
  ];
  for (const [path, body, answered, seen] of sends) {
    const { status, json } = await waha('POST', `/api/${path}`, { session: 'default', chatId: ANA, ...body });
    t.is(status, 201, `${path}: ${JSON.stringify(json)}`);
    t.like(json, { from: ME, to: ANA, fromMe: true, source: 'api', ack: 1, ackName: 'SERVER', participant: null, ...answered }, path);
    const last = (await outbox()).at(-1);
    t.like(last, seen, path);
    t.is(json.id, last.engineId);
    t.regex(json.id, /^true_5511988887777@c\.us_\w+$/);
  }
  const { json: stored } = await waha('GET', `/api/default/chats/${ANA}/messages?limit=20&downloadMedia=true`);
  t.is(stored.length, sends.length);
  const image = stored.find(({ body }: Json) => body === 'c');
  const bytes = await fetch(image.media.url, { headers: { 'X-Api-Key': key } });
  t.is(Buffer.from(await bytes.arrayBuffer()).toString('base64'), DOT);

  const wrong: [path: string, body: object, status: number, why: RegExp][] = [
    ['sendText', {}, 400, /text/],
    ['sendText', { text: 'x', chatId: 'nobody' }, 422, /Not a WhatsApp address/],
    ['sendText', { text: 'x', reply_to: 'AAAA' }, 404, /"AAAA" is not known/],
    ['sendImage', { file: { mimetype: 'image/png' } }, 400, /exactly one/],
    ['sendVideo', { file, asNote: true }, 400, /asNote/],
    ['sendVoice', { file }, 422, /voice/],
    ['sendContactVcard', { contacts: [{ fullName: 'Bo' }] }, 400, /contacts\.0 needs a vcard/],
    ['forwardMessage', { messageId: 'AAAA' }, 404, /is not known/],
  ];
  const before = (await outbox()).length;
  for (const [path, body, status, why] of wrong) {
    const answer = await waha('POST', `/api/${path}`, { session: 'default', chatId: ANA, ...body });
    t.is(answer.status, status, `${path}: ${JSON.stringify(answer.json)}`);
    t.is(answer.json.statusCode, status);
    t.regex([answer.json.message].flat().join(), why);
  }
  t.is((await outbox()).length, before);
});

test('a conversation: a message in, read, typed, answered, quoted, reacted to, changed, deleted, forwarded', async (t) => {
  const { waha, outbox, receive } = await linked();
  const { engineId } = await receive({ text: 'hello' });
  const messages = (path = `chats/${ANA}/messages`) => waha('GET', `/api/default/${path}`);
  const [came] = await until(async () => {
    const { json } = await messages();
    return json.length === 1 && json;
  });
  t.like(came, { id: engineId, from: ANA, to: ME, fromMe: false, source: 'app', body: 'hello', participant: null, hasMedia: false });
  t.is(typeof came.timestamp, 'number');
  t.is(came._data.notifyName, 'Ana');
  t.like((await waha('GET', '/api/default/chats')).json, [{ id: ANA, unreadCount: 1, isGroup: false }]);
  t.like((await waha('GET', '/api/default/chats/overview')).json, [{ id: ANA, lastMessage: { id: engineId } }]);
  const of = { session: 'default', chatId: ANA };
  t.is((await waha('POST', '/api/sendSeen', { ...of, messageId: engineId, participant: null })).status, 201);
  t.is((await waha('GET', '/api/default/chats')).json[0].unreadCount, 0);
  t.is((await waha('POST', `/api/default/chats/${ANA}/unread`)).status, 201);
  t.is((await waha('POST', `/api/default/chats/${ANA}/messages/read`)).status, 201);
  t.is((await waha('POST', '/api/startTyping', of)).status, 201);
  t.is((await waha('POST', '/api/stopTyping', of)).status, 201);
  t.is((await waha('POST', '/api/default/presence', { chatId: ANA, presence: 'recording' })).status, 201);
  t.is((await waha('POST', '/api/default/presence', { presence: 'online' })).status, 201);

  const { json: answer } = await waha('POST', '/api/sendText', { ...of, text: 'hi', reply_to: engineId, mentions: [] });
  t.deepEqual(answer.replyTo, { id: engineId.split('_')[2] });
  t.is((await outbox()).at(-1).replyTo, engineId);
  await waha('POST', '/api/reply', { ...of, text: 'again', reply_to: answer.id.split('_')[2] });
  t.is((await outbox()).at(-1).replyTo, answer.id);

  t.is((await waha('PUT', '/api/reaction', { session: 'default', messageId: engineId, reaction: '👍' })).status, 200);
  t.like((await outbox()).at(-1), { type: 'reaction', target: engineId, emoji: '👍' });
  t.is((await waha('PUT', '/api/reaction', { session: 'default', messageId: engineId, reaction: '' })).status, 200);
  t.is((await waha('PUT', `/api/default/chats/${ANA}/messages/${answer.id}`, { text: 'hi there' })).status, 200);
  t.like((await outbox()).at(-1), { type: 'edit', target: answer.id, text: 'hi there' });
  t.is((await messages(`chats/${ANA}/messages/${answer.id}`)).json.body, 'hi there');
  const other = await waha('POST', '/api/forwardMessage', { session: 'default', chatId: '5511988886666@c.us', messageId: engineId });
  t.is(other.status, 201, JSON.stringify(other.json));
  t.is((await waha('DELETE', `/api/default/chats/${ANA}/messages/${answer.id}`)).status, 200);
  t.like((await outbox()).at(-1), { type: 'revoke', target: answer.id });
  t.is((await messages(`chats/${ANA}/messages/true_1@c.us_NONE`)).status, 404);

  const mine = (await messages('chats/all/messages?limit=50&filter.fromMe=true')).json;
  t.true(mine.length > 2 && mine.every(({ fromMe }: Json) => fromMe));
  t.is((await messages(`chats/${ANA}/messages?limit=1&offset=1000`)).json.length, 0);
  t.is((await messages(`chats/${ANA}/messages?filter.ack=READ`)).status, 400);
});

test('numbers, contacts and hidden numbers are found', async (t) => {
  const { call, waha, receive } = await linked();
  await receive({ text: 'hello' });
  await until(async () => (await waha('GET', '/api/contacts/all?session=default')).json.length > 0);
  t.deepEqual((await waha('GET', '/api/contacts/check-exists?session=default&phone=5511988887777')).json, {
    numberExists: true,
    chatId: ANA,
  });
  await call('POST', '/api/sessions/default/sandbox/faults', { exists: { unknown: ['551133334444'] } });
  t.deepEqual((await waha('GET', '/api/contacts/check-exists?session=default&phone=551133334444')).json, { numberExists: false });
  t.like((await waha('GET', `/api/contacts?session=default&contactId=${ANA}`)).json, { id: ANA, number: '5511988887777' });
  t.is((await waha('POST', '/api/contacts/block', { session: 'default', contactId: ANA })).status, 201);
  t.true((await waha('GET', `/api/contacts?session=default&contactId=${ANA}`)).json.isBlocked);
  t.is((await waha('POST', '/api/contacts/unblock', { session: 'default', contactId: ANA })).status, 201);
  t.deepEqual((await waha('GET', '/api/default/lids/123456789012345')).json, { lid: '123456789012345@lid', pn: null });
  t.deepEqual((await waha('GET', '/api/default/lids/pn/5511988887777')).json, { lid: null, pn: ANA });
  t.deepEqual((await waha('GET', '/api/default/lids/count')).json, { count: 0 });
  t.deepEqual((await waha('GET', '/api/default/lids')).json, []);
  t.like((await waha('GET', `/api/default/presence/${ANA}`)).json, { id: ANA, presences: [{ participant: ANA }] });
});

test('a send is accepted while the phone is away, and done once: by an id of the hub, under its Idempotency-Key', async (t) => {
  const { waha, outbox } = await linked();
  await waha('POST', '/api/sessions/default/stop');
  await until(async () => (await waha('GET', '/api/sessions/default')).json.status === 'STOPPED');
  const send = () => waha('POST', '/api/sendText', { chatId: ANA, text: 'later' }, { 'idempotency-key': 'k1' });
  const [first, second] = [await send(), await send()];
  t.is(first.status, 201);
  t.regex(first.json.id, /^msg_/);
  t.like(first.json, { ack: 0, ackName: 'PENDING' });
  t.is(second.json.id, first.json.id);
  t.is((await waha('POST', '/api/startTyping', { session: 'default', chatId: ANA })).status, 422);
  await waha('POST', '/api/sessions/default/start');
  await until(async () => (await outbox()).length === 1, { what: 'the send' });
  t.is((await waha('PUT', '/api/reaction', { session: 'default', messageId: first.json.id, reaction: '👍' })).status, 200);
});

test('webhooks of a session are told in the words of WAHA, signed with their key, and shown without it', async (t) => {
  const receiver = await startReceiver();
  t.teardown(() => receiver.close());
  const { call, key } = await hub().tenant();
  const waha = wahaOf(hub(), key);
  const webhook = {
    ...{ url: receiver.url, events: ['*'], hmac: { key: 'canary-key' }, customHeaders: [{ name: 'X-Shop', value: '7' }] },
    retries: { policy: 'linear', delaySeconds: 2, attempts: 3 },
  };
  const { status, json: made } = await waha('POST', '/api/sessions', { name: 'shop', engine: 'SANDBOX', config: { webhooks: [webhook] } });
  t.is(status, 201, JSON.stringify(made));
  t.like(made.config.webhooks, [{ url: receiver.url, events: ['*'], hmac: { key: null }, retries: { delaySeconds: 2, attempts: 3 } }]);
  const { json: endpoints } = await call('GET', '/api/webhooks');
  t.like(endpoints.data, [{ dialect: 'waha', schedule: [2, 4, 6], headers: { 'x-shop': '7' } }]);
  t.notRegex(JSON.stringify([made, endpoints]), /canary-key/);

  const seen = (): Json[] => receiver.requests.map(({ body }) => JSON.parse(body));
  const said = async (event: string, about: (payload: Json) => unknown = () => true): Promise<Json> =>
    until(() => seen().find((one) => one.event === event && about(one.payload)), {
      what: () => `${event}; there are ${seen().map((one) => one.event)}`,
    });
  await said('session.status', (payload) => payload.status === 'SCAN_QR_CODE');
  await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' });
  const working = await said('session.status', (payload) => payload.status === 'WORKING');
  t.like(working, { session: 'shop', engine: 'WPP', me: { id: ME }, metadata: {}, payload: { name: 'shop' } });
  t.regex(working.id, /^evt_/);
  t.is(typeof working.timestamp, 'number');

  const receive = async (body: object): Promise<string> =>
    (await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, name: 'Ana', ...body })).json.engineId;
  const id = await receive({ text: 'hello' });
  const message = await said('message');
  t.like(message.payload, { id, from: ANA, to: ME, fromMe: false, body: 'hello', hasMedia: false, ack: 2 });
  t.like(await said('message.any'), { payload: message.payload });
  // Once its file is here, and where it is had.
  await receive({ type: 'image', text: 'look', media: { base64: DOT, mimetype: 'image/png' } });
  const { payload: image } = await said('message', ({ hasMedia }) => hasMedia);
  const bytes = await fetch(image.media.url, { headers: { 'X-Api-Key': key } });
  t.is(Buffer.from(await bytes.arrayBuffer()).toString('base64'), DOT);

  const { json: answer } = await waha('POST', '/api/sendText', { session: 'shop', chatId: ANA, text: 'hi', reply_to: id });
  t.like((await said('message.any', (payload) => payload.fromMe)).payload, {
    id: answer.id,
    source: 'api',
    body: 'hi',
    replyTo: { id: id.split('_')[2] },
  });
  t.like((await said('message.ack')).payload, { id: answer.id, ack: 1, ackName: 'SERVER', to: ANA });
  await call('POST', '/api/sessions/shop/sandbox/ack', { messageId: answer.id, ack: 'read' });
  await said('message.ack', (payload) => payload.ackName === 'READ');
  const happens = (body: object) => call('POST', '/api/sessions/shop/sandbox/happens', body);
  await happens({ kind: 'reaction', messageId: answer.id, from: ANA, emoji: '👍' });
  t.like((await said('message.reaction')).payload, { from: ANA, to: ME, fromMe: false, reaction: { text: '👍', messageId: answer.id } });
  await happens({ kind: 'edited', messageId: id, from: ANA, text: 'hello!' });
  t.like((await said('message.edited')).payload, { id, body: 'hello!', editedMessageId: id.split('_')[2], from: ANA });
  await happens({ kind: 'revoked', messageId: id, from: ANA });
  t.like((await said('message.revoked')).payload, { after: { id, from: ANA }, before: null, revokedMessageId: id.split('_')[2] });
  await happens({ kind: 'call', from: ANA, video: true });
  t.like((await said('call.received')).payload, { from: ANA, isVideo: true, isGroup: false });
  const { json: poll } = await waha('POST', '/api/sendPoll', { session: 'shop', chatId: ANA, poll: { name: 'q', options: ['a', 'b'] } });
  await happens({ kind: 'poll-vote', messageId: poll.id, from: ANA, options: ['b'] });
  t.like((await said('poll.vote')).payload, { vote: { from: ANA, selectedOptions: ['b'] }, poll: { id: poll.id, fromMe: true } });
  await happens({ kind: 'presence', from: ANA, state: 'typing' });
  t.like((await said('presence.update')).payload, { id: ANA, presences: [{ participant: ANA, lastKnownPresence: 'typing' }] });
  await happens({ kind: 'participants', from: ANA, chat: '120363000000000001@g.us', action: 'add', participants: [ANA] });
  t.like((await said('group.v2.participants')).payload, {
    group: { id: '120363000000000001@g.us' },
    type: 'join',
    participants: [{ id: ANA }],
  });

  for (const { headers, body } of receiver.requests) {
    t.is(headers['x-webhook-hmac'], createHmac('sha512', 'canary-key').update(body).digest('hex'));
    t.is(headers['x-webhook-hmac-algorithm'], 'sha512');
    t.is(headers['x-webhook-request-id'], JSON.parse(body).id);
    t.regex(String(headers['x-webhook-timestamp']), /^\d{13}$/);
    t.is(headers['x-shop'], '7');
  }
  t.is(new Set(seen().map((one) => one.id)).size, seen().length);

  t.is(
    (
      await waha('PUT', '/api/sessions/shop', {
        config: { webhooks: made.config.webhooks.map((one: Json) => ({ ...one, customHeaders: [] })) },
      })
    ).status,
    400,
  );
  const less = await waha('PUT', '/api/sessions/shop', { config: { webhooks: [{ url: receiver.url, events: ['message'] }] } });
  t.like(less.json.config.webhooks, [{ events: ['message'], hmac: null }]);
  t.deepEqual((await waha('PUT', '/api/sessions/shop', { config: {} })).json.config.webhooks, []);
  t.deepEqual((await call('GET', '/api/webhooks')).json.data, []);
});

test('a key that may not change endpoints makes no webhook by way of a session, and is shown none', async (t) => {
  const { id, key } = await hub().tenant();
  const { json } = await hub().admin('POST', `/api/tenants/${id}/keys`, { name: 'k', scopes: ['sessions:read', 'sessions:write'] });
  const webhooks = [{ url: 'https://example.com/hook', events: ['message'] }];
  const refused = await wahaOf(hub(), json.key)('POST', '/api/sessions', { name: 'shop', engine: 'SANDBOX', config: { webhooks } });
  t.deepEqual([refused.status, refused.json.message], [403, 'This key lacks the scope "webhooks:write".']);
  t.deepEqual((await wahaOf(hub(), key)('GET', '/api/sessions?all=true')).json, []);
  await wahaOf(hub(), key)('POST', '/api/sessions', { name: 'shop', engine: 'SANDBOX', start: false, config: { webhooks } });
  t.is((await wahaOf(hub(), key)('GET', '/api/sessions/shop')).json.config.webhooks.length, 1);
  t.deepEqual((await wahaOf(hub(), json.key)('GET', '/api/sessions/shop')).json.config.webhooks, []);
  t.is((await wahaOf(hub(), key)('DELETE', '/api/sessions/shop')).status, 200);
  t.deepEqual((await hub().as(key)('GET', '/api/webhooks')).json.data, []);
});

test('no path answers for a session of another tenant, nor without a key', async (t) => {
  await linked('theirs');
  const { key } = await hub().tenant();
  const { json: document } = await wahaOf(hub(), key)('GET', '/openapi.json');
  const operations = Object.entries(document.paths as Record<string, Record<string, Json>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, security }]) => ({
      ...{ method: method.toUpperCase(), path: path.replace('/compat/waha', ''), operationId, isOpen: security.length === 0 },
    })),
  );
  t.true(operations.length > 80);
  t.is(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  for (const { method, path, isOpen } of operations.filter((one) => !one.isOpen)) {
    const url = path.replace('{id}', 'theirs').replace(/\{\w+\}/g, '5511988887777');
    const body = method === 'GET' ? undefined : { session: 'theirs' };
    t.is(isOpen, false);
    t.is((await wahaOf(hub(), 'wrong')(method, url, body)).status, 401, `${method} ${path}`);
    const { status, json } = await wahaOf(hub(), key)(method, `${url}?session=theirs`, body);
    // Those that name no session at all tell of none.
    if (status === 501 || /^\/api\/(sessions|server\/version|version)$/.test(path)) continue;
    t.deepEqual([status, json.message], [404, 'Session not found'], `${method} ${path}`);
  }
  t.deepEqual(await wahaOf(hub(), key)('POST', '/nothing/here', {}).then(({ status, json }) => [status, json.error]), [404, 'Not Found']);
});

test('a production hub speaks no dialect that it was not told to', async (t) => {
  const other = await startHub({ args: ['serve'], env: { HOOKLINE_DIALECTS: 'evolution' } });
  t.teardown(() => other.dispose());
  const { key } = await other.tenant();
  t.is((await fetch(`${other.base}/compat/waha/api/sessions`, { headers: { 'X-Api-Key': key } })).status, 404);
});
