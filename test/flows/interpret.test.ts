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

const NOW = worldOf().now;
const timer = (state: RunState, steps: string, after: number) =>
  interpret(programOf(flowOf(steps)), state, { kind: 'timer' }, worldOf({ now: NOW + after }));

test('"wait" is over at its time, and nothing that is said meanwhile shortens it', (t) => {
  const steps = '- say: soon\n- wait: 10m\n- say: now';
  const { state, outcome } = turn(steps);
  t.is(outcome, 'waiting');
  t.like(state, { at: 'steps.1', wait: { for: 'time', dueAt: NOW + 600_000 } });
  for (const early of [turn(steps, { state, text: 'hello?' }), timer(state, steps, 599_999)]) {
    t.deepEqual([early.outcome, saidBy(early), early.state.wait], ['waiting', [], state.wait]);
  }
  t.deepEqual(saidBy(timer(state, steps, 600_000)), ['now']);
});

test('a request is waited for, tried again where that may help, and leads on by what came of it', (t) => {
  const steps = '- http: GET https://example.com/\n  save: found\n- say: "got {{ found }}"';
  const asked = turn(steps);
  t.like(asked.state, { at: 'steps.0', requests: 1, wait: { for: 'http', dueAt: NOW, request: 1, attempt: 0 } });
  const chat = turn(steps, { state: asked.state, text: 'hello?' });
  t.deepEqual([chat.outcome, saidBy(chat), chat.state.wait], ['waiting', [], asked.state.wait], 'a message is no answer to it');
  const late = timer(asked.state, steps, 0);
  t.deepEqual([late.outcome, late.state.wait], ['waiting', asked.state.wait]);
  const answer = (state: RunState, result: Extract<Input, { kind: 'http' }>['result'], more = '') =>
    interpret(programOf(flowOf(steps.replace('save: found', `save: found${more}`))), state, { kind: 'http', result }, worldOf());
  t.deepEqual(saidBy(answer(asked.state, { status: 200, body: 'it' })), ['got it']);

  let { state } = asked;
  for (const attempt of [1, 2]) {
    const again = answer(state, { status: 503, body: null });
    t.like(again.state.wait, { for: 'http', attempt, dueAt: NOW + 250 * 2 ** (attempt - 1) });
    state = again.state;
  }
  t.like(answer(state, { status: 503, body: null }), { outcome: 'failed', error: { code: 'request-failed' } });
  t.like(answer(asked.state, { status: 404, body: null }), { outcome: 'failed', error: { message: 'steps.0: The answer was 404' } });
  t.like(answer(asked.state, { error: 'no address', again: false }), { outcome: 'failed' });
  t.deepEqual(answer(asked.state, { error: 'late', again: true }).state.wait?.attempt, 1);
  t.is(answer(asked.state, { error: 'late', again: true }, '\n  retries: 0').outcome, 'failed');
});

test('an answer to a request that nobody waits for any more changes nothing', (t) => {
  const { state } = turn(ASK);
  const done = interpret(programOf(flowOf(ASK)), state, { kind: 'http', result: { status: 200, body: 'x' } }, worldOf());
  t.deepEqual([done.outcome, saidBy(done), done.state.wait, done.state.answers], ['waiting', [], state.wait, {}]);
});

/** The flow `a` calls `b`, which asks; and what else a test has for them. */
function calling({ b = ASK, top = '', known = true }: { b?: string; top?: string; known?: boolean } = {}) {
  const a = programOf(`${flowOf('- call: b\n- say: back', { name: 'a' })}parts:\n  stop:\n    - say: stopped\n`);
  const called = programOf(`${top}\n${flowOf(b, { name: 'b' })}parts:\n  stop:\n    - say: stopped here\n`);
  const program = (name: string) => (name === 'a' ? a : name === 'b' && known ? called : undefined);
  return (state: RunState, given: Input = input('Bia'), starts = {}) =>
    interpret(a, state, given, worldOf({ program, chat: { ...worldOf().chat, starts } }));
}

test('a flow that is called waits in its own steps, and its end leads back behind the call', (t) => {
  const take = calling();
  const asked = take(FIRST_STATE);
  t.deepEqual(asked.steps, ['steps.0', 'b:steps.0']);
  t.like(asked.state, { at: 'steps.0', flow: 'b', frames: [{ flow: 'a', at: 'steps.1' }] });
  const done = take(asked.state);
  t.is(done.outcome, 'ended');
  t.deepEqual(saidBy(done), ['Hi Bia', 'back']);
  t.deepEqual(done.steps, ['b:steps.1', 'steps.1']);
  t.false('flow' in done.state || 'frames' in done.state);
});

