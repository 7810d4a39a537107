import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { BAD_RECEIVERS } from '../test/helpers/bad-receivers.ts';
import { type Call, linkedSandbox, startHub } from '../test/helpers/hub.ts';
import { growthDuring, percentile } from './process.ts';
import type { Figure } from './report.ts';
import { arrived, type Receiver, startReceiver } from './rig.ts';

const RATE = 50;
const SECONDS = 16;
/** Rounds of so many seconds. */
const WARM_UP = 7;

/** One hub, one bad receiver after the other beside a healthy one: what it costs in memory, and the healthy one in time. */
export async function badReceivers(): Promise<Figure[]> {
  const hub = await startHub({ env: { HOOKLINE_WEBHOOKS_TIMEOUT_SECONDS: '1' } });
  const healthy = await startReceiver();
  try {
    const { call } = await hub.tenant();
    await call('POST', '/api/webhooks', { url: healthy.url('/hook'), events: ['message.received'] });
    await linkedSandbox(call, 'shop');
    // A hub that has just started grows whatever happens, at the last by 25 MB at once after some 5,000 messages.
    for (let i = 0; i < WARM_UP; i++) await steady(call, healthy);
    const alone: number[] = [];
    const beside: { manner: string; took: number[]; growth: number }[] = [];
    for (const manner of Object.keys(BAD_RECEIVERS)) {
      alone.push(...(await steady(call, healthy)));
      const [receiver, url] = await startBadReceiver(manner);
      const { json: endpoint } = await call('POST', '/api/webhooks', { url, events: ['message.received'], schedule: [1] });
      const { result: took, growth } = await growthDuring(hub.pid, () => steady(call, healthy));
      beside.push({ manner, took, growth });
      await call('DELETE', `/api/webhooks/${endpoint.id}`);
      receiver.kill();
    }
    const p99Alone = percentile(alone, 0.99);
    return [
      {
        what: 'a healthy endpoint, alone: p50 and p99',
        value: `${percentile(alone, 0.5).toFixed(1)} ms, ${p99Alone.toFixed(1)} ms`,
        aim: 'the measure',
      },
      ...beside.map(({ manner, took, growth }) => {
        const p99 = percentile(took, 0.99);
        return {
          what: `beside one that ${manner}: the hub's memory, the healthy one's p50 and p99`,
          value: `+${growth.toFixed(1)} MB, ${percentile(took, 0.5).toFixed(1)} ms, ${p99.toFixed(1)} ms = ${(p99 / p99Alone).toFixed(2)} × alone`,
          aim: '< 20 MB, p99 < 2 ×',
        };
      }),
    ];
  } finally {
    await hub.dispose();
    healthy.close();
  }
}

async function startBadReceiver(manner: string): Promise<[ChildProcess, string]> {
  const child = fork(new URL('./bad-receiver.ts', import.meta.url), [manner]);
  const [url] = (await once(child, 'message')) as [string];
  return [child, url];
}

/** Milliseconds from each event to its arrival at the healthy one. */
async function steady(call: Call, healthy: Receiver): Promise<number[]> {
  await healthy.told();
  const started = performance.now();
  const calls: Promise<unknown>[] = [];
  for (let i = 0; i < RATE * SECONDS; i++) {
    await wait(Math.max(0, started + (i * 1_000) / RATE - performance.now()));
    calls.push(call('POST', '/api/sessions/shop/sandbox/receive', { from: '5521988887777', text: `in ${i}` }));
  }
  await Promise.all(calls);
  return (await arrived(healthy, calls.length)).latencies;
}
