/** No input makes the parser, the matcher, the templates or the interpreter throw anything unforeseen or exceed their limits. */
import test from 'ava';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { HooklineError } from '../../src/core/errors.ts';
import { parseFlow } from '../../src/flows/language/parse.ts';
import { checkFlows } from '../../src/flows/program/lint.ts';
import { compile } from '../../src/flows/program/program.ts';
import { NameScope } from '../../src/flows/text/known-names.ts';
import { checkTemplate, render } from '../../src/flows/text/templates.ts';
import { contains, Text, toPhrase, toWords } from '../../src/flows/text/words.ts';
import { interpret } from '../../src/flows/turn/interpret.ts';
import { FIRST_STATE, type RunState } from '../../src/flows/turn/state.ts';
import { heard, StartIndex } from '../../src/flows/understanding/match.ts';
import { saying, worldOf } from './helpers.ts';

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
  const values = { contact: { name: null, first_name: null, phone: null }, session: { name: 'main' } };
  const place = { locale: 'pt', zone: 'America/Sao_Paulo', now: 0 } as const;
  const known = new NameScope({ answers: ['a'] });
  fc.assert(
    fc.property(soup, text, (template, said) => {
      checkTemplate(template, known).every(({ offset, length }) => offset >= 0 && length >= 0);
      try {
        return render(template, { values: { ...values, message: { text: said }, a: said }, place }).length <= 10_000;
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
      const long = new Text(toWords(`${'x '.repeat(60)}${before} ${phrase} ${after}`)).has(words);
      return found === words.length > 0 && (long || words.length === 0) && (words.length === 0 || !contains([], words));
    }),
  );
  fc.assert(fc.property(text, (said) => new StartIndex([]).find(heard(saying(said))).length === 0));
  t.pass();
});

const isBad = (text: string): boolean => text.length > 10_000 || text.trim() === '';

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
    fc.property(walkable, fc.array(fc.option(fc.oneof(text, soup)), { maxLength: 6 }), (list, all) => {
      const source = stringify({ flow: 'x', version: 1, start: [{ says: ['hi'] }], steps: list });
      const parsed = parseFlow({ path: 'flows/x.yml', source });
      if ('faults' in parsed) throw new Error(JSON.stringify(parsed.faults));
      const program = compile(parsed.flow);
      let state: RunState = FIRST_STATE;
      for (const one of ['hi', ...all]) {
        const said = saying(one, { contact: { name: one, phone: null } });
        const turn = interpret(program, state, { kind: 'message', said, messageId: null, sessionName: 'main' }, worldOf());
        if (turn.steps.length > 100) return false;
        if (
          turn.outcome !== 'failed' &&
          turn.effects.some((effect) => effect.kind === 'send' && 'text' in effect.send && isBad(effect.send.text))
        )
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
