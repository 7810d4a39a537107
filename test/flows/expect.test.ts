import test from 'ava';
import type { Expect, Kind, Locale, Value } from '../../src/flows/language/schema.ts';
import { readAnswer } from '../../src/flows/understanding/expect/expect.ts';
import { saying } from './helpers.ts';

/** A Tuesday, nine in the morning in São Paulo. */
const NOW = Date.UTC(2026, 2, 24, 12);
const place = (locale: Locale) => ({ locale, zone: 'UTC', now: NOW });

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
  ['en', 'date', '12/13', '2026-12-13'],
  ['en', 'date', '29/02', '2028-02-29'],
  ['en', 'date', '29/02/2027', null],
  ['en', 'date', 'in two days', '2026-03-26'],
  ['en', 'date', 'in a week', '2026-03-31'],
  ['pt', 'date', 'daqui a duas semanas', '2026-04-07'],
  ['es', 'date', 'en un mes', '2026-04-24'],
  ['en', 'date', 'day 25', '2026-03-25'],
  ['pt', 'date', 'dia 20', '2026-04-20'],
  ['pt', 'date', 'Dia 31.', '2026-03-31'],
  ['es', 'date', 'el 1', '2026-04-01'],
  ['en', 'date', 'on the 24th', '2026-03-24'],
  ['en', 'date', 'Friday the 3rd', '2026-04-03'],
  ['en', 'date', 'the 32nd', null],
  ['en', 'date', 'tomorrow at 10.30', '2026-03-25'],
  ['en', 'date', 'Tomorrow, at 10.30.', '2026-03-25'],
  ['en', 'date', 'the day before yesterday', '2026-03-22'],
  ['pt', 'date', 'nasci em 12/04/90', '1990-04-12'],
  ['pt', 'date', '12/04/46', '2046-04-12'],
  ['es', 'date', 'el viernes por la mañana', '2026-03-27'],
  ['es', 'date', 'mañana por la mañana', '2026-03-25'],
  ['pt', 'date', 'vou ter tempo na sexta', '2026-03-27'],
  ['pt', 'date', 'ter', '2026-03-31'],
  ['es', 'date', 'esta mañana', '2026-03-24'],
  ['en', 'date', '25-Apr', '2026-04-25'],
  ['es', 'date', '25/mar/2027', '2027-03-25'],
  ['es', 'date', 'el 31 de abril', null],
  ['en', 'date', 'April 31st', null],
  ['pt', 'date', 'daqui 3 dias', '2026-03-27'],
  ['pt', 'date', 'dia primeiro', '2026-04-01'],
  ['en', 'time', '2:30 pm', '14:30'],
  ['en', 'time', '12am', '00:00'],
  ['pt', 'time', '14h30', '14:30'],
  ['pt', 'time', 'às 8', '08:00'],
  ['pt', 'time', '8 da noite', '20:00'],
  ['en', 'time', '3 in the afternoon', '15:00'],
  ['es', 'time', '9 de la mañana', '09:00'],
  ['es', 'time', 'a las 12 de la noche', '00:00'],
  ['es', 'time', 'a las 9', '09:00'],
  ['es', 'time', 'a las tres de la tarde', '15:00'],
  ['es', 'time', 'a las 3 y media', '03:30'],
  ['es', 'time', 'a la una menos cuarto', '12:45'],
  ['pt', 'time', 'às 3 e meia da tarde', '15:30'],
  ['en', 'time', 'half past three', '03:30'],
  ['en', 'time', 'at quarter to 4', '03:45'],
  ['en', 'time', 'At 14:30.', '14:30'],
  ['en', 'time', 'at 3.', '03:00'],
  ['en', 'time', '3:30pm.', '15:30'],
  ['en', 'time', '3:30 p.m', '15:30'],
  ['es', 'time', '3:30 p. m.', '15:30'],
  ['en', 'time', '10.30', '10:30'],
  ['en', 'time', '14:30-15:00', null],
  ['pt', 'time', 'às 15 e 20', '15:20'],
  ['pt', 'time', 'meio-dia e meia', '12:30'],
  ['en', 'time', 'quarter to 1pm', '12:45'],
  ['en', 'time', '0:30 am', '00:30'],
  ['en', 'time', 'at once', null],
  ['en', 'time', 'noon', '12:00'],
  ['pt', 'time', 'meio-dia', '12:00'],
  ['en', 'time', '25:00', null],
  ['en', 'datetime', 'tomorrow at 3pm', '2026-03-25T18:00:00.000Z'],
  ['pt', 'datetime', '25/03 14:30', '2026-03-25T17:30:00.000Z'],
  ['en', 'datetime', 'tomorrow', null],
  ['en', 'datetime', '10.30', null],
  ['en', 'datetime', '3:30pm tomorrow', '2026-03-25T18:30:00.000Z'],
  ['en', 'datetime', 'tomorrow at 10.30', '2026-03-25T13:30:00.000Z'],
  ['en', 'datetime', '10.04 14:30', '2026-04-10T17:30:00.000Z'],
  ['en', 'datetime', 'in two days at noon', '2026-03-26T15:00:00.000Z'],
  ['pt', 'datetime', 'amanhã às 15h', '2026-03-25T18:00:00.000Z'],
  ['pt', 'datetime', 'dia 25 às 15h30', '2026-03-25T18:30:00.000Z'],
  ['es', 'datetime', 'el viernes a las 3 de la tarde', '2026-03-27T18:00:00.000Z'],
  ['es', 'datetime', 'el viernes a las 9 de la mañana', '2026-03-27T12:00:00.000Z'],
  ['es', 'datetime', 'mañana a las 9 de la mañana', '2026-03-25T12:00:00.000Z'],
  ['en', 'datetime', 'tonight at 8', '2026-03-24T23:00:00.000Z'],
  ['pt', 'datetime', 'amanhã à noite, às 8', '2026-03-25T23:00:00.000Z'],
  ['pt', 'datetime', 'amanhã à meia-noite', '2026-03-25T03:00:00.000Z'],
  ['en', 'datetime', '2026-03-25 14:30', '2026-03-25T17:30:00.000Z'],
  ['en', 'duration', '1h30', 5_400],
  ['en', 'duration', '90 min', 5_400],
  ['pt', 'duration', 'duas horas', 7_200],
  ['es', 'duration', '3 días', 259_200],
  ['pt', 'duration', 'meia hora', 1_800],
  ['es', 'duration', 'media hora', 1_800],
  ['en', 'duration', 'half an hour', 1_800],
  ['en', 'duration', 'an hour and a half', 5_400],
  ['pt', 'duration', 'duas horas e meia', 9_000],
  ['en', 'duration', 'a quarter of an hour', 900],
  ['en', 'duration', 'two and a half hours', 9_000],
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
  ['en', 'yes_no', 'Of course not!', false],
  ['pt', 'yes_no', 'claro que não', false],
  ['es', 'yes_no', 'por supuesto que no', false],
  ['en', 'choice', '2', 'find'],
  ['en', 'choice', 'the map', 'find'],
  ['en', 'choice', 'BOOK A VISIT', 'book'],
  ['en', 'choice', 'bok a visit', 'book'],
  ['en', 'choice', '9', null],
  ['en', 'choice', '16h', 'late'],
  ['en', 'text', '  hello ', 'hello'],
  ['en', 'any', 'x', 'x'],
] as ['en' | 'en-us' | 'pt' | 'es', Expect, string, Value][]) {
  test(`${locale}: "${text}" as ${expect}`, (t) => {
    const choices = [
      { name: 'book', label: 'Book a visit', also: [] },
      { name: 'find', label: 'Find us', also: ['address', 'map'] },
      { name: 'late', label: '16h', also: [] },
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

test('an answer by a pattern is the one piece that fits it, and no part of something longer', (t) => {
  const cep = String.raw`\d{5}-?\d{3}`;
  for (const [pattern, text, wanted] of [
    [cep, 'meu cep é 01310-100', '01310-100'],
    [cep, '01310-100, 01310-100', '01310-100'],
    [cep, '01310-100 ou 01310-200', null],
    [cep, '013101001', null],
    [cep, '11 98765-4321', null],
    [cep, '01310-100-5', null],
    [cep, 'não é 01310-100', null],
    ['[a-z]{3}-?\\d[a-z\\d]\\d{2}', 'placa ABC1D23.', 'ABC1D23'],
    ['a|ab', 'ab', 'ab'],
    ['ação', 'Ação', 'Ação'],
    ['x*', 'hmm', null],
  ] as const)
    t.is(readAnswer({ pattern }, saying(text), place('pt')), wanted, text);
  t.is(readAnswer({ pattern: cep, keep: 'digits' }, saying('01310-100'), place('pt')), '01310100');
  t.is(readAnswer({ pattern: '[a-z]+', keep: 'digits' }, saying('abc'), place('pt')), null);
});

test('of several kinds the first that fits is the answer', (t) => {
  const file = { id: 'med_1', url: null, mimetype: 'application/pdf', filename: 'id.pdf', caption: null };
  const read = (kinds: Kind[], text: string | null, more = {}) => readAnswer(kinds, saying(text, more), place('en'));
  t.deepEqual(read(['image', 'document'], null, { type: 'document', media: file }), file);
  t.is(read(['image', 'document'], 'here'), null);
  t.is(read(['phone', 'email'], 'ana@example.com'), 'ana@example.com');
  t.is(read(['date', 'text'], 'whenever'), 'whenever');
});
