/** What was found by trying to break the flows: each of these stopped a chat, or the hub, once. */
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { jsonSize, KEPT_LIMIT } from '../../src/flows/language/size-limit.ts';
import { Catalog } from '../../src/flows/program/catalog.ts';
import { checkFlows } from '../../src/flows/program/lint.ts';
import { compile } from '../../src/flows/program/program.ts';
import { Simulator } from '../../src/flows/simulator/simulator.ts';
import { escapeFor } from '../../src/flows/text/escape.ts';
import { secretsIn } from '../../src/flows/text/known-names.ts';
import { renderValue } from '../../src/flows/text/templates.ts';
import { heard, StartIndex } from '../../src/flows/understanding/match.ts';
import { testDatabase } from '../helpers/database.ts';
import { catalogOf, flowOf, Hall, programOf, saying, seed } from './helpers.ts';

const scene = {
  now: Date.UTC(2026, 2, 24, 12),
  random: () => 0,
  contact: { name: 'Ana', phone: '5511987654321' },
  session: 'main',
  chat: '5511987654321@c.us',
  mocks: [{ request: 'GET *' }],
};
const faultsOf = (steps: string) => checkFlows([{ path: 'flows/x.yml', source: flowOf(steps) }]).faults.map(({ message }) => message);

const simulator = (steps: string): Simulator => new Simulator(catalogOf([{ path: 'flows/x.yml', source: flowOf(steps) }]), scene);

async function openHall(t: ExecutionContext) {
  const { db, dispose } = await testDatabase();
  t.teardown(dispose);
  const hall = await Hall.open(db);
  t.teardown(() => hall.stop());
  return { hall, session: await seed(db) };
}

const failuresOf = (outcomes: ReturnType<Simulator['receive']>) => outcomes.flatMap((one) => (one.kind === 'failed' ? [one.message] : []));

test('a list that is filled with itself again and again fails the run, and does not fill the memory', (t) => {
  const doubling = simulator(`- set: { v: [a] }\n${'- set: { v: ["{{ v }}", "{{ v }}"] }\n'.repeat(40)}- say: done`);
  t.regex(failuresOf(doubling.receive({ text: 'hi' }))[0] ?? '', /too large or too deep/);
  t.true(jsonSize(doubling.lastAnswers) < KEPT_LIMIT);
  const many = Array.from({ length: 1_000 }, (_, index) => `v${index}: "{{ v }}"`).join(', ');
  const wide = simulator(`- set: { v: [a] }\n${'- set: { v: ["{{ v }}", "{{ v }}"] }\n'.repeat(12)}- set: { ${many} }`);
  t.regex(failuresOf(wide.receive({ text: 'hi' }))[0] ?? '', /too large or too deep/);
});

test('all that a run keeps, and all that is remembered, has an end', (t) => {
  const grown = `- set: { v: [a] }\n${'- set: { v: ["{{ v }}", "{{ v }}"] }\n'.repeat(13)}`;
  const each = (step: (index: number) => string) => Array.from({ length: 60 }, (_, index) => step(index)).join('\n');
  const answers = simulator(`${grown}${each((index) => `- set: { w${index}: "{{ v }}" }`)}`);
  t.regex(failuresOf(answers.receive({ text: 'hi' }))[0] ?? '', /answers of the run come to more than 1024 KiB/);
  const remembered = simulator(`${grown}${each((index) => `- remember: { contact.w${index}: "{{ v }}" }`)}`);
  t.regex(failuresOf(remembered.receive({ text: 'hi' }))[0] ?? '', /remembered of the contact come to more than 1024 KiB/);
});

test('a list that is put into itself over many turns ends with an error, not with a broken chat', (t) => {
  const nesting = simulator(`- set: { v: [a] }\n- id: again\n  wait: 1s\n${'- set: { v: ["{{ v }}"] }\n'.repeat(30)}- go: again`);
  nesting.receive({ text: 'hi' });
  t.regex(failuresOf(nesting.advance(60_000))[0] ?? '', /nested too deeply/);
});

test('JSON that is nested without end is no answer to a request', async (t) => {
  const { hall, session } = await openHall(t);
  await hall.flows.put(session.tenantId, 'test', flowOf('- http: GET https://a.example/\n  save: v\n- say: "{{ v }}"'));
  hall.answers = [{ status: 200, headers: {}, body: Buffer.from('['.repeat(100_000) + ']'.repeat(100_000)) }];
  await hall.receive(session, 'hi');
  const { data: runs } = await hall.flows.listRuns(session.tenantId, { limit: 10 });
  t.is(runs[0]?.status, 'failed');
  t.regex(runs[0]?.error?.message ?? '', /nested too deeply/);
  t.deepEqual(await hall.texts(), []);
});

