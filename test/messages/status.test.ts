import test from 'ava';
import fc from 'fast-check';
import { type AckLevel, MESSAGE_STATUSES, type MessageStatus } from '../../src/core/message.ts';
import type { SessionRef } from '../../src/core/session.ts';
import { afterAck, awaitingDelivery, canMove, move, wasTaken } from '../../src/messages/message/status.ts';
import { draftOfSend } from '../../src/messages/sends/draft.ts';

const session = { id: 'ses_1', name: 'shop', tenantId: 'tnt_1' } as SessionRef;
const draft = () => draftOfSend(session, { to: '5511987654321', type: 'text', text: 'x' }, 0);
const LEVELS: AckLevel[] = ['failed', 'sent', 'delivered', 'read', 'played'];
const PROVEN: MessageStatus[] = ['sent', 'delivered', 'read', 'played'];

const status = fc.constantFrom(...MESSAGE_STATUSES);

test('whatever is tried, what an ack has proved is never taken back', (t) => {
  const attempt = fc.oneof(fc.record({ ack: fc.constantFrom(...LEVELS) }), fc.record({ to: status }));
  fc.assert(
    fc.property(fc.array(attempt, { maxLength: 30 }), (attempts) => {
      let message = draft();
      let proven = -1;
      for (const [at, step] of attempts.entries()) {
        const to = 'ack' in step ? afterAck(message.status, step.ack) : canMove(message.status, step.to) ? step.to : null;
        if (to) message = move(message, to, at);
        const rank = PROVEN.indexOf(message.status);
        // WhatsApp may still report that a message it had taken has failed, before anybody got it, and that may be retried.
        if (proven >= 1 || (proven === 0 && rank >= 0)) t.true(rank >= proven);
        proven = rank;
      }
    }),
  );
});

test('acks come to the same end in every order, also before "sent" was recorded', (t) => {
  const acks = fc.shuffledSubarray(['sent', 'delivered', 'read', 'played'] as const, { minLength: 1 });
  fc.assert(
    fc.property(acks, fc.constantFrom<MessageStatus>('queued', 'sending', 'unknown', 'sent'), (levels, from) => {
      let reached = from;
      for (const level of levels) reached = afterAck(reached, level) ?? reached;
      const furthest = Math.max(PROVEN.indexOf(from), ...levels.map((level) => PROVEN.indexOf(level)));
      t.is(PROVEN.indexOf(reached), furthest);
    }),
  );
});

test('a move that is not in the table throws, a legal one is told in the history', (t) => {
  fc.assert(
    fc.property(status, status, (from, to) => {
      const message = { ...draft(), status: from };
      if (!canMove(from, to)) t.throws(() => move(message, to, 1));
      else t.deepEqual(move(message, to, 1).history.at(-1), { status: to, at: 1 });
    }),
  );
});

test('of a history without end the beginning and the last moves are kept', (t) => {
  let message = draft();
  for (let at = 1; at <= 500; at++) message = move(message, at % 2 === 1 ? 'sending' : 'queued', at);
  t.is(message.history.length, 100);
  t.like(message.history, { 0: { status: 'queued', at: 0 }, 1: { status: 'queued', at: 402 }, 99: { status: 'queued', at: 500 } });
});

test('an end is an end', (t) => {
  for (const end of ['expired', 'canceled', 'received', 'played'] as const) {
    t.deepEqual(
      MESSAGE_STATUSES.filter((to) => canMove(end, to)),
      [],
    );
  }
  t.deepEqual(
    MESSAGE_STATUSES.filter((to) => canMove('failed', to)),
    ['queued'],
    'only the caller takes a failed message up again',
  );
});

test('only what waits or is open wakes its lane by itself', (t) => {
  const day = 24 * 60 * 60_000;
  t.is(draft().wakesAt, day, 'a queued message at its expiry');
  t.is(draftOfSend(session, { to: '5511987654321', type: 'text', text: 'x', sendAt: 500 }, 0).wakesAt, 500);
  t.is(move(draft(), 'sending', 7).wakesAt, null, 'one that is being handed over not by itself');
  t.is(move(move(draft(), 'sending', 7), 'sent', 8).wakesAt, null);
});

test('what was received, or acknowledged in any way, was taken by WhatsApp, and nothing else', (t) => {
  const taken = MESSAGE_STATUSES.filter((status) => wasTaken({ ...draft(), status }));
  t.deepEqual(taken.sort(), ['received', ...PROVEN].sort());
});

test('a delivery is missed only of what the phone of one person acknowledges, after it was sent, within a limit', (t) => {
  const wakes = (change: Partial<ReturnType<typeof draft>>, limit: number | null = 60) =>
    awaitingDelivery({ ...draft(), status: 'sent', wakesAt: null, ...change }, 1_000, limit).wakesAt;
  t.is(wakes({}), 1_060);
  t.is(wakes({}, null), null);
  t.is(wakes({ status: 'delivered' }), null);
  t.is(wakes({ chatId: '120363041234567890@g.us' }), null);
  for (const type of ['reaction', 'edit', 'revoke']) t.is(wakes({ type }), null, type);
});

test('that a try has failed is told by the hand-over itself, while it is under way or tried again', (t) => {
  for (const status of ['sending', 'queued'] as const) t.is(afterAck(status, 'failed'), null, status);
  for (const status of ['sent', 'unknown'] as const) t.is(afterAck(status, 'failed'), 'failed', status);
  for (const status of ['sending', 'queued'] as const) t.is(afterAck(status, 'sent'), 'sent', status);
});
