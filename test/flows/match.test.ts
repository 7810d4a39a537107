import test from 'ava';
import { contains, toPhrase, toWords } from '../../src/flows/text/words.ts';
import { heard, ready, StartIndex } from '../../src/flows/understanding/match.ts';
import { saying } from './helpers.ts';

const says = (text: string, phrase: string): boolean => contains(toWords(text), toPhrase(phrase).words);

for (const [text, phrase] of [
  ['hi', 'hi'],
  ['HI!!!', 'hi'],
  ['oh, hi there', 'hi'],
  ['Olá', 'ola'],
  ['ola', 'olá'],
  ['quero AGENDAR uma visita', 'agendar'],
  ['good   morning.', 'good morning'],
  ['STRASSE', 'straße'],
  ['İstanbul', 'istanbul'],
  ['I want no. 1️⃣', '1'],
  ['👍🏽', '👍'],
  ['❤️', '❤'],
  ['我想预约明天', '预约'],
  ['l’hôtel est loin', 'hotel'],
  ['مرحبا بك', 'مرحبا'],
] as const) {
  test(`"${phrase}" is found in "${text}"`, (t) => t.true(says(text, phrase)));
}

for (const [text, phrase] of [
  ['this', 'hi'],
  ['hi5', 'hi'],
  ['morning, good sir', 'good morning'],
  ['goodmorning', 'good morning'],
  ['', 'hi'],
  ['?!', 'hi'],
  ['hi', '?!'],
  ['10', '1'],
] as const) {
  test(`"${phrase}" is not found in "${text}"`, (t) => t.false(says(text, phrase)));
}

const candidate = (name: string, ...phrases: string[]) => ({ program: { flow: { flow: name }, triggers: [ready({ says: phrases })] } });

test('of several phrases the one with most words decides, then the longest, then the name of the flow', (t) => {
  const flows = [candidate('b', 'book', 'fly'), candidate('c', 'book a table'), candidate('a', 'table', 'run')];
  const chosen = (text: string) => new StartIndex(flows).find(heard(saying(text)))[0]?.flow.program.flow.flow;
  t.is(chosen('please book a table'), 'c');
  t.is(chosen('book this table'), 'a');
  t.is(chosen('fly, run'), 'a');
  t.is(chosen('nothing of it'), undefined);
});
