import { percentile } from './process.ts';
import type { Figure } from './report.ts';
import { pile, RATE, SECONDS, startReceiver, startRig, steady } from './rig.ts';

const DEAD_LANES = 1_000;
const ROWS_A_LANE = 1_000;
const TURNS = 3;
const HOUR = 3_600_000;

/** What a healthy endpoint feels of a dead one with a thousand lanes: alone and beside it in turn, so that what else the machine does hits both. */
export async function isolation(): Promise<Figure[]> {
  const receiver = await startReceiver();
  const rig = await startRig();
  const { endpoints } = rig.app.rooms;
  try {
    await endpoints.create(rig.tenantId, { url: receiver.url('/hook'), events: ['message.*'] });
    const { id } = await endpoints.create(rig.tenantId, { url: receiver.url('/busy'), events: ['custom.nothing'] });
    const silence = async (): Promise<void> => {
      await rig
        .sql('webhook_endpoints')
        .where({ id })
        .update({ paused_until: Date.now() + HOUR });
      await rig.app.rooms.lanes.drain();
    };
    // Nobody listens there: every lane fails again and again, and its rows wait behind.
    await endpoints.update(rig.tenantId, id, { url: 'http://127.0.0.1:9/' });
    await pile(rig, id, { count: DEAD_LANES * ROWS_A_LANE, lanes: DEAD_LANES, dueAt: Date.now() });
    await silence();
    await steady(rig, receiver);
    const [alone, beside, atFirst]: [number[], number[], number[]] = [[], [], []];
    for (let turn = 0; turn < TURNS; turn++) {
      alone.push(...(await steady(rig, receiver)));
      await endpoints.enable(rig.tenantId, id);
      atFirst.push(...(await steady(rig, receiver)));
      beside.push(...(await steady(rig, receiver)));
      await silence();
    }
    const told = (all: number[]): string => `${[0.5, 0.95, 0.99].map((share) => percentile(all, share).toFixed(1)).join(' / ')} ms`;
    const more = (percentile(beside, 0.99) / percentile(alone, 0.99) - 1) * 100;
    return [
      { what: `a healthy endpoint at ${RATE}/s, alone: p50 / p95 / p99`, value: told(alone), aim: '' },
      {
        what: `beside ${DEAD_LANES.toLocaleString('en')} dead lanes × ${ROWS_A_LANE.toLocaleString('en')} rows`,
        value: `${told(beside)} (p99 ${more >= 0 ? '+' : ''}${more.toFixed(0)} %)`,
        aim: 'p99 within 10 %',
      },
      { what: `in the first ${SECONDS} s, while all of them fail for the first time`, value: told(atFirst), aim: '' },
    ];
  } finally {
    await rig.dispose();
    receiver.close();
  }
}
