/** What a message says, by its type: from WhatsApp's fields to the hub's own words. Pure. */
import type { InboundMedia, InboundMessage } from '../../../core/message.ts';
import { parseVcard } from './vcard.ts';

/** The fields that the hub reads; which of them are there depends on the type. */
export interface WireContent {
  type: string;
  /** The text; for media a small preview picture. */
  body?: unknown;
  caption?: string;
  mimetype?: string;
  filename?: string;
  size?: number;
  lat?: number;
  lng?: number;
  loc?: string;
  isLive?: boolean;
  vcardList?: { vcard?: string }[];
  pollName?: string;
  pollOptions?: { name: string }[];
  /** 0: as many as one likes. */
  pollSelectableOptionsCount?: number;
  list?: {
    title?: string;
    description?: string;
    buttonText?: string;
    footerText?: string;
    sections?: { title?: string; rows?: { rowId?: string; title?: string; description?: string }[] }[];
  };
  listResponse?: { title?: string; singleSelectReply?: { selectedRowId?: string } };
  selectedButtonId?: string;
  selectedId?: string;
}

type Content = Pick<InboundMessage, 'type' | 'text' | 'caption' | 'media' | 'location' | 'contacts' | 'poll' | 'list' | 'choice'>;

/** wa-js's word → the hub's. What is not here keeps WhatsApp's own word. */
const TYPES: Record<string, string> = {
  chat: 'text',
  ptt: 'voice',
  vcard: 'contact',
  multi_vcard: 'contact',
  poll_creation: 'poll',
  list_response: 'list-reply',
  buttons_response: 'button-reply',
  template_button_reply: 'button-reply',
};

const MEDIA = new Set(['image', 'video', 'audio', 'voice', 'document', 'sticker']);

export function mapContent(wire: WireContent): Content {
  const type = wire.type === 'location' && wire.isLive ? 'live-location' : (TYPES[wire.type] ?? wire.type);
  const text = typeof wire.body === 'string' ? wire.body : '';
  const caption = wire.caption && { caption: wire.caption };
  if (MEDIA.has(type)) return { type, ...caption, media: mapMedia(wire) };
  switch (type) {
    case 'text':
      return { type, ...caption, text };
    case 'location':
    case 'live-location': {
      const location = mapLocation(wire);
      return { type, ...caption, ...(location && { location }) };
    }
    case 'contact': {
      const cards = wire.type === 'vcard' ? [text] : (wire.vcardList ?? []).flatMap(({ vcard }) => vcard ?? []);
      return { type, contacts: cards.map(parseVcard) };
    }
    case 'poll': {
      const options = wire.pollOptions?.map(({ name }) => name) ?? [];
      return { type, poll: { question: wire.pollName ?? '', options, selectable: wire.pollSelectableOptionsCount || options.length } };
    }
    case 'list':
      return { type, ...(wire.list && { list: mapList(wire.list) }) };
    case 'list-reply': {
      const title = wire.listResponse?.title ?? text;
      return { type, text: title, choice: { id: wire.listResponse?.singleSelectReply?.selectedRowId ?? '', title } };
    }
    case 'button-reply':
      return { type, text, choice: { id: wire.selectedButtonId ?? wire.selectedId ?? '', title: text } };
    default:
      return { type, ...caption };
  }
}

function mapMedia({ mimetype, filename, size }: WireContent): InboundMedia {
  return {
    mimetype: mimetype ?? 'application/octet-stream',
    ...(filename && { filename }),
    ...(typeof size === 'number' && { size }),
  };
}

function mapLocation({ lat, lng, loc }: WireContent): Content['location'] {
  if (typeof lat !== 'number' || typeof lng !== 'number') return undefined;
  const [name, ...address] = (loc ?? '').split('\n');
  return { latitude: lat, longitude: lng, ...(name && { name }), ...(address.length > 0 && { address: address.join('\n') }) };
}

function mapList({ title, description, buttonText, footerText, sections = [] }: NonNullable<WireContent['list']>): Content['list'] {
  return {
    ...(title && { title }),
    text: description ?? '',
    ...(footerText && { footer: footerText }),
    button: buttonText ?? '',
    sections: sections.map((section) => ({
      title: section.title ?? '',
      rows: (section.rows ?? []).map((row) => ({
        id: row.rowId ?? '',
        title: row.title ?? '',
        ...(row.description && { description: row.description }),
      })),
    })),
  };
}
