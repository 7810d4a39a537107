/** `*.test.yml`: what holds there is what a person would see in the chat. */
import test from 'ava';
import { runTests } from '../../src/flows/simulator/test-runner.ts';

const held = (flow: string, chat: string): string[] => {
  const run = runTests(
    [{ path: 'a.yml', source: flow }],
    [
      {
        path: 'a.test.yml',
        source: `flow: a\nnow: 2026-03-18T10:00\ntests:\n  - name: it\n    chat:\n${chat.replace(/^(?=.)/gm, '      ')}`,
      },
    ],
  );
  return [...run.faults, ...run.results.flatMap(({ failures }) => failures)].map(({ path, message }) => `${path} ${message}`);
};
const flowOf = (steps: string, top = ''): string =>
  `flow: a\nversion: 1\nlocale: pt\ntimezone: America/Sao_Paulo\nstart: [{ says: [oi] }]\n${top}steps:\n${steps.replace(/^(?=.)/gm, '  ')}`;

test('blanks are compared as people see them, whichever they are', (t) => {
  const money = flowOf(`- set: { sum: 146.3 }\n- say: "Total: {{ sum | money: 'BRL' }}"\n- end\n`);
  t.deepEqual(held(money, '- user: oi\n- bot: "Total: R$ 146,30"\n'), []);
  t.is(held(money, '- user: oi\n- bot: "Total: R$ 146,31"\n').length, 1);
  const day = flowOf('- ask: Dia?\n  expect: date\n  save: d\n- say: "{{ d }}"\n- end\n');
  t.deepEqual(held(day, '- user: oi\n- bot: Dia?\n- user: "25\\u00a0de\\u00a0março"\n- bot: "2026-03-25"\n'), []);
});

test('a burst is one message, as in the hub', (t) => {
  const flow = flowOf('- menu: Oi\n  options: { a: Pizza, b: Outro }\n  save: n\n- say: "{{ n }}"\n- end\n', 'gather: 3s\n');
  t.deepEqual(held(flow, '- user: oi\n- user: tudo bem?\n- user: quero pizza\n- bot: "Oi\\n1. Pizza\\n2. Outro"\n- silent: true\n'), []);
});

test('what is not known is neither more nor less than anything, and equals nothing', (t) => {
  const steps = ['"!(k > 5)"', '{ not: "k > 5" }', '"k != 5"', '"k == 5"', '"k < 5"', '"k >= 5"'].map(
    (condition, index) => `- if: ${condition}\n  then: [{ say: "${index}" }]\n`,
  );
  const known = flowOf(`${steps.join('')}- say: end\n- end\n`, 'inputs: [k]\n');
  t.deepEqual(held(known, '- user: oi\n- bot: "1"\n- bot: "2"\n- bot: end\n'), []);
});
