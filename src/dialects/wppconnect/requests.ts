import { z } from 'zod';
import { HooklineError } from '../../core/errors.ts';
import { sentAs } from '../../messages/media/mimetype.ts';
import { type FilePart, Flag, fileAlong, filled, needNothingElse, type Raw, Sections, sectionsOf, sourceOf } from '../requests.ts';

export const Start = z.object({
  waitQrCode: Flag.optional().describe('Whether the answer waits for the code'),
  phone: z.string().nullish().describe('With waitQrCode: the answer has a code to be typed on this phone'),
  engine: z.enum(['sandbox', 'wppconnect']).optional().describe('Of a session that is new; sandbox: a phone that is played, for tests'),
  webhook: z.string().nullish().describe('Where events of the session are sent'),
  proxy: z.unknown().optional(),
});
export type Start = z.output<typeof Start>;

export function checkSettings(body: Start): void {
  needNothingElse(body, {
    proxy: 'the way out is set by the operator, for the whole hub (chromium.proxies)',
  });
}

/** To whom: numbers, with commas between them or as a list. */
const To = {
  phone: z.union([z.string(), z.array(z.string()).min(1).max(50)]),
  isGroup: Flag.optional(),
  isNewsletter: Flag.optional(),
  isLid: Flag.optional(),
};
export const Phones = z.object(To);
export type Phones = z.output<typeof Phones>;

const Options = z
  .looseObject({ quotedMsg: z.string().nullish(), mentionedList: z.array(z.string()).nullish(), linkPreview: z.unknown().optional() })
  .nullish();
const Written = { ...To, options: Options };

export const Message = z.object({ ...Written, message: z.string() });
export type Message = z.output<typeof Message>;
export const Reply = z.object({ ...To, message: z.string(), messageId: z.string() });
export type Reply = z.output<typeof Reply>;
export const Mentioned = z.object({ ...To, message: z.string(), mentioned: z.array(z.string()) });
export type Mentioned = z.output<typeof Mentioned>;
export const FileMessage = z.object({
  ...Written,
  path: z.string().nullish().describe('A URL'),
  base64: z.string().nullish().describe('The file in base64, best as a data URL, which says what it is'),
  filename: z.string().nullish(),
  caption: z.string().nullish(),
  message: z.string().nullish().describe('As caption'),
  quotedMessageId: z.string().nullish(),
});
export type FileMessage = z.output<typeof FileMessage>;
/** As a form, whose part `file` is the file. */
export const fileForm = (filePart: FilePart) => ({
  schema: FileMessage.omit({ path: true, base64: true }).extend({ file: filePart }),
  json: ['options'],
});
export type FileForm = z.output<ReturnType<typeof fileForm>['schema']>;
export const Voice = z.object({
  ...To,
  path: z.string().nullish(),
  base64Ptt: z.string().nullish(),
  quotedMessageId: z.string().nullish(),
});
export type Voice = z.output<typeof Voice>;
export const PlaceMessage = z.object({
  ...To,
  lat: z.coerce.number(),
  lng: z.coerce.number(),
  title: z.string().nullish(),
  address: z.string().nullish(),
});
export type PlaceMessage = z.output<typeof PlaceMessage>;
export const Cards = z.object({ ...To, contactsId: z.union([z.string(), z.array(z.string()).min(1)]), name: z.string().nullish() });
export type Cards = z.output<typeof Cards>;
export const ListMessage = z.object({
  ...To,
  buttonText: z.string(),
  description: z.string(),
  title: z.string().nullish(),
  footer: z.string().nullish(),
  sections: Sections,
});
export type ListMessage = z.output<typeof ListMessage>;
export const PollMessage = z.object({
  ...To,
  name: z.string(),
  choices: z.array(z.string()),
  options: z.looseObject({ selectableCount: z.number().int().optional() }).nullish(),
});
export type PollMessage = z.output<typeof PollMessage>;

export const Edit = z.object({ id: z.string(), newText: z.string() });
export type Edit = z.output<typeof Edit>;
export const React = z.object({ msgId: z.string(), reaction: z.union([z.string(), z.literal(false)]).nullish() });
export type React = z.output<typeof React>;
export const Delete = z.object({ messageId: z.string(), onlyLocal: Flag.optional(), deleteMediaInDevice: Flag.optional() });
export type Delete = z.output<typeof Delete>;
export const Forward = z.object({ ...To, messageId: z.union([z.string(), z.array(z.string()).min(1).max(50)]) });
export type Forward = z.output<typeof Forward>;
export const State = z.object({ ...To, value: Flag.optional() });
export type State = z.output<typeof State>;
export const Online = z.object({ isOnline: Flag.optional() });
export type Online = z.output<typeof Online>;
export const MessagesQuery = z.object({ count: z.coerce.number().int().min(-1).max(1_000).optional(), isGroup: Flag.optional() });
export type MessagesQuery = z.output<typeof MessagesQuery>;

