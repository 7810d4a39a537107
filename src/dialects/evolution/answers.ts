import type { MessageView } from '../../core/message.ts';
import { toVcard } from '../../core/vcard.ts';
import type { SessionView } from '../../sessions/view.ts';
import { isLinking } from '../sessions.ts';
import { idIn, jidOf, type Key, keyOf } from './ids.ts';

export type State = 'open' | 'connecting' | 'close';

export const stateOf = (session: Pick<SessionView, 'status'>): State =>
  session.status === 'connected' ? 'open' : isLinking(session) ? 'connecting' : 'close';

/** As Evolution API names what carries a session. */
export const integrationOf = ({ engine }: Pick<SessionView, 'engine'>): string => (engine === 'sandbox' ? 'SANDBOX' : 'WHATSAPP-BAILEYS');

/** In its list of instances. The hub keeps no key that it could show again. */
export function instanceOf(session: SessionView) {
  return {
    id: session.id,
    name: session.name,
    connectionStatus: stateOf(session),
    ownerJid: session.phone === null ? null : jidOf(`${session.phone}@c.us`),
    profileName: session.pushName,
    profilePicUrl: null,
    integration: integrationOf(session),
    number: session.phone,
    businessId: null,
    token: null,
    clientName: 'hookline',
    disconnectionReasonCode: null,
    disconnectionObject: null,
    disconnectionAt: null,
    createdAt: session.createdAt,
    updatedAt: session.updatedAt,
    Chatwoot: null,
    Proxy: null,
    Rabbitmq: null,
    Nats: null,
    Sqs: null,
    Websocket: null,
    Setting: SETTINGS,
    _count: { Message: 0, Contact: 0, Chat: 0 },
  };
}

/** What the hub does for every session; none of it can be changed, see `settingsRefusal`. */
export const SETTINGS = {
  rejectCall: false,
  msgCall: '',
  groupsIgnore: false,
  alwaysOnline: false,
  readMessages: false,
  readStatus: false,
  syncFullHistory: false,
  wavoipToken: '',
};

/** A message of WhatsApp's protocol, by the name under which its content stands in it. */
interface Content {
  messageType: string;
  message: Record<string, unknown>;
}

/** What a message says, in the words of WhatsApp's protocol, as its clients read them. */
export function contentOf(view: MessageView): Content {
  const { type, text = '', caption, media, location, contacts = [], poll, list, choice } = view;
  const as = (messageType: string, content: unknown): Content => ({ messageType, message: { [messageType]: content } });
  const file = {
    mimetype: media?.mimetype ?? '',
    ...(media?.size !== undefined && { fileLength: String(media.size) }),
    url: media?.url ?? null,
  };
  switch (type) {
    case 'text':
      return as('conversation', text);
    case 'image':
      return as('imageMessage', { ...file, ...(caption !== undefined && { caption }) });
    case 'video':
      return as('videoMessage', { ...file, ...(caption !== undefined && { caption }) });
    case 'audio':
    case 'voice':
      return as('audioMessage', { ...file, ptt: type === 'voice' });
    case 'document':
      return as('documentMessage', {
        ...file,
        fileName: media?.filename ?? '',
        title: media?.filename ?? '',
        ...(caption !== undefined && { caption }),
      });
    case 'sticker':
      return as('stickerMessage', file);
    case 'location':
    case 'live-location':
      return as(type === 'location' ? 'locationMessage' : 'liveLocationMessage', {
        degreesLatitude: location?.latitude,
        degreesLongitude: location?.longitude,
        ...(location?.name !== undefined && { name: location.name }),
        ...(location?.address !== undefined && { address: location.address }),
      });
    case 'contact': {
      const cards = contacts.map((card) => ({ displayName: card.name, vcard: toVcard(card) }));
      return cards.length === 1
        ? as('contactMessage', cards[0])
        : as('contactsArrayMessage', { displayName: `${cards.length} contacts`, contacts: cards });
    }
    case 'poll':
      return as('pollCreationMessageV3', {
        name: poll?.question,
        options: poll?.options.map((optionName) => ({ optionName })),
        selectableOptionsCount: poll?.selectable,
      });
    case 'list':
      return as('listMessage', {
        title: list?.title ?? '',
        description: list?.text ?? '',
        buttonText: list?.button ?? '',
        footerText: list?.footer ?? '',
        sections: list?.sections.map(({ title, rows }) => ({
          title,
          rows: rows.map(({ id: rowId, ...row }) => ({ ...row, rowId })),
        })),
      });
    case 'list-reply':
      return as('listResponseMessage', { title: choice?.title ?? text, singleSelectReply: { selectedRowId: choice?.id ?? '' } });
    case 'button-reply':
      return as('buttonsResponseMessage', { selectedButtonId: choice?.id ?? '', selectedDisplayText: choice?.title ?? text });
    case 'reaction':
      return as('reactionMessage', { key: { id: idIn(view.messageId) }, text: view.emoji ?? '' });
    case 'edit':
      return as('editedMessage', { message: { conversation: text } });
    case 'revoke':
      return as('protocolMessage', { type: 'REVOKE', key: { id: idIn(view.messageId) } });
    default:
      return {
        messageType: `${type.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())}Message`,
        message: text ? { conversation: text } : {},
      };
  }
}

const STATUS: Partial<Record<MessageView['status'], string>> = {
  sent: 'SERVER_ACK',
  delivered: 'DELIVERY_ACK',
  received: 'DELIVERY_ACK',
  read: 'READ',
  played: 'PLAYED',
  failed: 'ERROR',
  expired: 'ERROR',
  canceled: 'ERROR',
};

export const statusOf = ({ status }: Pick<MessageView, 'status'>): string => STATUS[status] ?? 'PENDING';

/** A message as every answer and event has it. */
export interface EvolutionMessage extends Content {
  key: Key;
  pushName: string;
  status: string;
  contextInfo: { stanzaId: string } | null;
  /** Seconds. */
  messageTimestamp: number;
  instanceId: string;
  source: string;
}

export function messageOf(view: MessageView): EvolutionMessage {
  return {
    key: keyOf(view),
    pushName: (view.author ?? view.from)?.name ?? '',
    status: statusOf(view),
    ...contentOf(view),
    contextInfo: view.replyTo === undefined ? null : { stanzaId: idIn(view.replyTo) },
    messageTimestamp: Math.floor(Date.parse(view.timestamp) / 1_000),
    instanceId: view.sessionId,
    source: view.direction === 'outbound' ? 'web' : 'unknown',
  };
}
