import { plainNumber } from '../../core/phone-number.ts';

/** As people compare names: "Álvaro" is found by "alvaro". */
const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** What a search names: a piece of a name, or of a number however it is written. Nothing asked: everything. */
export function finder(search = ''): (names: readonly (string | null)[]) => boolean {
  const wanted = fold(search.trim());
  const number = plainNumber(search).trim();
  const digits = /^[\d\s()+./-]+$/.test(number) ? number.replace(/\D/g, '') : '';
  return (names) => names.some((name) => name !== null && (fold(name).includes(wanted) || (digits !== '' && name.includes(digits))));
}

/** A cursor has to hold it. */
const ENOUGH_TO_SORT = 24;

/** Puts names in the order of the alphabet, and what has none behind them. */
export const nameKey = (name: string | null): [number, string] => (name === null ? [1, ''] : [0, fold(name).slice(0, ENOUGH_TO_SORT)]);
