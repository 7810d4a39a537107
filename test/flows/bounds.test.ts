/** What somebody may write to hold the hub up: flows, patterns and messages of theirs. The work is bounded, whatever is reported of it. */
import test, { type ExecutionContext } from 'ava';
import { DateTime } from 'luxon';
import type { TenantId } from '../../src/core/ids.ts';
import { Aside, OutOfBounds } from '../../src/flows/aside/aside.ts';
import { parseFlow } from '../../src/flows/language/parse.ts';
import type { Flow } from '../../src/flows/language/schema.ts';
import { checkFlows } from '../../src/flows/program/lint.ts';
import { matchesPattern, patternFault } from '../../src/flows/text/patterns.ts';
import { soonest } from '../../src/flows/text/schedules.ts';
import { takeInbound } from '../../src/flows/turn/chat-turn.ts';
import { NOTHING_SAID } from '../../src/flows/understanding/inbound.ts';
import { testDatabase } from '../helpers/database.ts';
import { watchHere } from '../helpers/held.ts';
import { until } from '../helpers/hub.ts';
import { testRuntime } from '../helpers/runtime.ts';
import { catalogOf, flowOf, Hall, seed } from './helpers.ts';

const HEAD = 'flow: a\nversion: 1\nstart: [{ says: [hi] }]\n';
const many = (count: number, one: (index: number) => string, between = ''): string =>
  Array.from({ length: count }, (_, index) => one(index)).join(between);

/** Processor time of the work, in milliseconds: a machine that does other things, too, has no part in it. */
function cpu(work: () => unknown): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}

const TEXTS: Record<string, string> = {
  'empty steps': `${HEAD}steps:\n${'- {}\n'.repeat(9_000)}`,
  'steps of nothing': `${HEAD}steps: [${'~,'.repeat(30_000)}]\n`,
  'as many wrong steps as there may be': `${HEAD}steps: [${'{a},'.repeat(2_000)}]\n`,
  'as many empty steps as there may be': `${HEAD}steps: [${'{},'.repeat(2_000)}]\n`,
  'unknown words': `${HEAD}steps:\n${'- xq\n'.repeat(9_000)}`,
  commas: `[${','.repeat(65_000)}`,
  brackets: '['.repeat(65_000),
  braces: '{'.repeat(65_000),
  'broken mappings': `${HEAD}steps:\n${'- {\n'.repeat(16_000)}`,
  'mappings of one key': `${HEAD}steps: [${'{a},'.repeat(16_000)}]\n`,
  'unknown keys': `${HEAD}${many(4_000, (index) => `k${index}: 1\n`)}steps: [end]\n`,
  'keys of another script': `${HEAD}steps: [end]\n${many(4_000, (index) => `é${index}: 1\n`)}`,
  'parts in a circle': `${HEAD}steps:\n- go: p0\nparts:\n${many(1_500, (index) => `  p${index}: [{ go: p${(index + 1) % 1_500} }]\n`)}`,
  'unknown parts': `${HEAD}steps:\n${many(2_500, (index) => `- go: abcdef${index}\n`)}`,
  'steps that go to themselves': `${HEAD}steps:\n${many(1_700, (index) => `- { go: a${index}, id: a${index} }\n`)}`,
  comments: `${HEAD}steps: [end]\n${'#x\n'.repeat(20_000)}`,
  anchors: `${HEAD}steps: [end]\nx: [${'&a '.repeat(20_000)}]\n`,
  aliases: `[${'*a,'.repeat(20_000)}]`,
  tags: `${HEAD}steps: [${'!x y,'.repeat(12_000)}]\n`,
  documents: `${HEAD}steps: [end]\n${'---\n'.repeat(15_000)}`,
  'keys that stand twice': `${HEAD}steps: [end]\n${'a: 1\n'.repeat(12_000)}`,
  'deep conditions': `${HEAD}only_if: ${'{ all: ['.repeat(90)}~${'] }'.repeat(90)}\nsteps: [end]\n`,
  cases: `${HEAD}steps: [${`{ choose: [${'{},'.repeat(40)}] },`.repeat(100)}]\n`,
  phrases: `flow: a\nversion: 1\nsteps: [end]\nstart: [{ says: [${'a,'.repeat(30_000)}] }]\n`,
  days: `${HEAD}hours: { a: { timezone: UTC, open: {}, closed: [${'2026-01-01,'.repeat(5_500)}] } }\nsteps: [end]\n`,
  'time zones': `${HEAD}hours: {${many(900, (index) => `a${index}: { timezone: Etc/GMT+1, open: { mon: "08:00-12:00" } },`)}}\nsteps: [end]\n`,
  'values that are none': `${HEAD}steps:\n- emit: { event: a, data: [${'.inf,'.repeat(9_000)}] }\n`,
  templates: `${HEAD}steps:\n${'- say: "{{ message.text }}"\n'.repeat(1_900)}`,
  'a text of templates': `${HEAD}steps:\n- say: "${'{{ a }}'.repeat(1_400)}"\n`,
  expressions: `${HEAD}steps:\n${many(1_500, (index) => `- { if: "answer < ${index}", then: [end] }\n`)}`,
  patterns: `flow: a\nversion: 1\nsteps: [end]\nstart: [${many(20, () => `{ matches: [${many(190, (index) => `"(a{9}){9}${index}"`, ',')}] }`, ',')}]\n`,
};

