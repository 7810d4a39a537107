/** The translation alone, of every event that the hub has: what it is called there, and what clients find in it. */
import test from 'ava';
import { EVENT_TYPES, type LedgerEvent } from '../../src/core/events.ts';
import { evolutionEvents } from '../../src/dialects/evolution/events.ts';
import { EVENTS } from '../../src/http/shapes/event-data.ts';
import type { DialectFacts, DialectOptions } from '../../src/webhooks/ports.ts';

const AT = Date.parse('2026-11-23T14:05:00.000Z');
const URL = 'https://example.com/hook?token=t';
const FACTS: DialectFacts = {
  account: async () => ({ phone: '5511999990000', pushName: 'Shop' }),
  message: async () => EVENTS['message.received'].example as never,
  called: async () => null,
  file: async () => 'RklMRQ==',
};

type Type = keyof typeof EVENTS;

const eventOf = (type: Type, data: unknown): LedgerEvent =>
  ({
    ...{ position: 1, id: 'evt_1', type, at: AT, tenantId: 'tnt_1', sessionId: 'ses_1', sessionName: 'shop', seq: 1 },
    json: JSON.stringify(data),
  }) as LedgerEvent;

const requestsFor = (type: Type, { data = EVENTS[type].example, options = {} }: { data?: unknown; options?: DialectOptions } = {}) =>
  evolutionEvents.requestsOf(eventOf(type, data), { url: URL, options, secret: 'whsec_x', callbackKey: null, now: AT }, FACTS);

const bodiesFor = async (...asked: Parameters<typeof requestsFor>) => (await requestsFor(...asked)).map(({ body }) => JSON.parse(body));

/** By the type of the hub, what its example is told as; what is not here is not told. */
const CALLED: Partial<Record<Type, string[]>> = {
  'session.qr': ['qrcode.updated'],
  'session.pairing-code': ['qrcode.updated'],
  'session.status': ['connection.update'],
  'message.received': ['messages.upsert'],
  'message.fromphone': ['messages.upsert'],
  'message.sent': ['send.message'],
  'message.delivered': ['messages.update'],
  'message.read': ['messages.update'],
  'message.played': ['messages.update'],
  'message.failed': ['messages.update'],
  'message.expired': ['messages.update'],
  'message.edited': ['messages.edited'],
  'message.revoked': ['messages.delete'],
  'message.reaction': ['messages.upsert'],
  'media.ready': ['messages.upsert'],
  'media.failed': ['messages.upsert'],
  'poll.vote': ['messages.upsert'],
  'presence.changed': ['presence.update'],
  'group.participants': ['group-participants.update'],
  'call.incoming': ['call'],
  'webhook.test': ['webhook.test'],
};

test('every event of the hub is told by its name there, or not at all, and whether it is heard says so before', async (t) => {
  for (const type of EVENT_TYPES) {
    const called = CALLED[type] ?? [];
    const bodies = await bodiesFor(type, { options: { base64: true } });
    t.deepEqual(
      bodies.map(({ event }) => event),
      called,
      type,
    );
    if (type !== 'webhook.test') t.is(evolutionEvents.hears(type, { base64: true }), called.length > 0, type);
    for (const [name] of called.map((each) => [each.toUpperCase().replaceAll(/[.-]/g, '_')])) {
      if (type === 'webhook.test') continue;
      t.true(evolutionEvents.hears(type, { base64: true, events: [name] }), `${type} ${name}`);
      t.false(evolutionEvents.hears(type, { base64: true, events: ['CHATS_SET'] }), type);
    }
    for (const body of bodies) {
      t.deepEqual(Object.keys(body), ['event', 'instance', 'data', 'destination', 'date_time', 'sender', 'server_url', 'apikey']);
      t.like(body, { instance: 'shop', sender: '5511999990000@s.whatsapp.net', date_time: '2026-11-23T14:05:00.000Z', apikey: null });
    }
  }
  for (const type of ['media.ready', 'media.failed'] as const) t.false(evolutionEvents.hears(type, {}), 'without files they say nothing');
});

