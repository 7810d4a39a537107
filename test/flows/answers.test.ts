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
        const started = process.cpuUsage().user;
        read({ expect, locale: 'pt', text, want: null });
        return process.cpuUsage().user - started;
      });
      t.true(Math.min(...took) < 20_000, `${expect} of ${text.slice(0, 20)}… took ${Math.min(...took)} µs`);
    }
  }
});
