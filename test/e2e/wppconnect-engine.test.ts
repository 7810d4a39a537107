/** The wppconnect engine behind its port, in a real Chromium, against the stand-in for WhatsApp Web. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { hasCode } from '../../src/core/errors.ts';
import type { Engine } from '../../src/sessions/engine.ts';
import { CONTAINER_ARGS } from '../../src/sessions/engines/wppconnect/chromium/browser.ts';
import { wppconnectEngine } from '../../src/sessions/engines/wppconnect/engine.ts';
import { findChromium } from '../helpers/requirements.ts';
import { engineContext, testRuntime } from '../helpers/runtime.ts';
import type { Phone } from '../whatsapp-web/phone.ts';
import { startWhatsAppWeb, type WhatsAppWeb } from '../whatsapp-web/server.ts';
import { isLoginOnDisk } from './login-on-disk.ts';
import { processesOn } from './processes.ts';
import { RecordingHost, until } from './recording-host.ts';

const chromium = findChromium();
const inChromium = chromium ? test.serial : test.serial.skip;
/** One that locks its profile. */
const locking = findChromium({ whole: true });
const inLocking = locking ? test.serial : test.serial.skip;
const FRIEND = '5511888887777@c.us';
const SHOP = '5511999990000';

/** Who listens for what libraries like to hook into. */
const hooks = () => [
  process.listeners('unhandledRejection'),
  ...(['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map((signal) => process.listeners(signal)),
];
/** Before wppconnect comes into this process, which it does with the first start. */
const AT_FIRST = hooks();

interface Stage {
  engine: Engine;
  host: RecordingHost;
  site: WhatsAppWeb;
  runtime: ReturnType<typeof testRuntime>;
  profileDir: string;
}

/** A fresh engine, profile and WhatsApp; at the end no process and no file of them is left. */
async function onStage(t: ExecutionContext, act: (stage: Stage) => Promise<void>, browser = chromium): Promise<void> {
  const site = await startWhatsAppWeb();
  const directory = await mkdtemp(join(tmpdir(), 'hookline-engine-'));
  const host = new RecordingHost();
  const runtime = testRuntime();
  const profileDir = join(directory, 'profile');
  const factory = wppconnectEngine({ chromium: browser, extraBrowserArgs: site.browserArgs, deadlines: { send: 2_000 } });
  const engine = factory(engineContext({ ...runtime, profileDir, host }));
  try {
    await act({ engine, host, site, runtime, profileDir });
  } finally {
    // As in link().
    processesOn(profileDir);
    await engine.destroy();
    await site.close();
    t.deepEqual(processesOn(profileDir), []);
    t.false(existsSync(profileDir));
    await rm(directory, { recursive: true, force: true });
  }
}

/** Started, and scanned by the shop's phone. */
async function link({ engine, host, site, profileDir }: Stage): Promise<Phone> {
  await engine.start();
  const phone = site.phone(SHOP, 'Shop');
  phone.scan((await host.fact('qr')).code);
  await host.fact('opened');
  // So what this browser has started is found where it has died, too.
  processesOn(profileDir);
  return phone;
}

inChromium('a phone scans, a message comes, a send goes out and is acknowledged', async (t) => {
  await onStage(t, async (stage) => {
    const { engine, host, site, runtime } = stage;
    site.policy.autoAck = [2, 3];
    const phone = await link(stage);
    t.deepEqual(host.said, ['qr', 'scanned', 'opened']);
    t.like(await host.fact('opened'), { phone: SHOP, pushName: 'Shop' });
    const { memory = 0, ...health } = await engine.health();
    t.deepEqual(health, { ok: true, detail: 'socket CONNECTED' });
    t.true(memory > 10_000_000, `${memory}`);

    const inbound = phone.receive({ from: FRIEND, text: 'hello', notifyName: 'Bob' });
    const { message } = await host.fact('message');
    t.like(message, { engineId: inbound, type: 'text', text: 'hello', fromMe: false, from: { phone: '5511888887777', name: 'Bob' } });

    const reserved = engine.reserveId(FRIEND);
    t.deepEqual(await engine.send({ engineId: reserved, to: FRIEND, type: 'text', text: 'welcome', replyTo: inbound }), {
      engineId: reserved,
    });
    t.like(phone.sent()[0], { id: reserved, to: FRIEND, body: 'welcome', quotedMsg: { body: 'hello' } });
    await host.fact('ack', (ack) => ack.engineId === reserved && ack.level === 'delivered');
    await host.fact('ack', (ack) => ack.engineId === reserved && ack.level === 'read');
    t.is(await engine.findSent(reserved), 'sent');
    t.is(await engine.findSent(engine.reserveId(FRIEND)), 'absent');
    t.is(host.said.filter((said) => said === 'message').length, 1, 'an own send is no news');
    t.false(
      phone.outbox().some(({ kind }) => kind === 'seen'),
      'a send does not claim that somebody has read the chat',
    );

    const { code } = await host.fact('qr');
    const logged = JSON.stringify(runtime.log.lines);
    t.false(logged.includes(code), 'a QR code is a login and stays out of the log');
    t.notRegex(logged, /[▀▄█]/, 'and so does its picture');
  });
});

inChromium('a send that WhatsApp refuses, loses or never answers is told apart from one that was not handed over', async (t) => {
  await onStage(t, async (stage) => {
    const { engine, site } = stage;
    const phone = await link(stage);
    const send = (to = FRIEND) => engine.send({ engineId: engine.reserveId(to), to, type: 'text', text: 'x' });
    site.policy.send = 'ERROR_UNKNOWN';
    const failed = await t.throwsAsync(send());
    t.true(hasCode(failed, 'engine-failed') && (failed.stage ?? 'perhaps') === 'perhaps');
    site.policy.send = 'hang';
    const hung = await t.throwsAsync(send());
    t.true(hasCode(hung, 'engine-timeout') && (hung.stage ?? 'perhaps') === 'perhaps');
    t.is(phone.sent().length, 2);
    site.policy.missing = ['5511000000000@c.us'];
    const refused = await t.throwsAsync(send('5511000000000@c.us'));
    t.true(hasCode(refused, 'engine-failed') && refused.stage === 'refused');
    t.is(phone.sent().length, 2);
  });
});

inChromium('what the line kept from WhatsApp is said to be so, and goes out once under its id when it is tried again', async (t) => {
  await onStage(t, async (stage) => {
    const { engine, site, profileDir } = stage;
    const phone = await link(stage);
    const path = join(profileDir, 'picture');
    await writeFile(path, 'not much of one');
    const media = { path, mimetype: 'image/png', size: 15, sha256: '' };
    const sends = [
      { type: 'text' as const, text: 'x' },
      { type: 'image' as const, media },
    ].map((content) => {
      const message = { ...content, to: FRIEND, engineId: engine.reserveId(FRIEND) };
      return { message, send: () => engine.send(message) };
    });
    site.policy.send = 'ERROR_NETWORK';
    for (const { send } of sends) t.like(await t.throwsAsync(send()), { code: 'engine-failed', stage: 'network' });
    site.policy.send = 'ok';
    for (const { message, send } of sends) t.deepEqual(await send(), { engineId: message.engineId });
    // It was out after all: it is not sent a second time.
    for (const { message, send } of sends) t.deepEqual(await send(), { engineId: message.engineId });
    t.deepEqual(
      phone.sent().map(({ id }) => id),
      sends.map(({ message }) => message.engineId),
    );

    phone.setSocketState('TIMEOUT');
    const nobody = { type: 'text' as const, text: 'x', to: '120363099999999999@g.us', engineId: engine.reserveId(FRIEND) };
    // The page is told of its socket by and by.
    for (let refused: unknown; !hasNetwork(refused); ) refused = await engine.send(nobody).catch((error: unknown) => error);
    t.like(await t.throwsAsync(engine.directory.group(nobody.to)), { code: 'engine-failed' }, 'nothing is known without a line');
    t.is(phone.sent().length, 2);
  });
});

const hasNetwork = (error: unknown): boolean => hasCode(error, 'engine-failed') && error.stage === 'network';

inChromium('a page that loads itself anew is told, and what came between is found', async (t) => {
  await onStage(t, async (stage) => {
    const { engine, host } = stage;
    const phone = await link(stage);
    const since = Date.now() - 1_000;
    phone.reloadPage();
    await host.fact('interrupted');
    const between = phone.receive({ from: FRIEND, text: 'in between' });
    await host.fact('resumed');
    t.true((await engine.unreadSince(since)).some(({ engineId }) => engineId === between));
    const later = phone.receive({ from: FRIEND, text: 'and after' });
    await host.fact('message', ({ message }) => message.engineId === later);
    t.deepEqual(
      host.said.filter((said) => said !== 'message'),
      ['qr', 'scanned', 'opened', 'interrupted', 'resumed'],
    );
  });
});

inChromium('stopped and started again it is still linked and finds what came meanwhile', async (t) => {
  await onStage(t, async (stage) => {
    const { engine, host, profileDir } = stage;
    const phone = await link(stage);
    const sent = await engine.send({ engineId: engine.reserveId(FRIEND), to: FRIEND, type: 'text', text: 'before' });
    await engine.stop();
    t.deepEqual(processesOn(profileDir), []);
    t.true(hasCode(await t.throwsAsync(engine.typing(FRIEND, true)), 'session-not-connected'));
    const since = Date.now() - 1_000;
    const missed = phone.receive({ from: FRIEND, text: 'anybody there?' });
    host.forget();
    await engine.start();
    await host.fact('opened');
    t.deepEqual(host.said, ['opened']);
    const found = await engine.unreadSince(since);
    t.deepEqual(
      found.map(({ engineId, text }) => [engineId, text]),
      [[missed, 'anybody there?']],
    );
    t.is(await engine.findSent(sent.engineId), 'sent');
  });
});

inChromium('a browser that is killed is told once everything of it is gone, and a login that has reached the disk survives', async (t) => {
  await onStage(t, async (stage) => {
    const { engine, host, profileDir } = stage;
    await link(stage);
    await until(() => isLoginOnDisk(profileDir), 'the login to be written, though nothing is closed');
    host.forget();
    for (const pid of processesOn(profileDir).slice(0, 1)) process.kill(pid, 'SIGKILL');
    await host.fact('closed');
    t.deepEqual(processesOn(profileDir), []);
    t.deepEqual(host.facts, [{ said: 'closed', reason: 'browser-died' }]);
    t.false((await engine.health()).ok);
    host.forget();
    await engine.start();
    await host.fact('opened');
    t.deepEqual(host.said, ['opened']);
  });
});

inChromium('a browser that is killed while it waits for the scan is noticed too', async (t) => {
  await onStage(t, async ({ engine, host, profileDir }) => {
    await engine.start();
    await host.fact('qr');
    for (const pid of processesOn(profileDir).slice(0, 1)) process.kill(pid, 'SIGKILL');
    t.like(await host.fact('closed'), { reason: 'browser-died' });
    t.deepEqual(processesOn(profileDir), []);
  });
});

inLocking('a hub that is killed takes its browser along, and the next one starts on the same profile', async (t) => {
  await onStage(
    t,
    async ({ engine, host, site, profileDir }) => {
      const script = fileURLToPath(new URL('./hub-with-one-browser.ts', import.meta.url));
      const hub = spawn(process.execPath, [script, profileDir, String(locking), ...site.browserArgs], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const said = Promise.all([text(hub.stdout), text(hub.stderr)]);
      await once(hub.stdout, 'data');
      hub.kill('SIGKILL');
      t.deepEqual(
        await said,
        ['started\n', ''],
        'wppconnect says nothing on the terminal, shows no code there and asks nobody for updates',
      );
      await engine.start();
      await host.fact('qr');
      await engine.stop();
      t.deepEqual(processesOn(profileDir), []);
    },
    locking,
  );
});

inChromium('a page that crashes is told as such', async (t) => {
  await onStage(t, async (stage) => {
    const { host, profileDir } = stage;
    await link(stage);
    for (const pid of processesOn(profileDir, '--type=renderer')) process.kill(pid, 'SIGKILL');
    t.like(await host.fact('closed'), { reason: 'page-died' });
    t.deepEqual(processesOn(profileDir), []);
  });
});

inChromium('unlinked from the phone it says so, once, and asks for a new scan at the next start', async (t) => {
  await onStage(t, async (stage) => {
    const { engine, host, profileDir } = stage;
    const phone = await link(stage);
    host.forget();
    phone.unlink();
    await host.fact('closed');
    // The page loads itself anew before it is seen that nothing is linked any more.
    t.deepEqual(
      host.facts.filter(({ said }) => said !== 'interrupted'),
      [{ said: 'closed', reason: 'logged-out' }],
    );
    t.deepEqual(processesOn(profileDir), []);
    await engine.start();
    await host.fact('qr');
  });
});

inChromium('a conflict and a ban are told apart, a time-out of the socket is left to heal', async (t) => {
  await onStage(t, async (stage) => {
    const { engine, host } = stage;
    const phone = await link(stage);
    phone.setSocketState('TIMEOUT');
    await until(async () => !(await engine.health()).ok, 'the engine to see the time-out');
    phone.setSocketState('CONNECTED');
    await until(async () => (await engine.health()).ok, 'the engine to be well again');
    t.false(host.said.includes('closed'));
    phone.setSocketState('TOS_BLOCK');
    t.like(await host.fact('closed'), { reason: 'banned' });
    host.forget();
    await engine.start();
    await host.fact('opened');
    phone.setSocketState('CONFLICT');
    t.like(await host.fact('closed'), { reason: 'conflict' });
  });
});

inChromium('a logout unlinks at WhatsApp, says nothing, and forgets the login', async (t) => {
  await onStage(t, async (stage) => {
    const { engine, host } = stage;
    const phone = await link(stage);
    host.forget();
    await engine.logout();
    t.deepEqual(
      phone.outbox().map(({ kind }) => kind),
      ['logout'],
    );
    t.deepEqual(host.said, []);
    await engine.start();
    await host.fact('qr');
  });
});

inChromium('each code is shown once, the first for longer than the others', async (t) => {
  await onStage(t, async ({ engine, host, site, runtime }) => {
    await engine.start();
    const first = await host.fact('qr');
    site.renew(first.code);
    const second = await host.fact('qr', ({ code }) => code !== first.code);
    t.deepEqual([first.validFor, second.validFor], [60_000, 20_000]);
    t.true(
      runtime.log.lines.some(({ message }) => message === 'wppconnect signals inChat'),
      'which it does before anybody has scanned',
    );
    t.deepEqual(host.said, ['qr', 'qr']);
  });
});

inLocking('a lock that a dead browser left in the profile does not keep the next one out', async (t) => {
  await onStage(
    t,
    async ({ engine, host, profileDir }) => {
      await mkdir(join(profileDir, 'chromium'), { recursive: true });
      await symlink('another-host-4242', join(profileDir, 'chromium', 'SingletonLock'));
      await engine.start();
      await host.fact('qr');
    },
    locking,
  );
});

inChromium('a stop during the start leaves nothing behind', async (t) => {
  await onStage(t, async ({ engine, profileDir }) => {
    const starting = t.throwsAsync(engine.start());
    await until(() => processesOn(profileDir).length > 0, 'the browser to be launched');
    await engine.stop();
    t.deepEqual(processesOn(profileDir), []);
    t.true(hasCode(await starting, 'engine-failed'));
  });
});

inChromium('the process of the hub stays its own, and the browser is started as the hub says', async (t) => {
  await onStage(t, async ({ engine, site, profileDir }) => {
    await engine.start();
    t.deepEqual(hooks(), AT_FIRST, 'neither wppconnect nor puppeteer hooks into it');
    const [browser] = processesOn(profileDir);
    const commandLine = execFileSync('ps', ['-ww', '-o', 'args=', '-p', `${browser}`], { encoding: 'utf8' }).replace('\n', ' ');
    const own = [`--user-data-dir=${join(profileDir, 'chromium')}`, '--remote-debugging-pipe', '--enable-aggressive-domstorage-flushing'];
    for (const arg of [...CONTAINER_ARGS, ...site.browserArgs, ...own])
      t.true(commandLine.includes(` ${arg} `), `${arg} in ${commandLine}`);
  });
});

test.serial('without a Chromium a start says how to install one', async (t) => {
  const host = new RecordingHost();
  const profileDir = join(tmpdir(), 'hookline-engine-never-made');
  const engine = wppconnectEngine({ chromium: '/nowhere/chromium' })(engineContext({ profileDir, host }));
  const error = await t.throwsAsync(engine.start());
  t.true(hasCode(error, 'engine-unavailable'));
  t.regex(error?.message ?? '', /install one/);
  t.false(existsSync(profileDir));
  t.deepEqual(await engine.health(), { ok: false, detail: 'not started' });
});
