/** SIGKILL at the Nth write or fsync of the database, while the hub starts and under load. */
import { setTimeout as wait } from 'node:timers/promises';
import { type Hub, until } from '../../helpers/hub.ts';
import { hasCompiler } from '../../helpers/requirements.ts';
import { databaseOf, type FaultRow } from '../stage.ts';

/** How deep (operations since the fault was set) a kill lies at the most. */
const DEEPEST = 200;
const DEEPEST_AT_START = 30;

export const killAtWrite: FaultRow = {
  what: 'SIGKILL at the Nth write or fsync of the database, at the start and under load',
  count: { of: 'kills', usual: 10 },
  needs: [hasCompiler],
  async run(stage) {
    const injection = await stage.injection();
    const world = await stage.world({ env: injection.env, gap: 20 });
    const of = databaseOf(world);
    const at = 'writes and fsyncs';
    world.load();
    let ready = 0;
    let atStart = 0;
    for (let nth = 0; nth < stage.count; nth++) {
      const share = (nth + Math.random()) / stage.count;
      injection.set({ of, at, from: 1 + Math.floor(share * DEEPEST), times: 1, act: 'kill' });
      await until(() => injection.counts.fired > 0, { what: `write ${1 + Math.floor(share * DEEPEST)}` });
      await world.hub.exited;
      // Every other time it dies once more, before it has come up, where that has so many writes.
      if (nth % 2 === 0) injection.set({ of, at, from: 1 + Math.floor(share * DEEPEST_AT_START), times: 1, act: 'kill' });
      const up: Hub | undefined = await world.hub.again().catch(() => undefined);
      if (up) world.hub = up;
      else {
        atStart++;
        injection.clear();
        await world.restart();
      }
      injection.clear();
      ready = Math.max(ready, world.hub.startMs);
      await wait(Math.random() * 200);
    }
    const wrong = await world.settled();
    const unknown = (await world.ledgers()).sends.filter(({ status }) => status === 'unknown').length;
    stage.none('after the kills', [...wrong, ...(await world.judged())]);
    stage.figure('kills under load; while it started', `${stage.count}; ${atStart}`);
    stage.figure('sends and inbound messages acknowledged', `${world.accepted.length}; ${world.heard.length}`);
    stage.figure('sends left `unknown`', unknown, 'at most one a session and kill');
    stage.figure('ready again within', `${Math.round(ready)} ms`, '< 10,000 ms');
    stage.must(unknown <= (stage.count + atStart) * world.sessions.length, `${unknown} sends are left unknown`);
  },
};
