import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import type { Plugin } from 'esbuild';
import { EXTENSION, PAGES } from '../core/version.ts';
import { packExtension } from './pack-extension.ts';

const APP = new URL('./app/', import.meta.url);

/**
 * Bundles the pages into `dist/dashboard/`, each file under a name that tells what is in it, with a compressed copy beside it.
 * Whatever was there before goes once the new ones are in place. Returns the names of the new files.
 */
export async function buildPages(): Promise<string[]> {
  // Here: a hub that only runs has no need of it.
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    entryPoints: { app: fileURLToPath(new URL('main.tsx', APP)) },
    outdir: fileURLToPath(PAGES),
    ...{ bundle: true, minify: true, write: false, format: 'esm', target: 'es2022', jsx: 'automatic', jsxImportSource: 'preact' },
    // What is imported by `import()` is a file of its own, loaded when it is looked at.
    splitting: true,
    entryNames: '[name]-[hash]',
    chunkNames: 'part-[name]-[hash]',
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [asText],
  });
  const icon = await readFile(new URL('icon.svg', APP));
  const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  const files = [
    ...outputFiles.map(({ path, contents }) => ({ name: path.slice(fileURLToPath(PAGES).length), contents })),
    { name: iconName, contents: icon },
  ];
  await mkdir(PAGES, { recursive: true });
  const former = new Set(await readdir(PAGES));
  for (const { name, contents } of files) {
    // What has this name has these contents; to compress it takes longer than all else here.
    if (!former.has(`${name}.br`)) await put(`${name}.br`, brotliCompressSync(contents));
    if (!former.has(name)) await put(name, contents);
  }
  const packed = basename(EXTENSION.pathname);
  await put(packed, await packExtension());
  const names = [...files.map(({ name }) => name), packed];
  const isOld = (name: string): boolean => !names.includes(name.replace(/\.br$/, '')) && extname(name) !== '.part';
  for (const name of (await readdir(PAGES)).filter(isOld)) await rm(new URL(name, PAGES), { force: true });
  return names;
}

/** What is imported as `FILE?text` is the text of the file, whatever it is written in. */
const asText: Plugin = {
  name: 'as text',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\?text$/ }, ({ path, resolveDir }) => ({
      path: resolve(resolveDir, path.replace(/\?text$/, '')),
      namespace: 'text',
    }));
    onLoad({ filter: /./, namespace: 'text' }, async ({ path }) => ({ contents: await readFile(path), loader: 'text' }));
  },
};

/** Whole or not at all: a hub may be reading meanwhile, and another thread or process be building. */
async function put(name: string, contents: Uint8Array): Promise<void> {
  const part = new URL(`${name}.${randomUUID()}.part`, PAGES);
  await writeFile(part, contents);
  await rename(part, new URL(name, PAGES));
}
