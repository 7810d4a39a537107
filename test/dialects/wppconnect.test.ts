/** Clients of wppconnect-server against the hub: what they send, and what they read of the answers. */
import test from 'ava';
import { until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { hubOf } from '../http/tenant-world.ts';
import { type Client, type Json, wppconnectOf } from './clients.ts';

const hub = hubOf(test);
const ANA = '5511988887777';
const CHAT = `${ANA}@c.us`;
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

const statusIs = (wpp: Client, status: string, name = 'shop') =>
  until(async () => (await wpp('GET', `/api/${name}/status-session`)).json.status === status, { what: `${name} to be ${status}` });

async function linked(name = 'shop') {
  const { call, key } = await hub().tenant();
  const wpp = wppconnectOf(hub(), key);
  const { json: code } = await wpp('POST', `/api/${name}/start-session`, { engine: 'sandbox', waitQrCode: true, webhook: '' });
  await call('POST', `/api/sessions/${name}/sandbox/scan`, { phone: '5511999990000' });
  await statusIs(wpp, 'CONNECTED', name);
  const outbox = async (): Promise<Json[]> => (await call('GET', `/api/sessions/${name}/sandbox/outbox`)).json.data;
  return { call, key, wpp, outbox, code };
}

test('a session is started, shows its code, is linked, closed and unlinked; the key is the token', async (t) => {
  const { key, wpp, code } = await linked();
  t.like(code, { status: 'qrcode', session: 'shop' });
  t.regex(code.urlcode, /^2@/);
  t.regex(code.qrcode, /^iVBOR/);
  t.deepEqual(await wpp('POST', '/api/shop/OLD-SECRET/generate-token'), {
    status: 201,
    json: { status: 'success', session: 'shop', token: key, full: `shop:${key}` },
  });
  t.is((await wppconnectOf(hub(), '')('POST', `/api/shop/${key}/generate-token`)).status, 401);
  t.deepEqual((await wpp('GET', '/api/x/show-all-sessions')).json, { response: ['shop'] });
  t.deepEqual((await wpp('GET', '/api/shop/check-connection-session')).json, { status: true, message: 'Connected' });
  t.like((await wpp('GET', '/api/shop/qrcode-session')).json, { status: 'CONNECTED', message: 'QRCode is not available...' });
  t.like((await wpp('POST', '/api/shop/start-session', {})).json, { status: 'CONNECTED', qrcode: null });
  t.deepEqual((await wpp('POST', '/api/shop/close-session')).json, { status: true, message: 'Session successfully closed' });
  await statusIs(wpp, 'CLOSED');
  t.deepEqual((await wpp('GET', '/api/shop/check-connection-session')).json, { status: false, message: 'Disconnected' });
  await wpp('POST', '/api/shop/start-session', {});
  await statusIs(wpp, 'CONNECTED');
  t.is((await wpp('POST', '/api/shop/logout-session')).status, 200);
  await statusIs(wpp, 'CLOSED');
  await wpp('POST', '/api/shop/start-session', {});
  await statusIs(wpp, 'QRCODE');
  t.is((await wpp('GET', '/api/other/status-session')).status, 404);
  const image = await fetch(`${hub().base}/compat/wppconnect/api/shop/qrcode-session`, { headers: { authorization: `Bearer ${key}` } });
  t.is(image.headers.get('content-type'), 'image/png');
  const byPhone = await wpp('POST', '/api/shop/start-session', { waitQrCode: true, phone: '5511999990001' });
  t.like(byPhone.json, { status: 'phoneCode', phone: '5511999990001', session: 'shop' });
  t.regex(byPhone.json.phoneCode, /^\w{4}-\w{4}$/);
  for (const refused of [{ webhook: 'nowhere' }, { proxy: { url: 'http://p' } }]) {
    const { status, json } = await wpp('POST', '/api/other/start-session', { engine: 'sandbox', ...refused });
    t.is(status, 400);
    t.is(json.status, 'error');
    t.is((await wpp('POST', '/api/shop/start-session', refused)).status, 400);
  }
});

test('messages of every kind reach the phone, and are answered with WhatsApp’s id', async (t) => {
  const { wpp, outbox } = await linked();
  const data = `data:image/png;base64,${DOT}`;
  const sends: [path: string, body: object, answered: object, seen: object][] = [
    [
      'send-message',
      { message: 'oi', isGroup: false, options: { linkPreview: false } },
      { body: 'oi', type: 'chat' },
      { type: 'text', text: 'oi' },
    ],
    [
      'send-image',
      { base64: data, filename: 'd.png', caption: 'c' },
      { type: 'image', caption: 'c', isMedia: true },
      { type: 'image', caption: 'c' },
    ],
    ['send-file-base64', { base64: data, filename: 'd.png', message: 'm' }, { type: 'image' }, { type: 'image', caption: 'm' }],
    ['send-file', { base64: DOT, filename: 'd.pdf' }, { type: 'document' }, { type: 'document' }],
    ['send-location', { lat: '-23.5', lng: '-46.6', title: 'n', address: 'a' }, { type: 'location', lat: -23.5 }, { type: 'location' }],
    [
      'contact-vcard',
      { contactsId: ['5511988886666@c.us'], name: 'Bo' },
      { type: 'vcard' },
      { type: 'contact', contacts: [{ name: 'Bo' }] },
    ],
    ['send-poll-message', { name: 'q', choices: ['a', 'b'], options: { selectableCount: 1 } }, { type: 'poll_creation' }, { type: 'poll' }],
    [
      'send-list-message',
      { buttonText: 'B', description: 'D', sections: [{ title: 'S', rows: [{ rowId: '1', title: 'r', description: '' }] }] },
      { type: 'list' },
      { type: 'list', list: { text: 'D', button: 'B' } },
    ],
    ['send-mentioned', { message: 'm', mentioned: [CHAT] }, { type: 'chat' }, { type: 'text' }],
  ];
  for (const [path, body, answered, seen] of sends) {
    const { status, json } = await wpp('POST', `/api/shop/${path}`, { phone: ANA, ...body });
    t.is(status, path === 'contact-vcard' ? 200 : 201, `${path}: ${JSON.stringify(json)}`);
    t.is(json.status, 'success');
    t.like(json.response, [{ from: '5511999990000@c.us', to: CHAT, chatId: CHAT, fromMe: true, ack: 1, ...answered }], path);
    const last = (await outbox()).at(-1);
    t.like(last, seen, path);
    t.is(json.response[0].id, last.engineId);
  }
  const two = () => wpp('POST', '/api/shop/send-message', { phone: `${ANA}, 5511988886666`, message: 'both' }, { 'idempotency-key': 'k' });
  const [first, again] = [await two(), await two()];
  t.is(first.json.response.length, 2);
  t.deepEqual(
    again.json.response.map(({ id }: Json) => id),
    first.json.response.map(({ id }: Json) => id),
  );
  t.is((await outbox()).filter(({ text }) => text === 'both').length, 2);

  const before = (await outbox()).length;
  const wrong: [path: string, body: object, status: number, why: RegExp][] = [
    ['send-message', {}, 400, /message/],
    ['send-message', { phone: [ANA, 'nobody'], message: 'x' }, 400, /Not a WhatsApp address/],
    ['send-file', { path: '/etc/passwd' }, 400, /is no URL/],
    ['send-file', {}, 400, /base64 is missing/],
    ['send-reply', { message: 'x', messageId: 'AAAA' }, 404, /"AAAA" is not known/],
    ['delete-message', { messageId: 'AAAA', onlyLocal: true }, 400, /onlyLocal/],
    ['send-buttons', {}, 501, /use a poll/],
  ];
  for (const [path, body, status, why] of wrong) {
    const answer = await wpp('POST', `/api/shop/${path}`, { phone: ANA, ...body });
    t.is(answer.status, status, `${path}: ${JSON.stringify(answer.json)}`);
    t.regex(answer.json.message, why);
  }
  t.is((await outbox()).length, before);
});

test('a file comes along in a form, for one; and a repeated form is sent once', async (t) => {
  const { key, outbox } = await linked();
  const send = async (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([Buffer.from(DOT, 'base64')], { type: 'image/png' }), 'dot.png');
    const init = { method: 'POST', headers: { authorization: `Bearer ${key}`, ...headers }, body: form };
    const response = await fetch(`${hub().base}/compat/wppconnect/api/shop/${path}`, init);
    return { status: response.status, json: (await response.json()) as Json };
  };
  t.is((await send('send-image', { phone: ANA, isGroup: 'false', caption: 'c' })).status, 201);
  t.is((await send('send-file', { phone: ANA, filename: 'as-named.png' })).status, 201);
  t.like(await outbox(), [
    { type: 'image', caption: 'c' },
    { type: 'image', media: { filename: 'as-named.png' } },
  ]);
  const once = () => send('send-file', { phone: ANA }, { 'idempotency-key': 'form' });
  const [first, again] = [await once(), await once()];
  t.is(again.json.response[0].id, first.json.response[0].id);
  t.is((await outbox()).length, 3);
  const several = await send('send-file', { phone: `${ANA},5511988886666` });
  t.is(several.status, 400);
  t.regex(several.json.message, /phone names several/);
  t.is((await outbox()).length, 3);
});

