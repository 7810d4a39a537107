import type { Locale } from '../schema.ts';
import { toWords } from '../words.ts';
import { type Language, NUMBERS, SPANS } from './words.ts';

const NUMBER = /(?<![\d.,])[-−]?\d[\d.,'\u00a0\u2009 ]*/g;

/** The only number in a text: `R$ 1.234,50` in pt and es, `1,234.50` in en; null where there is none, or several. */
export function readNumber(text: string, locale: Locale, languages: readonly Language[]): number | null {
  const found = text.slice(0, 200).match(NUMBER) ?? [];
  if (found.length > 1) return null;
  if (found[0] !== undefined) return parseNumber(found[0].trim(), locale);
  const words = toWords(text).slice(0, 20);
  const counts = words.flatMap((word) => languages.map((language) => NUMBERS[language][word]).find((count) => count !== undefined) ?? []);
  return counts.length === 1 ? (counts[0] ?? null) : null;
}

function parseNumber(written: string, locale: Locale): number | null {
  const text = written
    .replace(/[\s']/g, '')
    .replace('−', '-')
    .replace(/[.,]+$/, '');
  const decimal = decimalSign(text, locale);
  const plain = decimal === null ? text.replace(/[.,]/g, '') : text.replaceAll(decimal === ',' ? '.' : ',', '').replace(decimal, '.');
  const number = Number(plain);
  return Number.isFinite(number) && Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : null;
}

/** The last sign of two kinds divides the decimals; of one kind the locale and three digits behind it decide. */
function decimalSign(text: string, locale: Locale): ',' | '.' | null {
  const [comma, point] = [text.lastIndexOf(','), text.lastIndexOf('.')];
  if (comma >= 0 && point >= 0) return comma > point ? ',' : '.';
  const sign = comma >= 0 ? ',' : point >= 0 ? '.' : null;
  if (sign === null || text.indexOf(sign) !== text.lastIndexOf(sign)) return null;
  const usual = locale === 'pt' || locale === 'es' ? ',' : '.';
  return sign === usual || !/\d{3}$/.test(text.slice(text.indexOf(sign) + 1)) || /\d{4}$/.test(text) ? sign : null;
}

const SPAN = /(\d+(?:[.,]\d+)?)\s*([a-z]+)/g;

/** Seconds of `2 hours`, `1h30`, `90 min`, `duas horas e meia`; null where it is no span of time. */
export function readDuration(folded: string, languages: readonly Language[]): number | null {
  const text = halves(folded.slice(0, 200), languages);
  let minutes = 0;
  let any = false;
  for (const [, count = '', unit = ''] of text.matchAll(SPAN)) {
    const size = SPANS.find(([pattern]) => pattern.test(unit))?.[1];
    if (size === undefined) continue;
    minutes += Number(count.replace(',', '.')) * size;
    any = true;
  }
  const rest = /h\s*(\d{1,2})(?!\s*[a-z\d])/.exec(text)?.[1];
  if (any && rest !== undefined) minutes += Number(rest);
  return any && Number.isFinite(minutes) ? Math.round(minutes * 60) : null;
}

/** `half an hour`, `two and a half hours`, `uma hora e meia` in digits; alone, "meia" is six. */
function halves(text: string, languages: readonly Language[]): string {
  const marked = text
    .replace(/\bquarter of an hour\b/g, '15 min')
    .replace(/ (?:and a half|e meia|y media)\b/g, ' +')
    .replace(/\b(?:half(?: an?)?|meia|media) (?=h)/g, '0.5 ');
  return wordsAsDigits(marked, languages)
    .replace(/(\d) \+ (?=h)/g, '$1.5 ')
    .replace(/(h|hours?|horas?) \+/g, '$1 30 min');
}

export function wordsAsDigits(text: string, languages: readonly Language[]): string {
  return text.replace(/[a-z]{2,10}/g, (word) => {
    const count = languages.map((language) => NUMBERS[language][word]).find((one) => one !== undefined);
    return count === undefined ? word : String(count);
  });
}
