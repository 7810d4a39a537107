/** Days and times as people write them. Pure; `now` decides what "tomorrow" is. */
import { DateTime } from 'luxon';
import type { Place } from '../written.ts';
import { wordsAsDigits } from './numbers.ts';
import { CLOCK_WORDS, type Language, MONTHS, NUMBERS, RELATIVE, WEEKDAYS } from './words.ts';

interface Reading {
  place: Place;
  languages: readonly Language[];
}

/** A day without a year is this year's, unless that is longer ago than this: `05/01` in December is in January. */
const LONG_AGO = { months: 6 };

/** `2026-03-25` of `25/03`, `tomorrow`, `next friday`, `25 de março`, `day 25`, `in two days`; null where there is no day. `text` is folded. */
export function readDate(text: string, reading: Reading): string | null {
  const { place } = reading;
  const here = DateTime.fromMillis(place.now, { zone: place.zone }).startOf('day');
  const said = text.replace(/\bprimei?ro\b/g, '1');
  for (const way of [numeric, named, dayOfMonth, relative, weekday]) {
    const found = way(said, here, reading);
    if (found) return found.toISODate();
  }
  return null;
}

/** What stands behind "at" is no day. */
const POINTED_TIME = /\b(?:at|as|a las?) \d{1,2}\.\d{2}(?!\.?\d)/g;

function numeric(text: string, here: DateTime, { place }: Reading): DateTime | null {
  const iso = /(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)/.exec(text);
  if (iso) return dayOf(here, Number(iso[1]), Number(iso[2]), Number(iso[3]));
  const plain = /(?<![\d:])(\d{1,2})\s?[/.-]\s?(\d{1,2})(?:\s?[/.-]\s?(\d{4}|\d{2}))?(?![\d:])/.exec(text.replace(POINTED_TIME, ' '));
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
        new RegExp(`(?<!\\d)(\\d{1,2})(?:st|nd|rd|th|o)?\\.?(?: of | de | del |[ /-])${name}\\b\\.?,?(?:[ /-](?:de |del )?(\\d{4}))?`).exec(
          text,
        ) ?? new RegExp(`\\b${name}\\.? (?:the )?(\\d{1,2})(?:st|nd|rd|th)?(?!\\d),?(?: (\\d{4}))?`).exec(text);
      // Of 31 April the 31 alone means nothing.
      if (found) return inYear(here, found[2], index + 1, Number(found[1])) ?? DateTime.invalid('no such day');
    }
  }
  return null;
}

/** `day 25`, `dia 25`, `el 25`, `the 25th`: the next day with this number. */
function dayOfMonth(text: string, here: DateTime): DateTime | null {
  const found = /\b(?:day|dia|el) (\d{1,2})o?\b(?![:/.]\d)/.exec(text) ?? /(?<!\d)(\d{1,2})(?:st|nd|rd|th)\b/.exec(text);
  for (let months = 0; found && months <= 12; months++) {
    const { year, month } = here.startOf('month').plus({ months });
    const day = dayOf(here, year, month, Number(found[1]));
    if (day && day >= here) return day;
  }
  return null;
}

function relative(said: string, here: DateTime, { languages }: Reading): DateTime | null {
  // In the morning is no tomorrow.
  const text = wordsAsDigits(said.replace(/\b(?:de|por|en|a) la manana\b/g, ' '), languages);
  for (const language of languages) {
    for (const [word, days] of Object.entries(RELATIVE[language])) {
      if (new RegExp(`(?<![a-z])${word}(?![a-z])`).test(text)) return here.plus({ days });
    }
  }
  const span = /(?:^|\s)(?:in|em|daqui(?: a)?|en|dentro de) (\d{1,3}|a) (days?|dias?|weeks?|semanas?|months?|mes|meses)(?![a-z])/.exec(
    text,
  );
  if (!span) return null;
  const count = span[1] === 'a' ? 1 : Number(span[1]);
  const unit = span[2]?.[0];
  return here.plus(unit === 'd' ? { days: count } : unit === 'm' ? { months: count } : { weeks: count });
}

/** The next one; of today's own name, the one in a week. */
function weekday(text: string, here: DateTime, { languages }: Reading): DateTime | null {
  const stands = (name: string): boolean => new RegExp(`(?<![a-z])${name.replace(' ', '[ -]')}(?![a-z])`).test(text);
  // Short ones last: "ter" is also "to have".
  for (const isMeant of [(name: string) => name.length > 3 && stands(name), stands]) {
    for (const language of languages) {
      const index = WEEKDAYS[language].findIndex((names) => names.some(isMeant));
      if (index < 0) continue;
      const away = (index + 1 - here.weekday + 7) % 7;
      return here.plus({ days: away === 0 ? 7 : away });
    }
  }
  return null;
}

function inYear(here: DateTime, year: string | undefined, month: number, day: number): DateTime | null {
  if (year !== undefined) return dayOf(here, year.length === 2 ? nearest(here, Number(year)) : Number(year), month, day);
  const thisYear = dayOf(here, here.year, month, day);
  // 29/02 is a day of some later year.
  if (!thisYear) return month === 2 && day === 29 ? leapDay(here) : null;
  return thisYear < here.minus(LONG_AGO) ? dayOf(here, here.year + 1, month, day) : thisYear;
}

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

