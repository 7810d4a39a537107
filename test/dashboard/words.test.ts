import test from 'ava';
import { LANGUAGES, languageOf } from '../../src/dashboard/app/words/words.ts';

const placesIn = (text: string): string[] => [...text.matchAll(/\{\w+\}|\*/g)].map(([place]) => place).sort();

/** Names that are the same everywhere. */
const SAME = new Set(['android', 'iphone', 'wayQr']);

test('every language says everything, with the same places to fill, and none of it in English', (t) => {
  const { en, ...others } = LANGUAGES as Record<'en', Record<string, string>>;
  t.deepEqual(Object.keys(others), ['pt', 'es']);
  for (const [language, words] of Object.entries<Record<string, string>>(others)) {
    t.deepEqual(Object.keys(words).sort(), Object.keys(en).sort(), language);
    for (const [name, text] of Object.entries(words)) {
      t.deepEqual(placesIn(text), placesIn(en[name] as string), `${language} ${name}`);
      t.true(SAME.has(name) || text !== en[name], `${language} ${name} is as in English: ${text}`);
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
