/** Mixed load for a long time: kills, dropped sessions, a receiver that fails now and then; then calm, in which nothing may grow. */
import { readdirSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { median, residentMegabytes } from '../../../bench/process.ts';
import { processesOn } from '../../e2e/processes.ts';
import type { FaultRow } from '../stage.ts';

const EVENTS_EACH = 5_000;
/** The last part of the time is calm. */
const CALM = 0.4;

export const soak: FaultRow = {
  what: 'Mixed load with kills and dropped sessions, then without: memory and descriptors stay flat',
  count: { of: 'minutes', usual: 0.5 },
  async run(stage) {
    const world = await stage.world({ sessions: 6, gap: stage.count > 2 ? 400 : 100 });
    world.load();
    const total = stage.count * 60_000;
    const began = performance.now();
    const passed = () => performance.now() - began;
    const done = { kills: 0, drops: 0, restarts: 0 };
    let ready = 0;
    while (passed() < total * (1 - CALM)) {
      await wait(EVENTS_EACH * (0.5 + Math.random()));
      const session = world.sessions[Math.floor(Math.random() * world.sessions.length)];
      const dice = Math.random();
      if (dice < 0.4) {
        ready = Math.max(ready, await world.restart());
        done.kills++;
      } else if (dice < 0.8) {
        await world.call('POST', `/api/sessions/${session}/sandbox/disconnect`, { reason: 'network' });
        done.drops++;
      } else {
        await world.call('POST', `/api/sessions/${session}/restart`);
        done.restarts++;
      }
    }
    const samples: { memory: number; descriptors: number; processes: number }[] = [];
    while (passed() < total) {
      await wait(Math.min(5_000, total / 20));
      samples.push({
        memory: residentMegabytes(world.hub.pid),
        descriptors: readdirSync(`/proc/${world.hub.pid}/fd`).length,
        processes: processesOn(world.hub.directory).length,
      });
    }
    const quarter = Math.max(1, Math.floor(samples.length / 4));
    const early = (key: 'memory' | 'descriptors' | 'processes') => median(samples.slice(0, quarter).map((one) => one[key]));
    const late = (key: 'memory' | 'descriptors' | 'processes') => median(samples.slice(-quarter).map((one) => one[key]));
    const within = Math.max(60_000, total / 4);
    const wrong = await world.settled(within);
    const acknowledged = `${world.accepted.length}; ${world.heard.length}`;
    stage.none('after it', [...wrong, ...(await world.judged(within))]);
    stage.figure('kills; dropped sessions; restarted sessions', `${done.kills}; ${done.drops}; ${done.restarts}`);
    stage.figure('sends and inbound messages acknowledged', acknowledged);
    stage.figure('ready again within', `${Math.round(ready)} ms`, '< 10,000 ms');
    stage.figure('calm: memory, first quarter → last', `${Math.round(early('memory'))} → ${Math.round(late('memory'))} MB`, 'flat');
    stage.figure('calm: descriptors', `${early('descriptors')} → ${late('descriptors')}`, 'flat');
    stage.must(late('descriptors') <= early('descriptors') + 20, `descriptors grow: ${early('descriptors')} → ${late('descriptors')}`);
  },
};
