/** Clients of Meta's Cloud API against the hub: what they send, and what they read of the answers. */
import test from 'ava';
import { startHub, until } from '../helpers/hub.ts';
import { hubOf } from '../http/tenant-world.ts';
import type { Json } from './clients.ts';
import { baseOf, type Cloud, cloudOf } from './cloud-clients.ts';

const hub = hubOf(test, { HOOKLINE_LOG_LEVEL: 'silly' });
const ANA = '5511988887777';
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';

/** A tenant with a session that is linked. */
async function linked(name = 'shop') {
  const { call, key, id } = await hub().tenant();
  const cloud = cloudOf(hub(), key);
  const { json } = await call('POST', '/api/sessions', { name, engine: 'sandbox' });
  await call('POST', `/api/sessions/${name}/sandbox/scan`, { phone: '5511999990000' });
  await until(async () => (await cloud('GET', `/${name}?fields=status`)).json.status === 'CONNECTED', { what: `${name} to be connected` });
  const outbox = async (): Promise<Json[]> => (await call('GET', `/api/sessions/${name}/sandbox/outbox`)).json.data;
  const send = (body: object, headers?: Record<string, string>) =>
    cloud('POST', `/${name}/messages`, { messaging_product: 'whatsapp', ...body }, headers);
  /** What reached the phone last, once so many did: a send that takes long is answered before. */
  const last = async (nth: number): Promise<Json> => {
    const all = await until(
      async () => {
        const seen = await outbox();
        return seen.length >= nth && seen;
      },
      { what: `${nth} messages to reach the phone` },
    );
    return all.length === nth ? all.at(-1) : Promise.reject(new Error(`${all.length} messages, not ${nth}`));
  };
  return { call, key, cloud, outbox, last, send, tenantId: id, phoneId: json.id as string };
}

const WEBP = 'UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA';

const form = (name = 'd.png'): FormData => {
  const data = new FormData();
  data.set('messaging_product', 'whatsapp');
  data.set('type', 'image/png');
  data.set('file', new Blob([Buffer.from(DOT, 'base64')], { type: 'image/png' }), name);
  return data;
};

/** A refusal has Meta's shape, and these members. */
const refused = ({ status, json }: { status: number; json: Json }) => {
  const { message, type, code, error_data: data, fbtrace_id: trace } = json.error;
  return {
    status,
    code,
    type,
    product: data.messaging_product,
    isTold: message.startsWith(`(#${code}) `) && trace !== '',
    details: data.details,
  };
};
const isRefused = (status: number, code: number) => ({ status, code, type: 'OAuthException', product: 'whatsapp', isTold: true });

