/** Webhooks as Meta sends them: set as its clients set them, and read as Chatwoot and Typebot read them. */
import { createHmac } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';
import { until } from '../helpers/hub.ts';
import { becomes, hubOf } from '../http/tenant-world.ts';
import { type Receiver, type Respond, startReceiver, verify } from '../webhooks/receiver.ts';
import type { Json } from './clients.ts';
import { cloudOf } from './cloud-clients.ts';

const hub = hubOf(test);
const ANA = '5511988887777';
const OWN = '5511999990000';
const GROUP = '120363041234567890@g.us';
const DOT = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const TOKEN = 'verify-canary';
const APP_SECRET = 'app-canary';

/** What Typebot reads of a webhook, and refuses where it is otherwise. */
const file = z.object({ id: z.string(), mime_type: z.string() });
const titled = z.object({ id: z.string(), title: z.string() });
const sender = { id: z.string().optional(), from: z.string().optional(), from_user_id: z.string().optional(), timestamp: z.string() };
const message = <Type extends string>(type: Type, shape: z.ZodRawShape) => z.object({ ...sender, type: z.literal(type), ...shape });
const Incoming = z.discriminatedUnion('type', [
  message('text', { text: z.object({ body: z.string() }) }),
  message('interactive', {
    interactive: z.discriminatedUnion('type', [
      z.object({ type: z.literal('button_reply'), button_reply: titled }),
      z.object({ type: z.literal('list_reply'), list_reply: titled }),
    ]),
  }),
  message('image', { image: file }),
  message('video', { video: file }),
  message('audio', { audio: file }),
  message('document', { document: file }),
  message('sticker', { sticker: file }),
  message('location', { location: z.object({ latitude: z.number(), longitude: z.number() }) }),
  message('reaction', { reaction: z.object({ message_id: z.string(), emoji: z.string().optional() }) }),
  message('contacts', {
    contacts: z.array(z.object({ name: z.object({ formatted_name: z.string() }), phones: z.array(z.object({ phone: z.string() })) })),
  }),
  message('unsupported', {}),
]);
const Fault = z.object({ code: z.number(), title: z.string(), message: z.string(), error_data: z.object({ details: z.string() }) });
const Webhook = z.object({
  object: z.literal('whatsapp_business_account'),
  entry: z
    .array(
      z.object({
        id: z.string(),
        changes: z
          .array(
            z.object({
              field: z.enum(['messages', 'smb_message_echoes']),
              value: z.object({
                messaging_product: z.literal('whatsapp'),
                metadata: z.object({ display_phone_number: z.string(), phone_number_id: z.string() }),
                contacts: z
                  .array(z.object({ profile: z.object({ name: z.string() }) }))
                  .max(1)
                  .optional(),
                messages: z.array(Incoming).max(1).optional(),
                message_echoes: z.array(Incoming).max(1).optional(),
                statuses: z
                  .array(
                    z.object({
                      id: z.string(),
                      recipient_id: z.string(),
                      status: z.enum(['sent', 'delivered', 'read', 'failed']),
                      timestamp: z.string().regex(/^\d{10}$/),
                      errors: z.array(Fault).optional(),
                    }),
                  )
                  .max(1)
                  .optional(),
              }),
            }),
          )
          .length(1),
      }),
    )
    .length(1),
});

const isVerification = ({ path }: { path: string }): boolean => path.includes('hub.mode=');

/** As Meta's documents have a receiver answer; `knows`: the token that it waits for. */
const verifies =
  (knows = TOKEN): Respond =>
  ({ path }, response) => {
    const { searchParams: asked } = new URL(path, 'http://receiver');
    if (!isVerification({ path })) return response.writeHead(200).end();
    const isRight = asked.get('hub.mode') === 'subscribe' && asked.get('hub.verify_token') === knows;
    return response.writeHead(isRight ? 200 : 403).end(isRight ? asked.get('hub.challenge') : 'no');
  };

/** All that was told, as it is read. */
const valuesOf = ({ requests }: Receiver): Json[] =>
  requests.filter((request) => !isVerification(request)).map(({ body }) => JSON.parse(body).entry[0].changes[0].value);

