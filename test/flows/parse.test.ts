import test from 'ava';
import { parseFlow } from '../../src/flows/language/parse.ts';
import { checkFlows } from '../../src/flows/program/lint.ts';
import { flowOf } from './helpers.ts';

const HEAD = 'flow: a\nversion: 1\nstart:\n  - says: [hi]\nsteps:\n';

const errorsOf = (source: string): string[] =>
  checkFlows([{ path: 'flows/a.yml', source }]).faults.map(({ path, message }) => `${path.replace('flows/a.yml:', '')} ${message}`);

for (const [what, source, ...errors] of [
  ['an unknown key', `${HEAD}  - say: x\n    typng: 3`, '7:5 unknown key "typng", did you mean "typing"?'],
  ['an unknown key of the flow', `${HEAD.replace('steps', 'step')}  - end`, '5:1 unknown key "step", did you mean "steps"?'],
  ['an unknown step', `${HEAD}  - sya: x`, '6:5 unknown key "sya", did you mean "say"?'],
  ['a misspelt end', `${HEAD}  - ned`, '6:5 there is no "ned", did you mean "end"?'],
  [
    'headers that are not the flow’s to say',
    `${HEAD}  - http: POST https://a.example/\n    headers:\n      Content-Length: "0"\n      X-A: ok\n      host: b\n      Transfer_Encoding: chunked\n      Idempotency-Key: "1"\n      "X-{{ a }}": b\n      X-B: "a\\r\\nb {{ message.text }}"\n      x-a: twice`,
    '8:7 the header "Content-Length" is set by the hub and cannot be changed',
    '10:7 the header "host" is set by the hub and cannot be changed',
    '11:7 the header "Transfer_Encoding" is set by the hub and cannot be changed',
    '12:7 the header "Idempotency-Key" is set by the hub and cannot be changed',
    '13:7 the header "X-{{ a }}" is not a name of a header',
    '14:7 the header "X-B" has characters that a header cannot carry, or is over 4096 long',
    '15:7 the header "x-a" is given twice: names of headers have no case',
  ],
  [
    'headers that are too much',
    `${HEAD}  - http: POST https://a.example/\n    headers: { X-A: ${'a'.repeat(4_096)}, X-B: ${'b'.repeat(4_096)} }`,
    '7:5 has 8206 bytes in all; the most is 8192',
  ],
  [
    'a GET with a body',
    `${HEAD}  - http: GET https://a.example/\n    json: { a: 1 }`,
    '7:5 a GET has no body: put it into "query", or make it a POST',
  ],
  [
    'a user name in a URL',
    `${HEAD}  - http: GET https://user:pass@a.example/`,
    '6:11 the URL must begin with https:// and the name of a host, without {{ }} in it',
  ],
  ['a forgotten dash', `${HEAD}  - say: x\n    ask: y\n    save: z`, '7:5 "ask" is a step of its own: begin it with "- "'],
  ['a question that keeps nothing', `${HEAD}  - ask: y`, '6:5 "save" is missing'],
  ['a number for a text', `${HEAD}  - say: 42`, '6:10 must be text or a mapping with "one_of" or "text": put 42 in quotes'],
  ['a number for a phrase', 'flow: a\nversion: 1\nstart:\n  - says: [hi, 1]\nsteps: [end]', '4:16 must be text: put 1 in quotes'],
  ['an empty one_of', `${HEAD}  - say: { one_of: [] }`, '6:20 must not be empty'],
  ['a misspelt one_of', `${HEAD}  - say: { oneof: [a] }`, '6:12 unknown key "oneof", did you mean "one_of"?'],
  ['a mapping for a list', 'flow: a\nversion: 1\nstart: { says: [hi] }\nsteps: [end]', '3:8 must be a list (lines that begin with "- ")'],
  ['no steps', 'flow: a\nversion: 1\nstart:\n  - says: [hi]\nsteps: []', '5:8 must not be empty'],
  ['another version', 'flow: a\nversion: 2\nstart:\n  - says: [hi]\nsteps: [end]', '2:10 must be 1'],
  [
    'a bad name',
    'flow: My Flow\nversion: 1\nstart:\n  - says: [hi]\nsteps: [end]',
    '1:7 must be small letters, digits, _ and -, such as booking',
  ],
  ['too long an indicator', `${HEAD}  - say: x\n    typing: 99999`, '7:13 must be at most 25000'],
  [
    'a target that is not there',
    `${HEAD}  - go: goodby\nparts:\n  goodbye:\n    - end`,
    '6:9 there is no part or step "goodby", did you mean "goodbye"?',
    '9:7 nothing leads to this step',
  ],
  ['a step behind the end', `${HEAD}  - end\n  - say: x\n  - say: y`, '7:5 nothing leads to this step'],
  ['a name given twice', `${HEAD}  - { id: x, say: a }\n  - { id: x, say: b }`, '7:11 "x" names another step or part already'],
  ['a name with a meaning', `${HEAD}  - ask: x\n    save: contact`, '7:11 "contact" has a meaning of its own: choose another name'],
  [
    'a phrase without a word',
    'flow: a\nversion: 1\nstart:\n  - says: [hi, "?!"]\nsteps: [end]',
    '4:16 "?!" has no word in it, so nothing would ever match it',
  ],
  ['an unknown variable', `${HEAD}  - say: "Hi {{ contact.nam }}"`, '6:17 unknown variable "contact.nam", did you mean "contact.name"?'],
  [
    'an unknown variable in a block',
    `${HEAD}  - say: |\n      Hi {{ contact.name }},\n      {{ contact.name | upcase }}\n      {{ contat.name }}`,
    '9:10 unknown variable "contat.name", did you mean "contact.name"?',
  ],
  [
    'an unknown filter',
    `${HEAD}  - say:\n      one_of: ["a", "{{ contact.name | upcse }}"]`,
    '7:22 unknown filter "upcse", did you mean "upcase"?',
  ],
  ['a tag', `${HEAD}  - say: "{% if x %}"`, '6:11 tags ({% … %}) are not part of the language: only {{ … }} is; "if:" is a step'],
  ['a colon in a text', `${HEAD}  - say: Note: hello`, '6:10 a text with ": " in it must stand in quotes'],
  ['a text that begins with braces', `${HEAD}  - say: {{ contact.name }}`, '6:10 a text that begins with {{ must stand in quotes'],
  ['a value for end', `${HEAD}  - end: true`, '6:5 "end" stands alone, with nothing behind it'],
  ['an unknown step of a later language', `${HEAD}  - dance: 3s`, /^6:5 unknown key "dance"; there are say, ask, menu/],
  ['a bad name of a part', `${HEAD}  - go: My\nparts:\n  My:\n    - end`, /^6:9 must be small letters/, /^8:3 must be small letters/],
  ['a key twice', `${HEAD}  - end\nflow: b`, '7:1 the key "flow" stands here twice'],
  ['a tab', 'flow: a\nversion: 1\nstart:\n\t- says: [hi]', '1:1 "steps" is missing', /^4:1 lines must be indented with spaces, not tabs$/],
  ['an open quote', `${HEAD}  - say: "x`, '6:10 the quote " that begins here is never closed'],
  [
    'an alias',
    `${HEAD}  - say: &x hello\n  - say: *x`,
    '6:10 &x is not part of the language: write out what stands here wherever *x stands',
  ],
  ['two documents', `${HEAD}  - end\n---\nflow: b`, /^7:1 one file is one flow/],
  ['an empty file', '', /^1:1 must be a mapping/],
  ['a list', '- a\n- b', /^1:1 must be a mapping/],
  ['a text', 'hello', /^1:1 must be a mapping/],
] as [string, string, ...(string | RegExp)[]][]) {
  test(`${what} is named with line and column`, (t) => {
    const found = errorsOf(source);
    t.is(found.length, errors.length, found.join('\n'));
    for (const [index, error] of errors.entries()) {
      if (typeof error === 'string') t.is(found[index], error);
      else t.regex(found[index] ?? '', error);
    }
  });
}

