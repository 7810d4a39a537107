/** The time of day in a row of marks. Pure. */
import type { Token } from './token.ts';
import { countsOthers, NONSENSE, type Rule, token } from './tokens.ts';
import type { Part } from './words/words.ts';

/** Minutes of the day, and whether it is settled that they are those of the morning or of the afternoon; `later` is of the afternoon where nothing else is said. */
const timeToken = (minutes: number, certainty: '' | 'settled' | 'later' = ''): Token => token('T', minutes, { text: certainty });

function clock(hour: number, minute: number, half?: Token): Token {
  if (minute > 59 || hour > 23 || (half && ((half.value === 0 && hour > 12) || (half.value === 12 && hour === 0)))) return NONSENSE;
  if (!half) return timeToken(hour * 60 + minute, hour > 12 || hour === 0 ? 'settled' : '');
  return timeToken(
    ((half.value === 12 && hour < 12 ? hour + 12 : half.value === 0 && hour === 12 ? 0 : hour) % 24) * 60 + minute,
    'settled',
  );
}

const numbersOf = (tokens: readonly Token[]): Token[] => tokens.filter(({ kind }) => kind === 'N' || kind === '1');
const has = (tokens: readonly Token[], wanted: string): boolean => tokens.some(({ kind }) => kind === wanted);
const halfOf = (tokens: readonly Token[]): Token | undefined => tokens.find(({ kind }) => kind === 'A');

/** Hour and minutes in the order in which they are said; a quarter or half where there are no minutes. */
function hourFirst(tokens: readonly Token[]): Token {
  const [hour, minute] = numbersOf(tokens);
  return clock(hour?.value ?? 24, minute ? minute.value : partOfHour(tokens), halfOf(tokens));
}

const partOfHour = (tokens: readonly Token[]): number =>
  tokens.some(({ kind }) => kind === 'j' || kind === 'H') ? 30 : tokens.some(({ kind }) => kind === 'q') ? 15 : 0;

/** `ten past nine`, `quinze para as oito`. */
function minutesFirst(tokens: readonly Token[], sign: 1 | -1): Token {
  const numbers = numbersOf(tokens);
  const minutes = partOfHour(tokens) || (numbers[0]?.value ?? 60);
  return around(numbers.at(-1)?.value ?? 24, minutes, sign);
}

function around(hour: number, minutes: number, sign: 1 | -1): Token {
  if (minutes > 59 || hour > 23) return NONSENSE;
  if (sign === 1) return clock(hour, minutes);
  const before = hour * 60 - minutes;
  // Before one is before one in the afternoon as well as at night: the clock on the wall says 12:45.
  if (hour > 13 || hour === 0) return timeToken((before + 1_440) % 1_440, 'settled');
  // Of two and three in the afternoon people say it so, and hardly ever of the small hours: `15 pras 3` is 14:45.
  return timeToken(hour === 1 ? before + 720 : before, before > 60 && before < 180 ? 'later' : '');
}

/** In English minutes do not follow an "and". */
const isEnglish = (tokens: readonly Token[]): boolean => tokens.some(({ text }) => text === 'and');

const isMinuteWord = (token: Token | undefined): boolean => token !== undefined && [5, 10, 15, 20, 25].includes(token.value);

/** `ten to nine`; `2 to 4` and `10 to 12` are from when to when. */
function minutesTo(tokens: readonly Token[]): Token | undefined {
  const [minutes, hour] = numbersOf(tokens);
  if (has(tokens, 'q')) return minutesFirst(tokens, -1);
  if (!minutes || !hour || !(isMinuteWord(minutes) || has(tokens, 'I'))) return undefined;
  const isRange =
    !has(tokens, 'I') &&
    minutes.value < hour.value &&
    minutes.value <= 12 &&
    !minutes.isSpelled &&
    tokens.some(({ text }) => text === 'to');
  return isRange ? undefined : minutesFirst(tokens, -1);
}

