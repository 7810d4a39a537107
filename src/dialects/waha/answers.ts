import { type ChatId, chatKind, type MessageView, type PresenceState } from '../../core/message.ts';
import { toVcard } from '../../core/vcard.ts';
import type { SessionView } from '../../sessions/view.ts';

export type Status = 'STOPPED' | 'STARTING' | 'SCAN_QR_CODE' | 'PASSKEY_REQUIRED' | 'WORKING' | 'FAILED';

const STATUS: Record<SessionView['status'], Status> = {
  stopped: 'STOPPED',
  starting: 'STARTING',
  qr: 'SCAN_QR_CODE',
  pairing: 'SCAN_QR_CODE',
  passkey: 'PASSKEY_REQUIRED',
  connecting: 'STARTING',
  connected: 'WORKING',
  // The hub tries again by itself.
  disconnected: 'STARTING',
  failed: 'FAILED',
  loggedOut: 'FAILED',
};
export const statusOf = ({ status }: Pick<SessionView, 'status'>): Status => STATUS[status];

/** The account itself; null until a phone is linked. */
export const meOf = ({ phone, pushName }: Pick<SessionView, 'phone' | 'pushName'>) =>
  phone === null ? null : { id: `${phone}@c.us`, pushName };

const engineOf = ({ engine }: Pick<SessionView, 'engine'>) => (engine === 'sandbox' ? 'SANDBOX' : 'WPP');

/** `webhooks`: see hooks.ts. */
export const sessionOf = (session: SessionView, webhooks: readonly object[]) => ({
  name: session.name,
  status: statusOf(session),
  config: { webhooks },
  me: meOf(session),
  engine: { engine: engineOf(session) },
  apps: [],
});

/** How far a message has come. */
interface Ack {
  ack: -1 | 0 | 1 | 2 | 3 | 4;
  ackName: 'ERROR' | 'PENDING' | 'SERVER' | 'DEVICE' | 'READ' | 'PLAYED';
}

export function ackOf({ status }: Pick<MessageView, 'status'>): Ack {
  switch (status) {
    case 'failed':
    case 'expired':
    case 'canceled':
      return { ack: -1, ackName: 'ERROR' };
    case 'sent':
      return { ack: 1, ackName: 'SERVER' };
    case 'delivered':
    case 'received':
      return { ack: 2, ackName: 'DEVICE' };
    case 'read':
      return { ack: 3, ackName: 'READ' };
    case 'played':
      return { ack: 4, ackName: 'PLAYED' };
    default:
      return { ack: 0, ackName: 'PENDING' };
  }
}

/** Seconds. */
export const secondsOf = (iso: string): number => Math.floor(Date.parse(iso) / 1_000);

/** WhatsApp's own part of an id such as `true_5511987654321@c.us_3EB0C767D097B7C7B2A8`; an id of the hub as it is. */
export const shortId = (id: string): string => id.split('_')[2] ?? id;

/** What a message says, where it has a text of any kind. */
const bodyOf = ({ text, caption, poll, list, choice, emoji }: MessageView): string =>
  text ?? caption ?? choice?.title ?? poll?.question ?? list?.text ?? emoji ?? '';

/** By whom a message is seen: the account, and where files of the hub are reached. */
export interface Seen {
  me: string | null;
  origin: string;
}

/**
 * As every answer and event has it. `id` is WhatsApp's, the hub's (`msg_…`) of a message that has not left yet; both are taken in requests.
 * `from` and `to` are chats: in a group, `participant` wrote it.
 */
export function messageOf(view: MessageView, { me, origin }: Seen) {
  const { id, engineId, direction, chat, author, media, location, contacts, replyTo } = view;
  const fromMe = direction === 'outbound';
  const file = media && { url: media.url && `${origin}${media.url}`, mimetype: media.mimetype, filename: media.filename ?? null };
  return {
    id: engineId ?? id,
    timestamp: secondsOf(view.timestamp),
    from: fromMe ? me : chat.id,
    fromMe,
    source: fromMe && view.from === null ? 'api' : 'app',
    to: fromMe ? chat.id : me,
    participant: author && chatKind(chat.id) === 'group' ? author.id : null,
    body: bodyOf(view),
    hasMedia: media !== undefined,
    media: file ?? null,
    ...ackOf(view),
    replyTo: replyTo === undefined ? null : { id: shortId(replyTo) },
    location: location
      ? {
          latitude: String(location.latitude),
          longitude: String(location.longitude),
          description: location.name ?? location.address ?? null,
        }
      : null,
    vCards: contacts?.map(toVcard) ?? [],
    _data: {
      type: view.type,
      notifyName: (author ?? view.from)?.name ?? null,
      ...(view.poll && { poll: view.poll }),
      ...(view.list && { list: view.list }),
      ...(view.choice && { selectedRowId: view.choice.id }),
    },
  };
}
export type WahaMessage = ReturnType<typeof messageOf>;

const PRESENCES: Record<PresenceState, string> = { available: 'online', unavailable: 'offline', typing: 'typing', recording: 'recording' };

/** Of one person; `participant` is another one than `chat` in a group. */
export const presenceOf = (chat: ChatId, participant: ChatId, state: PresenceState | null, lastSeenAt: string | null) => ({
  id: chat,
  presences: [
    {
      participant,
      lastKnownPresence: state === null ? 'offline' : PRESENCES[state],
      lastSeen: lastSeenAt === null ? null : secondsOf(lastSeenAt),
    },
  ],
});
