import test from 'ava';
import { typingTime } from '../../src/messages/lane/typing.ts';

const words = (count: number): string => Array.from({ length: count }, () => 'word').join(' ');

test('typing lasts as long as the text takes at 400 words a minute, between 0.4 and 4 s', (t) => {
  t.is(typingTime(true, words(10)), 1_500);
  t.is(typingTime(true, 'hi'), 400);
  t.is(typingTime(true, words(1_000)), 4_000);
});

test('a caller may say how long, up to what WhatsApp shows', (t) => {
  t.is(typingTime(1_500, 'hi'), 1_500);
  t.is(typingTime(10 ** 9, 'hi'), 25_000);
  t.is(typingTime(-5, 'hi'), 0);
});

test('nobody types who was not asked to', (t) => {
  t.is(typingTime(undefined, 'hi'), 0);
  t.is(typingTime(false, 'hi'), 0);
});