const told = (receiver: Receiver, what: string, holds: (value: Json) => boolean): Promise<Json> =>
  until(async () => valuesOf(receiver).find(holds), { what: `${what} to be told`, within: 20_000 });

async function linked(t: ExecutionContext, options: object = {}) {
  const receiver = await startReceiver(t, verifies());
  const { call, key, id: tenantId } = await hub().tenant();
  const { json: session } = await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  const sandbox = (path: string, body: object = {}) => call('POST', `/api/sessions/shop/sandbox/${path}`, body);
  await sandbox('scan', { phone: OWN, name: 'Shop' });
  await becomes(call, '/api/sessions/shop', 'connected');
  const made = await call('POST', '/api/webhooks', {
    ...{ url: receiver.url, dialect: 'cloud' },
    dialectOptions: { verifyToken: { secret: TOKEN }, appSecret: { secret: APP_SECRET }, ...options },
  });
  t.is(made.status, 201, made.text);
  const cloud = cloudOf(hub(), key);
  const send = (body: object) => cloud('POST', '/shop/messages', { messaging_product: 'whatsapp', to: ANA, ...body });
  const messages = (): Promise<Json[]> => call('GET', '/api/sessions/shop/messages').then(({ json }) => json.data);
  return { call, key, cloud, send, sandbox, messages, receiver, tenantId, phoneId: session.id as string, endpoint: made.json };
}

test('messages of every kind are told as Meta does, one a request, and all of them are read by Typebot', async (t) => {
  const { receiver, sandbox, tenantId, phoneId, cloud, messages } = await linked(t);
  const contacts = [{ name: 'Bo', phones: ['+5511988886666'], organization: 'Bo & Co', emails: ['bo@example.com'] }];
  const media = { base64: DOT, mimetype: 'image/png', filename: 'd.png' };
  const rows: [received: object, told: Json][] = [
    [{ text: 'olá 👋' }, { type: 'text', text: { body: 'olá 👋' } }],
    [
      { type: 'image', media, text: 'look' },
      { type: 'image', image: { mime_type: 'image/png', caption: 'look' } },
    ],
    [
      { type: 'document', media },
      { type: 'document', document: { mime_type: 'image/png', filename: 'd.png' } },
    ],
    [
      { type: 'location', location: { latitude: -23.5, longitude: -46.6, name: 'n' } },
      { type: 'location', location: { latitude: -23.5, longitude: -46.6, name: 'n' } },
    ],
    [
      { type: 'contact', contacts },
      {
        type: 'contacts',
        contacts: [
          {
            name: { formatted_name: 'Bo', first_name: 'Bo' },
            phones: [{ phone: '+5511988886666', wa_id: '5511988886666', type: 'CELL' }],
            emails: [{ email: 'bo@example.com' }],
            org: { company: 'Bo & Co' },
          },
        ],
      },
    ],
    [
      { type: 'list-reply', choice: { id: '1', title: 'one' } },
      { type: 'interactive', interactive: { type: 'list_reply', list_reply: { id: '1', title: 'one' } } },
    ],
    [
      { type: 'button-reply', choice: { id: '2', title: 'two' } },
      { type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: '2', title: 'two' } } },
    ],
    [
      { type: 'poll', poll: { question: 'q', options: ['a', 'b'], selectable: 1 } },
      { type: 'unsupported', errors: [{ code: 131051 }] },
    ],
  ];
  for (const [nth, [received, wanted]] of rows.entries()) {
    await sandbox('receive', { from: ANA, name: 'Ana', ...received });
    const value = await told(receiver, JSON.stringify(received), () => valuesOf(receiver).length === nth + 1).then(
      () => valuesOf(receiver)[nth],
    );
    t.like(value.messages[0], { from: ANA, ...wanted });
    t.deepEqual(value.contacts, [{ profile: { name: 'Ana' }, wa_id: ANA }]);
    t.deepEqual(value.metadata, { display_phone_number: OWN, phone_number_id: phoneId });
    t.regex(value.messages[0].timestamp, /^\d{10}$/);
  }
  const stored = await messages();
  t.deepEqual(
    valuesOf(receiver).map((value) => value.messages[0].id),
    stored.map(({ id }) => `wamid.${Buffer.from(id).toString('base64url')}`).reverse(),
  );
  // The file is here by then.
  const image = valuesOf(receiver)[1].messages[0].image.id;
  t.is((await cloud('GET', `/${image}`)).json.mime_type, 'image/png');
  for (const { headers, body } of receiver.requests.filter((request) => !isVerification(request))) {
    t.notThrows(() => Webhook.parse(JSON.parse(body)), body);
    t.is(JSON.parse(body).entry[0].id, tenantId);
    t.regex(body, /^[ -~]+$/);
    t.is(headers['x-hub-signature-256'], `sha256=${createHmac('sha256', APP_SECRET).update(body).digest('hex')}`);
  }
  t.true(
    receiver.requests.some(({ body }) => body.includes('ol\\u00e1 \\ud83d\\udc4b')),
    'as Meta writes it',
  );
});

