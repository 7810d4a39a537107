/** Contact cards, RFC 2426 (version 3.0, which WhatsApp writes) as far as people's names, numbers, addresses and firms go. Pure. */
import type { ContactCard } from '../../../core/message.ts';

export function toVcard({ name, phones, organization, emails = [] }: ContactCard): string {
  const lines = [
    'BEGIN:VCARD',
    'VERSION:3.0',
    `N:;${escaped(name)};;;`,
    `FN:${escaped(name)}`,
    ...(organization ? [`ORG:${escaped(organization)};`] : []),
    // `waid` is what makes the number one that can be written to.
    ...phones.map((phone) => `TEL;type=CELL;type=VOICE;waid=${phone.replace(/\D/g, '')}:+${phone.replace(/\D/g, '')}`),
    ...emails.map((email) => `EMAIL;type=INTERNET:${escaped(email)}`),
    'END:VCARD',
  ];
  return lines.join('\n');
}

export function parseVcard(vcard: string): ContactCard {
  const card: ContactCard = { name: '', phones: [] };
  let given = '';
  // A line that begins with a blank goes on the one before.
  for (const line of vcard.replace(/\r?\n[ \t]/g, '').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const [field = '', ...parameters] = line.slice(0, colon).split(';');
    const value = line.slice(colon + 1);
    switch (field.toUpperCase().replace(/^ITEM\d+\./, '')) {
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
        card.phones.push(parameters.find((parameter) => /^waid=\d+$/i.test(parameter))?.slice(5) ?? plain(value));
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

function escaped(text: string): string {
  return text.replace(/[\\,;]/g, '\\$&').replace(/\r?\n/g, '\\n');
}

function plain(value: string): string {
  return value.replace(/\\(.)/g, (_, char: string) => (char === 'n' || char === 'N' ? '\n' : char)).trim();
}

/** The parts of a value, which an unescaped `;` separates. */
function parts(value: string): string[] {
  return value.split(/(?<!\\);/).map(plain);
}