test('messages of every kind reach the phone, and are answered as accepted', async (t) => {
  const { cloud, last, send } = await linked();
  const { json: uploaded } = await cloud('POST', '/shop/media', form());
  const file = { id: uploaded.id };
  const rows: [body: object, seen: object][] = [
    [
      { context: null, text: { body: 'oi' }, type: 'text' },
      { type: 'text', text: 'oi' },
    ],
    [{ text: { body: 'no type', preview_url: true } }, { type: 'text', text: 'no type' }],
    [
      { type: 'image', image: { ...file, caption: 'c' } },
      { type: 'image', caption: 'c' },
    ],
    [{ type: 'document', document: { ...file, caption: null, filename: 'd.png' } }, { type: 'document' }],
    [{ type: 'location', location: { latitude: -23.5, longitude: '-46.6', name: 'n', address: 'a' } }, { type: 'location' }],
    [
      {
        type: 'contacts',
        contacts: [
          {
            name: { formatted_name: 'Bo', first_name: 'Bo' },
            phones: [{ wa_id: '5511988886666' }, { phone: '+55 11 98888-5555', type: 'WORK' }],
            emails: [{ email: 'bo@example.com' }],
            org: { company: 'Bo & Co' },
          },
        ],
      },
      {
        type: 'contact',
        contacts: [{ name: 'Bo', phones: ['+5511988886666', '+5511988885555'], organization: 'Bo & Co', emails: ['bo@example.com'] }],
      },
    ],
    [
      {
        type: 'interactive',
        interactive: {
          type: 'list',
          header: { type: 'text', text: 'H' },
          body: { text: 'B' },
          footer: { text: 'F' },
          action: { button: 'open', sections: [{ title: 'S', rows: [{ id: '1', title: 'one', description: '' }] }] },
        },
      },
      {
        type: 'list',
        list: { title: 'H', text: 'B', footer: 'F', button: 'open', sections: [{ title: 'S', rows: [{ id: '1', title: 'one' }] }] },
      },
    ],
    // As Chatwoot writes it.
    [
      {
        type: 'interactive',
        interactive: {
          type: 'list',
          body: { text: 'B' },
          action: JSON.stringify({ button: 'open', sections: [{ rows: [{ id: '1', title: 'one' }] }] }),
        },
      },
      { type: 'list', list: { text: 'B', button: 'open', sections: [{ title: '', rows: [{ id: '1', title: 'one' }] }] } },
    ],
    [
      {
        type: 'interactive',
        interactive: {
          ...{ type: 'button', fallback: 'text', body: { text: 'Well?' } },
          action: { buttons: ['Yes', 'No'].map((title, id) => ({ type: 'reply', reply: { id: `${id}`, title } })) },
        },
      },
      { type: 'text', text: 'Well?\n\n1. Yes\n2. No' },
    ],
  ];
  for (const [nth, [body, seen]] of rows.entries()) {
    const { status, json } = await send({ to: `+${ANA}`, ...body });
    const what = `${JSON.stringify(body)}: ${JSON.stringify(json)}`;
    t.is(status, 200, what);
    t.like(json, {
      messaging_product: 'whatsapp',
      contacts: [{ input: `+${ANA}`, wa_id: ANA }],
      messages: [{ message_status: 'accepted' }],
    });
    t.regex(json.messages[0].id, /^wamid\.[\w-]+$/);
    t.like(await last(nth + 1), { to: `${ANA}@c.us`, ...seen }, what);
  }
});

test('a voice note is one where it says so, a sticker is a WebP picture, and a group is written to by its id', async (t) => {
  const { cloud, call, last, send } = await linked();
  const upload = async (bytes: Uint8Array<ArrayBuffer>, type: string): Promise<{ id: string }> => {
    const data = new FormData();
    data.set('messaging_product', 'whatsapp');
    data.set('file', new Blob([bytes], { type }), 'file');
    return (await cloud('POST', '/shop/media', data)).json;
  };
  const ogg = Buffer.concat([Buffer.from('OggS\0\x02'), Buffer.alloc(20), Buffer.from('\x01\x13OpusHead\x01\x01'), Buffer.alloc(40)]);
  const voice = await upload(ogg, 'audio/ogg');
  t.is((await send({ to: ANA, type: 'audio', audio: { ...voice, voice: true } })).status, 200);
  t.is((await last(1)).type, 'voice');
  t.is((await send({ to: ANA, type: 'audio', audio: voice })).status, 200);
  t.is((await last(2)).type, 'audio');
  const [picture, sticker] = [
    await upload(Buffer.from(DOT, 'base64'), 'image/png'),
    await upload(Buffer.from(WEBP, 'base64'), 'image/webp'),
  ];
  t.like(refused(await send({ to: ANA, type: 'sticker', sticker: picture })), isRefused(400, 131053));
  t.is((await send({ to: ANA, type: 'sticker', sticker })).status, 200);
  t.is((await last(3)).type, 'sticker');
  const { json: group } = await call('POST', '/api/sessions/shop/groups', { subject: 'Team', participants: [ANA] });
  const { json } = await send({ recipient_type: 'group', to: group.id.replace('@g.us', ''), text: { body: 'all' } });
  t.is(json.contacts[0].wa_id, group.id);
  t.is((await last(4)).to, group.id);
});

