/** The events of the hub, as Evolution API 2.3 tells its webhooks of them. */
import { createHmac } from 'node:crypto';
import type { EventType, LedgerEvent } from '../../core/events.ts';
import type { MediaId } from '../../core/ids.ts';
import { iso } from '../../core/iso.ts';
import type { MediaView, MessageView } from '../../core/message.ts';
import type { DialectFacts, DialectOptions, DialectRequest, EventDialect, Told } from '../../webhooks/ports.ts';
import type { About, CallNews, FileNews, ParticipantsNews, PresenceNews, StatusNews, Vote } from '../news.ts';
import { messageOf, stateOf, statusOf } from './answers.ts';
import { idIn, isFromMe, jidOf, type Key, keyOf, personJid, placeOf } from './ids.ts';

/** What an event is called there, and its `data`. */
interface Saying {
  event: string;
  data: unknown;
}

interface Asked {
  event: LedgerEvent;
  instance: string;
  facts: DialectFacts;
  /** Whether files stand in the body. */
  base64: boolean;
}

interface QrNews {
  code: string;
  dataUrl: string;
}

// biome-ignore lint/suspicious/noExplicitAny: each reads the `data` of its own type of event
type Teller = { called: readonly string[]; tell(data: any, asked: Asked): Promise<Saying[]> | Saying[] };

const UPSERT = 'messages.upsert';
const update: Teller = {
  called: ['messages.update'],
  tell: (message: MessageView) => [{ event: 'messages.update', data: updateOf(message) }],
};
const came: Teller = {
  called: [UPSERT],
  async tell(message: MessageView, asked) {
    // With its file it is told of once that is here, or cannot be had.
    if (asked.base64 && message.media?.status === 'pending') return [];
    return [{ event: UPSERT, data: await withFile(message, message.media, asked) }];
  },
};
const fileCame: Teller = {
  called: [UPSERT],
  async tell({ messageId, media }: FileNews, asked) {
    const message = asked.base64 ? await asked.facts.message(asked.event.tenantId, messageId) : null;
    return message ? [{ event: UPSERT, data: await withFile(message, media, asked) }] : [];
  },
};

