/**
 * The filters of texts: those of Liquid that are named here, and some of the hub's own. How many values each takes, and what a
 * literal among them may be, is checked when a flow is loaded. What lists come to is counted, as they may come from anywhere.
 */
import { filters as liquidFilters, type Output, type Token, TypeGuards } from 'liquidjs';
import { jsonSize } from '../language/size-limit.ts';
import { withoutDust, written } from './escape.ts';
import { dated, dateFault, formatted, money, moneyFault, numeral, type Place, when } from './locale-format.ts';

/** What a filter is called with. */
export interface FilterThis {
  place: Place;
  /** Counts what is gone through; see `Effort`. */
  use(characters: number): void;
}

type Work = (self: FilterThis, value: unknown, ...args: unknown[]) => unknown;

interface Filter {
  /** How many values stand behind its colon. */
  takes: readonly [least: number, most: number];
  /** As it is written. */
  example: string;
  /** Why the first of them, where it is written out, makes no sense. */
  fault?: (literal: unknown) => string | undefined;
  /** In the place of Liquid's own. */
  work?: Work;
  /** Of lists: Liquid's own, which does not count what goes into it. */
  isOfLists?: true;
  /** Of texts: Liquid's own, which would write "[object Object]" for what is none. */
  isOfTexts?: true;
}

const number = (value: unknown): number => Number(value) || 0;
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
/** What is no number is left out. */
const shown = (value: number): number | null => finite(withoutDust(value));
const sum =
  (add: (a: number, b: number) => number): Work =>
  (_, value, other) =>
    shown(add(number(value), number(other)));
const rounded =
  (round: (a: number) => number): Work =>
  (_, value) =>
    shown(round(number(value)));
const numeric = (literal: unknown): string | undefined =>
  typeof literal === 'string' && (literal.trim() === '' || Number.isNaN(Number(literal))) ? `"${literal}" is no number` : undefined;
const notZero = (literal: unknown): string | undefined => (Number(literal) === 0 ? 'nothing can be divided by 0' : undefined);
const divisor = (literal: unknown): string | undefined => numeric(literal) ?? notZero(literal);

/** Of the numbers of a list, or of what its entries have by a name. */
function total({ use }: FilterThis, value: unknown, name: unknown): number | null {
  use(jsonSize(value));
  const entries = Array.isArray(value) ? value : [value];
  const of = (entry: unknown): unknown =>
    name === undefined ? entry : isMapping(entry) && Object.hasOwn(entry, String(name)) ? entry[String(name)] : 0;
  return shown(entries.reduce((all: number, entry) => all + number(of(entry)), 0));
}
const isMapping = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isKnown = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);

const none = (example: string, more: Partial<Filter> = {}): Filter => ({ takes: [0, 0], example, ...more });
const one = (example: string, more: Partial<Filter> = {}): Filter => ({ takes: [1, 1], example, ...more });
const few = (least: number, most: number, example: string, more: Partial<Filter> = {}): Filter => ({
  takes: [least, most],
  example,
  ...more,
});

