import test from 'ava';
import type { ChatKind } from '../../src/core/message.ts';
import type { Value } from '../../src/flows/language/schema.ts';
import { Effort } from '../../src/flows/text/effort.ts';
import { missingInputs, refusalOf, startsAfter } from '../../src/flows/turn/guards.ts';
import { FIRST_STATE } from '../../src/flows/turn/state.ts';
import { flowOf, programOf, worldOf } from './helpers.ts';

const NOW = Date.UTC(2026, 2, 24, 12);
const MINUTE = 60_000;

interface Asked {
  kind?: ChatKind;
  tags?: string[];
  starts?: Record<string, number>;
  answers?: Record<string, Value>;
  called?: boolean;
  condition?: string;
  effort?: Effort;
}

/** Why a flow with these lines at its top does not start. */
function refusal(top: string, { kind = 'private', tags = [], starts = {}, answers = {}, effort = new Effort(), ...more }: Asked = {}) {
  const chat = { ...worldOf().chat, kind, tags, starts };
  return refusalOf(programOf(`${top}\n${flowOf('- say: x')}`), chat, { ...FIRST_STATE, answers }, { now: NOW, effort, ...more });
}

test('a group starts nothing unless the flow says so, or another flow that decided for itself calls it', (t) => {
  t.is(refusal(''), null);
  t.regex(refusal('', { kind: 'group' }) ?? '', /private chats, and this is a group$/);
  t.regex(refusal('only_if: { chat: private }', { kind: 'newsletter' }) ?? '', /this is a newsletter$/);
  for (const chat of ['group', 'any']) t.is(refusal(`only_if: { chat: ${chat} }`, { kind: 'group' }), null);
  t.regex(refusal('only_if: { chat: group }', { kind: 'private' }) ?? '', /"only_if" does not hold/);
  t.is(refusal('', { kind: 'group', called: true }), null);
  t.regex(refusal('only_if: { tagged: vip }', { kind: 'group', called: true }) ?? '', /"only_if" does not hold/);
});

test('a flow does not begin again in a chat before its time, to the millisecond, whatever others did', (t) => {
  const again = (starts: Asked['starts'], more: Asked = {}) => refusal('again_after: 10m', { ...more, starts });
  t.is(again({}), null);
  t.is(again({ other: NOW }), null);
  t.regex(again({ test: NOW - 10 * MINUTE + 1 }) ?? '', /less than 10m ago/);
  t.is(again({ test: NOW - 10 * MINUTE }), null);
  t.regex(again({ test: NOW }, { called: true }) ?? '', /less than 10m ago/);
  t.is(refusal('', { starts: { test: NOW } }), null, 'one that does not ask may begin at any time');
});

test('only what asks for it is noted to have begun, beside the others', (t) => {
  const noted = (top: string) => startsAfter({ other: 1 }, programOf(`${top}\n${flowOf('- say: x')}`), NOW);
  t.deepEqual(noted('again_after: 10m'), { other: 1, test: NOW });
  t.deepEqual(noted(''), { other: 1 });
});

test('a flow does not start without what it cannot do without; whoever calls it is told by its own failure', (t) => {
  const inputs = 'inputs: { order: required, note: optional }';
  t.is(refusal(inputs), 'it needs the input "order"');
  t.is(refusal(inputs, { answers: { order: '' } }), 'it needs the input "order"', 'nothing is no input');
  t.is(refusal(inputs, { answers: { order: 7 } }), null);
  t.is(refusal(inputs, { called: true }), null);
  const program = programOf(`inputs: { constructor: required, order: required }\n${flowOf('- say: x')}`);
  t.deepEqual(missingInputs(program, { order: 'A1' }), ['constructor']);
});

test('both conditions have to hold, that of the flow and that of the way by which it starts; each is named, and shown in part', (t) => {
  const condition = 'contact.phone == "5511999990000"';
  t.is(refusal('', { condition: 'true' }), null);
  t.regex(refusal('', { condition: 'false' }) ?? '', /^the "if" of its start does not hold: "false"$/);
  t.is(refusal('only_if: { tagged: vip }', { tags: ['vip'], condition: 'true' }), null);
  t.regex(refusal('only_if: { tagged: vip }', { condition }) ?? '', /^its "only_if" does not hold: \{"tagged":"vip"\}$/);
  const long = refusal('', { condition: `false && "${'x'.repeat(900)}" == ""` }) ?? '';
  t.is(long.length, 'the "if" of its start does not hold: '.length + 500);
});

test('a condition that is too much work keeps the flow from starting, and fails the flow that calls it', (t) => {
  const spent = (): Effort => {
    const effort = new Effort();
    const spend = (step: number): void => {
      try {
        for (;;) effort.spend(step);
      } catch {
        // All of it is spent.
      }
    };
    spend(1_000);
    return effort;
  };
  t.regex(refusal('only_if: { tagged: vip }', { effort: spent() }) ?? '', /^its condition was not looked at: .*more work/);
  t.throws(() => refusal('only_if: { tagged: vip }', { effort: spent(), called: true }), { code: 'flow-invalid' });
  t.is(refusal('', { effort: spent() }), null, 'without a condition nothing is looked at');
});
