/** SIGSTOP: of the hub, and of a session's browser. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isLoginOnDisk } from '../../e2e/login-on-disk.ts';
import { processesOn } from '../../e2e/processes.ts';
import { until } from '../../helpers/hub.ts';
import { findChromium } from '../../helpers/requirements.ts';
import { startWhatsAppWeb } from '../../whatsapp-web/server.ts';
import { type FaultRow, firstSuccess, tally } from '../stage.ts';
import { browserEnv, isConnected, linkedPhone } from '../wppconnect.ts';

export const hubPaused: FaultRow = {
  what: 'SIGSTOP and SIGCONT of the hub under load',
  count: { of: 'seconds', usual: 6 },
  async run(stage) {
    const world = await stage.world({ patience: (stage.count + 30) * 1_000 });
    world.load();
    await wait(1_000);
    const before = world.told.length;
    process.kill(world.hub.pid, 'SIGSTOP');
    await wait(stage.count * 1_000);
    process.kill(world.hub.pid, 'SIGCONT');
    const recovered = await firstSuccess(world, 30_000);
    stage.must(recovered < 30_000, 'no 2xx within 30 s after it goes on');
    stage.figure(`stopped for ${stage.count} s: answers since; first 2xx after it`, `${tally(world.told.slice(before))}; ${recovered} ms`);
    stage.none('stopped, and goes on', await world.judged());
  },
};

const FRIEND = '5511888887777@c.us';
/** Milliseconds within which a browser that hangs is found, with the shortest time of the watchdog. */
const FOUND_WITHIN = 60_000;

export const browserPaused: FaultRow = {
  what: 'SIGSTOP of the browser of a session: found, replaced, and what came meanwhile comes in; its neighbours feel nothing',
  count: { of: 'times', usual: 1 },
  needs: [findChromium],
  async run(stage) {
    const whatsapp = await startWhatsAppWeb();
    stage.teardown(() => whatsapp.close());
    const world = await stage.world({ env: { ...browserEnv(whatsapp), HOOKLINE_SESSIONS_WATCHDOG_SECONDS: '5' } });
    const phone = await linkedPhone(world.call, whatsapp, 'shop');
    // What is seen is how a browser that hangs is found, not whether a login outlives a kill in its first seconds.
    const tokens = join(world.hub.directory, 'tokens');
    const profiles = readdirSync(tokens).filter((name) => existsSync(join(tokens, name, 'chromium')));
    await until(() => profiles.every((name) => isLoginOnDisk(join(tokens, name))), {
      what: 'the login to be written',
      within: FOUND_WITHIN,
      every: 500,
    });
    world.load();
    let slowest = 0;
    for (let nth = 0; nth < stage.count; nth++) {
      const stopped = processesOn(world.hub.directory, '--type=').concat(processesOn(world.hub.directory, '--user-data-dir='));
      const pids = [...new Set(stopped)];
      stage.must(pids.length > 0, 'no browser is found');
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      const began = performance.now();
      const id = phone.receive({ from: FRIEND, text: `while it is stopped ${nth}` });
      const gone = () => !processesOn(world.hub.directory, '--user-data-dir=').some((pid) => pids.includes(pid));
      await until(gone, { what: 'the stopped browser to be ended', within: FOUND_WITHIN, every: 500 });
      await until(() => isConnected(world.call, 'shop'), { what: 'the session to be connected anew', within: FOUND_WITHIN, every: 500 });
      slowest = Math.max(slowest, performance.now() - began);
      const came = async () =>
        (await world.call('GET', '/api/sessions/shop/messages?direction=inbound&limit=50')).json.data.some(
          ({ engineId }: { engineId: string }) => engineId === id,
        );
      await until(came, { what: 'what came meanwhile', within: FOUND_WITHIN, every: 500 });
      stage.must(
        !processesOn(world.hub.directory, '--type=').some((pid) => pids.includes(pid)),
        'a process of the stopped browser is left',
      );
    }
    stage.figure('found, and connected anew, within', `${Math.round(slowest)} ms`, `< ${FOUND_WITHIN} ms to be found`);
    stage.none('its neighbours', await world.settled());
    await world.hub.end();
    stage.must(processesOn(world.hub.directory, '--type=').length === 0, 'a browser outlives the hub');
  },
};
