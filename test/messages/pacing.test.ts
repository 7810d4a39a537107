import test from 'ava';
import { type Pace, type Pacing, paceAfter, pacingWait } from '../../src/messages/lane/pacing.ts';

const START = Date.UTC(2026, 10, 24, 12);
const DAY = 24 * 60 * 60_000;

/** Sends as soon as it may, and answers when each of `count` messages left, in seconds after the start. */
function leave(pacing: Pacing, count: number, { from = START, random = 0, chats = ['a'] } = {}): number[] {
  let session: Pace | null = null;
  const ofChat = new Map<string, Pace>();
  let now = from;
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const chat = chats[i % chats.length] as string;
    const paces = (): { session: Pace | null; chat: Pace | null } => ({ session, chat: ofChat.get(chat) ?? null });
    for (let wait = pacingWait(pacing, paces(), now); wait; wait = pacingWait(pacing, paces(), now)) now = wait.until;
    session = paceAfter(pacing, paces(), now, () => random);
    ofChat.set(chat, session);
    times.push((now - from) / 1_000);
  }
  return times;
}

test('without settings nothing waits', (t) => {
  t.deepEqual(leave({}, 5), [0, 0, 0, 0, 0]);
});

test('a bucket lets its burst go at once and then keeps to its rate', (t) => {
  t.deepEqual(leave({ perMinute: 12 }, 4), [0, 5, 10, 15]);
  t.deepEqual(leave({ perMinute: 12, burst: 3 }, 6), [0, 0, 0, 5, 10, 15]);
});

test('after a pause the bucket is full again, and never more than full', (t) => {
  const pacing = { perMinute: 12, burst: 3 };
  let session: Pace | null = null;
  for (let i = 0; i < 3; i++) session = paceAfter(pacing, { session, chat: null }, START, Math.random);
  const at = (ms: number) => pacingWait(pacing, { session, chat: null }, START + ms);
  t.deepEqual(at(0), { reason: 'rate', until: START + 5_000 });
  t.is(at(5_000), null);
  const later = START + DAY;
  for (let i = 0; i < 3; i++) {
    t.is(pacingWait(pacing, { session, chat: null }, later), null);
    session = paceAfter(pacing, { session, chat: null }, later, Math.random);
  }
  t.deepEqual(pacingWait(pacing, { session, chat: null }, later), { reason: 'rate', until: later + 5_000 });
});

test('a gap lasts as long as the dice say, within its jitter', (t) => {
  t.deepEqual(leave({ minGapSeconds: 10, jitter: 0.5 }, 3, { random: 0 }), [0, 10, 20]);
  t.deepEqual(leave({ minGapSeconds: 10, jitter: 0.5 }, 3, { random: 0.5 }), [0, 12.5, 25]);
});

test('a chat has a bucket of its own', (t) => {
  t.deepEqual(leave({ perChatPerMinute: 2 }, 4), [0, 0, 30, 60]);
  t.deepEqual(leave({ perChatPerMinute: 2 }, 4, { chats: ['a', 'b'] }), [0, 0, 0, 0]);
});

test('a new session sends more from day to day, and then without limit', (t) => {
  const hours = leave({ warmUp: { days: 2, perDay: 2 } }, 9).map((seconds) => seconds / 3_600);
  t.deepEqual(hours, [0, 0, 24, 24, 24, 24, 48, 48, 48]);
});

test('what waits says for what, and the longest wait wins', (t) => {
  const pacing = { perMinute: 60, minGapSeconds: 5, perChatPerMinute: 4 };
  const session = paceAfter(pacing, { session: null, chat: null }, START, () => 0);
  t.deepEqual(pacingWait(pacing, { session, chat: null }, START), { reason: 'gap', until: START + 5_000 });
  const quietHours = { from: '12:00', to: '12:30', timezone: 'UTC' };
  t.deepEqual(pacingWait({ ...pacing, quietHours }, { session, chat: null }, START), {
    reason: 'quiet-hours',
    until: START + 30 * 60_000,
  });
});

test('a wait that ends in quiet hours goes on to their end', (t) => {
  const pacing = { minGapSeconds: 3_600, quietHours: { from: '12:30', to: '15:00', timezone: 'UTC' } };
  t.deepEqual(leave(pacing, 2), [0, 3 * 3_600]);
});

test('settings that were changed hold for what was sent before', (t) => {
  const slow = paceAfter({ perMinute: 1, burst: 10 }, { session: null, chat: null }, START, () => 0);
  t.is(pacingWait({}, { session: slow, chat: slow }, START), null);
  const fast = { perMinute: 60 };
  const next = paceAfter(fast, { session: slow, chat: null }, START, () => 0);
  t.deepEqual(pacingWait(fast, { session: next, chat: null }, START), { reason: 'rate', until: START + 1_000 });
});

test('a warm-up that was changed counts what was sent on this day, and nothing of another or beyond its days', (t) => {
  let session: Pace | null = null;
  for (let sent = 0; sent < 10; sent++) session = paceAfter({ warmUp: { days: 5, perDay: 10 } }, { session, chat: null }, START, () => 0);
  const wait = (days: number, perDay: number, now: number) => pacingWait({ warmUp: { days, perDay } }, { session, chat: null }, now);
  t.deepEqual(wait(5, 2, START), { reason: 'warm-up', until: START + DAY });
  t.is(wait(5, 2, START + DAY), null, 'ten were sent on the first day, and none on the second');
  session = paceAfter({ warmUp: { days: 5, perDay: 1 } }, { session, chat: null }, START + DAY, () => 0);
  session = paceAfter({ warmUp: { days: 5, perDay: 1 } }, { session, chat: null }, START + DAY, () => 0);
  t.deepEqual(wait(5, 1, START + DAY), { reason: 'warm-up', until: START + 2 * DAY });
  t.is(wait(1, 1, START + DAY), null, 'it is over since yesterday');
});
