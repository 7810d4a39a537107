/** Values are escaped for where they go, so that what a contact wrote is only ever text there. Pure. */

export type Destination = 'chat' | 'plain' | 'url' | 'header';

/** Joins words and is not seen: WhatsApp does not take `*` before it for the beginning of bold letters. */
const JOINER = '\u2060';
const MARKED = /(?<![\p{L}\p{N}])([*_~])(?=\S)(?=[^\n]*\S\1(?![\p{L}\p{N}]))/gu;

/** Only what WhatsApp would format is touched: `a_b@example.com` stays as it is. */
function forChat(text: string): string {
  if (!/[*_~`]/.test(text)) return text;
  return text.replace(MARKED, `$1${JOINER}`).replace(/`(?=`)|`(?=[^`\n]+`)/g, `\`${JOINER}`);
}

export function escapeFor(destination: Destination): (value: unknown) => string {
  switch (destination) {
    case 'chat':
      return (value) => forChat(textOf(value));
    case 'plain':
      return textOf;
    case 'url':
      return (value) => encodeURIComponent(textOf(value).toWellFormed());
    case 'header':
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header cannot hold
      return (value) => textOf(value).replace(/[\u0000-\u001f\u007f]+/g, ' ');
  }
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
