/** Values are escaped for where they go, so that what a contact wrote is only ever text there. Pure. */
import { TEXT_LIMIT } from '../language/schema.ts';

export type Destination = 'chat' | 'plain' | 'url' | 'header';

/** Joins words and is not seen: WhatsApp does not take `*` before it for the beginning of bold letters. */
const JOINER = '\u2060';
const OPENS = /(?<![\p{L}\p{N}])[*_~](?=\S)/gu;
const CLOSES = /(?<=\S)[*_~](?![\p{L}\p{N}])/gu;

/** Only what WhatsApp would format is touched: `a_b@example.com` stays as it is. */
function forChat(text: string): string {
  if (!/[*_~`]/.test(text)) return text;
  const marked = text.split('\n').map(withoutMarks).join('\n');
  return marked.replace(/`(?=`)|`(?=[^`\n]+`)/g, `\`${JOINER}`);
}

/** A sign formats where the same one closes behind it in its line. Linear: the last that closes is looked up, not looked for. */
function withoutMarks(line: string): string {
  const last = new Map<string, number>();
  for (const { 0: sign, index } of line.matchAll(CLOSES)) last.set(sign, index);
  return line.replace(OPENS, (sign, offset: number) => ((last.get(sign) ?? 0) > offset + 1 ? `${sign}${JOINER}` : sign));
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

/** `0.1 + 0.2` is 0.3 to who reads it. */
export const withoutDust = (value: number): number =>
  Number.isInteger(value) || !Number.isFinite(value) ? value : Number(value.toPrecision(15));

/** No more of a value than a message may have, and one by which it is seen that some is missing. */
function textOf(value: unknown): string {
  return written(value).slice(0, TEXT_LIMIT + 1);
}

/** As a person reads it. */
export function written(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.map(written).join(', ');
  if (typeof value === 'number') return String(withoutDust(value));
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
