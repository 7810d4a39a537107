/** When it is open, by the clock on the wall. */
import test from 'ava';
import { parseFlow } from '../../src/flows/language/parse.ts';
import { openingAt } from '../../src/flows/text/hours.ts';

const hoursOf = (open: string, { timezone = 'UTC', closed = '[]' } = {}) => {
  const hours = `hours:\n  bar: { timezone: ${timezone}, open: ${open}, closed: ${closed} }\n`;
  const parsed = parseFlow({ path: 'a.yml', source: `flow: a\nversion: 1\nstart: [{ api: true }]\nsteps: [end]\n${hours}` });
  if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
  const bar = parsed.flow.hours?.bar;
  if (!bar) throw new Error('no hours');
  return (time: string) => {
    const { open, nextOpen, nextClose } = openingAt(bar, Date.parse(time));
    const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString().slice(0, 16));
    return [open, iso(nextOpen), iso(nextClose)];
  };
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
