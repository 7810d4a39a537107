/** Days and times as people write them. Pure; `now` decides what "tomorrow" is. */
import { DateTime } from 'luxon';
import type { Place } from '../written.ts';
import { CLOCK_WORDS, type Language, MONTHS, RELATIVE, WEEKDAYS } from './words.ts';

interface Reading {
  place: Place;
  languages: readonly Language[];
}

/** A day without a year is this year's, unless that is longer ago than this: `05/01` in December is in January. */
const LONG_AGO = { months: 6 };

/** `2026-03-25` of `25/03`, `tomorrow`, `next friday`, `25 de março`, `in 3 days`; null where there is no day. `text` is folded. */
export function readDate(text: string, reading: Reading): string | null {
  const { place } = reading;
  const here = DateTime.fromMillis(place.now, { zone: place.zone }).startOf('day');
  const found = numeric(text, here, reading) ?? named(text, here, reading) ?? relative(text, here, reading) ?? weekday(text, here, reading);
  return found?.isValid ? found.toISODate() : null;
}

function numeric(text: string, here: DateTime, { place }: Reading): DateTime | null {
  const iso = /(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)/.exec(text);
  if (iso) return dayOf(here, Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const plain = /(?<![\d:])(\d{1,2})\s?[/.-]\s?(\d{1,2})(?:\s?[/.-]\s?(\d{4}|\d{2}))?(?![\d:])/.exec(text);
  if (!plain) return null;
  let [day, month] = [Number(plain[1]), Number(plain[2])];
  // 12/31 is no day of a 31st month, whatever the locale.
  if ((place.locale === 'en-us' && day <= 12) || month > 12) [day, month] = [month, day];
  return inYear(here, plain[3], month, day);
}

function named(text: string, here: DateTime, { languages }: Reading): DateTime | null {
  for (const language of languages) {
    for (const [index, names] of MONTHS[language].entries()) {
      const name = `(?:${names.join('|')})`;
      const found =
        new RegExp(`(?<!\\d)(\\d{1,2})(?:st|nd|rd|th|º|o)?\\.? (?:of |de |del )?${name}\\b\\.?,?(?: (?:de |del )?(\\d{4}))?`).exec(text) ??
        new RegExp(`\\b${name}\\.? (?:the )?(\\d{1,2})(?:st|nd|rd|th)?(?!\\d),?(?: (\\d{4}))?`).exec(text);
      if (found) return inYear(here, found[2], index + 1, Number(found[1]));
    }
  }
  return null;
}

function relative(text: string, here: DateTime, { languages }: Reading): DateTime | null {
  for (const language of languages) {
    for (const [word, days] of Object.entries(RELATIVE[language])) {
      if (new RegExp(`(?<![a-z])${word}(?![a-z])`).test(text)) return here.plus({ days });
    }
  }
  const span = /(?:^|\s)(?:in|em|daqui a|en|dentro de) (\d{1,3}) (days?|dias?|weeks?|semanas?)(?![a-z])/.exec(text);
  if (!span) return null;
  const count = Number(span[1]);
  return here.plus(/^[ws]/.test(span[2] ?? '') ? { weeks: count } : { days: count });
}

/** The next one; of today's own name, the one in a week. */
function weekday(text: string, here: DateTime, { languages }: Reading): DateTime | null {
  for (const language of languages) {
    for (const [index, names] of WEEKDAYS[language].entries()) {
      if (!names.some((name) => new RegExp(`(?<![a-z])${name.replace(' ', '[ -]')}(?![a-z])`).test(text))) continue;
      const away = (index + 1 - here.weekday + 7) % 7;
      return here.plus({ days: away === 0 ? 7 : away });
    }
  }
  return null;
}

function inYear(here: DateTime, year: string | undefined, month: number, day: number): DateTime | null {
  if (year !== undefined) return dayOf(here, year.length === 2 ? 2_000 + Number(year) : Number(year), month, day);
  const thisYear = dayOf(here, here.year, month, day);
  // 29/02 is a day of some later year.
  if (!thisYear) return month === 2 && day === 29 ? leapDay(here) : null;
  return thisYear < here.minus(LONG_AGO) ? dayOf(here, here.year + 1, month, day) : thisYear;
}

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

/** `14:30` of `2:30 pm`, `14h30`, `14h`, `noon`; null where there is no time. `bare`: a lone `14` is one, too. */
export function readTime(text: string, { languages }: Pick<Reading, 'languages'>, bare = true): string | null {
  const clock =
    /(?<!\d)(\d{1,2})(?:[:h.](\d{2}))\s?(?:h|hs|hrs)?\s?(am|pm|a\.m\.|p\.m\.)?(?![\d/.-])/.exec(text) ??
    /(?<!\d)(\d{1,2})\s?()(am|pm|a\.m\.|p\.m\.)(?![a-z])/.exec(text) ??
    /(?<!\d)(\d{1,2})\s?(?:h|hs|hrs|horas|hours|o'?clock)(?![a-z\d])()()/.exec(text) ??
    /(?:\bat|\bas|\ba las|\ba la)\s(\d{1,2})(?![\d/.:-])()()/.exec(text) ??
    (bare ? /^\s*(\d{1,2})()()\s*$/.exec(text) : null);
  if (clock) return timeOf(Number(clock[1]), Number(clock[2] || 0), clock[3] || partOfDay(text));
  for (const language of languages) {
    for (const [word, minutes] of Object.entries(CLOCK_WORDS[language])) {
      if (new RegExp(`(?<![a-z])${word.replace(' ', '[ -]')}(?![a-z])`).test(text)) return timeOf(Math.floor(minutes / 60), minutes % 60);
    }
  }
  return null;
}

/** `8 da noite`, `3 in the afternoon`. */
function partOfDay(text: string): string {
  return /\b(?:in the (?:afternoon|evening)|at night|da tarde|da noite|de la tarde|de la noche)\b/.test(text) ? 'pm' : '';
}

function timeOf(hour: number, minute: number, half = ''): string | null {
  const [afternoon, morning] = [half.startsWith('p'), half.startsWith('a')];
  if ((morning || afternoon) && (hour > 12 || hour === 0) && !(afternoon && hour < 24 && hour > 12)) return null;
  const hours = afternoon && hour < 12 ? hour + 12 : morning && hour === 12 ? 0 : hour;
  if (hours > 23 || minute > 59) return null;
  return `${String(hours).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/** ISO 8601 in UTC of `tomorrow at 3pm`, `25/03 14:30`; null unless there are a day and a time. */
export function readDateTime(text: string, reading: Reading): string | null {
  const iso = /(?<!\d)\d{4}-\d{2}-\d{2}t\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:z|[+-]\d{2}:\d{2})?/.exec(text)?.[0];
  const { zone } = reading.place;
  if (iso) {
    const moment = DateTime.fromISO(iso.toUpperCase(), { zone });
    return moment.isValid ? moment.toUTC().toISO() : null;
  }
  const time = readTime(
    text.replace(/(?<!\d)\d{1,4}[/-]\d{1,2}(?:[/-]\d{2,4})?/g, ' ').replace(/(?<!\d)\d{1,2}\.\d{1,2}\.\d{2,4}/g, ' '),
    reading,
    false,
  );
  const date = time === null ? null : readDate(text.replace(/(?<!\d)\d{1,2}[:h]\d{0,2}/g, ' '), reading);
  if (date === null || time === null) return null;
  const moment = DateTime.fromISO(`${date}T${time}`, { zone });
  return moment.isValid ? moment.toUTC().toISO() : null;
}