test('a message is answered and reacted to by the id that it was told with, by the hub’s and by WhatsApp’s', async (t) => {
  const { call, last, outbox, send } = await linked();
  const { json: sent } = await send({ to: ANA, text: { body: 'one' }, biz_opaque_callback_data: 'order-7' });
  const { engineId } = await last(1);
  let nth = 1;
  const { json: stored } = await call('GET', '/api/sessions/shop/messages');
  t.is(stored.data[0].reference, 'order-7');
  const wamid = sent.messages[0].id;
  const whole = `wamid.${Buffer.from(engineId).toString('base64url')}`;
  for (const message_id of [wamid, stored.data[0].id, engineId, whole, engineId.split('_')[2]]) {
    t.is((await send({ to: ANA, context: { message_id }, text: { body: 'answer' } })).status, 200, message_id);
    t.is((await last(++nth)).replyTo, engineId, message_id);
    const { status, json } = await send({ to: ANA, type: 'reaction', reaction: { message_id, emoji: '👍' } });
    t.is(status, 200, JSON.stringify(json));
    t.like(await last(++nth), { type: 'reaction', target: engineId, emoji: '👍' });
  }
  await send({ to: ANA, type: 'reaction', reaction: { message_id: wamid } });
  t.like(await last(++nth), { type: 'reaction', target: engineId, emoji: '' });
  // The last one is Meta's own.
  for (const message_id of ['wamid.bm8', 'wamid.', 'msg_none', 'wamid.HBgLMTY1MDUwNzYwMzYVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA']) {
    for (const body of [
      { context: { message_id } },
      { type: 'reaction', reaction: { message_id, emoji: '👍' } },
      { status: 'read', message_id },
    ]) {
      const answer = await send({ to: ANA, text: { body: 'x' }, ...body });
      t.like(refused(answer), isRefused(400, 100));
      t.true(answer.json.error.message.includes(`The message "${message_id}" is not known here`), answer.json.error.message);
    }
  }
  t.is((await outbox()).length, nth);
});

test('a message that came in is marked as read, with the typing indicator until the next send', async (t) => {
  const { call, last, send } = await linked();
  const { json: received } = await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, text: 'hi' });
  const unread = async () => (await call('GET', '/api/sessions/shop/chats')).json.data[0]?.unread;
  await until(async () => (await unread()) === 1, { what: 'the message' });
  const { json: stored } = await until(
    async () => {
      const answer = await call('GET', '/api/sessions/shop/messages');
      return answer.json.data.length === 1 && answer;
    },
    { what: 'the message to be stored' },
  );
  const message_id = `wamid.${Buffer.from(stored.data[0].id).toString('base64url')}`;
  t.deepEqual(await send({ status: 'read', message_id }), { status: 200, json: { success: true } });
  t.is(await unread(), 0);
  t.deepEqual(await send({ status: 'read', message_id: received.engineId, typing_indicator: { type: 'text' } }), {
    ...{ status: 200, json: { success: true } },
  });
  await send({ to: ANA, text: { body: 'answer' } });
  t.true((await last(1)).typingMs > 0, 'it was shown before the answer');
  await send({ to: ANA, text: { body: 'more' } });
  t.is((await last(2)).typingMs, 0, 'and no more behind it');
  t.like(refused(await send({ status: 'read' })), isRefused(400, 100));
  t.like(refused(await send({ status: 'read', message_id: 'wamid.x' })), isRefused(400, 100));
});

