import test from 'ava';
import fc from 'fast-check';
import { JsonEntry, readEntries, readJson } from '../../src/http/json.ts';

const LARGEST = 1_000_000;

/** What was read, with the entries that were left unread. */
function whole(value: unknown): unknown {
  const read = (entry: unknown): unknown => (entry instanceof JsonEntry ? entry.read() : entry);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, Array.isArray(member) ? member.map(read) : member]));
}

const members = fc.dictionary(
  fc.string({ unit: 'grapheme' }).filter((key) => key !== '__proto__'),
  // Such a key is refused, wherever it stands.
  fc.jsonValue().filter((value) => !JSON.stringify(value).includes('"__proto__"')),
);

test('an object is read as JSON.parse reads it, its lists entry by entry', async (t) => {
  const spaces = fc.constantFrom(undefined, 1, '\t');
  await fc.assert(
    fc.asyncProperty(members, spaces, async (value, space) => {
      const text = JSON.stringify(value, null, space);
      t.deepEqual(whole(await readEntries(text, LARGEST)), JSON.parse(text));
      t.deepEqual(await readJson(text), JSON.parse(text));
    }),
    { numRuns: 300 },
  );
});

test('what JSON.parse does not read is not read', async (t) => {
  const signs = fc.constantFrom('{', '}', '[', ']', ',', ':', '"', '\\', ' ', '1', '"a"', '"m":', 'true', '{"m":[', ']}', '\n');
  const texts = fc.array(signs, { maxLength: 12 }).map((parts) => parts.join(''));
  const wrapped = fc.oneof(
    texts,
    texts.map((text) => `{"m":[${text}]}`),
    texts.map((text) => `{"m":[1,${text}`),
  );
  const verdict = async (work: () => Promise<unknown>): Promise<unknown> => work().catch((error) => error.code);
  await fc.assert(
    fc.asyncProperty(wrapped, async (text) => {
      let expected: unknown = 'bad-request';
      try {
        const value = text === '' ? {} : JSON.parse(text);
        if (typeof value === 'object' && value !== null) expected = value;
      } catch {}
      t.deepEqual(await verdict(async () => whole(await readEntries(text, LARGEST))), expected, text);
      t.deepEqual(await verdict(() => readJson(text)), expected, text);
    }),
    { numRuns: 3_000 },
  );
});

test('an entry that is broken says where it stands, and only when it is read', async (t) => {
  const { m } = (await readEntries('{"m": [1, {"a": }, 3]}', LARGEST)) as { m: JsonEntry[] };
  t.is(m[0]?.read(), 1);
  t.throws(() => m[1]?.read(), { code: 'bad-request', message: /at m\.1: / });
});

test('values are counted before they are made, wherever they stand, and texts are not', async (t) => {
  const many = (open: string, value: string, close: string) => `${open}${`${value},`.repeat(60_000)}${value}${close}`;
  for (const text of [
    many('[', '{}', ']'),
    many('{"a":[', '1', ']}'),
    `${'['.repeat(60_000)}${']'.repeat(60_000)}`,
    many('{"a":{"b":[', '[]', ']}}'),
  ]) {
    await t.throwsAsync(readJson(text), { code: 'payload-too-large', message: /more than 20000 values/ });
  }
  await t.throwsAsync(readEntries(many('{"m":[[', '1', ']]}'), LARGEST), {
    code: 'payload-too-large',
    message: /20000 values in one piece/,
  });
  await t.throwsAsync(readEntries(`{"m":[${'{},'.repeat(60_000)}{}]}`, LARGEST), {
    code: 'payload-too-large',
    message: /more than 5000 entries/,
  });
  await t.throwsAsync(
    readEntries(`{"m":[${'[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25],'.repeat(4_500)}[]]}`, LARGEST),
    {
      code: 'payload-too-large',
      message: /more than 100000 values/,
    },
  );
  await t.throwsAsync(readEntries(`{"m":[1,"${'x'.repeat(50)}"]}`, 50), {
    code: 'payload-too-large',
    message: /m\.1 has 52 characters.* may have 50/,
  });
  const signs = JSON.stringify({ text: '[{,"\\'.repeat(100_000) });
  t.deepEqual(await readJson(signs), JSON.parse(signs));
  const texts = JSON.stringify({ m: Array(1_000).fill('[{,"\\'.repeat(1_000)) });
  t.deepEqual(whole(await readEntries(texts, LARGEST)), JSON.parse(texts));
});

test('a prototype cannot be given', async (t) => {
  await t.throwsAsync(readJson('{"__proto__": {"a": 1}}'), { code: 'bad-request' });
  const { m } = (await readEntries('{"m":[{"__proto__": {"a": 1}}]}', LARGEST)) as { m: JsonEntry[] };
  t.throws(() => m[0]?.read(), { code: 'bad-request' });
});
