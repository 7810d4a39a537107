/** How a flow is drawn, which step the cursor is in, and what a run went through. */
import test from 'ava';
import { type FlowGraph, goneOf, isTaken, layOut, stepAt, trailOf } from '../../src/dashboard/app/pages/flows/layout.ts';
import { TASKS } from '../../src/flows/aside/tasks.ts';

const TEXT = `flow: visit
version: 1
start:
  - says: [book]
anytime:
  - { says: [stop], go: bye }
steps:
  - menu: What?
    options: { new: A visit, agent: A person }
    go: { agent: bye }
    on_silence: { after: 1h, then: bye }
  # about the day
  - if: { known: true }
    then:
      - say: Hello again.
  - end
parts:
  bye: [{ say: Bye. }, end]
`;
const graph = TASKS.draw({ source: { path: 'flow.yml', source: TEXT }, others: [], models: [] }).graph as FlowGraph;

test('steps stand below each other and no two ways that lead elsewhere lie on one another', (t) => {
  const { steps, titles, edges, anytime, height } = layOut(graph);
  t.deepEqual(
    steps.map(({ step, left }) => [step.position, left]),
    [
      ['steps.0', 4],
      ['steps.1', 4],
      ['steps.1.then.0', 20],
      ['steps.2', 4],
      ['parts.bye.0', 4],
      ['parts.bye.1', 4],
    ],
  );
  for (const [at, box] of steps.entries()) t.true(box.top + box.height < (steps[at + 1]?.top ?? height));
  t.deepEqual(
    titles.map(({ name }) => name),
    ['bye'],
  );
  t.is(anytime[0]?.to, 'parts.bye.0');
  const lanesOf = (to: string): (string | undefined)[] =>
    edges.filter(({ key }) => key.endsWith(`>${to}`)).map(({ line }) => /H(\d+)V/.exec(line)?.[1]);
  const [else_] = lanesOf('steps.2');
  const bye = new Set(lanesOf('parts.bye.0'));
  t.is(bye.size, 1, 'what leads to one step shares a lane');
  t.false(bye.has(else_ ?? ''));
  t.regex(edges.find(({ key }) => key === 'steps.0>steps.1')?.line ?? '', /^M\d+ \d+V\d+$/, 'the next one is below');
});

test('the step of a place in the text', (t) => {
  const at = (line: number, column = 1): string | undefined => stepAt(graph, TEXT, { line, column })?.position;
  t.deepEqual(
    [1, 4, 7, 8, 9, 12, 13, 15, 16, 17].map((line) => at(line, 20)),
    [...[undefined, undefined, undefined, 'steps.0', 'steps.0', 'steps.0', 'steps.1', 'steps.1.then.0', 'steps.2', undefined]],
  );
  t.is(at(18, 12), 'parts.bye.0');
  t.is(at(18, 25), 'parts.bye.1');
});

test('what a run, a chat or tests went through, also by way of another flow', (t) => {
  const trail = trailOf('visit', 'ended', [{ steps: ['steps.0'] }, { steps: ['steps.1', 'other:steps.0', 'steps.2'] }]);
  t.deepEqual(trail.ways.at(-1), 'visit:steps.2>end');
  const gone = goneOf('visit', trail);
  t.deepEqual([...gone.steps], ['steps.0', 'steps.1', 'steps.2']);
  const taken = ['start', 'steps.0>steps.1', 'steps.0>parts.bye.0', 'steps.1>steps.2', 'steps.2>end'].map((key) =>
    isTaken(gone, graph, key),
  );
  t.deepEqual(taken, [true, true, false, false, true]);
});