/** By the type of the hub. What is not here is not told. */
const TELLERS: Partial<Record<EventType, Teller>> = {
  'message.received': came,
  'message.fromphone': came,
  'media.ready': fileCame,
  'media.failed': fileCame,
  'message.sent': {
    called: ['send.message', 'send.message.update', 'messages.delete'],
    async tell(message: MessageView, asked) {
      // What is done to a message has the key of that.
      const about = { ...keyOf(message), id: idIn(message.messageId) };
      if (message.type === 'revoke') return [{ event: 'messages.delete', data: deletedOf(about, asked.event) }];
      if (message.type === 'edit') return [{ event: 'send.message.update', data: { ...messageOf(message), key: about } }];
      return [{ event: 'send.message', data: await withFile(message, message.media, asked) }];
    },
  },
  'message.delivered': update,
  'message.read': update,
  'message.played': update,
  'message.failed': update,
  'message.expired': update,
  'message.edited': {
    called: ['messages.edited'],
    tell: (about: About & { text: string }, { event }) => {
      const edited = { type: 'MESSAGE_EDIT', editedMessage: { conversation: about.text }, timestampMs: Date.parse(about.timestamp) };
      return [{ event: 'messages.edited', data: { key: targetOf(about), ...edited, instanceId: event.sessionId } }];
    },
  },
  'message.revoked': {
    called: ['messages.delete'],
    tell: (about: About, { event }) => [{ event: 'messages.delete', data: deletedOf(targetOf(about), event) }],
  },
  'message.reaction': {
    called: [UPSERT],
    tell: (about: About & { emoji: string | null }, { event }) => {
      const reactionMessage = { key: targetOf(about), text: about.emoji ?? '', senderTimestampMs: Date.parse(about.timestamp) };
      return [upsertOf(about, event, 'reactionMessage', { reactionMessage })];
    },
  },
  'poll.vote': {
    called: [UPSERT],
    tell: (about: Vote, { event }) => {
      const pollUpdateMessage = { pollCreationMessageKey: targetOf(about), vote: { selectedOptions: about.options } };
      return [upsertOf({ ...about, fromMe: about.from === null }, event, 'pollUpdateMessage', { pollUpdateMessage })];
    },
  },
  'session.qr': {
    called: ['qrcode.updated'],
    tell: ({ code, dataUrl }: QrNews, { instance }) => [
      { event: 'qrcode.updated', data: { qrcode: { instance, pairingCode: null, code, base64: dataUrl } } },
    ],
  },
  'session.pairing-code': {
    called: ['qrcode.updated'],
    tell: ({ code }: { code: string }, { instance }) => [
      { event: 'qrcode.updated', data: { qrcode: { instance, pairingCode: code.replace('-', ''), code: null, base64: null } } },
    ],
  },
  'session.status': {
    called: ['qrcode.updated', 'connection.update'],
    tell: (change: StatusNews, asked) => connectionOf(change, asked),
  },
  'presence.changed': {
    called: ['presence.update'],
    tell: ({ chat, from, state, lastSeenAt }: PresenceNews) => {
      const lastSeen = lastSeenAt === null ? {} : { lastSeen: Math.floor(Date.parse(lastSeenAt) / 1_000) };
      const presences = { [personJid(from)]: { lastKnownPresence: state === 'typing' ? 'composing' : state, ...lastSeen } };
      return [{ event: 'presence.update', data: { id: placeOf(chat.id, from).remoteJid, presences } }];
    },
  },
  'group.participants': {
    called: ['group-participants.update'],
    tell: ({ chat, action, participants, by }: ParticipantsNews) => {
      const said = { join: 'add', leave: 'remove' }[action as string] ?? action;
      const data = { id: chat.id, author: by && personJid(by), participants: participants.map(personJid), action: said };
      return [{ event: 'group-participants.update', data }];
    },
  },
  'call.incoming': {
    called: ['call'],
    tell: ({ callId: id, from, video, group, timestamp }: CallNews) => {
      const caller = personJid(from);
      return [
        { event: 'call', data: { id, from: caller, chatId: caller, isVideo: video, isGroup: group, status: 'offer', date: timestamp } },
      ];
    },
  },
  // Asked for by whoever wants to see that the endpoint is reached.
  'webhook.test': { called: [], tell: (data: object) => [{ event: 'webhook.test', data }] },
};

/** Where files come with the body, what came with one is told of by the news of that. */
const FILE_NEWS: readonly string[] = ['media.ready', 'media.failed'];

interface EvolutionOptions {
  events?: readonly string[];
  byEvents?: boolean;
  base64?: boolean;
  jwtKey?: string;
  serverUrl?: string;
}

const isWanted = ({ events = [] }: EvolutionOptions, called: string): boolean =>
  events.length === 0 || events.includes(called.toUpperCase().replaceAll(/[.-]/g, '_'));

export const evolutionEvents: EventDialect = {
  hears(type, options: DialectOptions & EvolutionOptions) {
    if (FILE_NEWS.includes(type) && !options.base64) return false;
    return TELLERS[type]?.called.some((called) => isWanted(options, called)) ?? false;
  },

  async requestsOf(event, told, facts) {
    const options: EvolutionOptions = told.options;
    const teller = TELLERS[event.type];
    if (!teller) return [];
    const asked = { event, instance: event.sessionName ?? '', facts, base64: options.base64 ?? false };
    const sayings = await teller.tell(JSON.parse(event.json), asked);
    const said = sayings.filter((saying) => event.type === 'webhook.test' || isWanted(options, saying.event));
    if (said.length === 0) return [];
    const account = event.sessionId && (await facts.account(event.tenantId, event.sessionId));
    const sender = account && account.phone !== null ? jidOf(`${account.phone}@c.us`) : null;
    return said.map((saying) => requestOf(saying, { event, told, options, sender }));
  },
};

