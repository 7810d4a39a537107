import test from 'ava';
import { readAnswer } from '../../src/flows/expect/expect.ts';
import type { Expect, Value } from '../../src/flows/schema.ts';
import { saying } from './helpers.ts';

/** A Tuesday, nine in the morning in São Paulo. */
const NOW = Date.UTC(2026, 2, 24, 12);

for (const [locale, expect, text, value] of [
  ['en', 'number', 'about 1,234.50 please', 1234.5],
  ['pt', 'number', 'R$ 1.234,50', 1234.5],
  ['es', 'number', '-3', -3],
  ['en', 'number', '3 or 4', null],
  ['en', 'integer', 'two', 2],
  ['pt', 'integer', 'duas', 2],
  ['es', 'integer', 'doce', 12],
  ['en', 'integer', '2.5', null],
  ['en', 'date', '25/03', '2026-03-25'],
  ['en-us', 'date', '03/25', '2026-03-25'],
  ['en-us', 'date', '4/5/2026', '2026-04-05'],
  ['pt', 'date', '4/5/26', '2026-05-04'],
  ['en', 'date', '20/03', '2026-03-20'],
  ['en', 'date', '05/01', '2026-01-05'],
  ['en', 'date', '31/02', null],
  ['en', 'date', 'tomorrow, please', '2026-03-25'],
  ['pt', 'date', 'depois de amanhã', '2026-03-26'],
  ['es', 'date', 'mañana', '2026-03-25'],
  ['en', 'date', 'next Friday', '2026-03-27'],
  ['pt', 'date', 'terça-feira', '2026-03-31'],
  ['es', 'date', 'el sábado', '2026-03-28'],
  ['en', 'date', 'March 30th', '2026-03-30'],
  ['pt', 'date', '2 de abril de 2027', '2027-04-02'],
  ['es', 'date', '1 de diciembre', '2026-12-01'],
  ['en', 'date', 'in 3 days', '2026-03-27'],
  ['en', 'date', '2026-12-24', '2026-12-24'],
  ['en', 'date', 'no idea', null],
  ['en', 'time', '2:30 pm', '14:30'],
  ['en', 'time', '12am', '00:00'],
  ['pt', 'time', '14h30', '14:30'],
  ['pt', 'time', 'às 8', '08:00'],
  ['pt', 'time', '8 da noite', null],
  ['es', 'time', 'a las 9', '09:00'],
  ['en', 'time', 'noon', '12:00'],
  ['pt', 'time', 'meio-dia', '12:00'],
  ['en', 'time', '25:00', null],
  ['en', 'datetime', 'tomorrow at 3pm', '2026-03-25T18:00:00.000Z'],
  ['pt', 'datetime', '25/03 14:30', '2026-03-25T17:30:00.000Z'],
  ['en', 'datetime', 'tomorrow', null],
  ['en', 'duration', '1h30', 5_400],
  ['en', 'duration', '90 min', 5_400],
  ['pt', 'duration', 'duas horas', 7_200],
  ['es', 'duration', '3 días', 259_200],
  ['en', 'email', 'it is Ana.Souza+x@Example.com.', 'ana.souza+x@example.com'],
  ['en', 'email', 'ana@', null],
  ['pt', 'phone', '(11) 98765-4321', '5511987654321'],
  ['en', 'phone', '+44 20 7946 0958', '442079460958'],
  ['en', 'phone', '123', null],
  ['en', 'url', 'see www.example.com/a?b=1.', 'https://www.example.com/a?b=1'],
  ['en', 'url', 'hello there', null],
  ['en', 'yes_no', 'Yes, please', true],
  ['pt', 'yes_no', 'Não', false],
  ['es', 'yes_no', 'sí', true],
  ['en', 'yes_no', '👍', true],
  ['en', 'yes_no', 'perhaps', null],
  ['en', 'choice', '2', 'find'],
  ['en', 'choice', 'the map', 'find'],
  ['en', 'choice', 'BOOK A VISIT', 'book'],
  ['en', 'choice', 'bok a visit', 'book'],
  ['en', 'choice', '9', null],
  ['en', 'text', '  hello ', 'hello'],
  ['en', 'any', 'x', 'x'],
] as ['en' | 'en-us' | 'pt' | 'es', Expect, string, Value][]) {
  test(`${locale}: "${text}" as ${expect}`, (t) => {
    const choices = [
      { name: 'book', label: 'Book a visit', also: [] },
      { name: 'find', label: 'Find us', also: ['address', 'map'] },
    ];
    t.deepEqual(readAnswer(expect, saying(text), { locale, zone: 'America/Sao_Paulo', now: NOW }, choices), value);
  });
}

test('places and pictures are answers, too; a sticker is none to a question for a picture', (t) => {
  const place = { locale: 'en', zone: 'UTC', now: NOW } as const;
  const media = { id: 'med_1', url: '/api/media/med_1', mimetype: 'image/png', filename: null, caption: null };
  t.deepEqual(readAnswer('location', saying(null, { type: 'location', location: { lat: 1, lng: 2, name: null } }), place), {
    lat: 1,
    lng: 2,
    name: null,
  });
  t.is(readAnswer('location', saying('here'), place), null);
  t.deepEqual(readAnswer('image', saying(null, { type: 'image', media }), place), media);
  t.is(readAnswer('image', saying(null, { type: 'sticker', media }), place), null);
  t.deepEqual(readAnswer('any', saying(null, { type: 'sticker', media }), place), media);
  t.is(readAnswer('choice', saying('', { choice: 'b' }), place, [{ name: 'b', label: 'B', also: [] }]), 'b');
});
