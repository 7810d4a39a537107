/** Sessions over the real wppconnect in a real browser: what the watchdog finds, how soon, and what it takes for granted. */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadConfig } from '../../src/config/load.ts';
import type { TenantId } from '../../src/core/ids.ts';
import { DEADLINES, type WppconnectOptions, wppconnectEngine } from '../../src/sessions/engines/wppconnect/engine.ts';
import { findChromium } from '../helpers/requirements.ts';
import { testRuntime } from '../helpers/runtime.ts';
import { makeRoom, type Room } from '../sessions/room.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { startWhatsAppWeb, type WhatsAppWeb } from '../whatsapp-web/server.ts';
import { isLoginOnDisk } from './login-on-disk.ts';
import { processesOn } from './processes.ts';
import { until } from './recording-host.ts';

const chromium = findChromium();
const inChromium = chromium ? test.serial : test.serial.skip;
const FRIEND = '5511888887777@c.us';
/** A browser that hangs or a page that died is found within this, with the timings of a hub of which nobody has set any (ms). */
const FOUND_WITHIN = 60_000;

/** Here the watchdog looks more often and is less patient with an answer; the looks and the misses are the same. */
const WATCHDOG = 3_000;
const PATIENCE = { health: 1_000, call: 3_000, close: 1_000 };
/** By how much it is found later otherwise: it takes a look, which misses, and another one after a third of the time. */
const { watchdogSeconds } = loadConfig({ env: {}, cwd: '/', dev: false }).sessions;
const LATER = (watchdogSeconds * 1_000 - WATCHDOG) * (4 / 3) + 2 * (DEADLINES.health - PATIENCE.health);

interface Stage {
  site: WhatsAppWeb;
  room: Room;
  runtime: ReturnType<typeof testRuntime>;
  tenantId: TenantId;
}

async function stage(t: ExecutionContext, options: WppconnectOptions = {}, watchdog?: number): Promise<Stage> {
  const site = await startWhatsAppWeb();
  const runtime = testRuntime();
  const engines = { wppconnect: wppconnectEngine({ chromium, extraBrowserArgs: site.browserArgs, ...options }) };
  const room = await makeRoom({ runtime, engines, defaultEngine: 'wppconnect', ...(watchdog && { watchdog }) });
  room.ledger.start();
  t.teardown(async () => {
    // So what the browsers have started is found where they have died, too.
    processesOn(room.tokensDir);
    await room.ledger.stop();
    await room.dispose();
    await site.close();
    const left = processesOn(room.tokensDir);
    if (left.length > 0) throw new Error(`Processes are left: ${left}`);
  });
  return { site, room, runtime, tenantId: await room.tenant() };
}

const statusOf = async ({ room, tenantId }: Stage, name: string) => (await room.sessions.get(tenantId, name)).status;

async function linked(at: Stage, name: string, number: string): Promise<{ phone: Phone; profile: string }> {
  const { room, site, tenantId } = at;
  const { session } = await room.sessions.create(tenantId, { name });
  const { code } = await until(() => room.sessions.qr(tenantId, name).catch(() => null), 'a code', 60_000);
  const phone = site.phone(number, name);
  phone.scan(code);
  await until(async () => (await statusOf(at, name)) === 'connected', `${name} to be connected`, 60_000);
  const row = await room.db.sql('whatsapp_instances').where({ id: session.id }).first('profile');
  return { phone, profile: join(room.tokensDir, row.profile) };
}

inChromium('"disconnectedMobile", which wppconnect signals falsely in every fresh session, ends nothing', async (t) => {
  const at = await stage(t);
  const { room, runtime, tenantId } = at;
  const { phone, profile } = await linked(at, 'shop', '5511999990000');
  const [browser] = processesOn(profile);
  await until(() => runtime.log.lines.some(({ message }) => message === 'wppconnect signals disconnectedMobile'), 'the false signal');
  // A message that came through is later than whatever the signal may have begun.
  await until(async () => {
    const id = phone.receive({ from: FRIEND, text: 'still there?' });
    return until(() => room.received.some(({ message }) => message.engineId === id), 'the message');
  }, 'a message');
  t.is(await statusOf(at, 'shop'), 'connected');
  t.is(processesOn(profile)[0], browser);
  t.deepEqual(await room.statuses(tenantId), ['starting (requested)', 'qr', 'connecting', 'connected']);
});

inChromium('a browser above its memory limit is started again on its login, and what comes meanwhile is not lost', async (t) => {
  const at = await stage(t);
  const { room, tenantId } = at;
  const { phone, profile } = await linked(at, 'shop', '5511999990000');
  await room.sessions.stop();
  const codes = (await room.events(tenantId, 'session.qr')).length;
  // Any browser holds more than a byte: each look of the watchdog finds it too large.
  await room.reboot({ memoryLimit: 1, watchdog: 5_000 }).start();
  await until(async () => (await statusOf(at, 'shop')) === 'connected', 'the connection', 60_000);
  const [large] = processesOn(profile);
  const restarted = async () => (await room.statuses(tenantId)).includes('starting (memory-limit)');
  await until(restarted, 'the restart', 30_000);
  const id = phone.receive({ from: FRIEND, text: 'in between' });
  await until(() => room.received.some(({ message }) => message.engineId === id), 'what came meanwhile', 60_000);
  t.false(processesOn(profile).includes(large as number));
  t.true(((await room.sessions.get(tenantId, 'shop')).stats.restarts['memory-limit'] ?? 0) > 0);
  t.is((await room.events(tenantId, 'session.qr')).length, codes, 'nobody had to scan again');
  t.deepEqual(await room.events(tenantId, 'session.stale'), []);
});

inChromium('a browser that stands still and a page that no longer answers are found in time, and come back', async (t) => {
  t.timeout(240_000);
  const at = await stage(t, { deadlines: PATIENCE }, WATCHDOG);
  const { room, tenantId } = at;
  const [frozen, hung] = await Promise.all([linked(at, 'frozen', '5511999990001'), linked(at, 'hung', '5511999990002')]);
  // What is tested is how they are found, not whether a login outlives a kill.
  for (const { profile } of [frozen, hung]) await until(() => isLoginOnDisk(profile), 'the login to be written');
  const memory = await until(async () => (await room.sessions.get(tenantId, 'hung')).memoryBytes, 'its memory');
  t.true(memory > 50e6 && memory < 2e9, `${memory} bytes`);
  const stopped = Date.now();
  for (const pid of processesOn(frozen.profile)) process.kill(pid, 'SIGSTOP');
  for (const pid of processesOn(hung.profile, '--type=renderer')) process.kill(pid, 'SIGSTOP');

  const found = async (name: string): Promise<number | undefined> => {
    const page = await room.ledger.page(tenantId, { limit: 100, types: ['session.stale'] });
    return page?.events.find(({ sessionName, at: told }) => sessionName === name && told >= stopped)?.at;
  };
  for (const name of ['frozen', 'hung']) {
    const after = (await until(() => found(name), `"${name}" to be found`, FOUND_WITHIN)) - stopped;
    t.log(`${name}: found and acted on after ${(after / 1_000).toFixed(1)} s`);
    t.true(after + LATER < FOUND_WITHIN, `${after} ms, and ${LATER} ms more`);
  }
  for (const [name, { phone }] of Object.entries({ frozen, hung })) {
    const id = phone.receive({ from: FRIEND, text: 'back?' });
    await until(() => room.received.some(({ message }) => message.engineId === id), `"${name}" to be back`, 90_000);
    t.log(`${name}: back after ${((Date.now() - stopped) / 1_000).toFixed(1)} s`);
  }
});
