import test from 'ava';
import { canonicalTimezone } from '../../src/core/timezones.ts';
import { quietUntil } from '../../src/messages/lane/quiet-hours.ts';

const until = (from: string, to: string, timezone: string, time: string): string | null => {
  const end = quietUntil({ from, to, timezone }, Date.parse(time));
  return end === null ? null : new Date(end).toISOString();
};

test('quiet hours over midnight hold from the evening to the morning of their own time zone', (t) => {
  const night = (time: string) => until('22:00', '07:00', 'America/Sao_Paulo', time);
  t.is(night('2026-11-24T00:59:59.999Z'), null);
  t.is(night('2026-11-24T01:00:00Z'), '2026-11-24T10:00:00.000Z');
  t.is(night('2026-11-24T04:12:34Z'), '2026-11-24T10:00:00.000Z');
  t.is(night('2026-11-24T09:59:59.999Z'), '2026-11-24T10:00:00.000Z');
  t.is(night('2026-11-24T10:00:00Z'), null);
});

test('quiet hours within a day hold between their two times', (t) => {
  const noon = (time: string) => until('12:30', '14:00', 'Asia/Kolkata', time);
  t.is(noon('2026-11-24T06:59:00Z'), null);
  t.is(noon('2026-11-24T07:00:00Z'), '2026-11-24T08:30:00.000Z');
  t.is(noon('2026-11-24T08:30:00Z'), null);
});

test('where the clock is put forward in the night, quiet hours still end at the time on the wall', (t) => {
  // New York, 2026-03-08: 02:00 EST becomes 03:00 EDT.
  const night = (to: string, time: string) => until('22:00', to, 'America/New_York', time);
  t.is(night('07:00', '2026-03-08T03:00:00Z'), '2026-03-08T11:00:00.000Z');
  t.is(night('02:30', '2026-03-08T03:00:00Z'), '2026-03-08T07:00:00.000Z', '02:30 does not come: they end as the clock passes it');
  t.is(night('07:00', '2026-03-07T03:00:00Z'), '2026-03-07T12:00:00.000Z', 'the night before');
});

test('where the clock is put back in the night, quiet hours last until the clock shows their end for good', (t) => {
  // New York, 2026-11-01: 02:00 EDT becomes 01:00 EST.
  const night = (to: string, time: string) => until('22:00', to, 'America/New_York', time);
  t.is(night('07:00', '2026-11-01T02:00:00Z'), '2026-11-01T12:00:00.000Z');
  t.is(night('02:00', '2026-11-01T02:00:00Z'), '2026-11-01T07:00:00.000Z');
  // Lord Howe, 2026-04-05: 02:00 becomes 01:30.
  t.is(until('22:00', '02:00', 'Australia/Lord_Howe', '2026-04-04T13:00:00Z'), '2026-04-04T15:30:00.000Z');
});

test('quiet hours end at the minute that counting them one by one finds, wherever and whenever the clocks change', (t) => {
  const MINUTE = 60_000;
  /** The changes of a zone's clock, of which Troll's are two hours and Lord Howe's half of one; Kolkata has none. */
  const changes: [zone: string, ...times: string[]][] = [
    ['America/New_York', '2027-03-14T07:00:00Z', '2026-11-01T06:00:00Z'],
    ['Australia/Lord_Howe', '2026-10-03T15:30:00Z', '2026-04-04T15:00:00Z'],
    ['Antarctica/Troll', '2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z'],
    ['Europe/Lisbon', '2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z'],
    ['America/Santiago', '2026-09-06T04:00:00Z', '2026-04-05T03:00:00Z'],
    ['Asia/Kolkata', '2026-03-29T01:00:00Z'],
  ];
  const ranges = ['22:00-07:00', '13:00-12:00', '03:00-02:00', '02:30-01:30', '02:30-02:00', '02:00-03:00', '00:00-23:59', '00:00-23:00']
    .concat(['01:10-01:20', '00:30-00:00', '03:00-01:00', '23:59-00:01', '01:59-01:31'])
    .map((range) => range.split('-') as [string, string]);
  const inMinutes = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));
  for (const [zone, ...times] of changes) {
    const clock = new Intl.DateTimeFormat('en', { timeZone: zone, hour: 'numeric', minute: 'numeric', hourCycle: 'h23' });
    for (const time of times) {
      // From two days before the change to three days after it.
      const first = Date.parse(time) / MINUTE - 2 * 1_440;
      const walls = Array.from({ length: 5 * 1_440 }, (_, n) => inMinutes(clock.format((first + n) * MINUTE)));
      for (const [from, to] of ranges) {
        const [begin, end] = [inMinutes(from), inMinutes(to)];
        const isQuiet = (wall: number) => (begin < end ? wall >= begin && wall < end : wall >= begin || wall < end);
        const wrong: string[] = [];
        let over = Number.NaN;
        for (let n = walls.length - 1; n >= 0; n--) {
          const quiet = isQuiet(walls[n] as number);
          if (!quiet) over = n;
          // On the last day the end may lie behind what was counted.
          if (n >= 4 * 1_440 || n % 97 > 0) continue;
          const expected = quiet ? (first + over) * MINUTE : null;
          const found = quietUntil({ from, to, timezone: zone }, (first + n) * MINUTE + 59_999);
          if (found !== expected) wrong.push(`${new Date((first + n) * MINUTE).toISOString()}: ${found}, not ${expected}`);
        }
        t.deepEqual(wrong, [], `${zone} ${from}-${to}`);
      }
    }
  }
});

test('a time zone that there is not is told from one that there is', (t) => {
  t.is(canonicalTimezone('america/SAO_paulo'), 'America/Sao_Paulo');
  t.is(canonicalTimezone('UTC'), 'UTC');
  t.is(canonicalTimezone('Mars/Olympus_Mons'), null);
  t.is(canonicalTimezone(''), null);
});

test.serial('a time zone is one, however it is spelt, and spellings take no memory', (t) => {
  const { DateTimeFormat } = Intl;
  let clocks = 0;
  Intl.DateTimeFormat = class extends DateTimeFormat {
    constructor(locale?: string, options?: Intl.DateTimeFormatOptions) {
      super(locale, options);
      if (options?.hour) clocks++;
    }
  } as typeof DateTimeFormat;
  t.teardown(() => {
    Intl.DateTimeFormat = DateTimeFormat;
  });
  for (let n = 0; n < 600; n++) {
    const name = [...'asia/kolkata'].map((letter, at) => ((n >> at) & 1 ? letter.toUpperCase() : letter)).join('');
    t.is(until('22:00', '07:00', name, '2026-01-05T20:00:00Z'), '2026-01-06T01:30:00.000Z');
  }
  t.is(clocks, 1);
});
