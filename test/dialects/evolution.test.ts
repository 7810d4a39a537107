/** Clients of Evolution API against the hub: what they send, and what they read of the answers. */
import test from 'ava';
import { startHub, until } from '../helpers/hub.ts';
import { hubOf } from '../http/tenant-world.ts';
import { type Evolution, evolutionOf, type Json } from './clients.ts';

const hub = hubOf(test);
const ANA = '5511988887777';
const JID = `${ANA}@s.whatsapp.net`;
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

/** A tenant with an instance that is linked. */
async function linked(name = 'shop') {
  const { call, key } = await hub().tenant();
  const evolution = evolutionOf(hub(), key);
  await evolution('POST', '/instance/create', { instanceName: name, integration: 'SANDBOX', qrcode: true });
  await call('POST', `/api/sessions/${name}/sandbox/scan`, { phone: '5511999990000' });
  await opened(evolution, name);
  const outbox = async (): Promise<Json[]> => (await call('GET', `/api/sessions/${name}/sandbox/outbox`)).json.data;
  return { call, key, evolution, outbox };
}

const opened = (evolution: Evolution, name: string) =>
  until(async () => (await evolution('GET', `/instance/connectionState/${name}`)).json.instance.state === 'open', {
    what: `${name} to be open`,
  });

test('an instance is made, shows its code, is linked, told of, unlinked and deleted', async (t) => {
  const { call, key } = await hub().tenant();
  const evolution = evolutionOf(hub(), key);
  t.deepEqual(await evolution('GET', '/instance/fetchInstances'), { status: 200, json: [] });
  const wanted = { instanceName: 'loja', integration: 'SANDBOX', token: 'T', number: null, rejectCall: false, readMessages: 'false' };
  const made = await evolution('POST', '/instance/create', wanted);
  t.is(made.status, 201);
  t.like(made.json, { instance: { instanceName: 'loja', integration: 'SANDBOX', status: 'connecting' } });
  t.deepEqual(await evolution('POST', '/instance/create', wanted), {
    status: 403,
    json: { status: 403, error: 'Forbidden', response: { message: ['This name "loja" is already in use.'] } },
  });
  const { json: code } = await evolution('GET', '/instance/connect/loja');
  t.regex(code.code, /^2@/);
  t.regex(code.base64, /^data:image\/png;base64,/);
  t.is(code.pairingCode, null);
  t.regex((await evolution('GET', '/instance/connect/loja?number=5511999990001')).json.pairingCode, /^\w{4}-\w{4}$/);
  await call('POST', '/api/sessions/loja/sandbox/scan', {});
  await opened(evolution, 'loja');
  t.deepEqual((await evolution('GET', '/instance/connect/loja')).json, { instance: { instanceName: 'loja', state: 'open' } });
  const { json: all } = await evolution('GET', '/instance/fetchInstances?instanceName=loja');
  t.is(all.length, 1);
  t.like(all[0], { name: 'loja', connectionStatus: 'open', ownerJid: '5511999990001@s.whatsapp.net', number: '5511999990001' });
  t.deepEqual((await evolution('GET', '/instance/fetchInstances?instanceName=other')).json, []);
  t.is((await evolution('POST', '/instance/restart/loja')).json.instance.instanceName, 'loja');
  await opened(evolution, 'loja');
  t.deepEqual((await evolution('DELETE', '/instance/logout/loja')).json, {
    ...{ status: 'SUCCESS', error: false },
    response: { message: 'Instance logged out' },
  });
  await until(async () => (await evolution('GET', '/instance/connectionState/loja')).json.instance.state === 'close');
  t.is((await evolution('DELETE', '/instance/logout/loja')).status, 400);
  t.is((await evolution('DELETE', '/instance/delete/loja')).json.response.message, 'Instance deleted');
  t.deepEqual(await evolution('GET', '/instance/connectionState/loja'), {
    status: 404,
    json: { status: 404, error: 'Not Found', response: { message: ['The "loja" instance does not exist'] } },
  });
});

