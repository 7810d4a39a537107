/** Days and times as people write them. Pure; `now` decides what "tomorrow" is. Where more than one day or time is said none is read. */
import { DateTime } from 'luxon';
import type { Place } from '../../text/locale-format.ts';
import { dayRules } from './days.ts';
import { languagesOf } from './languages.ts';
import { readDuration } from './numbers.ts';
import { BARE_TIMES, CLEAR_TIMES, laterOf, POINTED_TIMES, timeIn } from './times.ts';
import type { Token } from './token.ts';
import { kindsOf, plain, type Rule, reduce, tokensOf } from './tokens.ts';
import type { Part } from './words/words.ts';

interface When {
  day: string | null;
  time: string | null;
  /** Where it may be twelve hours later as well. */
  later: string | null;
  /** After midnight, and said to be at night: the night that begins on `day`. */
  isSmallHour: boolean;
}

/** `2026-03-25` of `25/03`, `tomorrow`, `next friday`, `25 de março`, `day 25`, `in two days`; null where there is no day. */
export const readDate = (text: string, place: Place): string | null => readWhen(text, place, 'date', ({ day }) => day);

/** `14:30` of `2:30 pm`, `14h30`, `14h`, `às 3 e meia`, `noon`; null where there is no time. */
export const readTime = (text: string, place: Place): string | null =>
  soon(text, place)?.toFormat('HH:mm') ?? readWhen(text, place, 'time', ({ time }) => time);

/** ISO 8601 in UTC of `tomorrow at 3pm`, `25/03 14:30`, `in two hours`; null unless there are a day and a time. */
export function readDateTime(text: string, place: Place): string | null {
  const { zone } = place;
  const iso = /^\d{4}-\d{2}-\d{2}t\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:z|[+-]\d{2}:\d{2})?$/i.exec(text.trim())?.[0];
  if (iso) return utc(DateTime.fromISO(iso.toUpperCase(), { zone }));
  const said = readWhen(text, place, 'datetime', (when) => momentOf(when, DateTime.fromMillis(place.now, { zone })));
  return said === null ? utc(soon(text, place)) : utc(DateTime.fromISO(said, { zone }));
}

/** `tonight at 1` is tomorrow; of another night nobody can say whether its day was meant, or the one after it. */
function momentOf({ day, time, isSmallHour }: When, now: DateTime): string | null {
  if (!day || !time) return null;
  const isThisNight = now.toFormat('HH:mm') < SMALL_HOURS;
  if (!isSmallHour) return `${day}T${time}`;
  if (day !== now.toISODate()) return null;
  return `${isThisNight ? day : now.plus({ days: 1 }).toISODate()}T${time}`;
}

/** `03:30` and `03h` are of a clock with 24 hours. */
const OF_24_HOURS = /(?<!\d)0\d(?=\s*[:h.]|\d\d(?!\d)|\s*$)/i;

/**
 * What `readTime` or `readDateTime` answers, twelve hours later, where the text leaves open which of the two is meant: `às 3 e meia`. Null where
 * it does not: `3 am`, `03:30`, `15h`, `3 da madrugada`.
 */
export function readLater(kind: 'time' | 'datetime', text: string, place: Place): string | null {
  if (OF_24_HOURS.test(text)) return null;
  if (kind === 'time') return soon(text, place) ? null : readWhen(text, place, 'time', ({ later }) => later);
  const said = readWhen(text, place, 'datetime', ({ day, later }) => (day && later ? `${day}T${later}` : null));
  return said === null ? null : utc(DateTime.fromISO(said, { zone: place.zone }));
}

const utc = (moment: DateTime | null): string | null => (moment?.isValid ? moment.toUTC().toISO() : null);

