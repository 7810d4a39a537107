import test from 'ava';
import { pausedUntil, retryDelay } from '../../src/webhooks/owed/schedule.ts';

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const NOW = Date.UTC(2026, 0, 5, 12);

test('the waits are those of the contract', (t) => {
  const waits = Array.from({ length: 12 }, (_, i) => retryDelay(i + 1, () => 0.5) / SECOND);
  t.deepEqual(waits, [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 86_400, 86_400]);
});

test('a wait is spread by a fifth either way', (t) => {
  t.is(
    retryDelay(2, () => 0),
    24 * SECOND,
  );
  t.is(
    retryDelay(2, () => 0.999_999),
    36 * SECOND,
  );
});

test('Retry-After is understood in seconds and as a date', (t) => {
  t.is(pausedUntil(429, '120', NOW), NOW + 120 * SECOND);
  t.is(pausedUntil(503, 'Mon, 05 Jan 2026 12:02:00 GMT', NOW), NOW + 120 * SECOND);
});

test('Retry-After is kept between a second and an hour', (t) => {
  t.is(pausedUntil(429, '86400', NOW), NOW + HOUR);
  t.is(pausedUntil(429, '9'.repeat(400), NOW), NOW + HOUR);
  t.is(pausedUntil(429, '0', NOW), NOW + SECOND);
  t.is(pausedUntil(503, 'Mon, 05 Jan 2015 12:00:00 GMT', NOW), NOW + SECOND);
});

test('Retry-After counts on 429 and 503 only, and only when it can be read', (t) => {
  t.is(pausedUntil(500, '120', NOW), null);
  t.is(pausedUntil(429, undefined, NOW), null);
  t.is(pausedUntil(429, 'soon', NOW), null);
});