test('what the hub does not do for an instance is refused with what to do instead, and nothing is made', async (t) => {
  const { key } = await hub().tenant();
  const evolution = evolutionOf(hub(), key);
  const refused: [object, RegExp][] = [
    [{ integration: 'WHATSAPP-BUSINESS' }, /integration is none of WHATSAPP-BAILEYS, SANDBOX/],
    [{ integration: 'SANDBOX', rejectCall: true }, /rejectCall calls are told of/],
    [{ integration: 'SANDBOX', proxyHost: 'p.example' }, /proxyHost the way out is set by the operator/],
    [{ integration: 'SANDBOX', rabbitmq: { enabled: true } }, /rabbitmq there are webhooks/],
  ];
  for (const [more, why] of refused) {
    const { status, json } = await evolution('POST', '/instance/create', { instanceName: 'loja', ...more });
    t.is(status, 400);
    t.regex(json.response.message.join(), why);
  }
  t.deepEqual((await evolution('GET', '/instance/fetchInstances')).json, []);
});

test('messages of every kind reach the phone, and are answered with WhatsApp’s id', async (t) => {
  const { evolution, outbox } = await linked();
  const sends: [path: string, body: object, type: string, seen: object][] = [
    ['sendText', { text: 'oi', linkPreview: false }, 'conversation', { type: 'text', text: 'oi' }],
    ['sendText', { textMessage: { text: 'v1' }, options: { delay: 100 } }, 'conversation', { type: 'text', text: 'v1' }],
    [
      'sendMedia',
      { mediatype: 'image', media: DOT, mimetype: 'image/png', caption: 'c', fileName: 'd.png' },
      'imageMessage',
      { type: 'image', caption: 'c' },
    ],
    [
      'sendMedia',
      { mediatype: 'document', media: `data:image/png;base64,${DOT}`, fileName: 'd.png' },
      'documentMessage',
      { type: 'document' },
    ],
    ['sendLocation', { latitude: -23.5, longitude: '-46.6', name: 'n', address: 'a' }, 'locationMessage', { type: 'location' }],
    [
      'sendContact',
      { contact: [{ fullName: 'Bo', wuid: '', phoneNumber: '+55 11 98888-6666', email: '' }] },
      'contactMessage',
      { type: 'contact' },
    ],
    ['sendPoll', { name: 'q', selectableCount: 1, values: ['a', 'b'] }, 'pollCreationMessageV3', { type: 'poll' }],
    [
      'sendList',
      {
        title: 'T',
        description: 'D',
        buttonText: 'B',
        footerText: '',
        sections: [{ title: 'S', rows: [{ title: 'r', description: '', rowId: '1' }] }],
      },
      'listMessage',
      { type: 'list' },
    ],
  ];
  for (const [path, body, messageType, seen] of sends) {
    const { status, json } = await evolution('POST', `/message/${path}/shop`, { number: ANA, ...body });
    t.is(status, 201, `${path}: ${JSON.stringify(json)}`);
    t.like(json, { key: { remoteJid: JID, fromMe: true }, messageType });
    t.truthy(json.message[messageType], path);
    const last = (await outbox()).at(-1);
    t.like(last, seen);
    t.is(last.engineId, `true_${ANA}@c.us_${json.key.id}`);
  }
  const quoted = { key: { id: (await outbox()).at(0).engineId.split('_')[2] } };
  const { json } = await evolution('POST', '/message/sendText/shop', { number: JID, text: 'answer', quoted, mentioned: [], delay: 50 });
  t.deepEqual(json.contextInfo, { stanzaId: quoted.key.id });
  const answer = (await outbox()).at(-1);
  t.is(answer.replyTo, (await outbox()).at(0).engineId);
  t.true(answer.typingMs > 0);
});