test('files go up and down, and are told of while they are still on their way', async (t) => {
  const { call, key, cloud } = await linked();
  const { status, json: uploaded } = await cloud('POST', '/shop/media', form());
  t.is(status, 200);
  const { json: told } = await cloud('GET', `/${uploaded.id}?phone_number_id=shop`);
  t.like(told, { messaging_product: 'whatsapp', id: uploaded.id, mime_type: 'image/png', file_size: Buffer.from(DOT, 'base64').length });
  t.regex(told.sha256, /^[0-9a-f]{64}$/);
  const file = await fetch(told.url, { headers: { authorization: `Bearer ${key}` } });
  t.is(Buffer.from(await file.arrayBuffer()).toString('base64'), DOT);
  t.is((await fetch(told.url)).status, 401);
  t.deepEqual(await cloud('DELETE', `/${uploaded.id}`), { status: 200, json: { success: true } });
  t.like(refused(await cloud('GET', `/${uploaded.id}`)), isRefused(400, 100));
  // Of what comes in it is asked as soon as it is heard of.
  await call('POST', '/api/sessions/shop/sandbox/receive', { from: ANA, type: 'image', media: { base64: DOT, mimetype: 'image/png' } });
  const media = await until(async () => (await call('GET', '/api/sessions/shop/messages')).json.data[0]?.media, { what: 'the message' });
  const arrived = await cloud('GET', `/${media.id}`);
  t.is(arrived.status, 200, JSON.stringify(arrived.json));
  t.is(arrived.json.mime_type, 'image/png');
});

test('a file of another tenant is not there', async (t) => {
  const [mine, theirs] = [await linked(), await linked()];
  const { json } = await mine.cloud('POST', '/shop/media', form());
  for (const method of ['GET', 'DELETE']) {
    const answer = await theirs.cloud(method, `/${json.id}`);
    t.like(refused(answer), isRefused(400, 100), method);
    t.is(answer.json.error.error_subcode, 33);
  }
  t.like(refused(await theirs.send({ to: ANA, type: 'image', image: json })), isRefused(400, 100));
  t.is((await mine.cloud('GET', `/${json.id}`)).status, 200);
});

test('what a linked phone cannot send is refused, under Meta’s number, with what to use instead', async (t) => {
  const { outbox, send } = await linked();
  const interactive = (type: string, more: object = {}) => ({
    type: 'interactive',
    interactive: { type, body: { text: 'B' }, action: { buttons: [{ type: 'reply', reply: { id: '1', title: 'one' } }] }, ...more },
  });
  const rows: [body: object, code: number, why: RegExp][] = [
    [{ type: 'template', template: { name: 'hello', language: { code: 'en' } } }, 132001, /needs no template: send its words/],
    [interactive('button'), 131051, /no buttons of a linked device: send a list/],
    [interactive('cta_url'), 131051, /nothing interactive of the type "cta_url"/],
    [interactive('button', { fallback: 'text', header: { type: 'image' } }), 131051, /send the file on its own/],
    [interactive('button', { fallback: 'text', action: { buttons: [{ type: 'other' }] } }), 100, /buttons.0.reply/],
    [interactive('list'), 100, /sections/],
    [interactive('list', { action: 'no json' }), 100, /action/],
    [{ type: 'order' }, 131051, /no messages of the type "order"/],
    [{ type: 'text' }, 100, /text: is missing/],
    [{ type: 'text', text: { body: '' } }, 100, /text/],
    [{ type: 'image', image: {} }, 100, /media/],
    [{ type: 'image', image: { id: 'med_none' } }, 100, /There is no such media/],
    [
      { type: 'contacts', contacts: [{ name: { formatted_name: 'Bo' }, phones: [{ phone: '190' }], birthday: '2000-01-01' }] },
      100,
      /birthday/,
    ],
    [{ to: undefined, recipient: 'BR.123', text: { body: 'x' } }, 100, /give one in "to"/],
    [{ to: undefined, text: { body: 'x' } }, 100, /to: is missing/],
    [{ to: '12', text: { body: 'x' } }, 100, /Not a WhatsApp address/],
    [{ messaging_product: 'sms', text: { body: 'x' } }, 100, /messaging_product/],
    [{ text: { body: 'x' }, biz_opaque_callback_data: 'x'.repeat(201) }, 100, /reference/],
  ];
  for (const [body, code, why] of rows) {
    const answer = await send({ to: ANA, ...body });
    const { details, ...told } = refused(answer);
    t.deepEqual(told, isRefused(400, code), JSON.stringify([body, answer.json]));
    t.regex(`${answer.json.error.message} ${details}`, why);
  }
  t.deepEqual(await outbox(), []);
});