test('a send is told of by the id that it was answered with, with what its sender gave it', async (t) => {
  const { receiver, send, sandbox, messages } = await linked(t);
  const { json } = await send({ text: { body: 'one' }, biz_opaque_callback_data: 'order-7' });
  const { id } = json.messages[0];
  const statusOf = (name: string, of = id) =>
    told(receiver, name, ({ statuses }) => statuses?.[0].id === of && statuses[0].status === name);
  t.like((await statusOf('sent')).statuses, [{ id, status: 'sent', recipient_id: ANA, biz_opaque_callback_data: 'order-7' }]);
  const [{ id: messageId }] = (await messages()) as [Json];
  for (const ack of ['delivered', 'read'] as const) {
    await sandbox('ack', { messageId, ack });
    t.like((await statusOf(ack)).statuses, [{ recipient_id: ANA, biz_opaque_callback_data: 'order-7' }]);
  }
  await sandbox('faults', { exists: { unknown: ['5511988886666', '551188886666'] } });
  await send({ to: '5511988886666', text: { body: 'x' } });
  const [{ id: lost }] = (await messages()) as [Json];
  const failed = await statusOf('failed', `wamid.${Buffer.from(lost).toString('base64url')}`);
  t.like(failed.statuses[0].errors[0], { code: 131026, title: 'The recipient is not on WhatsApp' });
  t.regex(failed.statuses[0].errors[0].error_data.details, /not on WhatsApp/);
  for (const { body } of receiver.requests.filter((request) => !isVerification(request)))
    t.notThrows(() => Webhook.parse(JSON.parse(body)), body);
});

test('what is answered and reacted to is named by the id under which the receiver knows it', async (t) => {
  const { receiver, send, sandbox, messages } = await linked(t);
  const { json } = await send({ text: { body: 'one' } });
  const { id } = json.messages[0];
  await told(receiver, 'the send', ({ statuses }) => statuses?.[0].status === 'sent');
  const [{ engineId }] = (await messages()) as [Json];
  await sandbox('receive', { from: ANA, text: 'an answer', replyTo: engineId });
  const answer = await told(receiver, 'the answer', (value) => value.messages?.[0].text?.body === 'an answer');
  t.deepEqual(answer.messages[0].context, { from: OWN, id });
  await sandbox('happens', { kind: 'reaction', from: ANA, messageId: engineId, emoji: '👍' });
  const reacted = await told(receiver, 'the reaction', (value) => value.messages?.[0].type === 'reaction');
  t.like(reacted.messages[0], { from: ANA, reaction: { message_id: id, emoji: '👍' } });
  await sandbox('receive', { from: ANA, text: 'of before', replyTo: `true_${ANA}@c.us_3EB0UNKNOWN` });
  const before = await told(receiver, 'an answer to what is not here', (value) => value.messages?.[0].text?.body === 'of before');
  t.is(Buffer.from(before.messages[0].context.id.slice('wamid.'.length), 'base64url').toString(), `true_${ANA}@c.us_3EB0UNKNOWN`);
  // And taken back so; that there is none of this name is for WhatsApp to say.
  const named = await send({ context: { message_id: before.messages[0].context.id }, text: { body: 'so far' } });
  t.regex(named.json.error.message, new RegExp(`true_${ANA}@c.us_3EB0UNKNOWN not found`));
});

