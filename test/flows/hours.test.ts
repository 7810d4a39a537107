/** When it is open, by the clock on the wall. */
import test from 'ava';
import { parseFlow } from '../../src/flows/language/parse.ts';
import { checkExpression, holds } from '../../src/flows/text/expressions.ts';
import { openingAt } from '../../src/flows/text/hours.ts';
import { NameScope } from '../../src/flows/text/known-names.ts';

const hoursOf = (open: string, { timezone = 'UTC', closed = '[]', special = '{}' } = {}) => {
  const hours = `hours:\n  bar: { timezone: ${timezone}, open: ${open}, closed: ${closed}, special: ${special} }\n`;
  const parsed = parseFlow({ path: 'a.yml', source: `flow: a\nversion: 1\nstart: [{ api: true }]\nsteps: [end]\n${hours}` });
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  const bar = parsed.flow.hours?.bar;
  if (!bar) throw new Error('no hours');
  const at = (time: string) => {
    const { open, nextOpen, nextClose } = openingAt(bar, Date.parse(time));
    const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString().slice(0, 16));
    return [open, iso(nextOpen), iso(nextClose)];
  };
  return Object.assign(at, { hours: bar });
};

test('hours past midnight are hours past midnight', (t) => {
  // 2026-03-20 is a Friday.
  const bar = hoursOf('{ fri: "18:00-02:00" }');
  t.deepEqual(bar('2026-03-20T17:59Z'), [false, '2026-03-20T18:00', null]);
  t.deepEqual(bar('2026-03-20T18:00Z'), [true, '2026-03-27T18:00', '2026-03-21T02:00']);
  t.deepEqual(bar('2026-03-21T01:59Z'), [true, '2026-03-27T18:00', '2026-03-21T02:00']);
  t.deepEqual(bar('2026-03-21T02:00Z'), [false, '2026-03-27T18:00', null]);
  const night = hoursOf('{ mon-sun: "22:00-06:00" }');
  t.deepEqual(night('2026-03-22T05:00Z'), [true, '2026-03-22T22:00', '2026-03-22T06:00'], 'Sunday night of Saturday');
  t.deepEqual(hoursOf('{ sun: "22:00-06:00" }')('2026-03-23T05:59Z'), [true, '2026-03-29T22:00', '2026-03-23T06:00'], 'into Monday');
});

test('what meets over midnight is one, whichever day says so', (t) => {
  const bar = hoursOf('{ fri: "12:00-15:00 18:00-02:00", sat: "00:00-04:00 02:30-05:00" }');
  t.deepEqual(bar('2026-03-20T23:00Z'), [true, '2026-03-27T12:00', '2026-03-21T05:00']);
  t.deepEqual(hoursOf('{ fri: "18:00-24:00", sat: "00:00-02:00" }')('2026-03-20T20:00Z'), [true, '2026-03-27T18:00', '2026-03-21T02:00']);
  t.deepEqual(hoursOf('{ fri: "18:00-00:00" }')('2026-03-20T23:59Z'), [true, '2026-03-27T18:00', '2026-03-21T00:00']);
});

test('a whole day, and all days', (t) => {
  for (const whole of ['00:00-24:00', '00:00-00:00']) {
    t.deepEqual(hoursOf(`{ fri: "${whole}" }`)('2026-03-20T12:00Z'), [true, '2026-03-27T00:00', '2026-03-21T00:00']);
    t.deepEqual(hoursOf(`{ mon-sun: "${whole}" }`)('2026-03-20T12:00Z'), [true, null, null]);
  }
  t.deepEqual(hoursOf('{ fri: "08:00-08:00" }')('2026-03-21T07:59Z'), [true, '2026-03-27T08:00', '2026-03-21T08:00']);
  const closed = '["2026-03-25"]';
  t.deepEqual(hoursOf('{ mon-sun: "00:00-24:00" }', { closed })('2026-03-20T12:00Z'), [true, '2026-03-26T00:00', '2026-03-25T00:00']);
});

test('a day on which it is closed takes what begins on it, and leaves what runs into it', (t) => {
  const bar = hoursOf('{ mon-sun: "18:00-02:00" }', { closed: '["2026-12-25"]' });
  t.deepEqual(bar('2026-12-25T01:00Z'), [true, '2026-12-26T18:00', '2026-12-25T02:00'], 'of Christmas Eve');
  t.deepEqual(bar('2026-12-25T20:00Z'), [false, '2026-12-26T18:00', null]);
  t.deepEqual(bar('2026-12-26T01:00Z'), [false, '2026-12-26T18:00', null], 'of Christmas Day');
});

