/** The day in a row of marks. Pure; `here` is today. */
import { DateTime } from 'luxon';
import type { Locale } from '../../language/schema.ts';
import type { Token } from './token.ts';
import { NONSENSE, type Rule, token } from './tokens.ts';

/** A day without a year is this year's, unless that is longer ago than this: `05/01` in December is in January. */
const LONG_AGO = { months: 6 };

const dayToken = (day: DateTime | null, more: Partial<Token> = {}): Token =>
  day?.isValid ? token('Y', 0, { text: day.toISODate() ?? '', ...more }) : NONSENSE;

const numbersOf = (tokens: readonly Token[]): Token[] => tokens.filter(({ kind }) => 'N1O'.includes(kind));
const has = (tokens: readonly Token[], kinds: string): boolean => tokens.some(({ kind }) => kinds.includes(kind));

/** `pointed`: `10.30`, which is a day only where it is no time. */
export function dayRules(here: DateTime, locale: Locale): { days: readonly Rule[]; pointed: readonly Rule[] } {
  const isMonthFirst = locale === 'en-us';

  function inYear(day: number, month: number, year?: Token): DateTime | null {
    if (year) return dayOf(here, year.text.length === 2 && !year.isSpelled ? nearest(here, year.value) : year.value, month, day);
    const thisYear = dayOf(here, here.year, month, day);
    // 29/02 is a day of some later year.
    if (!thisYear) return month === 2 && day === 29 ? leapDay(here) : null;
    return thisYear < here.minus(LONG_AGO) ? dayOf(here, here.year + 1, month, day) : thisYear;
  }

  function digits(tokens: readonly Token[]): Token {
    const [first, second, third] = numbersOf(tokens);
    if (!first || !second) return NONSENSE;
    if (third && first.text.length === 4) return dayToken(dayOf(here, first.value, second.value, third.value));
    if (first.text.length > 2 || second.text.length > 2 || (third && third.text.length !== 2 && third.text.length !== 4)) return NONSENSE;
    let [day, month] = isMonthFirst ? [second.value, first.value] : [first.value, second.value];
    // In English either order is written: 12/31 is no day of a 31st month.
    if (month > 12 && (locale === 'en' || isMonthFirst)) [day, month] = [month, day];
    return dayToken(inYear(day, month, third));
  }

  /** `20251224`, `24122025`. */
  function eightDigits([number]: readonly Token[]): Token | undefined {
    const text = number?.text ?? '';
    if (!/^\d{8}$/.test(text)) return undefined;
    const [a, b, c] = [Number(text.slice(0, 2)), Number(text.slice(2, 4)), Number(text.slice(4))];
    const day = isMonthFirst ? dayOf(here, c, a, b) : dayOf(here, c, b, a);
    return day ? dayToken(day) : undefined;
  }

  /** `25 de março de 2027`, `march 25th`; `may 2026` is no day. */
  function named(tokens: readonly Token[]): Token | undefined {
    const month = tokens.find(({ kind }) => kind === 'M' || kind === 'm')?.value ?? 0;
    const [day, ...years] = numbersOf(tokens);
    if (!day || day.value > 31) return undefined;
    return dayToken(
      inYear(day.value, month, years.length > 1 ? token('N', (years[0]?.value ?? 0) * 100 + (years[1]?.value ?? 0)) : years[0]),
    );
  }

  /** The next day with this number, of this month or another one. */
  function numbered(tokens: readonly Token[]): Token | undefined {
    const day = numbersOf(tokens)[0]?.value ?? 0;
    if (has(tokens, '>=') && has(tokens, 'l')) {
      const { year, month } = here.startOf('month').plus({ months: has(tokens, '>') ? 1 : 0 });
      return dayToken(dayOf(here, year, month, day));
    }
    for (let months = 0; months <= 12; months++) {
      const { year, month } = here.startOf('month').plus({ months });
      const found = dayOf(here, year, month, day);
      if (found && found >= here) return dayToken(found, { isSpelled: true });
    }
    return NONSENSE;
  }

  /** The next one; of today's own name, the one in a week. */
  function weekday(tokens: readonly Token[]): Token {
    const wanted = tokens.find(({ kind }) => kind === 'W')?.value ?? 0;
    const away = (wanted - here.weekday + 7) % 7;
    if (has(tokens, '<')) return dayToken(here.minus({ days: 7 - away }));
    // `esta quarta` of somebody who says so on a Wednesday is not the one in a week.
    if (has(tokens, '=') && away === 0) return NONSENSE;
    if (has(tokens, 'k')) return dayToken(here.startOf('week').plus({ days: 6 + wanted }));
    return dayToken(here.plus({ days: away === 0 ? 7 : away }), { kind: 'Y', value: wanted });
  }

  /** Of the day in numbers that goes with the name: `sexta, 27`. */
  function weekdayAndNumber(tokens: readonly Token[]): Token | undefined {
    const wanted = tokens.find(({ kind }) => kind === 'W')?.value;
    const day = numbersOf(tokens)[0]?.value ?? 0;
    if (day < 1 || day > 31) return undefined;
    const read = numbered(tokens);
    return read && DateTime.fromISO(read.text).weekday === wanted ? { ...read, value: 0 } : NONSENSE;
  }

  function away(tokens: readonly Token[], sign = 1): Token {
    const count = sign * (tokens.find(({ kind }) => 'N1a'.includes(kind))?.value ?? 0);
    if (!Number.isInteger(count) || Math.abs(count) > 1_000) return NONSENSE;
    if (has(tokens, 'l')) return dayToken(here.plus({ months: count }));
    return dayToken(here.plus({ days: count * (has(tokens, 'K') ? 14 : has(tokens, 'k') ? 7 : 1) }));
  }

  function feast([name]: readonly Token[]): Token {
    const [month, day] = [Math.floor((name?.value ?? 0) / 100), (name?.value ?? 0) % 100];
    const found = dayOf(here, here.year, month, day);
    return dayToken(found && found < here ? found.plus({ years: 1 }) : found);
  }

  const pointed: readonly Rule[] = [[/(?<!\.)N\.N(?!\.)/g, digits]];
  const days: readonly Rule[] = [
    [/[NO]X/g, ([number]) => (number && number.value >= 2 && number.value <= 6 ? token('W', number.value - 1) : NONSENSE)],
    [
      /NO/g,
      ([tens, ones]) =>
        tens && ones && ones.value < 10 && [20, 30].includes(tens.value) ? token('O', tens.value + ones.value) : undefined,
    ],
    // `6a` is short for sexta-feira.
    [/(?<![DEN])O(?!d?[Mml>])/g, ([name]) => (/^[2-6]a$/.test(name?.text ?? '') ? token('W', (name?.value ?? 0) - 1) : undefined)],
    [/N([/.-])N\1N/g, (tokens) => digits(tokens)],
    [/NNN/g, (tokens) => (tokens[2]?.text.length === 4 && !has(tokens, '/') ? digits(tokens) : undefined)],
    [/[NO]d?[/-]?[Mm](?:(?:[/-]|d)N|(?:N)(?![:hA@&]|$)|N)?N?/g, (tokens) => withYear(tokens, named)],
    [/[Mm][E/-]?[NO](?:N)?/g, (tokens) => withYear(tokens, named)],
    [/[DE]?NdN(?:dN)?/g, (tokens) => monthNumber(tokens, digits)],
    [/N\/N/g, (tokens) => digits(tokens)],
    [/N-N/g, (tokens) => ((tokens[0]?.value ?? 0) > 12 || isMonthFirst ? notARange(tokens, digits) : undefined)],
    [/^[DE]?N$/g, (tokens) => eightDigits(tokens)],
    [/[DE]*[NO]d?(?:[>=]l>?|l>)|(?:[>=]l|l>)[DE]+[NO]/g, (tokens) => numbered(tokens)],
    [/[>=<]*W[>=<]*d?(?:[>]k|k[>]|[=]k)|(?:>k|k>)d?W/g, (tokens) => (has(tokens, '=') ? undefined : weekday(tokens))],
    [/[>=]?[Ww][>=]?(?:[DE]+[NO]|O|N(?!d?[Mm]|[/.:h-]))(?![NDkKl#?])/g, (tokens) => weekdayAndNumber(tokens.map(asWeekday))],
    [/[DE]+[NO](?![/.:N-])|(?<![Nd])O(?![NOWMDkl])/g, (tokens) => (isBareOrdinal(tokens, locale) ? numbered(tokens) : undefined)],
    [/[>=<]?W[>=<]?/g, (tokens) => weekday(tokens)],
    [/g[N1a][DkKl]|[N1a][DkKl]g/g, (tokens) => away(tokens, -1)],
    [/\+[N1a]d?[DkKl]|[N1a]d?[DkKl]f/g, (tokens) => away(tokens)],
    [/R/g, ([day]) => dayToken(here.plus({ days: day?.value ?? 0 }))],
    [/F/g, (tokens) => feast(tokens)],
  ];
  return { days, pointed };
}

const asWeekday = (one: Token): Token => (one.kind === 'w' ? { ...one, kind: 'W' } : one);

/** A year has four digits, or two behind "de", a dash or a stroke. What is no year is none of this day. */
function withYear(tokens: readonly Token[], build: (tokens: readonly Token[]) => Token | undefined): Token | undefined {
  const [, ...years] = numbersOf(tokens);
  if (years.length === 0) return build(tokens);
  const isPair = years.length === 2 && years.every(({ isSpelled }) => isSpelled) && [18, 19, 20].includes(years[0]?.value ?? 0);
  const year = years[0] as Token;
  const isShort = year.text.length === 2 && !year.isSpelled && (year.value > 31 || 'd/-'.includes(tokens.at(-2)?.kind ?? ' '));
  const isYear = years.length === 1 && (year.value >= 1_000 || isShort);
  return isPair || isYear ? build(tokens) : undefined;
}

/** `5 do 1 de 1980`. */
function monthNumber(tokens: readonly Token[], build: (tokens: readonly Token[]) => Token): Token | undefined {
  const [day, month] = numbersOf(tokens);
  return day && month && day.value <= 31 && month.value <= 12 && !month.isSpelled ? build(tokens) : undefined;
}

/** `10-12` is more likely from the 10th to the 12th. */
function notARange(tokens: readonly Token[], build: (tokens: readonly Token[]) => Token): Token | undefined {
  const [first, second] = numbersOf(tokens);
  return first && second && first.value > second.value ? build(tokens) : undefined;
}

/** In English `the 25th` is a day without the word for it. */
const isBareOrdinal = (tokens: readonly Token[], locale: Locale): boolean =>
  tokens.length > 1 || (locale.startsWith('en') && (tokens[0]?.value ?? 0) > 10) || /^\d/.test(tokens[0]?.text ?? '');

/** Of a year in two digits, as on a birth certificate or a ticket: at most twenty years ahead. */
const nearest = ({ year: now }: DateTime, year: number): number => (2_000 + year > now + 20 ? 1_900 + year : 2_000 + year);

function leapDay(here: DateTime): DateTime | null {
  for (let year = here.year; year < here.year + 9; year++) {
    const day = dayOf(here, year, 2, 29);
    if (day) return day;
  }
  return null;
}

function dayOf(here: DateTime, year: number, month: number, day: number): DateTime | null {
  const found = DateTime.fromObject({ year, month, day }, { zone: here.zone });
  return found.isValid && year >= 1_900 && year <= 2_200 ? found : null;
}
