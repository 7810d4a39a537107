import test from 'ava';
import { finder } from '../../../src/messages/directory/search.ts';

const CASES: [string | undefined, (string | null)[], boolean][] = [
  [undefined, ['anybody'], true],
  ['', ['anybody'], true],
  ['alvaro', [null, 'Álvaro Dias'], true],
  ['DIAS', ['Álvaro Dias'], true],
  ['+55 (11) 98888-7777', ['Ana', '5511988887777'], true],
  ['98888', ['5511988887777'], true],
  ['99999', ['5511988887777'], false],
  ['...', ['5511988887777'], false],
  ['ana 7', ['5511988887777', 'ana'], false],
];

for (const [search, names, isFound] of CASES) {
  test(`${JSON.stringify(search)} ${isFound ? 'finds' : 'does not find'} ${JSON.stringify(names)}`, (t) => {
    t.is(finder(search)(names), isFound);
  });
}
