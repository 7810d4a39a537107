import { existsSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { flushCompileCache, getCompileCacheDir } from 'node:module';
import { join } from 'node:path';
import { migrationSource } from '../db/migrate.ts';

/**
 * Loads what a first start loads, so that it finds all of it in the compile cache and needs no compiler for TypeScript. In a
 * checkout it also bundles the pages; the package comes with them.
 */
export async function prepare(): Promise<void> {
  await import('./serve.ts');
  for (const name of await migrationSource.getMigrations([])) await migrationSource.getMigration(name);
  await openCache();
  if (!existsSync(new URL('../dashboard/app/main.tsx', import.meta.url))) return;
  const { buildPages } = await import('../dashboard/build.ts');
  await buildPages();
}

/** For a hub that runs as another user than the one who installed it. It holds nothing that the code beside it does not. */
async function openCache(): Promise<void> {
  flushCompileCache();
  const directory = getCompileCacheDir();
  if (directory === undefined) return;
  for (const name of await readdir(directory)) await chmod(join(directory, name), 0o644).catch(() => undefined);
}
