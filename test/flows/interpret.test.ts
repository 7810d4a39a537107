import test from 'ava';
import { interpret } from '../../src/flows/turn/interpret.ts';
import { FIRST_STATE, type Input, type RunState } from '../../src/flows/turn/state.ts';
import { flowOf, programOf, saying, worldOf } from './helpers.ts';

const input = (text: string | null = 'hi'): Input => ({ kind: 'message', said: saying(text), messageId: 'msg_1', sessionName: 'main' });

function turn(
  steps: string,
  { state = FIRST_STATE, text = 'hi' as string | null, random = 0 }: { state?: RunState; text?: string | null; random?: number } = {},
) {
  return interpret(programOf(flowOf(steps)), state, input(text), worldOf({ random: () => random }));
}

const sendsOf = (done: ReturnType<typeof interpret>) =>
  done.outcome === 'failed' ? [] : done.effects.flatMap((effect) => (effect.kind === 'send' ? [effect.send] : []));
const saidBy = (done: ReturnType<typeof interpret>): string[] => sendsOf(done).map((send) => ('text' in send ? send.text : send.type));

test('steps are done from top to bottom until the end', (t) => {
  const done = turn('- say: one\n- say: two\n- end');
  t.is(done.outcome, 'ended');
  t.deepEqual(saidBy(done), ['one', 'two']);
  t.deepEqual(done.steps, ['steps.0', 'steps.1', 'steps.2']);
});

test('the end of the list is the end of the run', (t) => t.is(turn('- say: one').outcome, 'ended'));

test('one_of is chosen by chance', (t) => {
  const steps = '- say:\n    one_of: [a, b, c]';
  t.deepEqual(
    [0, 0.34, 0.999].map((random) => saidBy(turn(steps, { random }))[0]),
    ['a', 'b', 'c'],
  );
});

const ASK = '- ask: Name?\n  save: name\n- say: "Hi {{ name }}"';

test('a question waits for its answer and keeps it', (t) => {
  const asked = turn(ASK);
  t.is(asked.outcome, 'waiting');
  t.like(asked.state, { at: 'steps.0', answers: {}, wait: { for: 'answer', dueAt: null } });
  const answered = turn(ASK, { state: asked.state, text: '  Bia ' });
  t.is(answered.outcome, 'ended');
  t.deepEqual(saidBy(answered), ['Hi Bia']);
  t.deepEqual(answered.state.answers, { name: 'Bia' });
});

for (const text of [null, '', '   ']) {
  test(`${JSON.stringify(text)} is no answer: the question is asked again`, (t) => {
    const again = turn(ASK, { state: { at: 'steps.0', answers: {} }, text });
    t.deepEqual([again.outcome, saidBy(again)], ['waiting', ['Name?']]);
  });
}

test('an answer is kept to 10,000 characters', (t) => {
  const { state } = turn(ASK, { state: { at: 'steps.0', answers: {} }, text: 'x'.repeat(65_536) });
  t.is(String(state.answers.name).length, 10_000);
});

test('typing is as the tenant has it; a flow overrides that, and a step the flow', (t) => {
  const source = flowOf('- say: a\n- say: b\n  typing: true\n- ask: c\n  save: x\n  typing: 1500');
  const typingOf = (text: string) => {
    const done = interpret(programOf(text), FIRST_STATE, input(), worldOf());
    return sendsOf(done).map((send) => ('typing' in send ? send.typing : undefined));
  };
  t.deepEqual(typingOf(source), [undefined, true, 1500]);
  t.deepEqual(typingOf(source.replace('steps:', 'typing: false\nsteps:')), [false, true, 1500]);
});

test('go leads to a part or to a step with an id', (t) => {
  const source = `${flowOf('- go: bye\n- id: back\n  say: back\n- end')}parts:\n  bye:\n    - say: bye\n    - go: back\n`;
  const done = interpret(programOf(source), FIRST_STATE, input(), worldOf());
  t.deepEqual(saidBy(done), ['bye', 'back']);
  t.deepEqual(done.steps, ['steps.0', 'parts.bye.0', 'parts.bye.1', 'steps.1', 'steps.2']);
});

test('more than 100 steps in a turn fail the run, and nothing of the turn is said', (t) => {
  const done = turn('- id: again\n  say: ha\n- go: again');
  t.is(done.outcome, 'failed');
  t.is(done.steps.length, 100);
  t.like(done, { error: { code: 'too-many-steps' } });
});

test('a text that comes out empty is not sent', (t) => {
  t.deepEqual(saidBy(turn('- say: "{{ contact.name | replace: contact.name, message.text }}"\n- say: x', { text: ' ' })), ['x']);
});

test('a run that waits at a step which its revision does not have fails', (t) => {
  t.like(turn(ASK, { state: { at: 'steps.7', answers: {} } }), { outcome: 'failed', error: { code: 'step-missing' } });
});

test('a text that cannot be filled in fails the run and names the step', (t) => {
  const blow = ' | replace: "a", "aaaaaaaaaaaaaaaaaaaa"'.repeat(2);
  const done = turn(`- say: first\n- say: '{{ message.text${blow} }}'`, { text: 'a'.repeat(10_000) });
  t.like(done, { outcome: 'failed', error: { code: 'text-failed' } });
  t.regex(done.outcome === 'failed' ? done.error.message : '', /^steps\.1: /);
});
