import { setTimeout as wait } from 'node:timers/promises';
import { linkedSandbox, startHub } from '../test/helpers/hub.ts';
import { median, residentMegabytes } from './process.ts';
import type { Figure } from './report.ts';

const STARTS = 5;
const SESSIONS = 100;
/** Long enough for what a start leaves behind to be collected. */
const SETTLE = 15_000;

/** What a hub costs before it does anything: time to its first answer, memory at rest, memory of connected sessions. */
export async function footprint(): Promise<Figure[]> {
  const starts: number[] = [];
  for (let i = 0; i < STARTS; i++) {
    const hub = await startHub();
    starts.push(hub.startMs);
    await hub.dispose();
  }
  const hub = await startHub();
  try {
    await wait(SETTLE);
    const idle = residentMegabytes(hub.pid);
    const tenant = await hub.tenant();
    for (let i = 0; i < SESSIONS; i++) await linkedSandbox(tenant.call, `s${i}`, String(5511900000000 + i));
    await wait(SETTLE);
    const loaded = residentMegabytes(hub.pid);
    return [
      {
        what: `start to ready on SQLite, fresh directory, median of ${STARTS}`,
        value: `${Math.round(median(starts))} ms`,
        aim: '< 2,000 ms',
      },
      { what: 'resident memory, idle', value: `${idle.toFixed(0)} MB`, aim: '< 150 MB' },
      { what: `resident memory, ${SESSIONS} sandbox sessions connected`, value: `${loaded.toFixed(0)} MB`, aim: '< 250 MB' },
    ];
  } finally {
    await hub.dispose();
  }
}
