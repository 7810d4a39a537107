import test from 'ava';
import { maskOf } from '../../src/core/mask.ts';

test('a secret is taken out in every form in which it may be repeated', (t) => {
  const mask = maskOf(['Bearer tök/en+1"']);
  const secret = 'tök/en+1"';
  const forms = [secret, `Bearer ${secret}`, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), 't%C3%B6k%2Fen%2B1%22'];
  const base64 = [Buffer.from(secret).toString('base64'), Buffer.from(`Bearer ${secret}`).toString('base64url')];
  for (const form of [...forms, ...base64]) t.regex(mask(`before ${form} behind`), /^before \*\*\*=* behind$/, form);
});

test('of a login the password is taken out, too', (t) => {
  const mask = maskOf([`Basic ${Buffer.from('shop:pass-word').toString('base64')}`]);
  t.is(mask('shop:pass-word, pass-word'), '***, ***');
});

test('what is short stays, and what stands in something longer leaves nothing of it', (t) => {
  t.is(maskOf(['7', 'abc', '', 'Bearer x'])('7 abc x'), '7 abc x');
  t.is(maskOf(['secret', 'secret-and-more'])('secret-and-more secret'), '*** ***');
  t.is(maskOf(['a.*c'])('abbc a.*c'), 'abbc ***');
  t.is(maskOf([])('anything'), 'anything');
});