test('nights on which the clock is put forward or back end at the time on the wall', (t) => {
  // New York: 2026-03-08 02:00 EST becomes 03:00 EDT, 2026-11-01 02:00 EDT becomes 01:00 EST.
  const night = (open: string) => hoursOf(`{ mon-sun: "${open}" }`, { timezone: 'America/New_York' });
  t.is(night('22:00-06:00')('2026-03-08T04:00Z')[2], '2026-03-08T10:00');
  t.is(night('22:00-06:00')('2026-11-01T04:00Z')[2], '2026-11-01T11:00');
  t.is(night('22:00-02:30')('2026-03-08T04:00Z')[2], '2026-03-08T07:00', '02:30 does not come: it closes as the clock passes it');
  t.is(night('22:00-01:30')('2026-11-01T04:00Z')[2], '2026-11-01T06:30', '01:30 comes twice: the second time');
  t.is(night('02:30-04:00')('2026-03-08T06:00Z')[1], '2026-03-08T07:00');
  // São Paulo, 2018-11-04: there was no midnight.
  const paulo = hoursOf('{ sat: "20:00-24:00", sun: "00:00-03:00" }', { timezone: 'America/Sao_Paulo' });
  t.deepEqual(paulo('2018-11-04T01:00Z').slice(0, 1), [true]);
  t.is(paulo('2018-11-04T01:00Z')[2], '2018-11-04T05:00');
});

test('a day has hours of its own, in one year or in every one, and a day of one year goes before', (t) => {
  const shop = hoursOf('{ mon-sun: "08:00-18:00" }', {
    special: '{ 12-24: "09:00-12:00", 2027-12-24: "20:00-02:00", 2028-12-25: "10:00-11:00", 02-29: "10:00-11:00" }',
    closed: '[12-25]',
  });
  t.deepEqual(shop('2026-12-24T12:00Z'), [false, '2026-12-26T08:00', null]);
  t.deepEqual(shop('2027-12-24T10:00Z'), [false, '2027-12-24T20:00', null]);
  t.deepEqual(shop('2027-12-25T01:00Z'), [true, '2027-12-26T08:00', '2027-12-25T02:00'], 'what began the day before goes on');
  t.deepEqual(shop('2028-12-25T09:00Z'), [false, '2028-12-25T10:00', null]);
  t.deepEqual(shop('2028-02-29T09:00Z'), [false, '2028-02-29T10:00', null]);
  t.throws(() => hoursOf('{}', { closed: '[02-30]' }), { message: /there is no such day/ });
});

const CLINIC = hoursOf('{ mon-fri: "08:00-12:00" }', { timezone: 'America/Sao_Paulo', closed: '[2026-03-27]' }).hours;
const PLACE = { locale: 'pt', zone: 'America/Sao_Paulo', now: Date.UTC(2026, 2, 24, 12) } as const;
for (const [condition, answer, wanted] of [
  ['answer > today + 30d', '2026-04-24', true],
  ['answer > today + 30d', '2026-04-23', false],
  ['answer < now + 2h', '2026-03-24T13:59:00.000Z', true],
  ['answer < now + 2h', '2026-03-24T14:01:00.000Z', false],
  ['answer + 1h == "16:30"', '15:30', true],
  ['answer + 1h != ""', '23:30', false],
  ['age(answer) >= 18', '2008-03-24', true],
  ['age(answer) >= 18', '2008-03-25', false],
  ['age(answer) < 18', null, false],
  ['weekday(answer) in ["sat", "sun"]', '2026-03-29', true],
  ['within(answer, clinic)', '2026-03-26', true],
  ['within(answer, clinic)', '2026-03-27', false],
  ['within(answer, clinic)', '2026-03-26T11:00:00.000Z', true],
  ['within(answer, clinic)', '2026-03-26T15:00:00.000Z', false],
  ['within("2026-03-26" + "T" + answer, clinic)', '12:30', false],
  ['within(answer, clinic)', '11:59', true],
  ['within(answer, nowhere)', '2026-03-26', false],
  ['"30d" == answer', '30d', true],
] as const) {
  test(`${condition} ${wanted ? 'holds' : 'does not hold'} for ${answer}`, (t) => {
    const data = { answer, today: '2026-03-24', now: '2026-03-24T12:00:00.000Z' };
    t.is(holds(condition, data, { place: PLACE, hours: { clinic: CLINIC } }), wanted);
  });
}

for (const [condition, fault, at] of [
  ['answer > today + 30', 'needs a unit, and no quotes: write today + 30d', 'today + 30'],
  ['answer > today + "30d"', 'needs a unit, and no quotes: write today + 30d', 'today + "30d"'],
  ['answer > 2026-12-25', 'is a sum: write a day in quotes, as in "2026-12-25"', '2026-12-25'],
  ['today + 2h < answer', 'a day moves by whole days: write today + 1d', 'today + 2h'],
  ['weekday(answer) == "sunday"', /^"sunday" is no day that "weekday" gives/, 'weekday(answer) == "sunday"'],
  ['today + 1d < answer && within(answer, clinc)', 'there are no hours "clinc", did you mean "clinic"?', 'clinc'],
  ['age() > 18', 'is written age(answer)', 'age()'],
  ['now + 2h < anser', 'unknown variable "anser", did you mean "answer"?', 'anser'],
] as const) {
  test(`${condition} is told when the flow is loaded`, (t) => {
    const [found, ...more] = checkExpression(condition, new NameScope({ answers: ['answer'], hours: ['clinic'] }));
    t.deepEqual(more, []);
    if (typeof fault === 'string') t.is(found?.message, fault);
    else t.regex(found?.message ?? '', fault);
    t.is(condition.slice(found?.offset, (found?.offset ?? 0) + (found?.length ?? 0)), at);
  });
}
