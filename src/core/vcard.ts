/** Contact cards, RFC 2426 (version 3.0, which WhatsApp writes) as far as people's names, numbers, addresses and firms go. Pure. */
import type { ContactCard } from './message.ts';

export function toVcard({ name, phones, organization, emails = [] }: ContactCard): string {
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${escaped(name)};;;`,
    `FN:${escaped(name)}`,
    ...(organization ? [`ORG:${escaped(organization)};`] : []),
    ...phones.map(telephone),
    ...emails.map((email) => `EMAIL;type=INTERNET:${escaped(email)}`),
    'END:VCARD',
  ];
  return lines.join('\n');
}

/** `waid` makes it a number that can be written to: only what is international can be, any other would be somebody else's. */
function telephone(phone: string): string {
  const [, digits] = /^\+([1-9]\d{4,14})$/.exec(phone) ?? [];
  return digits ? `TEL;type=CELL;type=VOICE;waid=${digits}:+${digits}` : `TEL;type=CELL;type=VOICE:${phone.replace(/\s+/g, ' ')}`;
}

/** Phones write version 3.0 and 4.0 (RFC 6350), old ones 2.1. */
export function parseVcard(vcard: string): ContactCard {
  const card: ContactCard = { name: '', phones: [] };
  let given = '';
  for (const line of linesOf(vcard)) {
    const colon = line.search(/:(?=(?:[^"]*"[^"]*")*[^"]*$)/);
    if (colon < 0) continue;
    const [field = '', ...parameters] = line.slice(0, colon).split(';');
    const value = decoded(line.slice(colon + 1), parameters);
    // A name may stand before it, for what belongs together.
    switch (field.toUpperCase().replace(/^[\w-]+\./, '')) {
      case 'FN':
        card.name = plain(value);
        break;
      case 'N': {
        const [family, first, ...rest] = parts(value);
        given = [rest[1], first, rest[0], family, rest[2]].filter(Boolean).join(' ');
        break;
      }
      case 'ORG':
        card.organization = parts(value).filter(Boolean).join(', ');
        break;
      case 'TEL':
        card.phones.push(parameters.find((parameter) => /^waid=\d+$/i.test(parameter))?.slice(5) ?? plain(value).replace(/^tel:/i, ''));
        break;
      case 'EMAIL':
        card.emails = [...(card.emails ?? []), plain(value)];
        break;
    }
  }
  card.name ||= given;
  if (!card.organization) delete card.organization;
  return card;
}

const QUOTED_PRINTABLE = /^(?:encoding=)?quoted-printable$/i;

/** A line that begins with a blank goes on the one before, and so does the one behind a `=` at the end of quoted-printable. */
function linesOf(vcard: string): string[] {
  const lines: string[] = [];
  let goesOn = false;
  for (const line of vcard.replace(/(?:\r\n|\r|\n)[ \t]/g, '').split(/\r\n|\r|\n/)) {
    if (goesOn) lines.push((lines.pop() ?? '').slice(0, -1) + line);
    else lines.push(line);
    const whole = lines.at(-1) ?? '';
    goesOn = whole.endsWith('=') && parametersOf(whole).some((parameter) => QUOTED_PRINTABLE.test(parameter));
  }
  return lines;
}

const parametersOf = (line: string): string[] => line.split(':', 1)[0]?.split(';').slice(1) ?? [];

/** Of vCard 2.1 (RFC 2045, 6.7): bytes in the character set that is said beside it. */
function decoded(value: string, parameters: readonly string[]): string {
  if (!parameters.some((parameter) => QUOTED_PRINTABLE.test(parameter))) return value;
  const bytes = value.replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  // What is no byte was never encoded.
  if (/[^\0-\xff]/.test(bytes)) return bytes;
  const charset = parameters.map((parameter) => /^charset="?([\w.:-]+)"?$/i.exec(parameter)?.[1]).find(Boolean) ?? 'utf-8';
  try {
    return new TextDecoder(charset).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return bytes;
  }
}

/** Whatever a reader might take for the end of a line is none. */
function escaped(text: string): string {
  return text.replace(/[\\,;]/g, '\\$&').replace(/\r\n|[\n\v\f\r\x85\u2028\u2029]/g, '\\n');
}

function plain(value: string): string {
  return value.replace(/\\(.)/g, (_, char: string) => (char === 'n' || char === 'N' ? '\n' : char)).trim();
}

/** The parts of a value, which an unescaped `;` separates. */
function parts(value: string): string[] {
  return value.split(/(?<!\\);/).map(plain);
}