test('a hidden number is never told as one, and can be answered; what was typed on the phone is an echo; groups are left out', async (t) => {
  const { receiver, sandbox, send, call } = await linked(t);
  await sandbox('receive', { from: ANA, chat: GROUP, text: 'in a group' });
  await sandbox('receive', { from: '123456789012345@lid', name: 'Cy', text: 'hidden' });
  const { contacts, messages } = await told(receiver, 'the message', (value) => value.messages?.[0].text?.body === 'hidden');
  t.deepEqual(contacts, [{ profile: { name: 'Cy' }, user_id: '123456789012345@lid' }]);
  t.is(messages[0].from_user_id, '123456789012345@lid');
  t.false('from' in messages[0]);
  const answered = await send({ to: undefined, recipient: messages[0].from_user_id, text: { body: 'hi' } });
  t.is(answered.status, 200, JSON.stringify(answered.json));
  const status = await told(receiver, 'its status', ({ statuses }) => statuses?.[0].id === answered.json.messages[0].id);
  t.like(status.statuses[0], { recipient_id: '', recipient_user_id: '123456789012345@lid' });
  await sandbox('receive', { from: ANA, fromMe: true, text: 'typed' });
  const echo = await told(receiver, 'the echo', (value) => value.message_echoes !== undefined);
  t.like(echo.message_echoes[0], { from: OWN, to: ANA, type: 'text', text: { body: 'typed' } });
  t.deepEqual(
    valuesOf(receiver).filter((value) => value.messages?.[0].text?.body === 'in a group'),
    [],
  );
  const { data } = (await call('GET', '/api/webhooks')).json;
  await call('PATCH', `/api/webhooks/${data[0].id}`, { dialectOptions: { groups: true } });
  await sandbox('receive', { from: ANA, chat: GROUP, text: 'in a group, again' });
  const group = await told(receiver, 'the message', (value) => value.messages?.[0].text?.body === 'in a group, again');
  t.like(group.messages[0], { from: ANA, group_id: GROUP });
  for (const { body } of receiver.requests.filter((request) => !isVerification(request)))
    t.notThrows(() => Webhook.parse(JSON.parse(body)), body);
});

test('a URL is saved once it answers the challenge; the token and the secrets are shown to nobody, and the secret of the endpoint signs by itself', async (t) => {
  const { call } = await hub().tenant();
  const receiver = await startReceiver(t, verifies());
  const save = (token: string, url = receiver.url) =>
    call('POST', '/api/webhooks', { url, dialect: 'cloud', dialectOptions: { verifyToken: { secret: token } } });
  const wrong = await save('wrong');
  t.is(wrong.status, 422, wrong.text);
  t.regex(wrong.json.detail, /asked for hub.challenge with the verify token, it answered 403/);
  t.regex((await save(TOKEN, 'http://127.0.0.1:9/hook')).json.detail, /hub.challenge/);
  t.deepEqual((await call('GET', '/api/webhooks')).json.data, []);
  const { status, json: made } = await save(TOKEN, `${receiver.url}?kept=1`);
  t.is(status, 201);
  t.deepEqual(made.dialectOptions, { verifyToken: { secret: true } });
  t.regex(receiver.requests.at(-1)?.path ?? '', /^\/hook\?kept=1&hub\.mode=subscribe&hub\.challenge=\d+&hub\.verify_token=verify-canary$/);
  const asked = receiver.requests.length;
  await call('PATCH', `/api/webhooks/${made.id}`, { description: 'the same place' });
  t.is(receiver.requests.length, asked, 'it is asked again only for another place or token');
  receiver.respond(verifies('another'));
  t.is((await call('PATCH', `/api/webhooks/${made.id}`, { url: `${receiver.url}/b` })).status, 422);
  t.is((await call('GET', `/api/webhooks/${made.id}`)).json.url, `${receiver.url}?kept=1`);
  await call('POST', `/api/webhooks/${made.id}/test`);
  const isTest = (request: { path: string }) => !isVerification(request);
  const request = await until(async () => receiver.requests.find(isTest), { what: 'the test' });
  t.is(request.headers['x-hub-signature-256'], `sha256=${createHmac('sha256', made.secret).update(request.body).digest('hex')}`);
  t.notThrows(() => verify(made.secret, request), 'and as Standard Webhooks does');
  t.notThrows(() => Webhook.parse(JSON.parse(request.body)));
  const { data } = (await call('GET', `/api/webhooks/${made.id}/deliveries`)).json;
  const said = await call('GET', `/api/deliveries/${data[0].id}`);
  t.false([said.text, hub().output()].some((text) => text.includes(TOKEN) || text.includes(made.secret)));
});

