/** What no flow and no contact may bring about: a throw, a turn without an end, a template that reads what a contact wrote. */
import { fileURLToPath } from 'node:url';
import test from 'ava';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { readFlows } from '../../src/flows/catalogue/files.ts';
import { checkFlows } from '../../src/flows/program/lint.ts';
import { Simulator } from '../../src/flows/simulator/simulator.ts';
import { checkExpression, holds } from '../../src/flows/text/expressions.ts';
import { NameScope } from '../../src/flows/text/known-names.ts';
import { matchesPattern, patternFault } from '../../src/flows/text/patterns.ts';
import { readAnswer } from '../../src/flows/understanding/expect/expect.ts';
import { EXPECTED } from './expected.ts';
import { catalogOf, flowOf, saying } from './helpers.ts';

const EXAMPLES = fileURLToPath(new URL('../../flows/examples', import.meta.url));
const PLACES = (['en', 'en-us', 'pt', 'es'] as const).map((locale) => ({
  locale,
  zone: 'America/Sao_Paulo',
  now: Date.UTC(2026, 2, 24, 12),
}));
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('book', '1', '2', 'tomorrow', 'cancel', 'yes', '25/03', 'my order', '#1042', 'menu', 'survey', '😀'.repeat(2_000)),
  fc.constantFrom('مرحبا بك في المتجر', 'שלום עולם', '\u202e evil', 'x'.repeat(10_000), '{{ contact.phone }}', '{% for %}', '1e999', '\0'),
);

const scene = {
  now: Date.UTC(2026, 2, 24, 12),
  random: () => 0.5,
  contact: { name: '{{ x }} *Ana*', phone: '5511987654321' },
  session: 'main',
  chat: '5511987654321@c.us',
  mocks: [{ request: 'GET *', body: { state: 'shipped', eta: '2026-03-26' } }],
};

test('whatever is said to the examples, and however long one waits, every turn ends within its limits', async (t) => {
  const catalog = catalogOf(await readFlows([EXAMPLES]));
  const move = fc.oneof(
    { weight: 4, arbitrary: text },
    fc.integer({ min: 1, max: 86_400_000 }),
    fc.array(fc.constantFrom('Very', 'No', ''), { maxLength: 2 }),
  );
  fc.assert(
    fc.property(fc.array(move, { maxLength: 12 }), (moves) => {
      const simulator = new Simulator(catalog, scene);
      for (const one of moves) {
        const outcomes =
          typeof one === 'number' ? simulator.advance(one) : Array.isArray(one) ? simulator.vote(one) : simulator.receive({ text: one });
        for (const outcome of outcomes) {
          if (outcome.kind === 'said' && (outcome.text.length > 11_000 || outcome.text.trim() === '')) return false;
          if (outcome.kind === 'failed' && !/no http mock|The answer was/.test(outcome.message)) return false;
        }
        // As the row keeps it; a run that is under way waits for something.
        if (simulator.run) {
          simulator.run = JSON.parse(JSON.stringify(simulator.run));
          if (!simulator.run?.state.wait) return false;
        }
      }
      return true;
    }),
    { numRuns: 300 },
  );
  t.pass();
});

test('any answer is read as something or as nothing, in every language', (t) => {
  fc.assert(
    fc.property(text, fc.constantFrom(...EXPECTED), fc.constantFrom(...PLACES), (said, expect, place) => {
      const value = readAnswer(expect, saying(said), place, [{ name: 'a', label: 'Alpha', also: ['first'] }]);
      return value === null || JSON.stringify(value) !== undefined;
    }),
    { numRuns: 3_000 },
  );
  t.pass();
});

