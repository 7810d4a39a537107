/** What customers answer, as a table: nothing is saved that was not meant. */
import test from 'ava';
import { type Answer, answersOf, read, verdict } from './answers/answers.ts';
import { EXPECTED } from './expected.ts';

const show = (answer: Answer): string =>
  `${answer.locale} ${answer.expect} ${JSON.stringify(answer.text)} is ${JSON.stringify(read(answer))}, not ${JSON.stringify(answer.want)}`;

for (const [file, least] of [
  ['everyday.yml', 0.99],
  ['held-out.yml', 0.98],
  ['held-out-again.yml', 0.98],
  ['held-out-later.yml', 0.98],
  ['held-out-last.yml', 0.98],
  ['held-out-fresh.yml', 0.98],
  ['traps.yml', 0.98],
] as const) {
  test(`${file}: nothing is read wrong, and ${least * 100} % is read`, (t) => {
    const answers = answersOf(file);
    const of = (kind: string): Answer[] => answers.filter((answer) => verdict(answer) === kind);
    t.deepEqual(of('wrong').map(show), []);
    t.true(of('right').length >= least * answers.length, of('missed').map(show).join('\n'));
  });
}

test('the longest answers are read in no time, whatever they are made of', (t) => {
  const pieces = [
    '1 ',
    '1/',
    '1 1/2 ',
    '1:',
    'às 3 e ',
    'vinte e ',
    '5 de ',
    'sexta ',
    'a@b.c ',
    'a.',
    'não ',
    'si',
    '½',
    '(1) ',
    'ñ',
    "o'clock ",
  ];
  for (const expect of EXPECTED) {
    for (const text of pieces.map((piece) => piece.repeat(10_000 / piece.length)).flatMap((whole) => [whole, whole.slice(0, 300)])) {
      read({ expect, locale: 'pt', text, want: null });
      const took = [1, 2, 3].map(() => {
        const started = process.threadCpuUsage().user;
        read({ expect, locale: 'pt', text, want: null });
        return process.threadCpuUsage().user - started;
      });
      t.true(Math.min(...took) < 20_000, `${expect} of ${text.slice(0, 20)}… took ${Math.min(...took)} µs`);
    }
  }
});

test('of two answers in one, and of an answer that is not meant, nothing is read', (t) => {
  const all = [
    'everyday.yml',
    'held-out.yml',
    'held-out-again.yml',
    'held-out-later.yml',
    'held-out-last.yml',
    'held-out-fresh.yml',
  ].flatMap(answersOf);
  const kinds = ['number', 'date', 'time', 'datetime', 'duration', 'phone', 'email'];
  for (const locale of ['pt', 'en', 'es'] as const) {
    const [or, not] = { pt: [' ou ', 'não '], en: [' or ', 'not '], es: [' o ', ''] }[locale];
    for (const kind of kinds) {
      const known = all.filter((answer) => answer.expect === kind && answer.locale === locale && read(answer) !== null);
      for (const [index, answer] of known.entries()) {
        const other = known[(index * 7 + 3) % known.length] ?? answer;
        const said = [`${answer.text}${or}${other.text}`, ...(not === '' ? [] : [`${not}${answer.text}`])];
        if (read(answer) === read(other)) said.shift();
        for (const text of said) t.is(read({ ...answer, text }), null, `${kind}: ${text}`);
      }
    }
  }
});
