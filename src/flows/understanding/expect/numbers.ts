/** Numbers and spans of time as people write them. Pure; where more is said than one of them nothing is read. */
import type { Locale } from '../../language/schema.ts';
import { languagesOf } from './languages.ts';
import type { Token } from './token.ts';
import { countsOthers, kindsOf, NONSENSE, plain, type Rule, reduce, token, tokensOf } from './tokens.ts';

/** The only number in a text: `R$ 1.234,50` in pt and es, `1,234.50` in en, `vinte e um`, `two dozen`, `1 1/2`. */
export function readNumber(text: string, locale: Locale): number | null {
  const said = plain(text);
  const languages = languagesOf(locale);
  for (const language of languages) {
    const number = numberOf(tokensOf(said, language, languages[0] ?? 'en', (written) => numeral(written, locale)));
    if (number !== null) return number;
  }
  return null;
}

const PARTS_OF_ONE = new Set(['1/2', '1/3', '1/4', '3/4']);

const NUMBERS: readonly Rule[] = [
  [/N;[N1](?!N)/g, ([whole, , decimals]) => withDecimals(whole, decimals)],
  [/N\/N/g, ([above, , below]) => fraction(above, below)],
  [/Nr/g, ([whole, part]) => sum(whole, part)],
  [/IN/g, () => NONSENSE],
  [/[N1]#?&j/g, ([whole]) => sum(whole, token('r', 0.5))],
  [/[z-][N1]/g, ([, number]) => sum(token('N', 0), number, -1)],
  [/N\(N\)/g, ([one, , other]) => (one?.value === other?.value ? one : undefined)],
  [/^r$/g, ([part]) => token('N', part?.value)],
];

function fraction(above: Token | undefined, below: Token | undefined): Token {
  if (!above || !below || !PARTS_OF_ONE.has(`${above.value}/${below.value}`)) return NONSENSE;
  return token('r', above.value / below.value);
}

/** `sete vírgula cinco`, `two point seventy five`, `5 vírgula 05`. */
function withDecimals(whole: Token | undefined, decimals: Token | undefined): Token {
  const digits = decimals?.isSpelled ? String(decimals.value) : (decimals?.text ?? '');
  return /^\d{1,3}$/.test(digits) && !/^0+$/.test(digits) ? token('N', Number(`${whole?.value ?? 0}.${digits}`)) : NONSENSE;
}

const sum = (whole: Token | undefined, part: Token | undefined, sign = 1): Token =>
  token('N', (whole?.value ?? 0) + sign * (part?.value ?? 0));

/** What may stand beside a number and changes nothing of it. */
const BESIDE = /[?#()tdE@~=+SIhDBklyKaX]/g;

function numberOf(tokens: readonly Token[]): number | null {
  // 15h is a time, 15 horas is a number of hours; 2º is the second.
  if (tokens.some(({ kind, text, isGlued }, index) => isGlued && (kind === 'h' || kind === 'A') && text.length < 3 && index > 0))
    return null;
  const ordinals = tokens.map((one) => (one.kind === 'O' && /^\d/.test(one.text) ? { ...one, kind: 'N' } : one));
  const all = reduce(ordinals, NUMBERS);
  const rest = kindsOf(all).replace(BESIDE, '');
  if (rest === 'N') return all.find(({ kind }) => kind === 'N')?.value ?? null;
  if (rest === '0' && !kindsOf(all).includes('?')) return 0;
  // An article is a one only where nothing but what is counted stands beside it.
  return rest === '1' && !kindsOf(all).includes('?') ? 1 : null;
}

const GROUPED = /^\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*(?:[.,]\d+)?$/;
const PLAIN = /^\d{1,20}(?:[.,]\d+)?$/;

function numeral(written: string, locale: Locale): number | null {
  if (!GROUPED.test(written) && !PLAIN.test(written)) return null;
  const text = written.replace(/[ ']/g, '');
  const decimal = decimalSign(text, locale);
  const digits = decimal === null ? text.replace(/[.,]/g, '') : text.replaceAll(decimal === ',' ? '.' : ',', '').replace(decimal, '.');
  const number = Number(digits);
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

const SECONDS: Record<string, number> = { S: 1, I: 60, h: 3_600, D: 86_400, k: 604_800, K: 1_209_600 };

/** A span is kept as `s`. One of a single unit, whose seconds are its text, may be followed by one of a smaller unit. */
const span = (seconds: number): Token => token('s', seconds);
const unitOf = (tokens: readonly Token[]): number => SECONDS[tokens.find(({ kind }) => kind in SECONDS)?.kind ?? ''] ?? 0;
const countOf = (tokens: readonly Token[]): number => tokens.find(({ kind }) => 'N1ar'.includes(kind))?.value ?? 1;

/** From hours down to seconds, each at most once; a unit that is left over makes no span. */
const SPANS: readonly Rule[] = [
  [/N\/N/g, ([above, , below]) => fraction(above, below)],
  [/Nr/g, ([whole, part]) => sum(whole, part)],
  [/^N:N$/g, ([hours, , minutes]) => (minutes && minutes.value < 60 ? span((hours?.value ?? 0) * 3_600 + minutes.value * 60) : NONSENSE)],
  [/[N1a]?qd?[1a]?h/g, (tokens) => span(900 * countOf(tokens))],
  [/[N1a]&[jH][SIhDkK]/g, (tokens) => span((countOf(tokens) + 0.5) * unitOf(tokens))],
  [/[N1a]?[IhDkK]&[jH](?![IhDkK])/g, (tokens) => span((countOf(tokens) + 0.5) * unitOf(tokens))],
  [/[N1a]?h&q/g, (tokens) => span(countOf(tokens) * 3_600 + 900)],
  [/[jH][1a]?[hDkK]/g, (tokens) => span(0.5 * unitOf(tokens))],
  [/[N1ar]d?h&?NI?[#?]?/g, (tokens) => (countsOthers(tokens) ? undefined : hoursAndMinutes(tokens))],
  [/[N1ar]d?[SIhDkK]/g, (tokens) => token('s', countOf(tokens) * unitOf(tokens), { text: String(unitOf(tokens)) })],
  [/s(?:&?s)+/g, (tokens) => added(tokens)],
];

function hoursAndMinutes(tokens: readonly Token[]): Token | undefined {
  const minutes = tokens.findLast(({ kind }) => kind === 'N')?.value ?? 60;
  return minutes < 60 ? span(countOf(tokens) * 3_600 + minutes * 60) : undefined;
}

function added(tokens: readonly Token[]): Token {
  const spans = tokens.filter(({ kind }) => kind === 's');
  const isFalling = spans.every(({ text }, index) => text !== '' && (index === 0 || Number(text) < Number(spans[index - 1]?.text)));
  return isFalling ? span(spans.reduce((sum, { value }) => sum + value, 0)) : NONSENSE;
}

/** Seconds of `2 hours`, `1h30`, `90 min`, `duas horas e meia`; null where it is no span of time. */
export function readDuration(text: string, locale: Locale): number | null {
  const languages = languagesOf(locale);
  const said = plain(text);
  for (const language of languages) {
    const all = reduce(
      tokensOf(said, language, languages[0] ?? 'en', (written) => numeral(written, locale)),
      SPANS,
    );
    if (kindsOf(all).replace(/[?#tdE+=~]/g, '') === 's') return Math.round(all.find(({ kind }) => kind === 's')?.value ?? 0);
  }
  return null;
}
