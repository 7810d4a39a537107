/** What the hub gives a person to sign with: what is in it, what it may do, and the page that offers it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { buildPages } from '../../src/dashboard/build.ts';
import { packExtension } from '../../src/dashboard/pack-extension.ts';
import { cleanEnvironment, ROOT, startHub, until } from '../helpers/hub.ts';
import { findChromium } from '../helpers/requirements.ts';
import { unzip } from '../helpers/unzip.ts';
import { launch, visit } from './browser.ts';

const chromium = findChromium();
const LARGEST = 50_000;

test.before(() => buildPages());

test('the extension is small, the same however often it is packed, and may do nothing but sign', async (t) => {
  const packed = await packExtension();
  t.deepEqual(packed, await packExtension());
  t.true(packed.length < LARGEST, `${packed.length} bytes`);
  const files = unzip(packed);
  t.deepEqual([...files.keys()].sort(), ['background.js', 'icon.png', 'manifest.json', 'sign.css', 'sign.html', 'sign.js']);
  const { version, ...manifest } = JSON.parse(String(files.get('manifest.json')));
  t.regex(version, /^\d+(\.\d+){1,3}$/);
  t.is(manifest.manifest_version, 3);
  t.deepEqual(manifest.permissions, ['activeTab', 'scripting']);
  t.deepEqual(manifest.host_permissions, ['https://web.whatsapp.com/*']);
  for (const member of [
    'optional_permissions',
    'optional_host_permissions',
    'content_scripts',
    'externally_connectable',
    'web_accessible_resources',
  ])
    t.false(member in manifest, member);
  const [named, text] = [new Set<string>(), [...files].filter(([name]) => name !== 'icon.png').join('\n')];
  for (const [, origin = ''] of text.matchAll(/\bhttps?:\/\/([\w.-]+)/g)) named.add(origin);
  t.deepEqual([...named], ['web.whatsapp.com'], 'it speaks of no other place');
  t.notRegex(text, /hlk_|eval\(|innerHTML|new Function/);
});

test('"hookline extension" writes what the hub serves', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-extension-'));
  t.teardown(() => rm(directory, { recursive: true, force: true }));
  const file = join(directory, 'hookline.zip');
  await promisify(execFile)(process.execPath, [join(ROOT, 'hookline.js'), 'extension', file], { cwd: directory, env: cleanEnvironment() });
  t.deepEqual(await readFile(file), await packExtension());
});

(chromium ? test : test.skip)('the page to sign from says how, and what came of it, in three languages', async (t) => {
  const hub = await startHub({ env: { HOOKLINE_ENGINES: 'sandbox' } });
  t.teardown(() => hub.dispose());
  const browser = await launch(chromium as string);
  t.teardown(() => browser.close());
  const { call } = await hub.tenant();
  await call('POST', '/api/sessions', { name: 'shop', engine: 'sandbox' });
  await until(async () => (await call('GET', '/api/sessions/shop')).json.status === 'qr', { what: 'a code to scan' });
  await call('POST', '/api/sessions/shop/sandbox/faults', { passkey: { askNext: 1 } });
  await call('POST', '/api/sessions/shop/sandbox/scan', { phone: '5511999990000' });
  const { url, snippet } = await until(
    async () => {
      const { status, json } = await call('POST', '/api/sessions/shop/passkey/tokens');
      return status === 201 ? json : null;
    },
    { what: 'a token' },
  );
  const titles = { en: 'Confirm with your passkey', pt: 'Confirme com a sua chave de acesso', es: 'Confirma con tu llave de acceso' };
  for (const [language, title] of Object.entries(titles)) {
    const { page, shows, isAccessible, troubles } = await visit(browser, { width: language === 'en' ? 1280 : 390, language });
    await page.goto(url);
    await shows(title);
    await page.waitForSelector('.signing');
    await isAccessible(t, language);
    t.deepEqual(troubles, [], language);
  }
  const { page, shows, press, isAccessible } = await visit(browser, { width: 1280 });
  await page.goto(url);
  await press('Without installing');
  await page.waitForSelector('textarea');
  t.is(await page.$eval('textarea', (field) => (field as unknown as { value: string }).value), snippet);

  // What it is handed behind the # goes to the hub, right or wrong, and stays in no address.
  const brought = await visit(browser, { width: 1280 });
  await brought.page.goto(`${url}#${encodeURIComponent(JSON.stringify({ credential: { id: 'nonsense' } }))}`);
  await brought.shows('This did not work');
  t.is(brought.page.url(), url);
  t.is((await call('POST', '/api/sessions/shop/passkey', { credential: null })).status, 202);
  await page.reload();
  await shows('Nothing is to be signed any more');
  await isAccessible(t, 'over');
  const nowhere = await visit(browser, { width: 390 });
  t.is((await nowhere.page.goto(`${hub.base}/passkey/${'x'.repeat(43)}`))?.status(), 404);
  await nowhere.shows('This request is over');
});
