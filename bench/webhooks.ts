import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import got from 'got';
import { sign } from '../src/webhooks/signing/sign.ts';
import { median, percentile } from './process.ts';
import type { Figure } from './report.ts';
import { arrived, IN_FLIGHT, pile, RATE, type Receiver, type Rig, receive, SECONDS, startReceiver, startRig, steady } from './rig.ts';

const REQUESTS = 10_000;
const PER_LANE = 150;
const FEW = 1_000;
const MANY = 500_000;
const PROBES = 2_000;
const ROUNDS = 5;

interface Speed {
  /** A second. */
  rate: number;
  /** Milliseconds of this process' CPU for one. */
  cpu: number;
}

async function speedOf(count: number, work: () => Promise<unknown>): Promise<Speed> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { rate: (count / (performance.now() - started)) * 1_000, cpu: (user + system) / 1_000 / count };
}

type Post = (url: string, body: string, headers: Record<string, string>) => Promise<unknown>;

/** What a client alone does: sign, post, read the answer, with nothing stored and no order kept. */
async function bare(receiver: Receiver, post: Post): Promise<Speed> {
  const body = JSON.stringify({ type: 'message.received', data: { text: 'x'.repeat(400) } });
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
  let left = REQUESTS;
  const loop = async (): Promise<void> => {
    while (left-- > 0) {
      const timestamp = Math.floor(Date.now() / 1_000);
      await post(receiver.url('/bare'), body, {
        'content-type': 'application/json',
        'webhook-id': 'evt_1',
        'webhook-timestamp': String(timestamp),
        'webhook-signature': sign({ v1: [secret] }, { id: 'evt_1', timestamp, body }),
      });
    }
  };
  const speed = await speedOf(REQUESTS, () => Promise.all(Array.from({ length: IN_FLIGHT }, loop)));
  await receiver.told();
  return speed;
}

const agent = new http.Agent({ keepAlive: true, maxSockets: IN_FLIGHT });

const byGot: Post = (url, body, headers) =>
  got.post(url, { body, headers, agent: { http: agent }, retry: { limit: 0 }, timeout: { request: 15_000 } });

const byNode: Post = (url, body, headers) =>
  new Promise((resolve, reject) => {
    http
      .request(url, { method: 'POST', headers, agent }, (response) => response.on('end', resolve).on('error', reject).resume())
      .on('error', reject)
      .end(body);
  });

/** A backlog that drains: stored, signed, each attempt on record, strictly ordered within each lane. */
async function drain(rig: Rig, receiver: Receiver): Promise<Speed & { outOfOrder: number }> {
  const { endpoints } = rig.app.rooms;
  const { id } = await endpoints.create(rig.tenantId, { url: receiver.url('/busy'), events: ['message.*'] });
  for (let i = 0; i < PER_LANE; i++) await Promise.all(rig.sessions.map((_, lane) => receive(rig, lane)));
  await rig.app.rooms.ledger.drain();
  await rig.app.rooms.lanes.drain();
  await receiver.told();
  const count = IN_FLIGHT * PER_LANE;
  let outOfOrder = 0;
  const speed = await speedOf(count, async () => {
    await endpoints.update(rig.tenantId, id, { url: receiver.url('/hook') });
    ({ outOfOrder } = await arrived(receiver, count));
  });
  return { ...speed, outOfOrder };
}

/** Milliseconds of this process' CPU from an inbound message to the end of its delivery. */
async function cost(rig: Rig, receiver: Receiver): Promise<number> {
  await receiver.told();
  const rounds = Math.ceil(PROBES / IN_FLIGHT);
  const { cpu } = await speedOf(rounds * IN_FLIGHT, async () => {
    for (let i = 0; i < rounds; i++) {
      await Promise.all(rig.sessions.map((_, lane) => receive(rig, lane)));
      await arrived(receiver, IN_FLIGHT);
    }
  });
  return cpu;
}

