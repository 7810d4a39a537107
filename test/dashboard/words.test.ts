import { readdir } from 'node:fs/promises';
import test from 'ava';
import { LANGUAGES, languageOf } from '../../src/dashboard/app/words/words.ts';

const WORDS = new URL('../../src/dashboard/app/words/', import.meta.url);

const placesIn = (text: string): string[] => [...text.matchAll(/\{\w+\}|\*/g)].map(([place]) => place).sort();

/** Names that are the same everywhere, and words that two languages share. */
const SAME = new Set(['android', 'iphone', 'wayQr', 'personal', 'webhooks']);

/** Of one page in one language. */
async function wordsOf(language: string, file: string): Promise<Record<string, string>> {
  const { [language]: words } = await import(new URL(`${language}/${file}`, WORDS).href);
  return words;
}

test('every language says everything, with the same places to fill, and none of it in English', async (t) => {
  const files = await readdir(new URL('en/', WORDS));
  for (const language of LANGUAGES) {
    t.deepEqual(await readdir(new URL(`${language}/`, WORDS)), files, language);
    if (language === 'en') continue;
    for (const file of files) {
      const [en, words] = await Promise.all([wordsOf('en', file), wordsOf(language, file)]);
      t.deepEqual(Object.keys(words).sort(), Object.keys(en).sort(), `${language} ${file}`);
      for (const [name, text] of Object.entries(words)) {
        t.deepEqual(placesIn(text), placesIn(en[name] as string), `${language} ${file} ${name}`);
        t.true(SAME.has(name) || text !== en[name], `${language} ${file} ${name} is as in English: ${text}`);
      }
    }
  }
});

test('the language is the one that was asked for, else the first that the browser has and there are words for', (t) => {
  t.is(languageOf(['pt', 'es']), 'pt');
  t.is(languageOf(['de-DE', 'es-419', 'en']), 'es');
  t.is(languageOf(['PT-br']), 'pt');
  t.is(languageOf(['de', 'fr']), 'en');
  t.is(languageOf([]), 'en');
});
