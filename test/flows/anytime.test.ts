/** Words for all flows, and who wants nothing more of them. */
import test from 'ava';
import { parseFlow } from '../../src/flows/language/parse.ts';
import { checkFlows } from '../../src/flows/program/lint.ts';
import { FlowEraser } from '../../src/flows/runtime/erasing.ts';
import { OptOuts } from '../../src/flows/runtime/opt-outs.ts';
import { WhyNoReply } from '../../src/flows/runtime/why-no-reply.ts';
import { runTests } from '../../src/flows/simulator/test-runner.ts';
import { stores, testDatabase } from '../helpers/database.ts';
import { FakeClock } from '../helpers/runtime.ts';
import { addressesOf, flowOf, Hall, seed, testLibrary } from './helpers.ts';

const dialects = await stores();

const WORDS = `flow: _anytime
version: 1
anytime:
  - { exactly: [menu], go: menu }
  - { exactly: [stop, sair], go: stop }
  - { exactly: [back], go: back }
  - { says: [human], go: person }
parts:
  menu: [{ call: welcome }]
  stop: [opt_out, { say: "No more. Send *back* to undo it." }]
  back: [opt_in, { say: Welcome back. }]
  person: [{ say: A person will answer. }, { handoff: { pause: 1h } }]
`;
const WELCOME = `flow: welcome
version: 1
start: [{ says: hi }, { api: true }]
gather: 3s
steps:
  - ask: Name?
    save: name
    on_silence: { after: 10m, say: Still there? }
  - say: "Hello {{ name }}"
`;
const flows = [
  { path: 'flows/_anytime.yml', source: WORDS },
  { path: 'flows/welcome.yml', source: WELCOME },
];

test('words for all flows are heard in a run and without one, end the run, and are never joined with what else is said', (t) => {
  const source = `flow: welcome
tests:
  - name: all of them
    chat:
      - user: menu
      - bot: Name?
      - user: Ana
      - user: SAIR!
      - bot: Hello Ana
      - bot: No more. Send *back* to undo it.
      - expect: { flow: null, opted_out: true }
      - user: hi
      - silent: true
      - start: welcome
      - silent: true
      - user: menu
      - bot: Name?
      - user: Bia
      - bot: Hello Bia
      - user: back
      - bot: Welcome back.
      - expect: { opted_out: false }
      - user: hi
      - bot: Name?
      - user: a human please
      - bot: A person will answer.
      - expect: { handoff: true, flow: null }
`;
  const { faults, results } = runTests(flows, [{ path: 'welcome.test.yml', source }]);
  t.deepEqual(faults, []);
  t.deepEqual(
    results.flatMap(({ failures }) => failures),
    [],
  );
});

test('the file has words and parts, a way back, and its words belong to nobody else', (t) => {
  const told = (source: string, ...others: string[]) =>
    checkFlows([source, ...others].map((one, index) => ({ path: `${index}.yml`, source: one }))).faults.map(
      ({ path, message }) => `${path} ${message}`,
    );
  t.deepEqual(told(WORDS.replace('back: [opt_in,', 'back: [seen,'), WELCOME), [
    '0.yml:10:10 there is no way back: give another word a part with "opt_in" in it',
  ]);
  t.deepEqual(told(`${WORDS}steps: [end]\n`, WELCOME), ['0.yml:13:1 unknown key "steps"']);
  t.deepEqual(told(WORDS.replace(/call: welcome/, 'say: x'), flowOf('- say: x', { says: '[human, hi]' })), [
    '1.yml:4:12 "human" is a word for all flows (0.yml:7:14), and would never be heard here',
  ]);
  t.true('flow' in parseFlow({ path: 'a.yml', source: WORDS }));
});

for (const dialect of dialects) {
  test(`${dialect}: who opts out in one session hears nothing of flows in any, until they come back or are forgotten`, async (t) => {
    const { db, dispose } = await testDatabase(dialect);
    t.teardown(dispose);
    const clock = new FakeClock(Date.UTC(2026, 2, 24, 12));
    const hall = await Hall.open(db, { clock, random: () => 0 });
    t.teardown(() => hall.stop());
    const session = await seed(db);
    const other = await seed(db, { tenantId: session.tenantId, name: 'other' });
    const { tenantId } = session;
    for (const { path, source } of flows.toReversed()) await hall.flows.put(tenantId, path.slice(6, -4), source);
    const later = async (ms: number): Promise<void> => {
      for (let left = ms; left > 0; left -= 30_000) {
        clock.advance(Math.min(left, 30_000));
        await new Promise((resolve) => setImmediate(resolve));
        await hall.settle();
      }
    };
    const said = async (to: typeof session, text: string) => {
      const message = await hall.receive(to, text);
      await later(3_000);
      return message;
    };
    const outbox = async (): Promise<string[]> => (await hall.texts()).splice(0);
    await said(other, 'hi');
    await said(session, 'stop');
    t.deepEqual(await outbox(), ['Name?', 'No more. Send *back* to undo it.']);
    await later(11 * 60_000);
    const silent = await said(session, 'hi');
    t.is((await outbox()).length, 2, 'the reminder of the other session is not sent, and nothing starts');
    const ended = await hall.events(tenantId, 'flow.ended');
    t.deepEqual(
      ended.map(({ data }) => data.reason),
      [undefined, 'opted-out'],
    );
    const chat = '5511999990000@c.us';
    await t.throwsAsync(hall.flows.start(other, chat, { flow: 'welcome', data: {} }), { code: 'flow-refused', message: /opted out/ });
    const explanations = new WhyNoReply(db, {
      messages: { get: async () => silent },
      ...{ library: testLibrary(), addresses: addressesOf(hall.addressBook), log: hall.runtime.log },
    });
    const { flows: views, notes } = await explanations.explain(session, [chat], silent.id);
    t.regex(views.find(({ flow }) => flow === 'welcome')?.reason ?? '', /says "hi" fits, but the contact has opted out/);
    t.true(notes.some((note) => /^The contact has opted out .* \(by flow\)/.test(note)));

    const optOuts = new OptOuts(db, { ledger: hall.ledger, lanes: hall.lanes, addresses: addressesOf(hall.addressBook) }, hall.runtime);
    const { data } = await optOuts.list(tenantId, { limit: 10 });
    t.like(data, [{ chat: { id: chat }, optedOut: true, by: 'flow', flow: '_anytime' }]);
    await said(other, 'back');
    t.is((await optOuts.get(session, chat)).optedOut, false);
    t.true((await optOuts.set(session, chat, true)).optedOut);
    t.deepEqual(
      (await hall.events(tenantId, 'contact.opted-out', 'contact.opted-in')).map(({ type, data }) => [type, data.by]),
      [
        ['contact.opted-out', 'flow'],
        ['contact.opted-in', 'flow'],
        ['contact.opted-out', 'api'],
      ],
    );
    const eraser = new FlowEraser(db, hall.lanes);
    const person = { tenantId, sessionId: session.id, names: [chat], at: clock.now(), sends: [] };
    await db.write((tx) => eraser.erase(tx, person, { chats: [] }));
    t.is((await optOuts.get(session, chat)).optedOut, false);
  });
}
