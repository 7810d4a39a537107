/** Whatever starts a flow (a message, an event, the API, the clock, a call), what may keep it from starting is asked for. */
import test, { type ExecutionContext } from 'ava';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { catalogOf, flowOf, Hall, seed } from './helpers.ts';

const CHAT = '5511999990000@c.us';
const MINUTE = 60_000;
const at = (clock: FakeClock, minutes: number): string => new Date(clock.now() + minutes * MINUTE).toISOString().slice(11, 16);

for (const dialect of await stores()) {
  const on = (title: string): string => `${dialect}: ${title}`;
  const open = async (t: ExecutionContext) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock(Date.UTC(2026, 2, 24, 12));
    const begin = async () => {
      const hall = await Hall.open(db, { clock, random: () => 0 });
      t.teardown(() => hall.stop());
      return hall;
    };
    const [hall, session] = [await begin(), await seed(db)];
    const put = (source: string) => hall.flows.put(session.tenantId, /flow: (\S+)/.exec(source)?.[1] ?? '', source);
    const pass = async (by: number, at: Hall = hall) => {
      for (let left = by; left > 0; left -= 30_000) {
        clock.advance(Math.min(left, 30_000));
        await new Promise((resolve) => setImmediate(resolve));
        await at.settle();
      }
      await at.settle();
    };
    const start = async (flow: string, more: { data?: Record<string, string>; key?: string; chat?: string } = {}) => {
      const { data = {}, key, chat = CHAT } = more;
      const done = await hall.flows.start(session, chat, { flow, data, idempotencyKey: key });
      await hall.settle();
      return done;
    };
    const refusals = async () => (await hall.events(session.tenantId, 'flow.refused')).map(({ data }) => data.reason);
    return { db, clock, hall, begin, session, put, pass, start, refusals };
  };

  test(on('who has opted out is written to by nobody'), async (t) => {
    const { hall, clock, session, put, pass, start, refusals } = await open(t);
    const promo = (more: string) => `flow: promo\nversion: 1\nonly_if: { not_tagged: out }\nstart:\n${more}steps:\n  - say: Promo!\n`;
    await put(flowOf('- tag: [out, cliente]', { name: 'out', says: '[stop]' }));
    await hall.receive(session, 'stop');
    const schedule = `  - schedule: { at: "${at(clock, 2)}", session: main, to: ["5511999990000"], tagged: cliente }\n`;
    await put(promo(`  - api: true\n  - says: promo\n  - event: call.incoming\n${schedule}`));
    await put(flowOf('- call: promo\n- say: back', { name: 'outer', says: '[outer]' }));
    await hall.receive(session, 'promo');
    await t.throwsAsync(start('promo'), { code: 'flow-refused', message: /only_if/ });
    await pass(4 * MINUTE);
    t.regex((await refusals()).join(), /only_if/);
    const data = { callId: 'x', from: { id: CHAT, lid: null, phone: '5511999990000', name: null } };
    await hall.db.write((tx) => hall.ledger.append(tx, [{ tenantId: session.tenantId, session, type: 'call.incoming', data }]));
    await hall.settle();
    t.deepEqual(await hall.texts(), []);
    await hall.receive(session, 'outer');
    t.deepEqual(await hall.texts(), ['back'], 'its caller goes on');
  });

  test(on('"again_after" holds for every way, and each of them counts'), async (t) => {
    const { hall, session, put, pass, start } = await open(t);
    await put('flow: debt\nversion: 1\nagain_after: 1d\nstart:\n  - api: true\n  - says: debt\nsteps:\n  - say: Reminder\n');
    await put(flowOf('- call: debt\n- say: back', { name: 'outer', says: '[outer]' }));
    await hall.receive(session, 'outer');
    t.deepEqual(await hall.texts(), ['Reminder', 'back'], 'a call is a start');
    await t.throwsAsync(start('debt'), { code: 'flow-refused', message: /again_after/ });
    await hall.receive(session, 'debt');
    await hall.receive(session, 'outer');
    t.deepEqual((await hall.texts()).slice(2), ['back']);
    await pass(24 * 60 * MINUTE);
    await start('debt');
    await t.throwsAsync(start('debt'), { code: 'flow-refused' });
    t.is((await hall.texts()).filter((text) => text === 'Reminder').length, 2);
  });

  test(on('of several starts at the same time one is promised where "again_after" says so'), async (t) => {
    const { hall, session, put } = await open(t);
    await put('flow: debt\nversion: 1\nagain_after: 1d\nstart:\n  - api: true\nsteps:\n  - say: Reminder\n');
    const all = await Promise.allSettled(Array.from({ length: 5 }, () => hall.flows.start(session, CHAT, { flow: 'debt', data: {} })));
    await hall.settle();
    t.is(all.filter(({ status }) => status === 'fulfilled').length, 1);
    t.deepEqual(await hall.texts(), ['Reminder']);
  });

  test(on('one key is one start, also when it comes twice at once; with something else it is a mistake'), async (t) => {
    const { hall, session, clock, put, start } = await open(t);
    await put('flow: debt\nversion: 1\ninputs: [sum]\nstart:\n  - api: true\nsteps:\n  - say: "{{ sum }}"\n');
    const asked = { flow: 'debt', data: { sum: 'ten' }, idempotencyKey: 'k1' };
    const both = await Promise.all([hall.flows.start(session, CHAT, asked), hall.flows.start(session, CHAT, asked)]);
    t.deepEqual(both.map(({ replayed }) => replayed).sort(), [false, true]);
    await hall.settle();
    t.true((await start('debt', { data: { sum: 'ten' }, key: 'k1' })).replayed);
    await t.throwsAsync(start('debt', { data: { sum: 'six' }, key: 'k1' }), { code: 'idempotency-mismatch' });
    await t.throwsAsync(start('debt', { data: { sum: 'ten' }, key: 'k1', chat: '5511999990001@c.us' }), { code: 'idempotency-mismatch' });
    t.deepEqual(await hall.texts(), ['ten']);
    await start('debt', { data: { sum: 'six' }, key: 'k2' });
    clock.advance(24 * 60 * MINUTE + 1);
    t.false((await start('debt', { data: { sum: 'one' }, key: 'k1' })).replayed, 'a day later it is free');
    t.deepEqual(await hall.texts(), ['ten', 'six', 'one']);
  });

  for (const [mode, outcome] of [
    ['continue', ['Name?', 'New']],
    ['restart', ['Name?', 'New']],
    ['ignore', ['Name?']],
    ['queue', ['Name?']],
  ] as const) {
    test(on(`mode "${mode}" holds for what the API and the clock ask for`), async (t) => {
      const { hall, clock, session, put, pass, start, refusals } = await open(t);
      const schedule = `  - schedule: { at: "${at(clock, 2)}", session: main, to: ["5511999990000"] }\n`;
      await put(`mode: ${mode}\n${flowOf('- ask: Name?\n  save: name\n- say: "Hi {{ name }}"', { name: 'asks' })}`);
      await put(`flow: other\nversion: 1\nstart:\n  - api: true\n${schedule}steps:\n  - say: New\n`);
      await hall.receive(session, 'hi');
      if (mode === 'ignore') await t.throwsAsync(start('other'), { code: 'flow-refused', message: /"ignore"/ });
      else await start('other');
      t.deepEqual(await hall.texts(), [...outcome]);
      if (mode === 'ignore') {
        await pass(4 * MINUTE);
        t.regex((await refusals()).join(), /"asks" was under way/);
      }
      if (mode === 'queue') {
        await hall.receive(session, 'Ana');
        t.deepEqual(await hall.texts(), ['Name?', 'Hi Ana', 'New'], 'the answer goes before what waits');
        await hall.receive(session, 'hi');
        await pass(4 * MINUTE);
        t.is((await hall.texts()).length, 4);
        await hall.receive(session, 'Bob');
        t.deepEqual((await hall.texts()).slice(3), ['Name?', 'Hi Bob', 'New'], 'by the clock, too');
      }
    });
  }

  test(on('"restart" begins the flow under way anew, whatever asks for it; the mode of a flow that is called counts'), async (t) => {
    const { hall, clock, session, put, pass } = await open(t);
    const schedule = `\n  - schedule: { at: "${at(clock, 2)}", session: main, to: ["5511999990000"] }`;
    await put(`mode: restart\n${flowOf('- say: begun\n- wait: 1h', { name: 'again', says: `[again]${schedule}` })}`);
    await hall.receive(session, 'again');
    await pass(4 * MINUTE);
    t.deepEqual(await hall.texts(), ['begun', 'begun']);
    await put(`mode: queue\n${flowOf('- wait: 10m', { name: 'inner', says: '[inner]' })}`);
    await put(`again_after: 1m\n${flowOf('- call: inner\n- say: over', { name: 'outer', says: '[outer]' })}`);
    await put(flowOf('- say: hello', { name: 'hello', says: '[hello]' }));
    const other = '5511999990009@c.us';
    await hall.receive(session, { chat: other, text: 'outer' });
    await hall.receive(session, { chat: other, text: 'hello' });
    t.deepEqual(await hall.texts(other), []);
    await pass(11 * MINUTE);
    t.deepEqual(await hall.texts(other), ['over', 'hello']);
  });

  test(on('a chat that a person has, and a group that the flow does not ask for, are told about'), async (t) => {
    const { hall, clock, session, put, pass, start, refusals } = await open(t);
    const schedule = `  - schedule: { at: "${at(clock, 2)}", session: main, to: ["5511999990000", "120363041234567890@g.us"] }\n`;
    await put(`flow: promo\nversion: 1\nstart:\n  - api: true\n${schedule}steps:\n  - say: Promo!\n`);
    await hall.handoffs.begin(session, CHAT, { by: 'api' });
    await t.throwsAsync(start('promo'), { code: 'flow-refused', message: /in the hands of a person/ });
    await t.throwsAsync(start('promo', { chat: '120363041234567890@g.us' }), { code: 'flow-refused', message: /this is a group/ });
    await pass(4 * MINUTE);
    t.deepEqual(await hall.texts(), []);
    t.regex((await refusals()).sort().join(), /private chats.*hands of a person/);
  });

  test(on('an input that is required is there, or nothing starts'), async (t) => {
    const { hall, session, put, start } = await open(t);
    const needs = 'inputs: { name: required, note: optional }\n';
    await put(`flow: debt\nversion: 1\n${needs}start:\n  - api: true\n  - says: debt\nsteps:\n  - say: "{{ name }}"\n`);
    const error = await t.throwsAsync<Error & { errors?: unknown }>(start('debt', { data: { note: 'x' } }), { code: 'flow-invalid' });
    t.deepEqual(error.errors, [{ path: 'data.name', message: 'the flow needs the input "name"' }]);
    await t.throwsAsync(start('debt', { data: { name: ' ' } }), { code: 'flow-invalid' });
    const rounded = start('debt', { data: { name: JSON.parse('{"ids":[1,12345678901234567890]}') } });
    await t.throwsAsync(rounded, { code: 'flow-invalid', message: /data\.name\.ids\.1: has more digits than a number keeps/ });
    await hall.receive(session, 'debt');
    t.deepEqual(await hall.texts(), []);
    await put(flowOf('- call: debt\n  with: { name: "{{ message.choice }}" }\n- say: on', { name: 'outer', says: '[outer]' }));
    await hall.receive(session, 'outer');
    const [run] = (await hall.flows.listRuns(session.tenantId, { limit: 1 })).data;
    t.like(run, { status: 'failed', error: { code: 'input-missing' } });
    t.regex(run?.error?.message ?? '', /"debt" needs the input "name"/);
    await start('debt', { data: { name: 'Ana' } });
    t.deepEqual(await hall.texts(), ['Ana']);
  });

  test(on('a schedule starts in every chat once, page by page, over a stop in the middle, and holds up no other tenant'), async (t) => {
    t.timeout(120_000);
    const { db, hall, clock, begin, session, put } = await open(t);
    const [count, other] = [dialect === 'sqlite' ? 1_000 : 700, await seed(db, { name: 'other' })];
    const ids = Array.from({ length: count }, (_, index) => `55119${String(index).padStart(8, '0')}@c.us`);
    const facts = { session_id: session.id, tenant_id: session.tenantId, position: 0 };
    for (let from = 0; from < count; from += 200) {
      const rows = ids.slice(from, from + 200).map((chat_id) => ({ ...facts, chat_id, tags: '["cliente"]' }));
      await db.write((tx) => tx.sql('flow_chats').insert(rows));
    }
    await db.write((tx) => tx.sql('flow_chats').insert({ ...facts, chat_id: '5521988887777@c.us', tags: '["clientela"]' }));
    const schedule = `schedule: { at: "${at(clock, 1)}", session: main, tagged: cliente, to: ["5511900000007", "5511900000007"] }`;
    await put(`flow: promo\nversion: 1\nstart:\n  - ${schedule}\n  - ${schedule}\nsteps:\n  - say: Promo!\n  - end\n`);
    await hall.flows.put(other.tenantId, 'hello', flowOf('- say: hello', { name: 'hello', says: '[hi]' }));
    const asked = async () => Number((await db.sql('events').where({ type: 'flow.requested' }).count('* as n').first())?.n);
    clock.advance(2 * MINUTE);
    while ((await asked()) < 400) await new Promise((resolve) => setImmediate(resolve));
    await hall.stop();
    const before = await asked();
    t.true(before < count, `${before} before it was stopped`);
    t.true(before % 200 <= 20, 'pages');
    const again = await begin();
    const isAnswered = async () => (await again.texts('5511777770000@c.us')).length > 0;
    await again.announce(other, { chat: '5511777770000@c.us', text: 'hi' });
    while (!(await isAnswered())) await new Promise((resolve) => setImmediate(resolve));
    t.true(
      Number((await db.sql('flow_runs').where({ tenant_id: session.tenantId }).count('* as n').first())?.n) < count,
      'it came in between',
    );
    clock.advance(30_000);
    await again.settle();
    while ((await asked()) < count) await again.settle();
    await again.settle();
    const runs: { chat_id: string }[] = await db.sql('flow_runs').where({ tenant_id: session.tenantId, flow: 'promo' }).select('chat_id');
    t.is(runs.length, count);
    t.is(new Set(runs.map((run) => run.chat_id)).size, count);
    t.is(
      await db
        .sql('flow_schedules')
        .first('round')
        .then(({ round }) => round),
      null,
    );
  });
}

test('calls that lack an input are told of as they are loaded, in either file', (t) => {
  const callee = 'flow: debt\nversion: 1\ninputs: { name: required }\nstart: [{ api: true }]\nsteps: [{ say: "{{ name }}" }]\n';
  const caller = (step: string) => flowOf(step, { name: 'outer', says: '[outer]' });
  const check =
    (...sources: string[]) =>
    () =>
      catalogOf(sources.map((source, index) => ({ path: `${index}.yml`, source })));
  t.throws(check(callee, caller('- call: debt')), { message: /1\.yml:6:11.*needs the input \\"name\\"/ });
  t.throws(check(callee, caller('- call: debt\n  with: { name: "" }')), { message: /needs the input/ });
  t.notThrows(check(callee, caller('- call: debt\n  with: { name: x }')));
  t.notThrows(check(callee, caller('- ask: Name?\n  save: name\n- call: debt')), 'the caller has asked for it');
  t.throws(check('flow: a\nversion: 1\ninputs: { name: needed }\nstart: [{ api: true }]\nsteps: [end]\n'), { message: /required/ });
});
