/** The events of the hub, as wppconnect-server 2.10 tells its webhook of them: flat. */
import type { EventType, LedgerEvent } from '../../core/events.ts';
import type { MessageView } from '../../core/message.ts';
import type { EventDialect } from '../../webhooks/ports.ts';
import {
  type About,
  type CallNews,
  isAboutAnother,
  type ParticipantsNews,
  type PresenceNews,
  type StatusNews,
  type Vote,
} from '../news.ts';
import { messageOf } from './answers.ts';

interface Asked {
  event: LedgerEvent;
  me: string | null;
}
type Saying = { event: string } & Record<string, unknown>;

// biome-ignore lint/suspicious/noExplicitAny: each reads the `data` of its own type of event
type Teller = (data: any, asked: Asked) => Saying | null;

const seconds = (iso: string): number => Math.floor(Date.parse(iso) / 1_000);

/** The parts of WhatsApp's id of a message. */
function keyOf(whole: string) {
  const [fromMe, remote, id] = whole.split('_');
  return { fromMe: fromMe === 'true', remote: remote ?? null, id: id ?? whole, _serialized: whole };
}

const said = (message: MessageView, { me }: Asked) => messageOf(message, me);
const own: Teller = (message: MessageView, asked) => (isAboutAnother(message) ? null : { event: 'onselfmessage', ...said(message, asked) });
const acked: Teller = (message: MessageView, asked) => {
  if (isAboutAnother(message)) return null;
  const told = said(message, asked);
  return { event: 'onack', ...told, id: keyOf(told.id) };
};

/** By the type of the hub. What is not here is not told. */
const TELLERS: Partial<Record<EventType, Teller>> = {
  'message.received': (message: MessageView, asked) => ({ event: 'onmessage', ...said(message, asked) }),
  'message.fromphone': own,
  'message.sent': acked,
  'message.delivered': acked,
  'message.read': acked,
  'message.played': acked,
  'message.failed': acked,
  'message.reaction': ({ engineId, chat, emoji, fromMe, timestamp }: About & { emoji: string | null }, { event }) => ({
    ...{ event: 'onreactionmessage', id: keyOf(`${fromMe}_${chat.id}_${event.id.replace('_', '')}`), msgId: keyOf(engineId) },
    ...{ reactionText: emoji ?? '', read: false, orphan: 0, orphanReason: null, timestamp: seconds(timestamp) },
  }),
  'message.revoked': ({ engineId, chat, from, fromMe }: About, { event, me }) => ({
    ...{ event: 'onrevokedmessage', id: event.id, refId: engineId, author: from?.id ?? me },
    ...(fromMe ? { from: me, to: chat.id } : { from: chat.id, to: me }),
  }),
  'poll.vote': ({ engineId, chat, from, options, timestamp }: Vote, { me }) => ({
    ...{ event: 'onpollresponse', msgId: keyOf(engineId), chatId: chat.id, sender: from?.id ?? me },
    ...{ selectedOptions: options.map((name) => ({ name })), timestamp: seconds(timestamp) },
  }),
  'presence.changed': ({ chat, from, state }: PresenceNews) => ({
    ...{
      event: 'onpresencechanged',
      id: chat.id,
      isOnline: state !== 'unavailable',
      isGroup: chat.id !== from.id,
      isUser: chat.id === from.id,
    },
    ...{ shortName: from.name ?? '', state: state === 'typing' ? 'composing' : state },
  }),
  'group.participants': ({ chat, action, participants, by }: ParticipantsNews) => ({
    ...{ event: 'onparticipantschanged', groupId: chat.id, action, operation: action },
    ...{ by: by?.id ?? null, byPushName: by?.name ?? null, who: participants.map(({ id }) => id) },
  }),
  'call.incoming': ({ callId, from, video, group, timestamp }: CallNews) => ({
    ...{ event: 'incomingcall', id: callId, peerJid: from.id, isVideo: video, isGroup: group, offerTime: seconds(timestamp) },
  }),
  'session.qr': ({ code, dataUrl }: { code: string; dataUrl: string }) => ({
    ...{ event: 'qrcode', qrcode: dataUrl.replace(/^data:image\/png;base64,/, ''), urlcode: code },
  }),
  'session.pairing-code': ({ code }: { code: string }) => ({ event: 'phoneCode', phoneCode: code }),
  'session.status': ({ to, reason }: StatusNews, { event }) => {
    if (to === 'stopped') return { event: 'closesession', message: `Session: ${event.sessionName} disconnected`, connected: false };
    const status = to === 'failed' && reason === 'qr-timeout' ? 'autocloseCalled' : STATUSES[to];
    return status === undefined ? null : { event: 'status-find', status };
  },
  // Asked for by whoever wants to see that the endpoint is reached.
  'webhook.test': (data: object) => ({ event: 'webhook.test', ...data }),
};

const STATUSES: Partial<Record<StatusNews['to'], string>> = {
  connected: 'inChat',
  qr: 'notLogged',
  connecting: 'qrReadSuccess',
  loggedOut: 'disconnectedMobile',
};

export const wppconnectEvents: EventDialect = {
  // What the account itself has written is told to whoever asks for it.
  hears: (type, { onSelfMessage }) => (type === 'message.fromphone' ? onSelfMessage === true : type in TELLERS),

  async requestsOf(event, { options }, facts) {
    const tellers = [TELLERS[event.type], ...(event.type === 'message.sent' && options.onSelfMessage ? [own] : [])];
    const account = event.sessionId && (await facts.account(event.tenantId, event.sessionId));
    const me = account && account.phone !== null ? `${account.phone}@c.us` : null;
    return tellers.flatMap((tell) => {
      const saying = tell?.(JSON.parse(event.json), { event, me });
      if (!saying) return [];
      const { event: called, ...rest } = saying;
      return [{ body: JSON.stringify({ event: called, session: event.sessionName, ...rest }) }];
    });
  },
};
