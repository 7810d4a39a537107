/** What the editor of flows proposes: `|` is the cursor. */
import test from 'ava';
import { proposalsAt, type Schema } from '../../src/dashboard/app/pages/flows/completion.ts';
import { jsonSchema } from '../../src/flows/language/schema.ts';
import { testSchema } from '../../src/flows/simulator/test-file.ts';

const FLOW = JSON.parse(JSON.stringify(jsonSchema())) as Schema;
const TEST = JSON.parse(JSON.stringify(testSchema())) as Schema;

const at = (text: string, schema = FLOW) => proposalsAt(text.replace('|', ''), text.indexOf('|'), schema);
const labels = (text: string, schema = FLOW): string[] => at(text, schema)?.list.map(({ label }) => label) ?? [];
const snippet = (text: string, label: string): string | undefined => at(text)?.list.find((one) => one.label === label)?.snippet;

const HEAD = 'flow: booking\nversion: 1\nstart:\n  - says: [book]\nsteps:\n';

test('keys, kinds of steps and values are proposed at their place, with what they mean', (t) => {
  const top = labels('flow: x\nver|');
  t.true(top.includes('version') && top.includes('start') && !top.includes('flow'), 'what is there is not proposed again');
  const steps = at(`${HEAD}  - |`)?.list ?? [];
  t.deepEqual(
    steps.filter(({ label }) => ['end', 'say', 'ask', 'if', 'choose', 'id', 'save'].includes(label)).map(({ label }) => label),
    ['end', 'say', 'id', 'ask', 'if', 'choose'],
    'of a step first what it is',
  );
  t.is(steps.find(({ label }) => label === 'end')?.info, 'Ends the run');
  t.regex(steps.find(({ label }) => label === 'if')?.info ?? '', /^Does "then" where the condition holds/);
  t.true(labels(`${HEAD}  - ask: Which day?\n    |`).includes('expect'));
  t.false(labels(`${HEAD}  - say: Hello\n    |`).includes('expect'), 'only what the step may have');
  t.true(labels(`${HEAD}  - id: a\n    |`).includes('menu'));
  t.true(labels(`${HEAD}  - |\n    save: day\n`).includes('ask'));
  t.false(labels(`${HEAD}  - |\n    save: day\n`).includes('say'), 'what stands below counts, too');
  t.deepEqual(labels(`${HEAD}  - ask: Which day?\n    expect: da|`).slice(0, 3), ['text', 'number', 'integer']);
  t.is(at(`${HEAD}  - ask: Which day?\n    expect: da|`)?.from, `${HEAD}  - ask: Which day?\n    expect: `.length);
  t.deepEqual(labels('mode: |'), ['continue', 'restart', 'queue', 'ignore']);
  t.deepEqual(labels('start:\n  - first_contact: |'), ['true']);
  t.true(labels('start:\n- |').includes('says'), 'a list that is not indented');
  t.true(labels(`${HEAD}  - if: { closed: clinic }\n    then:\n      - say: No.\n      - |`).includes('ask'));
  t.true(labels('hours:\n  clinic:\n    open: {}\n    |').includes('closed'));
});

test('within brackets, and in the tests of a flow', (t) => {
  t.deepEqual(labels(`${HEAD}  - ask: Day?\n    on_silence: { after: 10m, |`), ['say', 'tries', 'then']);
  t.deepEqual(labels('start:\n  - media: [image, |').slice(0, 2), ['image', 'video']);
  t.true(labels('parts:\n  bye: [{ say: Bye. }, |').includes('end'));
  t.true(labels('parts:\n  bye: [{ say: Bye. }, { |').includes('handoff'));
  t.deepEqual(labels('only_if: { chat: |'), ['private', 'group', 'any']);
  const tests = 'tests:\n  - name: a\n    chat:\n      - |';
  t.deepEqual(labels(tests, TEST), ['user', 'bot', 'silent', 'advance', 'start', 'event', 'expect']);
  t.deepEqual(labels(tests.replace('|', 'silent: |'), TEST), ['true']);
});

test('what a step leads to is a part or a step of this text', (t) => {
  const flow = `${HEAD}  - id: ask_day\n    ask: Day?\n    on_silence: { after: 1h, then: | }\nparts:\n  agent: [handoff]\n  goodbye:\n    - end\n`;
  t.deepEqual(labels(flow), ['agent', 'goodbye', 'ask_day']);
  t.deepEqual(labels(`${HEAD}  - menu: What?\n    go: { new: |\nparts:\n  agent: [handoff]\n`), ['agent']);
  t.deepEqual(labels(`${HEAD}  - if: x\n    then: |\nparts:\n  agent: [handoff]\n`), []);
});

test('what has to be there comes along, to be filled in', (t) => {
  t.is(snippet(`${HEAD}  - |`, 'if'), 'if: #{if}\nthen:\n  - #{}');
  t.is(snippet(`${HEAD}  - |`, 'say'), 'say: #{say}');
  t.is(snippet(`${HEAD}  |`, 'emit'), '- emit:\n    event: #{}', 'an entry where a list is begun');
  t.is(snippet(`${HEAD}  - say: x\nparts:\n  a: [{ |`, 'emit'), 'emit: { event: #{} }');
});

test('nothing is proposed in texts and comments, and behind a whole word', (t) => {
  for (const text of ['- say: Hello the|', '- say: "wh|', '# a com|', '- say: |\n      hello', '- sa|y: x', '-|', '- say:|']) {
    const [before = '', after = ''] = text === '- say: |\n      hello' ? ['- say: >\n      hel', ''] : text.split('|');
    t.is(proposalsAt(`${HEAD}  ${before}${after}`, `${HEAD}  ${before}`.length, FLOW), null, text);
  }
});
