import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { heldIn, underWatch } from '../test/helpers/held.ts';
import { type Call, linkedSandbox, startHub } from '../test/helpers/hub.ts';
import type { Means } from './hostile.ts';
import { percentile } from './process.ts';
import type { Figure } from './report.ts';
import { arrived, type Receiver, startReceiver } from './rig.ts';

/** Milliseconds that are waited for what was asked for; then whoever means harm is ended, and what is left is waited for without. */
const PATIENCE = 15_000;
/** Sends, and as many messages that come in, a second. */
const RATE = 25;
const SECONDS = 8;
const TURNS = 2;
const KINDS = ['patterns', 'flow texts', 'dead names', 'big bodies', 'refused writes'];

interface Felt {
  /** Milliseconds from the request to its 202. */
  accepts: number[];
  /** Milliseconds from the event to its arrival. */
  deliveries: number[];
  /** Milliseconds. */
  longestHold: number;
}

/**
 * What a tenant feels of another one that means harm. The measure is what it feels alone on a machine whose processors are busy
 * with something else at the lowest priority, as they are with the client of the other one; in turn, so that what else the
 * machine does hits both.
 */
export async function neighbours(): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-neighbours-'));
  const hub = await startHub({
    directory,
    env: { HOOKLINE_LOG_CONSOLE: 'false', HOOKLINE_HTTP_REQUESTS_PER_MINUTE: '0', ...underWatch(directory) },
  });
  const receiver = await startReceiver();
  try {
    const { call } = await hub.tenant();
    await call('POST', '/api/webhooks', { url: receiver.url('/hook'), events: ['message.received'] });
    await linkedSandbox(call, 'shop');
    const other = await hub.tenant();
    await linkedSandbox(other.call, 'other');
    const means: Means = { base: hub.base, key: other.key, session: 'other' };
    const feel = async (into: Felt, beside: ChildProcess[]): Promise<void> => {
      const from = Date.now();
      await steady(call, receiver, into, () => Promise.all(beside.map(killed)));
      const holds = heldIn(directory).flatMap(({ at, held }) => (at >= from ? [held] : []));
      into.longestHold = Math.max(into.longestHold, ...holds);
    };
    await feel(nothing(), []);
    const figures: Figure[] = [];
    for (const kinds of [...KINDS.map((kind) => [kind]), KINDS]) {
      const [alone, beside] = [nothing(), nothing()];
      for (let turn = 0; turn < TURNS; turn++) {
        await feel(alone, await Promise.all([1, 2].map(() => startHostile(means, ['processor']))));
        await feel(beside, [await startHostile(means, kinds)]);
        await answers(call);
      }
      figures.push(figureOf(kinds.length > 1 ? 'all of these together' : `one that comes with ${kinds}`, alone, beside));
    }
    return figures;
  } finally {
    await hub.dispose();
    await rm(directory, { recursive: true, force: true });
    receiver.close();
  }
}

const nothing = (): Felt => ({ accepts: [], deliveries: [], longestHold: 0 });

async function startHostile(means: Means, kinds: readonly string[]): Promise<ChildProcess> {
  const child = fork(new URL('./hostile.ts', import.meta.url), [JSON.stringify(means), ...kinds]);
  await once(child, 'message');
  return child;
}

function killed(child: ChildProcess): Promise<unknown> {
  child.kill('SIGKILL');
  return once(child, 'exit');
}

/** What it was given to do is done, and the next turn begins as the first one did. */
async function answers(call: Call): Promise<void> {
  for (let quick = 0; quick < 5; ) {
    const started = performance.now();
    await call('GET', '/api/sessions/shop').catch(() => undefined);
    quick = performance.now() - started < 100 ? quick + 1 : 0;
    await wait(50);
  }
}

async function steady(call: Call, receiver: Receiver, { accepts, deliveries }: Felt, end: () => Promise<unknown>): Promise<void> {
  await receiver.told();
  const started = performance.now();
  const pending: Promise<unknown>[] = [];
  let received = 0;
  // A connection that is cut is felt as whatever came before it.
  const accept = async (): Promise<void> => {
    const asked = performance.now();
    await call('POST', '/api/sessions/shop/messages', { to: '+55 21 98888-7777', type: 'text', text: 'out' }).catch(() => undefined);
    accepts.push(performance.now() - asked);
  };
  const receive = async (): Promise<void> => {
    const answer = await call('POST', '/api/sessions/shop/sandbox/receive', { from: '5521988887777', text: 'in' }).catch(() => undefined);
    if (answer?.status === 200) received++;
  };
  for (let i = 0; i < RATE * SECONDS; i++) {
    await wait(Math.max(0, started + (i * 1_000) / RATE - performance.now()));
    pending.push(accept(), receive());
  }
  const all = Promise.all(pending);
  await Promise.race([all, wait(PATIENCE)]);
  await end();
  await all;
  deliveries.push(...(await arrived(receiver, received)).latencies);
}

function figureOf(what: string, alone: Felt, beside: Felt): Figure {
  const ms = (values: number[]): string => [0.5, 0.99].map((share) => percentile(values, share).toFixed(1)).join(' / ');
  const times = (of: 'accepts' | 'deliveries'): string => {
    const ratio = percentile(beside[of], 0.99) / percentile(alone[of], 0.99);
    return `${ms(alone[of])} ms without it, ${ms(beside[of])} ms beside it = ${ratio.toFixed(1)} × at p99`;
  };
  return {
    what: `beside ${what}: accept, delivery (p50 / p99), and the longest hold of the event loop`,
    value: `${times('accepts')}; ${times('deliveries')}; ${alone.longestHold.toFixed(0)} → ${beside.longestHold.toFixed(0)} ms`,
    aim: 'p99 ≤ 2 ×; < 50 ms',
  };
}
