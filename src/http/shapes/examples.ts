/**
 * A whole, true example of each body, by route: the OpenAPI document and /docs show them, and a test sends each of them. Where a
 * route takes several kinds of body, one of each, by name.
 */

import { iso } from '../../core/iso.ts';

/** An id that the examples share; what it stands for was sent before. */
export const EXAMPLE_MESSAGE = 'msg_01m8m62r4tchc2hr8qwappy5ar';

/** What a browser says that it signed; the challenge in it is that of `GET …/passkey`. */
export const EXAMPLE_CLIENT_DATA =
  'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoibUoweTNxOFprMWM1Iiwib3JpZ2luIjoiaHR0cHM6Ly93ZWIud2hhdHNhcHAuY29tIn0';

/** A time to send at must be less than a year ahead (ms). */
const MONTH = 30 * 86_400_000;

const to = '+55 11 98765-4321';
const media = { url: 'https://shop.example/menu.pdf' };
const FLOW = `flow: opening
version: 1
start:
  - says: [hours, opening hours]
  - api: true
steps:
  - say: We are open from 9 to 18.
`;
const TESTS = `flow: opening
tests:
  - name: the hours are told
    chat:
      - user: hours
      - bot: We are open from 9 to 18.
`;

export const SEND_EXAMPLES = {
  text: { to, type: 'text', text: 'Your order is on its way.', typing: true },
  reply: { to, type: 'text', text: 'Yes, until six.', replyTo: EXAMPLE_MESSAGE },
  later: { to, type: 'text', text: 'See you tomorrow at nine.', sendAt: `${iso(Date.now() + MONTH).slice(0, 10)}T09:00:00-03:00` },
  mention: { to: '120363041234567890@g.us', type: 'text', text: '@5511987654321 please look', mentions: [to] },
  image: { to, type: 'image', media: { url: 'https://shop.example/shirt.jpg' }, caption: 'In blue, too' },
  video: { to, type: 'video', media: { url: 'https://shop.example/tour.mp4' } },
  audio: { to, type: 'audio', media: { url: 'https://shop.example/jingle.mp3' } },
  voice: { to, type: 'voice', media: { url: 'https://shop.example/hello.ogg' } },
  document: { to, type: 'document', media: { ...media, filename: 'Menu of the day.pdf' }, caption: 'Our menu' },
  sticker: { to, type: 'sticker', media: { url: 'https://shop.example/thanks.webp' } },
  location: { to, type: 'location', latitude: -23.5505, longitude: -46.6333, name: 'The shop' },
  contact: { to, type: 'contact', contacts: [{ name: 'Ana', phones: ['+55 11 91234-5678'], organization: 'Shop' }] },
  poll: { to, type: 'poll', question: 'When shall we deliver?', options: ['Saturday', 'Sunday'], selectable: 1 },
  list: {
    to,
    type: 'list',
    text: 'What would you like?',
    button: 'Choose',
    sections: [{ title: 'Pizza', rows: [{ id: 'margherita', title: 'Margherita', description: 'Tomato, mozzarella, basil' }] }],
  },
  reaction: { type: 'reaction', messageId: EXAMPLE_MESSAGE, emoji: '👍' },
  forward: { to, type: 'forward', messageId: EXAMPLE_MESSAGE },
  edit: { type: 'edit', messageId: EXAMPLE_MESSAGE, text: 'Your order comes at six.' },
  revoke: { type: 'revoke', messageId: EXAMPLE_MESSAGE },
} as const;

const PARTICIPANTS = { participants: [to] };
const SESSION = '/api/sessions/:id';