export const listed = (value: string | readonly string[]): string[] =>
  (typeof value === 'string' ? value.split(/\s*[,;]\s*/) : [...value]).filter(Boolean);

/** WhatsApp's addresses: what says by itself what it is stays so. */
export function addressesOf({ phone, isGroup, isNewsletter, isLid }: Phones): string[] {
  return listed(phone).map((one) => {
    if (one.includes('@')) return one;
    if (isGroup) return `${one}@g.us`;
    if (isNewsletter) return `${one}@newsletter`;
    const digits = one.replace(/\D/g, '');
    return isLid || digits.length > 14 ? `${digits}@lid` : one;
  });
}

/** A send but for whom it goes to. `quoted`: the message that it answers, by any id of it. */
export interface Draft {
  raw: Raw;
  quoted?: string | null | undefined;
}

export const textOf = ({ message, options }: Message): Draft => ({
  raw: filled({
    ...{ type: 'text', text: message, mentions: options?.mentionedList?.length ? options.mentionedList : undefined },
    linkPreview: typeof options?.linkPreview === 'boolean' ? options.linkPreview : undefined,
  }),
  quoted: options?.quotedMsg,
});
export const replyOf = ({ message, messageId }: Reply): Draft => ({ raw: { type: 'text', text: message }, quoted: messageId });
export const mentionedOf = ({ message, mentioned }: Mentioned): Draft => ({ raw: { type: 'text', text: message, mentions: mentioned } });

/** A file that lies on the disk of the server is nobody's here. */
function fileSource(path: string | null | undefined, base64: string | null | undefined, more: Raw): Raw {
  const given = base64 || path;
  if (given && (base64 || /^(https?:\/\/|data:)/i.test(given))) return sourceOf(given, more);
  const message = path ? 'is no URL: files on the disk of the hub are not sent' : 'is missing: give the file, or a URL as "path"';
  throw new HooklineError('invalid-body', 'Sending the file is mandatory', { errors: [{ path: path ? 'path' : 'base64', message }] });
}

/** By what the file says of itself, as wppconnect detects it. */
export const fileOf =
  (type?: 'image' | 'sticker') =>
  (body: FileMessage | FileForm): Draft => {
    const { caption, message, quotedMessageId, options } = body;
    const { file, mimetype, name } = 'file' in body ? cameAlong(body) : given(body);
    const raw = filled({ type: type ?? sentAs(mimetype, name), ...file, caption: caption || message });
    return { raw, quoted: quotedMessageId ?? options?.quotedMsg };
  };

/** A file as the hub takes it, and what its type of message is told by. */
interface Told {
  file: Raw;
  mimetype: string;
  name: string | null;
}

function cameAlong({ file, filename, ...to }: FileForm): Told {
  needOne(to);
  return { file: fileAlong(file, filename), mimetype: file.kept.mimetype, name: filename || (file.filename ?? null) };
}

function given({ path, base64, filename }: FileMessage): Told {
  const media = fileSource(path, base64, { filename });
  const name = filename ?? (path && /[^/?#]+\.\w+(?=[?#]|$)/.exec(path)?.[0]) ?? null;
  return { file: { media }, mimetype: String(media.mimetype ?? 'application/octet-stream'), name };
}

/** The first who has the file could lose it for the others. */
function needOne(body: Phones): void {
  if (addressesOf(body).length < 2) return;
  const message = 'names several; send the form once for each, or the file as base64';
  throw new HooklineError('invalid-body', 'A file that comes along goes to one', { errors: [{ path: 'phone', message }] });
}

export const voiceOf = ({ path, base64Ptt, quotedMessageId }: Voice): Draft => ({
  raw: { type: 'voice', media: fileSource(path, base64Ptt, {}) },
  quoted: quotedMessageId,
});
export const placeOf = ({ lat, lng, title, address }: PlaceMessage): Draft => ({
  raw: filled({ type: 'location', latitude: lat, longitude: lng, name: title, address }),
});
export const cardsOf = ({ contactsId, name }: Cards): Draft => ({
  raw: {
    type: 'contact',
    contacts: listed(contactsId).map((id) => {
      const phone = `+${id.split('@')[0]?.replace(/\D/g, '')}`;
      return { name: name || phone, phones: [phone] };
    }),
  },
});
export const listOf = ({ buttonText, description, title, footer, sections }: ListMessage): Draft => ({
  raw: filled({
    ...{ type: 'list', title, text: description, footer, button: buttonText },
    sections: sectionsOf(sections),
  }),
});
export const pollOf = ({ name, choices, options }: PollMessage): Draft => ({
  // 0: any number of them.
  raw: { type: 'poll', question: name, options: choices, selectable: options?.selectableCount || choices.length },
});
