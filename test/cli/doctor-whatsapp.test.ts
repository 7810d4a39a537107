/** The canary, with the real wppconnect in the real browser; only WhatsApp's page is stood in for. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import test, { type ExecutionContext } from 'ava';
import { ROOT, startHub } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { startWhatsAppWeb, type WhatsAppWeb } from '../whatsapp-web/server.ts';

const chromium = findChromium();
const inChromium = chromium ? test.serial : test.serial.skip;

async function stage(t: ExecutionContext) {
  const home = await mkdtemp(join(tmpdir(), 'hookline-canary-test-'));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  const dataDir = join(home, 'data');
  await mkdir(dataDir);
  const run = async (browserArgs: string[], env: Record<string, string> = {}, ...args: string[]) => {
    const child = spawn(process.execPath, [join(ROOT, 'hookline.js'), 'doctor', 'whatsapp', ...args], {
      cwd: home,
      env: {
        PATH: process.env.PATH,
        TMPDIR: home,
        HOOKLINE_DATA_DIR: dataDir,
        HOOKLINE_CHROMIUM: chromium ?? '',
        HOOKLINE_CHROMIUM_ARGS: ['--no-sandbox', '--disable-dev-shm-usage', ...browserArgs].join(','),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
    const line = (name: string) => stdout.split('\n').find((candidate) => candidate.slice(8).startsWith(`${name} `)) ?? '';
    return { code, stdout, stderr, line };
  };
  const noted = async () => JSON.parse(await readFile(join(dataDir, 'whatsapp-check.json'), 'utf8'));
  return { home, dataDir, run, noted };
}

async function website(t: ExecutionContext): Promise<WhatsAppWeb> {
  const site = await startWhatsAppWeb();
  t.teardown(() => site.close());
  return site;
}

inChromium('what the engine leans on is found in the page, and what shows only after a scan is said to be unseen', async (t) => {
  const site = await website(t);
  const { home, dataDir, run, noted } = await stage(t);
  const { code, stdout, stderr, line } = await run(site.browserArgs);
  t.is(code, 0, stdout + stderr);
  t.regex(stdout, /^WhatsApp Web 2\.3000\.\d+, wa-js 4\.\d+\.\d+, .*Chrome/);
  for (const name of ['wa-js', 'QR code', 'link state', 'pairing code', 'passkeys', 'message events']) t.regex(line(name), /^pass /, name);
  t.regex(line('security check'), /^unseen /);
  t.like(await noted(), { reached: true, detail: null, whatsapp: '2.3000.1048032155' });
  t.deepEqual(await readdir(home), ['data'], 'nothing is left of the browser');

  const hub = await startHub({ env: { HOOKLINE_DATA_DIR: dataDir, HOOKLINE_ENGINES: 'sandbox' } });
  t.teardown(() => hub.dispose());
  const { status, json } = await hub.admin('GET', '/health/engines');
  t.is(status, 200);
  t.deepEqual(json.engines, ['sandbox']);
  t.deepEqual(json.whatsapp, await noted());
  const { call } = await hub.tenant();
  t.is((await call('GET', '/health/engines')).status, 403);
});

inChromium('a page that has changed fails by name; one that cannot be reached says so in time, with an exit code of its own', async (t) => {
  const site = await website(t);
  const { run, noted } = await stage(t);
  site.policy.page = 'blank';
  const changed = await run(site.browserArgs, {}, '--seconds', '15');
  t.is(changed.code, 1, changed.stdout + changed.stderr);
  t.regex(changed.line('QR code'), /^FAIL /);
  t.regex(changed.stdout, /WhatsApp has changed its page/);

  const away = await run(['--host-resolver-rules=MAP * 127.0.0.1:1']);
  t.is(away.code, 69, away.stdout + away.stderr);
  t.regex(away.stdout, /did not come: .*ERR_CONNECTION_REFUSED[\s\S]*firewall/);
  t.like(await noted(), { reached: false, checks: [] });

  // An address that answers nothing at all (RFC 5737).
  const began = Date.now();
  const silent = await run(['--host-resolver-rules=MAP * 192.0.2.1'], {}, '--seconds', '4');
  t.is(silent.code, 69, silent.stdout + silent.stderr);
  t.true(Date.now() - began < 60_000);
});

test('without a browser nothing is checked, and a hub that was never checked says so', async (t) => {
  const { run, dataDir } = await stage(t);
  const { code, stderr } = await run([], { HOOKLINE_CHROMIUM: '/nowhere/chromium' });
  t.is(code, 69);
  t.regex(stderr, /no Chromium/);
  t.deepEqual(await readdir(dataDir), []);
  const hub = await startHub({ env: { HOOKLINE_ENGINES: 'sandbox' } });
  t.teardown(() => hub.dispose());
  t.deepEqual((await hub.admin('GET', '/health/engines')).json, { engines: ['sandbox'], whatsapp: null });
});
