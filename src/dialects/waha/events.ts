/** The events of the hub, as WAHA tells its webhooks of them. */
import { createHmac } from 'node:crypto';
import type { EventType, LedgerEvent } from '../../core/events.ts';
import type { MessageId } from '../../core/ids.ts';
import { chatKind, type MessageView, type ParticipantsAction } from '../../core/message.ts';
import { VERSION } from '../../core/version.ts';
import type { DialectFacts, DialectOptions, DialectRequest, EventDialect } from '../../webhooks/ports.ts';
import {
  type About,
  type CallNews,
  type FileNews,
  isAboutAnother,
  type ParticipantsNews,
  type PresenceNews,
  type StatusNews,
  type Vote,
} from '../news.ts';
import { ackOf, meOf, messageOf, presenceOf, type Seen, secondsOf, shortId, statusOf } from './answers.ts';

/** What an event is called there, and what it tells. */
interface Saying {
  event: string;
  payload: unknown;
}

interface Asked {
  event: LedgerEvent;
  facts: DialectFacts;
  seen: Seen;
}

// biome-ignore lint/suspicious/noExplicitAny: each reads the `data` of its own type of event
type Teller = { called: readonly string[]; tell(data: any, asked: Asked): Promise<Saying[]> | Saying[] };

/** A message whose file is on its way is told of once that is here, or cannot be had. */
const came = (...called: string[]): Teller => ({
  called,
  async tell(message: MessageView, asked) {
    if (message.media?.status === 'pending') return [];
    const payload = await told(message, asked);
    return called.map((event) => ({ event, payload }));
  },
});
const fileCame: Teller = {
  called: ['message', 'message.any'],
  async tell({ messageId, media }: FileNews, asked) {
    const message = await asked.facts.message(asked.event.tenantId, messageId);
    // One that the hub has sent was told of when it left.
    if (!message || (message.direction === 'outbound' && message.from === null)) return [];
    const payload = await told({ ...message, media }, asked);
    const called = message.direction === 'inbound' ? ['message', 'message.any'] : ['message.any'];
    return called.map((event) => ({ event, payload }));
  },
};
const acked: Teller = {
  called: ['message.ack'],
  tell: (message: MessageView, { seen }) => (isAboutAnother(message) ? [] : [{ event: 'message.ack', payload: ackedOf(message, seen) }]),
};

const ackedOf = (message: MessageView, seen: Seen) => {
  const { id, from, to, fromMe, participant, timestamp } = messageOf(message, seen);
  return { id, timestamp, from, to, fromMe, participant, ...ackOf(message) };
};

/** By the type of the hub. What is not here is not told. */
const TELLERS: Partial<Record<EventType, Teller>> = {
  'message.received': came('message', 'message.any'),
  'message.fromphone': came('message.any'),
  'media.ready': fileCame,
  'media.failed': fileCame,
  'message.sent': {
    called: ['message.any', 'message.ack'],
    async tell(message: MessageView, asked) {
      if (isAboutAnother(message)) return [];
      return [
        { event: 'message.any', payload: await told(message, asked) },
        { event: 'message.ack', payload: ackedOf(message, asked.seen) },
      ];
    },
  },
  'message.delivered': acked,
  'message.read': acked,
  'message.played': acked,
  'message.failed': acked,
  'message.expired': acked,
  'message.canceled': acked,
  'message.reaction': {
    called: ['message.reaction'],
    tell: (about: About & { emoji: string | null }, asked) => [
      {
        event: 'message.reaction',
        payload: { ...deedOf(about, asked), reaction: { text: about.emoji ?? '', messageId: about.engineId } },
      },
    ],
  },
  'message.edited': {
    called: ['message.edited'],
    async tell(about: About & { text: string }, asked) {
      const message = about.messageId && (await asked.facts.message(asked.event.tenantId, about.messageId));
      const known = message ? await told(message, asked) : {};
      const edited = { editedMessageId: shortId(about.engineId), body: about.text };
      return [{ event: 'message.edited', payload: { ...known, ...deedOf(about, asked), id: about.engineId, ...edited } }];
    },
  },
  'message.revoked': {
    called: ['message.revoked'],
    tell: (about: About, asked) => {
      const after = { ...deedOf(about, asked), id: about.engineId, body: '' };
      return [{ event: 'message.revoked', payload: { after, before: null, revokedMessageId: shortId(about.engineId) } }];
    },
  },
  'poll.vote': {
    called: ['poll.vote'],
    tell: (vote: Vote, asked) => {
      const { id, timestamp, from, to, fromMe } = deedOf({ ...vote, fromMe: vote.from === null }, asked);
      const isMine = vote.engineId.startsWith('true_');
      const poll = isMine ? { from: asked.seen.me, to: vote.chat.id } : { from: vote.chat.id, to: asked.seen.me };
      const payload = {
        vote: { id, timestamp, from, to, fromMe, selectedOptions: vote.options },
        poll: { id: vote.engineId, ...poll, fromMe: isMine },
      };
      return [{ event: 'poll.vote', payload }];
    },
  },
  // Each new code is news, as in WAHA.
  'session.qr': {
    called: ['session.status'],
    tell: (_, { event }) => [{ event: 'session.status', payload: { name: event.sessionName, status: 'SCAN_QR_CODE' } }],
  },
  'session.status': {
    called: ['session.status'],
    tell: ({ from, to }: StatusNews, { event }) => {
      const status = statusOf({ status: to });
      if (to === 'qr' || status === statusOf({ status: from })) return [];
      return [{ event: 'session.status', payload: { name: event.sessionName, status } }];
    },
  },
  'presence.changed': {
    called: ['presence.update'],
    tell: ({ chat, from, state, lastSeenAt }: PresenceNews) => [
      { event: 'presence.update', payload: presenceOf(chat.id, from.id, state, lastSeenAt) },
    ],
  },
  'group.participants': {
    called: ['group.v2.participants'],
    tell: ({ chat, action, participants, timestamp }: ParticipantsNews) => {
      const [type, role] = MEMBERS[action];
      const who = participants.map(({ id, phone }) => ({ id, pn: phone === null ? null : `${phone}@c.us`, role }));
      return [
        { event: 'group.v2.participants', payload: { group: { id: chat.id }, type, timestamp: secondsOf(timestamp), participants: who } },
      ];
    },
  },
  'call.incoming': {
    called: ['call.received'],
    tell: ({ callId, from, video, group, timestamp }: CallNews) => [
      {
        event: 'call.received',
        payload: { id: callId, from: from.id, timestamp: secondsOf(timestamp), isVideo: video, isGroup: group },
      },
    ],
  },
  // Asked for by whoever wants to see that the endpoint is reached.
  'webhook.test': { called: [], tell: (payload: object) => [{ event: 'webhook.test', payload }] },
};

