/** The door by which what a phone got enters the hub: its order, what it waits for, what it keeps out. */
import { setImmediate as turn } from 'node:timers/promises';
import test from 'ava';
import type { Ack, Told } from '../../src/core/arrival.ts';
import { HooklineError } from '../../src/core/errors.ts';
import type { SessionId, TenantId } from '../../src/core/ids.ts';
import type { InboundMessage } from '../../src/core/message.ts';
import type { Aside } from '../../src/sessions/ports.ts';
import { Intake } from '../../src/sessions/supervision/intake.ts';
import { FakeClock, testRuntime } from '../helpers/runtime.ts';
import { inbound } from './fake-engine.ts';

const AWAY = new HooklineError('storage-unavailable', 'The database does not answer.');
const SESSION = { id: 'ses_1' as SessionId, name: 'shop', tenantId: 'tnt_1' as TenantId };
const MINUTE = 60_000;

/** An intake over a hub in memory; each engine id is stored once, as the inbox does it. */
function hub({ mark = null as number | null } = {}) {
  const clock = new FakeClock();
  const stored: string[] = [];
  const marks: number[] = [];
  const aside: Aside[] = [];
  const state = { away: false, marked: mark, poison: new Set<string>(), dying: (_: string) => false, held: Promise.resolve() };
  const move = (to: number): void => {
    state.marked = to;
    marks.push(to);
  };
  const take = async (told: readonly Told[], moved: number | null): Promise<void> => {
    await state.held;
    if (state.away) throw AWAY;
    const ids = told.map((one) => ('message' in one ? one.message.engineId : `notice ${one.notice.kind}`));
    for (const id of ids) if (state.poison.has(id)) throw new TypeError(`cannot read ${id}`);
    for (const id of ids) {
      if (state.dying(id)) throw AWAY;
      if (!stored.includes(id)) stored.push(id);
    }
    if (moved !== null) move(moved);
  };
  const open = (): Intake =>
    new Intake(
      () => SESSION,
      { lastAt: null, mark: state.marked },
      {
        ports: {
          inbound: { take: (_session, told, moved) => take(told, moved) },
          outbound: {
            ack: async (_session, ack: Ack) => {
              if (state.away) throw AWAY;
              stored.push(`ack ${ack.engineId}`);
            },
            rescheduleLane: async () => undefined,
            engineIdOf: async () => null,
          },
          setAside: async (_session, what) => {
            if (state.away) throw AWAY;
            aside.push(what);
          },
        },
        store: {
          caughtUp: async (_session, upTo) => {
            if (state.away) throw AWAY;
            move(upTo);
          },
        },
        runtime: testRuntime({ clock, random: () => 0.5 }),
      },
    );
  const settle = async (): Promise<void> => {
    for (let n = 0; n < 30; n++) await turn();
  };
  return { clock, stored, marks, aside, state, open, settle };
}

/** An engine whose list of what was missed the test gives out. */
function lists(...answers: (InboundMessage[] | Error | Promise<InboundMessage[]>)[]) {
  const asked: number[] = [];
  return {
    asked,
    unreadSince: async (time: number) => {
      asked.push(time);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Error) throw answer;
      return (await answer) ?? [];
    },
  };
}

const from = (chat: string, engineId: string, timestamp: number): InboundMessage => ({
  ...inbound(engineId, timestamp),
  chat: { id: chat, kind: 'private' },
});
const ids = (prefix: string, count: number, at: number): InboundMessage[] =>
  Array.from({ length: count }, (_, n) => inbound(`${prefix}${n}`, at + n * 1_000));
const yes = (): boolean => true;

test('what comes live waits until all that was missed is in, and each in its order', async (t) => {
  const { clock, stored, open, settle } = hub();
  const intake = open();
  const now = clock.now();
  const list = Promise.withResolvers<InboundMessage[]>();
  intake.hold();
  const early = intake.take({ message: inbound('live-0', now) });
  intake.catchUp(lists(list.promise), yes);
  void intake.take({ ack: { engineId: 'true_1', level: 'read', at: now } });
  void intake.take({ message: inbound('live-1', now + 1_000) });
  await settle();
  t.deepEqual(stored, []);
  list.resolve(ids('missed-', 40, now - 80_000));
  await early;
  await settle();
  const missed = Array.from({ length: 40 }, (_, n) => `missed-${n}`);
  t.deepEqual(stored, [...missed, 'live-0', 'ack true_1', 'live-1']);
});

