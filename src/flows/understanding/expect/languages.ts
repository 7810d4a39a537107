/** What people write for numbers, days, times and yes, by language. */
import type { Locale } from '../../language/schema.ts';
import { en } from './words/en.ts';
import { es } from './words/es.ts';
import { pt } from './words/pt.ts';
import type { Language, Words } from './words/words.ts';

export const WORDS: Record<Language, Words> = { en, pt, es };

/** All languages are tried, the flow's first. */
export function languagesOf(locale: Locale): Language[] {
  const own: Language = locale === 'en-us' ? 'en' : locale;
  return [own, ...(['en', 'pt', 'es'] as const).filter((language) => language !== own)];
}

export const SIGNS = { yes: ['👍', '✅', '✔', '👌', '🆗', '☑'], no: ['👎', '❌', '🚫', '✖', '🙅'] };

/** The entries of a list in one string, each with its phrases. */
export const entries = (list: string): string[][] =>
  list === '' ? [] : list.split(' ').map((entry) => entry.split('|').map((phrase) => phrase.replaceAll('-', ' ')));
