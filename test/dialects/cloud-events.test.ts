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

const requestsFor = (type: Type, data: unknown = EVENTS[type].example, options: object = {}) =>
  cloudEvents.requestsOf(
    {
      ...{ position: 1, id: 'evt_1', type, at: AT, tenantId: 'tnt_1', sessionId: 'ses_1', sessionName: 'shop', seq: 1 },
      json: JSON.stringify(data),
    } as LedgerEvent,
    { url: 'https://example.com/hook', options: { ...options }, secret: 'whsec_x', callbackKey: null, now: AT },
    FACTS,
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

test('a hidden number whose own is known is told by that', async (t) => {
  const lid = '123456789012345@lid';
  const from = { id: lid, lid, phone: ANA, name: 'Ana' };
  const value = await valueFor('message.received', { ...INBOUND, chat: { id: lid, kind: 'private' }, from });
  t.is(value.messages[0].from, ANA);
  t.deepEqual(value.contacts, [{ profile: { name: 'Ana' }, wa_id: ANA }]);
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