test('all errors of a file come at once, in their order', (t) => {
  const errors = errorsOf('flow: A\nversion: 1\nstrat: []\nsteps:\n  - say: "{{ x }}"\n  - sy: b\n  - ask: c\n');
  t.deepEqual(
    errors.map((error) => error.split(' ')[0]),
    ['1:7', '3:1', '5:14', '6:5', '7:5'],
  );
});

test('two flows that claim one phrase name both lines', (t) => {
  const { faults } = checkFlows([
    { path: 'flows/a.yml', source: flowOf('- end', { name: 'a', says: '[book, hello]' }) },
    { path: 'flows/b.yml', source: flowOf('- end', { name: 'b', says: '[yo, "HELLÓ!"]' }) },
  ]);
  t.deepEqual(faults, [{ path: 'flows/b.yml:4:16', message: '"HELLÓ!" already starts the flow "a" (flows/a.yml:4:18)' }]);
});

test('two flows of one name are an error, beside what is published, too', (t) => {
  const a = { path: 'flows/a.yml', source: flowOf('- end', { name: 'a', says: '[x]' }) };
  const b = { path: 'flows/b.yml', source: flowOf('- end', { name: 'a', says: '[y]' }) };
  t.deepEqual(checkFlows([a, b]).faults, [{ path: 'flows/b.yml:1:7', message: 'the flow "a" is also in flows/a.yml:1:7' }]);
  const published = checkFlows([a]).flows.map(({ outline }) => outline);
  t.deepEqual(checkFlows([b], published).faults, [], 'a new text replaces the old one of its name');
  const c = { path: 'flows/c.yml', source: flowOf('- end', { name: 'c', says: '[x]' }) };
  t.deepEqual(checkFlows([c], published).faults, [
    { path: 'flows/c.yml:4:12', message: '"x" already starts the flow "a" (flows/a.yml:4:12)' },
  ]);
});

test('the words of YAML that look like something else stay text', (t) => {
  const parsed = parseFlow({ path: 'a.yml', source: flowOf('- end', { says: '[yes, no, on, off, 2026-01-01]' }) });
  t.true('flow' in parsed && (parsed.flow.start[0] as { says: string[] }).says.length === 5);
});

test('an alias bomb and a tower of brackets end at once', (t) => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefghi'].map((key, i) => `${key}: &${key} [${`*${'abcdefghi'[i]},`.repeat(9)}]`).join('\n')}`;
  t.true('faults' in parseFlow({ path: 'a.yml', source: bomb }));
  t.true('faults' in parseFlow({ path: 'a.yml', source: '['.repeat(200_000) }));
  t.true('faults' in parseFlow({ path: 'a.yml', source: `flow: ${'x'.repeat(70_000)}` }));
});

test('of thousands of errors the first hundred are told', (t) => {
  const keys = Array.from({ length: 9_000 }, (_, index) => `k${index}:`).join('\n');
  t.is(errorsOf(keys).length, 100);
});