test('an expression never throws, and never takes long', (t) => {
  const known = new NameScope({ answers: ['a'] });
  const soup = fc
    .array(
      fc.constantFrom(
        'a',
        'answer',
        '1',
        '"x"',
        '(',
        ')',
        '[',
        ']',
        '.',
        ',',
        '&&',
        '||',
        '!',
        '<',
        '==',
        '+',
        'in',
        '?',
        ':',
        'size',
        'has',
        '__proto__',
        'constructor',
        '{',
        '}',
      ),
      { maxLength: 60 },
    )
    .map((pieces) => pieces.join(' '));
  fc.assert(
    fc.property(fc.oneof(soup, text), text, (source, value) => {
      for (const { offset, length } of checkExpression(source, known)) if (offset < 0 || length < 0) return false;
      return typeof holds(source, { a: value, answer: 1.5 }) === 'boolean';
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});

test('regular expressions that explode elsewhere are linear here', (t) => {
  for (const pattern of ['(a+)+$', '(a|a)*b', '(.*)*x', '([a-z]+)*!', '^(\\w+\\s?)*$']) {
    t.is(patternFault(pattern), undefined);
    const started = process.threadCpuUsage().user;
    matchesPattern(pattern, `${'a'.repeat(10_000)}!`);
    t.true(process.threadCpuUsage().user - started < 2_000_000, `${pattern} took ${process.threadCpuUsage().user - started} µs`);
  }
  t.regex(patternFault('(?<=a)b(?!c)') ?? '', /RE2/);
});

test('anything that YAML can say in the words of the language is a flow or has errors with a place', (t) => {
  const word = fc.constantFrom(
    ...'say ask menu options on_invalid on_silence then if else choose http json save set remember tag emit go call wait handoff check expect poll list image location'.split(
      ' ',
    ),
  );
  const leaf = fc.oneof(
    fc.constantFrom('a', 'contact.x', '10m', 'date', 'end', '{{ a }}', 'answer < 1', 'GET https://a.example', ''),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, leaf, fc.dictionary(word, tie('value'), { maxKeys: 4 }), fc.array(tie('value'), { maxLength: 3 })),
  }));
  const flow = fc.record({
    flow: fc.constant('a'),
    version: fc.constant(1),
    start: fc.array(fc.dictionary(fc.constantFrom('says', 'matches', 'event', 'schedule', 'media', 'about'), value, { maxKeys: 2 }), {
      minLength: 1,
      maxLength: 2,
    }),
    steps: fc.array(fc.oneof(fc.dictionary(word, value, { maxKeys: 4 }), leaf), { minLength: 1, maxLength: 4 }),
    anytime: value,
    hours: value,
  });
  fc.assert(
    fc.property(flow, (made) => {
      const { faults } = checkFlows([{ path: 'flows/x.yml', source: stringify(made) }]);
      return faults.every(({ path, message }) => /^flows\/x\.yml:[1-9]\d*:[1-9]\d*$/.test(path) && message !== '');
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('what a contact writes goes through ask, set, remember, menu and http without being read as a template', (t) => {
  const evil = '{{ secrets.key }} {{ contact.phone }} {% raw %}';
  const steps = `- ask: "{{ contact.name }}?"
  save: a
- set: { b: "{{ a }}", c: "<{{ b }}>" }
- remember: { contact.d: "{{ b }}" }
- http: POST https://a.example/{{ a }}
  json: { a: "{{ a }}", d: "{{ contact.d }}" }
  headers: { X-A: "{{ a }}" }
- say: "{{ a }} | {{ b }} | {{ contact.d }}"`;
  const simulator = new Simulator(catalogOf([{ path: 'a.yml', source: flowOf(steps) }]), { ...scene, mocks: [{ request: 'POST *' }] });
  simulator.receive({ text: 'hi' });
  const outcomes = simulator.receive({ text: evil });
  const request = outcomes.find((outcome) => outcome.kind === 'request');
  t.is(request?.kind === 'request' && request.body, JSON.stringify({ a: evil, d: evil }));
  const said = outcomes.find((outcome) => outcome.kind === 'said');
  t.is(said?.kind === 'said' && said.text, `${evil} | ${evil} | ${evil}`);
});
