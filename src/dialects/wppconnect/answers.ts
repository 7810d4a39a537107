import { chatKind, type MessageView } from '../../core/message.ts';
import { toVcard } from '../../core/vcard.ts';
import { VERSION } from '../../core/version.ts';
import type { QrView } from '../../sessions/supervision/qr.ts';
import type { SessionView } from '../../sessions/view.ts';
import { isLinking } from '../sessions.ts';

export type Status = 'CLOSED' | 'INITIALIZING' | 'QRCODE' | 'PHONECODE' | 'CONNECTED';

export function statusOf(session: Pick<SessionView, 'status'>): Status {
  switch (session.status) {
    case 'connected':
      return 'CONNECTED';
    case 'qr':
      return 'QRCODE';
    case 'pairing':
      return 'PHONECODE';
    default:
      // The hub connects by itself what has lost its connection.
      return isLinking(session) || session.status === 'disconnected' ? 'INITIALIZING' : 'CLOSED';
  }
}

export const stateOf = (session: SessionView, qr: QrView | null) => ({
  ...{ status: statusOf(session), qrcode: qr?.dataUrl ?? null, urlcode: qr?.code ?? null },
  ...{ version: VERSION, session: session.name },
});

/** As WhatsApp Web calls them. */
const TYPES: Record<string, string> = {
  text: 'chat',
  voice: 'ptt',
  contact: 'vcard',
  poll: 'poll_creation',
  'list-reply': 'list_response',
};
const ACKS: Partial<Record<MessageView['status'], number>> = { failed: -1, sent: 1, delivered: 2, received: 1, read: 3, played: 4 };

/** A message as its library has it: flat. `id` is WhatsApp's, the hub's (`msg_…`) of one that has not left yet. */
export function messageOf(view: MessageView, me: string | null) {
  const { id, engineId, direction, chat, author, from, media, location, contacts, replyTo, poll, list, choice } = view;
  const fromMe = direction === 'outbound';
  const who = author ?? from;
  const body = view.text ?? view.caption ?? choice?.title ?? poll?.question ?? list?.text ?? view.emoji ?? '';
  return {
    ...{ id: engineId ?? id, body, content: body, type: TYPES[view.type] ?? view.type },
    ...{ t: Math.floor(Date.parse(view.timestamp) / 1_000), timestamp: Math.floor(Date.parse(view.timestamp) / 1_000) },
    ...{ from: fromMe ? me : chat.id, to: fromMe ? chat.id : me, chatId: chat.id, fromMe, self: fromMe ? 'out' : 'in' },
    ack: ACKS[view.status] ?? 0,
    isGroupMsg: chatKind(chat.id) === 'group',
    ...(author && chatKind(chat.id) === 'group' && { author: author.id }),
    notifyName: who?.name ?? '',
    ...(who && { sender: { id: who.id, name: who.name, pushname: who.name } }),
    isMedia: media !== undefined,
    ...(media && { mimetype: media.mimetype, filename: media.filename ?? null }),
    ...(view.caption !== undefined && { caption: view.caption }),
    ...(location && { lat: location.latitude, lng: location.longitude, loc: location.name ?? location.address ?? '' }),
    ...(contacts && { vcardList: contacts.map((card) => ({ displayName: card.name, vcard: toVcard(card) })) }),
    ...(poll && { pollName: poll.question, pollOptions: poll.options.map((name, localId) => ({ name, localId })) }),
    ...(choice && { listResponse: { title: choice.title, singleSelectReply: { selectedRowId: choice.id } } }),
    quotedMsgId: replyTo ?? null,
  };
}
