/** From what a contact wrote to the answer that a question asks for, or null where it is none. Pure, and throws nothing. */
import { type Expect, isPattern, type Kind, listOf, TEXT_LIMIT, type Value } from '../../language/schema.ts';
import type { Place } from '../../text/locale-format.ts';
import { cut } from '../../text/templates.ts';
import type { Utterance } from '../inbound.ts';
import { readEmail, readPhone, readUrl } from './addresses.ts';
import { type Choice, readChoice, readChoices } from './choices.ts';
import { readDate, readDateTime, readTime } from './dates.ts';
import { readCep, readCnpj, readCpf } from './documents.ts';
import { readDuration, readNumber } from './numbers.ts';
import { readPattern } from './pattern.ts';
import { readYesNo } from './yes-no.ts';

/** Longer texts are answers to "text" only: nothing is read of a part of them. */
const LONGEST = 300;
const LONGEST_URL = 2_000;

/** Of several kinds the first that it is. */
export function readAnswer(expect: Expect, said: Utterance, place: Place, choices: readonly Choice[] = []): Value | null {
  const text = said.text?.trim() ?? '';
  if (isPattern(expect)) return isRead(text) ? readPattern(expect, text) : null;
  for (const kind of listOf(expect)) {
    const value = readKind(kind, { text, said, place, choices });
    if (value !== null) return value;
  }
  return null;
}

/** The names of all options that are meant. */
export function readSeveral(said: Utterance, { locale }: Place, choices: readonly Choice[]): string[] | null {
  const text = said.text?.trim() ?? '';
  const pressed = choices.find(({ name }) => name === said.choice);
  if (pressed) return [pressed.name];
  return isRead(text) ? readChoices(text, choices, locale) : null;
}

interface Heard {
  text: string;
  said: Utterance;
  place: Place;
  choices: readonly Choice[];
}

function readKind(kind: Kind, { text, said, place, choices }: Heard): Value | null {
  switch (kind) {
    case 'any':
      return text !== '' ? cut(text, TEXT_LIMIT) : (said.media ?? said.location ?? said.choice ?? said.type);
    case 'location':
      return said.location;
    case 'image':
      return said.type === 'image' ? said.media : null;
    case 'document':
      return said.type === 'document' ? said.media : null;
    case 'choice':
      return choices.find(({ name }) => name === said.choice)?.name ?? (isRead(text) ? readChoice(text, choices, place.locale) : null);
    case 'text':
      return text === '' ? null : cut(text, TEXT_LIMIT);
    default:
      return isRead(text, kind === 'url' ? LONGEST_URL : LONGEST) ? readText(kind, text, said, place) : null;
  }
}

const isRead = (text: string, longest = LONGEST): boolean => text !== '' && text.length <= longest;

function readText(
  kind: Exclude<Kind, 'any' | 'location' | 'image' | 'document' | 'choice' | 'text'>,
  text: string,
  said: Utterance,
  place: Place,
): Value | null {
  const { locale } = place;
  switch (kind) {
    case 'number':
      return readNumber(text, locale);
    case 'integer': {
      const number = readNumber(text, locale);
      return number !== null && Number.isInteger(number) ? number : null;
    }
    case 'date':
      return readDate(text, place);
    case 'time':
      return readTime(text, place);
    case 'datetime':
      return readDateTime(text, place);
    case 'duration':
      return readDuration(text, locale);
    case 'email':
      return readEmail(text);
    case 'phone':
      return readPhone(text, { locale, phone: said.contact.phone });
    case 'url':
      return readUrl(text);
    case 'yes_no':
      return readYesNo(text, locale);
    case 'cpf':
      return readCpf(text);
    case 'cnpj':
      return readCnpj(text);
    case 'cep':
      return readCep(text);
  }
}