/** `now`, `in two hours`. */
function soon(text: string, { now, zone, locale }: Place): DateTime | null {
  const languages = languagesOf(locale);
  const said = plain(text);
  for (const language of languages) {
    const kinds = kindsOf(tokensOf(said, language, languages[0] ?? 'en'));
    if (kinds === 'e' || kinds === '=') return kinds === 'e' || isNow(said) ? DateTime.fromMillis(now, { zone }) : null;
    if (!/^\+.*[hIjH]|[hI]f$/.test(kinds) || /[DkKlyMWRF]/.test(kinds)) continue;
    const seconds = readDuration(said.replace(/from now$|a partir de (?:agora|ahora)$/, ''), locale);
    if (seconds !== null) return DateTime.fromMillis(now, { zone }).plus({ seconds });
  }
  return null;
}

const isNow = (said: string): boolean => said === 'agora';

type Asked = 'date' | 'time' | 'datetime';

/** `10.30` is a day or a time, whichever leaves nothing unread; what was asked for comes first. */
function readWhen(text: string, place: Place, asked: Asked, pick: (when: When) => string | null): string | null {
  const here = DateTime.fromMillis(place.now, { zone: place.zone }).startOf('day');
  const languages = languagesOf(place.locale);
  const said = plain(text);
  const { days, pointed } = dayRules(here, place.locale);
  const readings = asked === 'time' ? [POINTED_TIMES, pointed] : [pointed, POINTED_TIMES];
  for (const language of languages) {
    const tokens = shortNames(tokensOf(said, language, languages[0] ?? 'en')).map((one) =>
      one.kind === '~' ? { ...one, kind: '@' } : one,
    );
    for (const points of /N\.N/.test(kindsOf(tokens)) ? readings : [[]]) {
      const when = whenOf(reduce(tokens, [...CLEAR_TIMES, ...points, ...days]), asked);
      const found = when && pick(when);
      if (found) return found;
    }
  }
  return null;
}

/** `ter` is a day only where nothing is said that is no day or time: it is "to have" as well. */
function shortNames(tokens: readonly Token[]): Token[] {
  const isAlone = !tokens.some(({ kind }) => kind === '?');
  return tokens.map((one, index) => {
    const before = tokens[index - 1]?.kind ?? '';
    return one.kind === 'w' && (isAlone || before === '>' || before === '=') ? { ...one, kind: 'W' } : one;
  });
}

/** Of a night that has begun on the day before. */
const SMALL_HOURS = '06:00';

/** What may be left over and changes nothing. */
const UNMOVED = /[?#p1aDE=@dtwm+hIS()-]/g;

/** The one day and the one time of a text in which nothing is left unread; null where something is. */
function whenOf(reduced: readonly Token[], asked: Asked): When | null {
  const bare: readonly Rule[] = asked === 'time' && !reduced.some(({ kind }) => kind === 'T') ? BARE_TIMES : [];
  const parts = reduced.flatMap(({ part }) => part ?? []);
  const isKnown = bare.length > 0;
  const all = reduce(isKnown ? reduced.filter(({ kind }) => kind !== 'p') : reduced, bare);
  const rest = kindsOf(all).replace(UNMOVED, '');
  if (/[^YT]/.test(rest)) return null;
  const times = all.filter(({ kind }) => kind === 'T');
  const days = all.filter(({ kind }) => kind === 'Y');
  if (times.length > 1) return null;
  const [time] = times;
  const later = time ? laterOf(time, parts as Part[]) : null;
  const told = time ? timeIn(time, parts as Part[]) : null;
  const isSmallHour = told !== null && told < SMALL_HOURS && (parts as Part[]).includes('night');
  return { day: agreed(days), time: told, later: later && timeIn(later, []), isSmallHour };
}

/** `sexta, 27/03`: the name of a day and its date are one day. */
function agreed(days: readonly Token[]): string | null {
  const dates = [...new Set(days.filter(({ value }) => value === 0).map(({ text }) => text))];
  const names = new Set(days.filter(({ value }) => value > 0).map(({ value }) => value));
  if (dates.length === 0) return names.size === 1 ? (days[0]?.text ?? null) : null;
  const [date = ''] = dates;
  return dates.length === 1 && [...names].every((name) => DateTime.fromISO(date).weekday === name) ? date : null;
}
