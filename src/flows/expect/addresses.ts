import { findPhoneNumbersInText, parsePhoneNumberFromString } from 'libphonenumber-js';
import { plainNumber } from '../../core/phone-number.ts';
import type { Locale } from '../schema.ts';

const EMAIL = /(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,5}(?![\w@])/i;
const WEB = /(?:https?:\/\/|www\.)[^\s<>"']+|(?<![\w@.])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}(?:\/[^\s<>"']*)?(?![\w@])/i;

export function readEmail(text: string): string | null {
  return EMAIL.exec(text.slice(0, 1_000))?.[0].toLowerCase() ?? null;
}

export function readUrl(text: string): string | null {
  const found = WEB.exec(text.slice(0, 4_000))?.[0].replace(/[.,;:!?)\]]+$/, '');
  if (found === undefined) return null;
  const url = URL.parse(/^https?:\/\//i.test(found) ? found : `https://${found}`);
  return url?.hostname.includes('.') ? url.href : null;
}

/** Where a number without a country code is. `phone`: the contact's own, whose country is the best guess. */
const COUNTRIES: Record<Locale, 'BR' | 'ES' | 'GB' | 'US'> = { en: 'GB', 'en-us': 'US', pt: 'BR', es: 'ES' };

/** Digits with the country code, without `+`. */
export function readPhone(text: string, { locale, phone }: { locale: Locale; phone: string | null }): string | null {
  const own = phone === null ? undefined : parsePhoneNumberFromString(`+${phone}`)?.country;
  const defaultCountry = own ?? COUNTRIES[locale];
  const plain = plainNumber(text.slice(0, 250));
  const [found] = findPhoneNumbersInText(plain, { defaultCountry });
  const number = found?.number ?? parsePhoneNumberFromString(plain.slice(0, 60), { defaultCountry });
  return number?.isValid() ? number.number.slice(1) : null;
}
