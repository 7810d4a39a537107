/** Phone numbers and addresses as people write and paste them: the one place that reads them, wherever they are given. */
import type { ChatId } from './message.ts';

/** The code points from ！ to ～ are those of ASCII once more, as wide as an ideograph. */
const WIDE = /[\uff01-\uff5e]/g;
const WIDER_BY = 0xfee0;

/**
 * Without what nobody sees, such as the marks that WhatsApp and address books put around a number for its direction of
 * writing; every dash as `-`, every decimal digit as ASCII has it.
 */
export function plainNumber(text: string): string {
  return text
    .replace(/\p{Cf}/gu, '')
    .replace(WIDE, (wide) => String.fromCharCode(wide.charCodeAt(0) - WIDER_BY))
    .replace(/[\p{Pd}\u2212]/gu, '-')
    .replace(/[^\P{Nd}0-9]/gu, asciiDigit);
}

/** Each script has its ten digits in a row, 0 first, and such rows may follow each other. */
function asciiDigit(digit: string): string {
  const at = digit.codePointAt(0) ?? 0;
  let first = at;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(first - 1))) first--;
  return String((at - first) % 10);
}

/**
 * Digits as people write them, with blanks, dots, dashes, slashes and brackets between; with the sign or the digits to dial
 * abroad, or as `tel:` (RFC 3966).
 */
const PHONE = /^(?:tel:)?(\+|00)?([\d\s()./-]+)$/i;
/** https://faq.whatsapp.com/5913398998672934: a link to a chat. */
const LINK = /^(?:https?:\/\/)?(?:www\.)?wa\.me\/\+?(\d{5,15})\/?(?:[?#].*)?$/i;
/** E.164 allows 15 digits; WhatsApp's service accounts have as few as 5. A `:12` names one device of the account. */
const ACCOUNT = /^\+?(\d{5,15})(?::\d+)?@(?:c\.us|s\.whatsapp\.net)$/i;
/** Behind a number as people write it. */
const SERVER = /\s*@(?:c\.us|s\.whatsapp\.net)$/i;
/** Groups made before 2021 carry their maker's number and the time. */
const OTHER = /^(?:\d{5,30}(?:-\d{5,20})?@g\.us|\d{5,30}@(?:lid|newsletter))$/i;

/** As people write it, `@ana.shop`, and as the hub's own address, which WhatsApp has none of: a username may pass on to somebody else. */
const USERNAME = /^(?:@([\w.]{3,35})|([\w.]{3,35})@username)$/;

/** WhatsApp's rules; and what is left of an address without its number. */
const NO_USERNAME = /^\.|\.\.|\.$|^www\.|\.(?:com|org|net|int|edu|gov|mil|arpa|html?|txt|xml|us)$/i;

/** What somebody may mean by a text that should be an address. */
export type Written =
  /** An address of an account, in WhatsApp's own form. */
  | { kind: 'account'; digits: string }
  /** A number as people write it. `abroad`: it says by `+` or `00` that it begins with its country code. */
  | { kind: 'number'; digits: string; abroad: boolean }
  /** A name that somebody has at WhatsApp, in small letters and without its `@`. */
  | { kind: 'username'; name: string }
  /** A group, newsletter or hidden number. */
  | { kind: 'other'; id: ChatId };

/** Null for what is none of these. Whether there is such a number is not looked at. */
export function readAddress(text: string): Written | null {
  const given = plainNumber(text).trim();
  const account = ACCOUNT.exec(given)?.[1];
  if (account) return { kind: 'account', digits: account };
  if (OTHER.test(given)) return { kind: 'other', id: given.toLowerCase() };
  const [, shown, stored] = USERNAME.exec(given) ?? [];
  const name = shown ?? stored;
  if (name !== undefined && /[a-z]/i.test(name) && !NO_USERNAME.test(name)) return { kind: 'username', name: name.toLowerCase() };
  const linked = LINK.exec(given)?.[1];
  if (linked) return { kind: 'number', digits: linked, abroad: true };
  const [, sign, written = ''] = PHONE.exec(given.replace(SERVER, '')) ?? [];
  const digits = written.replace(/\D/g, '');
  return digits === '' ? null : { kind: 'number', digits, abroad: sign !== undefined };
}

/** The digits of a number with its country code, of 5 to 15 digits, however it is written; null for what is none. */
export function phoneIn(text: string): string | null {
  const read = readAddress(text);
  return read && 'digits' in read && /^\d{5,15}$/.test(read.digits) ? read.digits : null;
}