test('a conversation: a message in, read, typed, answered, quoted, reacted to, changed, deleted, forwarded', async (t) => {
  const { call, wpp, outbox } = await linked();
  const { json } = await call('POST', '/api/sessions/shop/sandbox/receive', {
    ...{ from: ANA, name: 'Ana', type: 'image', text: 'look' },
    media: { base64: DOT, mimetype: 'image/png' },
  });
  const id = json.engineId;
  const file = await until(async () => {
    const answer = await wpp('GET', `/api/shop/get-media-by-message/${id}`);
    return answer.status === 200 && answer.json;
  });
  t.deepEqual(file, { base64: DOT, mimetype: 'image/png' });
  const { json: came } = await wpp('GET', `/api/shop/get-messages/${ANA}?count=20`);
  t.like(came, { status: 'success', response: [{ id, from: CHAT, fromMe: false, type: 'image', caption: 'look', notifyName: 'Ana' }] });
  t.is((await wpp('POST', '/api/shop/send-seen', { phone: ANA })).status, 201);
  t.deepEqual((await wpp('POST', '/api/shop/typing', { phone: ANA, value: true })).json, { status: 'success', response: true });
  t.is((await wpp('POST', '/api/shop/typing', { phone: ANA, value: false })).status, 200);
  t.is((await wpp('POST', '/api/shop/set-online-presence', { isOnline: true })).status, 200);
  const { json: answer } = await wpp('POST', '/api/shop/send-reply', { phone: ANA, message: 'hi', messageId: id });
  const [sent] = answer.response;
  t.is(sent.quotedMsgId, id);
  t.is((await outbox()).at(-1).replyTo, id);
  t.is((await wpp('POST', '/api/shop/react-message', { msgId: id, reaction: '😜' })).json.response.message, 'Reaction sended');
  t.like((await outbox()).at(-1), { type: 'reaction', target: id, emoji: '😜' });
  t.is((await wpp('POST', '/api/shop/edit-message', { id: sent.id, newText: 'hi there' })).status, 201);
  t.is((await wpp('GET', `/api/shop/message-by-id/${sent.id}`)).json.response.body, 'hi there');
  t.is((await wpp('POST', '/api/shop/forward-messages', { phone: '5511988886666', messageId: sent.id })).status, 201);
  t.is((await wpp('POST', '/api/shop/delete-message', { phone: ANA, messageId: sent.id })).json.response.message, 'Message deleted');
  t.like((await outbox()).at(-1), { type: 'revoke', target: sent.id });

  t.like((await wpp('GET', `/api/shop/check-number-status/${ANA}`)).json.response, {
    ...{ status: 200, numberExists: true },
    id: { server: 'c.us', user: ANA, _serialized: CHAT },
  });
  await call('POST', '/api/sessions/shop/sandbox/faults', { exists: { unknown: ['551133334444'] } });
  t.like(await wpp('POST', '/api/shop/send-message', { phone: '551133334444', message: 'x' }), {
    status: 400,
    json: { response: null, status: 'Connected' },
  });
  await call('POST', '/api/sessions/shop/disconnect');
  t.like((await wpp('POST', '/api/shop/typing', { phone: ANA })).json, { response: null, status: 'Disconnected' });
});

