/** Webhooks in the words of Evolution API: set as its clients set them, read as workflows read them, and called back from. */
import { createHmac } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { until } from '../helpers/hub.ts';
import { becomes, hubOf } from '../http/tenant-world.ts';
import { type Receiver, startReceiver, verify } from '../webhooks/receiver.ts';
import { evolutionOf, type Json } from './clients.ts';

const hub = hubOf(test);
const ANA = '5511988887777';
const JID = `${ANA}@s.whatsapp.net`;
const OWN = '5511999990000';
const GROUP = '120363041234567890@g.us';
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

interface Body {
  event: string;
  data: Json;
  [member: string]: Json;
}

const bodiesOf = ({ requests }: Receiver): Body[] => requests.map(({ body }) => JSON.parse(body));

/** The first of this event that is as asked, once it is there. */
const told = (receiver: Receiver, event: string, holds: (data: Json) => boolean = () => true): Promise<Body> =>
  until(async () => bodiesOf(receiver).find((body) => body.event === event && holds(body.data)), {
    what: `${event} to be told`,
    within: 20_000,
  }) as Promise<Body>;

/** A tenant with an instance that was made with a webhook, and is linked. */
async function linked(t: ExecutionContext, webhook: object = {}) {
  const receiver = await startReceiver(t);
  const { call, key } = await hub().tenant();
  const evolution = evolutionOf(hub(), key);
  const { status, json: made } = await evolution('POST', '/instance/create', {
    ...{ instanceName: 'shop', integration: 'SANDBOX' },
    webhook: { url: receiver.url, ...webhook },
  });
  t.is(status, 201, JSON.stringify(made));
  const sandbox = (path: string, body: object = {}) => call('POST', `/api/sessions/shop/sandbox/${path}`, body);
  await until(async () => (await sandbox('scan', { phone: OWN, name: 'Shop' })).status < 300, { what: 'a code to scan' });
  await becomes(call, '/api/sessions/shop', 'connected');
  const outbox = async (): Promise<Json[]> => (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data;
  return { call, evolution, receiver, made, sandbox, outbox };
}

test('a workflow answers what it is told with what it is told: in the chat, quoting, reacting, marking as read and typing, and may nothing else', async (t) => {
  const { receiver, sandbox, outbox, made, call } = await linked(t);
  await sandbox('receive', { from: ANA, name: 'Ana', text: 'Do you open on Sunday?' });
  const body = await told(receiver, 'messages.upsert');
  t.like(body, {
    ...{ event: 'messages.upsert', instance: 'shop', sender: `${OWN}@s.whatsapp.net`, destination: receiver.url },
    server_url: `${hub().base}/compat/evolution`,
  });
  t.regex(body.date_time, /^\d{4}-\d\d-\d\dT.*Z$/);
  const { key, pushName, message, messageType, messageTimestamp, instanceId } = body.data;
  t.is(key.remoteJid.replace('@s.whatsapp.net', ''), ANA);
  t.false(key.fromMe);
  t.deepEqual(
    [pushName, message.conversation, messageType, instanceId],
    ['Ana', 'Do you open on Sunday?', 'conversation', made.instance.instanceId],
  );
  t.true(Math.abs(messageTimestamp - Date.now() / 1_000) < 60);

  // As a workflow does: by the URL and the key of the body.
  const back = (method: string, path: string, sent: object) =>
    fetch(`${body.server_url}${path}`, {
      method,
      headers: { apikey: body.apikey, 'content-type': 'application/json' },
      body: JSON.stringify(sent),
    }).then(async (response) => ({ status: response.status, json: (await response.json()) as Json }));
  const answered = await back('POST', `/message/sendText/${body.instance}`, {
    number: key.remoteJid,
    text: 'From 10 to 4.',
    quoted: { key },
  });
  t.is(answered.status, 201);
  t.like((await outbox()).at(-1), { text: 'From 10 to 4.', to: `${ANA}@c.us`, replyTo: `false_${ANA}@c.us_${key.id}` });
  t.is((await back('POST', '/message/sendReaction/shop', { key, reaction: '👍' })).status, 201);
  t.is((await back('POST', '/chat/markMessageAsRead/shop', { readMessages: [key] })).status, 201);
  t.is((await back('POST', '/chat/sendPresence/shop', { number: ANA, presence: 'composing', delay: 10 })).status, 201);
  const own = await told(receiver, 'send.message', (data) => data.message.conversation === 'From 10 to 4.');
  t.like(own.data, { key: { remoteJid: JID, fromMe: true, id: answered.json.key.id }, contextInfo: { stanzaId: key.id } });

  for (const [path, sent] of [
    ['/chat/findMessages/shop', {}],
    ['/webhook/set/shop', { webhook: { url: receiver.url } }],
    ['/instance/restart/shop', {}],
    ['/instance/create', { instanceName: 'x', integration: 'SANDBOX' }],
  ] as const) {
    const { status, json } = await back('POST', path, sent);
    t.deepEqual([status, json.error], [403, 'Forbidden'], path);
  }
  await call('POST', '/api/sessions', { name: 'other', engine: 'sandbox' });
  const elsewhere = await back('POST', '/message/sendText/other', { number: ANA, text: 'x' });
  t.is(elsewhere.status, 403);
  t.regex(elsewhere.json.response.message.join(), /alone/);
});

test('every event that Evolution API tells is told, as it tells it', async (t) => {
  const { receiver, sandbox, evolution, call, made } = await linked(t);
  const instanceId = made.instance.instanceId;
  const happens = async (body: object) => t.true((await sandbox('happens', body)).status < 300, JSON.stringify(body));
  await sandbox('receive', { from: ANA, name: 'Ana', text: 'one' });
  const { data: first } = await told(receiver, 'messages.upsert');
  const messageId = `false_${ANA}@c.us_${first.key.id}`;

  t.like((await told(receiver, 'qrcode.updated')).data.qrcode, { instance: 'shop', pairingCode: null });
  t.regex((await told(receiver, 'qrcode.updated')).data.qrcode.base64, /^data:image\/png;base64,/);
  t.deepEqual((await told(receiver, 'connection.update', ({ state }) => state === 'open')).data, {
    ...{ instance: 'shop', wuid: `${OWN}@s.whatsapp.net`, profileName: 'Shop', profilePictureUrl: null, state: 'open', statusReason: 200 },
  });
  const states = bodiesOf(receiver).filter(({ event }) => event === 'connection.update');
  t.deepEqual(
    states.map(({ data }) => data.state),
    ['connecting', 'open'],
    'steps between are no news',
  );

  await happens({ kind: 'reaction', from: ANA, messageId, emoji: '🙏' });
  const reaction = await told(receiver, 'messages.upsert', ({ messageType }) => messageType === 'reactionMessage');
  t.like(reaction.data, {
    key: { remoteJid: JID, fromMe: false },
    message: { reactionMessage: { key: { id: first.key.id, remoteJid: JID, fromMe: false }, text: '🙏' } },
    instanceId,
  });
  t.not(reaction.data.key.id, first.key.id);
  await happens({ kind: 'edited', from: ANA, messageId, text: 'two' });
  t.like((await told(receiver, 'messages.edited')).data, { key: { ...first.key }, editedMessage: { conversation: 'two' }, instanceId });
  await happens({ kind: 'revoked', from: ANA, messageId });
  t.like((await told(receiver, 'messages.delete')).data, {
    id: first.key.id,
    remoteJid: JID,
    fromMe: false,
    status: 'DELETED',
    instanceId,
  });
  await happens({ kind: 'presence', from: ANA, state: 'typing' });
  t.deepEqual((await told(receiver, 'presence.update')).data, { id: JID, presences: { [JID]: { lastKnownPresence: 'composing' } } });
  await happens({ kind: 'participants', from: ANA, chat: GROUP, action: 'add', participants: ['5511988886666'] });
  t.deepEqual((await told(receiver, 'group-participants.update')).data, {
    ...{ id: GROUP, author: JID, participants: ['5511988886666@s.whatsapp.net'], action: 'add' },
  });
  await happens({ kind: 'call', from: ANA, video: true });
  t.like((await told(receiver, 'call')).data, { from: JID, chatId: JID, isVideo: true, isGroup: false, status: 'offer' });

  await sandbox('receive', { from: '5511988886666', chat: GROUP, name: 'Bo', text: 'in the group' });
  const { data: grouped } = await told(receiver, 'messages.upsert', ({ message }) => message.conversation === 'in the group');
  t.like(grouped.key, { remoteJid: GROUP, participant: '5511988886666@s.whatsapp.net', fromMe: false });
  await sandbox('receive', { from: ANA, fromMe: true, text: 'typed on the phone' });
  t.true((await told(receiver, 'messages.upsert', ({ message }) => message.conversation === 'typed on the phone')).data.key.fromMe);

  const { json: sent } = await evolution('POST', '/message/sendText/shop', { number: ANA, text: 'out' });
  await told(receiver, 'send.message');
  for (const [ack, status] of [
    ['delivered', 'DELIVERY_ACK'],
    ['read', 'READ'],
  ] as const) {
    const acked = await sandbox('ack', { messageId: `true_${ANA}@c.us_${sent.key.id}`, ack });
    t.is(acked.status, 204, acked.text);
    const update = await told(receiver, 'messages.update', (data) => data.status === status);
    t.like(update.data, { keyId: sent.key.id, remoteJid: JID, fromMe: true, instanceId });
    t.regex(update.data.messageId, /^msg_/);
  }
  await sandbox('faults', { exists: { unknown: ['5511977776666', '551177776666'] } });
  await evolution('POST', '/message/sendText/shop', { number: '5511977776666', text: 'to nobody' });
  t.is((await told(receiver, 'messages.update', ({ status }) => status === 'ERROR')).data.remoteJid, '5511977776666@s.whatsapp.net');

  const { json: poll } = await evolution('POST', '/message/sendPoll/shop', {
    number: ANA,
    name: 'q',
    selectableCount: 1,
    values: ['a', 'b'],
  });
  await happens({ kind: 'poll-vote', from: ANA, messageId: `true_${ANA}@c.us_${poll.key.id}`, options: ['b'] });
  t.like((await told(receiver, 'messages.upsert', ({ messageType }) => messageType === 'pollUpdateMessage')).data, {
    message: { pollUpdateMessage: { pollCreationMessageKey: { id: poll.key.id, fromMe: true }, vote: { selectedOptions: ['b'] } } },
  });
  await evolution('POST', '/chat/updateMessage/shop', { number: ANA, key: sent.key, text: 'changed' });
  t.is((await told(receiver, 'send.message.update')).data.key.id, sent.key.id);
  await evolution('DELETE', '/chat/deleteMessageForEveryone/shop', sent.key);
  t.truthy(await told(receiver, 'messages.delete', ({ id }) => id === sent.key.id));

  await call('POST', '/api/sessions/shop/sandbox/disconnect', { reason: 'loggedOut' });
  t.like((await told(receiver, 'connection.update', ({ state }) => state === 'close')).data, { statusReason: 401 });
  const names = new Set(bodiesOf(receiver).map(({ event }) => event));
  t.deepEqual(
    [...names].filter((name) => !/^[a-z.-]+$/.test(name)),
    [],
  );
});

test('each event goes to a path of its own, and those alone that were asked for, where that is set', async (t) => {
  const { receiver, sandbox, evolution } = await linked(t, { byEvents: true, events: ['MESSAGES_UPSERT', 'CALL'] });
  await sandbox('receive', { from: ANA, text: 'one' });
  await sandbox('happens', { kind: 'presence', from: ANA, state: 'typing' });
  await evolution('POST', '/message/sendText/shop', { number: ANA, text: 'out' });
  await sandbox('happens', { kind: 'call', from: ANA });
  await told(receiver, 'call');
  t.deepEqual(
    receiver.requests.map(({ path }) => path),
    ['/hook/messages-upsert', '/hook/call'],
  );
  t.is(bodiesOf(receiver)[0]?.destination, `${receiver.url}/messages-upsert`);
});

test('files stand in the body where that is asked for, once they are here; one that cannot be had is told of without', async (t) => {
  const { receiver, sandbox } = await linked(t, { base64: true, events: ['MESSAGES_UPSERT', 'SEND_MESSAGE'] });
  const image = { from: ANA, type: 'image', media: { base64: DOT, mimetype: 'image/png' } };
  await sandbox('receive', { ...image, text: 'look' });
  const { data } = await told(receiver, 'messages.upsert');
  t.like(data, { messageType: 'imageMessage', message: { base64: DOT, imageMessage: { caption: 'look', mimetype: 'image/png' } } });
  await sandbox('faults', { media: { gone: true } });
  await sandbox('receive', { ...image, text: 'gone' });
  const gone = await told(receiver, 'messages.upsert', ({ message }) => message.imageMessage?.caption === 'gone');
  t.false('base64' in gone.data.message);
  t.is(receiver.requests.length, 2, 'each is told of once');
});

test('a hidden number is told by the phone’s, where that is known', async (t) => {
  const { receiver, sandbox } = await linked(t);
  await sandbox('faults', { exists: { lids: { [ANA]: '77665544332211@lid' } } });
  await sandbox('receive', { from: ANA, chat: '77665544332211@lid', text: 'who am I' });
  const { data } = await told(receiver, 'messages.upsert');
  t.is(data.key.remoteJid, JID);
});

test('the webhook is set in both spellings, found, turned off and on, and goes with its instance', async (t) => {
  const { receiver, evolution, call, made } = await linked(t);
  const found = (await evolution('GET', '/webhook/find/shop')).json;
  t.like(found, {
    ...{ enabled: true, url: receiver.url, headers: {}, events: [], webhookByEvents: false, webhookBase64: false },
    instanceId: made.instance.instanceId,
  });
  t.deepEqual(made.webhook, { webhookUrl: receiver.url, webhookHeaders: {}, webhookByEvents: false, webhookBase64: false });
  const headers = { 'x-shop': 'a', authorization: 'Bearer t', 'Content-Type': 'application/json', jwt_key: 'canary' };
  const documented = { enabled: true, url: `${receiver.url}/2`, headers, byEvents: false, base64: false, events: ['CALL'] };
  const { status, json: set } = await evolution('POST', '/webhook/set/shop', { webhook: documented });
  t.is(status, 201, JSON.stringify(set));
  t.like(set, { id: found.id, url: `${receiver.url}/2`, headers: { 'x-shop': 'a' }, events: ['CALL'] });
  t.false(JSON.stringify(set).includes('canary'));
  await call('POST', '/api/sessions/shop/sandbox/happens', { kind: 'call', from: ANA });
  await told(receiver, 'call');
  const { headers: got, path } = receiver.requests.at(-1) ?? {};
  t.is(path, '/hook/2');
  t.is(got?.['x-shop'], 'a');
  const [head = '', claims = '', signature] = String(got?.authorization).replace('Bearer ', '').split('.');
  t.is(signature, createHmac('sha256', 'canary').update(`${head}.${claims}`).digest('base64url'));
  t.like(JSON.parse(Buffer.from(claims, 'base64url').toString()), { app: 'evolution', action: 'webhook' });

  const asNode = { enabled: true, url: receiver.url, webhookByEvents: 'true', webhookBase64: true, events: [] };
  t.like((await evolution('POST', '/webhook/set/shop', { webhook: asNode })).json, {
    id: found.id,
    webhookByEvents: true,
    webhookBase64: true,
    events: [],
  });
  t.false((await evolution('POST', '/webhook/set/shop', { webhook: { enabled: false } })).json.enabled);
  t.true((await evolution('POST', '/webhook/set/shop', { webhook: { url: receiver.url } })).json.enabled);
  const both = await Promise.all([1, 2].map(() => evolution('POST', '/webhook/set/shop', { webhook: { url: receiver.url } })));
  t.deepEqual(
    both.map(({ json }) => json.id),
    [found.id, found.id],
  );
  const wrong = await evolution('POST', '/webhook/set/shop', { webhook: { url: receiver.url, events: ['NO_SUCH'] } });
  t.is(wrong.status, 400);
  t.regex(wrong.json.response.message.join(), /webhook\.events\.0/);

  await evolution('DELETE', '/instance/delete/shop');
  t.deepEqual((await call('GET', '/api/webhooks')).json.data, []);
  await evolution('POST', '/instance/create', { instanceName: 'bare', integration: 'SANDBOX' });
  t.deepEqual((await evolution('GET', '/webhook/find/bare')).json, null);
});

test('an instance whose webhook cannot be is not made', async (t) => {
  const { key } = await hub().tenant();
  const evolution = evolutionOf(hub(), key);
  const { status } = await evolution('POST', '/instance/create', {
    ...{ instanceName: 'loja', integration: 'SANDBOX' },
    webhook: { url: 'http://10.1.2.3/hook' },
  });
  t.is(status, 400);
  t.deepEqual((await evolution('GET', '/instance/fetchInstances')).json, []);
});

test('the key of an instance does all that there is for it, sees it alone, and has no more rights than who made it', async (t) => {
  const { evolution, made, receiver } = await linked(t);
  await evolution('POST', '/instance/create', { instanceName: 'other', integration: 'SANDBOX' });
  const own = evolutionOf(hub(), made.hash);
  const { json: seen } = await own('GET', '/instance/fetchInstances');
  t.deepEqual(
    seen.map(({ name }: Json) => name),
    ['shop'],
  );
  t.is((await own('GET', '/instance/connectionState/shop')).json.instance.state, 'open');
  t.is((await own('POST', '/message/sendText/shop', { number: ANA, text: 'hi' })).status, 201);
  t.is((await own('POST', '/webhook/set/shop', { webhook: { url: receiver.url } })).status, 201);
  for (const [method, path] of [
    ['GET', '/instance/connectionState/other'],
    ['GET', '/instance/connectionState/nobody'],
    ['DELETE', '/instance/delete/other'],
    ['POST', '/instance/create'],
  ] as const) {
    t.is((await own(method, path, method === 'POST' ? { instanceName: 'third', integration: 'SANDBOX' } : undefined)).status, 403, path);
  }

  const { id: tenant } = await hub().tenant();
  const { json: making } = await hub().admin('POST', `/api/tenants/${tenant}/keys`, { scopes: ['sessions:write', 'sessions:read'] });
  const maker = evolutionOf(hub(), making.key);
  const wanted = { instanceName: 'loja', integration: 'SANDBOX' };
  t.is((await maker('POST', '/instance/create', { ...wanted, webhook: { url: receiver.url } })).status, 403);
  const { json: narrow } = await maker('POST', '/instance/create', wanted);
  t.is((await evolutionOf(hub(), narrow.hash)('POST', '/message/sendText/loja', { number: ANA, text: 'hi' })).status, 403);
  t.is((await evolutionOf(hub(), narrow.hash)('DELETE', '/instance/delete/loja')).status, 200);
  t.is((await evolutionOf(hub(), narrow.hash)('GET', '/instance/fetchInstances')).status, 401);
});

test('what fails is tried again, replayed, logged and signed as any delivery is, in the words of the dialect', async (t) => {
  const receiver = await startReceiver(t, ({ body }, response, index) => void response.writeHead(index === 0 ? 500 : 200).end(body));
  const { call, key } = await hub().tenant();
  const evolution = evolutionOf(hub(), key);
  await evolution('POST', '/instance/create', { instanceName: 'shop', integration: 'SANDBOX' });
  await until(async () => (await call('POST', '/api/sessions/shop/sandbox/scan', {})).status < 300);
  await becomes(call, '/api/sessions/shop', 'connected');
  const { json: endpoint } = await call('POST', '/api/webhooks', {
    ...{ url: receiver.url, sessions: ['shop'], dialect: 'evolution', schedule: [1] },
    dialectOptions: { events: ['MESSAGES_UPSERT'] },
  });
  t.regex(endpoint.callbackKeyId, /^key_/);
  t.is(endpoint.dialectOptions.serverUrl, `${hub().base}/compat/evolution`);
  const since = new Date().toISOString();
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, text: 'one' });
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, text: 'two' });
  await until(async () => receiver.requests.length === 3, { what: 'the second try, and what waited behind it' });
  const texts = () => bodiesOf(receiver).map(({ data }) => data.message.conversation);
  t.deepEqual(texts(), ['one', 'one', 'two']);
  t.is(receiver.requests[0]?.body, receiver.requests[1]?.body ?? '');
  t.is(receiver.ids()[0], receiver.ids()[1] ?? '');
  for (const request of receiver.requests) t.notThrows(() => verify(endpoint.secret, request));

  const noted = async () => {
    const { json } = await call('GET', `/api/webhooks/${endpoint.id}/deliveries`);
    return json.data.every(({ status }: { status: string }) => status === 'delivered') && json;
  };
  const deliveries = await until(noted, { what: 'what the receiver answered to be noted' });
  t.is(deliveries.data.length, 2, 'what it did not ask for is not owed at all');
  const { json: delivery } = await call('GET', `/api/deliveries/${deliveries.data[1].id}`);
  t.is(delivery.attempts.length, 2);
  const { apikey, ...logged } = JSON.parse(delivery.body);
  const { apikey: secret, ...sent } = bodiesOf(receiver)[0] as Body;
  t.deepEqual(logged, sent);
  t.is(apikey, '***');
  t.false(JSON.stringify(delivery).includes(secret), 'nor where the receiver repeats it');
  t.true(delivery.attempts[0].responseBody.includes('"***"'));
  t.regex(secret, /^hlk_/);
  await call('POST', `/api/webhooks/${endpoint.id}/replay`, { since });
  await until(async () => receiver.requests.length === 5, { what: 'the replay' });
  t.deepEqual(texts().slice(3), ['one', 'two']);

  const operator = evolutionOf(hub(), secret);
  t.is((await operator('POST', '/message/sendText/shop', { number: ANA, text: 'back' })).status, 201);
  await call('DELETE', `/api/webhooks/${endpoint.id}`);
  t.is((await operator('POST', '/message/sendText/shop', { number: ANA, text: 'back' })).status, 401);
});
