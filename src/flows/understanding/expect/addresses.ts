/** E-mail addresses, URLs and phone numbers. Pure; where several are written, or one is said not to be it, none is read. */
import { getCountries, parsePhoneNumberFromString } from 'libphonenumber-js/core';
import numbering from 'libphonenumber-js/max/metadata';
import { plainNumber } from '../../../core/phone-number.ts';
import type { Locale } from '../../language/schema.ts';
import { DENIED, plain } from './tokens.ts';

/** The pieces of a text that have no spaces, without the signs around them. */
const piecesOf = (text: string): string[] =>
  text
    .split(/[\s<>"'“”;|]+/)
    .map((piece) => piece.replace(/^[([{,:!?*~]+|[)\]},.:!?*_~]+$/g, ''))
    .filter((piece) => piece !== '');

/** The only one there is; null for none or several. */
function only(found: readonly (string | null)[]): string | null {
  const all = new Set(found);
  const [first] = all;
  return all.size === 1 ? (first ?? null) : null;
}

const EMAIL = /^[a-z0-9_%+-]{1,64}(?:\.[a-z0-9_%+-]{1,64}){0,8}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}[a-z]{2,24}$/;

export function readEmail(text: string): string | null {
  if (DENIED.test(plain(text))) return null;
  const written = piecesOf(text).filter((piece) => piece.includes('@'));
  return only(
    written.map((piece) => {
      const address = piece.toLowerCase().replace(/^(?:e-?mail|mailto|correo|mail)[:=]/, '');
      return address.length <= 254 && EMAIL.test(address) ? address : null;
    }),
  );
}

/** Ends of a host's name that are no words of a sentence: `sim.me chama` is two of them. */
const ENDS = new Set('com net org info biz app dev shop store online site website blog gov edu xyz'.split(' '));
/** Ends that need something that speaks for an address: nothing else beside it, `www`, a path, or three names. */
const SHORT_ENDS = new Set([
  ...getCountries(numbering).map((country) => (country === 'GB' ? 'uk' : country.toLowerCase())),
  ...'eu pro name page link live club tech cloud digital social agency company email world today news media design studio'.split(' '),
  ...'space fun travel academy cat lat art top vip menu cafe restaurant example'.split(' '),
]);
for (const none of ['ta', 'xk']) SHORT_ENDS.delete(none);

export function readUrl(text: string): string | null {
  if (DENIED.test(plain(text))) return null;
  const pieces = piecesOf(text).filter((piece) => !piece.includes('@') || /^https?:/i.test(piece));
  const isAlone = pieces.length === 1;
  const found = pieces.map((piece) => urlOf(piece, isAlone)).filter((url) => url !== null);
  return only(found);
}

const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}([a-z]{2,24})(?::\d{1,5})?(?:[/?#]|$)/i;

function urlOf(piece: string, isAlone: boolean): string | null {
  if (!/^https?:\/\//i.test(piece)) {
    const host = HOST.exec(piece);
    const end = host?.[1]?.toLowerCase() ?? '';
    const isNamed = /^www\./i.test(piece) || piece.includes('/');
    const isSure = isAlone || (host?.[0].split('.').length ?? 0) > 2;
    if (!host || !(isNamed || ENDS.has(end) || (isSure && SHORT_ENDS.has(end)))) return null;
  }
  const url = URL.parse(/^https?:\/\//i.test(piece) ? piece : `https://${piece}`);
  return url?.hostname.includes('.') ? url.href : null;
}

/** Where a number without a country code is. `phone`: the contact's own, whose country is the best guess. */
const COUNTRIES: Record<Locale, 'BR' | 'ES' | 'GB' | 'US'> = { en: 'GB', 'en-us': 'US', pt: 'BR', es: 'ES' };

/** A row of digits and what is written between them. */
const DIGITS = /\+?\(?\d(?:[\s().+/x-]{0,4}\d)*/g;

/** Digits with the country code, without `+`. */
export function readPhone(text: string, { locale, phone }: { locale: Locale; phone: string | null }): string | null {
  const said = plain(plainNumber(text))
    .replace(/\b0\s?xx\s?/g, '0')
    .replace(/\bddd\s?(\d\d)\s?,/, '$1');
  const runs = said.slice(0, 250).match(DIGITS) ?? [];
  if (said.length > 250 || runs.length !== 1 || DENIED.test(said) || /[$€£]/.test(said)) return null;
  const own = phone === null ? undefined : parsePhoneNumberFromString(`+${phone}`, numbering)?.country;
  const number = parsePhoneNumberFromString(runs[0] ?? '', { defaultCountry: own ?? COUNTRIES[locale], extract: false }, numbering);
  return number?.isValid() ? number.number.slice(1) : null;
}