test('the webhook of a session is told of it flat, in the words of wppconnect-server', async (t) => {
  const receiver = await startReceiver();
  t.teardown(() => receiver.close());
  const { call, key } = await hub().tenant();
  const wpp = wppconnectOf(hub(), key);
  for (let twice = 0; twice < 2; twice++) await wpp('POST', '/api/shop/start-session', { engine: 'sandbox', webhook: receiver.url });
  const { json: endpoints } = await call('GET', '/api/webhooks');
  t.is(endpoints.data.length, 1);
  t.like(endpoints.data[0], { url: receiver.url, dialect: 'wppconnect' });
  const seen = (): Json[] => receiver.requests.map(({ body }) => JSON.parse(body));
  const said = (event: string, about: (one: Json) => unknown = () => true): Promise<Json> =>
    until(() => seen().find((one) => one.event === event && about(one)), {
      what: () => `${event}; there are ${seen().map((one) => one.event)}`,
    });
  t.regex((await said('qrcode')).urlcode, /^2@/);
  await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' });
  await said('status-find', ({ status }) => status === 'inChat');
  const { json } = await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, name: 'Ana', text: 'hello' });
  t.like(await said('onmessage'), {
    session: 'shop',
    id: json.engineId,
    from: CHAT,
    body: 'hello',
    type: 'chat',
    fromMe: false,
    isGroupMsg: false,
  });
  const { json: sent } = await wpp('POST', '/api/shop/send-message', { phone: ANA, message: 'hi' });
  const [{ id }] = sent.response;
  await call('POST', '/api/sessions/shop/sandbox/ack', { messageId: id, ack: 'read' });
  t.like(await said('onack', ({ ack }) => ack === 1), { id: { fromMe: true, _serialized: id }, to: CHAT });
  t.like(await said('onack', ({ ack }) => ack === 3), { id: { fromMe: true, _serialized: id } });
  const happens = (body: object) => call('POST', '/api/sessions/shop/sandbox/happens', { from: ANA, ...body });
  await happens({ kind: 'reaction', messageId: id, emoji: '👍' });
  t.like(await said('onreactionmessage'), { reactionText: '👍', msgId: { _serialized: id } });
  await happens({ kind: 'presence', state: 'typing' });
  t.like(await said('onpresencechanged'), { id: CHAT, state: 'composing', isOnline: true });
  await happens({ kind: 'call' });
  t.like(await said('incomingcall'), { peerJid: CHAT, isVideo: false });
  await happens({ kind: 'revoked', messageId: json.engineId });
  t.like(await said('onrevokedmessage'), { refId: json.engineId, from: CHAT });
  t.false(seen().some(({ event }) => event === 'onselfmessage'));
  await call('PATCH', `/api/webhooks/${endpoints.data[0].id}`, { dialectOptions: { onSelfMessage: true } });
  await wpp('POST', '/api/shop/send-message', { phone: ANA, message: 'mine' });
  t.like(await said('onselfmessage'), { body: 'mine', fromMe: true });
});

