import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VERSION } from '../core/version.ts';
import { zip } from './zip.ts';

const SOURCE = new URL('./extension/', import.meta.url);

/** https://developer.chrome.com/docs/extensions/reference/manifest */
const MANIFEST = {
  manifest_version: 3,
  name: 'Hookline: sign with a passkey',
  short_name: 'Hookline',
  description: 'Signs with the passkey of your WhatsApp account when you link your phone on a page that you were sent.',
  // One that is not released yet is numbered as the one that it leads to.
  version: VERSION.split('-', 1)[0],
  // `PublicKeyCredential.parseRequestOptionsFromJSON` and `toJSON`.
  minimum_chrome_version: '129',
  // Of the page that the icon is pressed on, until it is left, and of no other but WhatsApp's.
  permissions: ['activeTab', 'scripting'],
  host_permissions: ['https://web.whatsapp.com/*'],
  background: { service_worker: 'background.js' },
  action: { default_title: 'Hookline' },
  icons: { 128: 'icon.png' },
};

/** The extension as a ZIP archive: what `src/dashboard/extension/` comes to, and nothing else. */
export async function packExtension(): Promise<Buffer> {
  // Here, as in `buildPages`.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: ['background.ts', 'sign.ts'].map((name) => fileURLToPath(new URL(name, SOURCE))),
    outdir: fileURLToPath(SOURCE),
    // Not minified: who installs it may want to read it.
    ...{ bundle: true, write: false, format: 'esm', target: 'chrome129', legalComments: 'none', logLevel: 'silent' },
  });
  const copied = await Promise.all(
    ['sign.html', 'icon.png'].map(async (name) => ({ name, contents: await readFile(new URL(name, SOURCE)) })),
  );
  return zip([
    { name: 'manifest.json', contents: Buffer.from(JSON.stringify(MANIFEST, null, 2)) },
    ...outputFiles.map(({ path, contents }) => ({ name: basename(path), contents })),
    ...copied,
  ]);
}
