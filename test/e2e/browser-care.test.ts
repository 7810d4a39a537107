/** What was seen of wppconnect and of browsers that misbehave, each against the real ones; only WhatsApp is stood in for. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { hasCode } from '../../src/core/errors.ts';
import type { Engine } from '../../src/sessions/engine.ts';
import { sweepBrowsers } from '../../src/sessions/engines/wppconnect/chromium/sweep.ts';
import { type WppconnectOptions, wppconnectEngine } from '../../src/sessions/engines/wppconnect/engine.ts';
import { findChromium } from '../helpers/requirements.ts';
import { engineContext, testRuntime } from '../helpers/runtime.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { startWhatsAppWeb, type WhatsAppWeb } from '../whatsapp-web/server.ts';
import { processesOn } from './processes.ts';
import { RecordingHost, until } from './recording-host.ts';

const chromium = findChromium();
const inChromium = chromium ? test.serial : test.serial.skip;
const SHOP = '5511999990000';

interface Stage {
  engine: Engine;
  host: RecordingHost;
  profileDir: string;
}

async function directory(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'hookline-care-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function website(t: ExecutionContext): Promise<WhatsAppWeb> {
  const site = await startWhatsAppWeb();
  t.teardown(() => site.close());
  return site;
}

/** An engine on a profile of its own; at the end no process of it is left. */
async function stage(
  t: ExecutionContext,
  { settings = {}, ...options }: WppconnectOptions & { settings?: Record<string, unknown> },
): Promise<Stage> {
  const profileDir = await directory(t);
  const host = new RecordingHost();
  const make = wppconnectEngine({ chromium, ...options });
  const engine = make(engineContext({ profileDir, host, settings: () => settings }));
  t.teardown(async () => {
    // So what this browser has started is found where it has died, too.
    processesOn(profileDir);
    await engine.destroy();
    const left = processesOn(profileDir);
    if (left.length > 0) throw new Error(`Processes are left: ${left}`);
  });
  return { engine, host, profileDir };
}

async function link({ engine, host }: Stage, site: WhatsAppWeb, number = SHOP): Promise<Phone> {
  await engine.start();
  const phone = site.phone(number, 'Shop');
  phone.scan((await host.fact('qr')).code);
  await host.fact('opened');
  return phone;
}

inChromium('a browser whose lock cannot be removed has ended all the same, and comes up again once it can', async (t) => {
  const site = await website(t);
  const here = await stage(t, { extraBrowserArgs: site.browserArgs });
  const { engine, host, profileDir } = here;
  await link(here, site);
  const profile = join(profileDir, 'chromium');
  // Not a file, as Chromium's own: it is not removed like one.
  const inTheWay = join(profile, 'SingletonCookie');
  await rm(inTheWay, { force: true });
  await mkdir(inTheWay);
  await engine.stop();
  t.deepEqual(processesOn(profileDir), []);
  await t.throwsAsync(engine.start());
  await rm(inTheWay, { recursive: true });
  await engine.start();
  await until(() => host.facts.filter(({ said }) => said === 'opened').length === 2, 'the login to be used again');
});

inChromium('a site that cannot be reached, and a page to which WhatsApp never comes, end the start and leave no browser', async (t) => {
  const refused = await stage(t, { extraBrowserArgs: ['--host-resolver-rules=MAP * 127.0.0.1:1'] });
  t.regex((await t.throwsAsync(refused.engine.start()))?.message ?? '', /ERR_CONNECTION_REFUSED/);
  t.deepEqual(processesOn(refused.profileDir), []);

  const site = await website(t);
  site.policy.page = 'blank';
  const blank = await stage(t, { extraBrowserArgs: site.browserArgs, deadlines: { start: 6_000 } });
  const error = await t.throwsAsync(blank.engine.start());
  t.true(hasCode(error, 'engine-failed'), error?.message);
  t.deepEqual(processesOn(blank.profileDir), []);
  t.deepEqual([...refused.host.said, ...blank.host.said], []);
});