test('how far a message has come has the words of WhatsApp’s protocol', async (t) => {
  const statuses = {
    'message.delivered': 'DELIVERY_ACK',
    'message.read': 'READ',
    'message.played': 'PLAYED',
    'message.failed': 'ERROR',
    'message.expired': 'ERROR',
  } as const;
  for (const [type, status] of Object.entries(statuses)) {
    const [body] = await bodiesFor(type as Type);
    t.like(body.data, { status, fromMe: true, remoteJid: '5511988887777@s.whatsapp.net' });
  }
});

test('a state is told when it is another one, and why it is over; the end of the codes is told as it is there', async (t) => {
  const change = (from: string, to: string, reason: string | null = null) => bodiesFor('session.status', { data: { from, to, reason } });
  t.deepEqual(await change('starting', 'qr'), []);
  t.deepEqual(await change('disconnected', 'failed'), []);
  t.like((await change('connecting', 'connected'))[0].data, { state: 'open', statusReason: 200, wuid: '5511999990000@s.whatsapp.net' });
  t.like((await change('connected', 'disconnected', 'network'))[0].data, { state: 'close', statusReason: 428 });
  t.like((await change('connected', 'loggedOut'))[0].data, { state: 'close', statusReason: 401 });
  t.deepEqual(
    (await change('qr', 'failed', 'qr-timeout')).map(({ event, data }) => [event, data]),
    [
      ['qrcode.updated', { message: 'QR code limit reached, please login again', statusCode: 500 }],
      ['connection.update', { instance: 'shop', state: 'refused', statusReason: 500 }],
    ],
  );
  const only = { data: { from: 'qr', to: 'failed', reason: 'qr-timeout' }, options: { events: ['CONNECTION_UPDATE'] } };
  t.deepEqual(
    (await bodiesFor('session.status', only)).map(({ event }) => event),
    ['connection.update'],
  );
});

test('a path for each event stands below that of the URL, before its query', async (t) => {
  const [request] = await requestsFor('group.participants', { options: { byEvents: true } });
  t.is(request?.url, 'https://example.com/hook/group-participants-update?token=t');
});

test('a message with a file that is on its way is told of once that is here, with it; else at once', async (t) => {
  const message = EVENTS['message.received'].example as object;
  const image = (status: string) => ({ ...message, type: 'image', media: { id: 'med_1', url: '/x', mimetype: 'image/png', status } });
  t.deepEqual(await bodiesFor('message.received', { data: image('pending'), options: { base64: true } }), []);
  t.is((await bodiesFor('message.received', { data: image('pending') }))[0].data.message.base64, undefined);
  t.is((await bodiesFor('message.received', { data: image('ready'), options: { base64: true } }))[0].data.message.base64, 'RklMRQ==');
  t.is((await bodiesFor('media.ready', { options: { base64: true } }))[0].data.message.base64, 'RklMRQ==');
  t.is((await bodiesFor('media.failed', { options: { base64: true } }))[0].data.message.base64, undefined);
});

test('who is known by a hidden address is told by the phone’s, in a chat and in a group', async (t) => {
  const lid = '77665544332211@lid';
  const ana = { id: lid, lid, phone: '5511988887777', name: 'Ana' };
  const message = EVENTS['message.received'].example as object;
  const [alone] = await bodiesFor('message.received', { data: { ...message, chat: { id: lid, kind: 'private' }, from: ana } });
  t.like(alone.data.key, { remoteJid: '5511988887777@s.whatsapp.net', remoteJidAlt: lid, addressingMode: 'lid', fromMe: false });
  const group = { id: '120363041234567890@g.us', kind: 'group' };
  const [grouped] = await bodiesFor('message.received', { data: { ...message, chat: group, from: group, author: ana } });
  t.like(grouped.data.key, { remoteJid: group.id, participant: '5511988887777@s.whatsapp.net', participantAlt: lid });
  const stranger = { ...ana, phone: null };
  const [hidden] = await bodiesFor('message.received', { data: { ...message, chat: { id: lid, kind: 'private' }, from: stranger } });
  t.is(hidden.data.key.remoteJid, lid);
});
