/** The translation alone, of every event that the hub has: what Meta would tell of it. */
import test from 'ava';
import { EVENT_TYPES, type LedgerEvent } from '../../src/core/events.ts';
import { cloudEvents } from '../../src/dialects/cloud/events.ts';
import { EVENTS } from '../../src/http/shapes/event-data.ts';
import type { DialectFacts } from '../../src/webhooks/ports.ts';
import type { Json } from './clients.ts';

const AT = Date.parse('2026-11-23T14:07:00.500Z');
const ANA = '5511988887777';
const INBOUND = EVENTS['message.received'].example as Json;
const OUTBOUND = EVENTS['message.sent'].example as Json;
const FACTS: DialectFacts = {
  account: async () => ({ phone: '5511999990000', pushName: 'Shop' }),
  message: async () => INBOUND,
  called: async () => null,
  file: async () => null,
};

type Type = keyof typeof EVENTS;

const requestsFor = (type: Type, data: unknown = EVENTS[type].example, options: object = {}, facts: Partial<DialectFacts> = {}) =>
  cloudEvents.requestsOf(
    {
      ...{ position: 1, id: 'evt_1', type, at: AT, tenantId: 'tnt_1', sessionId: 'ses_1', sessionName: 'shop', seq: 1 },
      json: JSON.stringify(data),
    } as LedgerEvent,
    { url: 'https://example.com/hook', options: { ...options }, secret: 'whsec_x', callbackKey: null, now: AT },
    { ...FACTS, ...facts },
  );

const valueFor = async (...asked: Parameters<typeof requestsFor>): Promise<Json> => {
  const [request, ...more] = await requestsFor(...asked);
  if (more.length > 0) throw new Error('One event is one request');
  return request && JSON.parse(request.body).entry[0].changes[0].value;
};

/** By the type of the hub: a message of this type, or a status of this name. */
const TOLD: Partial<Record<Type, string>> = {
  'message.received': 'messages text',
  'message.fromphone': 'message_echoes text',
  'media.ready': 'messages text',
  'media.failed': 'messages text',
  'message.reaction': 'messages reaction',
  'message.sent': 'statuses sent',
  'message.delivered': 'statuses delivered',
  'message.read': 'statuses read',
  'message.played': 'statuses read',
  'message.failed': 'statuses failed',
  'message.expired': 'statuses failed',
  'message.canceled': 'statuses failed',
  'webhook.test': 'nothing',
};

for (const type of EVENT_TYPES) {
  test(`${type} is ${TOLD[type] === undefined ? 'not told' : `told as ${TOLD[type]}`}`, async (t) => {
    t.is(cloudEvents.hears(type, {}), type in TOLD);
    const value = await valueFor(type);
    if (TOLD[type] === undefined) return t.is(value, undefined);
    const name = ['messages', 'message_echoes', 'statuses'].find((each) => value[each]) ?? 'nothing';
    const [said] = value[name] ?? [];
    t.is([name, ...(said ? [said.status ?? said.type] : [])].join(' '), TOLD[type]);
    return t.deepEqual(value.metadata, { display_phone_number: '5511999990000', phone_number_id: 'ses_1' });
  });
}

test('a message says who wrote, when, and in which words', async (t) => {
  t.deepEqual(await valueFor('message.received'), {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '5511999990000', phone_number_id: 'ses_1' },
    contacts: [{ profile: { name: 'Ana' }, wa_id: ANA }],
    messages: [
      {
        from: ANA,
        id: `wamid.${Buffer.from(INBOUND.id).toString('base64url')}`,
        timestamp: '1795442700',
        type: 'text',
        text: { body: 'Do you open on Sunday?' },
      },
    ],
  });
  const unnamed = await valueFor('message.received', { ...INBOUND, from: { ...INBOUND.from, name: null } });
  t.is(unnamed.contacts[0].profile.name, `+${ANA}`);
  const forwarded = await valueFor('message.received', { ...INBOUND, forwarded: true });
  t.deepEqual(forwarded.messages[0].context, { forwarded: true });
});