inChromium('a page is loaded anew without a new run; a browser that stands still answers no look, and its end is certain', async (t) => {
  const site = await website(t);
  const care = await stage(t, { extraBrowserArgs: site.browserArgs, deadlines: { health: 1_000, call: 3_000, close: 1_000 } });
  const { engine, host, profileDir } = care;
  const phone = await link(care, site);
  const { memory = 0 } = await engine.health();
  t.true(process.platform !== 'linux' || (memory > 50e6 && memory < 2e9), `${memory} bytes`);

  const since = Date.now() - 1_000;
  await engine.reload();
  const id = phone.receive({ from: '5511888887777@c.us', text: 'in between' });
  await host.fact('resumed');
  t.true((await engine.unreadSince(since)).some(({ engineId }) => engineId === id));
  await until(async () => (await engine.health()).ok, 'the page to be well again');
  t.deepEqual(
    host.said.filter((said) => said !== 'message'),
    ['qr', 'scanned', 'opened', 'interrupted', 'resumed'],
  );

  for (const pid of processesOn(profileDir)) process.kill(pid, 'SIGSTOP');
  t.like(await engine.health(), { ok: false, detail: 'WhatsApp Web did not answer within 1 s.' });
  await t.throwsAsync(engine.reload(), { code: 'engine-timeout' });
  await engine.stop();
  t.deepEqual(processesOn(profileDir), []);
});

inChromium(
  'a browser that is held still runs nowhere meanwhile, goes on however the work ends, and not too long after it began',
  async (t) => {
    const site = await website(t);
    const care = await stage(t, { extraBrowserArgs: site.browserArgs, deadlines: { still: 1_000 } });
    const { engine, host, profileDir } = care;
    const phone = await link(care, site);
    const running = () => processesOn(profileDir).filter((pid) => !/^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
    const isHeard = async (text: string): Promise<void> => {
      t.deepEqual(running(), processesOn(profileDir));
      const id = phone.receive({ from: '5511888887777@c.us', text });
      await host.fact('message', ({ message }) => message.engineId === id);
    };
    await engine.still(async () => {
      t.true(processesOn(profileDir).length > 2);
      t.deepEqual(running(), []);
    });
    await isHeard('after it');
    await t.throwsAsync(
      engine.still(() => Promise.reject(new Error('disk full'))),
      { message: 'disk full' },
    );
    await isHeard('after a failure');
    const endless = engine.still((signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))));
    await t.throwsAsync(endless, { code: 'engine-timeout' });
    await isHeard('after too long a copy');
    t.true((await engine.health()).ok);
    t.deepEqual(
      host.said.filter((said) => said !== 'message'),
      ['qr', 'scanned', 'opened'],
    );
  },
);

inChromium('a login that WhatsApp Web took elsewhere is taken back where that is wished for', async (t) => {
  const site = await website(t);
  const care = await stage(t, { extraBrowserArgs: site.browserArgs, settings: { onConflict: 'useHere' } });
  const phone = await link(care, site);
  phone.setSocketState('CONFLICT');
  await until(() => phone.outbox().some(({ kind }) => kind === 'takeover'), 'the login to be taken back');
  await until(async () => (await care.engine.health()).ok, 'the session to be well again');
  t.false(care.host.said.includes('closed'));
});

