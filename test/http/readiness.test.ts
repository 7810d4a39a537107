import test from 'ava';
import { operationHandlers } from '../../src/http/handlers/operations.ts';

const probe = async (ready: boolean, lags: () => Promise<{ follower: string; events: number; seconds: number }[]>) => {
  const metrics = async () => ({ type: '', text: '' });
  const engines = async () => ({ engines: [], whatsapp: null });
  const { readiness } = operationHandlers({ version: '1.2.3', ready: async () => ready, lags, engines, metrics }, () => ({}));
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
