import test from 'ava';
import { keyIdOf, open, openBytes, seal, sealBytes } from '../../src/core/seal.ts';

const KEY = Buffer.alloc(32, 1);
const OTHER = Buffer.alloc(32, 2);

test('what was sealed is opened with the same key', (t) => {
  for (const text of ['', 'whsec_abc', 'ação 👋'.repeat(100)]) t.is(open(seal(text, KEY), KEY), text);
});

test('the text cannot be seen in what is sealed, and sealing twice never looks the same', (t) => {
  const sealed = seal('secret', KEY);
  t.not(sealed, seal('secret', KEY));
  t.false(sealed.includes('secret'));
  t.regex(sealed, /^v1\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]{22}\.[\w-]{8}$/);
});

test('another key is recognised by its id, and the refusal says what to restore', (t) => {
  const error = t.throws(() => open(seal('secret', KEY), OTHER));
  t.like(error, { code: 'invalid-configuration' });
  t.true(error?.message.includes(keyIdOf(KEY)));
  t.true(error?.message.includes('HOOKLINE_SECRET_KEY'));
});

test('a change in any part is refused', (t) => {
  const parts = seal('secret', KEY).split('.');
  for (const index of [2, 3, 4]) {
    const changed = parts.map((part, i) => (i === index ? (part.startsWith('A') ? 'B' : 'A') + part.slice(1) : part)).join('.');
    t.throws(() => open(changed, KEY), { message: /was changed/ });
  }
  t.throws(() => open(parts.toSpliced(3, 1, '').join('.'), KEY), { message: /was changed/ });
  t.throws(() => open(parts.toSpliced(0, 1, 'v9').join('.'), KEY), { message: /version "v9"/ });
  t.throws(() => open('', KEY), { message: /version/ });
});

test('bytes are opened with the same key and tell what they are', (t) => {
  for (const bytes of [Buffer.alloc(0), Buffer.from([0, 10, 255]), Buffer.alloc(100_000, 'hookline')]) {
    t.deepEqual(openBytes(sealBytes(bytes, KEY, 'some-bytes'), KEY), { label: 'some-bytes', bytes });
  }
});

test('a change in any byte, the label included, is refused', (t) => {
  const sealed = sealBytes(Buffer.from('x'), KEY, 'some-bytes');
  for (const index of sealed.keys()) {
    const changed = Buffer.from(sealed.map((byte, i) => (i === index ? byte ^ 1 : byte)));
    t.throws(() => openBytes(changed, KEY), { code: 'invalid-body' }, `byte ${index}`);
  }
  for (let length = 0; length < sealed.length; length++)
    t.throws(() => openBytes(sealed.subarray(0, length), KEY), { code: 'invalid-body' });
  t.throws(() => openBytes(sealed, OTHER), { message: new RegExp(keyIdOf(KEY)) });
});
