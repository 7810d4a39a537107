import test from 'ava';
import type { TenantId } from '../../src/core/ids.ts';
import { keyIdOf, open, openerOf, type Place, resealing, seal } from '../../src/core/seal.ts';
import { sealWithoutPlace } from '../helpers/seals.ts';

const KEY = Buffer.alloc(32, 1);
const OTHER = Buffer.alloc(32, 2);
const A = 'tnt_a' as TenantId;
const PLACE: Place = { tenantId: A, purpose: 'webhook-secret', of: ['whk_1'] };

test('what was sealed is opened with the same key, in the same place', (t) => {
  for (const text of ['', 'whsec_abc', 'ação 👋'.repeat(100)]) t.is(open(seal(text, KEY, PLACE), KEY, { ...PLACE }), text);
});

test('the text cannot be seen in what is sealed, and sealing twice never looks the same', (t) => {
  const sealed = seal('secret', KEY, PLACE);
  t.not(sealed, seal('secret', KEY, PLACE));
  t.false(sealed.includes('secret'));
  t.regex(sealed, /^v2\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]{22}\.[\w-]{8}$/);
});

test('it opens in no other place, not even for an opener that has just opened it in its own', (t) => {
  const sealed = seal('secret', KEY, PLACE);
  const opener = openerOf(KEY);
  t.is(opener(sealed, PLACE), 'secret');
  const others: Place[] = [
    { ...PLACE, tenantId: 'tnt_b' as TenantId },
    { ...PLACE, purpose: 'signing-key' },
    { ...PLACE, of: ['whk_2'] },
    { ...PLACE, of: ['whk_1', ''] },
    { ...PLACE, of: [] },
    { ...PLACE, of: ['whk_1","x'] },
    { tenantId: '' as TenantId, purpose: 'webhook-secret', of: [A, 'whk_1'] },
    { tenantId: 'tnt_a","whk_1' as TenantId, purpose: 'webhook-secret', of: [] },
  ];
  for (const place of others) {
    t.throws(() => open(sealed, KEY, place), { code: 'invalid-configuration', message: /was changed/ }, JSON.stringify(place));
    t.throws(() => opener(sealed, place), { code: 'invalid-configuration' }, JSON.stringify(place));
  }
});

test('another key is recognised by its id, and the refusal says what to restore', (t) => {
  const error = t.throws(() => open(seal('secret', KEY, PLACE), OTHER, PLACE));
  t.like(error, { code: 'invalid-configuration' });
  t.true(error?.message.includes(keyIdOf(KEY)));
  t.true(error?.message.includes('HOOKLINE_SECRET_KEY'));
});

test('a change in any part is refused', (t) => {
  const parts = seal('secret', KEY, PLACE).split('.');
  for (const index of [2, 3, 4]) {
    const changed = parts.map((part, i) => (i === index ? (part.startsWith('A') ? 'B' : 'A') + part.slice(1) : part)).join('.');
    t.throws(() => open(changed, KEY, PLACE), { message: /was changed/ });
  }
  t.throws(() => open(parts.toSpliced(3, 1, '').join('.'), KEY, PLACE), { message: /was changed/ });
  t.throws(() => open(parts.toSpliced(0, 1, 'v9').join('.'), KEY, PLACE), { message: /version "v9"/ });
  t.throws(() => open('', KEY, PLACE), { message: /version/ });
});

test('what was sealed before seals knew their place is opened by nobody, and sealed anew only where that is asked for', (t) => {
  const former = sealWithoutPlace('secret', KEY);
  t.throws(() => open(former, KEY, PLACE), { message: /version "v1"/ });
  t.throws(() => openerOf(KEY)(former, PLACE), { message: /version "v1"/ });
  t.throws(() => open(former.replace('v1', 'v2'), KEY, PLACE), { message: /was changed/ });
  t.is(open(resealing(KEY, KEY, { withoutPlace: true })(former, PLACE), KEY, PLACE), 'secret');
  t.throws(() => resealing(KEY, OTHER, { withoutPlace: false })(former, PLACE), { message: /version "v1"/ });
  for (const key of [KEY, OTHER]) {
    const rotated = resealing(KEY, OTHER, { withoutPlace: true })(sealWithoutPlace('secret', key), PLACE);
    t.is(open(rotated, OTHER, PLACE), 'secret');
  }
});

test('sealing again moves to the next key what is in its place, and leaves alone what is under it', (t) => {
  const again = resealing(KEY, OTHER, { withoutPlace: false });
  const moved = again(seal('secret', KEY, PLACE), PLACE);
  t.is(open(moved, OTHER, PLACE), 'secret');
  t.is(again(moved, PLACE), moved);
  t.throws(() => again(seal('secret', KEY, { ...PLACE, of: ['whk_2'] }), PLACE), { message: /was changed/ });
  t.throws(() => again(seal('secret', Buffer.alloc(32, 3), PLACE), PLACE), { message: /former HOOKLINE_SECRET_KEY/ });
});
