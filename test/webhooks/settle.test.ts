import test from 'ava';
import { nextState } from '../../src/webhooks/delivery/after-attempt.ts';

const NOW = Date.UTC(2026, 0, 5, 12);
const delivery = { lane: 'webhook:whk_1:ses_1', failures: 0, expiresAt: NOW + 60_000 };
const options = { aside: false, now: NOW, random: () => 0.5 };
const ok = { status: 200, errorClass: null, responseHeaders: {} } as const;
const failure = { status: 500, errorClass: 'http', responseHeaders: {} } as const;

test('a success finishes it', (t) => {
  t.like(nextState(delivery, ok, options), { status: 'delivered', dueAt: null, finishedAt: NOW, failures: 0 });
});

test('a failure makes it due again by the schedule, in its lane', (t) => {
  t.like(nextState(delivery, failure, options), {
    status: 'pending',
    lane: delivery.lane,
    failures: 1,
    dueAt: NOW + 5_000,
    finishedAt: null,
  });
  t.like(nextState({ ...delivery, failures: 1 }, failure, options), { failures: 2, dueAt: NOW + 30_000 });
});

test('a failure in a relaxed lane waits aside, and stays aside', (t) => {
  const aside = nextState(delivery, failure, { ...options, aside: true });
  t.is(aside.lane, `${delivery.lane}:retry`);
  t.is(nextState({ ...delivery, ...aside }, failure, { ...options, aside: true }).lane, aside.lane);
});

test('the last try is made when it expires, and is the last', (t) => {
  const late = { ...delivery, failures: 8 };
  t.like(nextState(late, failure, options), { status: 'pending', dueAt: delivery.expiresAt });
  t.like(nextState(late, failure, { ...options, now: delivery.expiresAt }), {
    status: 'dead',
    dueAt: null,
    finishedAt: delivery.expiresAt,
  });
  t.like(nextState(late, ok, { ...options, now: delivery.expiresAt }), { status: 'delivered' });
});

test('the receiver may ask for another time than the schedule says', (t) => {
  const asked = { status: 503, errorClass: 'http', responseHeaders: { 'retry-after': '42' } } as const;
  t.like(nextState({ ...delivery, failures: 5 }, asked, options), { dueAt: NOW + 42_000 });
});