const MEDIA = { id: 'med_1', url: '/api/media/med_1', mimetype: 'image/png', status: 'ready' };
const CHOICE = { id: 'r1', title: 'one' };
/** What of a message the hub has, and how it is told, whole. */
const CONTENTS: [name: string, has: object, told: object][] = [
  ['a picture', { type: 'image', media: MEDIA }, { type: 'image', image: { id: 'med_1', mime_type: 'image/png' } }],
  [
    'a video with words below it',
    { type: 'video', media: MEDIA, caption: 'c' },
    { type: 'video', video: { id: 'med_1', mime_type: 'image/png', caption: 'c' } },
  ],
  [
    'a document without a name',
    { type: 'document', media: MEDIA },
    { type: 'document', document: { id: 'med_1', mime_type: 'image/png' } },
  ],
  [
    'a document',
    { type: 'document', media: { ...MEDIA, filename: 'd.png' }, caption: 'c' },
    { type: 'document', document: { id: 'med_1', mime_type: 'image/png', caption: 'c', filename: 'd.png' } },
  ],
  ['a sound', { type: 'audio', media: MEDIA }, { type: 'audio', audio: { id: 'med_1', mime_type: 'image/png', voice: false } }],
  ['a sticker', { type: 'sticker', media: MEDIA }, { type: 'sticker', sticker: { id: 'med_1', mime_type: 'image/png', animated: false } }],
  [
    'a place that moves',
    { type: 'live-location', location: { latitude: 1, longitude: 2 } },
    { type: 'location', location: { latitude: 1, longitude: 2 } },
  ],
  [
    'a card of a name and a number',
    { type: 'contact', contacts: [{ name: 'Bo', phones: ['+55 11 98888-6666'] }] },
    {
      type: 'contacts',
      contacts: [
        {
          name: { formatted_name: 'Bo', first_name: 'Bo' },
          phones: [{ phone: '+55 11 98888-6666', wa_id: '5511988886666', type: 'CELL' }],
        },
      ],
    },
  ],
  [
    'a card of somebody at work',
    { type: 'contact', contacts: [{ name: 'Bo', phones: [], emails: ['bo@example.com'], organization: 'B' }] },
    {
      type: 'contacts',
      contacts: [
        { name: { formatted_name: 'Bo', first_name: 'Bo' }, phones: [], emails: [{ email: 'bo@example.com' }], org: { company: 'B' } },
      ],
    },
  ],
  [
    'a button',
    { type: 'button-reply', choice: CHOICE },
    { type: 'interactive', interactive: { type: 'button_reply', button_reply: CHOICE } },
  ],
  ['a row', { type: 'list-reply', choice: CHOICE }, { type: 'interactive', interactive: { type: 'list_reply', list_reply: CHOICE } }],
];

for (const [name, has, told] of CONTENTS) {
  test(`what is told of ${name}`, async (t) => {
    const { text: _, ...blank } = INBOUND;
    const { from: __, id: ___, timestamp: ____, ...said } = (await valueFor('message.received', { ...blank, ...has })).messages[0];
    t.deepEqual(said, told);
  });
}

test('what Meta has no words for says where it is told', async (t) => {
  const [{ type, errors }] = (await valueFor('message.received', { ...INBOUND, type: 'poll' })).messages;
  t.is(type, 'unsupported');
  t.like(errors[0], {
    code: 131051,
    error_data: {
      details: `A message of the type "poll", for which the Cloud API has no words: GET /api/messages/${INBOUND.id} tells it.`,
    },
  });
});

test('a message that is answered is named by the hub’s id where it is here, and who wrote it by the number', async (t) => {
  const answerTo = async (replyTo: string, answered: Json = null, more: object = {}) =>
    (await valueFor('message.received', { ...INBOUND, replyTo, ...more }, {}, { called: async () => answered })).messages[0].context;
  const [own, theirs] = [`true_${ANA}@c.us_3EB0`, `false_${ANA}@c.us_3EB0`];
  t.deepEqual(await answerTo(own, OUTBOUND), { from: '5511999990000', id: `wamid.${Buffer.from(OUTBOUND.id).toString('base64url')}` });
  t.deepEqual(await answerTo(own), { from: '5511999990000', id: `wamid.${Buffer.from(own).toString('base64url')}` });
  t.deepEqual(await answerTo(theirs, { ...INBOUND, from: { ...INBOUND.from, phone: '551133334444' } }), {
    ...{ from: '551133334444', id: `wamid.${Buffer.from(INBOUND.id).toString('base64url')}` },
  });
  t.like(await answerTo(theirs, null, { forwarded: true }), { from: ANA, forwarded: true });
});

test('somebody without a number that is known is named by the hidden one, and only where there is one', async (t) => {
  const lid = '123456789012345@lid';
  const of = async (from: object) => {
    const { contacts, messages } = await valueFor('message.received', { ...INBOUND, chat: { id: lid, kind: 'private' }, from });
    const { id: _, timestamp: __, type: ___, text: ____, ...named } = messages[0];
    return [contacts[0], named];
  };
  const [known, hidden, nobody] = [
    await of({ id: lid, lid, phone: ANA, name: 'Ana' }),
    await of({ id: lid, lid: null, phone: null, name: null }),
    await of({ id: 'x@bot', lid: null, phone: null, name: null }),
  ];
  t.deepEqual(known, [{ profile: { name: 'Ana' }, wa_id: ANA }, { from: ANA }]);
  t.deepEqual(hidden, [{ profile: { name: '' }, user_id: lid }, { from_user_id: lid }]);
  t.deepEqual(nobody, [{ profile: { name: '' } }, {}]);
  const { statuses } = await valueFor('message.sent', { ...OUTBOUND, chat: { id: lid, kind: 'private' }, to: lid });
  t.like(statuses[0], { recipient_id: '', recipient_user_id: lid });
  t.is((await valueFor('message.sent')).statuses[0].recipient_id, ANA);
});