for (const [what, source] of Object.entries(TEXTS)) {
  test(`a flow of 64 KiB is read in no time whatever it is made of: ${what}`, (t) => {
    let faults: unknown[] = [];
    const took = cpu(() => {
      faults = checkFlows([{ path: 'flows/x.yml', source }]).faults;
    });
    t.true(took < 1_000, `${Math.round(took)} ms`);
    t.true(faults.length <= 100);
  });
}

test('a text with too many entries is told at the line of the first that is too many', (t) => {
  const { faults } = checkFlows([{ path: 'flows/x.yml', source: `${HEAD}x:\n${'- 1\n'.repeat(12_000)}` }]);
  t.is(faults.length, 1);
  t.regex(faults[0]?.message ?? '', /more than 10000 entries/);
  t.regex(faults[0]?.path ?? '', /^flows\/x\.yml:99\d\d:1$/);
  t.deepEqual(
    checkFlows([{ path: 'flows/x.yml', source: `${HEAD}steps: [${'~,'.repeat(2_001)}]` }]).faults,
    [{ path: 'flows/x.yml:4:8', message: 'must have at most 2000 entries' }],
    'of a list that is too long nothing is looked at',
  );
});

test('a pattern is refused by the size that it comes to, and a flow by how many it has', (t) => {
  for (const pattern of ['a[ab]{500}c', 'order #?\\d{1,9}', '[a-z]{1,50}@[a-z]{1,50}', '(?:ab|cd|(ef){3}){5}', '\\{{50}'])
    t.is(patternFault(pattern), undefined, pattern);
  for (const pattern of [
    '(?:a?){1000}a{1000}b',
    '.{1000}.{1000}b',
    '((a{10}){10}){10}',
    `(?:${'a'.repeat(400)}){900}`,
    '(?:.{1,30}){1,30}z',
  ]) {
    let fault: string | undefined;
    t.true(cpu(() => (fault = patternFault(pattern))) < 500, pattern);
    t.regex(fault ?? '', /comes to \d+ instructions, and may come to 1000/);
  }
  const { faults } = checkFlows([
    {
      path: 'flows/x.yml',
      source: `flow: a\nversion: 1\nsteps: [end]\nstart: [{ matches: [${many(51, (index) => `x${index}`, ', ')}] }]\n`,
    },
  ]);
  t.regex(faults[0]?.message ?? '', /one of 51 patterns, and a flow may have 50/);
});

test('a pattern looks at the beginning of a text, and what it has kept of others takes no memory', (t) => {
  t.true(matchesPattern('z', `${'x'.repeat(999)}z`));
  t.false(matchesPattern('z', `${'x'.repeat(1_000)}z`));
  const before = process.memoryUsage().rss;
  const letters = many(1_000, (index) => (index % 3 === 0 || index % 7 === 0 ? 'a' : 'b'));
  for (let index = 0; index < 100; index++) matchesPattern(`(?:a?){90}a[ab]{${100 + index}}c`, letters);
  t.true(process.memoryUsage().rss - before < 400e6, `${Math.round((process.memoryUsage().rss - before) / 1e6)} MB`);
});

/** Turns that are as much work as the language lets them be. */
const TURNS: Record<string, string> = {
  'values that grow': `- set: { v: [abcdefgh] }\n${'- set: { v: ["{{ v }}", "{{ v }}"] }\n'.repeat(13)}${'- set: { w: "{{ v }}" }\n'.repeat(80)}`,
  'conditions on large values': `- set: { v: [abcdefgh] }\n${'- set: { v: ["{{ v }}", "{{ v }}"] }\n'.repeat(13)}${`- choose:\n${'  - { if: "size(v) == 77", then: [seen] }\n'.repeat(49)}  - { else: [seen] }\n`.repeat(20)}`,
  'texts put together': `- if: "size(${many(45, () => 'message.text', '+')}) > 5"\n  then: [seen]\n`.repeat(60),
  phrases: `- if: { any: [${many(45, () => `{ any: [${many(45, (index) => `{ says: [w${index}x] }`, ',')}] }`, ',')}] }\n  then: [end]\n`,
  filters: "- say: \"{{ message.text | replace: 'a', 'bc' | upcase | split: 'B' | join: 'x' | truncate: 9999 }}\"\n".repeat(99),
  'many filters': `- say: "${'{{ message.text | upcase }}'.repeat(20)}"\n`.repeat(98),
  names: `- set: { ${many(1_900, (index) => `n${index}: x`, ', ')} }\n${'- say: "{{ n1 }}"\n'.repeat(98)}`,
};