test('who is not on WhatsApp is told at once, and what has not left in time leaves later, once', async (t) => {
  const { call, outbox, send } = await linked();
  await call('POST', '/api/sessions/shop/sandbox/faults', { exists: { unknown: [ANA, '551188887777'] } });
  t.like(refused(await send({ to: ANA, text: { body: 'x' } })), isRefused(400, 131026));
  await call('POST', '/api/sessions/shop/sandbox/faults', { exists: { unknown: [] } });
  await call('POST', '/api/sessions/shop/disconnect');
  const later = () => send({ to: '5511988886666', text: { body: 'later' } }, { 'idempotency-key': 'k1' });
  const [first, second] = [await later(), await later()];
  t.is(first.status, 200, JSON.stringify(first.json));
  t.deepEqual(second, first);
  t.like(refused(await send({ status: 'read', message_id: first.json.messages[0].id })), isRefused(400, 133010));
  await call('POST', '/api/sessions/shop/connect');
  await until(async () => (await outbox()).length === 1, { what: 'the send' });
  const { status } = await send({ to: '5511988886666', context: { message_id: first.json.messages[0].id }, text: { body: 'more' } });
  t.is(status, 200);
});

test('a session is told of as a phone number, and the tenant as its account', async (t) => {
  const { call, key, cloud, tenantId, phoneId } = await linked();
  t.deepEqual((await cloud('GET', '/shop')).json, {
    ...{ id: phoneId, verified_name: 'Sandbox', display_phone_number: '+5511999990000', code_verification_status: 'VERIFIED' },
    ...{ quality_rating: 'UNKNOWN', status: 'CONNECTED', platform_type: 'NOT_APPLICABLE' },
  });
  t.deepEqual((await cloud('GET', `/${phoneId}?fields=id,display_phone_number`)).json, {
    id: phoneId,
    display_phone_number: '+5511999990000',
  });
  await call('POST', '/api/sessions', { name: 'unlinked', engine: 'sandbox' });
  const { json: phones } = await cloud('GET', `/${tenantId}/phone_numbers?fields=id,display_phone_number&limit=100`);
  t.deepEqual(phones.data.map(({ display_phone_number: number }: Json) => number).sort(), ['', '+5511999990000']);
  t.is((await cloud('GET', `/${tenantId}`)).json.id, tenantId);
  // Any version will do, and none.
  for (const version of ['', '/v13.0', '/v99.1']) {
    const response = await fetch(`${baseOf(hub())}${version}/shop`, { headers: { authorization: `Bearer ${key}` } });
    t.is(((await response.json()) as Json).id, phoneId, version);
  }
  // As Chatwoot looks whether an inbox is right.
  const templates = await fetch(`${baseOf(hub())}/v14.0/${tenantId}/message_templates?access_token=${key}`);
  t.deepEqual([templates.status, await templates.json()], [200, { data: [], paging: {} }]);
  const { json: token } = await cloud('GET', `/debug_token?input_token=${key}`);
  t.like(token.data, {
    is_valid: true,
    app_id: tenantId,
    expires_at: 0,
    scopes: ['whatsapp_business_messaging', 'whatsapp_business_management'],
  });
  t.like(refused(await cloud('GET', '/debug_token?input_token=other')), isRefused(400, 100));
});

test('a number is registered by starting its session, and deregistered by stopping it', async (t) => {
  const { call, cloud } = await linked();
  const status = async (name: string) => (await cloud('GET', `/${name}?fields=status`)).json.status;
  t.deepEqual(await cloud('POST', '/shop/deregister'), { status: 200, json: { success: true } });
  t.is(await status('shop'), 'DISCONNECTED');
  t.deepEqual(await cloud('POST', '/shop/register', { messaging_product: 'whatsapp', pin: '000000' }), {
    status: 200,
    json: { success: true },
  });
  t.is(await status('shop'), 'CONNECTED');
  await call('POST', '/api/sessions', { name: 'unlinked', engine: 'sandbox' });
  const answer = await cloud('POST', '/unlinked/register', { messaging_product: 'whatsapp', pin: '000000' });
  t.like(refused(answer), isRefused(400, 133010));
  t.regex(answer.json.error.message, /link its phone first: GET \/api\/sessions\/unlinked\/qr/);
});

