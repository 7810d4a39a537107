import { setTimeout as wait } from 'node:timers/promises';
import { BAD_RECEIVERS } from '../test/helpers/bad-receivers.ts';
import { type Call, linkedSandbox, startHub, until } from '../test/helpers/hub.ts';
import { type Receiver, startReceiver } from '../test/helpers/receiver.ts';
import { growthDuring, percentile } from './process.ts';
import type { Figure } from './run.ts';

const RATE = 50;
const SECONDS = 4;

/** One hub, one bad receiver after the other beside a healthy one: what it costs in memory, and the healthy one in time. */
export async function badReceivers(): Promise<Figure[]> {
  const hub = await startHub({ env: { HOOKLINE_WEBHOOKS_TIMEOUT_SECONDS: '1' } });
  const healthy = await startReceiver();
  try {
    const { call } = await hub.tenant();
    await call('POST', '/api/webhooks', { url: healthy.url, events: ['message.received'] });
    await linkedSandbox(call, 'shop');
    // A hub that has just started grows whatever happens.
    for (let i = 0; i < 3; i++) await steady(call, healthy);
    const figures: Figure[] = [];
    for (const [manner, start] of Object.entries(BAD_RECEIVERS)) {
      const alone = await steady(call, healthy);
      const receiver = await start();
      const { json: endpoint } = await call('POST', '/api/webhooks', { url: receiver.url, events: ['message.received'], schedule: [1] });
      const { result: beside, growth } = await growthDuring(hub.pid, () => steady(call, healthy));
      await call('DELETE', `/api/webhooks/${endpoint.id}`);
      await receiver.close();
      const [p99Alone, p99] = [percentile(alone, 0.99), percentile(beside, 0.99)];
      figures.push({
        what: `one that ${manner}: memory, a healthy one's p50 and p99`,
        value: `+${growth.toFixed(1)} MB, ${percentile(beside, 0.5)} ms, ${p99} ms = ${(p99 / p99Alone).toFixed(2)} × alone`,
        aim: '< 20 MB, p99 < 2 ×',
      });
    }
    return figures;
  } finally {
    await hub.dispose();
    await healthy.close();
  }
}

/** Milliseconds from each event to its arrival at the healthy one. */
async function steady(call: Call, healthy: Receiver): Promise<number[]> {
  const [before, started] = [healthy.requests.length, performance.now()];
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < RATE * SECONDS; i++) {
    await wait(Math.max(0, started + (i * 1_000) / RATE - performance.now()));
    calls.push(call('POST', '/api/sessions/shop/sandbox/receive', { from: '5521988887777', text: `in ${i}` }));
  }
  await Promise.all(calls);
  const arrived = () => healthy.requests.slice(before);
  await until(() => arrived().length >= calls.length, { what: 'the healthy one to have all of it', within: 30_000, every: 5 });
  return arrived().map(({ at, json }) => at - Date.parse(json.timestamp));
}
