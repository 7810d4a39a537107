import test from 'ava';
import { digitsOf, idIn, isWhole, wamid, wamidOf } from '../../src/dialects/cloud/ids.ts';

test('an id goes into a wamid and comes out of it, and every other one stays as it is', (t) => {
  const own = 'msg_01jd5x9b2c4e6g8j0m2p4r6t8v';
  const whole = 'false_120363041234567890@g.us_3EB0C767D097B7C7B2A8_5511988887777@c.us';
  t.is(wamidOf({ id: own as never }), wamid(own));
  for (const id of [own, whole]) {
    t.regex(wamid(id), /^wamid\.[\w-]+$/);
    t.is(idIn(wamid(id)), id);
    t.is(idIn(id), id);
  }
  for (const id of [
    '3EB0C767D097B7C7B2A8',
    '',
    'wamid.',
    'wamid.!',
    'wamid.HBgLMTY1MDUwNzYwMzYVAgARGBI5QTNDQTVCM0Q0Q0Q2RTY3RTcA',
    'wamid.AAAA',
  ]) {
    t.is(idIn(id), id);
  }
});

test('WhatsApp’s id is whole with the chat around it', (t) => {
  for (const id of ['true_5511988887777@c.us_3EB0', 'false_123@g.us_3EB0_5511988887777@c.us', 'false_123@lid_3EB0'])
    t.true(isWhole(id), id);
  for (const id of ['3EB0', 'msg_1', 'true_3EB0', 'true_5511988887777@c.us_', 'true_a@c.us_b_c_d', 'true_a@c.us_3E B0'])
    t.false(isWhole(id), id);
});

test('digits are of a phone number', (t) => {
  t.is(digitsOf('5511988887777@c.us'), '5511988887777');
  for (const chat of ['123@lid', '123@g.us', 'ana@c.us', '123@c.us ']) t.is(digitsOf(chat), undefined);
});
