import test from 'ava';
import { operationHandlers } from '../../src/http/handlers/operations.ts';

const probe = async (
  ready: boolean,
  lags: () => Promise<{ follower: string; events: number; seconds: number }[]>,
  mediaAwaySince: () => number | null = () => null,
) => {
  const metrics = async () => ({ type: '', text: '' });
  const engines = async () => ({ engines: [], whatsapp: null });
  const { readiness } = operationHandlers(
    { version: '1.2.3', ready: async () => ready, lags, mediaAwaySince, engines, metrics },
    () => ({}),
  );
  const { status, body } = await readiness();
  return { status, body };
};

test('a hub with a follower that lags is ready, and names it and by how much', async (t) => {
  const lags = [
    { follower: 'webhooks', events: 12, seconds: 2.4 },
    { follower: 'flows', events: 120, seconds: 95.4 },
  ];
  const degraded = [{ follower: 'flows', events: 120, seconds: 95 }];
  t.deepEqual(await probe(true, async () => lags), { status: 200, body: { status: 'ready', degraded } });
  t.deepEqual(await probe(true, async () => lags.slice(0, 1)), { status: 200, body: { status: 'ready' } });
  t.deepEqual(await probe(true, () => Promise.reject(new Error('away'))), { status: 200, body: { status: 'ready' } });
  t.deepEqual(await probe(false, async () => lags), { status: 503, body: { status: 'not ready' } });
});

test('a hub whose store of files is away is ready, and says since when', async (t) => {
  const body = { status: 'ready', media: { awaySince: '2026-01-05T12:00:00.000Z' } };
  t.deepEqual(
    await probe(
      true,
      async () => [],
      () => Date.UTC(2026, 0, 5, 12),
    ),
    { status: 200, body },
  );
});
