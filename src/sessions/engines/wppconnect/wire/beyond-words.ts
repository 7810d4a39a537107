/**
 * What WhatsApp Web has of a message beyond the hub's words for it: nothing that somebody wrote is lost for want of a word.
 * Whatever of it is of another kind than it should be is left out here, and stands in `raw` as it came. Pure.
 */
import { boundedFields } from '../../../../core/bounded.ts';
import type { InboundMessage } from '../../../../core/message.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Told elsewhere in a message, or of no use to anybody outside of WhatsApp. */
const NOT_RAW = new Set([
  ...[
    'id',
    'type',
    'from',
    'to',
    'author',
    'chatId',
    'fromMe',
    'sender',
    'senderObj',
    'self',
    't',
    'timestamp',
    'notifyName',
    'ack',
    'invis',
  ],
  ...[
    'isNewMsg',
    'star',
    'recvFresh',
    'content',
    'rowId',
    'clientUrl',
    'isGroupMsg',
    'isNotification',
    'isMedia',
    'isMMS',
    'isLink',
    'isPSA',
    'body',
    'caption',
  ],
  ...['quotedMsg', 'quotedMsgId', 'quotedStanzaID', 'quotedParticipant', 'quotedRemoteJid', 'mentionedJidList', 'isForwarded'],
  ...['mediaData', 'mediaObject', 'deprecatedMms3Url', 'directPath', 'mimetype', 'size', 'filename', 'filehash', 'encFilehash'],
  ...['streamingSidecar', 'scansSidecar', 'scanLengths', 'firstFrameSidecar', 'firstFrameLength', 'waveform', 'fileId', 'viewOnce'],
  ...['senderWithDevice', 'viewMode', 'messageSecret', 'botMessageSecret', 'encMessageSecret', 'reportingTokenInfo', 'kicNotified'],
]);
/** Keys of files, and pictures in small. */
const NOT_TOLD = /mediaKey|thumb|jpeg|sha256|secret|sidecar/i;

/** A picture in base64: WhatsApp's preview stands where others have their text. */
const PICTURE = /^(?:data:image\/|\/9j\/|iVBORw0KGgo|UklGR|R0lGOD|Qk[0-9A-Za-z+/]{20})/;

/** All of it that may say something. */
export function rawOf(wire: object): Pick<InboundMessage, 'raw'> {
  return rawIn(Object.fromEntries(Object.entries(wire).filter(([key, value]) => !NOT_RAW.has(key) && isTold(key, value))));
}

/** What business accounts and advertisements put around a message that the hub has words for. */
const EXTRAS = [
  ...['footer', 'hydratedButtons', 'dynamicReplyButtons', 'interactivePayload', 'interactiveHeader', 'nativeFlowName', 'templateParams'],
  ...['ctwaContext'],
];

export function extrasOf(wire: object): Pick<InboundMessage, 'raw'> {
  const fields = wire as Fields;
  return rawIn(Object.fromEntries(EXTRAS.flatMap((key) => (isTold(key, fields[key]) ? [[key, fields[key]]] : []))));
}

const isTold = (key: string, value: unknown): boolean => !NOT_TOLD.test(key) && !(typeof value === 'string' && PICTURE.test(value));

function rawIn(fields: Fields): Pick<InboundMessage, 'raw'> {
  const raw = boundedFields(withoutPictures(fields, 0) as Fields);
  return Object.keys(raw).length > 0 ? { raw } : {};
}

/** Deeper than this nothing is kept anyway. */
const DEEPEST = 10;

function withoutPictures(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value;
  const inside = (part: unknown): unknown => withoutPictures(part, depth + 1);
  if (Array.isArray(value)) return value.map(inside);
  // Addresses and ids are objects of WhatsApp's own.
  if ('_serialized' in value && typeof value._serialized === 'string') return value._serialized;
  return Object.fromEntries(Object.entries(value).flatMap(([key, part]) => (isTold(key, part) ? [[key, inside(part)]] : [])));
}

/** Where the kinds of messages keep what was written, the title of it, and what was chosen; the first that says something counts. */
const TEXTS = ['body', 'caption', 'comment', 'message', 'text', 'eventDescription', 'description', 'matchedText', 'contentText'];
const TITLES = ['title', 'orderTitle', 'eventName', 'inviteGrpName', 'productTitle', 'headerTitle', 'pollName', 'name'];
const TITLES_INSIDE = ['interactiveHeader', 'header', 'interactivePayload', 'productSnapshot'];
const CHOSEN = ['selectedButtonId', 'selectedId', 'selectedRowId', 'buttonId'];

/** What people read of a message that the hub has no words for. */
export function saidIn(wire: object): Pick<InboundMessage, 'text' | 'title' | 'choice'> {
  const fields = wire as Fields;
  const inside = TITLES_INSIDE.flatMap((key) => (isObject(fields[key]) ? [fields[key]] : []));
  const text = firstIn([fields], TEXTS) ?? firstIn(inside, ['body', 'text', 'subtitle']);
  const title = firstIn([fields, ...inside], TITLES);
  const chosen = chosenIn(fields, text ?? title);
  return { ...(text !== undefined && { text }), ...(title !== undefined && { title }), ...(chosen && { choice: chosen }) };
}

/** The answer to buttons, and to what an app shows inside WhatsApp, which comes as JSON. */
function chosenIn(fields: Fields, title = ''): InboundMessage['choice'] {
  const answers = ['interactivePayload', 'interactiveResponse', 'nativeFlowResponse', 'buttonsResponse', 'templateButtonReply'];
  const sources = answers.flatMap((key) => (isObject(fields[key]) ? [fields[key]] : []));
  const parameters = [fields, ...sources].flatMap((source) => parsed(source.paramsJson ?? source.buttonParamsJson ?? source.responseJson));
  const id = firstIn([fields, ...sources], CHOSEN) ?? firstIn(parameters, ['id', ...CHOSEN]);
  const isAnswer = id !== undefined || /response|reply/.test(String(fields.type));
  if (!isAnswer) return undefined;
  const shown = title || (firstIn(parameters, ['title', 'display_text', 'description']) ?? '');
  return id === undefined && shown === '' ? undefined : { id: cut(id ?? ''), title: cut(shown) };
}

const cut = (text: string): string => text.slice(0, 256).toWellFormed();

function parsed(json: unknown): Fields[] {
  if (isObject(json)) return [json];
  if (typeof json !== 'string' || json.length > 65_536) return [];
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? [value] : [];
  } catch {
    return [];
  }
}

function firstIn(sources: readonly Fields[], keys: readonly string[]): string | undefined {
  for (const key of keys) {
    for (const source of sources) {
      const value = source[key];
      if (typeof value === 'string' && value.trim() !== '' && !PICTURE.test(value)) return value;
      // Some texts stand in an object of their own.
      if (isObject(value) && typeof value.text === 'string' && value.text.trim() !== '') return value.text;
    }
  }
  return undefined;
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