test('what is heard at any time inside a call leads on in the flow that heard it, and the call is left', (t) => {
  const take = calling();
  const { state } = take(FIRST_STATE);
  const jump = { kind: 'anytime', said: saying('stop'), messageId: 'msg_2', sessionName: 'main', go: 'stop' } as const;
  const done = take(state, { ...jump, flow: 'a' });
  t.deepEqual([done.outcome, saidBy(done), done.steps], ['ended', ['stopped'], ['parts.stop.0']]);
  const inside = take(state, { ...jump, flow: 'b' });
  t.deepEqual([inside.outcome, saidBy(inside)], ['ended', ['stopped here', 'back']], 'where the called flow heard it, it goes on there');
});

test('a flow that is not there, or lacks what it needs, fails its caller; one that may not begin again is passed by', (t) => {
  t.like(calling({ known: false })(FIRST_STATE), { outcome: 'failed', error: { code: 'flow-missing' } });
  const needy = calling({ top: 'inputs: { order: required }' })(FIRST_STATE);
  t.like(needy, { outcome: 'failed', error: { code: 'input-missing', message: 'steps.0: the flow "b" needs the input "order".' } });
  const seldom = calling({ top: 'again_after: 1h' });
  t.deepEqual(saidBy(seldom(FIRST_STATE, input('hi'), { b: NOW - 1 })), ['back']);
  const begun = seldom(FIRST_STATE, input('hi'), { b: NOW - 3_600_000 });
  t.is(begun.outcome, 'waiting');
  t.deepEqual(begun.outcome !== 'failed' && begun.memory.starts, { b: NOW });
});

test('ten flows may call each other, and no more', (t) => {
  const self = programOf(flowOf('- call: test'));
  const done = interpret(self, FIRST_STATE, input(), worldOf({ program: () => self }));
  t.like(done, { outcome: 'failed', error: { code: 'too-deep' } });
  t.is(done.state.frames?.length, 10);
  t.is(done.steps.length, 11);
});

test('a run begins with what it is given, and keeps no more than a run may', (t) => {
  const begin = (data: Record<string, string>) => {
    const start = { kind: 'start', said: saying('hi'), messageId: null, sessionName: 'main', data } as const;
    return interpret(programOf(flowOf('- say: "{{ order }} {{ event.type }}"')), FIRST_STATE, { ...start, event: EVENT }, worldOf());
  };
  t.deepEqual(saidBy(begin({ order: 'A1' })), ['A1 poll.vote']);
  t.is(begin({ order: 'A1', note: 'x'.repeat(1_024 * 1_024 - 20) }).outcome, 'failed');
  t.is(begin({ order: 'A1', note: 'x'.repeat(1_024 * 1_024 - 200) }).outcome, 'ended');
});

const EVENT = { type: 'poll.vote', data: {} };

test('a turn changes nothing that it was given', (t) => {
  const state: RunState = { at: 'steps.0', answers: { kept: 'x' }, frames: [] };
  const chat = { ...worldOf().chat, tags: ['old'], remembered: { plan: 'basic' } };
  const before = structuredClone({ state, chat });
  const steps = '- ask: Name?\n  save: name\n- tag: vip\n- remember: { contact.plan: gold }\n- say: "{{ contact.plan }}"';
  const done = interpret(programOf(flowOf(steps)), state, input('Bia'), worldOf({ chat }));
  t.deepEqual(saidBy(done), ['gold']);
  t.deepEqual(done.outcome !== 'failed' && done.memory, {
    tags: ['old', 'vip'],
    remembered: { plan: 'gold' },
    starts: {},
    optedOut: false,
  });
  t.deepEqual({ state, chat }, before);
});

test('"seen" marks the chat and goes on, "handoff" gives it to a person and ends the run', (t) => {
  const done = turn('- seen\n- say: one\n- handoff\n- say: never');
  t.is(done.outcome, 'ended');
  t.deepEqual(done.outcome !== 'failed' && done.effects.map(({ kind }) => kind), ['seen', 'send', 'handoff']);
  t.deepEqual(saidBy(done), ['one']);
});