/** An HTTP proxy that lets in who knows its password, and counts. */
async function proxy(t: ExecutionContext, password: string) {
  const tunnels: string[] = [];
  const open = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(400).end());
  server.on('connection', (socket) => open.add(socket));
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => undefined);
    if (request.headers['proxy-authorization'] !== `Basic ${Buffer.from(`hub:${password}`).toString('base64')}`) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    tunnels.push(request.url ?? '');
    const [, port] = /:(\d+)$/.exec(target) ?? [];
    const upstream = connect(Number(port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  let target = '';
  return {
    tunnels,
    url: `http://hub:${password}@127.0.0.1:${(server.address() as AddressInfo).port}`,
    leadsTo(site: WhatsAppWeb) {
      target = site.browserArgs.join(' ').match(/127\.0\.0\.1:\d+/)?.[0] ?? '';
    },
  };
}

inChromium('two sessions at once go each through its own proxy and a third through none, and none knows of the others', async (t) => {
  const site = await website(t);
  const [one, two] = [await proxy(t, 'p@ss 1'.replace(' ', '')), await proxy(t, 'other')];
  for (const way of [one, two]) way.leadsTo(site);
  const encoded = (url: string) => url.replace('p@ss', 'p%40ss');
  // Only what leaves for WhatsApp itself is found; the proxies are where they are.
  const args = site.browserArgs.map((arg) => arg.replace(/^(--host-resolver-rules=.*)$/, '$1,EXCLUDE 127.0.0.1'));
  const options = { extraBrowserArgs: args, proxies: [`one=${encoded(one.url)}`, `two=${two.url}`] };
  const [first, second] = await Promise.all(['one', 'two'].map((name) => stage(t, { ...options, settings: { proxy: name } })));
  await Promise.all([first, second].map((care) => care?.engine.start()));
  await Promise.all([first, second].map((care) => care?.host.fact('qr')));
  t.true(one.tunnels.length > 0 && two.tunnels.length > 0);
  t.true(
    [...one.tunnels, ...two.tunnels].every((url) => url.endsWith(':443')),
    [...one.tunnels, ...two.tunnels].join(),
  );
  for (const care of [first, second]) await care?.engine.stop();

  const before = one.tunnels.length + two.tunnels.length;
  const third = await stage(t, options);
  await third.engine.start();
  await third.host.fact('qr');
  t.is(one.tunnels.length + two.tunnels.length, before);

  const unknown = await stage(t, { ...options, settings: { proxy: 'three' } });
  await t.throwsAsync(unknown.engine.start(), { code: 'engine-unavailable', message: /It has: one, two/ });
});

inChromium('a login on which the browser does not start is set aside once the browser starts on another one', async (t) => {
  const site = await website(t);
  const home = await directory(t);
  const picky = join(home, 'picky');
  await writeFile(picky, `#!/bin/sh\ncase "$*" in *probe*) exec ${chromium} "$@" ;; esac\nexit 21\n`);
  await chmod(picky, 0o755);
  const { engine, profileDir } = await stage(t, { chromium: picky, extraBrowserArgs: site.browserArgs });
  // Without a login there is nothing to set aside.
  for (let attempt = 0; attempt < 2; attempt++) await t.throwsAsync(engine.start(), { code: 'engine-failed' });
  await writeFile(join(profileDir, 'chromium', 'Local State'), '{');
  const error = await t.throwsAsync(engine.start(), { code: 'engine-failed' });
  t.true(hasCode(error, 'engine-failed') && error.extra?.closed === 'profile-corrupt', error?.message);
  const [aside, ...more] = (await readdir(profileDir)).filter((name) => name !== 'chromium');
  t.regex(aside ?? '', /^chromium\.quarantined-\d+$/);
  t.deepEqual(more, []);
});

inChromium('a browser that hangs and outlives its hub is ended at the next start, one whose hub lives is not', async (t) => {
  const site = await website(t);
  const care = await stage(t, { extraBrowserArgs: site.browserArgs });
  await care.engine.start();
  const tokens = join(care.profileDir, '..');
  const profile = care.profileDir.slice(tokens.length + 1);
  const isOthers = async (name: string) => name !== profile;
  const { log } = testRuntime();
  t.is(await sweepBrowsers(tokens, async () => true, log), 0);
  t.true(processesOn(care.profileDir).length > 0);
  for (const pid of processesOn(care.profileDir)) process.kill(pid, 'SIGSTOP');
  t.is(await sweepBrowsers(tokens, isOthers, log), 1);
  t.deepEqual(processesOn(care.profileDir), []);
  t.like(await care.host.fact('closed'), { reason: 'browser-died' });
});

inChromium('an account of WhatsApp itself is told as personal', async (t) => {
  const site = await website(t);
  const care = await stage(t, { extraBrowserArgs: site.browserArgs });
  await care.engine.start();
  const phone = site.phone(SHOP, 'Ana');
  phone.bePersonal();
  phone.scan((await care.host.fact('qr')).code);
  await care.host.fact('opened');
  const facts = await until(() => care.host.accounts[0], 'what the account is');
  t.deepEqual(facts, { kind: 'personal', newChatsUntil: null });
});