/** What a delivery costs with few and with many waiting elsewhere: two hubs, asked in turn, so that what else the machine does hits both. */
async function costs(receiver: Receiver): Promise<{ few: number; many: number; memory: number }> {
  const rigs: Rig[] = [];
  const waiting = async (count: number): Promise<Rig> => {
    const rig = await startRig();
    rigs.push(rig);
    await rig.app.rooms.endpoints.create(rig.tenantId, { url: receiver.url('/hook'), events: ['message.*'] });
    const { id } = await rig.app.rooms.endpoints.create(rig.tenantId, { url: receiver.url('/busy'), events: ['custom.nothing'] });
    await cost(rig, receiver);
    const before = process.memoryUsage.rss();
    await pile(rig, id, { count, lanes: 500, dueAt: Date.now() + 3_600_000 });
    await cost(rig, receiver);
    memory = process.memoryUsage.rss() - before;
    return rig;
  };
  let memory = 0;
  try {
    const [few, many] = [await waiting(FEW), await waiting(MANY)];
    const measured: { few: number; many: number }[] = [];
    for (let i = 0; i < ROUNDS; i++) measured.push({ few: await cost(few, receiver), many: await cost(many, receiver) });
    return { few: median(measured.map((one) => one.few)), many: median(measured.map((one) => one.many)), memory };
  } finally {
    for (const rig of rigs) await rig.dispose();
  }
}

export async function webhooks(): Promise<Figure[]> {
  const receiver = await startReceiver();
  const rig = await startRig();
  try {
    await bare(receiver, byGot);
    const before = await bare(receiver, byGot);
    const hub = await drain(rig, receiver);
    const after = await bare(receiver, byGot);
    const node = await bare(receiver, byNode);
    const measure = { rate: (before.rate + after.rate) / 2, cpu: (before.cpu + after.cpu) / 2 };
    await steady(rig, receiver);
    await wait(1_000);
    const latencies = await steady(rig, receiver);
    const { few, many, memory } = await costs(receiver);
    const ms = (share: number): string => `${percentile(latencies, share).toFixed(1)} ms`;
    const against = ({ rate, cpu }: Speed): string =>
      `${rate.toFixed(0)}/s = ${(rate / measure.rate).toFixed(2)} × bare got; by CPU ${cpu.toFixed(2)} ms = ${(measure.cpu / cpu).toFixed(2)} ×`;
    return [
      {
        what: `bare got, signed POST, keep-alive, ${IN_FLIGHT} in flight`,
        value: `${measure.rate.toFixed(0)}/s; by CPU ${measure.cpu.toFixed(2)} ms`,
        aim: 'the measure',
      },
      { what: 'bare node:http, the same', value: against(node), aim: '' },
      {
        what: `hub: stored, signed, strictly ordered over ${IN_FLIGHT} lanes (${hub.outOfOrder} out of order)`,
        value: against(hub),
        aim: '≥ 0.8 ×',
      },
      {
        what: `inbound stored → received, at ${RATE}/s for ${SECONDS} s: p50 / p95 / p99`,
        value: `${ms(0.5)} / ${ms(0.95)} / ${ms(0.99)}`,
        aim: 'p95 < 40 ms',
      },
      { what: `CPU a delivery from inbound on, ${FEW.toLocaleString('en')} waiting elsewhere`, value: `${few.toFixed(2)} ms`, aim: '' },
      {
        what: `the same, ${MANY.toLocaleString('en')} waiting`,
        value: `${many.toFixed(2)} ms (${((many / few - 1) * 100).toFixed(0)} %)`,
        aim: 'within 15 %',
      },
      { what: `memory more with ${MANY.toLocaleString('en')} waiting`, value: `${(memory / 1e6).toFixed(0)} MB`, aim: 'flat' },
    ];
  } finally {
    await rig.dispose();
    receiver.close();
  }
}
