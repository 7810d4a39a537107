/** What a message says, by its type: from WhatsApp's fields to the hub's own words. Pure. */
import { type InboundMedia, type InboundMessage, WITHOUT_CONTENT, withoutContent } from '../../../../core/message.ts';
import { parseVcard } from '../../../../core/vcard.ts';
import { extrasOf, rawOf, saidIn } from './beyond-words.ts';
import { listIn, need, numberIn, objectIn, textIn } from './fields.ts';

/** The fields that the hub reads, of which nothing is known before they are looked at; which of them are there depends on the type. */
export interface WireContent {
  type: string;
  subtype?: unknown;
  /** The text; for media a small preview picture. */
  body?: unknown;
  caption?: unknown;
  mimetype?: unknown;
  filename?: unknown;
  size?: unknown;
  lat?: unknown;
  lng?: unknown;
  loc?: unknown;
  isLive?: unknown;
  vcardList?: unknown;
  pollName?: unknown;
  pollOptions?: unknown;
  /** 0: as many as one likes. */
  pollSelectableOptionsCount?: unknown;
  list?: unknown;
  listResponse?: unknown;
  selectedButtonId?: unknown;
  selectedId?: unknown;
  isViewOnce?: unknown;
}

type Content = Pick<
  InboundMessage,
  | 'type'
  | 'text'
  | 'caption'
  | 'media'
  | 'location'
  | 'contacts'
  | 'poll'
  | 'list'
  | 'choice'
  | 'title'
  | 'videoNote'
  | 'viewOnce'
  | 'unavailable'
  | 'raw'
>;

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
  ptv: 'video',
};

const MEDIA = new Set(['image', 'video', 'audio', 'voice', 'document', 'sticker']);

export function mapContent(wire: WireContent): Content {
  const more = { ...(wire.isViewOnce === true && { viewOnce: true }), ...(wire.type === 'ptv' && { videoNote: true }) };
  if (!Object.hasOwn(WITHOUT_CONTENT, wire.type)) return { ...contentOf(wire), ...more };
  // WhatsApp says of it on every device but the phone that it is there, and never what it is.
  const type = /view_?once/.test(String(wire.subtype)) ? 'view-once' : wire.type;
  return { ...withoutContent(type), ...more, ...saidIn(wire), ...rawOf(wire) };
}

function contentOf(wire: WireContent): Content {
  const type = wire.type === 'location' && wire.isLive ? 'live-location' : (TYPES[wire.type] ?? wire.type);
  const said = textIn(wire.caption, 'caption');
  const caption = said && { caption: said };
  if (MEDIA.has(type)) return { type, ...caption, media: mapMedia(wire), ...extrasOf(wire) };
  const text = (): string => textIn(wire.body, 'body') ?? '';
  switch (type) {
    case 'text':
      return { type, ...caption, text: text(), ...extrasOf(wire) };
    case 'location':
    case 'live-location': {
      const location = mapLocation(wire);
      return { type, ...caption, ...(location && { location }) };
    }
    case 'contact': {
      const cards = wire.type === 'vcard' ? [text()] : listIn(wire.vcardList, 'vcardList', cardIn).flat();
      return { type, contacts: cards.map(parseVcard) };
    }
    case 'poll': {
      const options = listIn(wire.pollOptions, 'pollOptions', (option, field) => {
        const { name } = need(objectIn(option, field), field);
        return need(textIn(name, `${field}.name`), `${field}.name`);
      });
      const selectable = numberIn(wire.pollSelectableOptionsCount, 'pollSelectableOptionsCount') || options.length;
      return { type, poll: { question: textIn(wire.pollName, 'pollName') ?? '', options, selectable } };
    }
    case 'list': {
      const list = objectIn(wire.list, 'list');
      return { type, ...(list && { list: mapList(list) }) };
    }
    case 'list-reply': {
      const response = objectIn(wire.listResponse, 'listResponse');
      const title = textIn(response?.title, 'listResponse.title') ?? text();
      const chosen = objectIn(response?.singleSelectReply, 'listResponse.singleSelectReply')?.selectedRowId;
      return {
        type,
        text: title,
        ...extrasOf(wire),
        choice: { id: textIn(chosen, 'listResponse.singleSelectReply.selectedRowId') ?? '', title },
      };
    }
    case 'button-reply': {
      const id = textIn(wire.selectedButtonId, 'selectedButtonId') ?? textIn(wire.selectedId, 'selectedId') ?? '';
      return { type, text: text(), choice: { id, title: text() } };
    }
    default:
      // Only what has a file has a type of it.
      return {
        type,
        ...caption,
        ...saidIn(wire),
        ...(typeof wire.mimetype === 'string' && wire.mimetype !== '' && { media: mapMedia(wire) }),
        ...rawOf(wire),
      };
  }
}

function cardIn(card: unknown, field: string): string[] {
  const vcard = textIn(need(objectIn(card, field), field).vcard, `${field}.vcard`);
  return vcard === undefined ? [] : [vcard];
}

function mapMedia(wire: WireContent): InboundMedia {
  const filename = textIn(wire.filename, 'filename');
  const { size } = wire;
  return {
    mimetype: textIn(wire.mimetype, 'mimetype') ?? 'application/octet-stream',
    ...(filename && { filename }),
    ...(Number.isSafeInteger(size) && (size as number) >= 0 && { size: size as number }),
  };
}

function mapLocation(wire: WireContent): Content['location'] {
  const [latitude, longitude] = [numberIn(wire.lat, 'lat'), numberIn(wire.lng, 'lng')];
  const [name, ...address] = (textIn(wire.loc, 'loc') ?? '').split('\n');
  if (latitude === undefined || longitude === undefined) return undefined;
  return { latitude, longitude, ...(name && { name }), ...(address.length > 0 && { address: address.join('\n') }) };
}

function mapList(list: NonNullable<ReturnType<typeof objectIn>>): Content['list'] {
  const text = (of: typeof list, name: string, field = `list.${name}`) => textIn(of[name], field);
  const [title, footer] = [text(list, 'title'), text(list, 'footerText')];
  return {
    ...(title && { title }),
    text: text(list, 'description') ?? '',
    ...(footer && { footer }),
    button: text(list, 'buttonText') ?? '',
    sections: listIn(list.sections, 'list.sections', (value, field) => {
      const section = need(objectIn(value, field), field);
      return {
        title: text(section, 'title', `${field}.title`) ?? '',
        rows: listIn(section.rows, `${field}.rows`, (entry, place) => {
          const row = need(objectIn(entry, place), place);
          const description = text(row, 'description', `${place}.description`);
          return {
            id: text(row, 'rowId', `${place}.rowId`) ?? '',
            title: text(row, 'title', `${place}.title`) ?? '',
            ...(description && { description }),
          };
        }),
      };
    }),
  };
}