export const FILTERS: Readonly<Record<string, Filter>> = {
  default: few(1, 2, "default: 'there'"),
  around: few(1, 2, "around: '<', '>'", {
    work: (_, value, before, after) => (isKnown(value) ? [before, value, after].map((part) => (isKnown(part) ? part : '')).join('') : ''),
  }),
  upcase: none('upcase', { isOfTexts: true }),
  downcase: none('downcase', { isOfTexts: true }),
  capitalize: none('capitalize', { isOfTexts: true }),
  strip: none('strip', { isOfTexts: true }),
  strip_newlines: none('strip_newlines', { isOfTexts: true }),
  truncate: few(0, 2, 'truncate: 20', { fault: numeric, isOfTexts: true }),
  truncatewords: few(0, 2, 'truncatewords: 5', { fault: numeric, isOfTexts: true }),
  slice: few(1, 2, 'slice: 0, 5', { fault: numeric }),
  replace: few(2, 2, "replace: 'a', 'b'", { isOfTexts: true }),
  remove: one("remove: '-'", { isOfTexts: true }),
  append: one("append: '!'", { isOfTexts: true }),
  prepend: one("prepend: 'nº '", { isOfTexts: true }),
  split: one("split: ','", { isOfTexts: true }),
  join: few(0, 1, "join: ', '", { isOfTexts: true }),
  first: none('first'),
  last: none('last'),
  size: none('size'),
  map: one("map: 'name'", { isOfLists: true }),
  where: few(1, 2, "where: 'type', 'pizza'", { isOfLists: true }),
  sort: few(0, 1, "sort: 'price'", { isOfLists: true }),
  uniq: none('uniq', { isOfLists: true }),
  sum: few(0, 1, "sum: 'price'", { work: total }),
  plus: one('plus: 1', { fault: numeric, work: sum((a, b) => a + b) }),
  minus: one('minus: 1', { fault: numeric, work: sum((a, b) => a - b) }),
  times: one('times: 2', { fault: numeric, work: sum((a, b) => a * b) }),
  // Whole, so that a third three times is one.
  divided_by: one('divided_by: 2', { fault: divisor, work: (_, value, other) => finite(number(value) / number(other)) }),
  modulo: one('modulo: 2', { fault: divisor, work: sum((a, b) => ((a % b) + b) % b) }),
  round: few(0, 1, 'round: 2', { fault: numeric }),
  floor: none('floor', { work: rounded(Math.floor) }),
  ceil: none('ceil', { work: rounded(Math.ceil) }),
  abs: none('abs', { work: rounded(Math.abs) }),
  when: none('when', { work: ({ place }, value) => when(value, place) }),
  iso: none('iso', { work: (_, value) => value }),
  format: few(0, 1, "format: 'dd/MM'", { work: ({ place }, value, format) => formatted(value, format, place) }),
  date: one("date: '%d/%m'", { fault: dateFault, work: ({ place }, value, format) => dated(value, format, place) }),
  number: none('number', { work: ({ place }, value) => numeral(value, place) }),
  money: one("money: 'BRL'", { fault: moneyFault, work: ({ place }, value, currency) => money(value, currency, place) }),
  url_encode: none('url_encode', {
    work: ({ use }, value) => {
      const text = isKnown(value) ? String(value) : '';
      use(3 * text.length);
      return encodeURIComponent(text.toWellFormed());
    },
  }),
};

/** Liquid's own, where a list is counted before it is gone through: with each entry, the path that is looked for in it. */
function counted(name: string): Work {
  const own = (liquidFilters as Record<string, (this: unknown, ...args: unknown[]) => unknown>)[name];
  return function (this: unknown, { use }, value, ...args) {
    const entries = Array.isArray(value) ? value.length : 1;
    // Sorting goes through it again and again.
    use(jsonSize(value) * (name === 'sort' ? 3 : 1) + entries * String(args[0] ?? '').length);
    return own?.call(this, value, ...args);
  };
}

/** Liquid's own, where what is no text is one before it is looked at; of a list each entry. */
function ofTexts(name: string): Work {
  const own = (liquidFilters as Record<string, (this: unknown, ...args: unknown[]) => unknown>)[name];
  const asText = (value: unknown): unknown => (isMapping(value) || typeof value === 'number' ? written(value) : value);
  const asArgument = (value: unknown): unknown => (isMapping(value) ? written(value) : value);
  return function (this: unknown, { use }, value, ...args) {
    if (typeof value === 'object') use(jsonSize(value));
    return own?.call(this, Array.isArray(value) ? value.map(asText) : asText(value), ...args.map(asArgument));
  };
}

/** What is done in the place of Liquid's own; undefined where that is as it should be. Called with Liquid's `this`. */
export function workOf(name: string): Work | undefined {
  const { work, isOfLists, isOfTexts } = FILTERS[name] ?? {};
  return isOfLists ? counted(name) : isOfTexts ? ofTexts(name) : work;
}

export interface FilterFault {
  message: string;
  offset: number;
  length: number;
}

/** What is wrong with the values of the filters of one `{{ … }}`. */
export function* filterFaults({ value }: Output): Iterable<FilterFault> {
  // Where a filter stands is Liquid's own affair, by its types.
  for (const { name, args, token } of value.filters as unknown as { name: string; args: Token[]; token: Token }[]) {
    const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
    if (!filter) continue;
    const at = { offset: token.begin, length: name.length };
    const [least, most] = filter.takes;
    if (args.length < least || args.length > most) {
      const wants =
        most === 0
          ? 'takes no value'
          : least === most
            ? `takes ${least === 1 ? 'a value' : `${least} values`}`
            : `takes ${least} to ${most} values`;
      yield { message: `the filter "${name}" ${wants}: write ${filter.example}`, ...at };
      continue;
    }
    const [first] = args;
    const literal = TypeGuards.isQuotedToken(first) || TypeGuards.isNumberToken(first) ? first.content : undefined;
    const fault = literal === undefined ? undefined : filter.fault?.(literal);
    if (fault) yield { message: `${fault}: write ${filter.example}`, ...at };
  }
}
