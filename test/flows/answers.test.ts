/** What customers answer, as a table: nothing is saved that was not meant. */
import test from 'ava';
import { type Answer, answersOf, read, verdict } from './answers/answers.ts';

const show = (answer: Answer): string =>
  `${answer.locale} ${answer.expect} ${JSON.stringify(answer.text)} is ${JSON.stringify(read(answer))}, not ${JSON.stringify(answer.want)}`;

for (const [file, least] of [
  ['everyday.yml', 0.99],
  ['held-out.yml', 0.98],
  ['held-out-again.yml', 0.98],
  ['traps.yml', 0.98],
] as const) {
  test(`${file}: nothing is read wrong, and ${least * 100} % is read`, (t) => {
    const answers = answersOf(file);
    const of = (kind: string): Answer[] => answers.filter((answer) => verdict(answer) === kind);
    t.deepEqual(of('wrong').map(show), []);
    t.true(of('right').length >= least * answers.length, of('missed').map(show).join('\n'));
  });
}