test('a file comes along in a form, with the members around it as fields', async (t) => {
  const { key, evolution, outbox } = await linked();
  const send = async (path: string, fields: Record<string, string | Blob>, filename = 'dot.png') => {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields))
      typeof value === 'string' ? form.append(name, value) : form.append(name, value, filename);
    const response = await fetch(`${hub().base}/compat/evolution/message/${path}/shop`, {
      method: 'POST',
      headers: { apikey: key },
      body: form,
    });
    return { status: response.status, json: (await response.json()) as Json };
  };
  const file = new Blob([Buffer.from(DOT, 'base64')], { type: 'image/png' });
  const { json: first } = await evolution('POST', '/message/sendText/shop', { number: ANA, text: 'one' });
  const quoted = JSON.stringify({ key: { id: first.key.id } });
  const image = { number: ANA, mediatype: 'image', caption: 'c', delay: '50', quoted };
  const sent = await send('sendMedia', { ...image, file });
  t.is(sent.status, 201, JSON.stringify(sent.json));
  t.is(sent.json.messageType, 'imageMessage');
  t.is((await send('sendMedia', { number: ANA, mediatype: 'document', fileName: 'bill.png', file })).json.messageType, 'documentMessage');
  const webp = new Blob([Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64')], { type: 'image/webp' });
  t.is((await send('sendSticker', { number: ANA, file: webp }, 'dot.webp')).json.messageType, 'stickerMessage');
  const seen = (await outbox()).slice(-3);
  t.like(seen, [{ type: 'image', caption: 'c' }, { type: 'document', media: { filename: 'bill.png' } }, { type: 'sticker' }]);
  t.truthy(seen[0]?.replyTo);

  const refusals: [Record<string, string | Blob>, RegExp][] = [
    [{ ...image }, /file is missing/],
    [{ mediatype: 'image', file }, /number/],
    [{ ...image, quoted: 'x', file }, /quoted/],
  ];
  for (const [fields, why] of refusals) {
    const refused = await send('sendMedia', fields);
    t.is(refused.status, 400);
    t.regex(JSON.stringify(refused.json.response.message), why);
  }
  t.is((await outbox()).length, 4);
});

test('a message is reacted to, changed and deleted by the id that a send was answered with', async (t) => {
  const { evolution, outbox } = await linked();
  const { json: sent } = await evolution('POST', '/message/sendText/shop', { number: ANA, text: 'one' });
  const key = { remoteJid: JID, fromMe: true, id: sent.key.id };
  const target = `true_${ANA}@c.us_${sent.key.id}`;
  t.is((await evolution('POST', '/message/sendReaction/shop', { key, reaction: '👍' })).status, 201);
  t.like((await outbox()).at(-1), { type: 'reaction', target, emoji: '👍' });
  t.is((await evolution('POST', '/chat/updateMessage/shop', { number: ANA, key, text: 'two' })).status, 200);
  t.like((await outbox()).at(-1), { type: 'edit', target, text: 'two' });
  const removed = await evolution('DELETE', '/chat/deleteMessageForEveryone/shop', { ...key });
  t.is(removed.status, 201, JSON.stringify(removed.json));
  t.like((await outbox()).at(-1), { type: 'revoke', target });
  const unknown = await evolution('POST', '/message/sendReaction/shop', { key: { id: '3EB0FFFF' }, reaction: '👍' });
  t.deepEqual([unknown.status, unknown.json.response.message], [404, ['The message "3EB0FFFF" is not known here']]);
});

test('the file of a message that came in is had by WhatsApp’s id of it alone', async (t) => {
  const { call, evolution } = await linked();
  const { json } = await call('POST', '/api/sessions/shop/sandbox/receive', {
    ...{ from: ANA, type: 'image', text: 'look' },
    media: { base64: DOT, mimetype: 'image/png' },
  });
  const id = json.engineId.split('_')[2];
  const file = await until(
    async () => {
      const answer = await evolution('POST', '/chat/getBase64FromMediaMessage/shop', { message: { key: { id } }, convertToMp4: false });
      return answer.status === 201 && answer.json;
    },
    { what: 'the file' },
  );
  t.like(file, { mediaType: 'imageMessage', mimetype: 'image/png', caption: 'look', base64: DOT, buffer: null });
});