test('a key is shown in the query of a GET alone, and stands in no log', async (t) => {
  const { key, cloud, tenantId } = await linked();
  const nobody = cloudOf(hub(), null);
  t.is((await nobody('GET', `/${tenantId}/message_templates?access_token=${key}`)).status, 200);
  t.is((await nobody('GET', `/shop?access_token=${key}`)).status, 200);
  t.is((await nobody('GET', `/nobody?access_token=${key}`)).status, 400);
  t.like(refused(await nobody('GET', `/shop?access_token=${key}&access_token=${key}`)), isRefused(401, 190));
  t.like(refused(await nobody('GET', '/shop?access_token=wrong')), isRefused(401, 190));
  const send = { messaging_product: 'whatsapp', to: ANA, text: { body: 'x' } };
  t.like(refused(await nobody('POST', `/shop/messages?access_token=${key}`, send)), isRefused(401, 190));
  t.like(refused(await nobody('DELETE', `/med_x?access_token=${key}`)), isRefused(401, 190));
  t.is((await fetch(`${hub().base}/api/sessions?access_token=${key}`)).status, 401);
  await cloud('GET', `/debug_token?input_token=${key}`);
  t.regex(hub().output(), /compat\/cloud\/:id/);
  t.false(hub().output().includes(key));
});

