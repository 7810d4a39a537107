/** What the pages say in: of each file in `en/` there is one of the same name and words in the folders of the others. */
export const LANGUAGES = ['en', 'pt', 'es'] as const;
export type Language = (typeof LANGUAGES)[number];

/** The first language that there are words for: the one that was asked for, then those of the browser. */
export function languageOf(wanted: readonly string[]): Language {
  const spoken = wanted.map((tag) => tag.split('-')[0]?.toLowerCase() ?? '');
  return spoken.map((tag) => LANGUAGES.find((language) => language === tag)).find((language) => language !== undefined) ?? 'en';
}

/** With its `{places}` filled. */
export const fill = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