test('messages, chats and contacts are found', async (t) => {
  const { call, evolution } = await linked();
  for (let nth = 1; nth <= 3; nth++) await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, name: 'Ana', text: `m${nth}` });
  await evolution('POST', '/message/sendText/shop', { number: '5511988886666', text: 'other chat' });
  const of = (page: number) => evolution('POST', '/chat/findMessages/shop', { where: { key: { remoteJid: JID } }, page, offset: 2 });
  const pages = [await of(1), await of(2)].map(({ json }) => json.messages);
  t.deepEqual(
    pages.map(({ total, pages: count, currentPage, records }) => [
      total,
      count,
      currentPage,
      records.map(({ message }: Json) => message.conversation),
    ]),
    [
      [3, 2, 1, ['m3', 'm2']],
      [3, 2, 2, ['m1']],
    ],
  );
  t.like(pages[0].records[0], { pushName: 'Ana', key: { remoteJid: JID, fromMe: false }, MessageUpdate: [{ status: 'DELIVERY_ACK' }] });
  const { json: chats } = await evolution('POST', '/chat/findChats/shop', {});
  t.is(chats.length, 2);
  const second = (await evolution('POST', '/chat/findChats/shop', { page: 2, offset: 1 })).json;
  t.deepEqual(
    second.map(({ id }: Json) => id),
    [chats[1].id],
  );
  t.like(
    chats.find(({ remoteJid }: Json) => remoteJid === JID),
    { unreadCount: 3, lastMessage: { message: { conversation: 'm3' } } },
  );
  t.like((await evolution('POST', '/chat/findContacts/shop', { where: { id: JID } })).json, [{ remoteJid: JID, pushName: 'Ana' }]);
  const key = { remoteJid: JID, fromMe: false, id: pages[0].records[0].key.id };
  t.deepEqual((await evolution('POST', '/chat/markMessageAsRead/shop', { readMessages: [key] })).json, {
    message: 'Read messages',
    read: 'success',
  });
  t.is((await evolution('POST', '/chat/findChats/shop', { where: { remoteJid: JID } })).json[0].unreadCount, 0);
  t.deepEqual((await evolution('POST', '/chat/whatsappNumbers/shop', { numbers: [ANA] })).json, [
    { jid: JID, exists: true, number: ANA, name: '' },
  ]);
  t.deepEqual((await evolution('POST', '/chat/sendPresence/shop', { number: ANA, presence: 'composing', delay: 20 })).json, {
    presence: 'composing',
  });
});

test('a send is accepted while the phone is away, and done once: by an id of the hub, under its Idempotency-Key', async (t) => {
  const { call, evolution, outbox } = await linked();
  await call('POST', '/api/sessions/shop/disconnect');
  const send = () => evolution('POST', '/message/sendText/shop', { number: ANA, text: 'later' }, { 'idempotency-key': 'k1' });
  const [first, second] = [await send(), await send()];
  t.is(first.status, 201);
  t.regex(first.json.key.id, /^msg_/);
  t.is(first.json.status, 'PENDING');
  t.is(second.json.key.id, first.json.key.id);
  await call('POST', '/api/sessions/shop/connect');
  await until(async () => (await outbox()).length === 1, { what: 'the send' });
  // By which it is known from then on, as well as by WhatsApp's.
  const { json } = await evolution('POST', '/message/sendReaction/shop', { key: { id: first.json.key.id }, reaction: '👍' });
  t.is(json.messageType, 'reactionMessage');
});

test('who is not on WhatsApp is told as Evolution API tells it', async (t) => {
  const { call, evolution } = await linked();
  await call('POST', '/api/sessions/shop/sandbox/faults', { exists: { unknown: [ANA, '551188887777'] } });
  const { status, json } = await evolution('POST', '/message/sendText/shop', { number: ANA, text: 'hi' });
  t.deepEqual(
    [status, json],
    [400, { status: 400, error: 'Bad Request', response: { message: [{ jid: JID, exists: false, number: ANA }] } }],
  );
});

test('no path answers for an instance of another tenant, nor without a key', async (t) => {
  await linked('theirs');
  const { key } = await hub().tenant();
  const { json: document } = await evolutionOf(hub(), key)('GET', '/openapi.json');
  const operations = Object.entries(document.paths as Record<string, Record<string, Json>>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path.replace('/compat/evolution', '').replace('{id}', 'theirs')] as const),
  );
  t.true(operations.length > 50);
  const of = (who: string) => evolutionOf(hub(), who);
  for (const [method, path] of operations.filter(([, each]) => each.endsWith('/theirs'))) {
    const body = method === 'GET' ? undefined : {};
    const { status, json } = await of(key)(method, path, body);
    t.deepEqual([status, json.response.message], [404, ['The "theirs" instance does not exist']], `${method} ${path}`);
    t.is((await of('wrong')(method, path, body)).status, 401, `${method} ${path}`);
  }
  t.deepEqual(await of(key)('POST', '/nothing/here/theirs', {}).then(({ status, json }) => [status, json.error]), [404, 'Not Found']);
});

test('a production hub speaks no dialect that it was not told to', async (t) => {
  const other = await startHub({ args: ['serve'] });
  t.teardown(() => other.dispose());
  const { key } = await other.tenant();
  t.is((await fetch(`${other.base}/compat/evolution/instance/fetchInstances`, { headers: { apikey: key } })).status, 404);
});