test('a reaction of somebody else is told, also that it was taken back; the account’s own is not', async (t) => {
  const reaction = EVENTS['message.reaction'].example as Json;
  const about = (data: object) => valueFor('message.reaction', { ...reaction, ...data });
  t.is(await about({ fromMe: true }), undefined);
  t.is(await about({ from: null }), undefined);
  const own = reaction.messageId;
  t.deepEqual((await about({ emoji: '👍' })).messages[0].reaction, {
    message_id: `wamid.${Buffer.from(own).toString('base64url')}`,
    emoji: '👍',
  });
  const { engineId } = reaction;
  t.deepEqual((await about({ emoji: null, messageId: null })).messages[0].reaction, {
    message_id: `wamid.${Buffer.from(engineId).toString('base64url')}`,
  });
});

test('a URL is asked for what it has to know, beside what it says itself, and only where there is a token', (t) => {
  const url = 'https://example.com/hook?a=1';
  t.is(cloudEvents.handshake?.(url, {}, '42'), null);
  t.deepEqual(cloudEvents.handshake?.(url, { verifyToken: 't&' }, '42'), {
    url: `${url}&hub.mode=subscribe&hub.challenge=42&hub.verify_token=t%26`,
    answer: '42',
  });
});

test('in groups it is said which, where they are asked for', async (t) => {
  const chat = { id: '120363041234567890@g.us', kind: 'group' };
  const author = { id: '5511988886666@c.us', lid: null, phone: '5511988886666', name: 'Bo' };
  t.is(await valueFor('message.received', { ...INBOUND, chat, author }), undefined);
  const { messages } = await valueFor('message.received', { ...INBOUND, chat, author }, { groups: true });
  t.like(messages[0], { from: '5511988886666', group_id: chat.id });
  t.false('group_id' in (await valueFor('message.received')).messages[0]);
  const reaction = { ...(EVENTS['message.reaction'].example as Json), fromMe: false, from: author };
  t.is((await valueFor('message.reaction', { ...reaction, chat }, { groups: true })).messages[0].group_id, chat.id);
  t.false('group_id' in (await valueFor('message.reaction', reaction)).messages[0]);
  t.is(await valueFor('message.received', { ...INBOUND, chat: { id: 'status@broadcast', kind: 'status' } }, { groups: true }), undefined);
});

test('a file is told of once it is here, and then by its id', async (t) => {
  const media = { id: 'med_1', url: null, mimetype: 'audio/ogg', status: 'pending' };
  t.is(await valueFor('message.received', { ...INBOUND, type: 'voice', media }), undefined);
  const ready = await valueFor('message.received', { ...INBOUND, type: 'voice', media: { ...media, status: 'ready' } });
  t.deepEqual(ready.messages[0].audio, { id: 'med_1', mime_type: 'audio/ogg', voice: true });
});

test('edits and deletions of what was sent are none of Meta’s statuses, and groups are told of where that is asked for', async (t) => {
  for (const type of ['edit', 'revoke']) t.is(await valueFor('message.sent', { ...OUTBOUND, type }), undefined);
  const chat = { id: '120363041234567890@g.us', kind: 'group' };
  t.is(await valueFor('message.sent', { ...OUTBOUND, chat }), undefined);
  const { statuses } = await valueFor('message.sent', { ...OUTBOUND, chat }, { groups: true });
  t.like(statuses[0], { recipient_id: chat.id, recipient_type: 'group', timestamp: '1795442820', biz_opaque_callback_data: 'order-1042' });
});

test('what was not sent says why', async (t) => {
  const whyOf = async (type: Type, data?: object) => (await valueFor(type, data)).statuses[0].errors[0];
  t.like(await whyOf('message.expired', { ...OUTBOUND, status: 'expired' }), {
    ...{ code: 131000, error_data: { details: 'It was not sent before its time was over.' } },
  });
  const error = { code: 'recipient-unknown', message: '+55: not on WhatsApp.' };
  t.like(await whyOf('message.failed', { ...OUTBOUND, status: 'failed', error }), { code: 131026, error_data: { details: error.message } });
});