test('no path answers for a session of another tenant, nor without a key', async (t) => {
  await linked('theirs');
  const { key } = await hub().tenant();
  const { json: document } = await wppconnectOf(hub(), key)('GET', '/openapi.json');
  const operations = Object.entries(document.paths as Record<string, Record<string, Json>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId }]) => ({
      ...{ method: method.toUpperCase(), path: path.replace('/compat/wppconnect', ''), operationId },
    })),
  );
  t.true(operations.length > 60);
  t.is(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  for (const { method, path } of operations.filter((one) => one.path !== '/openapi.json')) {
    const url = path.replace('{id}', 'theirs').replace(/\{\w+\}/g, ANA);
    const body = method === 'GET' ? undefined : {};
    t.is((await wppconnectOf(hub(), 'wrong')(method, url, body)).status, 401, `${method} ${path}`);
    // These name no session that would have to be there.
    if (/show-all-sessions|generate-token|start-session/.test(path)) continue;
    const { status, json } = await wppconnectOf(hub(), key)(method, url, body);
    t.is(status, 404, `${method} ${path}`);
    t.is(json.message, 'There is no session "theirs": start it by POST /api/theirs/start-session');
  }
  t.deepEqual((await wppconnectOf(hub(), key)('GET', '/api/x/show-all-sessions')).json, { response: [] });
});
