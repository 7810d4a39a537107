import { z } from 'zod';
import type { EventType } from '../../core/events.ts';
import { SESSION_STATUSES } from '../../sessions/supervision/lifecycle.ts';
import { Time } from './common.ts';
import { MediaShape } from './media.ts';
import { Message, Party } from './messages.ts';
import { AsideFields } from './quarantine.ts';

const Chat = z.object({ id: z.string(), kind: z.string() });
const Reason = z.string().nullable().openapi({ description: 'Why, where that is not plain from the status' });
const Advice = z.string().nullable().openapi({ description: 'What a person can do about it' });
const Run = z.object({ runId: z.string(), flow: z.string(), revision: z.number().int(), chat: Chat });
const Failure = z.object({ code: z.string(), message: z.string() });

/** What an event is, what its `data` holds, and one such `data` as a receiver gets it. */
export interface EventKind {
  summary: string;
  data: z.ZodType;
  example: unknown;
}

const ANA = { id: '5511988887777@c.us', lid: null, phone: '5511988887777', name: 'Ana' };
export const EXAMPLE_SESSION = 'ses_01jd5x8z3w7k2m9q4r6t8v0y1a';

const inbound = {
  id: 'msg_01jd5x9b2c4e6g8j0m2p4r6t8v',
  engineId: 'false_5511988887777@c.us_3EB0C767D097B7C7B2A8',
  sessionId: EXAMPLE_SESSION,
  direction: 'inbound',
  type: 'text',
  status: 'received',
  chat: { id: ANA.id, kind: 'private' },
  from: ANA,
  to: '5511999990000@c.us',
  text: 'Do you open on Sunday?',
  timestamp: '2026-11-23T14:05:00.000Z',
};

const fromPhone = {
  ...inbound,
  engineId: 'true_5511988887777@c.us_3A9F1D0C5B7E2A46',
  direction: 'outbound',
  status: 'sent',
  from: { id: '5511999990000@c.us', lid: null, phone: '5511999990000', name: null },
  to: ANA.id,
  text: 'Yes, from 10 to 4.',
};

/** A message that was sent through the hub, with what is different at this status. */
const outbound = (status: string, more: object = {}) => ({
  id: 'msg_01jd5x9kq7s9v1x3z5b7d9f1h3',
  engineId: 'true_5511988887777@c.us_3EB05D1B8E7A4C2F9D60',
  sessionId: EXAMPLE_SESSION,
  direction: 'outbound',
  type: 'text',
  status,
  chat: { id: ANA.id, kind: 'private' },
  from: null,
  to: ANA.id,
  text: 'On its way!',
  reference: 'order-1042',
  ...more,
  timestamp: '2026-11-23T14:06:00.000Z',
});
const unsent = { engineId: null };

const About = z.object({
  messageId: z.string().nullable().openapi({ description: 'Null for a message that the hub does not have' }),
  engineId: z.string(),
  chat: Chat,
  from: Party.nullable(),
  timestamp: Time,
});
const about = { messageId: inbound.id, engineId: inbound.engineId, chat: inbound.chat, from: ANA };
const media = {
  id: 'med_01jd5x9b7h9k1n3q5s7v9x1z3b',
  url: '/api/media/med_01jd5x9b7h9k1n3q5s7v9x1z3b',
  mimetype: 'image/jpeg',
  filename: 'menu.jpg',
  size: 48_213,
  status: 'ready',
};

const run = {
  runId: 'run_01jd5x9c3d5f7h9k1n3q5s7v9x',
  flow: 'welcome',
  revision: 3,
  chat: { id: ANA.id, kind: 'private' },
};

