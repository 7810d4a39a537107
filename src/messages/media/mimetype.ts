import { HooklineError } from '../../core/errors.ts';
import type { MediaType } from '../../core/message.ts';
import { isSoundOnly } from './tracks.ts';

export const UNKNOWN = 'application/octet-stream';
/** What the bytes prove by these is only how something else is packed. */
const CONTAINERS = new Set(['application/zip', 'application/x-cfb', 'application/xml', 'application/gzip']);
/** RFC 9110, section 8.3.1, with parameters; ASCII alone, as it is sent in a header. */
const FORM = /^[\w!#$&^.+-]{1,80}\/[\w!#$&^.+-]{1,120}( *; *[\w!#$&^.+-]+=("[ !#-[\]-~]*"|[\w!#$&^.+-]+)){0,4}$/;
/** Milliseconds in which a file has to show what it is. */
const PATIENCE = 5_000;

/** `image/PNG ; x=y` is `image/png`. */
export const baseType = (mimetype: string): string => (mimetype.split(';', 1)[0] ?? '').trim().toLowerCase();

/** A type that somebody gave, if it has the form of one. */
export function hintOf(mimetype: string | undefined): string | undefined {
  return mimetype !== undefined && FORM.test(mimetype) ? mimetype : undefined;
}

/**
 * What the file is by its bytes. A hint counts where the bytes prove nothing (text, CSV), and never for a type that bytes
 * would have proven: what is called an image, a sound or a PDF here is one.
 */
export async function mimetypeOf(path: string, hint: string | undefined): Promise<string> {
  // Loaded with the first file.
  const { fileTypeFromFile, supportedMimeTypes } = await import('file-type');
  // A file that is built to break its parser is of no known type.
  const found = await fileTypeFromFile(path, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => undefined);
  if (found && !CONTAINERS.has(found.mime)) {
    const isSound = await isSoundOnly(path, found.mime).catch(() => false);
    return isSound ? found.mime.replace(/^video\/(x-m4v|quicktime)$|^video/, (_, apple) => (apple ? 'audio/mp4' : 'audio')) : found.mime;
  }
  const given = hintOf(hint);
  if (given !== undefined && !supportedMimeTypes.has(baseType(given) as never) && !/^(audio|video)\//i.test(given)) return given;
  return found?.mime ?? UNKNOWN;
}

/** What WhatsApp shows otherwise than as a document: by its type, and by the ending of its name while the bytes are still to be fetched. */
const SHOWN: [MediaType, mimetype: RegExp, ending: RegExp][] = [
  ['image', /^image\/(jpeg|png|webp|gif)$/, /\.(jpe?g|png|webp|gif)$/i],
  ['video', /^video\/(mp4|3gpp)$/, /\.(mp4|3gp)$/i],
  ['audio', /^audio\//, /\.(mp3|m4a|aac|amr|ogg|opus)$/i],
];

/** The kind of message that a file is best sent as. */
export function sentAs(mimetype: string, filename: string | null): MediaType {
  const type = baseType(mimetype);
  const shown = SHOWN.find(([, mimetypes, endings]) => (type === UNKNOWN ? endings.test(filename ?? '') : mimetypes.test(type)));
  return shown?.[0] ?? 'document';
}

/** What a message of each type may carry. Anything else reaches a phone as a bubble that stays dead, or as something else. */
const CARRIES: Record<MediaType, { takes: RegExp; words: string }> = {
  // What a browser can draw, which WhatsApp Web turns into a JPEG.
  image: { takes: /^image\/(jpeg|png|apng|webp|gif|bmp|avif)$/, words: 'a picture (JPEG, PNG, WebP, GIF)' },
  video: { takes: /^video\//, words: 'a video (MP4)' },
  audio: { takes: /^(audio\/|application\/ogg$)/, words: 'a sound (MP3, M4A, OGG)' },
  voice: { takes: /^(audio\/|application\/ogg$)/, words: 'a sound (OGG with Opus, best)' },
  sticker: { takes: /^image\/webp$/, words: 'a WebP picture' },
  document: { takes: /^/, words: 'any file' },
};

/** Throws `media-invalid` where a message of this type cannot carry such a file. `mimetype`: by the bytes. */
export function checkCarries(type: MediaType, mimetype: string): void {
  const base = baseType(mimetype);
  const { takes, words } = CARRIES[type];
  if (takes.test(base)) return;
  const is = base === UNKNOWN ? `of no type that its bytes show (${UNKNOWN})` : `${base} by its bytes`;
  const fits = sentAs(mimetype, null);
  const message = `The message is of the type "${type}" and the file is ${is}. Give ${words}, or send it as "${fits}".`;
  throw new HooklineError('media-invalid', message, { errors: [{ path: 'media', message }] });
}
