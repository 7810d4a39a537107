import test from 'ava';
import { list, listed, rowsOf } from '../../src/db/rows.ts';
import { stores, testDatabase } from '../helpers/database.ts';

for (const store of await stores()) {
  test(`${store}: a list goes in as one value and comes out as it was, in its order`, async (t) => {
    const { db, dispose } = await testDatabase(store);
    t.teardown(dispose);
    const rows = [
      [Date.now(), `it's "quoted" \\ 'São Paulo' ? $1`, 1],
      [2 ** 52, null, null],
      [-1, '', 0],
    ];
    const table = listed({ big: 'bigint', word: 'text', small: 'integer' }, db.dialect);
    const found = await rowsOf<{ big: number }>(db.sql, `SELECT big, word, small FROM ${table} AS given`, [list(rows)]);
    t.deepEqual(
      found.map((row) => ({ ...row })),
      rows.map(([big, word, small]) => ({ big, word, small }) as never),
    );
    t.deepEqual(await rowsOf(db.sql, `SELECT big FROM ${table} AS given`, [list([])]), []);
  });

  test(`${store}: half a surrogate pair is replaced and not refused`, async (t) => {
    const { db, dispose } = await testDatabase(store);
    t.teardown(dispose);
    const table = listed({ word: 'text' }, db.dialect);
    const [row] = await rowsOf<{ word: string }>(db.sql, `SELECT word FROM ${table} AS given`, [list([['a\ud800']])]);
    t.is(row?.word, 'a\ufffd');
  });

  test(`${store}: it is a part of its transaction, and an error leaves the connection to others`, async (t) => {
    const { db, dispose } = await testDatabase(store);
    t.teardown(dispose);
    const insert = 'INSERT INTO ledger_cursors (name, position) VALUES (?, ?) RETURNING name';
    const undone = db.write(async ({ sql }) => {
      t.is((await rowsOf(sql, insert, ['a', 1])).length, 1);
      t.is((await rowsOf(sql, 'SELECT name FROM ledger_cursors WHERE name = ?', ['a'])).length, 1);
      throw new Error('no');
    });
    await t.throwsAsync(undone, { message: 'no' });
    for (let i = 0; i < 10; i++) await t.throwsAsync(rowsOf(db.sql, 'SELECT nothing FROM nowhere', []));
    t.deepEqual(await rowsOf(db.sql, 'SELECT name FROM ledger_cursors', []), []);
  });
}
