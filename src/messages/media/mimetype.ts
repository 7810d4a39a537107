import type { MediaType } from '../../core/message.ts';

const UNKNOWN = 'application/octet-stream';
/** What the bytes prove by these is only how something else is packed. */
const CONTAINERS = new Set(['application/zip', 'application/x-cfb', 'application/xml', 'application/gzip']);
/** RFC 9110, section 8.3.1, with parameters; ASCII alone, as it is sent in a header. */
const FORM = /^[\w!#$&^.+-]{1,80}\/[\w!#$&^.+-]{1,120}( *; *[\w!#$&^.+-]+=("[ !#-[\]-~]*"|[\w!#$&^.+-]+)){0,4}$/;
/** Milliseconds in which a file has to show what it is. */
const PATIENCE = 5_000;

/** `image/PNG ; x=y` is `image/png`. */
const baseType = (mimetype: string): string => (mimetype.split(';', 1)[0] ?? '').trim().toLowerCase();

/** A type that somebody gave, if it has the form of one. */
export function hintOf(mimetype: string | undefined): string | undefined {
  return mimetype !== undefined && FORM.test(mimetype) ? mimetype : undefined;
}

/**
 * What the file is by its bytes. A hint counts where the bytes prove nothing (text, CSV), and never for a type that bytes
 * would have proven: what is called an image or a PDF here is one.
 */
export async function mimetypeOf(path: string, hint: string | undefined): Promise<string> {
  // Loaded with the first file.
  const { fileTypeFromFile, supportedMimeTypes } = await import('file-type');
  // A file that is built to break its parser is of no known type.
  const found = await fileTypeFromFile(path, { signal: AbortSignal.timeout(PATIENCE) }).catch(() => undefined);
  if (found && !CONTAINERS.has(found.mime)) return found.mime;
  const given = hintOf(hint);
  if (given !== undefined && !supportedMimeTypes.has(baseType(given) as never)) return given;
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

/** A name without a path or anything that is not printed; undefined when nothing is left. */
export function filenameOf(name: string | undefined): string | undefined {
  const last = name
    ?.split(/[\\/]/)
    .at(-1)
    ?.replace(/\p{Cc}|\p{Cf}/gu, '')
    .trim()
    .slice(0, 255)
    // The cut may have halved a character, which no header can carry.
    .toWellFormed();
  return last && last !== '.' && last !== '..' ? last : undefined;
}
