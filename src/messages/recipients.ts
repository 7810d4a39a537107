// Not its index, which is sixty modules more to load.
import { parsePhoneNumberFromString } from 'libphonenumber-js/core';
import numbering from 'libphonenumber-js/min/metadata';
import { HooklineError } from '../core/errors.ts';
import type { ChatId } from '../core/message.ts';
import { plainNumber, readAddress } from '../core/phone-number.ts';

const FORMS =
  'a phone number with its country code (+55 11 98765-4321 or 5511987654321), a wa.me link, …@c.us, …@s.whatsapp.net, …@g.us, …@lid, …@newsletter or a username (@ana.shop)';

/** Ends the address of somebody who is known by username; WhatsApp says, when it is asked, whose hidden number that is now. */
export const USERNAME = '@username';

/**
 * The one address for every way of writing it: what the chat is stored under and what engines are given. An address of
 * WhatsApp's own is taken as it stands: old accounts have numbers that today's numbering plans do not know.
 * `path` says in the error which member was wrong. Throws `recipient-invalid`.
 */
export function toChatId(address: string, path = 'to'): ChatId {
  const read = readAddress(address);
  if (read?.kind === 'account') return `${read.digits}@c.us`;
  if (read?.kind === 'other') return read.id;
  if (read?.kind === 'username') return `${read.name}${USERNAME}`;
  const number = read && numberOf(read.digits);
  if (number) return `${number}@c.us`;
  const message = `Not a WhatsApp address. Give ${FORMS}.`;
  throw new HooklineError('recipient-invalid', message, { errors: [{ path, message }] });
}

/**
 * A number for a contact card: `+` and the digits of E.164 where it is, or says that it is, international; any other stays as
 * it is given, since it would be somebody else's number abroad. Short ones (190, *123#) are none but where they are dialed.
 */
export function cardPhone(phone: string): string {
  const read = readAddress(phone);
  const number = read?.kind === 'number' ? numberOf(read.digits) : undefined;
  if (number) return `+${number}`;
  const isAbroad = read?.kind === 'account' || (read?.kind === 'number' && read.abroad && /^[1-9]\d{6,14}$/.test(read.digits));
  return isAbroad ? `+${read.digits}` : plainNumber(phone).trim().replace(/\s+/g, ' ');
}

/**
 * The digits of E.164 for digits that were written with their country code. WhatsApp keeps two forms that the numbering
 * plans have given up or never had abroad: Mexico's 1 before mobile numbers, and Argentina's 9 and 15 at once.
 */
function numberOf(digits: string): string | undefined {
  const phone = parsePhoneNumberFromString(`+${digits}`, { extract: false }, numbering);
  // Germany's plan has numbers longer than E.164 allows.
  if (phone?.isValid() && phone.number.length <= 16) return phone.number.slice(1);
  const mexican = /^521(\d{10})$/.exec(digits);
  if (mexican) return numberOf(`52${mexican[1]}`) && digits;
  const argentine = /^549(\d{12})$/.exec(digits);
  return argentine ? numberOf(`54${argentine[1]}`) : undefined;
}

/**
 * Every form under which WhatsApp may know the account of this address, the most likely one first: it must be asked in
 * this order, because of the less likely form it may say that it exists although nothing ever arrives there
 * (https://github.com/adiwajshing/Baileys/issues/1997). Of most addresses there is one form, the address itself.
 */
export function variantsOf(chatId: ChatId): ChatId[] {
  const read = readAddress(chatId);
  if (read?.kind !== 'account') return [chatId];
  const { digits } = read;
  const forms = [...(brazilian(digits) ?? mexican(digits) ?? argentine(digits) ?? []), digits];
  return [...new Set(forms)].map((form) => `${form}@c.us`);
}

/** São Paulo, Rio de Janeiro and Espírito Santo, whose accounts WhatsApp moved to the new form. */
const MOVED_AREAS = /^(?:1[1-9]|2[12478])/;

/**
 * Mobile numbers got a ninth digit, a 9 in front, from 2012 to 2016 (Anatel, resolution 553/2010). Accounts keep the
 * form of their area's time: with it in MOVED_AREAS, without it elsewhere (https://github.com/wwebjs/whatsapp-web.js/issues/596);
 * later accounts may have either. Numbers that began with 2 to 5 were never mobile: with a 9 they are somebody else's.
 */
function brazilian(digits: string): string[] | undefined {
  const [, area = '', subscriber = ''] = /^55(\d{2})9?([6-9]\d{7})$/.exec(digits) ?? [];
  if (!area) return undefined;
  const forms = [`55${area}9${subscriber}`, `55${area}${subscriber}`];
  return MOVED_AREAS.test(area) ? forms : forms.reverse();
}

/** "Must have a 1 after +52" (https://faq.whatsapp.com/1294841057948784); the numbering plan dropped it in 2019, and newer accounts have none. */
function mexican(digits: string): string[] | undefined {
  const [, number] = /^521?(\d{10})$/.exec(digits) ?? [];
  return number === undefined ? undefined : [`521${number}`, `52${number}`];
}

/** "A 9 after +54, and no 15 before the local number" (https://faq.whatsapp.com/1294841057948784); accounts of fixed lines have neither. */
function argentine(digits: string): string[] | undefined {
  const withPrefix = /^549?(\d{12})$/.exec(digits);
  const plain = withPrefix ? numberOf(`54${withPrefix[1]}`) : digits;
  const [, number] = /^549?(\d{10})$/.exec(plain ?? '') ?? [];
  return number === undefined ? undefined : [`549${number}`, `54${number}`];
}