for (const [what, steps] of Object.entries(TURNS)) {
  test(`a turn holds up nobody, whatever it does: ${what}`, (t) => {
    const catalog = catalogOf([{ path: 'flows/x.yml', source: flowOf(steps) }]);
    const text = `hi ${'a b w44x '.repeat(1_100)}`.slice(0, 10_000);
    const said = { ...NOTHING_SAID, type: 'text' as const, text, contact: { name: 'Ana', phone: '1' } };
    const inbound = { kind: 'message' as const, eventId: 'e', messageId: 'm', at: 0, sessionName: 'main', said };
    const chat = {
      id: '5511@c.us',
      kind: 'private' as const,
      engine: 'sandbox',
      known: false,
      tags: [],
      remembered: {},
      starts: {},
      optedOut: false,
      sent: [],
    };
    const took = cpu(() => takeInbound(catalog, chat, undefined, inbound, { now: Date.UTC(2026, 2, 24, 12), random: () => 0 }));
    t.true(took < 600, `${Math.round(took)} ms`);
  });
}

test('opening hours are looked up within what a turn may cost', (t) => {
  const hours = many(49, (index) => `  h${index}: { timezone: America/Sao_Paulo, open: { mon-sun: "00:00-24:00" } }\n`);
  const source = `${flowOf('- say: "{{ hours.h1.open }}"\n'.repeat(98))}hours:\n${hours}`;
  const catalog = catalogOf([{ path: 'flows/x.yml', source }]);
  const said = { ...NOTHING_SAID, type: 'text' as const, text: 'hi', contact: { name: 'Ana', phone: '1' } };
  const inbound = { kind: 'message' as const, eventId: 'e', messageId: 'm', at: 0, sessionName: 'main', said };
  const chat = {
    id: '5511@c.us',
    kind: 'private' as const,
    engine: 'sandbox',
    known: false,
    tags: [],
    remembered: {},
    starts: {},
    optedOut: false,
    sent: [],
  };
  t.true(cpu(() => takeInbound(catalog, chat, undefined, inbound, { now: Date.UTC(2026, 2, 24, 12), random: () => 0 })) < 1_000);
});

const TENANT = 'tnt_a' as TenantId;
const HEAVY = many(400, (index) => `.{200}.{200}b${index}`, ' ').split(' ');

function aside(t: ExecutionContext): { aside: Aside; ended: string[]; log: ReturnType<typeof testRuntime>['log'] } {
  const [{ log }, ended] = [testRuntime(), [] as string[]];
  const made = new Aside(log, (task, bound) => ended.push(`${task} ${bound}`));
  t.teardown(() => made.close());
  return { aside: made, ended, log };
}

test('when a flow of many schedules starts next is found in no time, and right also where the clock is put forward or back', (t) => {
  const clockAt = (minutes: number): string => new Date(minutes * 60_000).toISOString().slice(11, 16);
  const read = (zone: string, { schedules, clocks, days }: { schedules: number; clocks: string[]; days: string }): Flow => {
    const start = `{ schedule: { at: [${clocks.map((clock) => `"${clock}"`)}], days: ${days}, session: a, to: ["+5521988887777"] } }`;
    const source = `flow: a\nversion: 1\ntimezone: ${zone}\nsteps: [end]\nstart: [${many(schedules, () => start, ',')}]\n`;
    const parsed = parseFlow({ path: 'flows/a.yml', source });
    if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
    return parsed.flow;
  };
  const clocks = Array.from({ length: 190 }, (_, index) => clockAt(index * 7));
  const large = read('America/Sao_Paulo', { schedules: 35, clocks, days: 'mon-sun' });
  const now = Date.UTC(2026, 10, 29, 2, 58);
  t.is(soonest(large, now), Date.UTC(2026, 10, 29, 3));
  t.true(cpu(() => soonest(large, now)) < 200);

  // Put forward and back: by an hour, by half of one, and at midnight.
  const around: Record<string, [string, string]> = {
    'America/New_York': ['2026-03-08', '2026-11-01'],
    'Australia/Lord_Howe': ['2026-10-04', '2026-04-05'],
    'Africa/Cairo': ['2026-04-24', '2026-10-30'],
    UTC: ['2026-01-02', '2026-02-28'],
  };
  const few = ['00:00', '00:30', '01:15', '02:10', '02:30', '03:00', '23:45'];
  for (const [zone, days] of Object.entries(around)) {
    const flow = read(zone, { schedules: 1, clocks: few, days: 'fri-sun' });
    for (const day of days) {
      for (let after = Date.parse(day) - 86_400_000; after < Date.parse(day) + 2 * 86_400_000; after += 4_733_000) {
        const here = DateTime.fromMillis(after, { zone }).startOf('day');
        const all = Array.from({ length: 8 }, (_, offset) => here.plus({ days: offset }))
          .filter(({ weekday }) => weekday >= 5)
          .flatMap((at) => few.map((clock) => at.set({ hour: Number(clock.slice(0, 2)), minute: Number(clock.slice(3)) }).toMillis()));
        t.is(soonest(flow, after), Math.min(...all.filter((moment) => moment > after)), `${zone} ${new Date(after).toISOString()}`);
      }
    }
  }
});