test('a key does what its scopes say, and no more', async (t) => {
  const { call, cloud, tenantId } = await linked();
  const { json: file } = await cloud('POST', '/shop/media', form());
  const limitedTo = async (...scopes: string[]): Promise<Cloud> => {
    const { json, status } = await hub().admin('POST', `/api/tenants/${tenantId}/keys`, { name: scopes.join(), scopes });
    t.is(status, 201, JSON.stringify(json));
    return cloudOf(hub(), json.key);
  };
  const [sender, reader, watcher] = [await limitedTo('messages:send'), await limitedTo('messages:read'), await limitedTo('sessions:read')];
  const send = ['POST', '/shop/messages', { messaging_product: 'whatsapp', to: ANA, text: { body: 'x' } }] as const;
  const rows: [who: Cloud, asked: readonly [string, string, object?], status: number][] = [
    [sender, send, 200],
    [reader, send, 403],
    [watcher, send, 403],
    [sender, ['GET', `/${file.id}`], 403],
    [reader, ['GET', `/${file.id}`], 200],
    [watcher, ['GET', `/${file.id}`], 403],
    [sender, ['GET', '/shop'], 403],
    [reader, ['GET', '/shop'], 403],
    [watcher, ['GET', '/shop'], 200],
    [sender, ['GET', `/${tenantId}`], 403],
    [watcher, ['GET', `/${tenantId}/phone_numbers`], 200],
    [reader, ['GET', `/${tenantId}/phone_numbers`], 403],
    [watcher, ['POST', '/shop/deregister', {}], 403],
    [reader, ['DELETE', `/${file.id}`], 403],
  ];
  for (const [who, [method, path, body], status] of rows) {
    const answer = await who(method, path, body);
    t.is(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.json)}`);
    if (status === 403) t.like(refused(answer), isRefused(403, 10));
  }
  const { json: token } = await call('GET', '/api/sessions');
  t.truthy(token);
});

test('no path answers for a session or an account of another tenant, or without a key', async (t) => {
  const { tenantId } = await linked('theirs');
  const { key } = await hub().tenant();
  const document = (await (await fetch(`${baseOf(hub())}/openapi.json`)).json()) as Json;
  const operations = Object.entries(document.paths as Record<string, Record<string, Json>>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path.replace('/compat/cloud', '')] as const),
  );
  t.true(operations.length > 25);
  const ids = Object.values(document.paths as Record<string, Record<string, Json>>).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  t.is(new Set(ids).size, ids.length, 'each operation has a name of its own');
  for (const [method, path] of operations.filter(([, each]) => each.includes('{id}'))) {
    for (const id of ['theirs', tenantId]) {
      const asked = [method, path.replace('{id}', id), method === 'POST' ? {} : undefined] as const;
      const answer = await cloudOf(hub(), key)(...asked);
      t.like(refused(answer), isRefused(400, 100), `${method} ${path}`);
      t.regex(answer.json.error.message, /does not exist, or this key may not see it/, `${method} ${path}`);
      t.like(refused(await cloudOf(hub(), 'wrong')(...asked)), isRefused(401, 190), `${method} ${path}`);
      t.like(refused(await cloudOf(hub(), null)(...asked)), isRefused(401, 190), `${method} ${path}`);
    }
  }
  t.like(refused(await cloudOf(hub(), key)('GET', '/a/b/c')), isRefused(400, 100));
  t.like(refused(await cloudOf(hub(), key)('POST', '/debug_token/x/y')), isRefused(400, 100));
});

test('what is of the Cloud API alone is refused with what to use instead', async (t) => {
  const { cloud, tenantId } = await linked();
  for (const [method, path, why] of [
    ['POST', '/shop', /Change the profile on the phone/],
    ['GET', '/shop/whatsapp_business_profile', /Change the profile on the phone/],
    ['POST', '/shop/request_code', /link-pages/],
    ['POST', '/shop/calls', /makes no calls/],
    ['POST', '/shop/block_users', /contacts\/\{contact\}\/block/],
    ['POST', `/${tenantId}/message_templates`, /any text at any time/],
    ['POST', `/${tenantId}/flows`, /\/api\/flows/],
  ] as const) {
    const answer = await cloud(method, path, method === 'POST' ? {} : undefined);
    t.like(refused(answer), isRefused(400, 100), path);
    t.regex(answer.json.error.message, why);
  }
});

test('where the operator says so, choices go out as numbered text', async (t) => {
  const other = await startHub({ env: { HOOKLINE_DIALECT_CHOICES: 'text' } });
  t.teardown(() => other.dispose());
  const { call, key } = await other.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' });
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'connected', { what: 'the session to be connected' });
  // As Typebot and Chatwoot ask.
  const buttons = [{ type: 'reply', reply: { id: '1', title: 'Yes' } }];
  const rows = [{ id: '1', title: 'one', description: 'the first' }];
  for (const [nth, [interactive, text]] of [
    [{ type: 'button', body: { text: 'Well?' }, action: { buttons } }, 'Well?\n\n1. Yes'],
    [
      { type: 'list', body: { text: 'Which?' }, action: JSON.stringify({ button: 'open', sections: [{ rows }] }) },
      'Which?\n\n1. one: the first',
    ],
  ].entries()) {
    const message = { messaging_product: 'whatsapp', to: ANA, type: 'interactive', interactive };
    const { status, json } = await cloudOf(other, key)('POST', '/shop/messages', message);
    t.is(status, 200, JSON.stringify(json));
    t.is(json.warnings, undefined);
    const outbox = await until(
      async () => {
        const { data } = (await call('GET', '/api/sessions/shop/sandbox/outbox')).json;
        return data.length > nth && data;
      },
      { what: 'the message' },
    );
    t.like(outbox.at(-1), { type: 'text', text });
  }
});

test('a hub speaks it only where it was told to', async (t) => {
  const other = await startHub({ env: { HOOKLINE_DIALECTS: 'evolution' } });
  t.teardown(() => other.dispose());
  const { key } = await other.tenant();
  t.is((await fetch(`${baseOf(other)}/v23.0/shop?access_token=${key}`)).status, 404);
});
