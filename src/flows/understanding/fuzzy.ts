/** How much of an example a text has in it, spelling mistakes and other words aside. Pure. */
import { distance } from '../../core/closest.ts';
import { toWords } from '../text/words.ts';

/** Words that say nothing about what is meant. */
const EMPTY = new Set(
  (
    'a an and are can could do does for how i if in is it me my of on or please the there to what when where which who will with would you your ' +
    'o os as um uma e de do da dos das em no na para por que qual quais como quando onde voce voces eu me se meu minha tem ' +
    'el la los las un una y del en al con lo le su sus mi tu es hay se puedo puede cuando donde como'
  ).split(' '),
);
/** Of a text that goes on for ever. */
const MOST_WORDS = 100;
/** This share of an example's letters must be there. */
export const ENOUGH = 0.75;

/** The words of an example that count. */
export function gist(example: string): readonly string[] {
  const words = toWords(example);
  const telling = words.filter((word) => !EMPTY.has(word));
  return telling.length > 0 ? telling : words;
}

/** Which words are near one of a text's. Many examples have the same ones: each is looked for once. */
export function nearTo(words: readonly string[]): (word: string) => boolean {
  const heard = [...new Set(words.slice(0, MOST_WORDS))];
  const known = new Map<string, boolean>();
  return (word) => {
    const before = known.get(word);
    if (before !== undefined) return before;
    const near = heard.some((one) => isNear(one, word));
    known.set(word, near);
    return near;
  };
}

/** From 0 to 1. */
export function likeness(isHeard: (word: string) => boolean, example: readonly string[]): number {
  let [found, all] = [0, 0];
  for (const word of example) {
    all += word.length;
    if (isHeard(word)) found += word.length;
  }
  return all === 0 ? 0 : found / all;
}

/** One mistake in a word of four letters, two in one of eight; `opening` is near `open` by its beginning. */
function isNear(a: string, b: string): boolean {
  if (a === b) return true;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length >= 4 && long.startsWith(short) && long.length - short.length <= 3) return true;
  const allowed = short.length >= 8 ? 2 : short.length >= 4 ? 1 : 0;
  return allowed > 0 && long.length <= 40 && long.length - short.length <= allowed && distance(a, b, allowed) <= allowed;
}