/** Every type of the ledger. */
export const EVENTS: Record<Exclude<EventType, `custom.${string}`>, EventKind> = {
  'session.qr': {
    summary: 'A code to scan; each new one once',
    data: z.object({
      code: z.string(),
      dataUrl: z.string().openapi({ description: 'PNG' }),
      attempt: z.number().int(),
      issuedAt: Time,
      expiresAt: Time,
      restartsAt: Time,
    }),
    example: {
      code: '2@Vb1qk0Jw3vQ8…',
      dataUrl: 'data:image/png;base64,iVBORw0KGgo…',
      attempt: 1,
      issuedAt: '2026-11-23T14:00:00.000Z',
      expiresAt: '2026-11-23T14:00:20.000Z',
      restartsAt: '2026-11-23T14:05:00.000Z',
    },
  },
  'session.pairing-code': {
    summary: 'A code to type on the phone, as it was asked for by POST …/pairing-code; each new one once',
    data: z.object({ code: z.string(), phone: z.string(), issuedAt: Time, expiresAt: Time, restartsAt: Time }),
    example: {
      code: 'K7RW-42QX',
      phone: '5511999990000',
      issuedAt: '2026-11-23T14:00:30.000Z',
      expiresAt: '2026-11-23T14:03:30.000Z',
      restartsAt: '2026-11-23T14:05:30.000Z',
    },
  },
  'session.passkey': {
    summary:
      'WhatsApp asks for the passkey of the account before it links (`request`); it was signed (`answered`), shows a code to be compared (`code`), was `refused` or has `expired`',
    data: z.object({
      state: z.enum(['request', 'answered', 'code', 'refused', 'expired']),
      expiresAt: Time.openapi({ description: 'Until when WhatsApp takes an answer; what is to be signed is at GET …/passkey' }),
      code: z.string().nullable().openapi({ description: 'To be compared with the one on the phone' }),
      detail: z.string().nullable().openapi({ description: 'Why it was refused' }),
    }),
    example: { state: 'request', expiresAt: '2026-11-23T14:11:00.000Z', code: null, detail: null },
  },
  'session.status': {
    summary: 'The connection of a session changed',
    data: z.object({ from: z.enum(SESSION_STATUSES), to: z.enum(SESSION_STATUSES), reason: Reason }),
    example: { from: 'connected', to: 'disconnected', reason: 'network' },
  },
  'session.stale': {
    summary:
      'The engine of a session no longer answered; its page was loaded anew, its browser started anew, or the session left alone for a while',
    data: z.object({
      detail: z.string(),
      remedy: z.enum(['page', 'browser', 'session']).openapi({ description: 'What is done about it: the mildest first' }),
      lastInboundAt: Time.nullable(),
    }),
    example: { detail: 'WhatsApp Web did not answer within 5 s', remedy: 'page', lastInboundAt: '2026-11-23T13:58:12.000Z' },
  },
  'session.attention': {
    summary:
      'Somebody should look at a session, once for each `reason`: one of its sends has failed three times (`sends-fail`, until one is sent again); its login was damaged or gone, and a copy of it was put back (`login-restored`) or could not be, so that somebody has to scan (`login-lost`); WhatsApp lets its account begin no new chats for a while (`new-chats-locked`), or does again (`new-chats-open`); WhatsApp Web shows something that the hub does not know how to answer (`dialog`); its phone was being linked while its node stopped, and that begins anew on another one (`linking-anew`)',
    data: z.discriminatedUnion('reason', [
      z.object({ reason: z.literal('sends-fail'), error: Failure, messageId: z.string(), chat: Chat, attempts: z.number().int() }),
      z.object({
        reason: z.literal('login-restored'),
        text: z.string(),
        advice: Advice,
        copiedAt: Time.openapi({ description: 'How the login was then it is now' }),
      }),
      z.object({ reason: z.literal('login-lost'), text: z.string(), advice: Advice }),
      z.object({ reason: z.literal('new-chats-locked'), text: z.string(), advice: Advice, until: Time }),
      z.object({ reason: z.literal('new-chats-open'), text: z.string(), advice: Advice }),
      z.object({
        reason: z.literal('dialog'),
        text: z.string().openapi({ description: 'All that it says' }),
        screenshot: z.string().nullable().openapi({ description: 'The id of its media: `GET /api/media/{id}`' }),
        advice: Advice,
      }),
      z.object({ reason: z.literal('linking-anew'), text: z.string(), advice: Advice }),
    ]),
    example: {
      reason: 'sends-fail',
      error: { code: 'media-unavailable', message: 'The media cannot be fetched from its URL: connect ECONNREFUSED.' },
      messageId: inbound.id,
      chat: inbound.chat,
      attempts: 3,
    },
  },
  'message.received': { summary: 'Somebody wrote', data: Message, example: inbound },
  'message.fromphone': { summary: "The account's own message, sent on the phone", data: Message, example: fromPhone },
  'message.scheduled': {
    summary: 'A send was accepted for later',
    data: Message,
    example: outbound('scheduled', { ...unsent, sendAt: '2026-11-24T12:00:00.000Z', expiresAt: '2026-11-25T12:00:00.000Z' }),
  },
  'message.queued': {
    summary: 'A send was accepted, or is due, or is tried again',
    data: Message,
    example: outbound('queued', { ...unsent, sendAt: null, expiresAt: '2026-11-24T14:06:00.000Z' }),
  },
  'message.sending': { summary: 'It is being handed over to WhatsApp', data: Message, example: outbound('sending') },
  'message.sent': { summary: 'WhatsApp took it', data: Message, example: outbound('sent') },
  'message.delivered': { summary: 'It reached a phone', data: Message, example: outbound('delivered') },
  'message.undelivered': {
    summary: 'It was sent and has not reached a phone in the time that is allowed for it (`sends.ackTimeoutSeconds`); told once',
    data: Message,
    example: outbound('sent'),
  },
  'message.read': { summary: 'It was read', data: Message, example: outbound('read') },
  'message.played': { summary: 'A voice message was played', data: Message, example: outbound('played') },
  'message.failed': {
    summary: 'It did not go out, and will not without a retry',
    data: Message,
    example: outbound('failed', { error: { code: 'engine-failed', message: 'WhatsApp refused the message.' } }),
  },
  'message.expired': { summary: 'It could not go out in time', data: Message, example: outbound('expired', unsent) },
  'message.canceled': { summary: 'It was canceled before it went out', data: Message, example: outbound('canceled', unsent) },
  'message.unknown': {
    summary: 'A crash or time-out left open whether it went out; WhatsApp is asked',
    data: Message,
    example: outbound('unknown', { error: { code: 'engine-timeout', message: 'The engine did not answer within 60 s.' } }),
  },
  'message.edited': {
    summary: 'The text of a message was changed',
    data: About.extend({ fromMe: z.boolean(), text: z.string() }),
    example: { ...about, fromMe: false, text: 'Do you open on Saturday?', timestamp: '2026-11-23T14:05:30.000Z' },
  },
  'message.revoked': {
    summary: 'A message was deleted for everybody',
    data: About.extend({ fromMe: z.boolean() }),
    example: { ...about, fromMe: false, timestamp: '2026-11-23T14:05:40.000Z' },
  },
  'message.reaction': {
    summary: 'Somebody reacted to a message',
    data: About.extend({ fromMe: z.boolean(), emoji: z.string().nullable().openapi({ description: 'Null: taken back' }) }),
    example: { ...about, fromMe: false, emoji: '👍', timestamp: '2026-11-23T14:05:50.000Z' },
  },
  'media.ready': {
    summary: 'The file of a message is here',
    data: z.object({ messageId: z.string(), engineId: z.string().nullable(), chat: Chat, media: MediaShape }),
    example: { messageId: inbound.id, engineId: inbound.engineId, chat: inbound.chat, media },
  },
  'media.failed': {
    summary: 'The file of a message cannot be had',
    data: z.object({ messageId: z.string(), engineId: z.string().nullable(), chat: Chat, media: MediaShape, error: Failure }),
    example: {
      messageId: inbound.id,
      engineId: inbound.engineId,
      chat: inbound.chat,
      media: { ...media, url: null, status: 'failed' },
      error: { code: 'media-unavailable', message: 'WhatsApp does not have the file any more.' },
    },
  },
  'poll.vote': {
    summary: 'Somebody voted in a poll; the options are all that the person has chosen now',
    data: About.extend({ options: z.array(z.string()) }),
    example: { ...about, options: ['Sunday'], timestamp: '2026-11-23T14:06:00.000Z' },
  },
  'presence.changed': {
    summary: 'Somebody is there, is gone, types or records',
    data: z.object({ chat: Chat, from: Party, state: z.string(), lastSeenAt: Time.nullable(), timestamp: Time }),
    example: { chat: inbound.chat, from: ANA, state: 'typing', lastSeenAt: null, timestamp: '2026-11-23T14:04:55.000Z' },
  },
  'group.participants': {
    summary: 'Who is in a group, or runs it, changed',
    data: z.object({ chat: Chat, action: z.string(), participants: z.array(Party), by: Party.nullable(), timestamp: Time }),
    example: {
      chat: { id: '120363041234567890@g.us', kind: 'group' },
      action: 'add',
      participants: [ANA],
      by: null,
      timestamp: '2026-11-23T14:07:00.000Z',
    },
  },
  'call.incoming': {
    summary: 'Somebody calls',
    data: z.object({ callId: z.string(), from: Party, video: z.boolean(), group: z.boolean(), timestamp: Time }),
    example: { callId: '7B1C9D2E3F4A5B6C', from: ANA, video: false, group: false, timestamp: '2026-11-23T14:08:00.000Z' },
  },
  'chat.handoff': {
    summary: 'A person has taken a chat over; flows leave it alone',
    data: z.object({
      chat: Chat,
      by: z.enum(['api', 'webhook', 'flow', 'phone', 'loop']),
      until: Time.nullable(),
      note: z.string().optional().openapi({ description: 'What a flow says to the person' }),
    }),
    example: { chat: inbound.chat, by: 'api', until: null },
  },
  'chat.resumed': {
    summary: 'Flows answer in a chat again',
    data: z.object({ chat: Chat, by: z.string() }),
    example: { chat: inbound.chat, by: 'time' },
  },
  'contact.opted-out': {
    summary: 'A contact wants nothing more of what flows write',
    data: z.object({ chat: Chat, by: z.enum(['flow', 'api']), flow: z.string().optional() }),
    example: { chat: inbound.chat, by: 'flow', flow: '_anytime' },
  },
  'contact.opted-in': {
    summary: 'Flows write to a contact again',
    data: z.object({ chat: Chat, by: z.enum(['flow', 'api']), flow: z.string().optional() }),
    example: { chat: inbound.chat, by: 'api' },
  },
  'flow.requested': {
    summary: 'Somebody, or the clock, asked for a flow in a chat',
    data: z.object({ flow: z.string(), chat: Chat, by: z.enum(['api', 'schedule']), data: z.record(z.string(), z.unknown()) }),
    example: { flow: 'reminder', chat: inbound.chat, by: 'api', data: { day: '2026-12-01' } },
  },
  'flow.refused': {
    summary: 'A flow that somebody, or the clock, asked for did not start',
    data: z.object({
      flow: z.string(),
      chat: Chat,
      by: z.enum(['api', 'schedule']),
      reason: z.string().openapi({ description: 'Why, for people' }),
    }),
    example: { flow: 'reminder', chat: inbound.chat, by: 'schedule', reason: 'its "only_if" does not hold: {"not_tagged":"no_offers"}' },
  },
  'flow.started': {
    summary: 'A flow began in a chat',
    data: Run.extend({
      messageId: z.string().nullable().openapi({ description: 'Null where no message started it' }),
      phrase: z.string().nullable().openapi({ description: 'The phrase of the flow that was found in the message' }),
      start: z.string().openapi({ description: 'How it started: `says`, `about`, `event`, `api`…' }),
    }),
    example: { ...run, messageId: inbound.id, phrase: 'hello', start: 'says' },
  },
  'flow.ended': {
    summary: 'A run came to its end',
    data: Run.extend({
      reason: z.enum(['replaced', 'published', 'opted-out']).optional().openapi({ description: 'Why, where it was not by itself' }),
    }),
    example: run,
  },
  'flow.failed': {
    summary: 'A run could not go on',
    data: Run.extend({ error: Failure }),
    example: { ...run, error: { code: 'text-failed', message: 'steps.2: The text could not be made.' } },
  },
  'webhook.test': {
    summary: 'Somebody asked for a test of this endpoint',
    data: z.object({ endpointId: z.string(), text: z.string() }),
    example: { endpointId: 'whk_01jd5xa0b2d4f6h8k0n2q4s6v8', text: 'If you can verify this signature, this endpoint works.' },
  },
  'webhook.disabled': {
    summary: "Another one of the tenant's endpoints was disabled",
    data: z.object({ endpointId: z.string(), url: z.string(), reason: z.enum(['gone', 'failing', 'requested']), detail: z.string() }),
    example: {
      endpointId: 'whk_01jd5xa0b2d4f6h8k0n2q4s6v8',
      url: 'https://example.com/hook',
      reason: 'gone',
      detail: 'The endpoint answered 410 Gone.',
    },
  },
  'quarantine.added': {
    summary:
      'Something could not be read, stored or reacted to and was set aside, so that the rest goes on; see `GET /api/quarantine/{id}`',
    data: z.object({
      id: z.string(),
      ...AsideFields,
      error: z.string(),
    }),
    example: {
      id: 'qrt_01jd5xb3d5f7h9k1n3q5s7v9x1',
      stage: 'mapping',
      kind: 'message',
      engineId: 'false_5511988887777@c.us_3EB0C767D097B7C7B2A8',
      follower: null,
      eventId: null,
      size: 1_204,
      error: '"pollOptions.0" should be there and is missing',
    },
  },
};

/** What a flow announces itself; its `data` is whatever the flow says. */
export const CUSTOM: EventKind = { summary: 'What a flow announces itself', data: z.unknown(), example: { coupon: 'SUNDAY10' } };