test.serial('work in a thread that takes too long or too much memory ends alone, and the next is done', async (t) => {
  const { aside: threads, ended, log } = aside(t);
  const { flows } = checkFlows([{ path: 'x.yml', source: flowOf(`- id: again\n  wait: 1s\n- go: again`) }]);
  const chat = many(500, () => '', ',')
    .split(',')
    .map(() => ({ advance: '100d' }));
  const slow = threads.run(
    TENANT,
    'simulate',
    { flows: [JSON.stringify(flows[0]?.flow)], simulation: { chat: [{ user: 'hi' }, ...chat] as never }, at: 0 },
    { small: false },
  );
  const [error, read] = await Promise.all([
    slow.then(
      () => null,
      (caught) => caught,
    ),
    threads.run('tnt_b' as TenantId, 'read', { path: 'x.yml', source: flowOf('- end') }, { small: false }),
  ]);
  t.true('flow' in read, 'another tenant has a thread of its own');
  if (error !== null) {
    t.true(error instanceof OutOfBounds);
    t.deepEqual(ended, ['simulate time']);
    t.is(log.lines.find(({ level }) => level === 'warn')?.fields.tenantId, TENANT);
  }
  t.true('flow' in (await threads.run(TENANT, 'read', { path: 'x.yml', source: flowOf('- end') }, { small: false })));
});

test.serial('patterns whose time runs out count as not matching, while the hub goes on', async (t) => {
  const { aside: threads } = aside(t);
  await threads.run(TENANT, 'read', { path: 'x.yml', source: flowOf('- end') }, { small: false });
  const held = watchHere();
  const { late } = await threads.run(TENANT, 'match', { patterns: HEAVY, folded: 'abc def ghi '.repeat(800) }, { small: false });
  const longest = held();
  t.true(late.length > 0);
  t.true(longest < 500, `${Math.round(longest)} ms`);
});

test.serial('who asks for too much at once waits for itself alone', async (t) => {
  const { aside: threads } = aside(t);
  const read = (tenantId: string) =>
    threads.run(tenantId as TenantId, 'read', { path: 'x.yml', source: flowOf('- end') }, { small: false });
  const flood = await Promise.allSettled(Array.from({ length: 40 }, () => read('tnt_flood')).concat(read('tnt_other')));
  t.is(flood.at(-1)?.status, 'fulfilled');
  const refused = flood.filter((one) => one.status === 'rejected');
  t.is(refused.length, 24);
  t.true(refused.every(({ reason }) => reason.code === 'rate-limited' && reason.retryAfter === 1));
});

test.serial('a contact who writes ten thousand letters to a flow of patterns gets an answer, and nobody waits for it', async (t) => {
  const { db, dispose } = await testDatabase();
  t.teardown(dispose);
  const hall = await Hall.open(db);
  t.teardown(() => hall.stop());
  const [heavy, other] = [await seed(db), await seed(db)];
  const patterns = many(40, (index) => `".{200}.{200}b${index}"`, ', ');
  await hall.flows.put(
    heavy.tenantId,
    'heavy',
    `flow: heavy\nversion: 1\nstart: [{ matches: [${patterns}, "ghi b39"] }]\nsteps: [{ say: found }]\n`,
  );
  await hall.flows.put(other.tenantId, 'test', flowOf('- say: hello'));
  await hall.receive(heavy, 'abc');
  const held = watchHere();
  await Promise.all([
    ...many(4, (index) => `${index}`, ' ')
      .split(' ')
      .map((index) => hall.announce(heavy, { chat: `551190000${index}@c.us`, text: `ghi b39 ${'abc def ghi '.repeat(800)}` })),
    hall.announce(other, { text: 'hi' }),
  ]);
  await until(async () => (await hall.texts()).includes('hello'), { what: 'the answer of the other' });
  await hall.settle();
  const longest = held();
  t.is((await hall.texts()).filter((text) => text === 'found').length, 4);
  t.true(longest < 1_000, `${Math.round(longest)} ms`);
});