/** `five thirty`, `14 30`: minutes that are no second hour. */
function hourAndMinutes(tokens: readonly Token[]): Token | undefined {
  const [hour, minute] = numbersOf(tokens);
  if (!hour || !minute || minute.value < 10 || hour.value > 23) return undefined;
  const isPlain = hour.isSpelled && minute.isSpelled ? true : minute.text.length === 2 && [30, 45].includes(minute.value);
  return isPlain ? hourFirst(tokens) : undefined;
}

/** `2 hours`, `2 horas de duração`; `15 horas` is a time. */
function isSpan(tokens: readonly Token[]): boolean {
  const unit = tokens.find(({ kind }) => kind === 'h')?.text ?? '';
  return (
    !tokens.some(({ kind }) => kind === '@') &&
    (/^hours?$/.test(unit) || (/^horas?$/.test(unit) && tokens.some(({ kind }) => kind === '?')))
  );
}

/** `530pm`, `1530`. */
function joined(tokens: readonly Token[]): Token | undefined {
  const [number] = numbersOf(tokens);
  if (!number || number.isSpelled || number.text.length < 3 || number.text.length > 4) return undefined;
  return clock(Math.floor(number.value / 100), number.value % 100, halfOf(tokens));
}

/** What nobody takes for anything but a time, in a text about a day or not. */
export const CLEAR_TIMES: readonly Rule[] = [
  [/N:N(?::N(?:\.N)?)?[Ih]?A?/g, (tokens) => colons(tokens)],
  [/C&(?:j|q|NI?)(?![hAp#])/g, (tokens) => (isEnglish(tokens) ? undefined : onTheHour(tokens))],
  [/N[dDE]*C/g, (tokens) => (tokens[0]?.value === 12 ? clockWord(tokens.at(-1)) : NONSENSE)],
  [
    /[N1]h(?:&?NI|&j|&q|&N(?![hA])[#?]?)A?|Nh(?:N)(?![:/.,a-zA-Z])I?A?[#?]?/g,
    (tokens) => (isEnglish(tokens) || countsOthers(tokens) ? undefined : hourFirst(tokens)),
  ],
  [/[Nq]I?t@?[N1]h?/g, (tokens) => minutesTo(tokens)],
  [/[Nq]I?tC/g, (tokens) => beforeNoon(tokens)],
  [/@?[N1]z1?(?:q|N)/g, (tokens) => lessMinutes(tokens)],
  [/(?:q|H|NI?)x@?[N1]/g, (tokens) => minutesFirst(tokens, 1)],
  [/NI?v@?[N1]/g, (tokens) => (isMinuteWord(numbersOf(tokens)[0]) ? minutesFirst(tokens, 1) : undefined)],
  [/qv@?[N1]/g, (tokens) => minutesFirst(tokens, 1)],
  [/[t@]?HN/g, (tokens) => hourFirst(tokens)],
  [/[@t]?[N1]h?&[jq]/g, (tokens) => hourFirst(tokens)],
  [/[@t][N1]h?&NI?(?![hA])[#?]?/g, (tokens) => (isEnglish(tokens) || countsOthers(tokens) ? undefined : hourFirst(tokens))],
  [/[@t]N\.N/g, (tokens) => hourFirst(tokens)],
  [/[@t]?[N1]NA?(?![#?])/g, (tokens) => hourAndMinutes(tokens)],
  [/[N1](?:\.N)?A/g, (tokens) => joined(tokens) ?? hourFirst(tokens)],
  [/(?<!\+)[@t]?(?<!\+)[N1]h(?![&Nf])(?:d?\?)?/g, (tokens) => joined(tokens) ?? (isSpan(tokens) ? undefined : hourFirst(tokens))],
  [/@[N1](?![:/.,-]|d?[Mm]|[DkKlyIS])/g, (tokens) => joined(tokens) ?? hourFirst(tokens)],
  [/t[N1](?=p|$)/g, (tokens) => hourFirst(tokens)],
  // `três e quinze da tarde`: up to twelve it may be a second hour.
  [/[N1]&N(?=p)/g, (tokens) => (isEnglish(tokens) || (numbersOf(tokens)[1]?.value ?? 0) <= 12 ? undefined : hourFirst(tokens))],
  [/[N1](?=p)/g, (tokens) => hourFirst(tokens)],
  [/T?C/g, (tokens) => (tokens.length === 1 ? clockWord(tokens[0]) : undefined)],
  // `quinze para as oito da noite`, `five thirty pm`.
  [/TA/g, ([time, half]) => clock(Math.floor((time?.value ?? 0) / 60), (time?.value ?? 0) % 60, half)],
];

/** `10 e 11`. */
function isTwoHours(tokens: readonly Token[]): boolean {
  const [one, other] = numbersOf(tokens);
  return (one?.value ?? 0) + 1 === other?.value;
}

/** Only where a time was asked for. */
export const BARE_TIMES: readonly Rule[] = [
  [
    /(?<![DEMmdN/&])[N1]&N(?![DMmd/&hA#?])/g,
    (tokens) => (isEnglish(tokens) || (numbersOf(tokens)[1]?.value ?? 0) < 10 || isTwoHours(tokens) ? undefined : hourFirst(tokens)),
  ],
  [/^[Et]?[N1]$/g, (tokens) => joined(tokens) ?? hourFirst(tokens)],
];

export const POINTED_TIMES: readonly Rule[] = [
  [/(?<!\.)N\.N(?!\.)A?/g, (tokens) => (tokens[2]?.text.length === 2 ? hourFirst(tokens) : NONSENSE)],
];

function colons(tokens: readonly Token[]): Token {
  const [hour, minute] = numbersOf(tokens);
  return minute?.text.length === 2 ? clock(hour?.value ?? 24, minute.value, halfOf(tokens)) : NONSENSE;
}

const clockWord = (word: Token | undefined): Token => timeToken(word?.value ?? 0, 'settled');

function onTheHour(tokens: readonly Token[]): Token {
  const minutes = numbersOf(tokens)[0]?.value ?? partOfHour(tokens);
  return minutes > 59 ? NONSENSE : timeToken((tokens[0]?.value ?? 0) + minutes, 'settled');
}

/** `dez para o meio-dia`. */
function beforeNoon(tokens: readonly Token[]): Token {
  const minutes = partOfHour(tokens) || (numbersOf(tokens)[0]?.value ?? 60);
  return minutes > 59 ? NONSENSE : timeToken(((tokens.at(-1)?.value ?? 0) - minutes + 1_440) % 1_440, 'settled');
}

/** `nueve menos cuarto`. */
function lessMinutes(tokens: readonly Token[]): Token {
  const numbers = numbersOf(tokens.filter(({ kind }) => kind !== 'q'));
  const isQuarter = tokens.some(({ kind }) => kind === 'q');
  return around(numbers[0]?.value ?? 24, isQuarter ? 15 : (numbers[1]?.value ?? 60), -1);
}

/** The time twelve hours later, where it is open which of the two is meant; null where it is not. */
export function laterOf({ value, text }: Token, parts: readonly Part[]): Token | null {
  return text === '' && parts.length === 0 && value >= 60 && value < 720 ? timeToken(value + 720, 'settled') : null;
}

/** `HH:MM` of a time that is said to be in a part of the day; null where it is not. */
export function timeIn({ value, text }: Token, parts: readonly Part[]): string | null {
  let minutes: number | null = text === 'later' && parts.length === 0 ? value + 720 : value;
  for (const part of new Set(parts)) minutes = minutes === null ? null : within(minutes, part, text === 'settled');
  return minutes === null ? null : `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** Hours that a clock with twelve of them shows, and on which part of the day it then is. */
function within(minutes: number, part: Part, settled: boolean): number | null {
  const hour = Math.floor(minutes / 60);
  const later = minutes + 720;
  switch (part) {
    case 'morning':
      return hour < 12 ? minutes : null;
    case 'afternoon':
      if (settled || hour === 12) return hour >= 12 && hour < 21 ? minutes : null;
      return hour >= 1 && hour < 10 ? later : null;
    case 'evening':
      if (settled) return hour >= 15 ? minutes : null;
      return hour >= 4 && hour < 12 ? later : null;
    case 'night':
      if (settled) return hour >= 17 || hour < 6 ? minutes : null;
      if (hour === 12) return minutes - 720;
      return hour >= 6 ? later : hour < 5 ? minutes : null;
  }
}
