/** The names of files, as people read them on their phones and on their disks. Pure. */
import { baseType } from './mimetype.ts';

const LONGEST = 255;

/**
 * What turns the direction of writing, so that `exe.pdf` may be `fdp.exe`, or ends a line, or is nothing at all. Joiners are
 * left: Persian and Indic words are spelt with them, and families of emoji made.
 */
const DANGEROUS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u200b\u2060\ufeff]/gu;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}\p{M}]/u;

/** A name without a path or anything that is dangerous to print; undefined when nothing is left. */
export function filenameOf(name: string | undefined): string | undefined {
  const last = name
    ?.split(/[\\/]/)
    .at(-1)
    // Halves of a character no header can carry.
    ?.toWellFormed()
    .replace(DANGEROUS, '')
    .trim();
  return last && VISIBLE.test(last) && last !== '.' && last !== '..' ? shortened(last) : undefined;
}

/** By its ending a phone knows how to open it. */
function shortened(name: string): string {
  if (name.length <= LONGEST) return name;
  const ending = endingOf(name);
  // The cut may have halved a character, which no header can carry.
  return name.slice(0, LONGEST - ending.length).toWellFormed() + ending;
}

const endingOf = (name: string): string => /\.(?=\w*[a-z])\w{1,8}$/i.exec(name)?.[0] ?? '';

/** The last part of the path, if it looks like the name of a file. */
export function nameInUrl(url: string): string | undefined {
  const last = new URL(url).pathname.split('/').at(-1) ?? '';
  if (endingOf(last) === '') return undefined;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/**
 * The name in a Content-Disposition (RFC 6266): `filename*` (RFC 8187) before `filename`. Servers also write UTF-8, or the
 * encoded words of mail (RFC 2047), where only ASCII may stand.
 */
export function nameInDisposition(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const extended = /(?:^|;)\s*filename\*\s*=\s*"?(utf-8|iso-8859-1)'[^']*'([^;"]*)/i.exec(header);
  const name = extended && percentDecoded(extended[2]?.trim() ?? '', extended[1] ?? '');
  if (name) return name;
  const [, quoted, token] = /(?:^|;)\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))/i.exec(header) ?? [];
  // Some write a path of Windows, whose backslashes escape nothing.
  const plain = quoted === undefined ? token?.trim() : quoted.replace(/\\(["\\])/g, '$1');
  return plain && (mailDecoded(plain) ?? utf8Decoded(plain));
}

function percentDecoded(text: string, charset: string): string | undefined {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (/[^\0-\xff]/.test(bytes)) return undefined;
  return charset.toLowerCase() === 'utf-8' ? utf8Decoded(bytes) : bytes;
}

/** Of a text that has one character for each byte, as Node reads headers. */
function utf8Decoded(text: string): string {
  if (!/[\x80-\xff]/.test(text) || /[^\0-\xff]/.test(text)) return text;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}

function mailDecoded(text: string): string | undefined {
  if (!/^(?:\s*=\?[\w-]+\?[bq]\?[^?]*\?=)+\s*$/i.test(text)) return undefined;
  try {
    return text.replace(/\s*=\?([\w-]+)\?([bq])\?([^?]*)\?=/gi, (_, charset: string, how: string, said: string) => {
      const quoted = (): string =>
        said.replaceAll('_', ' ').replace(/=([0-9a-f]{2})/gi, (__, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
      const bytes = how.toLowerCase() === 'b' ? Buffer.from(said, 'base64') : Buffer.from(quoted(), 'latin1');
      return new TextDecoder(charset).decode(bytes);
    });
  } catch {
    return undefined;
  }
}

/** The usual ending of files of these types. */
const ENDINGS: Record<string, string> = {
  'image/jpeg': 'jpg',
  'image/svg+xml': 'svg',
  'image/x-icon': 'ico',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/x-m4a': 'm4a',
  'audio/vnd.wave': 'wav',
  'audio/matroska': 'mka',
  'application/ogg': 'ogg',
  'video/quicktime': 'mov',
  'video/3gpp': '3gp',
  'video/3gpp2': '3g2',
  'audio/3gpp': '3gp',
  'video/matroska': 'mkv',
  'video/vnd.avi': 'avi',
  'video/x-m4v': 'm4v',
  'video/mp2t': 'ts',
  'text/plain': 'txt',
  'text/calendar': 'ics',
  'text/vcard': 'vcf',
  'text/javascript': 'js',
  'text/markdown': 'md',
  'application/msword': 'doc',
  'application/vnd.ms-excel': 'xls',
  'application/vnd.ms-powerpoint': 'ppt',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'application/vnd.openxmlformats-officedocument.presentationml.presentation': 'pptx',
  'application/vnd.oasis.opendocument.text': 'odt',
  'application/vnd.oasis.opendocument.spreadsheet': 'ods',
  'application/vnd.oasis.opendocument.presentation': 'odp',
  'application/epub+zip': 'epub',
  'application/gzip': 'gz',
  'application/x-7z-compressed': '7z',
  'application/x-rar-compressed': 'rar',
  'application/x-tar': 'tar',
  'application/vnd.android.package-archive': 'apk',
  'application/postscript': 'ps',
  'application/javascript': 'js',
  'application/x-cfb': 'doc',
  'application/octet-stream': 'bin',
};

/** Of others it is what the type is called: `application/pdf`, `text/csv`, `image/png`. */
function usualEnding(mimetype: string): string {
  const base = baseType(mimetype);
  const [, named] = /^[a-z]+\/(?:x-)?([a-z0-9]{2,5})$/.exec(base) ?? [];
  return ENDINGS[base] ?? named ?? 'bin';
}

/** What a file is called of which nobody has said a name: `document.pdf`, `image.jpg`. */
export function usualName(mimetype: string, kind?: string): string {
  const [family = ''] = baseType(mimetype).split('/');
  return `${kind ?? (/^(?:image|video|audio)$/.test(family) ? family : 'document')}.${usualEnding(mimetype)}`;
}

/** Programs of a server, whose endings say nothing of what they answer. */
const PROGRAM = /\.(?:php\d?|aspx?|ashx|axd|jspx?|do|cgi|pl|action|html?|dll|exe)$/i;

/** A name that the hub found by itself, so that whoever gets the file can open it. */
export function foundName(name: string | undefined, mimetype: string): string | undefined {
  const clean = filenameOf(name);
  if (clean === undefined || baseType(mimetype) === 'application/octet-stream' || /html|php|msdownload/.test(mimetype)) return clean;
  const ending = endingOf(clean);
  if (ending === '') return `${clean}.${usualEnding(mimetype)}`;
  return PROGRAM.test(ending) ? `${clean.slice(0, -ending.length)}.${usualEnding(mimetype)}` : clean;
}