test('one that came live and is older than a missed one of its chat goes before it; other chats do not matter', async (t) => {
  const { clock, stored, open, settle } = hub();
  const intake = open();
  const now = clock.now();
  intake.hold();
  void intake.take({ message: from('a@c.us', 'a1', now - 3_000) });
  void intake.take({ message: from('b@c.us', 'b1', now - 3_000) });
  intake.catchUp(lists([from('a@c.us', 'a0', now - 4_000), from('a@c.us', 'a2', now - 2_000), from('c@c.us', 'c1', now)]), yes);
  await settle();
  t.deepEqual(stored, ['a0', 'a1', 'a2', 'c1', 'b1']);
});

test('the mark is what WhatsApp says, and moves only when all that was missed is in', async (t) => {
  const { clock, stored, marks, state, open, settle } = hub({ mark: Date.UTC(2026, 0, 5, 11) });
  const start = state.marked as number;
  const missed = ids('missed-', 60, start);
  const killed = open();
  state.dying = (id) => id === 'missed-42';
  killed.hold();
  killed.catchUp(lists(missed), yes);
  void killed.take({ message: inbound('live', clock.now()) });
  await settle();
  t.true(stored.length < 43);
  t.deepEqual(marks, [], 'what of it is in moves nothing');

  state.dying = () => false;
  const next = open();
  const again = lists(missed);
  next.hold();
  next.catchUp(again, yes);
  await settle();
  t.true((again.asked[0] ?? Infinity) < start);
  t.is(stored.filter((id) => id.startsWith('missed')).length, 60, 'each once');
  t.deepEqual(marks, [start + 59_000]);
  const last = clock.now() - 5_000;
  await next.take({ message: inbound('later', last) });
  await next.take({ message: inbound('from a clock that is ahead', clock.now() + 100 * MINUTE) });
  t.deepEqual(marks, [start + 59_000, last, clock.now()], 'what comes live moves it from then on, and never past now');
});

test('where nothing was missed the mark stays, and a session that was never connected begins now', async (t) => {
  const { clock, state, open, settle } = hub();
  const intake = open();
  t.is(intake.markOr(clock.now()), clock.now());
  intake.catchUp(lists([]), yes);
  await settle();
  t.is(state.marked, clock.now());
});

test('while the database is away all waits in order, whoever asks is told, and nothing is set aside', async (t) => {
  const { clock, stored, aside, state, open, settle } = hub();
  const intake = open();
  intake.catchUp(lists([]), yes);
  await settle();
  state.away = true;
  const troubles: unknown[] = [];
  const first = intake.take({ message: inbound('first', clock.now()) }, (error) => troubles.push(error));
  await settle();
  t.deepEqual(troubles, [AWAY]);
  const second = intake.take({ message: inbound('second', clock.now()) }, (error) => troubles.push(error));
  t.is(troubles.length, 2, 'at once, not after the pause');
  for (let n = 0; n < 5; n++) {
    clock.advance(30_000);
    await settle();
  }
  state.away = false;
  clock.advance(30_000);
  await Promise.all([first, second]);
  t.deepEqual(stored, ['first', 'second']);
  t.deepEqual(aside, []);
});

test('what will never be stored is set aside whole, and those around it are in', async (t) => {
  const { clock, stored, aside, state, open, settle } = hub();
  const intake = open();
  const now = clock.now();
  state.poison.add('bad-1').add('bad-2');
  const missed = [inbound('good-1', now - 3_000), inbound('bad-1', now - 2_000), inbound('good-2', now - 1_000)];
  intake.catchUp(lists(missed), yes);
  void intake.take({ unreadable: { kind: 'message', raw: { poll: null }, engineId: 'false_x', error: new Error('a null in it') } });
  await Promise.all(['good-3', 'bad-2', 'good-4'].map((id) => intake.take({ message: inbound(id, now) })));
  await settle();
  t.deepEqual(stored, ['good-1', 'good-2', 'good-3', 'good-4']);
  t.deepEqual(
    aside.map(({ stage, kind, engineId }) => [stage, kind, engineId]),
    [
      ['storing', 'message', 'bad-1'],
      ['mapping', 'message', 'false_x'],
      ['storing', 'message', 'bad-2'],
    ],
  );
  t.deepEqual(aside[0]?.raw, missed[1]);
});