test('data for a run that is nested without end is refused', async (t) => {
  const { hall, session } = await openHall(t);
  await hall.flows.put(session.tenantId, 'test', `inputs: [v]\n${flowOf('- say: x').replace('- says: [hi]', '- api: true')}`);
  const data = { v: JSON.parse('['.repeat(1_000) + ']'.repeat(1_000)) };
  await t.throwsAsync(hall.flows.start(session, '5511999990000@c.us', { flow: 'test', data }), { message: /data: is too large or nested/ });
});

test('which secret is sent is never what a contact wrote', (t) => {
  t.deepEqual(faultsOf('- http: GET https://a.example/\n  headers: { X: "{{ secrets[message.text] }}" }'), [
    'a secret must be named: {{ secrets.NAME }}',
  ]);
  const step = { http: 'GET https://a.example/', headers: { a: '{{ secrets["one"] }}', b: "{{ secrets['two'] }} {{ secrets.three }}" } };
  t.deepEqual(secretsIn(step), ['one', 'two', 'three'], 'whichever way it is written');
});

test('a request that cannot be filled in fails in the simulator as it does in the hub', (t) => {
  const steps = '- ask: x\n  save: v\n- http: GET https://a.example/\n  headers: { X: "{{ v | replace: \'x\', v }}" }';
  const chat = simulator(steps);
  chat.receive({ text: 'hi' });
  t.regex(failuresOf(chat.receive({ text: 'x'.repeat(10_000) }))[0] ?? '', /cannot be filled in/);
});

test('an option, part, answer and flow may be called as something of JavaScript', (t) => {
  const steps = `- menu: m
  options: { constructor: Aa, b: Bb }
  go: { b: constructor }
- set: { constructor: "{{ message.text }}" }
- say: "went on with {{ constructor }}"
- end`;
  const source = `${flowOf(steps, { name: 'constructor' })}again_after: 1m\nparts: { constructor: [{ say: part }] }\n`;
  const { flows, faults } = checkFlows([{ path: 'flows/x.yml', source }]);
  t.deepEqual(faults, []);
  const chat = new Simulator(new Catalog(flows.map(({ flow }) => ({ program: compile(flow), revision: 1 }))), scene);
  const said = (text: string) => chat.receive({ text }).flatMap((one) => (one.kind === 'said' ? [one.text] : []));
  t.deepEqual(said('hi'), ['m\n1. Aa\n2. Bb']);
  t.deepEqual(said('1'), ['went on with 1']);
});

test('the same picture again and again trips the loop breaker, too', (t) => {
  const chat = simulator('- id: again\n  image: med_1\n- ask: "{{ message.text }}?"\n  save: v\n- go: again');
  chat.receive({ text: 'hi' });
  const failures = Array.from({ length: 25 }, (_, index) => failuresOf(chat.receive({ text: `say ${index}` }))).flat();
  t.regex(failures[0] ?? '', /20th time/);
});

test('what goes beyond the length of a message starts nothing', (t) => {
  const program = programOf(flowOf('- end'));
  const index = new StartIndex([{ program }]);
  t.is(index.find(heard(saying(`${'x '.repeat(4_000)} hi`))).length, 1);
  t.is(index.find(heard(saying(`${'x '.repeat(5_000)} hi`))).length, 0);
});

test('a value is cut to what a message can hold before it is looked at for signs', (t) => {
  t.is(escapeFor('chat')('*a '.repeat(30_000)).length, 10_001);
  t.is(
    renderValue('{{ v }}!', { values: { v: 'x'.repeat(50_000) }, place: { locale: 'en', zone: 'UTC', now: 0 } })?.toString().length,
    10_000,
  );
});

test('signs are disarmed exactly where WhatsApp would take them for formatting', (t) => {
  const slow = /(?<![\p{L}\p{N}])([*_~])(?=\S)(?=[^\n]*\S\1(?![\p{L}\p{N}]))/gu;
  const signs = fc.array(fc.constantFrom('*', '_', '~', ' ', 'a', '1', '\n', '.', '😀', 'é'), { maxLength: 14 }).map((all) => all.join(''));
  fc.assert(
    fc.property(signs, (text) => escapeFor('chat')(text) === text.replace(slow, '$1\u2060')),
    { numRuns: 5_000 },
  );
  t.pass();
});

test('a thousand wrong targets are told as a hundred, and no more are looked for', (t) => {
  const steps = Array.from({ length: 1_400 }, (_, index) => `- { id: s${index}, go: t${index} }`).join('\n');
  t.is(faultsOf(steps).length, 100);
  t.deepEqual(faultsOf(`- set: { v: ${'['.repeat(500)}${']'.repeat(500)} }`), ['is nested too deeply']);
  t.deepEqual(faultsOf(`- set: { v: ${'{ a: '.repeat(200)}1${' }'.repeat(200)} }`), ['is nested too deeply']);
});