export const BODY_EXAMPLES: Record<string, Record<string, unknown>> = {
  'POST /api/tenants': { tenant: { name: 'Ana’s shop' } },
  'PATCH /api/tenants/:id': { limits: { settings: { limits: { sessions: 5 } } } },
  'PATCH /api/log-level': { more: { level: 'http' } },
  'POST /api/tenants/:id/keys': { reading: { name: 'reports', scopes: ['events:read', 'messages:read'] } },
  'POST /api/sessions': {
    sandbox: { name: 'delivery', engine: 'sandbox' },
    whichIsThere: { name: 'shop', engine: 'sandbox', onConflict: 'use' },
  },
  [`PATCH ${SESSION}`]: { pacing: { config: { pacing: { perMinute: 20, minGapSeconds: 2 } } } },
  [`POST ${SESSION}/link-pages`]: {
    page: { expiresInSeconds: 3_600, locale: 'pt', redirectUrl: 'https://shop.example/linked', frameAncestors: ['https://shop.example'] },
  },
  [`POST ${SESSION}/pairing-code`]: { code: { phone: to } },
  [`POST ${SESSION}/passkey`]: {
    signed: {
      credential: {
        id: 'q83vEjRWeJCrze8SNFZ4kA',
        rawId: 'q83vEjRWeJCrze8SNFZ4kA',
        type: 'public-key',
        authenticatorAttachment: 'platform',
        response: {
          clientDataJSON: EXAMPLE_CLIENT_DATA,
          authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ',
          signature: 'MEUCIQDvnWcPZHZgW4_krrmihjLHmVzzuoMdl2MCIGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MF',
          userHandle: 'c2hvcC1vd25lcg',
        },
        clientExtensionResults: {},
      },
    },
    declined: { credential: null },
  },
  [`POST ${SESSION}/passkey/confirm`]: { same: { matches: true } },
  [`POST ${SESSION}/messages`]: SEND_EXAMPLES,
  'POST /api/messages/bulk': {
    two: {
      messages: [
        { session: 'shop', idempotencyKey: 'order-1042', ...SEND_EXAMPLES.text },
        { session: 'shop', idempotencyKey: 'order-1043', ...SEND_EXAMPLES.location },
      ],
    },
  },
  [`POST ${SESSION}/chats/:chat/typing`]: { shown: { on: true } },
  [`POST ${SESSION}/chats/:chat/recording`]: { shown: { on: true } },
  [`POST ${SESSION}/presence`]: { away: { available: false } },
  [`PUT ${SESSION}/chats/:chat/labels`]: { paid: { labels: ['3'] } },
  [`POST ${SESSION}/groups`]: { group: { subject: 'Delivery', participants: [to] } },
  [`PATCH ${SESSION}/groups/:group`]: { subject: { subject: 'Delivery, south' } },
  [`POST ${SESSION}/groups/:group/participants`]: { one: { participants: ['+55 11 91234-5678'] } },
  [`POST ${SESSION}/groups/:group/participants/remove`]: { one: PARTICIPANTS },
  [`POST ${SESSION}/groups/:group/participants/promote`]: { one: PARTICIPANTS },
  [`POST ${SESSION}/groups/:group/participants/demote`]: { one: PARTICIPANTS },
  'POST /api/webhooks': {
    orders: { url: 'https://shop.example/hooks/whatsapp', events: ['message.*', 'session.status'] },
    onePerson: { url: 'https://shop.example/hooks/ana', filter: { chatKinds: ['private'], senders: [to] } },
  },
  'PATCH /api/webhooks/:id': { fewer: { events: ['message.received'] } },
  'POST /api/webhooks/:id/rotate-secret': { atOnce: { overlapSeconds: 0 } },
  'POST /api/webhooks/:id/replay': { day: { since: '2026-11-28T00:00:00Z', until: '2026-11-29T00:00:00Z' } },
  'POST /api/flows/check': { flow: FLOW },
  'POST /api/flows/format': { flow: FLOW },
  'PUT /api/flows/:name': { flow: FLOW },
  'PUT /api/flows/:name/tests': { tests: TESTS },
  'POST /api/flows/:name/simulate': { two: { messages: ['hours'] } },
  'POST /api/flows/:name/test': { one: { tests: TESTS } },
  'POST /api/flows/:name/start': { start: { session: 'shop', chat: to } },
  'PUT /api/flow-secrets/:name': { secret: { value: 'what the step "http" sends along' } },
  [`POST ${SESSION}/chats/:chat/handoff`]: { hour: { pauseSeconds: 3_600 } },
  [`POST ${SESSION}/sandbox/scan`]: { scan: { phone: '+55 11 90000-0000', name: 'The shop' } },
  [`POST ${SESSION}/sandbox/receive`]: {
    text: { from: to, name: 'Ana', text: 'Do you deliver?' },
    file: { from: to, type: 'image', media: { mimetype: 'image/png', size: 20_000 } },
  },
  [`POST ${SESSION}/sandbox/happens`]: {
    reaction: { kind: 'reaction', from: to, messageId: EXAMPLE_MESSAGE, emoji: '🙏' },
    call: { kind: 'call', from: to },
  },
  [`POST ${SESSION}/sandbox/ack`]: { read: { messageId: EXAMPLE_MESSAGE, ack: 'read' } },
  [`POST ${SESSION}/sandbox/faults`]: {
    refused: { send: { failNext: 1, code: 'chat_not_found' } },
    passkey: { passkey: { askNext: 1, code: 'K7RWQ' } },
    none: {},
  },
  [`POST ${SESSION}/sandbox/disconnect`]: { network: { reason: 'network' } },
};

/** Stands for the bytes of a file, which no document can hold. */
export const EXAMPLE_FILE = '(the bytes of menu.pdf)';

/** As BODY_EXAMPLES, of what comes as `multipart/form-data`. */
export const FORM_EXAMPLES: Record<string, Record<string, Record<string, string>>> = {
  [`POST ${SESSION}/messages`]: { document: { to, type: 'document', caption: 'Our menu', file: EXAMPLE_FILE } },
  'POST /api/media': { file: { file: EXAMPLE_FILE } },
};
