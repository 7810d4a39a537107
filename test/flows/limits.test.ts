/** No input makes the parser, the matcher, the templates or the interpreter throw anything unforeseen or exceed their limits. */
import test from 'ava';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { HooklineError } from '../../src/core/errors.ts';
import { FIRST_STATE, interpret, type RunState } from '../../src/flows/interpret.ts';
import { checkFlows } from '../../src/flows/lint.ts';
import { chooseFlow, contains, toPhrase, toWords } from '../../src/flows/match.ts';
import { parseFlow } from '../../src/flows/parse.ts';
import { compile } from '../../src/flows/program.ts';
import { checkTemplate, render } from '../../src/flows/templates.ts';

const text = fc.string({ unit: 'binary', maxLength: 200 });

/** Words of the language, of YAML and of Liquid in any order: what mistakes are made of. */
const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom('flow', 'version', 'start', 'says', 'steps', 'say', 'ask', 'save', 'go', 'end', 'id', 'typing', 'one_of', 'parts'),
      fc.constantFrom(
        ': ',
        '\n',
        '\n  ',
        '\n- ',
        '- ',
        '[',
        ']',
        '{',
        '}',
        '"',
        "'",
        '|',
        '>',
        '&a ',
        '*a',
        '? ',
        '!!set ',
        '---\n',
        '\t',
        '#',
        '%',
        '\0',
      ),
      fc.constantFrom('{{', '}}', '{%', '%}', ' | ', 'contact', '.name', 'default', '..', '(1', ')', '__proto__', 'constructor', '1e999'),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 40 },
  )
  .map((pieces) => pieces.join(''));

const name = fc.constantFrom('a', 'b', 'c', 'constructor');
const wording = fc.oneof(soup, text, fc.record({ one_of: fc.array(soup, { maxLength: 3 }) }));
const step = fc.oneof(
  fc.constant('end'),
  fc.record({ say: wording, id: name, typing: fc.oneof(fc.boolean(), fc.integer()) }, { requiredKeys: ['say'] }),
  fc.record({ ask: wording, save: name, id: name }, { requiredKeys: ['ask', 'save'] }),
  fc.record({ go: name }),
  fc.anything({ maxDepth: 2 }),
);
const steps = fc.array(step, { minLength: 1, maxLength: 6 });
const flow = fc.record({
  flow: name,
  version: fc.constant(1),
  start: fc.array(fc.record({ says: fc.array(text, { minLength: 1, maxLength: 3 }) }), { minLength: 1, maxLength: 2 }),
  steps,
  parts: fc.dictionary(name, steps, { maxKeys: 2 }),
});

const isPlaced = ({ path, message }: { path: string; message: string }): boolean =>
  /^flows\/x\.yml:[1-9]\d*:[1-9]\d*$/.test(path) && message !== '';

test('any text is a flow or has errors with a place', (t) => {
  const check = (source: string): boolean => {
    const parsed = parseFlow({ path: 'flows/x.yml', source });
    return 'flow' in parsed || (parsed.faults.length > 0 && parsed.faults.every(isPlaced));
  };
  fc.assert(fc.property(fc.oneof(text, soup), check), { numRuns: 1_000 });
  t.pass();
});

test('anything that YAML can say is a flow or has errors with a place', (t) => {
  fc.assert(
    fc.property(fc.oneof(flow, fc.anything()), (value) => {
      let source: string;
      try {
        source = stringify(value) ?? '';
      } catch {
        return true;
      }
      return checkFlows([{ path: 'flows/x.yml', source }]).faults.every(isPlaced);
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('any template renders within its limits, or is refused by a HooklineError', (t) => {
  const data = { contact: { name: null, first_name: null, phone: null }, session: { name: 'main' } };
  fc.assert(
    fc.property(soup, text, (template, said) => {
      checkTemplate(template, ['a']).every(({ offset, length }) => offset >= 0 && length >= 0);
      try {
        return render(template, { ...data, message: { text: said }, answers: { a: said } }).length <= 10_000;
      } catch (error) {
        return error instanceof HooklineError;
      }
    }),
    { numRuns: 1_000 },
  );
  t.pass();
});

test('a phrase is found in every text that has its words, and in no text without them', (t) => {
  fc.assert(
    fc.property(text, text, text, (before, phrase, after) => {
      const { words } = toPhrase(phrase);
      const found = contains(toWords(`${before} ${phrase} ${after}`), words);
      return found === words.length > 0 && (words.length === 0 || !contains([], words));
    }),
  );
  fc.assert(fc.property(text, (said) => chooseFlow([], said) === undefined));
  t.pass();
});

/** Flows without errors, made of steps that lead anywhere. */
const walkable = fc
  .array(
    fc.oneof(
      fc.record({ say: fc.constantFrom('hello', '{{ message.text }}', '{{ a | default: "x" }}', '{{ message.text | times: 3 }}') }),
      fc.record({ ask: fc.constantFrom('what?', '{{ b }}{{ a }}{{ message.text }}'), save: fc.constantFrom('a', 'b') }),
      fc.record({ go: fc.constantFrom('s0', 's1', 's2') }),
    ),
    { minLength: 3, maxLength: 8 },
  )
  .map((list) => [{ ask: 'a', save: 'a' }, { ask: 'b', save: 'b' }, ...list].map((one, index) => ({ id: `s${index}`, ...one })));

test('a turn of any conversation stays within its limits, whatever is said', (t) => {
  fc.assert(
    fc.property(walkable, fc.array(fc.option(fc.oneof(text, soup)), { maxLength: 6 }), (list, said) => {
      const source = stringify({ flow: 'x', version: 1, start: [{ says: ['hi'] }], steps: list });
      const parsed = parseFlow({ path: 'flows/x.yml', source });
      if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
      const program = compile(parsed.flow);
      let state: RunState = FIRST_STATE;
      for (const one of ['hi', ...said]) {
        const turn = interpret(program, state, { text: one, contact: { name: one, phone: null }, session: { name: 'main' } }, () => 0.5);
        if (turn.steps.length > 100) return false;
        if (turn.outcome !== 'failed' && turn.effects.some((effect) => effect.text.length > 10_000 || effect.text.trim() === ''))
          return false;
        if (turn.outcome !== 'waiting') return true;
        // As the row keeps it.
        state = JSON.parse(JSON.stringify(turn.state));
      }
      return true;
    }),
  );
  t.pass();
});
