/** What a table of words has: one for each language, without accents and capitals. */

export type Language = 'en' | 'pt' | 'es';
export type Part = 'morning' | 'afternoon' | 'evening' | 'night';

/** Lists in one string have a space between entries, `|` between words for the same, and `-` for a space within a phrase. */
export interface Words {
  /** 0 to 19. */
  small: string;
  /** 20 to 90. */
  tens: string;
  /** 100 to 900; `hundred` where it is said by a number and one word. */
  hundreds: string;
  hundred?: readonly string[];
  scales: Record<string, number>;
  groups: Record<string, number>;
  /** What is written as one word and is no multiple of ten. */
  joined?: Record<string, number>;
  /** Of the words for 1, those that are articles, too. */
  one: readonly string[];
  /** Those that count nothing by themselves: `an hour`, `a hundred`. */
  articles?: readonly string[];
  none: readonly string[];
  ordinals: string;
  last: readonly string[];
  /** Ordinals that days of a month have, from the first on. */
  days31?: string;
  firstDay: readonly string[];
  months: string;
  /** Words for something else as well: they count where nothing else can be meant. */
  shortMonths: string;
  weekdays: string;
  shortWeekdays: string;
  /** From today. */
  days: Record<string, number>;
  /** `MM-DD`. */
  feasts: Record<string, string>;
  /** Minutes of the day. */
  clocks: Record<string, number>;
  parts: Record<Part, readonly string[]>;
  /** Today's. */
  thisPart: Record<string, Part>;
  units: Partial<Record<Unit, readonly string[]>>;
  marks: Partial<Record<Mark, readonly string[]>>;
  yes: readonly string[];
  /** Yes by themselves, and nothing beside a no. */
  mild: readonly string[];
  no: readonly string[];
  /** No, whatever stands behind. */
  firm: readonly string[];
  /** No by themselves, and nothing clear beside a yes. */
  later: readonly string[];
  unsure: readonly string[];
  but: readonly string[];
  /** Says neither. */
  polite: readonly string[];
  /** As they are typed in haste. */
  short: Record<string, string>;
  /** Around the name or number of an option. */
  pick: readonly string[];
  /** Where one of these stands beside an option something else is meant, or asked. */
  pickNot: readonly string[];
}

export type Unit = 'second' | 'minute' | 'hour' | 'day' | 'workday' | 'week' | 'fortnight' | 'month' | 'year';

export type Mark =
  | 'at'
  | 'about'
  | 'and'
  | 'of'
  | 'half'
  | 'halfBefore'
  | 'quarter'
  | 'past'
  | 'after'
  | 'to'
  | 'minus'
  | 'next'
  | 'last'
  | 'ago'
  | 'this'
  | 'in'
  | 'hence'
  | 'now'
  | 'day'
  | 'percent'
  /** Between a whole number and its decimals. */
  | 'comma'
  | 'feira'
  /** Changes what the rest means: where one is left unread nothing is understood. */
  | 'stop'
  /** Changes nothing. */
  | 'drop'
  /** Stands beside what is counted, and not beside a time. */
  | 'counted';

/** Phrases with `|` between them. */
export const list = (phrases: string): readonly string[] =>
  phrases
    .split('|')
    .map((phrase) => phrase.trim())
    .filter(Boolean);
