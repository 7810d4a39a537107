/** A machine on which there is no Chromium: neither does the installation bring one, nor does the hub need it for the rest. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { linkedSandbox, ROOT, startHub } from '../helpers/hub.ts';

test('an installation here runs no script but those of the database driver and of Node, and so downloads no browser', async (t) => {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  const { allowScripts } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  const found = Object.entries(packages as Record<string, { hasInstallScript?: boolean; name?: string }>);
  t.deepEqual(
    found.flatMap(([path, { hasInstallScript }]) => (hasInstallScript ? [path] : [])),
    ['node_modules/@scarf/scarf', 'node_modules/esbuild', 'node_modules/node', 'node_modules/sqlite3'],
  );
  const refused = { esbuild: false, '@scarf/scarf': false };
  const why =
    'that of the bundler only looks whether its program is there; the other would tell its maker who installs a linter of the tests';
  t.deepEqual(allowScripts, { node: true, sqlite3: true, ...refused }, why);
  t.deepEqual(
    found.filter(([path]) => path.endsWith('/puppeteer')).map(([path, { name }]) => [path, name]),
    [['node_modules/puppeteer', 'puppeteer-core']],
  );
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
