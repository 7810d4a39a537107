import { existsSync } from 'node:fs';
import { migrationSource } from '../db/migrate.ts';

/**
 * Loads what a first start loads, so that it finds all of it in the compile cache and needs no compiler for TypeScript. In a
 * checkout it also bundles the pages; the package comes with them.
 */
export async function prepare(): Promise<void> {
  await import('./serve.ts');
  for (const name of await migrationSource.getMigrations([])) await migrationSource.getMigration(name);
  if (!existsSync(new URL('../dashboard/app/main.tsx', import.meta.url))) return;
  const { buildPages } = await import('../dashboard/build.ts');
  await buildPages();
}