const MEMBERS: Record<ParticipantsAction, readonly [type: string, role: string]> = {
  add: ['join', 'participant'],
  join: ['join', 'participant'],
  remove: ['leave', 'left'],
  leave: ['leave', 'left'],
  promote: ['promote', 'admin'],
  demote: ['demote', 'participant'],
};

interface WahaOptions {
  events?: readonly string[];
  hmacKey?: string;
  serverUrl?: string;
}

const isWanted = ({ events = [] }: WahaOptions, called: string): boolean =>
  events.length === 0 || events.includes('*') || events.includes(called);

export const wahaEvents: EventDialect = {
  hears: (type, options: DialectOptions & WahaOptions) => TELLERS[type]?.called.some((called) => isWanted(options, called)) ?? false,

  async requestsOf(event, { options, now }, facts) {
    const teller = TELLERS[event.type];
    if (!teller) return [];
    const account = event.sessionId && (await facts.account(event.tenantId, event.sessionId));
    const me = account ? meOf(account) : null;
    const { serverUrl, hmacKey }: WahaOptions = options;
    const seen = { me: me?.id ?? null, origin: serverUrl === undefined ? '' : new URL(serverUrl).origin };
    const sayings = await teller.tell(JSON.parse(event.json), { event, facts, seen });
    return sayings
      .filter((saying) => event.type === 'webhook.test' || isWanted(options, saying.event))
      .map((saying, at): DialectRequest => {
        const id = at === 0 ? event.id : `${event.id}.${at + 1}`;
        const body = JSON.stringify({
          ...{ id, timestamp: event.at, event: saying.event, session: event.sessionName, metadata: {}, me },
          ...{ payload: saying.payload, engine: 'WPP' },
          environment: { version: VERSION, engine: 'WPP', tier: 'PLUS', browser: null },
        });
        const headers = { 'x-webhook-request-id': id, 'x-webhook-timestamp': String(now) };
        return { body, headers: { ...headers, ...(hmacKey !== undefined && signed(hmacKey, body)) } };
      });
  },
};

const signed = (key: string, body: string) => ({
  'x-webhook-hmac': createHmac('sha512', key).update(body).digest('hex'),
  'x-webhook-hmac-algorithm': 'sha512',
});

/** With WhatsApp's id of the message that it answers. */
async function told(message: MessageView, { event, facts, seen }: Asked) {
  const { replyTo } = message;
  const answered = replyTo?.startsWith('msg_') ? await facts.message(event.tenantId, replyTo as MessageId) : null;
  return messageOf(answered?.engineId ? { ...message, replyTo: answered.engineId } : message, seen);
}

/** What somebody did about a message is a message of its own there. WhatsApp's id of that is not known: it has that of the event. */
function deedOf({ chat, from, fromMe, timestamp }: Pick<About, 'chat' | 'from' | 'fromMe' | 'timestamp'>, { event, seen }: Asked) {
  return {
    id: `${fromMe}_${chat.id}_${event.id.replace('_', '')}`,
    timestamp: secondsOf(timestamp),
    from: fromMe ? seen.me : chat.id,
    fromMe,
    to: fromMe ? chat.id : seen.me,
    participant: !fromMe && from && chatKind(chat.id) === 'group' ? from.id : null,
  };
}