test('an account is subscribed to a URL, to another one, and no more', async (t) => {
  const { call, key, id } = await hub().tenant();
  const cloud = cloudOf(hub(), key);
  const receiver = await startReceiver(t, verifies());
  t.deepEqual(await cloud('GET', `/${id}/subscribed_apps`), { status: 200, json: { data: [] } });
  for (const body of [
    undefined,
    {},
    { override_callback_uri: receiver.url },
    { override_callback_uri: receiver.url, verify_token: 'wrong' },
  ]) {
    const { status, json } = await cloud('POST', `/${id}/subscribed_apps`, body);
    t.deepEqual([status, json.error.code], [400, 100], JSON.stringify(json));
  }
  const inside = await cloud('POST', `/${id}/subscribed_apps`, { override_callback_uri: 'http://10.0.0.1/hook', verify_token: TOKEN });
  t.deepEqual([inside.status, inside.json.error.code], [400, 100]);
  t.regex(inside.json.error.error_data.details, /override_callback_uri|url/);
  // As Typebot asks, whose own URL the hub cannot know.
  const { json: made } = await call('POST', '/api/webhooks', { url: receiver.url, dialect: 'cloud', sessions: ['shop'] });
  t.is((await cloud('POST', `/${id}/subscribed_apps`)).status, 200);
  t.is((await cloud('GET', `/${id}/subscribed_apps`)).json.data.length, 1);
  await call('DELETE', `/api/webhooks/${made.id}`);
  const subscribe = (url: string) => cloud('POST', `/${id}/subscribed_apps`, { override_callback_uri: url, verify_token: TOKEN });
  t.deepEqual(await subscribe(receiver.url), { status: 200, json: { success: true } });
  t.deepEqual(await subscribe(receiver.url), { status: 200, json: { success: true } });
  await call('POST', '/api/webhooks', { url: receiver.url });
  t.is((await subscribe(`${receiver.url}/b`)).status, 200);
  const { json: all } = await cloud('GET', `/${id}/subscribed_apps`);
  t.deepEqual(all.data, [{ whatsapp_business_api_data: { id, name: 'Hookline' }, override_callback_uri: `${receiver.url}/b` }]);
  const [own] = (await call('GET', '/api/webhooks')).json.data;
  t.like([own], [{ dialect: 'cloud', url: `${receiver.url}/b`, sessions: [] }]);
  const { json: limited } = await hub().admin('POST', `/api/tenants/${id}/keys`, { name: 'sender', scopes: ['messages:send'] });
  for (const method of ['GET', 'POST', 'DELETE']) {
    t.is((await cloudOf(hub(), limited.key)(method, `/${id}/subscribed_apps`, method === 'POST' ? {} : undefined)).json.error.code, 10);
  }
  t.deepEqual(await cloud('DELETE', `/${id}/subscribed_apps`), { status: 200, json: { success: true } });
  const left = (await call('GET', '/api/webhooks')).json.data.map(({ dialect }: Json) => dialect);
  t.deepEqual(left, ['hookline'], 'what is told in other words stays');
});