test('what is no arrival at all is set aside, wherever it comes from', async (t) => {
  const { clock, stored, aside, open, settle } = hub();
  const intake = open();
  const bad = [null, {}, { engineId: 5 }, { engineId: 'x', chat: null }, { ...inbound('y', 1), text: {} }] as unknown as InboundMessage[];
  intake.catchUp(lists([...bad, inbound('good', clock.now())]), yes);
  await Promise.all(bad.map((message) => intake.take({ message })));
  await intake.take({ notice: {} as never });
  await intake.take({ ack: null as never });
  await settle();
  t.deepEqual(stored, ['good']);
  t.is(aside.length, 2 * bad.length + 2);
});

test('a list that does not come is waited for no longer than it may take; what comes live goes in, and the mark stays', async (t) => {
  const { clock, stored, marks, open, settle } = hub({ mark: Date.UTC(2026, 0, 5, 11) });
  const intake = open();
  const list = Promise.withResolvers<InboundMessage[]>();
  intake.catchUp(lists(list.promise), yes);
  const live = intake.take({ message: inbound('live', clock.now()) });
  clock.advance(60_000);
  await settle();
  t.deepEqual(stored, []);
  clock.advance(60_000);
  await live;
  t.deepEqual([stored, marks], [['live'], []]);
  list.resolve([inbound('missed', clock.now() - MINUTE)]);
  await settle();
  t.deepEqual(stored, ['live', 'missed']);
  t.is(marks.length, 1);
});

test('a list that fails is asked for again', async (t) => {
  const { clock, stored, open, settle } = hub();
  const intake = open();
  const engine = lists(new Error('the page is loading'), [inbound('missed', clock.now())]);
  intake.catchUp(engine, yes);
  await settle();
  clock.advance(1_000);
  await settle();
  t.is(engine.asked.length, 2);
  t.deepEqual(stored, ['missed']);
});

test('after a reload what comes live waits again', async (t) => {
  const { clock, stored, open, settle } = hub();
  const intake = open();
  intake.catchUp(lists([]), yes);
  await intake.take({ message: inbound('before', clock.now()) });
  intake.hold();
  void intake.take({ message: inbound('after', clock.now() + 2_000) });
  await settle();
  t.deepEqual(stored, ['before']);
  intake.catchUp(lists([inbound('between', clock.now() + 1_000)]), yes);
  await settle();
  t.deepEqual(stored, ['before', 'between', 'after']);
});

test('at the end of a run what waits is stored, or left to the phone where it would come before what was missed', async (t) => {
  const { clock, stored, open, settle } = hub();
  const intake = open();
  intake.catchUp(lists([]), yes);
  await settle();
  void intake.take({ message: inbound('last', clock.now()) });
  await intake.end();
  t.deepEqual(stored, ['last']);
  await t.throwsAsync(intake.take({ message: inbound('too late', clock.now()) }), { code: 'session-not-connected' });

  intake.hold();
  const left = intake.take({ message: inbound('unordered', clock.now()) });
  const own = intake.take({ message: { ...inbound('own', clock.now()), fromMe: true } });
  void intake.take({ ack: { engineId: 'true_1', level: 'read', at: clock.now() } });
  const refused = t.throwsAsync(left, { code: 'session-not-connected' });
  await intake.end();
  await refused;
  await own;
  t.deepEqual(stored, ['last', 'own', 'ack true_1']);
});

test('more than may wait is asked for again once there is room', async (t) => {
  const { clock, stored, marks, state, open, settle } = hub();
  const intake = open();
  const more = inbound('too much', clock.now());
  const engine = lists([], [more]);
  intake.catchUp(engine, yes);
  await settle();
  state.away = true;
  const text = 'x'.repeat(1_000_000);
  const large = Array.from({ length: 30 }, (_, n) => intake.take({ message: { ...inbound(`large-${n}`, clock.now()), text } }));
  const taken = Promise.allSettled(large);
  await settle();
  const before = marks.length;
  state.away = false;
  clock.advance(30_000);
  const refused = (await taken).filter(({ status }) => status === 'rejected').length;
  await settle();
  t.true(refused > 0 && refused < 30);
  t.is(engine.asked.length, 2);
  t.true(stored.includes('too much'));
  t.is(stored.filter((id) => id.startsWith('large')).length, 30 - refused);
  t.is(marks.length, before + 1, 'only the list that was asked for again has moved it');
});
