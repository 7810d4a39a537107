/** What the rows of a CSV file become before anything is sent. */
import test from 'ava';
import { checkRows } from '../../src/dashboard/app/pages/sends/rows.ts';

const DEFAULTS = { session: 'shop', text: 'Hello {name}, your order {order} is ready.' };
const ANA = { to: '+55 11 98765-4321', name: 'Ana', order: '17' };

test('a row is a send with the text filled in, of its own session, reference and time where it names them', (t) => {
  const own = { to: '@ana.shop', text: 'Hi', session: 'support', reference: 'a-1', sendAt: '2026-12-18T09:00:00-03:00' };
  const [ana, other] = checkRows([ANA, own], DEFAULTS).map(({ entry }) => entry);
  const { idempotencyKey, ...rest } = ana ?? { idempotencyKey: '' };
  t.deepEqual(rest, { session: 'shop', to: ANA.to, type: 'text', text: 'Hello Ana, your order 17 is ready.' } as object);
  t.regex(idempotencyKey, /^csv-[0-9a-z]+-1$/);
  t.like(other, own);
});

test('what cannot be sent says why, and at which row', (t) => {
  const rows = [
    ANA,
    { ...ANA, to: 'somebody' },
    { ...ANA, to: '+55' },
    { ...ANA, order: ' ' },
    { ...ANA, to: '5511987654321' },
    { ...ANA, to: '' },
    { ...ANA, text: 'Another text', order: '' },
  ];
  t.deepEqual(
    checkRows(rows, DEFAULTS).map(({ row, fault }) => [row, fault]),
    [
      [1, null],
      [2, { code: 'number', to: 'somebody' }],
      [3, { code: 'number', to: '+55' }],
      [4, { code: 'column', name: 'order' }],
      [5, { code: 'twice', row: 1 }],
      [6, { code: 'number', to: '' }],
      [7, null],
    ],
  );
  t.deepEqual(checkRows([ANA], { session: 'shop', text: ' ' })[0]?.fault, { code: 'text' });
});

test('the same file has the same keys, and another one, or another text, has others', (t) => {
  const keyOf = (rows: object[], text = DEFAULTS.text): string =>
    checkRows(rows as Record<string, string>[], { ...DEFAULTS, text })[0]?.entry?.idempotencyKey ?? '';
  t.is(keyOf([ANA]), keyOf([{ ...ANA }]));
  t.not(keyOf([ANA]), keyOf([ANA, ANA]));
  t.not(keyOf([ANA]), keyOf([ANA], 'Hi {name}'));
});