function requestOf(
  { event: called, data }: Saying,
  { event, told, options, sender }: { event: LedgerEvent; told: Told; options: EvolutionOptions; sender: string | null },
): DialectRequest {
  const url = options.byEvents ? below(told.url, called.replaceAll('.', '-')) : told.url;
  const body = JSON.stringify({
    event: called,
    instance: event.sessionName,
    data,
    destination: url,
    date_time: iso(event.at),
    sender,
    server_url: options.serverUrl ?? null,
    apikey: told.callbackKey,
  });
  return { url, body, ...(options.jwtKey !== undefined && { headers: { authorization: `Bearer ${tokenOf(options.jwtKey, told.now)}` } }) };
}

/** The path of the event, below that of the URL, whose query stays where it is. */
function below(url: string, path: string): string {
  const whole = new URL(url);
  whole.pathname = `${whole.pathname.replace(/\/$/, '')}/${path}`;
  return whole.href;
}

const TOKEN_LASTS = 600;

/** As Evolution API signs it (RFC 7519, HS256). `now`: ms. */
function tokenOf(secret: string, now: number): string {
  const iat = Math.floor(now / 1_000);
  const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const signed = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ iat, exp: iat + TOKEN_LASTS, app: 'evolution', action: 'webhook' })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** The key of the message that an event is about. */
const targetOf = ({ engineId, chat, from }: Pick<About, 'engineId' | 'chat' | 'from'>): Key => {
  const fromMe = isFromMe(engineId);
  const author = engineId.split('_')[3];
  const { participant: _, participantAlt: __, ...place } = placeOf(chat.id, from);
  return { ...place, fromMe, id: idIn(engineId), ...(author !== undefined && { participant: jidOf(author) }) };
};

/** What somebody did about a message is a message of its own. WhatsApp's id of that is not known: it has that of the event. */
function upsertOf(about: About, event: LedgerEvent, messageType: string, message: object): Saying {
  const { chat, from, fromMe, timestamp } = about;
  const data = {
    key: { ...placeOf(chat.id, fromMe ? null : from), fromMe, id: event.id },
    pushName: from?.name ?? '',
    ...{ status: 'DELIVERY_ACK', messageType, message, contextInfo: null },
    messageTimestamp: Math.floor(Date.parse(timestamp) / 1_000),
    ...{ instanceId: event.sessionId, source: 'unknown' },
  };
  return { event: UPSERT, data };
}

const deletedOf = (key: Key, event: LedgerEvent) => ({ ...key, keyId: key.id, status: 'DELETED', instanceId: event.sessionId });

function updateOf(message: MessageView) {
  const { id: keyId, remoteJid, fromMe, participant } = keyOf(message);
  const where = { remoteJid, fromMe, ...(participant !== undefined && { participant }) };
  return { messageId: message.id, keyId, ...where, status: statusOf(message), instanceId: message.sessionId };
}

async function withFile(message: MessageView, media: MediaView | undefined, { event, facts, base64 }: Asked) {
  const told = messageOf(message);
  const isHere = base64 && media?.id && media.status === 'ready';
  const file = isHere ? await facts.file(event.tenantId, media.id as MediaId) : null;
  return file === null ? told : { ...told, message: { ...told.message, base64: file } };
}

const REASONS: Record<string, number> = { open: 200, connecting: 200, close: 428 };

/** Steps between two states of the hub that are one there are no news. */
async function connectionOf({ from, to, reason }: StatusNews, { event, instance, facts }: Asked): Promise<Saying[]> {
  if (to === 'failed' && reason === 'qr-timeout') {
    const limit = { message: 'QR code limit reached, please login again', statusCode: 500 };
    return [
      { event: 'qrcode.updated', data: limit },
      { event: 'connection.update', data: { instance, state: 'refused', statusReason: 500 } },
    ];
  }
  const state = stateOf({ status: to });
  if (state === stateOf({ status: from })) return [];
  const statusReason = to === 'loggedOut' ? 401 : REASONS[state];
  const account = state === 'open' && event.sessionId ? await facts.account(event.tenantId, event.sessionId) : null;
  const wuid = account && account.phone !== null ? jidOf(`${account.phone}@c.us`) : undefined;
  const profile = wuid === undefined ? {} : { wuid, profileName: account?.pushName ?? null, profilePictureUrl: null };
  return [{ event: 'connection.update', data: { instance, ...profile, state, statusReason } }];
}
