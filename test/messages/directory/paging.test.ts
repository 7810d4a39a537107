import test from 'ava';
import fc from 'fast-check';
import { type Key, type PageAsked, pageOf } from '../../../src/messages/directory/paging.ts';
import { nameKey } from '../../../src/messages/directory/search.ts';

interface Row {
  id: string;
  name: string | null;
}
const byName = ({ name, id }: Row): Key => [...nameKey(name), id];
const byId = ({ id }: Row): Key => [id];

function* pages(rows: () => readonly Row[], limit: number, keyOf = byName): Generator<Row[]> {
  for (let asked: PageAsked = { limit }; ; ) {
    const { data, nextCursor } = pageOf(rows(), asked, keyOf);
    yield data;
    if (nextCursor === null) return;
    asked = { limit, cursor: nextCursor };
  }
}

const aRow = fc.record({ id: fc.uuid(), name: fc.option(fc.string({ unit: 'grapheme', maxLength: 60 })) });
const someRows = fc.uniqueArray(aRow, { selector: ({ id }) => id, maxLength: 40 });

test('page by page every row is given once, in one order, by cursors that fit into a query', (t) => {
  fc.assert(
    fc.property(someRows, fc.integer({ min: 1, max: 10 }), (rows, limit) => {
      const whole = pageOf(rows, { limit: 1_000 }, byName).data;
      t.deepEqual([...pages(() => rows, limit)].flat(), whole);
      const { nextCursor } = pageOf(rows, { limit }, byName);
      t.true((nextCursor ?? '').length <= 200);
    }),
  );
});

test('a row that is there all the time is given once, whatever comes and goes', (t) => {
  fc.assert(
    fc.property(someRows, fc.array(someRows), fc.integer({ min: 1, max: 5 }), (steady, others, limit) => {
      const ids = new Set(steady.map(({ id }) => id));
      let turn = 0;
      const now = () => [...steady, ...(others[turn++] ?? []).filter(({ id }) => !ids.has(id))];
      const given = [...pages(now, limit)].flat().filter(({ id }) => ids.has(id));
      t.deepEqual(given.map(({ id }) => id).sort(), [...ids].sort());
    }),
  );
});

test('names stand in the order of the alphabet, whatever their capitals and accents, and who has none last', (t) => {
  const rows = ['bea', null, 'Álvaro', 'Zoë', 'ana', 'Bob'].map((name, at) => ({ id: String(at), name }));
  t.deepEqual(
    pageOf(rows, { limit: 10 }, byName).data.map(({ name }) => name),
    ['Álvaro', 'ana', 'bea', 'Bob', 'Zoë', null],
  );
});

test('a cursor of another list, or of nobody, is refused', (t) => {
  const rows = [
    { id: 'a', name: 'x' },
    { id: 'b', name: 'y' },
  ];
  const { nextCursor } = pageOf(rows, { limit: 1 }, byId);
  for (const cursor of [nextCursor as string, 'zzz', '', 'W10', Buffer.from('[null,"x","a"]').toString('base64url')]) {
    const error = t.throws(() => pageOf(rows, { limit: 1, cursor }, byName), { code: 'invalid-query' }, cursor);
    t.like(error, { errors: [{ path: 'cursor' }] });
  }
  t.deepEqual(pageOf([], { limit: 1, cursor: nextCursor as string }, byId), { data: [], nextCursor: null });
});
