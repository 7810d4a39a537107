/**
 * What sessions cost: real browsers in front of the stand-in for WhatsApp Web, and a thousand sandbox sessions in one
 * process.
 */
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { memoryOf } from '../src/sessions/engines/wppconnect/chromium/process-tree.ts';
import { wppconnectEngine } from '../src/sessions/engines/wppconnect/engine.ts';
import { processesOn } from '../test/e2e/processes.ts';
import { RecordingHost } from '../test/e2e/recording-host.ts';
import { linkedSandbox, startHub } from '../test/helpers/hub.ts';
import { engineContext } from '../test/helpers/runtime.ts';
import { startWhatsAppWeb, type WhatsAppWeb } from '../test/whatsapp-web/server.ts';
import { median, residentMegabytes } from './process.ts';
import type { Figure } from './report.ts';

const BROWSERS = [process.env.HOOKLINE_CHROMIUM, '/usr/lib/chromium/chromium', '/usr/lib/chromium/chromium-headless-shell'];
const AT_ONCE = 5;
const CYCLES = 50;
const KILLS = 10;
const SANDBOXES = 1_000;
const SETTLE = 5_000;

export async function sessions(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const chromium of new Set(BROWSERS.filter((path): path is string => path !== undefined && existsSync(path)))) {
    const site = await startWhatsAppWeb();
    const home = await mkdtemp(join(tmpdir(), 'hookline-bench-'));
    try {
      figures.push(...(await atOnce(chromium, site, home)));
      figures.push(...(await cycles(chromium, site, home)));
    } finally {
      await site.close();
      await rm(home, { recursive: true, force: true });
    }
  }
  if (figures.length === 0) figures.push({ what: 'real browsers', value: 'none on this machine', aim: '' });
  return [...figures, await sandboxes()];
}

function engineOn(chromium: string, site: WhatsAppWeb, profileDir: string) {
  const host = new RecordingHost();
  const make = wppconnectEngine({ chromium, extraBrowserArgs: site.browserArgs });
  const engine = make(engineContext({ profileDir, host, sessionName: 'bench' }));
  return { engine, host, profileDir };
}

const nameOf = (chromium: string): string => chromium.split('/').at(-1) ?? chromium;

/** Linked, one after the other, and then all at once. */
async function atOnce(chromium: string, site: WhatsAppWeb, home: string): Promise<Figure[]> {
  const starts: number[] = [];
  const hub = process.memoryUsage().rss;
  const running = [];
  for (let i = 0; i < AT_ONCE; i++) {
    const session = engineOn(chromium, site, join(home, `session-${i}`));
    const begun = performance.now();
    await session.engine.start();
    const { code } = await session.host.fact('qr');
    starts.push(performance.now() - begun);
    site.phone(`551190000000${i}`, 'Shop').scan(code);
    await session.host.fact('opened');
    running.push(session);
  }
  await wait(SETTLE);
  const own = (process.memoryUsage().rss - hub) / AT_ONCE / 1e6;
  const sizes = [];
  for (const { profileDir } of running) {
    const userDataDir = join(profileDir, 'chromium');
    sizes.push(((await memoryOf({ root: processesOn(userDataDir)[0] ?? -1, userDataDir })) ?? 0) / 1e6);
  }
  for (const { engine } of running) await engine.destroy();
  const name = nameOf(chromium);
  return [
    { what: `${name}: memory (PSS) a session, ${AT_ONCE} linked at once`, value: `${Math.round(median(sizes))} MB`, aim: '' },
    { what: `${name}: launch to QR code, median of ${AT_ONCE}`, value: `${Math.round(median(starts))} ms`, aim: '' },
    { what: `${name}: memory more in the hub's process, a session (with wppconnect itself)`, value: `${own.toFixed(1)} MB`, aim: '' },
  ];
}

/** Starts and stops, and browsers killed in between: what is left of them. */
async function cycles(chromium: string, site: WhatsAppWeb, home: string): Promise<Figure[]> {
  const { engine, host, profileDir } = engineOn(chromium, site, join(home, 'cycles'));
  const descriptors = () => readdirSync('/proc/self/fd').length;
  // What Chromium and puppeteer make outside of the profile.
  const strays = () => readdirSync(tmpdir()).filter((name) => /chromium|puppeteer|playwright/i.test(name)).length;
  await engine.start();
  await host.fact('qr');
  await engine.stop();
  const before = { descriptors: descriptors(), strays: strays() };
  const found: number[] = [];
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    host.forget();
    await engine.start();
    await host.fact('qr');
    if (cycle % (CYCLES / KILLS) > 0) await engine.stop();
    else {
      const killed = performance.now();
      process.kill(processesOn(profileDir)[0] as number, 'SIGKILL');
      await host.fact('closed');
      found.push(performance.now() - killed);
    }
  }
  const left = processesOn(profileDir).length;
  await wait(SETTLE);
  const open = descriptors() - before.descriptors;
  await engine.destroy();
  const directories = (existsSync(profileDir) ? 1 : 0) + strays() - before.strays;
  const name = nameOf(chromium);
  return [
    {
      what: `${name}: ${CYCLES} starts, ${KILLS} of them ended by kill -9: left`,
      value: `${left} processes, ${open} descriptors, ${directories} directories`,
      aim: '0, 0, 0',
    },
    { what: `${name}: kill -9 found and cleaned up, median of ${KILLS}`, value: `${Math.round(median(found))} ms`, aim: '< 60,000 ms' },
  ];
}

async function sandboxes(): Promise<Figure> {
  const hub = await startHub();
  try {
    const { call } = await hub.tenant();
    for (let at = 0; at < SANDBOXES; at += 20)
      await Promise.all(Array.from({ length: 20 }, (_, i) => linkedSandbox(call, `s${at + i}`, String(5511900000000 + at + i))));
    await wait(SETTLE);
    return {
      what: `resident memory, ${SANDBOXES} sandbox sessions connected in one process`,
      value: `${Math.round(residentMegabytes(hub.pid))} MB`,
      aim: '< 500 MB',
    };
  } finally {
    await hub.dispose();
  }
}
