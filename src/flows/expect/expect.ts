/** From what a contact wrote to the answer that a question asks for, or null where it is none. Pure, and throws nothing. */
import type { Said } from '../said.ts';
import { type Expect, TEXT_LIMIT, type Value } from '../schema.ts';
import { cut } from '../templates.ts';

import { fold } from '../words.ts';
import type { Place } from '../written.ts';
import { readEmail, readPhone, readUrl } from './addresses.ts';
import { type Choice, readChoice, readYesNo } from './choices.ts';
import { readDate, readDateTime, readTime } from './dates.ts';
import { readDuration, readNumber } from './numbers.ts';
import type { Language } from './words.ts';

/** Longer texts are answers to "text" only. */
const LONGEST = 1_000;

export function readAnswer(expect: Expect, said: Said, place: Place, choices: readonly Choice[] = []): Value | null {
  const text = said.text?.trim() ?? '';
  switch (expect) {
    case 'any':
      return text !== '' ? cut(text, TEXT_LIMIT) : (said.media ?? said.location ?? said.choice ?? said.type);
    case 'location':
      return said.location;
    case 'image':
      return said.type === 'image' ? said.media : null;
    case 'document':
      return said.type === 'document' ? said.media : null;
    case 'choice':
      return choices.find(({ name }) => name === said.choice)?.name ?? (text === '' ? null : readChoice(text, choices));
    case 'text':
      return text === '' ? null : cut(text, TEXT_LIMIT);
    default:
      return text === '' ? null : readText(expect, text.slice(0, LONGEST), said, place);
  }
}

/** The flow's own language decides where a word has several meanings. */
const languagesOf = ({ locale }: Place): Language[] => {
  const own: Language = locale === 'en-us' ? 'en' : locale;
  return [own, ...(['en', 'pt', 'es'] as const).filter((language) => language !== own)];
};

function readText(
  expect: Exclude<Expect, 'any' | 'location' | 'image' | 'document' | 'choice' | 'text'>,
  text: string,
  said: Said,
  place: Place,
): Value | null {
  const languages = languagesOf(place);
  const folded = fold(text);
  switch (expect) {
    case 'number':
      return readNumber(text, place.locale, languages);
    case 'integer': {
      const number = readNumber(text, place.locale, languages);
      return number !== null && Number.isInteger(number) ? number : null;
    }
    case 'date':
      return readDate(folded, { place, languages });
    case 'time':
      return readTime(folded, { languages });
    case 'datetime':
      return readDateTime(folded, { place, languages });
    case 'duration':
      return readDuration(folded, languages);
    case 'email':
      return readEmail(text);
    case 'phone':
      return readPhone(text, { locale: place.locale, phone: said.contact.phone });
    case 'url':
      return readUrl(text);
    case 'yes_no':
      return readYesNo(text, languages);
  }
}