/** `14:30` of `2:30 pm`, `14h30`, `14h`, `às 3 e meia`, `noon`; null where there is no time. `bare`: a lone `14` is one, too. */
export function readTime(text: string, { languages }: Pick<Reading, 'languages'>, bare = true): string | null {
  return findTime(spelled(text), languages, bare)?.time ?? null;
}

const MORNING = String.raw`\b(?:in the morning|da manha|de la manana|da madrugada|de la madrugada)\b`;
const AFTERNOON = String.raw`\b(?:(?:in the )?(?:afternoon|evening)|(?:da|a|esta|(?:(?:de|por) )?la) tarde)\b`;
const NIGHT = String.raw`\b(?:at night|tonight|(?:da|a|esta) noite|(?:esta|(?:(?:de|por) )?la) noche)\b`;

/** What says clearly that it is a time comes before `10.30`, which may be a day. */
const CLOCKS = [
  /(?<!\d)(\d{1,2})[:h](\d{2})\s?(?:h|hs|hrs)?(?:\s?([ap])\.?\s?m\b\.?)?(?!\d)/,
  /(?<!\d)(\d{1,2})(?:\.(\d{2}))?\s?([ap])\.?\s?m\b\.?/,
  /(?<!\d)(\d{1,2})\s?(?:h|hs|hrs|horas|hours|o'?clock)(?![a-z\d])/,
  /\b(?:at|as|a las|a la) (\d{1,2})(?!\d|[/.:-]\d)/,
  new RegExp(`(?<!\\d)(\\d{1,2}) (?=${MORNING}|${AFTERNOON}|${NIGHT})`),
  /(?<![\d/.-])(\d{1,2})\.(\d{2})(?!\d|[/.-]\d)/,
];

/** The first time in a text that was `spelled`, and what is left of the text without it. */
function findTime(text: string, languages: readonly Language[], bare: boolean): { time: string | null; rest: string } | null {
  for (const clock of bare ? [...CLOCKS, /^\s*(\d{1,2})\s*$/] : CLOCKS) {
    const found = clock.exec(text);
    if (!found) continue;
    const rest = `${text.slice(0, found.index)} ${text.slice(found.index + found[0].length)}`;
    return { time: timeOf(Number(found[1]), Number(found[2] ?? 0), found[3] ?? partOfDay(text)), rest };
  }
  for (const language of languages) {
    for (const [word, minutes] of Object.entries(CLOCK_WORDS[language])) {
      if (new RegExp(`(?<![a-z])${word.replace(' ', '[ -]')}(?![a-z])`).test(text))
        return { time: timeOf(Math.floor(minutes / 60), minutes % 60), rest: text };
    }
  }
  return null;
}

/** Hours and parts of them as people say them, in digits: `half past three`, `às 3 e meia`, `a las tres menos cuarto`. */
function spelled(text: string): string {
  return text
    .replace(/\b(at|past|to|as|a las?) ([a-z]{3,6})\b/g, (said, at: string, word: string) => {
      const hour = NUMBERS[at === 'as' ? 'pt' : at.startsWith('a l') ? 'es' : 'en'][word] ?? 13;
      return hour > 12 ? said : `${at} ${hour}`;
    })
    .replace(/\bmeio[ -]dia e meia\b/g, '12:30')
    .replace(/\bhalf past (\d{1,2})(?!\d)|\b(\d{1,2})(?: ?h| horas?)? (?:e meia|y media)\b/g, '$1$2:30')
    .replace(/\bquarter past (\d{1,2})(?!\d)|\b(\d{1,2}) y cuarto\b/g, '$1$2:15')
    .replace(/\bquarter to (\d{1,2})(?!\d)|\b(\d{1,2}) menos cuarto\b/g, (_, en, es) => `${(Number(en ?? es) + 11) % 12 || 12}:45`)
    .replace(/\b(as|a las?) (\d{1,2})(?: ?h| horas?)? [ey] (\d{2})\b/g, '$1 $2:$3');
}

/** `8 da noite`, `3 in the afternoon`. */
function partOfDay(text: string): 'p' | 'night' | '' {
  if (new RegExp(NIGHT).test(text)) return 'night';
  return new RegExp(AFTERNOON).test(text) ? 'p' : '';
}

function timeOf(hour: number, minute: number, half = ''): string | null {
  if (half === 'night') return timeOf(hour === 12 ? 0 : hour, minute, hour > 5 && hour < 12 ? 'p' : '');
  if ((half === 'a' && hour > 12) || (half === 'p' && hour === 0)) return null;
  const hours = half === 'p' && hour < 12 ? hour + 12 : half === 'a' && hour === 12 ? 0 : hour;
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
  const found = findTime(spelled(text), reading.languages, false);
  const date = found?.time ? readDate(found.rest, reading) : null;
  if (!found?.time || date === null) return null;
  const moment = DateTime.fromISO(`${date}T${found.time}`, { zone });
  return moment.isValid ? moment.toUTC().toISO() : null;
}
