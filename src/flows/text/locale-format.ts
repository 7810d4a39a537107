/** How values look to a person: days and times by locale and time zone. Pure. */
import { DateTime, Duration } from 'luxon';
import type { Milliseconds } from '../../core/runtime.ts';
import type { Locale, Value } from '../language/schema.ts';

/** What decides how a value looks. */
export interface Place {
  locale: Locale;
  zone: string;
  now: Milliseconds;
}

const TAGS: Record<Locale, string> = { en: 'en-GB', 'en-us': 'en-US', pt: 'pt-BR', es: 'es' };
const tagOf = (locale: Locale): string => TAGS[locale];

const WORDS: Record<'en' | 'pt' | 'es', { today: string; tomorrow: string; at: string }> = {
  en: { today: 'today', tomorrow: 'tomorrow', at: 'at' },
  pt: { today: 'hoje', tomorrow: 'amanhã', at: 'às' },
  es: { today: 'hoy', tomorrow: 'mañana', at: 'a las' },
};
const language = (locale: Locale): 'en' | 'pt' | 'es' => (locale === 'en-us' ? 'en' : locale);

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T/;

export const today = ({ now, zone }: Place): string => DateTime.fromMillis(now, { zone }).toISODate() ?? '';

/** `tomorrow at 08:00`, `Wed 25 March`; what is neither a day nor a time comes back as it is. */
export function when(value: unknown, place: Place): unknown {
  if (typeof value !== 'string') return value;
  if (DATE.test(value)) return dayOf(DateTime.fromISO(value, { zone: place.zone }), place);
  if (!DATE_TIME.test(value)) return value;
  const moment = DateTime.fromISO(value, { zone: place.zone });
  if (!moment.isValid) return value;
  const { at } = WORDS[language(place.locale)];
  const clock = moment.setLocale(tagOf(place.locale)).toLocaleString(DateTime.TIME_SIMPLE);
  return `${dayOf(moment, place)} ${at} ${clock}`;
}

function dayOf(moment: DateTime, { locale, now, zone }: Place): string {
  if (!moment.isValid) return '';
  const words = WORDS[language(locale)];
  const here = DateTime.fromMillis(now, { zone }).startOf('day');
  const away = Math.round(moment.startOf('day').diff(here, 'days').days);
  if (away === 0) return words.today;
  if (away === 1) return words.tomorrow;
  return inFull(moment, { locale, now, zone });
}

/** `Wednesday 25 March`, with the year where it is another one. */
function inFull(moment: DateTime, { locale, now, zone }: Place): string {
  const year = moment.year === DateTime.fromMillis(now, { zone }).year ? {} : { year: 'numeric' as const };
  return moment.setLocale(tagOf(locale)).toLocaleString({ weekday: 'long', day: 'numeric', month: 'long', ...year });
}

const YES_NO: Record<'en' | 'pt' | 'es', [yes: string, no: string]> = { en: ['yes', 'no'], pt: ['sim', 'não'], es: ['sí', 'no'] };

/** An answer in words that leave no doubt: of a day its name and date, of a span its units. */
export function readBack(value: Value, place: Place, { isSpan, isPhone }: { isSpan: boolean; isPhone: boolean }): string {
  const { locale, zone } = place;
  if (typeof value === 'boolean') return YES_NO[language(locale)][value ? 0 : 1];
  if (typeof value === 'number' && isSpan) {
    const span = Duration.fromObject({ seconds: value }, { locale: tagOf(locale) }).rescale();
    return span.toHuman();
  }
  if (typeof value === 'number') return String(numeral(value, place));
  if (typeof value !== 'string') return '';
  if (isPhone && /^\d{7,15}$/.test(value)) return `+${value}`;
  const moment = DATE.test(value) || DATE_TIME.test(value) ? DateTime.fromISO(value, { zone }) : undefined;
  if (!moment?.isValid) return value;
  const clock = moment.setLocale(tagOf(locale)).toLocaleString(DateTime.TIME_SIMPLE);
  return `${inFull(moment, place)}${DATE.test(value) ? '' : ` ${WORDS[language(locale)].at} ${clock}`}`;
}

/** Each of its letters is a piece of work, and it may come from a contact. */
const LONGEST_FORMAT = 100;

/** By the tokens of Luxon (`dd/MM`); what is no day or time comes back as it is. */
export function formatted(value: unknown, format: unknown, { zone, locale }: Place): unknown {
  if (typeof value !== 'string' || !(DATE.test(value) || DATE_TIME.test(value))) return value;
  const moment = DateTime.fromISO(value, { zone }).setLocale(tagOf(locale));
  return moment.isValid ? moment.toFormat(String(format ?? 'dd/MM/yyyy').slice(0, LONGEST_FORMAT)) : value;
}

/** The signs of `date`, as in strftime; with `-` before one it has no zero in front. */
const SIGNS: Record<string, string> = {
  ...{ d: 'dd', e: 'd', m: 'MM', y: 'yy', Y: 'yyyy', B: 'LLLL', b: 'LLL', h: 'LLL', A: 'cccc', a: 'ccc', u: 'c', j: 'ooo' },
  ...{ H: 'HH', k: 'H', I: 'hh', l: 'h', M: 'mm', S: 'ss', p: 'a', Z: 'ZZZZ', z: 'ZZZ' },
  ...{ F: 'yyyy-MM-dd', D: 'MM/dd/yy', R: 'HH:mm', T: 'HH:mm:ss' },
};
const SHORT: Record<string, string> = { d: 'd', m: 'M', H: 'H', I: 'h', M: 'm', S: 's', j: 'o' };
const SIGN = /%(-?)(.?)/gs;

/** By the signs of strftime (`%d/%m/%Y`), as Liquid has them; what is no day or time comes back as it is. */
export function dated(value: unknown, format: unknown, { zone, locale }: Place): unknown {
  if (typeof value !== 'string' || !(DATE.test(value) || DATE_TIME.test(value))) return value;
  const moment = DateTime.fromISO(value, { zone }).setLocale(tagOf(locale));
  if (!moment.isValid) return value;
  return String(format ?? '')
    .slice(0, LONGEST_FORMAT)
    .replace(SIGN, (written, dash: string, sign: string) => {
      const tokens = sign === '%' ? undefined : (dash && SHORT[sign]) || SIGNS[sign];
      return sign === '%' ? '%' : tokens === undefined ? written : moment.toFormat(tokens);
    });
}

export function dateFault(format: unknown): string | undefined {
  const wrong = [...String(format).matchAll(SIGN)].find(([, , sign = '']) => sign !== '%' && !Object.hasOwn(SIGNS, sign));
  return wrong
    ? `"${wrong[0]}" is no sign of a day or time; there are ${Object.keys(SIGNS)
        .map((sign) => `%${sign}`)
        .join(' ')}`
    : undefined;
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

export const moneyFault = (currency: unknown): string | undefined =>
  CURRENCIES.has(String(currency)) ? undefined : `"${currency}" is no currency: its three letters are meant`;

/** `1,234.5` as it is written here; what is no number comes back as it is. */
export function numeral(value: unknown, { locale }: Place): unknown {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? new Intl.NumberFormat(tagOf(locale)).format(number) : value;
}

/** An amount in a currency such as `BRL`. */
export function money(value: unknown, currency: unknown, { locale }: Place): unknown {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || !/^[A-Z]{3}$/.test(String(currency))) return value;
  return new Intl.NumberFormat(tagOf(locale), { style: 'currency', currency: String(currency) }).format(number);
}
