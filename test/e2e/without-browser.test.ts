/** A machine on which there is no Chromium: neither does the installation bring one, nor does the hub need it for the rest. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { linkedSandbox, startHub } from '../helpers/hub.ts';

test("puppeteer's own install script, as npm runs it, downloads no browser", async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'hookline-home-'));
  t.teardown(() => rm(home, { recursive: true, force: true }));
  const wppconnect = createRequire(import.meta.url).resolve('@wppconnect-team/wppconnect');
  const cwd = dirname(createRequire(wppconnect).resolve('puppeteer/package.json'));
  // Should it want to, it gets nowhere.
  const env = { HOME: home, PUPPETEER_CHROME_DOWNLOAD_BASE_URL: 'http://127.0.0.1:1' };
  const { stdout } = await promisify(execFile)(process.execPath, ['install.mjs'], { cwd, env });
  t.regex(stdout, /Skipping downloading browsers as instructed/);
  t.deepEqual(await readdir(home), []);
});

test('the hub starts and the sandbox works; a session of wppconnect says how to install a browser', async (t) => {
  const hub = await startHub({ env: { HOOKLINE_CHROMIUM: '/nowhere/chromium' } });
  t.teardown(() => hub.dispose());
  const { call } = await hub.tenant();
  await linkedSandbox(call, 'played');
  const { status, json } = await call('POST', '/api/sessions', { name: 'shop', engine: 'wppconnect' });
  t.is(status, 201);
  t.is(json.status, 'failed');
  t.regex(json.reason, /^engine-unavailable: .*install one \(.*apt install chromium/);
});
