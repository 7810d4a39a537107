import { en, type Words } from './en.ts';
import { es } from './es.ts';
import { pt } from './pt.ts';

export const LANGUAGES: Record<string, Words> = { en, pt, es };

/** The first language that there are words for: the one that was asked for, then those of the browser. */
export function languageOf(wanted: readonly string[]): string {
  const spoken = wanted.map((tag) => tag.split('-')[0]?.toLowerCase() ?? '');
  return spoken.find((language) => language in LANGUAGES) ?? 'en';
}

/** With its `{places}` filled. */
export const fill = (text: string, values: Record<string, string>): string => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
